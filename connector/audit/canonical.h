// Canonical JSON: one value, one text, so that a digest of the text is a digest of the value.
//
// Source: RFC 8785 (JSON Canonicalization Scheme), without fractions: integers only, because they
// read alike everywhere. No blanks, keys in the order of their UTF-16 units, the shortest escapes.
// Pure functions and plain values; thread-safe. Errors: Refused for what cannot be written, Corrupt
// for a text that is not canonical, with the place (a byte, counted from 0).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::audit {

// The largest integer that every reader of JSON keeps exactly: 2^53 - 1.
inline constexpr std::int64_t max_json_integer = (std::int64_t{1} << 53) - 1;

// RFC 8785, section 3.2.3. Differs from the order of the bytes only above U+D7FF.
struct KeyOrder {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const;
};

struct Json {
    using Array = std::vector<Json>;
    using Object = std::map<std::string, Json, KeyOrder>;
    std::variant<std::nullptr_t, bool, std::int64_t, std::string, Array, Object> value = nullptr;

    Json() = default;
    Json(std::nullptr_t) {}
    Json(bool truth) : value(truth) {}
    Json(std::int64_t number) : value(number) {}
    Json(int number) : value(std::int64_t{number}) {}
    Json(std::string text) : value(std::move(text)) {}
    Json(std::string_view text) : value(std::string(text)) {}
    Json(const char* text) : value(std::string(text)) {}
    Json(Array items) : value(std::move(items)) {}
    Json(Object members) : value(std::move(members)) {}

    // The member of an object; nullptr if there is none or this is no object.
    const Json* find(std::string_view key) const;
    // The text or number that this is; nullptr if it is something else.
    const std::string* text() const { return std::get_if<std::string>(&value); }
    const std::int64_t* number() const { return std::get_if<std::int64_t>(&value); }

    bool operator==(const Json&) const = default;
};

// Refused for an integer beyond max_json_integer, text that is not UTF-8, or nesting deeper than
// limits::max_json_depth.
Result<std::string> canonical_json(const Json& json);
// The value of a canonical text. Corrupt if there is another text for the same value.
Result<Json> parse_canonical(std::string_view text);
// Whether parse_canonical() would succeed, without building the value: about as fast as hashing.
Status check_canonical(std::string_view text);

}  // namespace dvcsync::audit
