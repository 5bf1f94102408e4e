// Bodies kept as evidence: what was sent and received in one exchange, encrypted in the ledger
// under the key of the payloads. The log holds their digests only, so it verifies whether they are
// there or not. Each of these acts leaves an entry. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/base/crypto.h"
#include "connector/ledger/ledger.h"
#include "connector/sync/trail.h"

namespace dvcsync::sync {

// One of the two conditions. `log` is the name of the year's log, "": the newest.
struct BodyErasure {
    std::optional<UtcTime> before;
    std::optional<std::int64_t> exchange;
    std::string log;
};
// Erases, and writes evidence.erased in the same transaction; nothing is written where nothing was
// there. Returns how many bodies. Refused: there is no such log.
Result<std::size_t> erase_bodies(ledger::Ledger& ledger, Recorder& recorder,
                                 const BodyErasure& what, const ledger::Act& act);

// The same for those kept longer than so many days; 0: keeps all.
Result<std::size_t> erase_expired(ledger::Ledger& ledger, Recorder& recorder, int keep_days,
                                  UtcTime now);

struct KeptBodies {
    std::optional<std::string> sent;
    std::optional<std::string> received;
};
// Opens the bodies of the one exchange, of which an entry of `code` must tell, compares them with
// the digests in its entry, and writes evidence.shown before it gives them away. Refused: no entry
// of the code names that exchange, or nothing is kept of it. Corrupt: a body is not what its digest
// says.
Result<KeptBodies> show_bodies(ledger::Ledger& ledger, const Sealer& sealer, Recorder& recorder,
                               std::string_view log, std::int64_t exchange, const ledger::Act& act,
                               std::string_view code);

}  // namespace dvcsync::sync
