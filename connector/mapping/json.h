// A JSON document as it came: a flat tree of views into its text, with its bytes kept.
//
// Strict: one value and nothing behind it, UTF-8, no member twice, at most limits::max_json_depth
// deep and limits::max_json_values large. Depth costs no stack. Internal to the module; RapidJSON
// stays inside json.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <vector>

namespace dvcsync::mapping {

// Values lie in the order of the text: those inside an object or array follow it at once.
struct JsonValue {
    enum class Kind : std::uint8_t { Null, False, True, Number, String, Object, Array };

    Kind kind = Kind::Null;
    std::uint32_t span = 1;  // values from this one to the end of it
    std::string_view key;    // decoded; empty outside of objects
    std::string_view raw;    // the whole value, byte for byte
    std::string_view text;   // String: decoded. Number: its digits as they came

    bool is_nested() const { return kind == Kind::Object || kind == Kind::Array; }
    // Null, or a string of nothing but white space.
    bool is_blank() const;
    // nullptr if it is no object or has no such member.
    const JsonValue* member(std::string_view name) const;

    // Calls visit(value) for each member or element, in order.
    template <class Visit>
    void each(Visit visit) const {
        for (const JsonValue *at = this + 1, *end = this + span; at != end; at += at->span)
            visit(*at);
    }
};

class Json {
  public:
    // The error says what is wrong and at which byte, without quoting. The views point into `text`,
    // which must outlive the result.
    static tl::expected<Json, std::string> parse(std::string_view text);

    Json(Json&&) noexcept = default;
    Json& operator=(Json&&) noexcept = default;
    const JsonValue& root() const { return values_.front(); }

  private:
    friend class JsonBuilder;
    Json() = default;

    std::vector<JsonValue> values_;
    std::deque<std::string> decoded_;  // strings with escapes
};

// What two writings of the same value have in common: members sorted, no white space, escapes
// resolved, numbers without superfluous digits. A number and the string of its digits count as the
// same, because the portal's systems write either. Members of `value` that `except` names are left
// out; a string below it that `instead` names counts as the text given there.
std::string canonical_form(const JsonValue& value, const std::vector<std::string>& except,
                           const std::unordered_map<const JsonValue*, std::string>& instead = {});

}  // namespace dvcsync::mapping
