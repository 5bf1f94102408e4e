// One run at a time: the lease, and the fence that stops a run which has lost it.
#include <fmt/format.h>

#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

// A heartbeat that lies further ahead than the lease lasts was written before the clock went back;
// without this rule it would keep everybody out until the clock has caught up.
bool has_expired(const Lease& held, UtcTime now) {
    return held.expires <= now || held.heartbeat - now > held.expires - held.heartbeat;
}

}  // namespace

Status SqliteLedger::prepare_lease() {
    DVC_TRY_ASSIGN(fence, db_.prepare("SELECT 1 FROM lease WHERE name = ?1 AND owner = ?2"));
    fence_ = std::move(fence);
    return {};
}

Status SqliteLedger::fence() {
    if (owner_.empty()) return {};
    fence_.bind(lease_, owner_);
    DVC_TRY_ASSIGN(ours, fence_.step());
    fence_.reset();
    if (ours) return {};
    return fail(ErrorKind::Retry,
                fmt::format("ledger {}: another run has taken over (dvcsync status tells which); "
                            "this one has stopped writing",
                            db_.file().string()));
}

Result<std::optional<Lease>> SqliteLedger::lease(std::string_view name) {
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT owner, host, process, job, taken, heartbeat, "
                                          "expires, name FROM lease WHERE name = ?1"));
    std::optional<Lease> held;
    DVC_TRY(statement.each(
        [&held](const Statement& row) {
            held = {row.text(0), row.text(1), row.integer(2), row.text(3),
                    row.time(4), row.time(5), row.time(6),    row.text(7)};
        },
        name));
    return held;
}

Result<std::optional<Lease>> SqliteLedger::acquire(const Lease& wanted, bool owner_is_gone,
                                                   UtcTime now) {
    if (wanted.owner.empty() || wanted.name.empty() || wanted.expires <= now)
        return fail(ErrorKind::Bug, "a lease needs an owner and a name, and must last");
    if (!owner_.empty() && wanted.name != lease_)
        return fail(ErrorKind::Bug,
                    fmt::format("lease {} is held; it must be released before lease {} is taken",
                                lease_, wanted.name));
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(held, lease(wanted.name));
    const bool free = !held || held->owner == wanted.owner || has_expired(*held, now) ||
                      (owner_is_gone && held->host == wanted.host);
    if (!free) return held;
    DVC_TRY_ASSIGN(take, db_.prepare("INSERT OR REPLACE INTO lease (name, owner, host, process, "
                                     "job, taken, heartbeat, expires) "
                                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)"));
    DVC_TRY(take.run(wanted.name, wanted.owner, wanted.host, wanted.process, wanted.job, now,
                     wanted.expires));
    const bool taken_over = held && held->owner != wanted.owner;
    db_.wrote(taken_over ? Point::LeaseTakenOverWritten : Point::LeaseAcquiredWritten);
    DVC_TRY(transaction.commit());
    owner_ = wanted.owner;
    lease_ = wanted.name;
    return std::nullopt;
}

Status SqliteLedger::renew(UtcTime now, UtcTime expires) {
    if (owner_.empty()) return fail(ErrorKind::Bug, "there is no lease to renew");
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(fence());
    DVC_TRY_ASSIGN(renew, db_.prepare("UPDATE lease SET heartbeat = ?1, expires = ?2 "
                                      "WHERE name = ?3"));
    DVC_TRY(renew.run(now, expires, lease_));
    db_.wrote(Point::LeaseRenewedWritten);
    return transaction.commit();
}

Status SqliteLedger::release() {
    if (owner_.empty()) return {};
    DVC_TRY_ASSIGN(statement, db_.prepare("DELETE FROM lease WHERE name = ?1 AND owner = ?2"));
    DVC_TRY(statement.run(lease_, owner_));
    reach(Point::LeaseReleased);
    owner_.clear();
    return {};
}

}  // namespace dvcsync::ledger
