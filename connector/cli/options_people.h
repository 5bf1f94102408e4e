// Command lines of people: parked, resync, acts, reconcile.
#pragma once

#include "connector/cli/options.h"

namespace CLI {
class App;
}

namespace dvcsync::cli {

// Adds the commands to the program's. `options` must outlive the parsing.
void add_people(CLI::App& app, Options& options);

// After the parsing: makes filters, slice and act of what was typed. Config error: what was typed
// makes no sense, in words for whoever typed it.
Status complete(Options& options, bool confirm);

}  // namespace dvcsync::cli
