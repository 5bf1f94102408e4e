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
    std::string stop;  // why the run ended early: "" or a reason for the IT officer
};

struct DeliveryRules {
    int workers = 8;  // 0: no threads, every task runs on the calling thread (simulation)
    CallRules call;
    Millis patience{60'000};  // how long a run stays for items that wait for their time
    std::string_view what = "sent to the portal";  // for Progress
    std::uint64_t seed = 0;                        // of the jitter
    // So many calls in a row that did not reach the portal end the run: it is down, and every
    // further call would only age the items' attempt counters.
    int unreachable_limit = 16;
};

// Delivers every ready item of the operations, in their order of listing where they compete. Items
// that are in doubt are resolved first: a dossier by asking where the portal can be asked;
// otherwise the profile says whether the same may go again or a person must look.
Result<DeliveryCounts> deliver(ledger::Ledger& ledger, const PortalCalls& calls,
                               const mapping::MappingSet& mappings, const Sealer& sealer,
                               Clock& clock, std::span<const Operation> operations,
                               const DeliveryRules& rules, Progress& progress,
                               const std::atomic<bool>& stop);

}  // namespace dvcsync::sync
