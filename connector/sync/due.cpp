#include "connector/sync/due.h"

#include <algorithm>

#include "connector/ledger/submissions.h"

namespace dvcsync::sync {

Result<std::optional<UtcTime>> next_due(ledger::Ledger& ledger) {
    DVC_TRY_ASSIGN(first, ledger.submissions().next_due());
    for (const auto operation : {Operation::ConfirmSubmission, Operation::PushStatus}) {
        DVC_TRY_ASSIGN(due, ledger.next_due(operation));
        if (due) first = std::min(first.value_or(UtcTime::max()), *due);
    }
    return first;
}

}  // namespace dvcsync::sync
