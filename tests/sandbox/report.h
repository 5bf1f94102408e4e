// The report of the portal: as JSON for programs, as a table for people. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/portal.h"

namespace dvcsandbox {

std::string report_json(const Portal& portal, int year);
// One dossier with its progress rows; nothing when it is not held. No personal data: none is kept.
std::optional<std::string> dossier_json(const Portal& portal, std::string_view code);
// A table of what report_json wrote; nothing when `json` is not a report.
std::optional<std::string> report_table(const std::string& json);

}  // namespace dvcsandbox
