// How `dvcsync report delivery` tells what was found: for people on a terminal, for programs, for a
// spreadsheet, and as a page to print. Pure functions but for the name of the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "connector/cli/json.h"
#include "connector/sync/delivery_report.h"

namespace dvcsync::cli {

// For a terminal: agencies with their procedures, the total, and at most `limit` late ones.
std::string delivery_text(const sync::DeliveryReport& report, std::size_t limit);

// Everything, as members of the object that is open.
void add_delivery(Json& json, const sync::DeliveryReport& report);

// A line for each agency and procedure, or for each late delivery. RFC 4180, UTF-8 with a byte
// order mark; no line of sums, so that a spreadsheet can add up the columns.
std::string delivery_csv(const sync::DeliveryReport& report);
std::string late_csv(const sync::DeliveryReport& report);

// An HTML page in Vietnamese for A4 paper: one file, no scripts, nothing that is fetched.
// `province` is the name that stands above it.
std::string delivery_html(const sync::DeliveryReport& report, std::string_view province);

// "5 h 12 min" or "5 giờ 12 phút"; "-" if there is none.
struct DurationWords {
    std::string_view day, hour, minute, second;
};
inline constexpr DurationWords english_durations{"d", "h", "min", "s"};
inline constexpr DurationWords vietnamese_durations{"ngày", "giờ", "phút", "giây"};
std::string duration_text(const std::optional<std::chrono::seconds>& duration,
                          const DurationWords& words);

// Safe inside an element and inside an attribute in quotes; without control characters.
std::string html_text(std::string_view text);

}  // namespace dvcsync::cli
