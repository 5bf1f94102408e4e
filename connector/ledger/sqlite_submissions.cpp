// Submissions come in: announced by the list, received over either road, each content once.
#include "connector/ledger/sqlite_submissions.h"

#include <fmt/format.h>

#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {

Submission submission_of(Statement& row) {
    Submission one;
    one.id = row.integer(0);
    one.code = row.text(1);
    one.revision = static_cast<int>(row.integer(2));
    one.reading = row.text(3);
    one.kind = row.text(4);
    one.road = row.choice(5, Road::Callback);
    one.stage = row.choice(6, Stage::Dismissed);
    one.without = row.choice(7, Without::Missing);
    one.procedure = row.text(8);
    one.agency = row.text(9);
    one.filed = row.maybe_time(10);
    one.arrived = row.time(11);
    one.changed = row.time(12);
    one.next_at = row.time(13);
    one.attempts = static_cast<int>(row.integer(14));
    one.again = static_cast<int>(row.integer(15));
    one.reason = row.text(16);
    one.place = row.text(17);
    one.digest = row.digest(18);
    one.behind = static_cast<int>(row.integer(19));
    return one;
}

Status SqliteSubmissions::prepare() {
    struct Line {
        Statement& statement;
        std::string_view sql;
    };
    const Line lines[] = {
        {last_stamp_, "SELECT max(stamp) FROM announcement WHERE code = ?1"},
        {is_known_, "SELECT 1 FROM submission WHERE code = ?1 LIMIT 1"},
        {announce_,
         "INSERT INTO announcement (code, stamp, announced, next_at) VALUES (?1, ?2, ?3, ?3)"},
        {open_announcements_,
         "SELECT next_at, id FROM announcement INDEXED BY announcement_open "
         "WHERE fetched IS NULL AND next_at > ?1 AND next_at <= ?2 "
         "ORDER BY next_at, id LIMIT ?3"},
        {announced_,
         "SELECT id, code, stamp, attempts, reason, announced, next_at FROM announcement "
         "WHERE id = ?1"},
        {postpone_,
         "UPDATE announcement SET attempts = attempts + 1, reason = ?2, next_at = ?3 "
         "WHERE id = ?1 AND fetched IS NULL"},
        {fetched_, "UPDATE announcement SET fetched = coalesce(fetched, ?2) WHERE id = ?1"},
        {find_content_,
         "SELECT id, revision FROM submission INDEXED BY submission_content "
         "WHERE code = ?1 AND digest = ?2 ORDER BY id DESC LIMIT 1"},
        {newest_state_,
         "SELECT kind, filed, arrived FROM submission INDEXED BY submission_revision "
         "WHERE code = ?1 AND revision > ?2 AND kind IN ('filing', 'supplement') "
         "AND NOT (road = 1 AND coalesce(filed < ?3, 0)) ORDER BY revision DESC LIMIT 1"},
        {count_again_, "UPDATE submission SET again = again + 1 WHERE id = ?1"},
        {last_revision_, "SELECT max(revision) FROM submission WHERE code = ?1"},
        {add_,
         "INSERT INTO submission (code, revision, digest, reading, kind, road, stage, procedure, "
         "agency, filed, arrived, changed, next_at, reason) "
         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?11, ?12)"},
        {renew_body_,
         "UPDATE submission_body SET sealed = ?2 WHERE submission = ?1 AND EXISTS (SELECT 1 FROM "
         "submission WHERE id = ?1 AND stage IN (?3, ?4, ?5))"},
        {hurry_, "UPDATE submission SET next_at = min(next_at, ?2) WHERE id = ?1 AND stage = ?3"},
        {add_body_, "INSERT INTO submission_body (submission, sealed) VALUES (?1, ?2)"},
        {portal_code_, "SELECT portal FROM link WHERE local = ?1 AND undone IS NULL"},
        {local_code_, "SELECT local FROM link WHERE portal = ?1 AND undone IS NULL"},
    };
    for (const Line& line : lines) {
        DVC_TRY_ASSIGN(statement, db_.prepare(line.sql));
        line.statement = std::move(statement);
    }
    return prepare_due();
}

Result<bool> SqliteSubmissions::is_news(const Announcement& row) {
    if (row.code.empty()) return fail(ErrorKind::Bug, "an announcement without a code");
    last_stamp_.bind(row.code);
    DVC_TRY_ASSIGN(found, last_stamp_.step());  // max() always gives a row
    const bool heard_of = found && !last_stamp_.is_null(0);
    const bool later = row.stamp > last_stamp_.bytes(0);  // an empty stamp never is
    last_stamp_.reset();
    if (heard_of || later) return later;
    return has_arrived(row.code).map([](bool arrived) { return !arrived; });
}

Result<std::size_t> SqliteSubmissions::announce(std::span<const Announcement> rows, UtcTime now) {
    std::size_t news = 0;
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    for (const Announcement& row : rows) {
        DVC_TRY_ASSIGN(is_new, is_news(row));
        if (!is_new) continue;
        DVC_TRY(announce_.run(row.code, row.stamp, now));
        ++news;
    }
    if (news > 0) db_.wrote(Point::AnnouncedWritten);
    DVC_TRY(transaction.commit());
    return news;
}

