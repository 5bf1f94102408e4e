// Date-times of the contract: yyyyMMddHHmmss in Asia/Ho_Chi_Minh, kept as the number they spell
// (20190301080000), which orders as time does. 0 is unset. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dvcsandbox {

using Stamp = std::int64_t;

// Fourteen digits, a real calendar date and time of day, year 1900 to 2199.
std::optional<Stamp> parse_stamp(std::string_view text);
// Eight digits yyyyMMdd; the time of day of the result is 00:00:00.
std::optional<Stamp> parse_date(std::string_view text);
// 0 for "" and for what is not a date-time: for values that have passed the field rules.
Stamp stamp_or_unset(std::string_view text);
Stamp date_or_unset(std::string_view text);

constexpr std::int64_t day_of(Stamp stamp) {
    return stamp / 1'000'000;
}  // yyyyMMdd
constexpr int month_of(Stamp stamp) {
    return static_cast<int>(stamp / 100'000'000 % 100);
}
constexpr int year_of(Stamp stamp) {
    return static_cast<int>(stamp / 10'000'000'000);
}

}  // namespace dvcsandbox
