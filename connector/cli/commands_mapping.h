// What the commands of `dvcsync mapping` share.
#pragma once

#include "connector/cli/options.h"
#include "connector/mapping/mapping.h"

namespace dvcsync::cli {

// Which files are meant: what was typed, and for the rest what the configuration names.
struct MappingChoice {
    std::filesystem::path dir;
    std::string vocabulary;
    std::string profile;
};
// The configuration is read only where something was not typed. Config error: it cannot be.
Result<MappingChoice> mapping_choice(const Options& options);
Result<mapping::MappingSet> load_mappings(const MappingChoice& choice);

}  // namespace dvcsync::cli
