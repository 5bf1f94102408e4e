#include "connector/mapping/markup.h"

#include <algorithm>
#include <charconv>

#include "connector/base/legacy_text.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::mapping {
namespace {

bool is_xml_character(unsigned long c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800) ||
           (c >= 0xE000 && c < 0xFFFE) || (c >= 0x10000 && c <= 0x10FFFF);
}

// `text` starts with '&'.
bool is_allowed_reference(std::string_view text) {
    const std::size_t end = text.substr(0, 12).find(';');
    if (end == std::string_view::npos) return false;
    std::string_view name = text.substr(1, end - 1);
    if (!name.starts_with('#'))
        return name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos";
    name.remove_prefix(1);
    const bool is_hex = name.starts_with('x');
    if (is_hex) name.remove_prefix(1);
    unsigned long c = 0;
    const char* const last = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data(), last, c, is_hex ? 16 : 10);
    return error == std::errc() && stop == last && is_xml_character(c);
}

// The offset just behind a comment, CDATA section or processing instruction that starts at `at`,
// or `at` itself where none starts.
std::size_t skip_opaque(std::string_view xml, std::size_t at) {
    constexpr std::pair<std::string_view, std::string_view> forms[] = {
        {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
    for (const auto& [open, close] : forms) {
        if (!xml.substr(at).starts_with(open)) continue;
        const std::size_t end = xml.find(close, at + open.size());
        return end == std::string_view::npos ? xml.size() : end + close.size();
    }
    return at;
}

std::optional<MarkupFault> check_references(std::string_view xml) {
    // Without these two signs nothing can hide a reference, and find(char) runs at memory speed.
    const bool plain =
        xml.find('!') == std::string_view::npos && xml.find('?') == std::string_view::npos;
    for (std::size_t at = 0; at < xml.size(); ++at) {
        if (plain) {
            if ((at = xml.find('&', at)) == std::string_view::npos) break;
        } else if (xml[at] != '&' && xml[at] != '<') {
            continue;
        }
        if (xml[at] == '&') {
            if (!is_allowed_reference(xml.substr(at)))
                return MarkupFault{at,
                                   "'&' does not begin a reference that XML allows; write &amp;"};
            continue;
        }
        const std::size_t behind = skip_opaque(xml, at);
        if (behind > at)
            at = behind - 1;
        else if (xml.substr(at).starts_with("<!"))
            return MarkupFault{at, "document type declarations and entities are not accepted"};
    }
    return std::nullopt;
}

}  // namespace

std::optional<MarkupFault> check_markup(std::string_view xml) {
    if (const std::size_t at = invalid_utf8_at(xml); at != std::string_view::npos)
        return MarkupFault{at, "the text is not valid UTF-8" + legacy_hint(xml)};
    if (const std::size_t at = xml.find('\0'); at != std::string_view::npos)
        return MarkupFault{at, "the text holds a NUL byte"};
    return check_references(xml);
}

bool depth_allowed(const pugi::xml_document& document) {
    std::size_t depth = 0;
    pugi::xml_node node = document;
    for (;;) {
        if (const pugi::xml_node child = node.first_child()) {
            if (++depth > limits::max_xml_depth) return false;
            node = child;
            continue;
        }
        while (node && !node.next_sibling()) {
            node = node.parent();
            --depth;
        }
        if (!node) return true;
        node = node.next_sibling();
    }
}

std::size_t line_of(std::string_view text, std::size_t offset) {
    const auto end = text.begin() + std::ptrdiff_t(std::min(offset, text.size()));
    return 1 + std::size_t(std::count(text.begin(), end, '\n'));
}

}  // namespace dvcsync::mapping
