// Whether the checkpoint folder of a log holds what the ledger knows it must hold, and the ledger
// what the folder does: checkpoints, history, tiles, time stamps. Whether the checkpoints are those
// of the entries is verify_log()'s to say.
#pragma once

#include <string>

#include "connector/audit/log_folder.h"
#include "connector/ledger/trail.h"
#include "connector/sync/verify_logs.h"

namespace dvcsync::sync {

// Before verify_log(), so that nothing that is signed meanwhile is missed by it.
// Adds to the verdict's faults and notes.
Status compare_folder(ledger::Trail& trail, const ledger::TrailLog& log,
                      const audit::LogFolder& folder, const std::string& time_authorities,
                      LogVerdict& verdict);

// The tiles of the folder's newest checkpoint are those of the entries. After verify_log() has
// found the log good: the checkpoint is believed.
Status compare_tiles(ledger::Trail& trail, const ledger::TrailLog& log,
                     const audit::LogFolder& folder, LogVerdict& verdict);

}  // namespace dvcsync::sync
