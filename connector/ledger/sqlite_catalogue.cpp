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

Result<std::vector<Abolition>> SqliteLedger::abolitions() {
    DVC_TRY_ASSIGN(
        statement,
        db_.prepare("SELECT r.code, coalesce((SELECT p.decision FROM publication p "
                    "WHERE p.record = r.id AND p.action IN ('abolished', 'replaced') "
                    "ORDER BY p.decided DESC LIMIT 1), '') "
                    "FROM outbox o JOIN record r ON r.id = o.record "
                    "WHERE o.operation = 0 AND o.delivered_status NOT IN ('', 'abolished') "
                    "AND o.state < 4 AND r.fault IS NULL AND r.status = 'abolished' "
                    "ORDER BY r.code"));
    std::vector<Abolition> all;
    DVC_TRY(statement.each([&all](const Statement& row) {
        all.push_back({row.text(0), row.text(1)});
    }));
    return all;
}

}  // namespace dvcsync::ledger
