// An auditor's tools read files that somebody may have changed on purpose: whatever they hold,
// reading ends, and what is taken has one spelling. The first byte chooses the format.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "connector/audit/bytes.h"
#include "connector/audit/canonical.h"
#include "connector/audit/period_table.h"
#include "connector/audit/proof.h"
#include "connector/audit/tiles.h"
#include "connector/audit/timestamp.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"

namespace {

using namespace dvcsync;
using namespace dvcsync::audit;

void need(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

// The key of the specification's example note, which is among the seeds.
const std::vector<VerifierKey>& trusted() {
    static const std::vector<VerifierKey> keys{*VerifierKey::parse(
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")};
    return keys;
}

void try_note(std::string_view text) {
    const auto note = parse_note(text);
    const auto verified = verify_note(text, trusted());
    need(note || !verified, "what verifies is well-formed");
    if (!note) return;
    need(text.starts_with(note->text) && note->text.ends_with('\n'), "the text is a part of it");
    need(!note->signatures.empty(), "a note is signed");
    need(note->signatures.size() <= limits::max_note_signatures, "signatures are bounded");
    // Nobody here has the private key: only the example's own text can verify.
    if (verified) need(verified->text == "This is an example message.\n", "signatures hold");
}

void try_checkpoint(std::string_view text) {
    const auto checkpoint = parse_checkpoint(text);
    if (checkpoint) {
        const auto written = checkpoint_text(*checkpoint);
        need(written && text.starts_with(*written + '\n'), "a checkpoint has one spelling");
    }
    need(!verify_checkpoint(text, trusted(), "example.com/foo"), "nobody signed a checkpoint");
}

void try_proof(std::string_view text) {
    const auto proof = parse_proof(text);
    if (!proof) return;
    const auto written = proof_text(*proof);
    need(written && *written == text, "a proof has one spelling");
    const auto checkpoint = parse_checkpoint(proof->checkpoint);
    need(checkpoint.has_value(), "a proof holds a checkpoint");
    (void)verify_inclusion(leaf_hash(text), proof->index, checkpoint->size, proof->path,
                           checkpoint->root);
    (void)verify_consistency(proof->index, checkpoint->size, leaf_hash(text), checkpoint->root,
                             proof->path);
    need(!verify_proof(*proof, text, trusted(), "example.com/foo"), "nobody signed a proof");
}

void try_tiles(std::string_view bytes) {
    if (const auto tile = parse_tile_path(bytes))
        need(tile_path(*tile) == bytes, "one path a tile");
    if (bytes.empty()) return;
    const int width = static_cast<std::uint8_t>(bytes[0]) + 1;
    bytes.remove_prefix(1);
    if (const auto hashes = parse_tile(bytes, width))
        need(hashes->size() == static_cast<std::size_t>(width), "as many hashes as promised");
    if (const auto entries = parse_bundle(bytes, width)) {
        std::string written;
        for (const auto entry : *entries)
            need(append_entry(written, entry).has_value(), "entries are small");
        need(written == bytes, "a bundle has one spelling");
    }
}

void try_frontier(std::string_view bytes) {
    auto frontier = Frontier::parse(bytes);
    if (!frontier) return;
    need(frontier->serialise() == bytes, "a frontier has one spelling");
    if (frontier->size() < limits::max_log_size) frontier->append(leaf_hash(bytes));
    (void)frontier->root();
}

// The stamp among the seeds was made by an authority of its own, which nobody trusts here.
void try_timestamp(std::string_view bytes) {
    static const std::string authorities =
        *read_file(DVC_SOURCE_DIR "/tests/fuzz/evidence_authority.txt", limits::max_pem_file);
    static const Hash digest = sha256("checkpoint");
    const auto stamp = verify_timestamp(bytes, digest, authorities);
    if (stamp) need(stamp->policy == "1.2.3.4.1", "a stamp cannot be made up");
    const auto other = verify_timestamp(bytes, sha256("other"), authorities);
    need(!other, "a stamp is of one digest");
    need(check_timestamp_digest(bytes, digest) || !stamp, "what verifies is over its digest");
}

void try_json(std::string_view text) {
    const auto json = parse_canonical(text);
    need(json.has_value() == check_canonical(text).has_value(), "checking and reading agree");
    if (json) need(canonical_json(*json) == std::string(text), "a value has one spelling");
    const auto line = table_line(text);
    need(line.has_value() == json.has_value(), "an entry has a line in the table");
}

void try_key(std::string_view text) {
    if (const auto key = VerifierKey::parse(text)) need(key->text() == text, "one spelling a key");
    // Private keys are read from a file of ours, but a wrong file may be named.
    if (const auto signer = Signer::from_pem("example.com/foo", text)) {
        const auto note = sign_note("text\n", *signer);
        const std::vector keys{signer->verifier()};
        need(note && verify_note(*note, keys), "what a key signs, it verifies");
    }
    if (const auto bytes = from_base64(text)) need(base64(*bytes) == text, "one Base64");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0]) {
        case 'c':
            try_checkpoint(rest);
            break;
        case 'f':
            try_frontier(rest);
            break;
        case 'j':
            try_json(rest);
            break;
        case 'k':
            try_key(rest);
            break;
        case 'n':
            try_note(rest);
            break;
        case 'p':
            try_proof(rest);
            break;
        case 's':
            try_timestamp(rest);
            break;
        case 't':
            try_tiles(rest);
            break;
        default:
            break;
    }
    return 0;
}
