// One function a command; each returns the exit code.
#pragma once

#include <atomic>

#include "connector/cli/options.h"

namespace dvcsync::cli {

int run_init(const Options& options);
int run_check(const Options& options);
int run_sync(const Options& options, const std::atomic<bool>& stop);
int run_status(const Options& options);
int run_report(const Options& options);

// Prints an error the way every command does (text or JSON) and returns its exit code.
int complain(const Options& options, const Error& error);

}  // namespace dvcsync::cli
