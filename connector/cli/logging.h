// spdlog, set up once in main: human lines on a terminal, one JSON object a line in service. What
// is logged holds codes and counts, never a name, a payload or a secret.
#pragma once

#include "connector/base/error.h"
#include "connector/config/config.h"

namespace dvcsync::cli {

// Config error if the log file cannot be opened.
Status start_logging(const config::Config& config);
// Whether what is logged as an error stands on standard error already.
bool errors_are_on_stderr();

}  // namespace dvcsync::cli
