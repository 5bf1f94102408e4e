// Items go out: claim, recover, and what moves them. What becomes of an item is decided in
// states.cpp alone.
#include <fmt/format.h>

#include <algorithm>

#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

// Held back: another item of the record is in flight, or an earlier operation is not delivered yet.
constexpr std::string_view nothing_before =
    "NOT EXISTS (SELECT 1 FROM outbox x WHERE x.record = o.record AND x.item <> o.item "
    "AND (x.state IN (1, 3) OR (x.operation < o.operation AND x.state <> 5)))";

// `version` and `from` are columns and tables, `rest` goes on from WHERE.
std::string items(std::string_view version, std::string_view from, std::string_view rest) {
    return fmt::format(
        "SELECT o.item, o.record, r.kind, r.code, {}, o.attempts, r.known, o.document, "
        "r.steps_done, r.steps_digest, b.sealed, o.state, o.next_at, o.again, o.operation, "
        "iif(o.doubted, o.sent, NULL), r.given "
        "FROM {} CROSS JOIN record r ON r.id = o.record "
        "CROSS JOIN body b ON b.record = o.record WHERE {}",
        version, from, rest);
}

std::string items_where(std::string_view condition, std::string_view version,
                        std::string_view index) {
    return items(
        version, fmt::format("outbox o INDEXED BY {}", index),
        fmt::format("o.operation = ?1 AND {} ORDER BY o.next_at, o.item LIMIT ?2", condition));
}

Claimed claimed(const Statement& row, Operation operation) {
    Claimed item;
    item.item = row.integer(0);
    item.record = row.integer(1);
    item.operation = operation;
    item.kind = row.text(2);
    item.code = row.text(3);
    item.version = row.integer(4);
    item.attempts = static_cast<int>(row.integer(5));
    item.known = row.integer(6) != 0;
    item.document = row.digest(7);
    item.steps_done = row.count(8);
    item.steps_digest = row.digest(9);
    item.sealed = row.text(10);
    item.again = row.integer(13) != 0;
    item.sent = row.text(15);
    item.given = row.text(16);
    return item;
}

}  // namespace

Status SqliteLedger::prepare_delivery() {
    struct Line {
        Statement& statement;
        std::string sql;
    };
    const Line lines[] = {
        {ready_, items_where(fmt::format("o.state = 0 AND {}", nothing_before), "r.version",
                             "outbox_ready")},
        {waiting_,
         items_where(fmt::format("o.state = 2 AND o.next_at <= ?3 AND {}", nothing_before),
                     "r.version", "outbox_waiting")},
        {in_doubt_, items_where("o.state = 3 AND o.next_at <= ?3", "o.version", "outbox_in_doubt")},
        {next_due_, fmt::format("SELECT o.next_at FROM outbox o INDEXED BY outbox_waiting "
                                "WHERE o.operation = ?1 AND o.state = 2 AND {} "
                                "ORDER BY o.next_at LIMIT 1",
                                nothing_before)},
        {next_doubt_,
         "SELECT next_at FROM outbox INDEXED BY outbox_in_doubt "
         "WHERE operation = ?1 AND state = 3 ORDER BY next_at LIMIT 1"},
        // Only a procedure's status is asked for afterwards, see catalogue_change().
        {hand_,
         "UPDATE outbox SET state = ?2, version = ?3, changed_at = ?4, sent_status = "
         "iif(operation = 0, (SELECT status FROM record WHERE id = outbox.record), NULL) "
         "WHERE item = ?1"},
        {about_to_send_, "UPDATE outbox SET sent = ?2 WHERE item = ?1 AND state = 1"},
        {certain_, "UPDATE outbox SET doubted = 0 WHERE item = ?1 AND doubted = 1"},
        {find_item_,
         "SELECT o.record, o.operation, o.state, o.version, r.version, r.wants, r.fault, r.known "
         "FROM outbox o JOIN record r ON r.id = o.record WHERE o.item = ?1"},
        {find_follower_,
         "SELECT item, state, portal_code FROM outbox WHERE record = ?1 AND operation = ?2"},
        {insert_,
         "INSERT INTO outbox (record, operation, state, cause, version, attempts, next_at, "
         "queued_at, changed_at, portal_code, reason) "
         "VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?5, ?5, '', ?6)"},
        {restart_,
         "UPDATE outbox SET next_at = iif(state = 0, next_at, ?3), state = ?2, cause = 0, "
         "attempts = 0, queued_at = ?3, changed_at = ?3, portal_code = '', reason = '', "
         "again = max(again, ?4) WHERE item = ?1"},
        {dismiss_, "UPDATE outbox SET state = ?2, changed_at = ?3, again = 0 WHERE item = ?1"},
        {park_,
         "UPDATE outbox SET state = ?2, cause = 1, attempts = 0, queued_at = ?3, "
         "changed_at = ?3, portal_code = '', reason = ?4 WHERE item = ?1"},
        {drop_delivered_,
         "UPDATE outbox SET state = 5, cause = 0, changed_at = ?2, again = 0, "
         "portal_code = '', reason = '' "
         "WHERE item = ?1 AND delivered_at IS NOT NULL"},
        {drop_, "DELETE FROM outbox WHERE item = ?1"},
        {write_,
         "UPDATE outbox SET state = ?2, cause = ?3, attempts = iif(?11, 0, attempts + ?4), "
         "next_at = ?5, "
         "changed_at = ?6, portal_code = ?7, reason = ?8, "
         "delivered_at = coalesce(?9, delivered_at), "
         // In doubt: the portal may hold another document by now than the one delivered last.
         "document = iif(?2 = 3, NULL, coalesce(?10, document)), "
         "doubted = iif(?2 = 3, 1, doubted), again = iif(?9 IS NULL, again, 0), "
         "delivered_status = iif(?9 IS NULL, delivered_status, sent_status) WHERE item = ?1"},
        {delivered_,
         "UPDATE outbox SET delivered_at = ?2, document = coalesce(?3, document), again = 0, "
         "delivered_status = sent_status WHERE item = ?1"},
        {learn_,
         "UPDATE record SET known = coalesce(?2, known), "
         "steps_done = coalesce(?3, steps_done), "
         "steps_digest = coalesce(?4, steps_digest), "
         "given = coalesce(?5, given) WHERE id = ?1"},
        {uploads_, "SELECT link, id, hash FROM upload WHERE record = ?1"},
        {uploaded_,
         "INSERT INTO upload (record, link, id, hash) VALUES (?1, ?2, ?3, ?4) "
         "ON CONFLICT (record, link) DO UPDATE SET id = excluded.id, hash = excluded.hash"},
        {no_uploads_, "DELETE FROM upload WHERE record = ?1"},
    };
    for (const Line& line : lines) {
        DVC_TRY_ASSIGN(statement, db_.prepare(line.sql));
        line.statement = std::move(statement);
    }
    return {};
}

