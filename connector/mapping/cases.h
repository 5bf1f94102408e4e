// Cases that lie beside a profile's mappings: a record and the document that it must give, or the
// refusal; a submission and the record that it must give. Format: mappings/README.md.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dvcsync::mapping {

struct CaseOrder {
    std::filesystem::path dir;  // the mappings folder
    std::string vocabulary;     // empty: of every vocabulary that a case names
    std::string profile;        // empty: every profile
};

struct CaseFailure {
    std::string where;  // file:line
    std::string name;
    std::vector<std::string> differences;  // a line each
};

struct CaseReport {
    std::vector<std::string> faults;    // of the files: nothing was run there
    std::vector<std::string> profiles;  // that have cases, their own or those of their bases
    std::size_t run = 0;                // cases, each row of a <vary> counted
    std::vector<CaseFailure> failures;
    std::size_t fields = 0;             // of the mappings that have cases
    std::vector<std::string> unfilled;  // those that no case fills: "file:line Field"
    std::size_t codes = 0;              // rows of the inline tables that those mappings use
    std::vector<std::string> unused;    // those that no case uses: "file:line table: code"
};

// A profile that stands on another has to hold to its cases too, as far as they are about files
// that it takes from there; a file of cases of the same name takes their place. They touch the
// fields of the base, so only the base's own run counts for what no case touches.
CaseReport run_cases(const CaseOrder& order);

}  // namespace dvcsync::mapping
