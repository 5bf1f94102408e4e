-- Where dvcsync puts submissions from the portal, if [inbound] inbox = "postgres". Run once in the
-- province's database, and once more when `dvcsync check` asks for it: that changes nothing but what
-- an older table lacks; dvcsync needs no more than INSERT and SELECT on both tables:
--   GRANT SELECT, INSERT ON dvcsync_submission, dvcsync_submission_file TO dvcsync;
-- A row is there whole, with all its files, or not at all; (code, revision) is there once. The
-- province reads, marks and deletes as it likes, but keeps the rows of dvcsync_submission: they are
-- how dvcsync knows what has arrived already.

CREATE TABLE IF NOT EXISTS dvcsync_submission (
    code      text        NOT NULL,  -- the portal's dossier code
    revision  integer     NOT NULL,  -- 1, 2, …
    kind      text        NOT NULL,  -- filing, supplement, withdrawal, payment, notice
    xml       text        NOT NULL,  -- submission.xml, see mappings/README.md
    arrived   timestamptz NOT NULL DEFAULT now(),
    taken     timestamptz,           -- the province's own
    PRIMARY KEY (code, revision)
);

-- SHA-256 of what was filed; none: of a row that an older dvcsync has written. Other content under a
-- (code, revision) that is there becomes the next revision.
ALTER TABLE dvcsync_submission ADD COLUMN IF NOT EXISTS digest bytea;

-- A file is cut into parts of at most 1 MiB, to be put together in the order of `part`.
CREATE TABLE IF NOT EXISTS dvcsync_submission_file (
    code      text    NOT NULL,
    revision  integer NOT NULL,
    name      text    NOT NULL,      -- as the XML names it: files/01-don.pdf
    part      integer NOT NULL,      -- from 0; a file without bytes has one empty part
    size      bigint  NOT NULL,      -- of the whole file
    sha256    bytea   NOT NULL,      -- of the whole file
    content   bytea   NOT NULL,
    PRIMARY KEY (code, revision, name, part),
    FOREIGN KEY (code, revision) REFERENCES dvcsync_submission ON DELETE CASCADE
);
