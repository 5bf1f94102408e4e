#include "tests/sandbox/stamp.h"

#include <array>

namespace dvcsandbox {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

bool real_day(std::int64_t day) {
    constexpr std::array<int, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const auto year = day / 10'000;
    const auto month = day / 100 % 100;
    const auto of_month = day % 100;
    if (year < 1900 || year > 2199 || month < 1 || month > 12 || of_month < 1) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return of_month <= lengths[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

}  // namespace

std::optional<Stamp> parse_stamp(std::string_view text) {
    if (text.size() != 14) return std::nullopt;
    const auto value = number(text);
    if (!value || !real_day(*value / 1'000'000)) return std::nullopt;
    const auto time = *value % 1'000'000;
    if (time / 10'000 > 23 || time / 100 % 100 > 59 || time % 100 > 59) return std::nullopt;
    return value;
}

std::optional<Stamp> parse_date(std::string_view text) {
    if (text.size() != 8) return std::nullopt;
    const auto value = number(text);
    if (!value || !real_day(*value)) return std::nullopt;
    return *value * 1'000'000;
}

Stamp stamp_or_unset(std::string_view text) {
    return parse_stamp(text).value_or(0);
}
Stamp date_or_unset(std::string_view text) {
    return parse_date(text).value_or(0);
}

}  // namespace dvcsandbox
