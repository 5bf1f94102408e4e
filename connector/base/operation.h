// What can be asked of the portal. The names are those of mapping files, profiles, ledger and
// reports.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace dvcsync {

enum class Operation { PushProcedure, PushDossier, PushProgress, PushStatistics };

inline constexpr std::array all_operations{Operation::PushProcedure, Operation::PushDossier,
                                           Operation::PushProgress, Operation::PushStatistics};

std::string_view to_string(Operation operation);  // "push-procedure", "push-dossier", …
std::optional<Operation> operation_from(std::string_view name);

}  // namespace dvcsync
