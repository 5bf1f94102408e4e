// One file that proves that an entry is in the log, without the log.
//
// Source: C2SP tlog-proof v1 (https://c2sp.org/tlog-proof). Pure functions, thread-safe. Errors:
// Refused for what the format cannot hold, Corrupt for what does not parse or verify.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "connector/audit/checkpoint.h"
#include "connector/audit/merkle.h"

namespace dvcsync::audit {

struct LogProof {
    std::string extra;        // bytes that nothing vouches for, or none: never believe them
    std::uint64_t index = 0;  // of the entry
    Proof path;
    std::string checkpoint;  // the signed note, as the log gave it

    bool operator==(const LogProof&) const = default;
};

Result<std::string> proof_text(const LogProof& proof);
Result<LogProof> parse_proof(std::string_view text);
// The checkpoint, once it is shown that a trusted key signed it, that it is of the log `origin`,
// and that `entry` is in that log at the proof's index.
Result<Checkpoint> verify_proof(const LogProof& proof, std::string_view entry,
                                std::span<const VerifierKey> trusted, std::string_view origin);

}  // namespace dvcsync::audit
