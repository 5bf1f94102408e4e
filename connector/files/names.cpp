#include "connector/files/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/files/types.h"

namespace dvcsync::files {
namespace {

constexpr std::size_t max_extension = 8;
constexpr std::string_view nameless = "file";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A well-formed UTF-8 sequence of at most three bytes at the start of `text`: its length, or 0.
std::size_t sequence(std::string_view text) {
    for (std::size_t size = 1; size <= std::min<std::size_t>(text.size(), 3); ++size)
        if (is_utf8(text.substr(0, size))) return size;
    return 0;
}

std::uint32_t code_point(std::string_view bytes) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    if (bytes.size() == 1) return at(0);
    if (bytes.size() == 2) return (at(0) & 0x1fu) << 6 | (at(1) & 0x3fu);
    return (at(0) & 0x0fu) << 12 | (at(1) & 0x3fu) << 6 | (at(2) & 0x3fu);
}

bool is_latin_letter(std::uint32_t c) {
    return (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7) || (c >= 0x1E00 && c <= 0x1EFF);
}

bool is_mark(std::uint32_t c) {
    return c >= 0x300 && c <= 0x36F;
}

// Copies the characters that `keep` allows; one '-' for each run of others.
template <class Keep>
std::string only(std::string_view text, Keep keep) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = sequence(text);
        const std::string_view bytes = text.substr(0, std::max<std::size_t>(size, 1));
        if (size != 0 && keep(code_point(bytes)))
            out += bytes;
        else if (!out.ends_with('-'))
            out += '-';
        text.remove_prefix(bytes.size());
    }
    return out;
}

bool is_plain(std::uint32_t c) {
    return c < 0x80 ? is_alphanumeric(static_cast<char>(c)) || c == '_' : is_latin_letter(c);
}

// The last part of a path, without the dots and blanks at its end, which Windows drops: "a.exe. "
// is a program there.
std::string_view bare_name(std::string_view path) {
    if (const std::size_t slash = path.find_last_of("/\\"); slash != std::string_view::npos)
        path.remove_prefix(slash + 1);
    while (path.ends_with('.') || path.ends_with(' '))
        path.remove_suffix(1);
    return path;
}

void cut(std::string& text, std::size_t max) {
    if (text.size() <= max) return;
    while (max > 0 && (static_cast<std::uint8_t>(text[max]) & 0xC0) == 0x80)
        --max;
    text.resize(max);
}

}  // namespace

std::string extension_of(std::string_view name) {
    name = bare_name(name);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return {};
    std::string extension(name.substr(dot + 1));
    if (extension.size() > max_extension ||
        !std::all_of(extension.begin(), extension.end(), is_alphanumeric))
        return {};
    for (char& c : extension)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return extension;
}

std::string safe_name(std::string_view wanted, int index, std::string_view type) {
    std::string_view part = bare_name(wanted);
    // What is longer is cut anyhow, but not before its extension is known.
    std::string extension = extension_of(part);
    if (!extension.empty())
        part = part.substr(0, part.rfind('.'));
    else
        extension = usual_extension(type);

    // Marks are let through once, so that NFC can join them to their letters; those left over go.
    const std::string joined = nfc(only(part.substr(0, 4 * limits::max_file_name),
                                        [](auto c) { return is_plain(c) || is_mark(c); }));
    std::string stem = only(joined, is_plain);
    const auto begin = std::find_if(stem.begin(), stem.end(), [](char c) { return c != '-'; });
    stem.erase(stem.begin(), begin);

    const std::string prefix = fmt::format("{:02}-", static_cast<unsigned>(index));
    const std::string suffix = extension.empty() ? "" : "." + extension;
    cut(stem, limits::max_file_name - prefix.size() - suffix.size());
    while (stem.ends_with('-'))
        stem.pop_back();
    return prefix + (stem.empty() ? std::string(nameless) : stem) + suffix;
}

}  // namespace dvcsync::files
