// Bodies kept as evidence: erased, or written beside a proof.
#pragma once

#include "connector/cli/options.h"

namespace dvcsync::cli {

// Writes what was sent and received in Options::audit.exchange into FILE.sent and FILE.received,
// where FILE is Options::audit.out; names them on standard error. Errors as sync::show_bodies().
Status write_bodies(const sync::Connector& connector, const Options& options);

}  // namespace dvcsync::cli
