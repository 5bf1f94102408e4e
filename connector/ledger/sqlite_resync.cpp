// Resyncs: a slice of records is written down once, then handed over to delivery chunk by chunk.
#include <fmt/format.h>

#include "connector/ledger/conditions.h"
#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

// The operation that carries the whole of record r; what follows from it is not repeated.
constexpr std::string_view home_operation =
    "CASE r.kind WHEN 'procedure' THEN 0 WHEN 'statistics' THEN 3 WHEN 'receipt' THEN 4 "
    "WHEN 'answer' THEN 5 ELSE 1 END";

// Whether the newest version of r can be read and is to be sent by that operation.
std::string is_wanted() {
    return fmt::format("(r.fault IS NULL AND (r.wants >> {}) & 1)", home_operation);
}

// Records that wait in a resync which is active or paused.
constexpr std::string_view in_other =
    "EXISTS (SELECT 1 FROM resync_record w WHERE w.record = r.id)";

enum class Fate { Sent, InOther, OnWay, Parked, Held };

// The fate of a record r whose item of the home operation is o, if it has one.
std::string fate() {
    return fmt::format(
        "CASE WHEN {} THEN 1 WHEN o.state IS NULL THEN 4 WHEN o.state < 4 THEN 2 "
        "WHEN o.state <> 5 THEN 3 WHEN {} THEN 0 ELSE 4 END",
        in_other, is_wanted());
}

constexpr std::size_t codes_named = 20;   // by a preview
constexpr std::size_t unknown_named = 5;  // by an error

}  // namespace

// Codes come one by one, everything else in one go.
Status SqliteLedger::choose(const Slice& slice) {
    DVC_TRY(
        db_.run("CREATE TEMP TABLE IF NOT EXISTS chosen (record INTEGER PRIMARY KEY); "
                "DELETE FROM temp.chosen"));
    Conditions conditions = conditions_of(slice);
    const std::string insert =
        "INSERT OR IGNORE INTO temp.chosen SELECT r.id FROM record r WHERE " + conditions.sql;
    if (slice.codes.empty()) {
        DVC_TRY_ASSIGN(all, db_.prepare(insert));
        all.bind_all(conditions.values);
        return all.step().map([](bool) {});
    }
    DVC_TRY(refuse_unknown(slice));
    DVC_TRY_ASSIGN(one, db_.prepare(insert + " AND r.code = ?"));
    conditions.values.emplace_back();
    for (const std::string& code : slice.codes) {
        conditions.values.back() = code;
        one.bind_all(conditions.values);
        DVC_TRY(one.step());
    }
    return {};
}

Status SqliteLedger::refuse_unknown(const Slice& slice) {
    std::size_t unknown = 0;
    std::string named;
    for (const std::string& code : slice.codes) {
        find_record_.bind(slice.kind, code);
        DVC_TRY_ASSIGN(found, find_record_.step());
        find_record_.reset();
        if (found) continue;
        if (++unknown <= unknown_named) named += (named.empty() ? "" : ", ") + stored_text(code);
    }
    if (unknown == 0) return {};
    return fail(
        ErrorKind::Config,
        fmt::format(
            "the ledger knows no {} {}{}: check the code{}, or wait until the "
            "province has exported {}",
            slice.kind, named,
            unknown > unknown_named ? fmt::format(" and {} more", unknown - unknown_named) : "",
            unknown > 1 ? "s" : "", unknown > 1 ? "them" : "it"));
}

Result<ResyncPreview> SqliteLedger::preview_resync(const Slice& slice) {
    DVC_TRY(choose(slice));
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format(
                                  "SELECT {} AS fate, r.code FROM temp.chosen c "
                                  "CROSS JOIN record r ON r.id = c.record LEFT JOIN outbox o "
                                  "ON o.record = r.id AND o.operation = {} ORDER BY c.record",
                                  fate(), home_operation)));
    ResyncPreview preview;
    DVC_TRY(statement.each([&preview](Statement& row) {
        ++preview.matching;
        switch (row.choice(0, Fate::Held)) {
            case Fate::Sent:
                if (preview.first_codes.size() < codes_named)
                    preview.first_codes.push_back(row.text(1));
                break;
            case Fate::InOther:
                ++preview.in_other;
                break;
            case Fate::OnWay:
                ++preview.on_way;
                break;
            case Fate::Parked:
                ++preview.parked;
                break;
            case Fate::Held:
                ++preview.held;
                break;
        }
    }));
    return preview;
}

Result<Resync> SqliteLedger::start_resync(const Slice& slice, const Act& act, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(choose(slice));
    DVC_TRY_ASSIGN(total, db_.number(fmt::format("SELECT count(*) FROM temp.chosen c "
                                                 "CROSS JOIN record r ON r.id = c.record "
                                                 "WHERE NOT {}",
                                                 in_other)));
    DVC_TRY_ASSIGN(kept, keep(act, static_cast<std::size_t>(total),
                              slice.codes.size() == 1 ? slice.codes.front() : "", now));
    DVC_TRY_ASSIGN(start, db_.prepare("INSERT INTO resync (act, state, total, handed, skipped) "
                                      "VALUES (?1, ?2, ?3, 0, 0)"));
    DVC_TRY(start.run(kept, total > 0 ? ResyncState::Active : ResyncState::Done, total));
    const std::int64_t id = db_.last_id();
    DVC_TRY_ASSIGN(fill, db_.prepare("INSERT INTO resync_record (record, resync) "
                                     "SELECT record, ?1 FROM temp.chosen WHERE true "
                                     "ON CONFLICT (record) DO NOTHING"));
    DVC_TRY(fill.run(id));
    DVC_TRY_ASSIGN(started, resync(id));
    db_.wrote(Point::ResyncStartedWritten);
    DVC_TRY(transaction.commit());
    return started;
}

