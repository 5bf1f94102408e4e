// What can be asked of the portal. The names are those of mapping files, profiles, ledger and
// reports.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace dvcsync {

enum class Operation {
    PushProcedure,
    PushDossier,
    PushProgress,
    PushStatistics,
    ConfirmSubmission,  // the province has this submission, whole
    PushStatus,         // what the province says of a dossier that was born on the portal
};

inline constexpr std::array all_operations{Operation::PushProcedure,     Operation::PushDossier,
                                           Operation::PushProgress,      Operation::PushStatistics,
                                           Operation::ConfirmSubmission, Operation::PushStatus};
// For reading stored numbers.
inline constexpr Operation last_operation = all_operations.back();

std::string_view to_string(Operation operation);  // "push-procedure", "push-dossier", …
std::optional<Operation> operation_from(std::string_view name);

}  // namespace dvcsync
