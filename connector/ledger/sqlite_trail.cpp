// The trail: logs, entries, seals, and bodies kept as evidence.
#include "connector/ledger/sqlite_trail.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "connector/base/limits.h"

namespace dvcsync::ledger {
namespace {

TrailLog log_of(const Statement& row) {
    return {row.integer(0), row.text(1), row.time(2), row.maybe_time(3)};
}

SealRow seal_of(const Statement& row) {
    return {row.integer(0), row.integer(1), row.text(2), row.text(3), row.text(4), row.time(5)};
}

constexpr std::string_view seal_columns = "log, size, note, frontier, timestamp, at";

// Hands rows over until one is not wanted; false: one was not.
template <class RowOf, class Take>
Result<bool> hand_over(Statement& statement, RowOf&& row_of, Take&& take) {
    for (;;) {
        DVC_TRY_ASSIGN(found, statement.step());
        if (!found) return true;
        DVC_TRY_ASSIGN(more, take(row_of(statement)));
        if (!more) return false;
    }
}

}  // namespace

Status SqliteTrail::prepare() {
    struct Line {
        Statement& statement;
        std::string_view sql;
    };
    const Line lines[] = {
        {current_,
         "SELECT log, name, opened, closed FROM trail_log "
         "WHERE log = (SELECT max(log) FROM trail_log)"},
        {end_, "SELECT sequence, at FROM trail WHERE log = ?1 ORDER BY sequence DESC LIMIT 1"},
        // The log is open, and the entry before it is there and not younger. That there is none of
        // this sequence yet is the primary key's to say. Not one statement with the next: SQLite
        // would carry every entry through a temporary table.
        {follows_,
         "SELECT closed IS NULL AND (?2 = 0 OR ifnull((SELECT p.at FROM trail p "
         "WHERE p.log = ?1 AND p.sequence = ?2 - 1) <= ?3, 0)) FROM trail_log WHERE log = ?1"},
        {append_, "INSERT INTO trail (log, sequence, at, code, entry) VALUES (?1, ?2, ?3, ?4, ?5)"},
        {at_of_, "SELECT at FROM trail WHERE log = ?1 AND sequence = ?2"},
    };
    for (const Line& line : lines) {
        DVC_TRY_ASSIGN(statement, db_.prepare(line.sql));
        line.statement = std::move(statement);
    }
    return {};
}

Result<TrailLog> SqliteTrail::current(UtcTime now, const std::vector<std::string>& taken) {
    current_.bind();
    DVC_TRY_ASSIGN(found, current_.step());
    if (found) {
        TrailLog log = log_of(current_);
        current_.reset();
        if (!log.closed) return log;
    }
    return open(now, taken);
}

Result<TrailLog> SqliteTrail::open(UtcTime now, const std::vector<std::string>& taken) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    // Another process may have been quicker between the look and the lock.
    current_.bind();
    DVC_TRY_ASSIGN(found, current_.step());
    if (found && current_.is_null(3)) {
        TrailLog log = log_of(current_);
        current_.reset();
        return log;
    }
    current_.reset();
    const std::string year =
        fmt::format("{:04}", static_cast<int>(date_of(to_vietnam(now)).year()));
    DVC_TRY_ASSIGN(all, logs());
    std::string name = year;
    const auto used = [&] {
        return std::find(taken.begin(), taken.end(), name) != taken.end() ||
               std::any_of(all.begin(), all.end(),
                           [&](const TrailLog& one) { return one.name == name; });
    };
    for (int number = 2; used(); ++number)
        name = fmt::format("{}-{}", year, number);
    DVC_TRY_ASSIGN(add, db_.prepare("INSERT INTO trail_log (name, opened) VALUES (?1, ?2)"));
    DVC_TRY(add.run(name, now));
    const std::int64_t log = db_.last_id();
    DVC_TRY(transaction.commit());
    return TrailLog{log, name, now, std::nullopt};
}

