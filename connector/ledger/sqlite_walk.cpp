// Walks through the records of a slice with their payloads, for whoever compares them.
#include <fmt/format.h>

#include "connector/ledger/conditions.h"
#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

Held held_of(Statement& row) {
    Held held;
    held.record = row.integer(0);
    held.code = row.text(1);
    held.agency = row.text(2);
    held.received = row.maybe_time(3);
    held.version = row.integer(4);
    held.known = row.integer(5) != 0;
    held.wanted = row.integer(6) != 0;
    if (!row.is_null(7)) held.state = row.choice(7, State::Dismissed);
    held.sealed = row.text(8);
    return held;
}

}  // namespace

Result<std::vector<Held>> SqliteLedger::walk(const Slice& slice, bool undated, std::int64_t after,
                                             std::size_t max) {
    Conditions conditions = conditions_of(slice);
    conditions.add("r.id > ?", {after});
    if (undated) conditions.add("r.received IS NULL", {});
    if (!slice.codes.empty()) {
        std::string marks = "r.code IN (?";
        for (std::size_t i = 1; i < slice.codes.size(); ++i)
            marks += ",?";
        conditions.add(marks + ")", {slice.codes.begin(), slice.codes.end()});
    }
    conditions.values.emplace_back(static_cast<std::int64_t>(max));
    // The item of the lowest operation is the record's own; what follows from it comes later.
    DVC_TRY_ASSIGN(
        statement,
        db_.prepare(fmt::format("SELECT r.id, r.code, r.agency, r.received, r.version, r.known, "
                                "r.wants <> 0, (SELECT o.state FROM outbox o WHERE o.record = r.id "
                                "ORDER BY o.operation LIMIT 1), b.sealed "
                                "FROM record r JOIN body b ON b.record = r.id WHERE {} "
                                "ORDER BY r.id LIMIT ?",
                                conditions.sql)));
    statement.bind_all(conditions.values);
    std::vector<Held> records;
    DVC_TRY(statement.rows([&records](Statement& row) { records.push_back(held_of(row)); }));
    return records;
}

}  // namespace dvcsync::ledger
