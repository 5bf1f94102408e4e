// How the folders of dvcsync.toml lie to one another.
#pragma once

#include "connector/config/config.h"
#include "connector/config/reader.h"

namespace dvcsync::config {

// Faults of folders that lie in one another, and of a downloads folder that would give away what
// another key names. Precondition: no other fault.
void check_folders(Reader& reader, const Config& config);

}  // namespace dvcsync::config
