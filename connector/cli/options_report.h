// Command lines of reports.
#pragma once

#include "connector/cli/options.h"

namespace CLI {
class App;
}

namespace dvcsync::cli {

// Adds `report` to the program's commands. `options` must outlive the parsing.
void add_report(CLI::App& app, Options& options);

// After the parsing, of `report delivery`. Config error: what was typed makes no sense.
Status complete_delivery(Options& options);

}  // namespace dvcsync::cli
