// The catalogue's guard: an empty or suddenly shorter catalogue is not "abolish all" (contract §6).
#pragma once

#include <optional>
#include <string>

#include "connector/base/time.h"
#include "connector/ledger/ledger.h"

namespace dvcsync::sync {

// Why the catalogue must not be pushed now; "" if it may. It must not if what is queued would
// abolish more than `max_percent` of the procedures that the portal holds as published (and more
// than a handful), or if a file that calls itself the whole catalogue lacks as many. A confirmation
// by a person is kept and lets it through once.
Result<std::string> catalogue_stop(ledger::Ledger& ledger, int max_percent,
                                   const std::optional<ledger::Act>& confirm, Clock& clock);

// The rule itself.
bool too_many(std::size_t gone, std::size_t published, int max_percent);

}  // namespace dvcsync::sync
