// Command lines about submissions.
#pragma once

#include "connector/cli/options.h"

namespace CLI {
class App;
}

namespace dvcsync::cli {

void add_submissions(CLI::App& app, Options& options);

// See complete() of options_people.h; for the commands that add_submissions() has added.
Status complete_submissions(Options& options);

}  // namespace dvcsync::cli
