// Submissions are handed over to the province, or wait, or are held for a person.
#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

// No earlier revision is on its way or held: the province gets them in order. What nobody could
// read when it came has no place in that order: the portal was told so, and what it sends corrected
// must not wait behind it.
constexpr std::string_view nothing_before =
    "NOT EXISTS (SELECT 1 FROM submission e INDEXED BY submission_revision "
    "WHERE e.code = s.code AND e.revision < s.revision AND e.stage < 3 "
    "AND NOT (e.stage = 2 AND e.kind = 'unknown'))";

std::string in_line(std::string_view index, std::string_view condition) {
    return fmt::format(
        "SELECT s.next_at, s.id FROM submission s INDEXED BY {} WHERE {} AND {} "
        "ORDER BY s.next_at, s.id LIMIT ?{}",
        index, condition, nothing_before, index == "submission_received" ? 1 : 3);
}

}  // namespace

Status SqliteSubmissions::prepare_due() {
    struct Line {
        Statement& statement;
        std::string sql;
    };
    const Line lines[] = {
        {received_, in_line("submission_received", "s.stage = 0")},
        {waiting_,
         in_line("submission_waiting", "s.stage = 1 AND s.next_at > ?1 AND s.next_at <= ?2")},
        {next_waiting_,
         fmt::format("SELECT s.next_at FROM submission s INDEXED BY submission_waiting "
                     "WHERE s.stage = 1 AND {} ORDER BY s.next_at LIMIT 1",
                     nothing_before)},
        {next_announced_,
         "SELECT next_at FROM announcement INDEXED BY announcement_open "
         "WHERE fetched IS NULL ORDER BY next_at LIMIT 1"},
        {load_, fmt::format("SELECT {} FROM submission s WHERE s.id = ?1", submission_columns)},
        {stage_, "SELECT stage FROM submission WHERE id = ?1"},
        {waits_,
         "UPDATE submission SET stage = 1, attempts = attempts + 1, reason = ?2, next_at = ?3, "
         "changed = ?4 WHERE id = ?1"},
        {put_off_,
         "UPDATE submission SET stage = 1, reason = ?2, next_at = ?3, changed = ?4 WHERE id = ?1"},
        {holds_, "UPDATE submission SET stage = 2, reason = ?2, changed = ?3 WHERE id = ?1"},
        {handed_,
         "UPDATE submission SET stage = 3, place = ?2, reason = '', changed = ?3 WHERE id = ?1"},
        {add_file_,
         "INSERT INTO submission_file (submission, number, size, sha256, type, note) "
         "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
    };
    for (const Line& line : lines) {
        DVC_TRY_ASSIGN(statement, db_.prepare(line.sql));
        line.statement = std::move(statement);
    }
    return {};
}

Status SqliteSubmissions::add_waiting(Statement& statement, std::size_t max, UtcTime now,
                                      Line& line) {
    auto add = [&line](const Statement& row) { line.emplace_back(row.time(0), row.integer(1)); };
    // What was written before the clock went back comes at once: nothing waits that long.
    DVC_TRY(statement.each(add, now + limits::longest_wait, UtcTime::max(), max));
    return statement.each(add, UtcTime::min(), now, max);
}

Result<std::vector<Submission>> SqliteSubmissions::due(std::size_t max, UtcTime now) {
    DVC_TRY(ledger_.fence());
    Line line;
    DVC_TRY(add_waiting(waiting_, max, now, line));
    DVC_TRY(received_.each(
        [&line](const Statement& row) { line.emplace_back(row.time(0), row.integer(1)); }, max));
    std::sort(line.begin(), line.end());
    if (line.size() > max) line.resize(max);
    std::vector<Submission> all;
    all.reserve(line.size());
    for (const auto& [since, id] : line)
        DVC_TRY(load_.each([&all](Statement& row) { all.push_back(submission_of(row)); }, id));
    return all;
}

Result<bool> SqliteSubmissions::may(Move move, std::int64_t id) {
    stage_.bind(id);
    DVC_TRY_ASSIGN(found, stage_.step());
    if (!found) return fail(ErrorKind::Bug, fmt::format("there is no submission {}", id));
    const Stage stage = stage_.choice(0, Stage::Dismissed);
    DVC_TRY(stage_.damage());
    stage_.reset();
    if (stage == Stage::Received || stage == Stage::Waiting) return true;
    // A person was quicker. That the province has it is true all the same.
    if (stage == Stage::Dismissed) return move == Move::Handed;
    return fail(ErrorKind::Bug,
                fmt::format("submission {} cannot be moved while {}", id, to_string(stage)));
}

Status SqliteSubmissions::waits(std::int64_t id, std::string_view reason, UtcTime next_at,
                                UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY_ASSIGN(allowed, may(Move::Waits, id));
    if (!allowed) return {};
    DVC_TRY(waits_.run(id, stored_text(reason), next_at, now));
    DVC_TRY(tell_moved(id, "waiting", now));
    return transaction.commit();
}

Status SqliteSubmissions::put_off(std::int64_t id, std::string_view reason, UtcTime since,
                                  UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY_ASSIGN(allowed, may(Move::Waits, id));
    if (allowed) DVC_TRY(put_off_.run(id, stored_text(reason), since, now));
    return transaction.commit();
}

Status SqliteSubmissions::holds(std::int64_t id, std::string_view reason, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY_ASSIGN(allowed, may(Move::Holds, id));
    if (!allowed) return {};
    DVC_TRY(holds_.run(id, stored_text(reason), now));
    DVC_TRY(tell_moved(id, "held", now));
    return transaction.commit();
}

Status SqliteSubmissions::renumber(std::int64_t id, int revision, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY_ASSIGN(allowed, may(Move::Waits, id));
    if (!allowed) return {};
    DVC_TRY_ASSIGN(facts, facts_of(id));
    DVC_TRY_ASSIGN(last_handed, db_.prepare("SELECT coalesce(max(revision), 0) FROM submission "
                                            "WHERE code = ?1 AND stage = 3"));
    last_handed.bind(facts.code);
    DVC_TRY(last_handed.step());
    const std::int64_t to = std::max<std::int64_t>(revision, last_handed.integer(0) + 1);
    last_handed.reset();
    if (to <= facts.revision)
        return fail(ErrorKind::Bug, fmt::format("submission {} is revision {} already, not {}", id,
                                                facts.revision, revision));
    // The last one first: a number is taken by one row at any moment.
    std::vector<std::int64_t> moving;
    DVC_TRY_ASSIGN(find, db_.prepare("SELECT id FROM submission WHERE code = ?1 AND "
                                     "revision >= ?2 AND stage <> 3 ORDER BY revision DESC"));
    DVC_TRY(find.each([&moving](const Statement& row) { moving.push_back(row.integer(0)); },
                      facts.code, facts.revision));
    DVC_TRY_ASSIGN(move,
                   db_.prepare("UPDATE submission SET revision = revision + ?2 WHERE id = ?1"));
    for (const std::int64_t one : moving) {
        DVC_TRY(move.run(one, to - facts.revision));
        DVC_TRY(tell_moved(one, "renumbered", now));
    }
    return transaction.commit();
}

Status SqliteSubmissions::handed(std::int64_t id, std::string_view place,
                                 std::span<const HandedFile> files, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY_ASSIGN(allowed, may(Move::Handed, id));
    if (!allowed) return {};
    DVC_TRY(handed_.run(id, place, now));
    for (const HandedFile& file : files)
        DVC_TRY(add_file_.run(id, file.index, file.size, file.sha256, file.type,
                              stored_text(file.note)));
    db_.wrote(Point::HandedWritten);
    DVC_TRY(tell_moved(id, "handed", now));
    return transaction.commit();
}

Result<std::optional<UtcTime>> SqliteSubmissions::next_due() {
    std::optional<UtcTime> due;
    for (Statement* const next : {&next_waiting_, &next_announced_}) {
        next->bind();
        DVC_TRY_ASSIGN(found, next->step());
        if (found) due = std::min(due.value_or(UtcTime::max()), next->time(0));
        next->reset();
    }
    return due;
}

}  // namespace dvcsync::ledger
