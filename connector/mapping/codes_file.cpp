#include "connector/mapping/codes_file.h"

#include "connector/mapping/set_data.h"

namespace dvcsync::mapping {

std::optional<CodesFile> codes_file_of(const MappingSet& set, Operation operation,
                                       std::string_view name) {
    const auto* const plan = set.plan(operation);
    if (plan == nullptr) return std::nullopt;
    for (const auto& node : Inside::of(*plan).nodes)
        if (node.from && node.from->spec->name == name && node.codes && !node.codes->is_inline())
            return CodesFile{node.codes->rows_file(), node.codes->from_column(),
                             node.codes->to_column()};
    return std::nullopt;
}

}  // namespace dvcsync::mapping
