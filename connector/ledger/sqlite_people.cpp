// What persons look at and do: lists by filters, retry and dismiss, and the acts that are kept.
#include <fmt/format.h>

#include "connector/ledger/conditions.h"
#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

// `o` first: the record of an item is found by its number.
constexpr std::string_view items_and_records = "FROM outbox o JOIN record r ON r.id = o.record";

ItemDetails details_of(Statement& row) {
    ItemDetails details;
    details.row = {row.integer(0),
                   row.choice(1, last_operation),
                   row.choice(2, State::Dismissed),
                   row.choice(3, Cause::Portal),
                   row.text(4),
                   row.text(5),
                   row.text(6),
                   row.text(7),
                   row.text(8),
                   row.text(9),
                   static_cast<int>(row.integer(10)),
                   row.time(11),
                   row.time(12),
                   row.time(13)};
    details.procedure = row.text(14);
    details.status = row.text(15);
    details.received = row.maybe_time(16);
    details.delivered_at = row.maybe_time(17);
    details.version = row.integer(18);
    details.known = row.integer(19) != 0;
    details.steps_done = row.count(20);
    details.given = row.text(22);
    details.files_uploaded = row.count(23);
    return details;
}

template <class OnItem>
Status each_item(Database& database, const Filter& filter, std::size_t max, OnItem&& on_item) {
    Conditions conditions = conditions_of(filter);
    conditions.values.emplace_back(static_cast<std::int64_t>(max));
    DVC_TRY_ASSIGN(
        statement,
        database.prepare(fmt::format(
            "SELECT o.item, o.operation, o.state, o.cause, r.kind, r.code, r.agency, r.origin, "
            "o.portal_code, o.reason, o.attempts, o.queued_at, o.changed_at, o.next_at, "
            "r.procedure, r.status, r.received, o.delivered_at, r.version, r.known, r.steps_done, "
            "r.id, r.given, (SELECT count(*) FROM upload u WHERE u.record = r.id) "
            "{} WHERE {} ORDER BY o.changed_at DESC, o.item DESC LIMIT ?",
            items_and_records, conditions.sql)));
    statement.bind_all(conditions.values);
    return statement.rows(on_item);
}

constexpr std::string_view acts_and =
    "SELECT a.id, a.actor, a.what, a.reason, a.selection, a.at, a.items FROM act a {}";

Act act_of(const Statement& row) {
    return {row.integer(0), row.text(1), row.text(2), row.text(3),
            row.text(4),    row.time(5), row.count(6)};
}

}  // namespace

Result<std::vector<ItemRow>> SqliteLedger::list(const Filter& filter, std::size_t max) {
    std::vector<ItemRow> rows;
    DVC_TRY(each_item(db_, filter, max,
                      [&rows](Statement& row) { rows.push_back(details_of(row).row); }));
    return rows;
}

Result<std::size_t> SqliteLedger::count(const Filter& filter) {
    const Conditions conditions = conditions_of(filter);
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format("SELECT count(*) {} WHERE {}",
                                                      items_and_records, conditions.sql)));
    std::size_t count = 0;
    statement.bind_all(conditions.values);
    DVC_TRY(statement.rows([&count](const Statement& row) { count = row.count(0); }));
    return count;
}

Result<std::vector<ItemDetails>> SqliteLedger::details(const Filter& filter, std::size_t max) {
    std::vector<ItemDetails> all;
    std::vector<std::int64_t> records;
    DVC_TRY(each_item(db_, filter, max, [&](Statement& row) {
        all.push_back(details_of(row));
        records.push_back(row.integer(21));
    }));
    DVC_TRY_ASSIGN(
        acts, db_.prepare(fmt::format(acts_and,
                                      "JOIN act_item i ON i.act = a.id "
                                      "WHERE i.record = ?1 AND i.operation = ?2 ORDER BY i.act")));
    for (std::size_t i = 0; i < all.size(); ++i)
        DVC_TRY(acts.each([&](const Statement& row) { all[i].acts.push_back(act_of(row)); },
                          records[i], all[i].row.operation));
    return all;
}

Result<std::size_t> SqliteLedger::retry_parked(const Filter& filter, const Act& act, UtcTime now) {
    return act_on_parked(filter, act, Event::Released, now);
}

Result<std::size_t> SqliteLedger::dismiss_parked(const Filter& filter, const Act& act,
                                                 UtcTime now) {
    return act_on_parked(filter, act, Event::Dismissed, now);
}

Result<std::size_t> SqliteLedger::act_on_parked(Filter filter, const Act& act, Event event,
                                                UtcTime now) {
    if (filter.state.value_or(State::Parked) != State::Parked) return 0;
    filter.state = State::Parked;
    Conditions conditions = conditions_of(filter);
    // What could not be read does not become readable by being tried again.
    if (event == Event::Released) conditions.add("o.cause <> ?", {std::int64_t{1}});
    struct Parked {
        std::int64_t item;
        std::int64_t record;
        Operation operation;
    };
    std::vector<Parked> chosen;
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(find, db_.prepare(fmt::format("SELECT o.item, o.record, o.operation {} WHERE {}",
                                                 items_and_records, conditions.sql)));
    find.bind_all(conditions.values);
    DVC_TRY(find.rows([&chosen](Statement& row) {
        chosen.push_back({row.integer(0), row.integer(1), row.choice(2, last_operation)});
    }));
    if (chosen.empty()) return 0;
    DVC_TRY_ASSIGN(id, keep(act, chosen.size(), filter.code, now));
    DVC_TRY_ASSIGN(link, db_.prepare("INSERT INTO act_item (record, operation, act) "
                                     "VALUES (?1, ?2, ?3)"));
    for (const Parked& one : chosen) {
        DVC_TRY(move(one.record, one.operation, one.item, State::Parked, event, "", now));
        DVC_TRY(link.run(one.record, one.operation, id));
    }
    DVC_TRY(transaction.commit());
    return chosen.size();
}

Result<std::int64_t> SqliteLedger::keep(const Act& act, std::size_t items, std::string_view code,
                                        UtcTime now) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("INSERT INTO act (actor, what, reason, selection, at, items) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    const std::string reason = stored_text(act.reason);
    const std::string selection = stored_text(act.selection);
    DVC_TRY(statement.run(act.actor, act.what, reason, selection, now, items));
    const std::int64_t id = db_.last_id();
    db_.wrote(Point::ActWritten);
    if (witness_ == nullptr) return id;
    Act told = act;
    told.id = id;
    told.items = items;
    DVC_TRY(witness_->acted(told, code, now));
    return id;
}

Status SqliteLedger::note(const Act& act, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(keep(act, act.items, "", now));
    return transaction.commit();
}

Result<std::vector<Act>> SqliteLedger::acts(std::size_t max) {
    return acts_where("ORDER BY a.id DESC LIMIT ?1", static_cast<std::int64_t>(max));
}

Result<std::vector<Act>> SqliteLedger::acts_where(std::string_view rest, std::int64_t value) {
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format(acts_and, rest)));
    std::vector<Act> all;
    DVC_TRY(statement.each([&all](const Statement& row) { all.push_back(act_of(row)); }, value));
    return all;
}

}  // namespace dvcsync::ledger
