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
    std::string profile;        // empty: every profile that has cases
};

struct CaseFailure {
    std::string where;  // file:line
    std::string name;
    std::vector<std::string> differences;  // a line each
};

struct CaseReport {
    std::vector<std::string> faults;    // of the files: nothing was run there
    std::vector<std::string> profiles;  // that have cases
    std::size_t run = 0;                // cases, each row of a <vary> counted
    std::vector<CaseFailure> failures;
    std::size_t fields = 0;             // of the mappings that have cases
    std::vector<std::string> unfilled;  // those that no case fills: "file:line Field"
    std::size_t codes = 0;              // rows of the inline tables that those mappings use
    std::vector<std::string> unused;    // those that no case uses: "file:line table: code"
};

CaseReport run_cases(const CaseOrder& order);

}  // namespace dvcsync::mapping
