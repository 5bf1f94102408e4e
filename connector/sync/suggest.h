// Local procedure codes that no table translates: which national ones they may be. Four names of
// the national list carry up to ten codes each, so a score only sorts; a person decides, and the
// file keeps who did and when.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/time.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/codes_file.h"

namespace dvcsync::sync {

struct NationalProcedure {
    std::string code, name, field, agency;
};
// CSV with the columns code, name, field and agency, among others. Config error: file and line.
Result<std::vector<NationalProcedure>> load_national(const std::filesystem::path& file);

// A local code that dossiers name and nobody has translated.
struct Untranslated {
    std::string local;
    std::string name, field, agency;  // as the first such dossier tells them
    std::size_t dossiers = 0;
    std::string example;  // code of that dossier
};
// Of the dossiers that the mapping has parked, by their number.
Result<std::vector<Untranslated>> untranslated(ledger::Ledger& ledger, const Sealer& sealer,
                                               const mapping::MappingSet& set);

struct Candidate {
    const NationalProcedure* procedure = nullptr;
    int score = 0;  // of 100: words of the name 70, field 15, agency 15
};
// Best first: at most `max`, but every one whose name is the same. Names are compared in NFC, with
// blanks folded and without regard to letter case.
std::vector<Candidate> candidates(const Untranslated& wanted,
                                  std::span<const NationalProcedure> all, std::size_t max);

// Adds a row, with a comment before it that says who, when and why; everything else in the file
// stays as it is. Config error: the code stands there already (which line), or the file is no such
// table.
Status accept_code(const mapping::CodesFile& table, const std::string& local,
                   const std::string& national, const ledger::Act& act, UtcTime now);

}  // namespace dvcsync::sync
