// What every seed of a process needs and none changes: the mapping files, compiled once, and a key.
#pragma once

#include <filesystem>
#include <memory>

#include "connector/base/crypto.h"
#include "connector/mapping/mapping.h"
#include "connector/portal/callbacks.h"
#include "connector/sync/trail.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::simulation {

struct Stage {
    test::TemporaryFolder folder;
    Sealer sealer;
    mapping::MappingSet mappings;  // as shipped
    mapping::MappingSet mended;    // knows one more procedure
    portal::Callbacks callbacks;   // of the profile

    static Result<std::unique_ptr<Stage>> set();

    // What every process tells its ledger. Borrows both and the stage.
    std::unique_ptr<sync::Recorder> recorder(ledger::Ledger& ledger, const Clock& clock) const;
};

}  // namespace dvcsync::simulation
