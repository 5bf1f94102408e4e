#include "connector/ledger/sqlite_ledger.h"

#include <fmt/format.h>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/ledger/migrations.h"

namespace dvcsync::ledger {
namespace {

// The schema stores these numbers, so they may never change.
static_assert(static_cast<int>(State::Ready) == 0 && static_cast<int>(State::Sending) == 1 &&
              static_cast<int>(State::Waiting) == 2 && static_cast<int>(State::InDoubt) == 3 &&
              static_cast<int>(State::Parked) == 4 && static_cast<int>(State::Delivered) == 5 &&
              static_cast<int>(State::Dismissed) == 6);
static_assert(static_cast<int>(ResyncState::Active) == 0 &&
              static_cast<int>(ResyncState::Paused) == 1 &&
              static_cast<int>(ResyncState::Stopped) == 2 &&
              static_cast<int>(ResyncState::Done) == 3);
static_assert(static_cast<int>(Cause::None) == 0 && static_cast<int>(Cause::Intake) == 1 &&
              static_cast<int>(Cause::Mapping) == 2 && static_cast<int>(Cause::Portal) == 3);
static_assert(static_cast<int>(Operation::PushProcedure) == 0 &&
              static_cast<int>(Operation::PushDossier) == 1 &&
              static_cast<int>(Operation::PushProgress) == 2 &&
              static_cast<int>(Operation::PushStatistics) == 3 &&
              static_cast<int>(Operation::ConfirmSubmission) == 4 &&
              static_cast<int>(Operation::PushStatus) == 5);

static_assert(static_cast<int>(Road::Poll) == 0 && static_cast<int>(Road::Callback) == 1);
static_assert(static_cast<int>(Stage::Received) == 0 && static_cast<int>(Stage::Waiting) == 1 &&
              static_cast<int>(Stage::Held) == 2 && static_cast<int>(Stage::Handed) == 3 &&
              static_cast<int>(Stage::Dismissed) == 4);

constexpr Millis patience{10'000};  // a report over a full year takes far less

// page_size only has an effect on a new file. FULL: what was settled survives a power cut. The log
// is folded into the file every 64 MB: seldom enough for speed, small enough to keep beside it.
constexpr const char* pragmas = R"sql(
PRAGMA page_size = 16384;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 67108864;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -32768;
)sql";

// A log that a run has left behind may hold what the disk has refused to keep: after a failed sync
// the system still shows it to every reader, but a power cut takes it away, together with all that
// was added behind it since. So it is written once more, into the file, before anything is added.
// Waits for nobody: while a run is active, its log is not a leftover.
constexpr const char* settle_log = "PRAGMA wal_checkpoint(PASSIVE)";

}  // namespace

Result<std::unique_ptr<Ledger>> open_sqlite(const std::filesystem::path& file,
                                            std::string_view key_id) {
    return SqliteLedger::open(file, key_id);
}

Result<std::unique_ptr<Ledger>> SqliteLedger::open(const std::filesystem::path& file,
                                                   std::string_view key_id) {
    DVC_TRY_ASSIGN(database, Database::open(file, patience));
    DVC_TRY(database.run(pragmas));
    DVC_TRY(database.run(settle_log));
    DVC_TRY(migrate(database, key_id));
    std::unique_ptr<SqliteLedger> ledger(new SqliteLedger(std::move(database)));
    DVC_TRY(ledger->prepare());
    return ledger;
}

Status SqliteLedger::prepare() {
    DVC_TRY(prepare_intake());
    DVC_TRY(prepare_delivery());
    DVC_TRY(submissions_.prepare());
    DVC_TRY(trail_.prepare());
    DVC_TRY_ASSIGN(facts, db_.prepare("SELECT o.operation, r.kind, r.code, r.agency, r.procedure, "
                                      "r.digest, r.event, o.queued_at FROM outbox o "
                                      "JOIN record r ON r.id = o.record WHERE o.item = ?1"));
    facts_ = std::move(facts);
    return prepare_lease();
}

std::string stored_text(std::string_view text) {
    return text.empty() ? std::string() : excerpt(text, limits::max_message);
}

Result<std::int64_t> SqliteLedger::begin_run(std::string_view job, UtcTime now) {
    DVC_TRY_ASSIGN(statement, db_.prepare("INSERT INTO run (job, started, outcome, summary) "
                                          "VALUES (?1, ?2, '', '')"));
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(statement.run(job, now));
    const std::int64_t id = db_.last_id();
    if (witness_ != nullptr) DVC_TRY(witness_->run_began(id, job, now));
    DVC_TRY(transaction.commit());
    reach(Point::RunBegun);
    return id;
}

Status SqliteLedger::end_run(std::int64_t run, std::string_view outcome, std::string_view summary,
                             UtcTime now) {
    DVC_TRY_ASSIGN(statement, db_.prepare("UPDATE run SET ended = ?2, outcome = ?3, summary = ?4 "
                                          "WHERE id = ?1"));
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(statement.run(run, now, outcome, summary));
    if (db_.changes() != 1) return fail(ErrorKind::Bug, fmt::format("there is no run {}", run));
    if (witness_ != nullptr) DVC_TRY(witness_->run_ended(run, outcome, now));
    DVC_TRY(transaction.commit());
    reach(Point::RunEnded);
    return {};
}

Result<std::vector<Run>> SqliteLedger::last_runs(std::size_t max) {
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT id, job, started, ended, outcome, summary "
                                          "FROM run ORDER BY id DESC LIMIT ?1"));
    std::vector<Run> runs;
    DVC_TRY(statement.each(
        [&runs](const Statement& row) {
            runs.push_back({row.integer(0), row.text(1), row.time(2), row.maybe_time(3),
                            row.text(4), row.text(5)});
        },
        max));
    return runs;
}

