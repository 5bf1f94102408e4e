// The form in which two JSON documents are compared, and its digest.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connector/mapping/json.h"

namespace dvcsync::mapping {
namespace {

std::size_t trailing_zeros(std::string_view digits) {
    const auto last = digits.find_last_not_of('0');
    return last == std::string_view::npos ? digits.size() : digits.size() - last - 1;
}

// "1.0", "1" and "10e-1" are one number. Whole numbers come out as people write them. Exact: no
// digit is rounded. Precondition: a JSON number.
std::string plain_number(std::string_view text) {
    const std::size_t e = std::min(text.find_first_of("eE"), text.size());
    std::int32_t exponent = 0;
    if (e < text.size()) {
        const auto digits = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
        const auto [stop, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        if (error != std::errc()) return std::string(text);
    }
    const bool negative = text.starts_with('-');
    const auto mantissa = text.substr(negative ? 1 : 0, e - (negative ? 1 : 0));
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    std::string digits(mantissa.substr(0, point));
    std::int64_t scale = exponent;
    if (point < mantissa.size()) {
        digits += mantissa.substr(point + 1);
        scale -= std::int64_t(mantissa.size() - point - 1);
    }
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty()) return "0";
    const std::size_t zeros = trailing_zeros(digits);
    digits.resize(digits.size() - zeros);
    scale += std::int64_t(zeros);
    constexpr std::int64_t written_out = 30;
    if (scale >= 0 && scale <= written_out)
        digits.append(std::size_t(scale), '0');
    else
        digits += fmt::format("e{}", scale);
    return (negative ? "-" : "") + digits;
}

// Each piece tells its length, so that no two values have the same form.
void add_text(std::string& out, char sign, std::string_view text) {
    out += fmt::format("{}{}:", sign, text.size());
    out += text;
}

using Instead = std::unordered_map<const JsonValue*, std::string>;

void add(std::string& out, const JsonValue& value, const std::vector<std::string>& except,
         const Instead& instead) {
    using Kind = JsonValue::Kind;
    switch (value.kind) {
        case Kind::Null:
        case Kind::False:
        case Kind::True:
            out += value.raw;
            return;
        case Kind::Number:
            return add_text(out, 's', plain_number(value.text));
        case Kind::String: {
            const auto other = instead.find(&value);
            return add_text(out, 's', other == instead.end() ? value.text : other->second);
        }
        case Kind::Array:
            out += '[';
            value.each([&](const JsonValue& element) { add(out, element, {}, instead); });
            out += ']';
            return;
        case Kind::Object:
            break;
    }
    std::vector<const JsonValue*> members;
    value.each([&](const JsonValue& member) {
        if (std::find(except.begin(), except.end(), member.key) == except.end())
            members.push_back(&member);
    });
    std::sort(members.begin(), members.end(),
              [](const JsonValue* a, const JsonValue* b) { return a->key < b->key; });
    out += '{';
    for (const JsonValue* const member : members) {
        add_text(out, 'k', member->key);
        add(out, *member, {}, instead);
    }
    out += '}';
}

}  // namespace

std::string canonical_form(const JsonValue& value, const std::vector<std::string>& except,
                           const Instead& instead) {
    std::string out;
    out.reserve(value.raw.size());  // about: what grows by doubling is in memory three times
    add(out, value, except, instead);
    return out;
}

}  // namespace dvcsync::mapping
