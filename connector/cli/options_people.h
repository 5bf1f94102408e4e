// Command lines of people: parked, resync, acts, reconcile.
#pragma once

#include "connector/cli/options.h"

namespace CLI {
class App;
}

namespace dvcsync::cli {

// Adds the commands to the program's. `options` must outlive the parsing.
void add_people(CLI::App& app, Options& options);

// Pieces of them.
CLI::App* add_command(CLI::App& parent, Options& options, Command what, const char* name,
                      const char* description);
void add_limit(CLI::App& command, Options& options, const char* what);
void add_reason(CLI::App& command, Options& options);
// What an act needs: codes (`codes`: which) or --all-matching with filters, --reason, --yes.
void add_acting(CLI::App& command, Options& options, const char* codes,
                void (*add_filters)(CLI::App&, Options&));

// After the parsing: makes filters, slice and act of what was typed. Config error: what was typed
// makes no sense, in words for whoever typed it.
Status complete(Options& options, bool confirm);
// Makes Options::act. Config error: no reason was given.
Status keep_act(Options& options, std::string_view what);
// The same where codes or --all-matching choose what it touches.
Status complete_choice(Options& options, std::string_view what);

}  // namespace dvcsync::cli
