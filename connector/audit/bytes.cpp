#include "connector/audit/bytes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace dvcsync::audit {

std::optional<Hash> hash_of(std::string_view bytes) {
    Hash hash;
    if (bytes.size() != hash.size()) return std::nullopt;
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
}

void put_big_endian(std::string& bytes, std::uint64_t value, std::size_t size) {
    for (std::size_t left = size; left > 0; --left)
        bytes += static_cast<char>(value >> (8 * (left - 1)) & 0xFF);
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes)
        value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
}

std::string base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero byte
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) < 0)
        return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes.resize(bytes.size() - padding);
    // OpenSSL skips blanks and ignores spare bits; only what is written back alike is taken.
    if (base64(bytes) != text) return std::nullopt;
    return bytes;
}

std::optional<Hash> hash_from_base64(std::string_view text) {
    const auto bytes = from_base64(text);
    return bytes ? hash_of(*bytes) : std::nullopt;
}

std::optional<std::uint64_t> decimal(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if ((text.size() > 1 && text.front() == '0') || value > most) return std::nullopt;
    return value;
}

std::optional<std::string_view> take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace dvcsync::audit