Result<std::vector<Announced>> SqliteSubmissions::announced(std::size_t max, UtcTime now) {
    DVC_TRY(ledger_.fence());
    Line line;
    DVC_TRY(add_waiting(open_announcements_, max, now, line));
    if (line.size() > max) line.resize(max);
    std::vector<Announced> all;
    for (const auto& [since, id] : line)
        DVC_TRY(announced_.each(
            [&all](const Statement& row) {
                all.push_back({row.integer(0), row.text(1), row.text(2),
                               static_cast<int>(row.integer(3)), row.text(4), row.time(5),
                               row.time(6)});
            },
            id));
    return all;
}

Status SqliteSubmissions::announcement_waits(std::int64_t id, std::string_view reason,
                                             UtcTime next_at) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(ledger_.fence());
    DVC_TRY(postpone_.run(id, stored_text(reason), next_at));
    if (db_.changes() != 1)
        return fail(ErrorKind::Bug, fmt::format("announcement {} is not open", id));
    return transaction.commit();
}

Result<Arrived> SqliteSubmissions::receive(const Arrival& arrival, UtcTime now,
                                           std::optional<std::int64_t> announcement) {
    if (arrival.code.empty()) return fail(ErrorKind::Bug, "a submission without a code");
    // The lock is taken before the look, so of two that come at once one finds the other's row.
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    bool raced = false;
    DVC_TRY_ASSIGN(before, seen_before(arrival, now, raced));
    Arrived arrived;
    if (before) {
        arrived = *before;
        DVC_TRY(count_again_.run(arrived.id));
        // The same content, but its links may be signed anew: those that came first end some day.
        DVC_TRY(renew_body_.run(arrived.id, Blob{arrival.sealed}, Stage::Received, Stage::Waiting,
                                Stage::Held));
        DVC_TRY(hurry_.run(arrived.id, now, Stage::Waiting));
    } else {
        DVC_TRY_ASSIGN(added, add(arrival, now));
        arrived = added;
    }
    if (announcement && !raced) {
        DVC_TRY(fetched_.run(*announcement, now));
        if (db_.changes() != 1)
            return fail(ErrorKind::Bug, fmt::format("there is no announcement {}", *announcement));
    }
    db_.wrote(Point::ArrivedWritten);
    if (ledger_.witness_ != nullptr) DVC_TRY(ledger_.witness_->arrived(arrival, arrived, now));
    DVC_TRY(transaction.commit());
    return arrived;
}

Result<std::optional<Arrived>> SqliteSubmissions::seen_before(const Arrival& arrival, UtcTime now,
                                                              bool& raced) {
    find_content_.bind(arrival.code, arrival.digest);
    DVC_TRY_ASSIGN(found, find_content_.step());
    std::optional<Arrived> before;
    if (found)
        before = {find_content_.integer(0), static_cast<int>(find_content_.integer(1)),
                  Novelty::Duplicate};
    find_content_.reset();
    if (!before) return before;
    DVC_TRY_ASSIGN(news, news_of(arrival, before->revision, now));
    if (news == News::Yes) before.reset();
    raced = news == News::Raced;
    return before;
}

// What the dossier was before it may be again; what has happened has happened once.
Result<SqliteSubmissions::News> SqliteSubmissions::news_of(const Arrival& arrival, int revision,
                                                           UtcTime now) {
    if (arrival.kind != "filing" && arrival.kind != "supplement") return News::No;
    // What callbacks have told since and was filed earlier came late itself.
    newest_state_.bind(arrival.code, revision, arrival.filed);
    DVC_TRY_ASSIGN(found, newest_state_.step());
    auto news = News::No;
    if (found) {
        const auto filed = newest_state_.maybe_time(1);
        const UtcTime arrived = newest_state_.time(2);
        const bool stamped_otherwise = filed && arrival.filed && *arrival.filed != *filed;
        const bool filed_before =
            arrival.kind == "filing" && newest_state_.bytes(0) == "supplement";
        if (arrival.asked)  // a clock that went back must not have it asked for without end
            news = *arrival.asked < arrived && arrived <= now ? News::Raced : News::Yes;
        else if (!stamped_otherwise && !filed_before)
            news = News::Yes;
    }
    newest_state_.reset();
    return news;
}

Result<Arrived> SqliteSubmissions::add(const Arrival& arrival, UtcTime now) {
    last_revision_.bind(arrival.code);
    DVC_TRY_ASSIGN(found, last_revision_.step());
    const int revision = 1 + static_cast<int>(found ? last_revision_.integer(0) : 0);
    last_revision_.reset();
    const std::string fault = stored_text(arrival.fault);
    DVC_TRY(add_.run(arrival.code, revision, arrival.digest, arrival.reading, arrival.kind,
                     arrival.road, fault.empty() ? Stage::Received : Stage::Held, arrival.procedure,
                     arrival.agency, arrival.filed, now, fault));
    const std::int64_t id = db_.last_id();
    DVC_TRY(add_body_.run(id, Blob{arrival.sealed}));
    return Arrived{id, revision, revision == 1 ? Novelty::First : Novelty::Revision};
}

}  // namespace dvcsync::ledger
