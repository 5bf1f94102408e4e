// Finds what loading cannot: mappings that load and yet do not do what their writer meant, or not
// what the portal's contract says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dvcsync::mapping {

struct LintOrder {
    std::filesystem::path dir;  // the mappings folder
    std::string vocabulary;     // empty: every file in province/
    std::string profile;        // empty: every folder in portal/
};

struct Finding {
    bool is_fault = true;  // false: a warning, which may be meant so
    std::string text;      // "file:line: what is wrong, and what to do"
};

struct LintReport {
    std::vector<Finding> findings;  // faults of loading first, then by file and line
    std::vector<std::string> vocabularies;
    std::vector<std::string> profiles;
    std::size_t files = 0;  // that were looked at

    std::size_t faults() const;
};

// Loads every pair of vocabulary and profile, and every code table. profile.xml belongs to the
// portal's client, which reads it itself.
LintReport lint(const LintOrder& order);

}  // namespace dvcsync::mapping
