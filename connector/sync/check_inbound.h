// The part of `dvcsync check` that is about submissions.
#pragma once

#include <string>
#include <vector>

#include "connector/config/config.h"
#include "connector/ledger/submissions.h"
#include "connector/sync/check.h"

namespace dvcsync::sync {

// Inbox, staging, file rules, scanner, callbacks, downloads; nothing where no submissions are
// taken. Makes the staging folder; what it writes there it removes.
std::vector<Finding> check_inbound(const config::Config& config);

// Why the inbox as a whole cannot be used now, and what to do, naming the setting; "": it can, or
// no submissions are taken. While there is something nothing is handed over, and what has come has
// no reason of its own.
std::string inbox_trouble(const config::Config& config);

// What is held and waits for a person.
std::vector<Finding> held_findings(ledger::Submissions& submissions);

}  // namespace dvcsync::sync