Status SqliteLedger::together(const std::function<Status()>& work) {
    auto all = [&]() -> Status {
        DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
        DVC_TRY(work());
        return transaction.commit();
    };
    auto done = all();
    if (!done) agencies_.clear();  // what was rolled back is not there
    return done;
}

Result<int> SqliteLedger::schema_version() {
    return db_.number("PRAGMA user_version").map([](std::int64_t version) {
        return static_cast<int>(version);
    });
}

Status SqliteLedger::verify() {
    std::string words;
    DVC_TRY_ASSIGN(check, db_.prepare("PRAGMA quick_check(10)"));
    DVC_TRY(check.each([&words](const Statement& row) {
        if (row.bytes(0) != "ok") words += row.text(0) + "; ";
    }));
    DVC_TRY_ASSIGN(orphans, db_.number("SELECT count(*) FROM pragma_foreign_key_check"));
    if (orphans > 0) words += fmt::format("{} rows without their record; ", orphans);
    DVC_TRY_ASSIGN(bare, db_.number("SELECT count(*) FROM record r WHERE NOT EXISTS "
                                    "(SELECT 1 FROM body b WHERE b.record = r.id)"));
    if (bare > 0) words += fmt::format("{} records without a payload; ", bare);
    DVC_TRY_ASSIGN(empty,
                   db_.number("SELECT count(*) FROM submission s WHERE NOT EXISTS "
                              "(SELECT 1 FROM submission_body b WHERE b.submission = s.id)"));
    if (empty > 0) words += fmt::format("{} submissions without a payload; ", empty);
    DVC_TRY_ASSIGN(gaps, db_.number("SELECT count(*) FROM (SELECT count(*) AS entries, "
                                    "max(sequence) AS last FROM trail GROUP BY log) "
                                    "WHERE entries <> last + 1"));
    if (gaps > 0) words += fmt::format("{} logs of the trail with gaps; ", gaps);
    if (words.empty()) return {};
    return fail(ErrorKind::Corrupt,
                fmt::format("ledger {} is damaged; stop, keep a copy, restore it from a backup: {}",
                            db_.file().string(), words));
}

}  // namespace dvcsync::ledger