Status SqliteLedger::move(std::int64_t record, Operation operation,
                          std::optional<std::int64_t> item, std::optional<Standing> standing,
                          Event event, std::string_view reason, UtcTime now) {
    const Cell cell = transition(standing, event);
    const std::string text = stored_text(reason);
    Status done;
    switch (cell.action) {
        case Action::Nothing:
            return {};
        case Action::Insert:
            done = insert_.run(record, operation, *cell.next,
                               event == Event::Faulty ? Cause::Intake : Cause::None, now, text);
            break;
        case Action::Restart:
            if (event == Event::Released) DVC_TRY(certain_.run(*item));
            done = restart_.run(*item, *cell.next, now, false);
            break;
        case Action::Again:
            done = restart_.run(*item, *cell.next, now, true);
            break;
        case Action::Dismiss:
            done = dismiss_.run(*item, *cell.next, now);
            break;
        case Action::Park:
            done = park_.run(*item, *cell.next, now, text);
            break;
        case Action::Drop:
            DVC_TRY(drop_delivered_.run(*item, now));
            if (db_.changes() == 0) done = drop_.run(*item);
            break;
        case Action::Hand:
        case Action::Suspect:
        case Action::Write:
        case Action::Forbid:
            return fail(ErrorKind::Bug,
                        fmt::format("item {} of record {}: {} cannot happen while {}",
                                    item.value_or(0), record, to_string(event),
                                    standing ? to_string(standing->state) : "absent"));
    }
    if (done) db_.wrote(written(event));
    return done;
}

Result<std::size_t> SqliteLedger::recover(UtcTime now) {
    std::size_t count = 0;
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(fence());
    DVC_TRY(tell_crashed(now));
    // A change in the future tells that the clock went back since: the wait that was meant starts
    // now, or it would last until the clock has caught up.
    for (const char* state : {"2", "3"}) {
        DVC_TRY_ASSIGN(
            shift, db_.prepare(fmt::format("UPDATE outbox SET next_at = next_at - changed_at + ?1, "
                                           "changed_at = ?1 WHERE state = {} AND changed_at > ?1",
                                           state)));
        DVC_TRY(shift.run(now));
    }
    DVC_TRY_ASSIGN(suspect, db_.prepare("UPDATE outbox SET state = ?2, attempts = attempts + 1, "
                                        "next_at = ?3, changed_at = ?3, document = NULL, "
                                        "doubted = 1 "
                                        "WHERE state = ?1"));
    for (const State state : {State::Ready, State::Sending, State::Waiting, State::InDoubt,
                              State::Parked, State::Delivered, State::Dismissed}) {
        const Cell cell = transition(state, Event::Crashed);
        if (cell.action != Action::Suspect) continue;
        DVC_TRY(suspect.run(state, *cell.next, now));
        count += static_cast<std::size_t>(db_.changes());
    }
    if (count > 0) db_.wrote(written(Event::Crashed));
    DVC_TRY(transaction.commit());
    return count;
}

