#include "connector/province/markup_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::province {
namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_character(std::uint32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return c < 0xD800 || (c >= 0xE000 && c < 0xFFFE) || (c >= 0x10000 && c < 0x110000);
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto tail = [&](int shift) { out += char(0x80 | ((c >> shift) & 0x3F)); };
    if (c < 0x80) {
        out += char(c);
    } else if (c < 0x800) {
        out += char(0xC0 | (c >> 6));
        tail(0);
    } else if (c < 0x10000) {
        out += char(0xE0 | (c >> 12));
        tail(6);
        tail(0);
    } else {
        out += char(0xF0 | (c >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

// "&name;" at the front of `rest` is taken off it.
bool append_reference(std::string_view& rest, std::string& out) {
    constexpr std::array<std::pair<std::string_view, char>, 5> named{
        {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
    const std::size_t end = rest.substr(0, 12).find(';');
    if (end == std::string_view::npos) return false;
    std::string_view name = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!name.starts_with('#')) {
        const auto* const found = std::find_if(
            named.begin(), named.end(), [&](const auto& entity) { return entity.first == name; });
        if (found == named.end()) return false;
        out += found->second;
        return true;
    }
    const bool hexadecimal = name.starts_with("#x");
    name.remove_prefix(hexadecimal ? 2 : 1);
    std::uint32_t number = 0;
    const auto [last, error] =
        std::from_chars(name.data(), name.data() + name.size(), number, hexadecimal ? 16 : 10);
    if (error != std::errc() || last != name.data() + name.size() || !is_character(number))
        return false;
    append_utf8(out, number);
    return true;
}

// Takes `open`…`close` off the front of `rest`. nullopt: it does not begin so, or does not end.
std::optional<std::string_view> between(std::string_view& rest, std::string_view open,
                                        std::string_view close) {
    if (!rest.starts_with(open)) return std::nullopt;
    const std::size_t end = rest.find(close, open.size());
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view content = rest.substr(open.size(), end - open.size());
    rest.remove_prefix(end + close.size());
    return content;
}

tl::expected<std::string, std::string> value_of(std::string_view raw) {
    if (raw.size() > limits::max_root_value)
        return tl::make_unexpected(fmt::format("is longer than {} bytes", limits::max_root_value));
    std::string spaced(raw);
    std::replace_if(
        spaced.begin(), spaced.end(), [](char c) { return blanks.find(c) != blanks.npos; }, ' ');
    auto text = text_of(spaced);
    if (!text) return tl::make_unexpected("holds a reference that XML does not know");
    if (!is_utf8(*text)) return tl::make_unexpected("is not UTF-8");
    return *std::move(text);
}

}  // namespace

std::optional<std::string> text_of(std::string_view xml) {
    std::string out;
    while (!xml.empty()) {
        const std::size_t plain = std::min(xml.find_first_of("<&"), xml.size());
        out += xml.substr(0, plain);
        xml.remove_prefix(plain);
        if (xml.empty()) break;
        if (xml.front() == '&') {
            if (!append_reference(xml, out)) return std::nullopt;
        } else if (const auto section = between(xml, "<![CDATA[", "]]>")) {
            out += *section;
        } else if (!between(xml, "<!--", "-->") && !between(xml, "<?", "?>")) {
            return std::nullopt;
        }
    }
    return out;
}

tl::expected<std::string, std::string> attribute_of(std::string_view tag, std::string_view name) {
    const auto skip = [&](std::string_view set) {
        tag.remove_prefix(std::min(tag.find_first_not_of(set), tag.size()));
    };
    tag.remove_prefix(std::min(tag.find_first_of(" \t\r\n/>"), tag.size()));
    std::optional<std::string_view> found;
    for (;;) {
        skip(blanks);
        if (tag.empty() || tag == ">" || tag == "/>") break;
        const std::string_view key = tag.substr(0, tag.find_first_of(" \t\r\n=/>"));
        tag.remove_prefix(key.size());
        skip(blanks);
        const bool equals = tag.starts_with('=');
        if (equals) tag.remove_prefix(1);
        skip(blanks);
        const char quote = tag.empty() ? '\0' : tag.front();
        const std::size_t end =
            equals && (quote == '"' || quote == '\'') ? tag.find(quote, 1) : std::string_view::npos;
        if (key.empty() || end == std::string_view::npos)
            return tl::make_unexpected(
                "cannot be read: an attribute is not of the form name=\"value\"");
        if (key == name) {
            if (found) return tl::make_unexpected("occurs twice");
            found = tag.substr(1, end - 1);
        }
        tag.remove_prefix(end + 1);
    }
    return found ? value_of(*found) : std::string();
}

}  // namespace dvcsync::province
