// The proof of one dossier: a small text file that needs neither the log nor us.
//
// Its form is on one page in formats.md: the entries of the dossier and the exchanges that they
// name, each with a C2SP tlog-proof, and the time stamps of the checkpoints. Pure functions,
// thread-safe. Errors: Refused for what the form cannot hold, Corrupt for what does not parse or
// verify.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/audit/note.h"
#include "connector/audit/proof.h"
#include "connector/audit/timestamp.h"

namespace dvcsync::audit {

struct ProvenEntry {
    std::string entry;  // as hashed
    LogProof proof;
};

struct Evidence {
    std::string code;                  // of the record or submission
    std::vector<ProvenEntry> entries;  // by log and index
    // The time authority's answers (DER) by origin; each is over that log's checkpoint.
    std::map<std::string, std::string> timestamps;
};

// The whole file. Refused for a code or an entry with a line feed, or no entry.
Result<std::string> evidence_text(const Evidence& evidence);
// What stands in it, not whether it is true. Every byte has a meaning: Corrupt if evidence_text()
// would write it in another way.
Result<Evidence> parse_evidence(std::string_view text);

// What a proof proves.
struct Proven {
    std::string code;
    struct Log {
        std::string origin;
        std::uint64_t size = 0;  // of the checkpoint
        Hash root{};
        std::optional<Timestamp> stamp;  // it existed by then
        bool unread_stamp = false;       // there is one, and no authorities were given
    };
    std::vector<Log> logs;
    struct Entry {
        std::string origin;
        std::uint64_t index = 0;
        std::string entry;
    };
    std::vector<Entry> entries;
};

// Every entry is in a log of this key, and belongs to the code: it names it, or it is an exchange
// that such an entry names. One checkpoint a log. `authorities` (PEM) check the time stamps.
Result<Proven> verify_evidence(std::string_view text, const VerifierKey& key,
                               const std::optional<std::string>& authorities);

}  // namespace dvcsync::audit
