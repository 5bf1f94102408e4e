// The command line. CLI11 stays inside options.cpp.
#pragma once

#include <filesystem>
#include <string>

#include "connector/sync/connector.h"

namespace dvcsync::cli {

enum class Command { None, Init, Check, Sync, Status, Report };

struct Options {
    Command command = Command::None;
    std::filesystem::path config = "dvcsync.toml";
    bool json = false;
    std::filesystem::path dir = ".";  // init
    sync::Job job = sync::Job::All;   // sync
    bool parked = false;              // status: list what is parked
    int limit = 20;                   // status: how many of them
    int year = 0;                     // report
};

// Fills the options. Returns -1 to go on, else the exit code (help and version were printed, or the
// usage fault).
int parse(int argc, char** argv, Options& options);

}  // namespace dvcsync::cli
