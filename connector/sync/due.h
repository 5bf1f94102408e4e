// When a service has to look again without being called.
#pragma once

#include <optional>

#include "connector/ledger/ledger.h"

namespace dvcsync::sync {

// When the first of what waits on the inbound road is due: a submission, an announcement, what goes
// back to the portal. nullopt: nothing waits. Errors are the ledger's.
Result<std::optional<UtcTime>> next_due(ledger::Ledger& ledger);

}  // namespace dvcsync::sync
