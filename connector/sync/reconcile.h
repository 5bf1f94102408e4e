// What the portal holds against what the province's ledger says it should hold.
//
// Reads only: it needs no lease and may run beside a writing run. Where the portal lists the
// dossiers of a period, the list is joined month by month with the ledger; where it does not, every
// delivered dossier is asked for by itself, and what only the portal holds cannot be found.
// Differences are looked at once more before they are told, because a run beside it may have sent
// the dossier meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/sync/call.h"
#include "connector/sync/progress.h"

namespace dvcsync::sync {

// What was found of one dossier. Every dossier of the ledger's slice has exactly one of these but
// Unknown, so the counts add up.
enum class Match {
    Same,
    Missing,  // the portal has accepted it, and maybe not its newest version, but does not hold it
    Stale,    // a compared member differs
    // Of these the newest version is not sent; if the portal has accepted an older one, it holds
    // it.
    Waiting,    // not sent yet: ready, waiting, in a call or in doubt
    Parked,     // not sent yet: refused by the portal, the mapping or intake
    Dismissed,  // a person has said that it needs no sending
    Held,       // the province does not want it sent (yet)
    NotAsked,   // it could not be asked for or compared; the reason says why
    Unknown,    // the portal holds it, the ledger does not
};
inline constexpr std::size_t match_count = 9;
std::string_view to_string(Match match);

// One member that differs. The values stand only where both are dates, short codes of digits or
// empty; anything else might be personal.
struct MemberDifference {
    std::string member;
    bool shown = false;
    std::string ours;
    std::string theirs;
};

// Compares our document with what the portal says of the dossier: only what the portal's answer
// has, as text without white space at both ends; "" and absent are the same. A member that is a
// list or an object in our document is a Config error: the profile compares what is not one value.
// Pure.
Result<std::vector<MemberDifference>> compare(std::string_view document,
                                              const std::map<std::string, std::string>& theirs);

// Where a dossier counts: its agency and the Vietnam month in which it was received.
struct Place {
    std::string agency;
    std::optional<std::chrono::year_month> month;
    auto operator<=>(const Place&) const = default;
};

// The agency of a code that the ledger does not know: what stands before the first hyphen, as in
// 000.00.01.H22-190301-0001 (the national form of dossier codes). "" if there is none.
std::string_view agency_of(std::string_view code);

struct Difference {  // Missing, Stale, Unknown or NotAsked
    std::string code;
    Place place;
    Match match{};
    std::vector<MemberDifference> members;  // Stale
    std::string reason;    // NotAsked, or not mendable: in words, without personal data
    bool mendable = true;  // Missing, Stale: a resync sends it; false: the reason says what to do
};

struct ReconcileReport {
    struct Line {  // of one place
        std::array<std::size_t, match_count> found{};
        std::size_t at_portal = 0;  // seen at the portal, whatever the ledger says
        std::size_t of_province() const;
    };
    std::array<std::size_t, match_count> found{};
    std::map<Place, Line> table;
    std::vector<Difference> differences;  // by code
    std::size_t unreached = 0;     // of NotAsked: the end came first; neither in table nor listed
    std::size_t nowhere = 0;       // asked for by code, and on neither side
    bool listed = false;           // by the portal's list; false: Unknown was not looked for
    std::optional<Date> from, to;  // the days that were listed, both included
    std::string note;              // what it covers, and why it was done this way
    std::string stop;              // why it ended early; "": it did not
    bool portal_failed = false;    // `stop` is the portal's doing

    std::size_t at(Match match) const { return found[static_cast<std::size_t>(match)]; }
    // Same + Missing + Stale + Waiting + Parked + Dismissed + Held + NotAsked.
    std::size_t dossiers() const;
    std::size_t not_sent() const;               // Waiting + Parked + Dismissed + Held
    bool differs() const;                       // Missing, Stale, Unknown or NotAsked were found
    std::vector<std::string> mendable() const;  // codes that a resync sends

    // Counts one dossier. `difference.match` says as what.
    void add(Difference difference, bool at_portal);
    void sort();
};

struct ReconcileRules {
    ledger::Slice slice;      // its days are whole Vietnam days
    std::size_t sample = 0;   // so many dossiers of the slice, chosen by chance; 0: all
    int workers = 8;          // questions at once; 0: everything on the calling thread
    std::uint64_t seed = 0;   // of the sample, and of the jitter of waits
    Millis patience{20'000};  // how long a portal that does not answer is waited for
};

// Errors: the ledger's; Config: the profile can neither list nor ask. A portal that fails, or a
// stop, is no error: the report holds what was found until then and says why it ended.
Result<ReconcileReport> reconcile(ledger::Ledger& ledger, const PortalCalls& calls,
                                  const mapping::MappingSet& mappings, const Sealer& sealer,
                                  Clock& clock, const ReconcileRules& rules, Progress& progress,
                                  const std::atomic<bool>& stop);

}  // namespace dvcsync::sync
