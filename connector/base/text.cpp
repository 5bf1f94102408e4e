#include "connector/base/text.h"

#include <simdjson.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace dvcsync {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "\xE2\x80\xA6";     // U+2026

std::uint8_t byte_at(std::string_view text, std::size_t i) {
    return static_cast<std::uint8_t>(text[i]);
}

// The first byte above 0x7F at or after `from`, or the size. Eight bytes at a time: most of what
// the province writes is markup.
std::size_t skip_ascii(std::string_view text, std::size_t from) {
    while (from + 8 <= text.size()) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + from, 8);
        if (word & 0x8080808080808080u) break;
        from += 8;
    }
    while (from < text.size() && byte_at(text, from) < 0x80)
        ++from;
    return from;
}

// The length of the well-formed sequence at `i`, or 0. Table 3-7 of the Unicode standard: no
// overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t sequence_at(std::string_view text, std::size_t i) {
    const std::uint8_t lead = byte_at(text, i);
    if (lead < 0x80) return 1;
    const std::size_t size = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    if (size == 0 || i + size > text.size()) return 0;
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte_at(text, i + 1) < low || byte_at(text, i + 1) > high) return 0;
    for (std::size_t k = 2; k < size; ++k)
        if ((byte_at(text, i + k) & 0xC0) != 0x80) return 0;
    return size;
}

// The code point of a well-formed sequence of `size` bytes.
std::uint32_t code_point(std::string_view text, std::size_t i, std::size_t size) {
    const std::uint32_t lead = byte_at(text, i);
    if (size == 1) return lead;
    std::uint32_t value = lead & (0x7Fu >> size);
    for (std::size_t k = 1; k < size; ++k)
        value = value << 6 | (byte_at(text, i + k) & 0x3Fu);
    return value;
}

// Surely NFC already: code points that neither compose nor decompose in NFC (Latin with its
// precomposed Vietnamese letters, common punctuation). Everything else asks utf8proc.
bool stays_nfc(std::uint32_t c) {
    return c < 0x300 || (c >= 0x1EA0 && c <= 0x1EF9) || (c >= 0x2010 && c <= 0x2027);
}

bool surely_nfc(std::string_view text) {
    for (std::size_t i = 0; (i = skip_ascii(text, i)) < text.size();) {
        const std::size_t size = sequence_at(text, i);
        if (size == 0 || !stays_nfc(code_point(text, i, size))) return false;
        i += size;
    }
    return true;
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text)
        count += (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
    return count;
}

bool is_ascii_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// The property White_Space of Unicode.
bool is_blank(std::uint32_t c) {
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool is_invisible(std::uint32_t c) {
    return (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF;
}

bool is_noncharacter(std::uint32_t c) {
    return (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

bool is_control(std::uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

void append(std::string& out, std::uint32_t c) {
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(utf8proc_int32_t(c), bytes);
    out.append(reinterpret_cast<const char*>(bytes), std::size_t(size));
}

// Calls `visit(code point, bytes)` for each character; a byte that is not UTF-8 comes as U+FFFD.
template <class Visit>
void each_character(std::string_view text, Visit visit) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t size = sequence_at(text, i);
        if (size == 0)
            visit(0xFFFDu, replacement);
        else
            visit(code_point(text, i, size), text.substr(i, size));
        i += size == 0 ? 1 : size;
    }
}

}  // namespace

std::size_t invalid_utf8_at(std::string_view text) {
    // Nearly all text is valid, and simdjson says so at many gigabytes a second.
    if (simdjson::validate_utf8(text.data(), text.size())) return std::string_view::npos;
    for (std::size_t i = 0; (i = skip_ascii(text, i)) < text.size();) {
        const std::size_t size = sequence_at(text, i);
        if (size == 0) return i;
        i += size;
    }
    return std::string_view::npos;
}

bool is_utf8(std::string_view text) {
    return invalid_utf8_at(text) == std::string_view::npos;
}

std::string nfc(std::string_view text) {
    if (surely_nfc(text)) return std::string(text);
    utf8proc_uint8_t* mapped = nullptr;
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   utf8proc_ssize_t(text.size()), &mapped,
                                   utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
    if (size < 0) return std::string(text);  // not UTF-8: the precondition was broken
    return {reinterpret_cast<const char*>(mapped), std::size_t(size)};
}

std::string comparable(std::string_view text) {
    const std::string normal = nfc(text);
    std::string out;
    out.reserve(normal.size());
    bool pending = false;
    each_character(normal, [&](std::uint32_t c, std::string_view bytes) {
        if (is_blank(c)) {
            pending = !out.empty();
            return;
        }
        if (is_invisible(c)) return;
        if (pending) out += ' ';
        pending = false;
        out += bytes;
    });
    return out;
}

std::string caseless(std::string_view text) {
    const std::string folded = comparable(text);
    std::string out;
    out.reserve(folded.size());
    each_character(folded, [&](std::uint32_t c, std::string_view) {
        append(out, std::uint32_t(utf8proc_tolower(utf8proc_int32_t(c))));
    });
    return out;
}

std::size_t length(std::string_view text) {
    return surely_nfc(text) ? count_code_points(text) : count_code_points(nfc(text));
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_ascii_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_ascii_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string without_controls(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        // Bytes that are not UTF-8 are not ours to mend.
        const std::size_t size = std::max<std::size_t>(sequence_at(text, i), 1);
        const std::uint32_t c = size == 1 ? byte_at(text, i) : code_point(text, i, size);
        const bool is_kept_control = c == '\t' || c == '\n' || c == '\r';
        const bool is_dropped = c < 0x80 || size > 1
                                    ? (is_control(c) && !is_kept_control) || is_noncharacter(c)
                                    : false;
        if (!is_dropped) out += text.substr(i, size);
        i += size;
    }
    return out;
}

std::string excerpt(std::string_view text, std::size_t max) {
    std::string out;
    std::size_t count = 0;
    std::size_t cut = 0;  // where the text ends if the mark must take the last place
    each_character(text, [&](std::uint32_t c, std::string_view bytes) {
        if (++count > max) return;
        if (count == max) cut = out.size();
        if (is_control(c))
            out += ' ';
        else
            out += bytes;
    });
    if (count <= max) return out;
    if (max == 0) return {};
    out.resize(cut);
    out += ellipsis;
    return out;
}

}  // namespace dvcsync
