// Checks a whole log: every entry against every checkpoint that was ever signed over it.
//
// Pure but for what the caller reads in LogEvidence, so that a ledger, a folder and a test are
// checked by the same code. What is wrong with the log is the verdict, not an error; errors are
// those of the caller's functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/audit/merkle.h"
#include "connector/audit/note.h"
#include "connector/audit/tiles.h"
#include "connector/base/error.h"

namespace dvcsync::audit {

// A log's origin is that of its key and its own name: "dvcsync.example.gov.vn/2026".
std::string origin_of(const VerifierKey& key, std::string_view log);
// The log's name; nullopt if the origin is not one of this key, or the name not a plain word.
std::optional<std::string> log_of(const VerifierKey& key, std::string_view origin);

// `at` of an entry as it is written (utc_text); empty: it tells none. All have one width, so their
// order is that of the instants.
std::string_view entry_time(std::string_view entry);

// Where what is checked comes from. Each function may be called more than once.
struct LogEvidence {
    std::string origin;
    VerifierKey key;

    using TakeEntry = std::function<Result<bool>(std::uint64_t index, std::string_view entry)>;
    // All entries, by ascending index as stored, until `take` gives false or an error.
    std::function<Status(const TakeEntry& take)> entries;

    using TakeNote = std::function<Status(std::string_view note, const std::string& where)>;
    // Every checkpoint that anybody kept, in any order; `where` is for messages.
    std::function<Status(const TakeNote& take)> checkpoints;

    // A tile of hashes; nullopt: it is not there. Empty function: there are no tiles.
    std::function<Result<std::optional<std::string>>(const Tile&)> tile;
    // The tiles of this size must be there and agree with the entries; 0: they only serve to name
    // the first bad entry.
    std::uint64_t tiles_of_size = 0;
};

struct Verdict {
    std::uint64_t entries = 0;      // read
    std::uint64_t checkpoints = 0;  // different ones
    std::uint64_t sealed = 0;       // entries that a good checkpoint vouches for
    Hash root{};                    // of them
    // The first entry that is not what was signed (changed, missing, put in, out of order).
    std::optional<std::uint64_t> first_bad;
    // Whether it is that one; otherwise it, or one of those after it.
    bool exact = true;
    std::vector<std::string> faults;  // at most limits::max_findings; empty: all is well

    bool good() const { return faults.empty(); }
};

Result<Verdict> verify_log(const LogEvidence& evidence);

}  // namespace dvcsync::audit
