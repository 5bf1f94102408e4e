#include "connector/audit/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

constexpr std::string_view signature_mark = "\xE2\x80\x94 ";  // em dash, blank
constexpr char ed25519_type = 1;
constexpr std::size_t id_size = 4;

// Unicode's White_Space above U+0020; what is below is refused as a control character.
constexpr std::string_view wide_blanks[] = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

bool is_control(char byte) {
    return static_cast<std::uint8_t>(byte) < 0x20;
}

bool plain_text(std::string_view text) {
    return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char byte) {
               return is_control(byte) && byte != '\n';
           });
}

bool good_name(std::string_view name) {
    return !name.empty() && name.size() <= limits::max_key_name && is_utf8(name) &&
           std::none_of(name.begin(), name.end(),
                        [](char byte) { return is_control(byte) || byte == ' ' || byte == '+'; }) &&
           std::none_of(
               std::begin(wide_blanks), std::end(wide_blanks),
               [&](std::string_view blank) { return name.find(blank) != std::string_view::npos; });
}

tl::unexpected<Error> bad_key(std::string_view why) {
    return fail(ErrorKind::Config,
                fmt::format("the verifier key {}; copy the whole line that "
                            "the log's owner published: <name>+<8 digits>+<Base64>",
                            why));
}

tl::unexpected<Error> bad_note(std::string_view why) {
    return fail(ErrorKind::Corrupt, fmt::format("the signed note {}", why));
}

Result<NoteSignature> parse_signature(std::string_view line) {
    if (!line.starts_with(signature_mark))
        return bad_note("has a line below its text that is not a signature");
    line.remove_prefix(signature_mark.size());
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !good_name(line.substr(0, blank)))
        return bad_note("has a signature without a proper key name");
    const auto bytes = from_base64(line.substr(blank + 1));
    if (!bytes || bytes->size() <= id_size)
        return bad_note("has a signature that is not the Base64 of a key id and a signature");
    return NoteSignature{std::string(line.substr(0, blank)),
                         static_cast<std::uint32_t>(big_endian(bytes->substr(0, id_size))),
                         bytes->substr(id_size)};
}

}  // namespace

Status check_key_name(std::string_view name) {
    if (good_name(name)) return {};
    return fail(ErrorKind::Config,
                fmt::format("\"{}\" cannot name a key: 1 to {} bytes without blanks or +, "
                            "for example dvcsync.example.gov.vn/log",
                            excerpt(name), limits::max_key_name));
}

VerifierKey::VerifierKey(std::string name, const PublicKey& key)
    : name_(std::move(name)), key_(key) {
    std::string input = name_ + '\n' + ed25519_type;
    input.append(key_.begin(), key_.end());
    id_ = static_cast<std::uint32_t>(big_endian(view(sha256(input)).substr(0, id_size)));
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
    const std::size_t first = text.find('+');
    const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
    if (second == std::string_view::npos) return bad_key("is not three parts joined by +");
    const std::string_view name = text.substr(0, first);
    DVC_TRY(check_key_name(name));
    const auto bytes = from_base64(text.substr(second + 1));
    PublicKey key;
    if (!bytes || bytes->size() != 1 + key.size() || bytes->front() != ed25519_type)
        return bad_key("is not one of an Ed25519 key");
    std::copy(bytes->begin() + 1, bytes->end(), key.begin());
    VerifierKey verifier(std::string(name), key);
    if (verifier.text() != text) return bad_key("has digits that do not belong to its key");
    return verifier;
}

std::string VerifierKey::text() const {
    std::string key(1, ed25519_type);
    key.append(key_.begin(), key_.end());
    return fmt::format("{}+{:08x}+{}", name_, id_, base64(key));
}

Result<std::string> sign_note(std::string_view text, const Signer& signer) {
    if (!plain_text(text) || !text.ends_with('\n'))
        return fail(ErrorKind::Config,
                    "only UTF-8 text without control characters that ends with a line feed can be "
                    "signed as a note");
    std::string signature;
    put_big_endian(signature, signer.verifier().id(), id_size);
    signature += signer.sign(text);
    return fmt::format("{}\n{}{} {}\n", text, signature_mark, signer.verifier().name(),
                       base64(signature));
}

Result<Note> parse_note(std::string_view bytes) {
    if (bytes.size() > limits::max_note)
        return bad_note(fmt::format("is longer than {} bytes", limits::max_note));
    if (!plain_text(bytes)) return bad_note("is not UTF-8 text without control characters");
    const std::size_t blank = bytes.rfind("\n\n");
    if (blank == std::string_view::npos)
        return bad_note("has no blank line between its text and its signatures");
    Note note{std::string(bytes.substr(0, blank + 1)), {}};
    std::string_view rest = bytes.substr(blank + 2);
    while (const auto line = take_line(rest)) {
        if (note.signatures.size() == limits::max_note_signatures)
            return bad_note(
                fmt::format("has more than {} signatures", limits::max_note_signatures));
        DVC_TRY_ASSIGN(signature, parse_signature(*line));
        note.signatures.push_back(std::move(signature));
    }
    if (!rest.empty()) return bad_note("does not end with a line feed");
    if (note.signatures.empty()) return bad_note("has no signature");
    return note;
}

Result<Note> verify_note(std::string_view bytes, std::span<const VerifierKey> trusted) {
    DVC_TRY_ASSIGN(note, parse_note(bytes));
    std::vector<NoteSignature> verified;
    for (NoteSignature& signature : note.signatures) {
        const auto known = [&](const VerifierKey& key) {
            return key.id() == signature.id && key.name() == signature.name;
        };
        const auto key = std::find_if(trusted.begin(), trusted.end(), known);
        if (key == trusted.end()) continue;
        if (!good_signature(*key, note.text, signature.bytes))
            return bad_note(
                fmt::format("was changed, or was not signed by {}: the signature "
                            "does not fit the text",
                            signature.name));
        verified.push_back(std::move(signature));
    }
    if (verified.empty()) return bad_note("has no signature of a trusted key");
    note.signatures = std::move(verified);
    return note;
}

}  // namespace dvcsync::audit
