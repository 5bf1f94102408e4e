// What intake asks of the records that are held: where one comes from, and which procedures the
// portal shows.
#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {

Result<std::optional<Provenance>> SqliteLedger::provenance(std::string_view kind,
                                                           std::string_view code) {
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT origin, as_of, taken_at FROM record "
                                          "WHERE kind = ?1 AND code = ?2"));
    std::optional<Provenance> found;
    DVC_TRY(statement.each(
        [&found](const Statement& row) {
            found = Provenance{row.text(0), row.maybe_time(1), row.time(2)};
        },
        kind, code));
    return found;
}

Result<std::vector<std::string>> SqliteLedger::published_procedures() {
    DVC_TRY_ASSIGN(
        statement,
        db_.prepare("SELECT r.code FROM outbox o JOIN record r ON r.id = o.record "
                    "WHERE o.operation = 0 AND o.delivered_status NOT IN ('', 'abolished') "
                    "AND NOT (r.fault IS NULL AND r.status = 'abolished') ORDER BY r.code"));
    std::vector<std::string> codes;
    DVC_TRY(statement.each([&codes](const Statement& row) { codes.push_back(row.text(0)); }));
    return codes;
}

}  // namespace dvcsync::ledger
