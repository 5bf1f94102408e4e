// The file in which a province translates its codes, for whoever adds a row to it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "connector/mapping/mapping.h"

namespace dvcsync::mapping {

struct CodesFile {
    std::filesystem::path file;  // CSV
    std::string from;            // its columns
    std::string to;
};

// Through which an operation sends this canonical value of the record; nullopt: through none, or
// through rows of the mapping itself.
std::optional<CodesFile> codes_file_of(const MappingSet& set, Operation operation,
                                       std::string_view name);

}  // namespace dvcsync::mapping
