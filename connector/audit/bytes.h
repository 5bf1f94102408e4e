// Text and byte forms that the log's formats share. Pure functions, thread-safe. Nothing here
// accepts a second spelling of the same value: a format with two would let a file be changed
// without its meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/audit/merkle.h"

namespace dvcsync::audit {

inline std::string_view view(const Hash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
// nullopt unless it is 32 bytes long.
std::optional<Hash> hash_of(std::string_view bytes);

void put_big_endian(std::string& bytes, std::uint64_t value, std::size_t size);
// Precondition: at most 8 bytes.
std::uint64_t big_endian(std::string_view bytes);

// RFC 4648, section 4: padded, on one line, the spare bits zero.
std::string base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);
std::optional<Hash> hash_from_base64(std::string_view text);

// Decimal digits without leading zeros, at most `most`.
std::optional<std::uint64_t> decimal(std::string_view text, std::uint64_t most);

// The part of `rest` before the next line feed; `rest` moves behind it. nullopt, and `rest` is left
// alone, if no line feed is left.
std::optional<std::string_view> take_line(std::string_view& rest);

}  // namespace dvcsync::audit
