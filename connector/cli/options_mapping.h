// Command lines of `dvcsync mapping`.
#pragma once

#include "connector/cli/options.h"

namespace CLI {
class App;
}

namespace dvcsync::cli {

// Adds the commands to the program's. `options` must outlive the parsing.
void add_mapping(CLI::App& app, Options& options);
// After the parsing; Config error: what was typed makes no sense.
Status complete_mapping(Options& options);

}  // namespace dvcsync::cli
