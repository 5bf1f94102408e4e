// Transactions, and the points of base/points.h that are passed inside and after them.
#include <utility>

#include "connector/ledger/sqlite_edge.h"

namespace dvcsync::ledger {

void Database::wrote(Point written) {
    if (!points_are_watched()) return;
    if (in_transaction()) {
        written_.set(static_cast<std::size_t>(written));
        reach(written);
    } else {
        reach(durable(written));
    }
}

void Database::committed(bool durable) {
    if (on_end) on_end(durable);
    if (written_.none()) return;
    const auto points = std::exchange(written_, {});
    for (std::size_t i = 0; durable && i < points.size(); ++i)
        if (points.test(i)) reach(dvcsync::durable(static_cast<Point>(i)));
}

Result<Transaction> Transaction::begin(Database& database) {
    // IMMEDIATE: a lock held elsewhere is met here, before anything is done, and not in the middle.
    if (database.in_transaction()) return Transaction(nullptr);
    DVC_TRY(database.run("BEGIN IMMEDIATE"));
    return Transaction(&database);
}

Transaction::~Transaction() {
    // A full disk makes SQLite roll back by itself; then there is nothing left to undo.
    if (database_ == nullptr) return;
    if (database_->in_transaction()) (void)database_->run("ROLLBACK");
    database_->committed(false);
}

Status Transaction::commit() {
    if (database_ == nullptr) return {};
    DVC_TRY(database_->run("COMMIT"));
    std::exchange(database_, nullptr)->committed(true);
    return {};
}

}  // namespace dvcsync::ledger