Result<Resync> SqliteLedger::resync(std::int64_t id) {
    DVC_TRY_ASSIGN(all, resyncs_where("s.id = ?", id));
    if (!all.empty()) return std::move(all.front());
    return fail(ErrorKind::Config, fmt::format("there is no resync {}; dvcsync resync status lists "
                                               "those there are",
                                               id));
}

Result<std::vector<Resync>> SqliteLedger::resyncs(std::size_t max) {
    return resyncs_where("true ORDER BY s.id DESC LIMIT ?", static_cast<std::int64_t>(max));
}

Result<std::vector<Resync>> SqliteLedger::resyncs_where(std::string_view rest, std::int64_t value) {
    DVC_TRY_ASSIGN(on_way, db_.number("SELECT count(*) FROM outbox WHERE state < 4 AND again"));
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format(
                                  "SELECT s.id, a.actor, a.reason, a.selection, s.state, s.total, "
                                  "s.handed, s.skipped, a.at, s.began, s.changed "
                                  "FROM resync s JOIN act a ON a.id = s.act WHERE {}",
                                  rest)));
    std::vector<Resync> all;
    DVC_TRY(statement.each(
        [&](Statement& row) {
            all.push_back({row.integer(0), row.text(1), row.text(2), row.text(3),
                           row.choice(4, ResyncState::Done), row.count(5), row.count(6),
                           row.count(7), static_cast<std::size_t>(on_way), row.time(8),
                           row.maybe_time(9), row.maybe_time(10)});
        },
        value));
    return all;
}

Result<Resync> SqliteLedger::change_resync(std::int64_t id, ResyncState to, const Act& act,
                                           UtcTime now) {
    if (to == ResyncState::Done) return fail(ErrorKind::Bug, "a resync is done by itself only");
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(before, resync(id));
    const bool open = before.state == ResyncState::Active || before.state == ResyncState::Paused;
    if (!open || before.state == to)
        return fail(ErrorKind::Config, fmt::format("resync {} is {} already; nothing was changed",
                                                   id, to_string(before.state)));
    DVC_TRY(keep(act, before.total - before.handed - before.skipped, "", now));
    DVC_TRY_ASSIGN(change, db_.prepare("UPDATE resync SET state = ?2, changed = ?3 WHERE id = ?1"));
    DVC_TRY(change.run(id, to, now));
    if (to == ResyncState::Stopped) {
        DVC_TRY_ASSIGN(forget, db_.prepare("DELETE FROM resync_record WHERE resync = ?1"));
        DVC_TRY(forget.run(id));
    }
    DVC_TRY_ASSIGN(after, resync(id));
    db_.wrote(Point::ResyncChangedWritten);
    DVC_TRY(transaction.commit());
    return after;
}

Result<Fed> SqliteLedger::feed_resync(std::size_t max, UtcTime now) {
    Fed fed;
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(fence());
    DVC_TRY_ASSIGN(id, db_.number("SELECT min(id) FROM resync WHERE state = 0"));
    if (id == 0) return fed;  // rolls back: nothing is written

    struct Row {
        std::int64_t record;
        std::optional<std::int64_t> item;
        std::optional<State> state;
        Operation operation;
        bool wanted;
    };
    std::vector<Row> chunk;
    DVC_TRY_ASSIGN(next, db_.prepare(fmt::format(
                             "SELECT c.record, o.item, o.state, {0}, {1} FROM resync_record c "
                             "CROSS JOIN record r ON r.id = c.record "
                             "LEFT JOIN outbox o ON o.record = c.record AND o.operation = {0} "
                             "WHERE c.resync = ?1 ORDER BY c.record LIMIT ?2",
                             home_operation, is_wanted())));
    DVC_TRY(next.each(
        [&chunk](Statement& row) {
            Row one{row.integer(0), std::nullopt, std::nullopt, row.choice(3, last_operation),
                    row.integer(4) != 0};
            if (!row.is_null(1)) {
                one.item = row.integer(1);
                one.state = row.choice(2, State::Dismissed);
            }
            chunk.push_back(one);
        },
        id, max));
    for (const Row& row : chunk) {
        if (!row.wanted || transition(row.state, Event::Resent).action != Action::Again) continue;
        DVC_TRY(move(row.record, row.operation, row.item, row.state, Event::Resent, "", now));
        ++fed.handed;
    }
    fed.skipped = chunk.size() - fed.handed;
    if (!chunk.empty()) {
        DVC_TRY_ASSIGN(forget, db_.prepare("DELETE FROM resync_record WHERE resync = ?1 "
                                           "AND record <= ?2"));
        DVC_TRY(forget.run(id, chunk.back().record));
        DVC_TRY_ASSIGN(count, db_.prepare("UPDATE resync SET handed = handed + ?2, "
                                          "skipped = skipped + ?3, began = coalesce(began, ?4), "
                                          "changed = ?4, state = iif(handed + skipped + ?2 + ?3 "
                                          "= total, ?5, state) WHERE id = ?1"));
        DVC_TRY(count.run(id, fed.handed, fed.skipped, now, ResyncState::Done));
    }
    DVC_TRY_ASSIGN(left, db_.number("SELECT sum(total - handed - skipped) FROM resync "
                                    "WHERE state = 0"));
    fed.left = static_cast<std::size_t>(left);
    db_.wrote(Point::ResyncFedWritten);
    DVC_TRY(transaction.commit());
    return fed;
}

}  // namespace dvcsync::ledger
