// One run of a job: submissions come in, the source is read, what is new goes out, then what a
// resync wants again.
//
// run() coordinates; everything that it touches comes in through Parts, so that a simulation drives
// the very same code with a clock, a disk, a source and a portal of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/province/source.h"
#include "connector/sync/deliver.h"
#include "connector/sync/intake.h"
#include "connector/sync/pull.h"

namespace dvcsync::sync {

enum class Job { PushCatalogue, PushDossiers, PushStatistics, PullSubmissions, All };
std::string_view to_string(Job job);

// The inbound road, where it is configured.
struct Inbound {
    PullCalls calls;
    Gathering gathering;
    std::unique_ptr<province::Inbox> inbox;
};

class Notary;  // seal.h

// Borrowed: everything outlives the run. One thread at a time.
struct Parts {
    ledger::Ledger& ledger;
    const Sealer& sealer;
    const mapping::MappingSet& mappings;
    const PortalCalls& calls;
    // Opens the province's source at a position that the ledger has stored.
    std::function<Result<std::unique_ptr<province::Source>>(const std::string& position)>
        open_source;
    Clock& clock;
    Progress& progress;
    const std::atomic<bool>& stop;
    Inbound* inbound = nullptr;  // no submissions are taken
    Notary* notary = nullptr;    // the trail is not signed
};

// What the run is to do, and who runs it.
struct RunOrder {
    Job job = Job::All;
    ledger::Lease who;  // owner, host and process; the rest is filled in
    // No process of this host holds the lease: one that is left over is nobody's.
    bool owner_is_gone = false;
    // The portal is asked for its list of submissions; what is known already is worked off anyhow.
    bool list = true;
    // A person has looked at a catalogue that shrinks, and wants it sent.
    std::optional<ledger::Act> confirm;
};

struct RunRules {
    DeliveryRules delivery;
    PullRules pull;
    // A push of the catalogue that would abolish more than this share of what the portal holds as
    // published waits for a person, if it is more than a handful of procedures.
    int max_abolished_percent = 10;
    std::size_t resync_chunk = 500;  // records between two looks at what is new
};

// What a run did. `ok` and `attention` are successes; attention: something needs a person or
// another run.
struct RunReport {
    IntakeCounts intake;
    DeliveryCounts delivery;
    PullCounts pull;
    MappingChange mappings;      // since the last run
    std::size_t resent = 0;      // records that resyncs handed over to delivery
    std::size_t recovered = 0;   // items that the last run left in doubt
    std::string catalogue_stop;  // not empty: the catalogue was not pushed, for this reason
    // RunOrder::confirm was needed: for so many procedures, and the push would have been stopped
    // for this.
    std::size_t confirmed = 0;
    std::string confirmed_for;
    portal::Client::Traffic traffic;
    double seconds = 0;
    std::size_t left = 0;  // items that are put off to another run, or in doubt, in the end
    // Not empty: nothing was pushed, because the trail is unsigned for too long. What only comes in
    // was taken.
    std::string unsealed;
    std::string seal_trouble;  // why the trail could not be signed now, or had no time stamp
    // Items that wait for a profile which sends them: this one has no such operation. They need
    // nobody's attention.
    std::map<Operation, std::size_t> kept;
    bool attention = false;
    // Another run is active: this one has changed nothing.
    std::optional<ledger::Lease> busy;
};

// Takes the lease, runs the order and writes the run into the ledger. Errors: Config, Corrupt,
// Retry (another run has taken the lease over; the ledger's disk cannot be written). A portal that
// cannot be used is not an error of the run: RunReport::delivery.stop says it.
Result<RunReport> run(const Parts& parts, const RunOrder& order, const RunRules& rules);

// What a run leaves in the log: one line, and one for each thing that needs a person. Codes and
// counts only, never what a record or the portal says.
struct LogLine {
    bool warning = false;
    std::string text;
};
std::vector<LogLine> log_lines(Job job, const RunReport& report);

// "host h, process 17, job all, since 08:00:00, last heard of 08:03:10": for messages.
std::string describe(const ledger::Lease& lease);

}  // namespace dvcsync::sync
