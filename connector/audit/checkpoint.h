// Checkpoints: what the log was at one size, signed.
//
// Source: C2SP tlog-checkpoint v1.0.0 (https://c2sp.org/tlog-checkpoint). A checkpoint is a signed
// note of at least three lines: origin, number of entries, root in Base64; further lines are ours
// to choose. Pure functions, thread-safe. Errors: Refused for what a log must not sign, Corrupt for
// what does not parse or verify.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/audit/merkle.h"
#include "connector/audit/note.h"

namespace dvcsync::audit {

struct Checkpoint {
    std::string origin;  // which log: not empty
    std::uint64_t size = 0;
    Hash root{};
    std::vector<std::string> extensions;  // none is empty

    bool operator==(const Checkpoint&) const = default;
};

// The note's text. Refused if a line is empty or has a line feed, or the root is not that of the
// empty tree although the size is 0.
Result<std::string> checkpoint_text(const Checkpoint& checkpoint);
// What a signed checkpoint says, its signatures not looked at.
Result<Checkpoint> parse_checkpoint(std::string_view note);
// What it says, once a trusted key signed it and the origin is the one expected.
Result<Checkpoint> verify_checkpoint(std::string_view note, std::span<const VerifierKey> trusted,
                                     std::string_view origin);

// Refused unless `next` may be signed after `previous`: the same origin, and `consistency` proves
// that the log only grew. After an empty log anything may come, with an empty proof.
Status check_growth(const Checkpoint& previous, const Checkpoint& next,
                    std::span<const Hash> consistency);
// The same for a log that keeps its frontier and not its leaves: `before` is the frontier at the
// previous checkpoint, `added` the leaves appended since.
Status check_growth(const Checkpoint& previous, const Checkpoint& next, Frontier before,
                    std::span<const Hash> added);

// The signed note. A log signs its first checkpoint once; every later one goes through
// sign_next_checkpoint(), which refuses what check_growth() refuses, so that a log that was rolled
// back, cut or rewritten never gets a signature.
Result<std::string> sign_first_checkpoint(const Checkpoint& first, const Signer& signer);
Result<std::string> sign_next_checkpoint(const Checkpoint& previous, const Checkpoint& next,
                                         std::span<const Hash> consistency, const Signer& signer);
Result<std::string> sign_next_checkpoint(const Checkpoint& previous, const Checkpoint& next,
                                         Frontier before, std::span<const Hash> added,
                                         const Signer& signer);

}  // namespace dvcsync::audit