Result<std::vector<TrailLog>> SqliteTrail::logs() {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("SELECT log, name, opened, closed FROM trail_log ORDER BY log"));
    std::vector<TrailLog> all;
    DVC_TRY(statement.each([&all](const Statement& row) { all.push_back(log_of(row)); }));
    return all;
}

Status SqliteTrail::close(std::int64_t log, UtcTime now) {
    DVC_TRY_ASSIGN(statement, db_.prepare("UPDATE trail_log SET closed = ?2 "
                                          "WHERE log = ?1 AND closed IS NULL"));
    DVC_TRY(statement.run(log, now));
    if (db_.changes() != 1)
        return fail(ErrorKind::Bug, fmt::format("log {} of the trail is not open", log));
    return {};
}

Result<TrailEnd> SqliteTrail::end(std::int64_t log) {
    end_.bind(log);
    DVC_TRY_ASSIGN(found, end_.step());
    TrailEnd end;
    if (found) end = {end_.integer(0) + 1, end_.time(1)};
    end_.reset();
    return end;
}

Status SqliteTrail::append(std::int64_t log, std::int64_t sequence, UtcTime at,
                           std::string_view code, std::string_view entry) {
    if (entry.empty() || entry.size() > limits::max_entry)
        return fail(ErrorKind::Bug,
                    fmt::format("an entry of the trail has {} bytes, 1 to {} are allowed",
                                entry.size(), limits::max_entry));
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    follows_.bind(log, sequence, at);
    DVC_TRY_ASSIGN(found, follows_.step());
    const bool follows = found && follows_.integer(0) != 0;
    follows_.reset();
    if (!follows)
        return fail(ErrorKind::Bug,
                    fmt::format("entry {} does not follow the last one of log {} of the trail",
                                sequence, log));
    DVC_TRY(append_.run(log, sequence, at, code, Blob{entry}));
    return transaction.commit();
}

Result<std::int64_t> SqliteTrail::first_not_before(std::int64_t log, std::int64_t low,
                                                   std::int64_t high, UtcTime at) {
    // Time never goes back inside a log, so instants need no index.
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        at_of_.bind(log, middle);
        DVC_TRY_ASSIGN(found, at_of_.step());
        const bool before = found && at_of_.time(0) < at;
        at_of_.reset();
        if (!found)
            return fail(ErrorKind::Corrupt,
                        fmt::format("ledger {}: the trail lacks entry {} of log {}",
                                    db_.file().string(), middle, log));
        (before ? low : high) = before ? middle + 1 : middle;
    }
    return low;
}

Result<bool> SqliteTrail::walk_log(std::int64_t log, const TrailFilter& filter,
                                   const std::function<Result<bool>(const TrailRow&)>& take) {
    std::int64_t from = std::max<std::int64_t>(filter.from, 0);
    std::int64_t until = filter.until.value_or(std::numeric_limits<std::int64_t>::max());
    if (filter.at_from || filter.at_until) {
        DVC_TRY_ASSIGN(end, this->end(log));
        until = std::min(until, end.size);
        if (filter.at_from) {
            DVC_TRY_ASSIGN(first, first_not_before(log, from, until, *filter.at_from));
            from = first;
        }
        if (filter.at_until) {
            DVC_TRY_ASSIGN(first, first_not_before(log, from, until, *filter.at_until));
            until = first;
        }
    }
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format(
                                  "SELECT sequence, at, code, entry FROM trail WHERE log = ?1 AND "
                                  "sequence >= ?2 AND sequence < ?3{} ORDER BY sequence",
                                  filter.code.empty() ? "" : " AND code = ?4")));
    if (filter.code.empty()) {
        statement.bind(log, from, until);
    } else {
        statement.bind(log, from, until, filter.code);
    }
    TrailRow row;  // one for all, so that most rows need no memory of their own
    row.log = log;
    auto row_of = [&row](const Statement& found) -> const TrailRow& {
        row.sequence = found.integer(0);
        row.at = found.time(1);
        row.code.assign(found.bytes(2));
        row.entry.assign(found.bytes(3));
        return row;
    };
    return hand_over(statement, row_of, take);
}

