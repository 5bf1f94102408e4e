// The trail in the ledger: what happened, entry by entry, for whoever must be able to prove it.
//
// Entries are kept as the bytes that are hashed; nothing here reads them. They stand in logs, one a
// year, each counted from 0 without a gap; nothing is ever changed or taken away but bodies kept as
// evidence. Seals are the signed checkpoints over a log (the second copy of them lies outside the
// database). Part of Ledger::together(): an entry is appended in the transaction that changes the
// state it tells of, or it is not there. Append from several processes at once, each in a
// transaction of its own. No lease is asked for: persons append too. Errors as in ledger.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"
#include "connector/base/time.h"

namespace dvcsync::ledger {

struct TrailLog {
    std::int64_t log = 0;  // ascending in the order of opening
    std::string name;      // the Vietnam year it was opened in, "2026"; if there is one of that
                           // name already (closed early, or a clock set back): "2026-2", …
    UtcTime opened{};
    std::optional<UtcTime> closed;
};

struct TrailEnd {
    std::int64_t size = 0;           // entries; the next one's sequence
    std::optional<UtcTime> last_at;  // of the last entry
};

struct TrailRow {
    std::int64_t log = 0;
    std::int64_t sequence = 0;
    UtcTime at{};       // as given to append(), and so is the code
    std::string code;   //
    std::string entry;  // the bytes exactly as hashed
};

// A checkpoint that was signed.
struct SealRow {
    std::int64_t log = 0;
    std::int64_t size = 0;  // of the tree, in entries
    std::string note;       // the signed note
    std::string frontier;   // of the tree, to go on from (audit::Frontier)
    std::string timestamp;  // RFC 3161 token (DER); empty: none
    UtcTime at{};
};

// What the ledger looks for by itself; everything else is looked for in the parsed entry.
struct TrailFilter {
    std::optional<std::int64_t> log;
    std::string code;                   // as given to append(); "": any
    std::int64_t from = 0;              // sequences, half-open: [from, until)
    std::optional<std::int64_t> until;  //
    std::optional<UtcTime> at_from;     // half-open: [at_from, at_until)
    std::optional<UtcTime> at_until;
};

class Trail {
  public:
    virtual ~Trail() = default;

    // -- logs ----------------------------------------------------------------------------------
    // The log to append to: the newest one if it is open; otherwise a new one, named after the
    // Vietnam year of `now`. Never closes one: a year that has ended is closed by who rotates.
    virtual Result<TrailLog> current(UtcTime now) = 0;
    virtual Result<std::vector<TrailLog>> logs() = 0;  // oldest first
    // The same, but a new log gets none of the names `taken` (they stand outside the ledger).
    virtual Result<TrailLog> current(UtcTime now, const std::vector<std::string>& taken) = 0;
    // Nothing can be appended any more. Bug: there is no such log, or it is closed.
    virtual Status close(std::int64_t log, UtcTime now) = 0;

    // -- entries -------------------------------------------------------------------------------
    virtual Result<TrailEnd> end(std::int64_t log) = 0;
    // `at` is the instant the entry tells, `code` what it is found by besides (of a record or a
    // submission; "": nothing). Bug: `sequence` is not the next one, `at` lies before the last
    // entry's, the log is closed, or the entry is empty or larger than limits::max_entry.
    virtual Status append(std::int64_t log, std::int64_t sequence, UtcTime at,
                          std::string_view code, std::string_view entry) = 0;
    // Calls `take` for every entry that the filter chooses, by ascending log and sequence, until it
    // gives false or an error. The row is valid during the call; `take` may read the ledger but
    // not write to it.
    virtual Status walk(const TrailFilter& filter,
                        const std::function<Result<bool>(const TrailRow&)>& take) = 0;

    // -- seals ---------------------------------------------------------------------------------
    // Keeps a checkpoint. Again for a size that is there: adds the timestamp it lacked (Bug: the
    // note is another one, or there is a timestamp).
    virtual Status seal(const SealRow& seal) = 0;
    virtual Result<std::optional<SealRow>> last_seal(std::int64_t log) = 0;
    // By ascending size, like walk().
    virtual Status walk_seals(std::int64_t log,
                              const std::function<Result<bool>(const SealRow&)>& take) = 0;

    // -- bodies kept as evidence ---------------------------------------------------------------
    // What was sent, or received, in an exchange whose entry is (log, sequence), sealed by the
    // caller. Bug: it is kept already.
    virtual Status keep_body(std::int64_t log, std::int64_t sequence, bool sent,
                             std::string_view sealed, UtcTime now) = 0;
    // nullopt: not kept, or erased.
    virtual Result<std::optional<std::string>> body(std::int64_t log, std::int64_t sequence,
                                                    bool sent) = 0;
    // Overwrites and removes those kept before an instant, or both of one exchange. Returns how
    // many bodies. The entry that says so is the caller's.
    virtual Result<std::size_t> erase_bodies(UtcTime before) = 0;
    virtual Result<std::size_t> erase_bodies(std::int64_t log, std::int64_t sequence) = 0;
};

}  // namespace dvcsync::ledger
