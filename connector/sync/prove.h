// What an auditor asks for: the proof of one dossier, the export of a period. Both are made of the
// ledger alone and checked against its seals meanwhile; both are checked again with
// connector/verify. One thread at a time. Corrupt: the ledger does not hold what was signed
// (verify_logs.h says more).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/audit/note.h"
#include "connector/base/time.h"
#include "connector/ledger/trail.h"

namespace dvcsync::sync {

struct DossierProof {
    std::string text;          // the file
    std::size_t entries = 0;   // in it, exchanges included
    std::size_t unsealed = 0;  // of this code, but not signed yet: not in it
};
// Everything the trail tells of a code, and the exchanges that it names. The checkpoint of a log is
// the first one with a time stamp over all of them, else the newest. Refused: no entry is of this
// code, or none of them is signed yet.
Result<DossierProof> prove(ledger::Trail& trail, const audit::VerifierKey& key,
                           std::string_view code);

struct ExportOrder {
    std::optional<UtcTime> from;  // half-open: [from, until)
    std::optional<UtcTime> until;
    std::filesystem::path file;
    std::filesystem::path checkpoints;  // the checkpoint folder; empty: there is none
};
struct Exported {
    std::size_t logs = 0;
    std::uint64_t entries = 0;  // of the period
    std::uint64_t tiled = 0;    // of whole logs, up to the checkpoint
};
// An archive of every log with entries in the period: entries.jsonl and entries.csv of the period,
// and the whole log up to the first checkpoint over the period as C2SP tiles; besides, every
// checkpoint of the folder that the ledger does not know, so that whoever verifies the export sees
// what a ledger that was set back has lost. The same finished period gives the same bytes, whatever
// came later. Refused: nothing of the period is signed.
Result<Exported> export_period(ledger::Trail& trail, const audit::VerifierKey& key,
                               const ExportOrder& order);

}  // namespace dvcsync::sync
