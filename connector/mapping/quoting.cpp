#include "connector/mapping/quoting.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/text.h"

namespace dvcsync::mapping {
namespace {

constexpr std::size_t longest = 60;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool may_be_quoted(std::string_view value) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto only = [&](std::string_view others, bool letters) {
        return std::all_of(value.begin(), value.end(), [&](char c) {
            return is_digit(c) || (letters && is_letter(c)) || others.find(c) != others.npos;
        });
    };
    if (value.size() > longest) return false;
    if (!only("._:/+- ", false)) return only("._:/+-", true);
    // Nobody writes a telephone or a card with a colon or a slash.
    if (value.find_first_of(":/") != std::string_view::npos) return true;
    const auto digits = std::count_if(value.begin(), value.end(), is_digit);
    return digits < 9 || digits > 13;
}

std::string shown(std::string_view value, bool quoted) {
    return quoted ? fmt::format("'{}'", value) : fmt::format("({} characters)", length(value));
}

}  // namespace

std::string shown_value(std::string_view value) {
    return shown(value, may_be_quoted(value));
}

std::string shown_date(std::string_view value) {
    const bool is_like_one = value.find_first_not_of("0123456789/-.: TZ+") == value.npos;
    return shown(value, is_like_one && may_be_quoted(value));
}

}  // namespace dvcsync::mapping
