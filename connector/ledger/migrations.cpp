#include "connector/ledger/migrations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "connector/base/files.h"

namespace dvcsync::ledger {
namespace {

// Marks the file as ours for `file` and for ourselves: "dvcs".
constexpr std::int64_t application_id = 0x64766373;

// Never edit a migration that was released; add one. Numbers of states, causes and operations are
// those of the enumerations, checked in sqlite_ledger.cpp.
constexpr std::array migrations{
    // 1: the first schema.
    R"sql(
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agency (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest_head INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    wants INTEGER NOT NULL,
    fault TEXT,
    known INTEGER NOT NULL DEFAULT 0,
    steps_done INTEGER NOT NULL DEFAULT 0,
    steps_digest BLOB CHECK (length(steps_digest) = 32),
    taken_at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    agency TEXT NOT NULL,
    procedure TEXT NOT NULL,
    status TEXT NOT NULL,
    received INTEGER,
    due INTEGER,
    finished INTEGER,
    event INTEGER,
    online INTEGER NOT NULL,
    online_result INTEGER NOT NULL,
    apology INTEGER NOT NULL,
    inter_agency INTEGER NOT NULL,
    decision TEXT NOT NULL,
    action TEXT NOT NULL,
    decided INTEGER
) STRICT;
CREATE UNIQUE INDEX record_code ON record (kind, code);
CREATE INDEX record_digest ON record (digest_head);

CREATE TABLE body (
    record INTEGER PRIMARY KEY REFERENCES record,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE outbox (
    item INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES record,
    operation INTEGER NOT NULL CHECK (operation BETWEEN 0 AND 3),
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
    cause INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 3),
    version INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    delivered_at INTEGER,
    document BLOB CHECK (length(document) = 32),
    portal_code TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_record ON outbox (record, operation);
CREATE INDEX outbox_ready ON outbox (operation, next_at) WHERE state = 0;
CREATE INDEX outbox_sending ON outbox (operation) WHERE state = 1;
CREATE INDEX outbox_waiting ON outbox (operation, next_at) WHERE state = 2;
CREATE INDEX outbox_in_doubt ON outbox (operation, next_at) WHERE state = 3;

CREATE TABLE source (
    name TEXT PRIMARY KEY,
    position TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    outcome TEXT NOT NULL,
    summary TEXT NOT NULL
) STRICT;
)sql",
    // 2: a procedure can be named by several decisions of one year; the record keeps only its last,
    // so the year's figures need their history.
    R"sql(
CREATE TABLE publication (
    record INTEGER NOT NULL REFERENCES record,
    decision TEXT NOT NULL,
    action TEXT NOT NULL,
    decided INTEGER,
    PRIMARY KEY (record, decision)
) STRICT, WITHOUT ROWID;
INSERT INTO publication (record, decision, action, decided)
    SELECT id, decision, action, decided FROM record WHERE decision <> '';
ALTER TABLE record DROP COLUMN decision;
ALTER TABLE record DROP COLUMN action;
ALTER TABLE record DROP COLUMN decided;
)sql",
    // 3: what people and resyncs do, and who may write. outbox is written anew, because the range
    // of its states cannot be widened in place. What a procedure was delivered as was not kept: one
    // whose newest version is not delivered counts as published, so that abolishing it is noticed.
    R"sql(
ALTER TABLE record ADD COLUMN as_of INTEGER;

CREATE TABLE outbox_3 (
    item INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES record,
    operation INTEGER NOT NULL CHECK (operation BETWEEN 0 AND 3),
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6),
    cause INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 3),
    version INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    delivered_at INTEGER,
    document BLOB CHECK (length(document) = 32),
    portal_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    again INTEGER NOT NULL DEFAULT 0,
    sent_status TEXT,
    delivered_status TEXT
) STRICT;
INSERT INTO outbox_3
    SELECT o.item, o.record, o.operation, o.state, o.cause, o.version, o.attempts, o.next_at,
        o.queued_at, o.changed_at, o.delivered_at, o.document, o.portal_code, o.reason, 0,
        iif(o.operation = 0 AND o.state IN (1, 3), r.status, NULL),
        CASE WHEN o.operation <> 0 OR o.delivered_at IS NULL THEN NULL
            WHEN o.version = r.version OR r.status <> 'abolished' THEN r.status
            ELSE 'published' END
    FROM outbox o JOIN record r ON r.id = o.record ORDER BY o.item;
DROP TABLE outbox;
ALTER TABLE outbox_3 RENAME TO outbox;
CREATE UNIQUE INDEX outbox_record ON outbox (record, operation);
CREATE INDEX outbox_ready ON outbox (operation, next_at) WHERE state = 0;
CREATE INDEX outbox_sending ON outbox (operation) WHERE state = 1;
CREATE INDEX outbox_waiting ON outbox (operation, next_at) WHERE state = 2;
CREATE INDEX outbox_in_doubt ON outbox (operation, next_at) WHERE state = 3;

CREATE TABLE act (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    selection TEXT NOT NULL,
    at INTEGER NOT NULL,
    items INTEGER NOT NULL
) STRICT;