Result<std::vector<Claimed>> SqliteLedger::claim(Operation operation, std::size_t max,
                                                 UtcTime now) {
    std::vector<Claimed> items;
    std::vector<State> states;
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(fence());
    // Two short index walks, merged by the instant from which an item could be claimed.
    auto merge = [&]() -> Status {
        ready_.bind(operation, max);
        waiting_.bind(operation, max, now);
        DVC_TRY_ASSIGN(ready, ready_.step());
        DVC_TRY_ASSIGN(waiting, waiting_.step());
        while (items.size() < max && (ready || waiting)) {
            const bool later = waiting && (!ready || waiting_.integer(12) < ready_.integer(12));
            Statement& source = later ? waiting_ : ready_;
            items.push_back(claimed(source, operation));
            states.push_back(source.choice(11, State::Dismissed));
            DVC_TRY_ASSIGN(more, source.step());
            (later ? waiting : ready) = more;
        }
        return {};
    };
    const Status merged = merge();
    ready_.reset();
    waiting_.reset();
    DVC_TRY(merged);
    if (items.empty()) return items;  // rolls back: a look that finds nothing writes nothing
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Cell cell = transition(states[i], Event::Claimed);
        if (cell.action != Action::Hand)
            return fail(ErrorKind::Bug, fmt::format("item {} cannot be claimed while {}",
                                                    items[i].item, to_string(states[i])));
        DVC_TRY(hand_.run(items[i].item, *cell.next, items[i].version, now));
    }
    db_.wrote(written(Event::Claimed));
    DVC_TRY(remember(items));
    DVC_TRY(add_uploads(items));
    DVC_TRY(transaction.commit());
    return items;
}

// Only what goes as one document names files.
Status SqliteLedger::add_uploads(std::vector<Claimed>& items) {
    for (Claimed& item : items) {
        if (item.operation != Operation::PushDossier && item.operation != Operation::PushProcedure)
            continue;
        DVC_TRY(uploads_.each(
            [&item](const Statement& row) {
                item.uploads.push_back({row.digest(0), row.text(1), row.text(2)});
            },
            item.record));
    }
    return {};
}

Result<std::vector<Claimed>> SqliteLedger::doubtful(Operation operation, std::size_t max,
                                                    UtcTime now) {
    DVC_TRY(fence());
    std::vector<Claimed> found;
    DVC_TRY(in_doubt_.each([&](const Statement& row) { found.push_back(claimed(row, operation)); },
                           operation, max, now));
    return found;
}

Result<std::vector<Claimed>> SqliteLedger::unreadable(std::int64_t after, std::size_t max) {
    DVC_TRY_ASSIGN(statement, db_.prepare(items("r.version", "outbox o",
                                                "o.item > ?1 AND o.state = ?2 AND o.cause = ?3 "
                                                "ORDER BY o.item LIMIT ?4")));
    std::vector<Claimed> found;
    DVC_TRY(statement.each(
        [&](Statement& row) { found.push_back(claimed(row, row.choice(14, last_operation))); },
        after, State::Parked, Cause::Intake, max));
    return found;
}

Result<std::vector<Awaiting>> SqliteLedger::awaiting(std::int64_t after, std::size_t max) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("SELECT r.id, r.kind, r.code, r.origin, r.as_of, b.sealed "
                               "FROM awaiting a CROSS JOIN record r ON r.id = a.record "
                               "CROSS JOIN body b ON b.record = a.record WHERE a.record > ?1 "
                               "AND (a.due = 1 OR EXISTS (SELECT 1 FROM submission s "
                               "WHERE s.code = a.portal)) ORDER BY a.record LIMIT ?2"));
    std::vector<Awaiting> found;
    DVC_TRY(statement.each(
        [&found](Statement& row) {
            found.push_back({row.integer(0), row.text(1), row.text(2), row.text(3),
                             row.maybe_time(4), row.text(5)});
        },
        after, max));
    return found;
}

Status SqliteLedger::about_to_send(std::int64_t item, std::string_view rows) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(fence());
    DVC_TRY(about_to_send_.run(item, Blob{rows}));
    if (db_.changes() != 1)
        return fail(ErrorKind::Bug, fmt::format("item {} is not claimed", item));
    return transaction.commit();
}

Result<std::optional<UtcTime>> SqliteLedger::next_due(Operation operation) {
    std::optional<UtcTime> due;
    for (Statement* const next : {&next_due_, &next_doubt_}) {
        next->bind(operation);
        DVC_TRY_ASSIGN(found, next->step());
        if (found) due = std::min(due.value_or(UtcTime::max()), next->time(0));
        next->reset();
    }
    return due;
}

Result<std::size_t> SqliteLedger::release_parked(Cause cause, UtcTime now) {
    if (cause != Cause::Mapping && cause != Cause::Portal)
        return fail(ErrorKind::Bug, "only what the mapping or the portal refused can be released");
    std::vector<std::int64_t> items;
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(parked, db_.prepare("SELECT item FROM outbox WHERE state = ?1 AND cause = ?2"));
    DVC_TRY(parked.each([&items](const Statement& row) { items.push_back(row.integer(0)); },
                        State::Parked, cause));
    const Cell cell = transition(State::Parked, Event::Released);
    for (const std::int64_t item : items)
        DVC_TRY(restart_.run(item, *cell.next, now, false));
    if (!items.empty()) db_.wrote(written(Event::Released));
    DVC_TRY(transaction.commit());
    return items.size();
}

}  // namespace dvcsync::ledger
