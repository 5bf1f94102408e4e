#include <array>

#include "connector/ledger/migrations.h"

namespace dvcsync::ledger {
namespace {

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
    // 4: what citizens file on the portal. outbox is written anew, because the range of its
    // operations cannot be widened in place.
    R"sql(
CREATE TABLE outbox_4 (
    item INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES record,
    operation INTEGER NOT NULL CHECK (operation BETWEEN 0 AND 5),
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
INSERT INTO outbox_4 SELECT * FROM outbox ORDER BY item;
DROP TABLE outbox;
ALTER TABLE outbox_4 RENAME TO outbox;
CREATE UNIQUE INDEX outbox_record ON outbox (record, operation);
CREATE INDEX outbox_ready ON outbox (operation, next_at) WHERE state = 0;
CREATE INDEX outbox_sending ON outbox (operation) WHERE state = 1;
CREATE INDEX outbox_waiting ON outbox (operation, next_at) WHERE state = 2;
CREATE INDEX outbox_in_doubt ON outbox (operation, next_at) WHERE state = 3;

CREATE TABLE announcement (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    stamp TEXT NOT NULL,
    announced INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    fetched INTEGER
) STRICT;
CREATE UNIQUE INDEX announcement_code ON announcement (code, stamp);
CREATE INDEX announcement_open ON announcement (next_at) WHERE fetched IS NULL;

CREATE TABLE submission (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision > 0),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    reading TEXT NOT NULL,
    kind TEXT NOT NULL,
    road INTEGER NOT NULL CHECK (road BETWEEN 0 AND 1),
    stage INTEGER NOT NULL CHECK (stage BETWEEN 0 AND 4),
    without_files INTEGER NOT NULL DEFAULT 0,
    procedure TEXT NOT NULL,
    agency TEXT NOT NULL,
    filed INTEGER,
    arrived INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    again INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL,
    place TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX submission_content ON submission (code, digest);
CREATE UNIQUE INDEX submission_revision ON submission (code, revision);
CREATE INDEX submission_received ON submission (next_at) WHERE stage = 0;
CREATE INDEX submission_waiting ON submission (next_at) WHERE stage = 1;

CREATE TABLE submission_body (
    submission INTEGER PRIMARY KEY REFERENCES submission,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE submission_file (
    submission INTEGER NOT NULL REFERENCES submission,
    number INTEGER NOT NULL CHECK (number > 0),
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    type TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (submission, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE act_submission (
    submission INTEGER NOT NULL REFERENCES submission,
    act INTEGER NOT NULL REFERENCES act,
    PRIMARY KEY (submission, act)
) STRICT, WITHOUT ROWID;

CREATE TABLE link (
    portal TEXT PRIMARY KEY,
    local TEXT NOT NULL,
    linked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX link_local ON link (local);
)sql",
    // 5: the same content may be a later revision again; links can be undone, and none is kept with
    // a code that has not arrived. Records that told of such a one are looked at again.
    R"sql(
DROP INDEX submission_content;
CREATE INDEX submission_content ON submission (code, digest);

CREATE TABLE link_5 (
    portal TEXT NOT NULL,
    local TEXT NOT NULL,
    linked INTEGER NOT NULL,
    undone INTEGER,
    PRIMARY KEY (portal, local)
) STRICT, WITHOUT ROWID;
CREATE TABLE awaiting (
    record INTEGER PRIMARY KEY REFERENCES record,
    portal TEXT NOT NULL,
    due INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO awaiting
SELECT r.id, l.portal, 1 FROM link l JOIN record r ON r.kind = 'dossier' AND r.code = l.local
WHERE NOT EXISTS (SELECT 1 FROM submission s WHERE s.code = l.portal)
UNION ALL
SELECT r.id, l.portal, 1 FROM link l JOIN record r ON r.kind = 'answer' AND r.code = l.portal
WHERE NOT EXISTS (SELECT 1 FROM submission s WHERE s.code = l.portal);
INSERT INTO link_5 SELECT portal, local, linked, NULL FROM link l
WHERE EXISTS (SELECT 1 FROM submission s WHERE s.code = l.portal);
DROP TABLE link;
ALTER TABLE link_5 RENAME TO link;
CREATE UNIQUE INDEX link_portal ON link (portal) WHERE undone IS NULL;
CREATE UNIQUE INDEX link_local ON link (local) WHERE undone IS NULL;

ALTER TABLE outbox ADD COLUMN sent BLOB;
ALTER TABLE outbox ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
)sql",
    // 6: the trail.
    R"sql(
CREATE TABLE trail_log (
    log INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    opened INTEGER NOT NULL,
    closed INTEGER
) STRICT;

CREATE TABLE trail (
    log INTEGER NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    at INTEGER NOT NULL,
    code TEXT NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (log, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE trail_seal (
    log INTEGER NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    frontier BLOB NOT NULL,
    timestamp BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (log, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE trail_body (
    log INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    sent INTEGER NOT NULL CHECK (sent BETWEEN 0 AND 1),
    kept INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (log, sequence, sent)
) STRICT;
CREATE INDEX trail_body_kept ON trail_body (kept);
)sql",

    // 7: codes that the portal gives to dossiers.
    R"sql(
ALTER TABLE record ADD COLUMN given TEXT CHECK (given <> '');
)sql",

    // 8: files that the portal has taken.
    R"sql(
CREATE TABLE upload (
    record INTEGER NOT NULL REFERENCES record (id),
    link BLOB NOT NULL CHECK (length(link) = 32),
    id TEXT NOT NULL CHECK (id <> ''),
    hash TEXT NOT NULL,
    PRIMARY KEY (record, link)
) STRICT, WITHOUT ROWID;
)sql",
};

}  // namespace

std::span<const char* const> migration_scripts() {
    return migrations;
}

}  // namespace dvcsync::ledger
