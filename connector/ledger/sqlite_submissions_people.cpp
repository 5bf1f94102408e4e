// What persons look at and do with submissions.
#include <fmt/format.h>

#include "connector/ledger/conditions.h"
#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {

Result<std::vector<Submission>> SqliteSubmissions::list(const SubmissionFilter& filter,
                                                        std::size_t max) {
    Conditions conditions = conditions_of(filter);
    conditions.values.emplace_back(static_cast<std::int64_t>(max));
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format("SELECT {} FROM submission s WHERE {} "
                                                      "ORDER BY s.changed DESC, s.id DESC LIMIT ?",
                                                      submission_columns, conditions.sql)));
    statement.bind_all(conditions.values);
    std::vector<Submission> all;
    DVC_TRY(statement.rows([&all](Statement& row) { all.push_back(submission_of(row)); }));
    return all;
}

Result<std::size_t> SqliteSubmissions::count(const SubmissionFilter& filter) {
    const Conditions conditions = conditions_of(filter);
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format("SELECT count(*) FROM submission s WHERE {}",
                                                      conditions.sql)));
    statement.bind_all(conditions.values);
    std::size_t count = 0;
    DVC_TRY(statement.rows([&count](const Statement& row) { count = row.count(0); }));
    return count;
}

Result<std::vector<Announced>> SqliteSubmissions::open_announcements(std::string_view code,
                                                                     std::size_t max) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("SELECT id, code, stamp, attempts, reason, announced, next_at "
                               "FROM announcement WHERE fetched IS NULL "
                               "AND (?1 = '' OR code = ?1) ORDER BY id DESC LIMIT ?2"));
    std::vector<Announced> all;
    DVC_TRY(statement.each(
        [&all](const Statement& row) {
            all.push_back({row.integer(0), row.text(1), row.text(2),
                           static_cast<int>(row.integer(3)), row.text(4), row.time(5),
                           row.time(6)});
        },
        code, static_cast<std::int64_t>(max)));
    return all;
}

Result<std::vector<HandedFile>> SqliteSubmissions::files(std::int64_t id) {
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT number, size, sha256, type, note "
                                          "FROM submission_file WHERE submission = ?1 "
                                          "ORDER BY number"));
    std::vector<HandedFile> files;
    DVC_TRY(statement.each(
        [&files](const Statement& row) {
            files.push_back({static_cast<int>(row.integer(0)), row.count(1), row.digest(2),
                             row.text(3), row.text(4)});
        },
        id));
    return files;
}

Result<std::vector<Act>> SqliteSubmissions::acts(std::int64_t id) {
    return ledger_.acts_where(
        "JOIN act_submission i ON i.act = a.id WHERE i.submission = ?1 "
        "ORDER BY i.act",
        id);
}

Result<std::string> SqliteSubmissions::sealed(std::int64_t id) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("SELECT sealed FROM submission_body WHERE submission = ?1"));
    statement.bind(id);
    DVC_TRY_ASSIGN(found, statement.step());
    if (!found) return fail(ErrorKind::Bug, fmt::format("there is no submission {}", id));
    return statement.text(0);
}

Status SqliteSubmissions::note(std::int64_t id, const Act& act, UtcTime now) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(facts, facts_of(id));
    DVC_TRY_ASSIGN(kept, ledger_.keep(act, 1, facts.code, now));
    DVC_TRY_ASSIGN(touch, db_.prepare("INSERT INTO act_submission (submission, act) "
                                      "VALUES (?1, ?2)"));
    DVC_TRY(touch.run(id, kept));
    return transaction.commit();
}

Result<std::size_t> SqliteSubmissions::retry(const SubmissionFilter& filter, bool release,
                                             const Act& act, UtcTime now) {
    constexpr std::string_view again =
        "stage = 0, next_at = ?1, changed = ?1, attempts = 0, "
        "reason = iif(reading = '', reason, ''){}";
    // The stage before: an UPDATE reads the old row. 1: waiting.
    constexpr std::string_view allowed =
        ", without_files = max(without_files, iif(stage = 1, 2, 1))";
    return act_on(filter, fmt::format(again, release ? allowed : ""), act, now);
}

Result<std::size_t> SqliteSubmissions::dismiss(const SubmissionFilter& filter, const Act& act,
                                               UtcTime now) {
    return act_on(filter, "stage = 4, changed = ?1", act, now);
}

Result<std::size_t> SqliteSubmissions::act_on(const SubmissionFilter& filter,
                                              std::string_view change, const Act& act,
                                              UtcTime now) {
    Conditions conditions = conditions_of(filter);
    conditions.add("s.stage IN (1, 2)", {});
    std::vector<std::int64_t> chosen;
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY_ASSIGN(
        find, db_.prepare(fmt::format("SELECT s.id FROM submission s WHERE {}", conditions.sql)));
    find.bind_all(conditions.values);
    DVC_TRY(find.rows([&chosen](const Statement& row) { chosen.push_back(row.integer(0)); }));
    if (chosen.empty()) return 0;
    DVC_TRY_ASSIGN(id, ledger_.keep(act, chosen.size(), filter.code, now));
    DVC_TRY_ASSIGN(apply,
                   db_.prepare(fmt::format("UPDATE submission SET {} WHERE id = ?2", change)));
    DVC_TRY_ASSIGN(touch, db_.prepare("INSERT INTO act_submission (submission, act) "
                                      "VALUES (?1, ?2)"));
    for (const std::int64_t one : chosen) {
        DVC_TRY(apply.run(now, one));
        DVC_TRY(touch.run(one, id));
    }
    DVC_TRY(transaction.commit());
    return chosen.size();
}

Result<SubmissionTally> SqliteSubmissions::tally() {
    SubmissionTally tally;
    DVC_TRY_ASSIGN(stages, db_.prepare("SELECT stage, count(*), sum(again) FROM submission "
                                       "GROUP BY stage"));
    std::size_t* const counts[] = {&tally.received, &tally.waiting, &tally.held, &tally.handed,
                                   &tally.dismissed};
    DVC_TRY(stages.each([&](Statement& row) {
        *counts[static_cast<std::size_t>(row.choice(0, Stage::Dismissed))] += row.count(1);
        tally.arrived += row.count(1);
        tally.duplicates += row.count(2);
    }));
    DVC_TRY_ASSIGN(announced,
                   db_.number("SELECT count(*) FROM announcement WHERE fetched IS NULL"));
    tally.announced = static_cast<std::size_t>(announced);
    DVC_TRY_ASSIGN(linked, db_.number("SELECT count(*) FROM link WHERE undone IS NULL"));
    tally.linked = static_cast<std::size_t>(linked);
    return tally;
}

}  // namespace dvcsync::ledger
