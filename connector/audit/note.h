// Signed notes: a text with signatures below it, as people and programs can both read it.
//
// Source: C2SP signed-note v1.0.0 (https://c2sp.org/signed-note), Ed25519 signatures only. Pure
// functions and immutable values, thread-safe. Errors: Config for a key that a person must mend,
// Corrupt for a note that is not well-formed or does not verify.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::audit {

// Config error unless it is UTF-8, 1 to limits::max_key_name bytes, and free of blanks of any kind,
// control characters and '+'. A web address without its scheme avoids clashes:
// dvcsync.example.gov.vn/log.
Status check_key_name(std::string_view name);

// What verifies the notes of one key. Its text form, to be given to auditors, is one line:
// <name>+<id as 8 hexadecimal digits>+<base64 of byte 1 and the public key>.
class VerifierKey {
  public:
    static Result<VerifierKey> parse(std::string_view text);
    std::string text() const;
    const std::string& name() const { return name_; }
    // First 4 bytes of SHA-256(name, line feed, byte 1, public key).
    std::uint32_t id() const { return id_; }

    bool operator==(const VerifierKey&) const = default;

  private:
    friend class Signer;
    using PublicKey = std::array<std::uint8_t, 32>;
    VerifierKey(std::string name, const PublicKey& key);
    friend bool good_signature(const VerifierKey&, std::string_view, std::string_view);
    std::string name_;
    PublicKey key_;
    std::uint32_t id_;
};

// Whether `signature` (64 bytes) is that of `key` over `text`.
bool good_signature(const VerifierKey& key, std::string_view text, std::string_view signature);

// A private key and the name it signs under. Nothing that it holds is ever printed or logged.
class Signer {
  public:
    // `pem` is the text of an unencrypted PKCS #8 file with an Ed25519 key.
    static Result<Signer> from_pem(std::string_view name, std::string_view pem);
    const VerifierKey& verifier() const { return verifier_; }
    // 64 bytes.
    std::string sign(std::string_view text) const;

    Signer(Signer&&) noexcept;
    Signer& operator=(Signer&&) noexcept;
    ~Signer();

  private:
    struct Key;
    Signer(VerifierKey verifier, std::unique_ptr<Key> key);
    VerifierKey verifier_;
    std::unique_ptr<Key> key_;
};

// A new random private key as PKCS #8 PEM. The caller writes it to a file of mode 0600 and wipes
// the text.
std::string new_private_key();

struct NoteSignature {
    std::string name;
    std::uint32_t id = 0;
    std::string bytes;  // of whatever kind the key is
};
struct Note {
    std::string text;  // ends with a line feed
    std::vector<NoteSignature> signatures;
};

// Config error unless the text is UTF-8, ends with a line feed, and has no other control character.
Result<std::string> sign_note(std::string_view text, const Signer& signer);
// What stands in it, not whether it is true: trust nothing of it before verify_note().
Result<Note> parse_note(std::string_view bytes);
// The note, with only those signatures that a trusted key made, one at least. Signatures of unknown
// keys are ignored; a bad one of a trusted key spoils the whole note.
Result<Note> verify_note(std::string_view bytes, std::span<const VerifierKey> trusted);

}  // namespace dvcsync::audit