CREATE TABLE act_item (
    record INTEGER NOT NULL REFERENCES record,
    operation INTEGER NOT NULL,
    act INTEGER NOT NULL REFERENCES act,
    PRIMARY KEY (record, operation, act)
) STRICT, WITHOUT ROWID;

CREATE TABLE resync (
    id INTEGER PRIMARY KEY,
    act INTEGER NOT NULL REFERENCES act,
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    total INTEGER NOT NULL,
    handed INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    began INTEGER,
    changed INTEGER
) STRICT;

CREATE TABLE resync_record (
    record INTEGER PRIMARY KEY REFERENCES record,
    resync INTEGER NOT NULL REFERENCES resync
) STRICT;
CREATE INDEX resync_record_resync ON resync_record (resync);

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    host TEXT NOT NULL,
    process INTEGER NOT NULL,
    job TEXT NOT NULL,
    taken INTEGER NOT NULL,
    heartbeat INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
};

tl::unexpected<Error> config(const Database& database, std::string_view what) {
    return fail(ErrorKind::Config, fmt::format("ledger {}: {}", database.file().string(), what));
}

// VACUUM INTO leaves its file to the system's leisure; a backup must be there before the change is.
Status make_durable(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const bool ok = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (ok) return {};
    return tl::make_unexpected(file_error("write", file, reason));
}

Status back_up(Database& database, std::int64_t version) {
    auto copy = database.file();
    copy += fmt::format(".v{}.backup", version);
    auto draft = copy;
    draft += ".part";
    std::error_code ignored;
    std::filesystem::remove(draft, ignored);  // of a start that was cut off; VACUUM INTO wants none
    DVC_TRY_ASSIGN(statement, database.prepare("VACUUM INTO ?1"));
    DVC_TRY(statement.run(draft.string()));
    DVC_TRY(make_durable(draft));
    reach(Point::BackupWritten);
    std::error_code code;
    std::filesystem::permissions(draft, std::filesystem::perms::owner_read, code);
    if (!code) std::filesystem::rename(draft, copy, code);
    if (code) return tl::make_unexpected(file_error("write", copy, code.value()));
    DVC_TRY(sync_folder(copy.has_parent_path() ? copy.parent_path() : "."));
    reach(Point::BackupInPlace);
    return {};
}

Status create(Database& database, std::string_view key_id) {
    DVC_TRY_ASSIGN(tables, database.number("SELECT count(*) FROM sqlite_schema"));
    if (tables > 0)
        return config(database, "is the database of another program; choose another file");
    DVC_TRY(database.run(fmt::format("PRAGMA application_id = {}", application_id).c_str()));
    DVC_TRY(database.run(migrations[0]));
    DVC_TRY_ASSIGN(statement, database.prepare("INSERT INTO meta VALUES ('key_id', ?1)"));
    DVC_TRY(statement.run(key_id));
    return {};
}

Status apply(Database& database, std::int64_t from, std::string_view key_id) {
    for (std::int64_t step = from; step < newest_schema(); ++step) {
        if (step == 0) {
            DVC_TRY(create(database, key_id));
        } else {
            DVC_TRY(database.run(migrations[static_cast<std::size_t>(step)]));
        }
    }
    return database.run(fmt::format("PRAGMA user_version = {}", newest_schema()).c_str());
}

Status check_key(Database& database, std::string_view key_id) {
    DVC_TRY_ASSIGN(statement, database.prepare("SELECT value FROM meta WHERE name = 'key_id'"));
    DVC_TRY_ASSIGN(found, statement.step());
    if (found && statement.bytes(0) == key_id) return {};
    return config(database,
                  fmt::format("was made with key {}, but the configured key file holds key "
                              "{}; put the right key file in place",
                              found ? statement.bytes(0) : "(none)", key_id));
}

}  // namespace

int newest_schema() {
    return static_cast<int>(migrations.size());
}

Status migrate(Database& database, std::string_view key_id) {
    DVC_TRY_ASSIGN(version, database.number("PRAGMA user_version"));
    if (version > newest_schema())
        return config(database, fmt::format("has schema {}, this program knows up to {}; install "
                                            "the newer dvcsync that wrote it",
                                            version, newest_schema()));
    if (version > 0) {
        DVC_TRY_ASSIGN(mark, database.number("PRAGMA application_id"));
        if (mark != application_id)
            return config(database, "is the database of another program; choose another file");
        // Before anything is changed: with the wrong key a migrated ledger would help nobody.
        DVC_TRY(check_key(database, key_id));
    }
    if (version == newest_schema()) return {};
    if (version > 0) DVC_TRY(back_up(database, version));
    DVC_TRY_ASSIGN(transaction, Transaction::begin(database));
    // Another program may have been quicker between the look and the lock.
    DVC_TRY_ASSIGN(now, database.number("PRAGMA user_version"));
    if (now == version) DVC_TRY(apply(database, version, key_id));
    database.wrote(Point::MigrationWritten);
    DVC_TRY(transaction.commit());
    return check_key(database, key_id);
}

}  // namespace dvcsync::ledger
