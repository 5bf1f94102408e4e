// How submissions are shown; status shows their counts, too.
#pragma once

#include <string>

#include "connector/cli/json.h"
#include "connector/cli/options.h"
#include "connector/sync/connector.h"

namespace dvcsync::cli {

// A table of the stages, which add up; nothing if none has ever come. And why none is handed over.
Status print_tally(const sync::Connector& connector);
// The same as a member "submissions" of the object that is open.
Status add_tally(Json& json, const sync::Connector& connector);

// Why nothing is handed over, for the inbox cannot be used; asked only if something is `open`
// (received or waiting). "": no such reason.
std::string trouble_of(const sync::Connector& connector, bool open);
// Nothing if there is none.
void print_trouble(const std::string& trouble);

// What a run did with submissions: one line, and why it stopped.
void print_pull(const sync::PullCounts& pull);
// The same as members "submissions_…" of the object that is open.
void add_pull(Json& json, const sync::PullCounts& pull);
// One line for the log; without the portal's words.
void log_pull(const sync::PullCounts& pull);

}  // namespace dvcsync::cli
