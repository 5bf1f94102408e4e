#include "connector/audit/canonical.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

std::uint8_t byte_of(char byte) {
    return static_cast<std::uint8_t>(byte);
}

bool must_escape(char byte) {
    return byte_of(byte) < 0x20 || byte == '"' || byte == '\\';
}

// RFC 8785, section 3.2.2.2.
void write_escape(std::string& out, char byte) {
    constexpr std::string_view named = "\b\t\n\f\r\"\\";
    constexpr std::string_view letters = "btnfr\"\\";
    if (const std::size_t at = named.find(byte); at != std::string_view::npos)
        (out += '\\') += letters[at];
    else
        out += fmt::format("\\u{:04x}", byte_of(byte));
}

class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    Status write(const Json& json, std::size_t depth) {
        if (depth > limits::max_json_depth)
            return fail(ErrorKind::Refused, "canonical JSON: nested too deeply");
        return std::visit([&](const auto& value) { return write_value(value, depth); }, json.value);
    }

  private:
    Status write_value(std::nullptr_t, std::size_t) { return literal("null"); }
    Status write_value(bool value, std::size_t) { return literal(value ? "true" : "false"); }
    Status write_value(std::int64_t value, std::size_t) {
        if (value > max_json_integer || value < -max_json_integer)
            return fail(
                ErrorKind::Refused,
                fmt::format("canonical JSON: {} has more than 53 bits; write it as text", value));
        return literal(fmt::format_int(value).c_str());
    }
    Status write_value(const std::string& text, std::size_t) {
        if (!is_utf8(text))
            return fail(ErrorKind::Refused, "canonical JSON: a text that is not UTF-8");
        out_ += '"';
        for (auto from = text.begin(); from != text.end();) {
            const auto to = std::find_if(from, text.end(), must_escape);
            out_.append(from, to);
            from = to;
            if (from != text.end()) write_escape(out_, *from++);
        }
        out_ += '"';
        return {};
    }
    Status write_value(const Json::Array& items, std::size_t depth) {
        char before = '[';
        for (const Json& item : items) {
            out_ += before;
            before = ',';
            DVC_TRY(write(item, depth + 1));
        }
        return literal(items.empty() ? "[]" : "]");
    }
    Status write_value(const Json::Object& members, std::size_t depth) {
        char before = '{';
        for (const auto& [key, member] : members) {
            out_ += before;
            before = ',';
            DVC_TRY(write_value(key, depth));
            out_ += ':';
            DVC_TRY(write(member, depth + 1));
        }
        return literal(members.empty() ? "{}" : "}");
    }
    Status literal(std::string_view text) {
        out_ += text;
        return {};
    }

    std::string& out_;
};

}  // namespace

bool KeyOrder::operator()(std::string_view left, std::string_view right) const {
    const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    if (a == left.end() || b == right.end()) return a == left.end() && b != right.end();
    // Code points above U+FFFF (first byte F0 and up) are surrogates in UTF-16, and so come before
    // U+E000 to U+FFFF (first byte EE or EF).
    const auto rank = [](char byte) {
        const int value = byte_of(byte);
        return value == 0xEE || value == 0xEF ? value + 0x10 : value;
    };
    return rank(*a) < rank(*b);
}

const Json* Json::find(std::string_view key) const {
    const auto* members = std::get_if<Object>(&value);
    if (members == nullptr) return nullptr;
    const auto found = members->find(key);
    return found == members->end() ? nullptr : &found->second;
}

Result<std::string> canonical_json(const Json& json) {
    std::string text;
    DVC_TRY(Writer(text).write(json, 1));
    return text;
}

}  // namespace dvcsync::audit
