// The report of the portal: as JSON for programs, as a table for people. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/figures.h"
#include "tests/sandbox/portal.h"

namespace dvcsandbox {

std::string report_json(const Portal& portal, int year);
// What a portal of 2026 tells; borrowed for the call.
struct MinistryCounts {
    const Figures& figures;
    const Tally& calls;
    const Tally& items;
    const Findings& violations;
    const Injector& injector;
    std::uint64_t codes_given = 0;
    std::uint64_t codes_unused = 0;  // given, and no dossier was created with it
    std::uint64_t files_taken = 0;
    std::uint64_t files_named = 0;    // by dossiers
    std::uint64_t files_unused = 0;   // uploaded, and no dossier names them
    std::uint64_t without_state = 0;  // dossiers that were created, and nothing else
    std::uint64_t resent_after_answer = 0;
    std::uint64_t states_unchanged = 0;  // told again as they were, in doubt or not
};
std::string report_json(const MinistryCounts& counts);
// One dossier with its progress rows; nothing when it is not held. No personal data: none is kept.
std::optional<std::string> dossier_json(const Portal& portal, std::string_view code);
// A table of what report_json wrote; nothing when `json` is not a report.
std::optional<std::string> report_table(const std::string& json);

}  // namespace dvcsandbox
