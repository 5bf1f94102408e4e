#include "connector/base/operation.h"

namespace dvcsync {

std::string_view to_string(Operation operation) {
    switch (operation) {
        case Operation::PushProcedure:
            return "push-procedure";
        case Operation::PushDossier:
            return "push-dossier";
        case Operation::PushProgress:
            return "push-progress";
        case Operation::PushStatistics:
            return "push-statistics";
        case Operation::ConfirmSubmission:
            return "confirm-submission";
        case Operation::PushStatus:
            return "push-status";
    }
    return "unknown";
}

std::optional<Operation> operation_from(std::string_view name) {
    for (const Operation operation : all_operations)
        if (name == to_string(operation)) return operation;
    return std::nullopt;
}

}  // namespace dvcsync