Status SqliteTrail::walk(const TrailFilter& filter,
                         const std::function<Result<bool>(const TrailRow&)>& take) {
    DVC_TRY_ASSIGN(all, logs());
    for (const TrailLog& log : all) {
        if (filter.log && *filter.log != log.log) continue;
        DVC_TRY_ASSIGN(more, walk_log(log.log, filter, take));
        if (!more) break;
    }
    return {};
}

Status SqliteTrail::seal(const SealRow& seal) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("INSERT INTO trail_seal (log, size, note, frontier, timestamp, at) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                               "ON CONFLICT (log, size) DO UPDATE SET timestamp = ?5 "
                               "WHERE note = ?3 AND length(timestamp) = 0"));
    DVC_TRY(statement.run(seal.log, seal.size, seal.note, Blob{seal.frontier}, Blob{seal.timestamp},
                          seal.at));
    if (db_.changes() == 1) return {};
    return fail(ErrorKind::Bug,
                fmt::format("log {} of the trail has a checkpoint of size {} already", seal.log,
                            seal.size));
}

Result<std::optional<SealRow>> SqliteTrail::last_seal(std::int64_t log) {
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format("SELECT {} FROM trail_seal WHERE log = ?1 "
                                                      "ORDER BY size DESC LIMIT 1",
                                                      seal_columns)));
    std::optional<SealRow> last;
    DVC_TRY(statement.each([&last](const Statement& row) { last = seal_of(row); }, log));
    return last;
}

Status SqliteTrail::walk_seals(std::int64_t log,
                               const std::function<Result<bool>(const SealRow&)>& take) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare(fmt::format("SELECT {} FROM trail_seal WHERE log = ?1 ORDER BY size",
                                           seal_columns)));
    statement.bind(log);
    return hand_over(statement, seal_of, take).map([](bool) {});
}

Status SqliteTrail::keep_body(std::int64_t log, std::int64_t sequence, bool sent,
                              std::string_view sealed, UtcTime now) {
    DVC_TRY_ASSIGN(statement,
                   db_.prepare("INSERT INTO trail_body (log, sequence, sent, kept, sealed) "
                               "VALUES (?1, ?2, ?3, ?4, ?5)"));
    return statement.run(log, sequence, sent, now, Blob{sealed});
}

Result<std::optional<std::string>> SqliteTrail::body(std::int64_t log, std::int64_t sequence,
                                                     bool sent) {
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT sealed FROM trail_body WHERE log = ?1 AND "
                                          "sequence = ?2 AND sent = ?3"));
    std::optional<std::string> sealed;
    DVC_TRY(statement.each([&sealed](const Statement& row) { sealed = row.text(0); }, log, sequence,
                           sent));
    return sealed;
}

template <class... Values>
Result<std::size_t> SqliteTrail::erase(std::string_view sql, const Values&... values) {
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(db_.run("PRAGMA secure_delete = ON"));
    DVC_TRY_ASSIGN(statement, db_.prepare(sql));
    const Status done = statement.run(values...);
    const auto erased = static_cast<std::size_t>(db_.changes());
    DVC_TRY(db_.run("PRAGMA secure_delete = OFF"));
    DVC_TRY(done);
    DVC_TRY(transaction.commit());
    return erased;
}

Result<std::size_t> SqliteTrail::erase_bodies(UtcTime before) {
    return erase("DELETE FROM trail_body WHERE kept < ?1", before);
}

Result<std::size_t> SqliteTrail::erase_bodies(std::int64_t log, std::int64_t sequence) {
    return erase("DELETE FROM trail_body WHERE log = ?1 AND sequence = ?2", log, sequence);
}

}  // namespace dvcsync::ledger
