#include "connector/files/base64.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>

namespace dvcsync::files {
namespace {

constexpr std::size_t part_size = 48u << 10;
constexpr std::uint8_t blank = 64;
constexpr std::uint8_t padding = 65;
constexpr std::uint8_t foreign = 66;

constexpr std::array<std::uint8_t, 256> make_values() {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::uint8_t, 256> values{};
    for (auto& value : values)
        value = foreign;
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
    for (const char c : {' ', '\t', '\r', '\n'})
        values[static_cast<std::uint8_t>(c)] = blank;
    values['='] = padding;
    return values;
}
constexpr auto values = make_values();

tl::unexpected<Error> not_base64(std::size_t at, std::string_view why) {
    return fail(ErrorKind::Refused, fmt::format("not Base64 at character {}: {}", at + 1, why));
}

}  // namespace

Status decode_base64(std::string_view text, const std::function<Status(std::string_view)>& sink) {
    std::string out;
    out.reserve(part_size + 3);
    std::uint32_t bits = 0;
    int have = 0;  // characters of the group of four, padding included
    int pads = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::uint8_t value = values[static_cast<std::uint8_t>(text[i])];
        if (value == blank) continue;
        if (value == foreign) return not_base64(i, "a character that does not belong there");
        if (have == 0 && pads > 0) return not_base64(i, "it goes on after its end");
        if (value == padding) {
            if (have < 2) return not_base64(i, "'=' in the wrong place");
            ++pads;
        } else if (pads > 0) {
            return not_base64(i, "it goes on after its end");
        }
        bits = bits << 6 | (value == padding ? 0u : value);
        if (++have < 4) continue;
        if (pads > 0 && (bits & ((1u << (8 * pads)) - 1)) != 0)
            return not_base64(i, "the last character has bits that mean nothing");
        for (int byte = 0; byte < 3 - pads; ++byte)
            out += static_cast<char>(bits >> (16 - 8 * byte) & 0xff);
        bits = 0;
        have = 0;
        if (out.size() < part_size) continue;
        DVC_TRY(sink(out));
        out.clear();
    }
    if (have != 0) return not_base64(text.size(), "it ends in the middle of a group of four");
    return out.empty() ? Status() : sink(out);
}

}  // namespace dvcsync::files
