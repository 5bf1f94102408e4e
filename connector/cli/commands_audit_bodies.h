// Bodies kept as evidence: erased, or written beside a proof.
#pragma once

#include "connector/cli/options.h"
#include "connector/sync/bodies.h"
#include "connector/sync/connector.h"

namespace dvcsync::cli {

// What was sent and received in Options::audit.exchange, told in the trail. As
// sync::show_bodies().
Result<sync::KeptBodies> open_bodies(const sync::Connector& connector, const Options& options);

// Writes them into FILE.sent and FILE.received, where FILE is Options::audit.out; names them on
// standard error.
Status write_bodies(const sync::KeptBodies& bodies, const Options& options);

}  // namespace dvcsync::cli
