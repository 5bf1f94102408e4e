// From the portal to the province: the inbound road.
//
//   poll      list → announced (key first) → fetched → received                     pull()
//   callback  received (receive.h)
//   both      received → files gathered → provincial XML → inbox → handed, and a    hand_over()
//             confirmation queued
//
// Two passes, because files come from other hosts, at their pace: a run delivers what is ready in
// between. Both own the ledger; worker threads fetch and gather and own nothing else. What is cut
// off anywhere completes itself: announcements, what is received and what is staged are all
// durable, and the inbox takes a submission once. Nothing is ever dropped: what cannot be had waits
// with its reason, what breaks a rule is held for a person.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/limits.h"
#include "connector/ledger/ledger.h"
#include "connector/ledger/submissions.h"
#include "connector/mapping/reading.h"
#include "connector/portal/portal.h"
#include "connector/province/inbox.h"
#include "connector/sync/pace.h"
#include "connector/sync/progress.h"

namespace dvcsync::sync {

// The files of a submission as far as they could be had.
struct Gathered {
    std::vector<mapping::StagedFile> files;     // as many as the document names
    std::vector<province::InboxFile> contents;  // of those that were had
    // For people, without names; each less than half of limits::max_message.
    std::string waits;  // not empty: something could not be had
    std::string holds;  // not empty: something breaks a rule
    bool cut = false;   // not to its end: the time was over, or the run is to stop
};

// How files are had, and where they lie until the inbox has taken them. Thread-safe.
struct Gathering {
    // `key` names the submission and is safe as a folder's name. `without`: what a person lets it
    // go without is left out, with a note that says why. `in_time`: whether another file may be
    // begun; the first that is not there yet may always, so that every try comes further.
    std::function<Gathered(const std::string& key, const mapping::National& document,
                           ledger::Without without, const std::function<bool()>& in_time)>
        gather;
    std::function<Status(const std::string& key)> forget;
    // The keys whose files lie there, among them what a crash has left behind. Empty: none are kept
    // from run to run.
    std::function<Result<std::vector<std::string>>()> staged;
};

// The portal's inbound services; both empty: the profile has none, submissions come by callback.
struct PullCalls {
    std::function<tl::expected<portal::News, portal::Outcome>(LocalTime since, int page)> news;
    std::function<tl::expected<portal::Fetched, portal::Outcome>(std::string_view code)> fetch;
    std::chrono::hours overlap{48};  // listed again each time, for lists that repeat and skip
    std::string reading;             // of what fetch gives
    std::string news_endpoint;       // by name, to be paced
    std::string fetch_endpoint;
};
PullCalls pull_calls_of(portal::Client& client);

struct PullParts {
    ledger::Ledger& ledger;
    const Sealer& sealer;
    const mapping::MappingSet& mappings;
    const PullCalls& calls;
    province::Inbox& inbox;
    const Gathering& gathering;
    Gates& gates;
    Clock& clock;
    Progress& progress;
    const std::atomic<bool>& stop;
};

struct PullRules {
    std::string province;  // its code, for the head of what is handed over
    // Calls, or submissions whose files are fetched, at once. 0: no threads (simulation).
    int workers = limits::inbound_workers;
    // After this no file is begun; what is left is for the next run.
    Millis time_for_files = limits::time_for_files;
    std::size_t payloads_in_hand = limits::payloads_in_hand;
    std::uint64_t seed = 0;
    Millis lease{120'000};
};

struct PullCounts {
    std::size_t listed = 0;     // rows of the portal's list
    std::size_t announced = 0;  // of listed: not heard of before
    std::size_t fetched = 0;    // = first + revisions + duplicates
    std::size_t first = 0;
    std::size_t revisions = 0;
    std::size_t duplicates = 0;
    std::size_t handed = 0;   // to the province
    std::size_t waiting = 0;  // put off for a file, the inbox or the portal
    std::size_t held = 0;     // for a person
    std::size_t left = 0;     // for the next run: the time for files was over
    std::size_t files = 0;    // of handed
    std::string stop;         // the portal could not be asked any further, for this reason
    bool settings = false;    // of stop: a person must mend something
};

// The list is read to its end, and what it announces is fetched. Errors are the ledger's.
Status pull(const PullParts& parts, const PullRules& rules, PullCounts& counts);

// Files, XML, inbox: what is due, those first that have waited longest. Ends, at the latest, when
// the last file ends that was begun within rules.time_for_files. What was not, or not wholly, its
// turn stays due with the reason; no attempt is counted. Errors are the ledger's and the inbox's.
Status hand_over(const PullParts& parts, const PullRules& rules, PullCounts& counts);

// What is sealed for a submission is bound to it by this.
std::string submission_context(std::string_view code, const Digest& digest);

// What the ledger stores of a submission: pure. `reading` nullptr or a document that it refuses: an
// arrival with a fault, so that it is kept for a person. `code`: as the list named it; "": the
// document must name it.
ledger::Arrival arrival_of(const mapping::Reading* reading, std::string_view reading_name,
                           std::string_view code, ledger::Road road, std::string_view json,
                           const Sealer& sealer);

// The position of the list, and the name under which the ledger keeps it.
inline constexpr std::string_view submissions_source = "submissions";

}  // namespace dvcsync::sync
