// From the ledger to the portal: the second half of a push.
//
// deliver() owns the ledger; worker threads own their call and nothing else. Claims, settlements
// and progress happen on the calling thread, so the ledger needs no lock and many settlements share
// one durable commit.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "connector/base/time.h"
#include "connector/sync/call.h"
#include "connector/sync/pace.h"
#include "connector/sync/progress.h"

namespace dvcsync::sync {

// Items, by what became of them in this run. An item that was retried counts once for each
// settlement but `delivered`, which it can reach once.
struct DeliveryCounts {
    std::size_t delivered = 0;
    std::size_t without_call =
        0;                    // of delivered: the document was the one that the portal already has
    std::size_t refused = 0;  // parked with the portal's words
    std::size_t parked = 0;   // parked by the mapping
    std::size_t waiting = 0;  // put back for a later time
    std::size_t doubtful = 0;
    std::string stop;      // why the run ended early: "" or a reason for the IT officer
    std::string stop_log;  // the same without the portal's own words, for the log
};

struct DeliveryRules {
    int workers = 8;  // 0: no threads, every task runs on the calling thread (simulation)
    CallRules call;
    // How long a run stays, after the last delivery, for items that wait for their time; and how
    // long for a portal that does not do its part.
    Millis patience{60'000};
    Millis outage_patience{20'000};
    std::string_view what = "sent to the portal";  // for Progress
    std::uint64_t seed = 0;                        // of the jitter
    // The lease is renewed while a run waits for the portal, so long each time. 0: none is held.
    Millis lease{120'000};
};

// Delivers every ready item of the operations, in their order of listing where they compete, at the
// pace of the gates. Items in doubt come first: a dossier is asked for where the portal can be
// asked; otherwise the profile says whether the same may go again or a person must look. No worker
// waits for one item's time: what has to wait goes back to the ledger. Errors are the ledger's.
Result<DeliveryCounts> deliver(ledger::Ledger& ledger, const PortalCalls& calls,
                               const mapping::MappingSet& mappings, const Sealer& sealer,
                               Clock& clock, Gates& gates, std::span<const Operation> operations,
                               const DeliveryRules& rules, Progress& progress,
                               const std::atomic<bool>& stop);

}  // namespace dvcsync::sync
