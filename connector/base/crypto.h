// Digests, random bytes, and sealing of payloads at rest. OpenSSL stays inside crypto.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view bytes);
std::string hex(const std::uint8_t* bytes, std::size_t count);
inline std::string hex(const Digest& digest) {
    return hex(digest.data(), digest.size());
}

// Encrypts payloads with AES-256-GCM under a key that lives in a file outside the database.
// A sealed payload is: version byte 1, 12 random nonce bytes, ciphertext, 16 tag bytes. The text is
// compressed (zstd) before it is sealed. `context` is bound to the ciphertext but not stored: a
// payload moved to another row does not open. Thread-safe: const functions only.
class Sealer {
  public:
    // The file holds 32 random bytes as 64 hexadecimal digits and a line feed, mode 0600. Config
    // error if it is missing, of another form, or readable by group or others.
    static Result<Sealer> load(const std::filesystem::path& key_file);
    // Writes a new random key file with mode 0600. Refuses to overwrite one.
    static Status create_key(const std::filesystem::path& key_file);

    // Precondition: `plain` is at most limits::max_payload long (records are far smaller); the
    // program stops otherwise, as it does when the system gives no random bytes.
    std::string seal(std::string_view plain, std::string_view context) const;
    // Corrupt error if the bytes were changed, the key is another, or the context differs.
    Result<std::string> open(std::string_view sealed, std::string_view context) const;
    // First 8 bytes of SHA-256 of the key as hex: tells keys apart without revealing them.
    std::string key_id() const;

    Sealer(Sealer&&) noexcept;
    Sealer& operator=(Sealer&&) noexcept;
    ~Sealer();

  private:
    struct Key;
    explicit Sealer(std::unique_ptr<Key> key);
    std::unique_ptr<Key> key_;
};

}  // namespace dvcsync
