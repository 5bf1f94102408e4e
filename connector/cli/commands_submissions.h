// How submissions are shown; status shows their counts, too.
#pragma once

#include "connector/cli/json.h"
#include "connector/cli/options.h"
#include "connector/sync/run.h"

namespace dvcsync::cli {

// A table of the stages, which add up; nothing if none has ever come.
Status print_tally(ledger::Ledger& ledger);
// The same as a member "submissions" of the object that is open.
Status add_tally(Json& json, ledger::Ledger& ledger);

// What a run did with submissions: one line, and why it stopped.
void print_pull(const sync::PullCounts& pull);
// The same as members "submissions_…" of the object that is open.
void add_pull(Json& json, const sync::PullCounts& pull);
// One line for the log; without the portal's words.
void log_pull(const sync::PullCounts& pull);

}  // namespace dvcsync::cli
