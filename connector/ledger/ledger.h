// The durable memory: what the province said, what must go out, what became of it.
//
// Ledger is the interface; open_sqlite gives the SQLite implementation (WAL, synchronous=FULL). One
// owner thread at a time. Every function that changes something is one transaction: after an error
// nothing was changed, with one exception: if the disk fails to sync the commit itself, the whole
// transaction may or may not be there when the ledger is opened again (never a part of it).
// Payloads come and go sealed (Sealer): the ledger never sees personal data in the clear. Errors:
// Retry = the disk is full or failed, or the database is locked by another program; Config = the
// file cannot be written or belongs to something else; Corrupt = the file is not what was written;
// Bug = a rule of this interface was broken. states.h holds the delivery states as one table;
// schema.md describes the tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/base/operation.h"
#include "connector/base/time.h"
#include "connector/ledger/control.h"

namespace dvcsync::ledger {

// The columns that reports, filters and statistics need.
struct Facts {
    std::string kind;  // "dossier", "procedure", "statistics", "receipt", "answer"
    std::string code;
    std::string agency;
    std::string agency_name;
    std::string procedure;
    std::string status;
    std::optional<UtcTime> received;
    std::optional<UtcTime> due;  // by regulation
    std::optional<UtcTime> finished;
    std::optional<UtcTime> event;  // latest event inside the record (local event time)
    bool online = false;
    bool online_result = false;
    bool apology = false;
    bool inter_agency = false;
    std::string decision;
    std::string action;
    std::optional<UtcTime> decided;
};

// A record as it came in.
struct Intake {
    Facts facts;
    Digest digest{};               // of the record's bytes as the province wrote them
    std::string sealed;            // payload
    std::string origin;            // "dossiers-2019-03-01.xml:4711"
    std::vector<Operation> queue;  // items to make ready; empty: keep, but do not send
    std::string fault;             // not empty: park it at once for this reason (cause Intake)
                                   // under queue[0]; facts may hold no more than kind and code
    std::optional<UtcTime> as_of;  // when the export that holds it was made; nullopt: not told
    // The codes of one dossier at the portal and here, where the record tells them. take() leaves
    // them alone: whoever takes links them (Submissions::link).
    std::string portal_code{};
    std::string local_code{};
    // The portal's code that it names and that is not linked with it: looked at again once that has
    // arrived, see Ledger::awaiting(). "": none.
    std::string awaits{};
    // What it depends on may have changed: taken although its content is current, if that makes a
    // difference.
    bool revisit = false;
};

// A record whose place depends on a link that was not made, or was undone.
struct Awaiting {
    std::int64_t record = 0;
    std::string kind;
    std::string code;
    std::string origin;
    std::optional<UtcTime> as_of;
    std::string sealed;
};

// Of a record's newest version.
struct Provenance {
    std::string origin;
    std::optional<UtcTime> as_of;  // as in Intake
    UtcTime taken_at{};
};

// What is_current() finds.
struct Current {
    bool found = false;
    std::optional<UtcTime> as_of;  // the latest export that is known to hold this version
    explicit operator bool() const { return found; }
};

struct Taken {
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t unchanged = 0;
    std::size_t outdated = 0;  // left alone: the ledger holds a version of a later export
    std::size_t parked = 0;    // of added + changed
};

// A file of a record that the portal has taken, before what names it goes out.
struct Upload {
    Digest link{};     // SHA-256 of the file's link, which may hold personal data
    std::string id;    // what the portal calls it
    std::string hash;  // "": it tells none
};

// An outbox item in hand. version is the record's version at the time of the claim; sealed is the
// newest payload, which for an item in doubt may be a later one.
struct Claimed {
    std::int64_t item = 0;
    std::int64_t record = 0;
    Operation operation{};
    std::string kind;
    std::string code;
    std::int64_t version = 0;
    int attempts = 0;            // before this one
    bool known = false;          // the portal has accepted this record before: send as update
    Digest document{};           // of the document delivered last for this operation; zero: none
    std::size_t steps_done = 0;  // progress rows delivered
    Digest steps_digest{};       // over the delivered rows, in order; zero: none
    bool again = false;          // a resync: send it although nothing has changed
    std::string sent;            // a doubt about it is not settled: what about_to_send() was told
    std::string sealed;
    std::string given{};            // the code that the portal gave the record; "": none yet
    std::vector<Upload> uploads{};  // of what goes as one document; the latest of each link
};

// What becomes of a claimed item.
struct Settlement {
    std::int64_t item = 0;
    // As claimed. If the record moved on meanwhile, the item becomes Ready again (in doubt it
    // stays, until it was asked for), and only what was learnt is kept.
    std::int64_t version = 0;
    State state{};              // Ready, Waiting, InDoubt, Parked or Delivered
    UtcTime next_at{};          // Waiting, InDoubt: not before this instant
    Cause cause = Cause::None;  // Parked
    std::string code;           // the portal's code
    std::string reason;         // for people
    // What was learnt about the record. One that the portal knows no more it has lost with its
    // files: the ledger forgets them.
    std::optional<bool> known;
    std::optional<Digest> document;  // Delivered: digest of what was accepted
    std::optional<std::size_t> steps_done;
    std::optional<Digest> steps_digest;
    std::optional<std::string> given{};  // the code that the portal gave it
    std::optional<Upload> uploaded{};    // a file of it that the portal took
    // Delivered: make this operation of the same record ready. Left out if the record moved on: the
    // newer version brings its own.
    std::optional<Operation> then;
    bool called = true;  // false: no call (unchanged document), so no attempt is counted
    // For the witness; the ledger does not keep them.
    std::uint64_t exchange = 0;   // that decided it (portal::Exchange::id); 0: none
    std::optional<Digest> tried;  // of the document in hand, whatever became of it
    bool created = false;         // Ready: it was accepted as new, and its state goes next
};

// A record as the ledger holds it now, to be compared with what the portal holds.
struct Held {
    std::int64_t record = 0;
    std::string code;
    std::string agency;
    std::optional<UtcTime> received;
    std::int64_t version = 0;
    bool known = false;          // the portal has accepted this record before
    bool wanted = false;         // false: the province does not want it sent
    std::optional<State> state;  // of its first operation's item (of a dossier: the dossier itself,
                                 // not its progress); nullopt: it has none, nothing was ever sent
    std::string sealed;          // the newest version
};

struct ItemRow {  // for lists
    std::int64_t item = 0;
    Operation operation{};
    State state{};
    Cause cause{};
    std::string kind;
    std::string code;
    std::string agency;
    std::string origin;
    std::string portal_code;
    std::string reason;
    int attempts = 0;
    UtcTime queued_at{};
    UtcTime changed_at{};
    UtcTime next_at{};
};

// An item as a person looks at it.
struct ItemDetails {
    ItemRow row;
    std::string procedure;
    std::string status;
    std::optional<UtcTime> received;
    std::optional<UtcTime> delivered_at;  // the last acknowledgement of any version
    std::int64_t version = 0;
    bool known = false;
    std::size_t steps_done = 0;
    std::string given;  // the code that the portal gave it; "": none
    std::size_t files_uploaded = 0;
    std::vector<Act> acts;  // that touched it, oldest first
};

struct ItemCount {
    Operation operation{};
    State state{};
    Cause cause{};
    std::size_t count = 0;
};

// Dossiers of one agency in one Vietnam month, for the monthly statistics (contract §2). Days are
// Vietnam days, and only days are compared (province rule 2). A dossier without a receipt is left
// out; one without a due day is in time. A dossier belongs to no month before its receipt: one that
// is said to be finished earlier, an error of the province, counts as finished when it was
// received. So received + carried_over = done + open always holds, and the open ones are what the
// next month carries over.
struct MonthFigures {
    std::string agency;
    std::string agency_name;
    std::size_t received = 0;
    std::size_t carried_over = 0;  // received earlier and not finished before the month
    std::size_t done_on_time = 0;  // finished in the month, on or before the due day
    std::size_t done_late = 0;
    std::size_t open_in_time = 0;  // not finished at the end of the month, due day after it
    std::size_t open_late = 0;     // the same, due day inside the month or before
};

// The year as the province told it, by Vietnam days.
struct YearFigures {
    std::size_t received = 0;  // dossiers received in the year
    std::size_t due = 0;       // dossiers whose due day lies in the year
    std::size_t early = 0;     // of due: finished before the due day
    std::size_t on_time = 0;   // of due: finished on it
    std::size_t late = 0;      // of due: finished after it, or not finished
    std::size_t late_with_apology = 0;
    std::size_t online_to_result = 0;  // of received: online, with an online result
    std::size_t agencies = 0;          // of received: distinct agencies of every level; the ledger
                                       // cannot tell provincial from district codes
    std::size_t decisions = 0;         // distinct decisions dated in the year
    std::size_t procedures_new = 0;    // procedures that one of them names as new, …
    std::size_t procedures_amended = 0;
    std::size_t procedures_replaced = 0;
    std::size_t procedures_abolished = 0;
    std::size_t published = 0;     // procedures whose status is not abolished, in the end
    std::size_t inter_agency = 0;  // of published
};

// Records of one kind by what became of them.
struct Tally {
    std::size_t records = 0;
    std::size_t delivered = 0;  // every item of the record is delivered
    std::size_t refused = 0;    // an item is parked with the portal's words
    std::size_t parked = 0;     // an item is parked by intake or mapping
    std::size_t waiting = 0;    // an item is ready, sending, waiting or in doubt
    std::size_t dismissed = 0;  // a person has said that an item needs no sending
    std::size_t held = 0;       // the record is not to be sent and never was (it has no item)
};

// The same for the records of one agency and procedure.
struct PlaceTally {
    std::string agency;       // "": not known, the record could not be read
    std::string agency_name;  // the latest; "": never told
    std::string procedure;
    Tally tally;
};

// An item that has something to tell the portal and is not through: ready, sending, waiting, in
// doubt or parked. Not one that a resync sends again, nor one whose version could not be read (what
// happened in it is not known).
struct OpenItem {
    std::string_view code, agency, procedure;  // valid during the call that shows it
    Operation operation{};
    State state{};
    Cause cause{};
    UtcTime event{};  // local event time
};

struct Run {
    std::int64_t id = 0;
    std::string job;
    UtcTime started{};
    std::optional<UtcTime> ended;
    std::string outcome;  // "", "ok", "attention", "failed"
    std::string summary;  // JSON of the counts
};

// What records can be counted by.
enum class Column { Status, Agency, Procedure };

class Submissions;  // submissions.h
class Trail;        // trail.h
class Witness;      // witness.h

class Ledger {
  public:
    virtual ~Ledger() = default;

    // The inbound half. Lives as long as the ledger, and is part of together().
    virtual Submissions& submissions() = 0;
    // What happened, for whoever must be able to prove it. The same holds for it.
    virtual Trail& trail() = 0;
    // Who is told of every change from now on; borrowed, nullptr: nobody.
    virtual void tell(Witness* witness) = 0;

    // -- intake --------------------------------------------------------------------------------
    // Whether a record with exactly this content is the current version of some record, and that
    // version could be read (one that could not is worth another look: the vocabulary may have been
    // mended); and of which export it is known.
    virtual Result<Current> is_current(const Digest& digest) = 0;
    // A later export still holds these current versions, so that an export between the two that
    // comes late does not pass for newer. Pairs of digest and export time.
    virtual Status seen_again(std::span<const std::pair<Digest, UtcTime>> versions) = 0;
    // Takes records and the source's position in one transaction. A record whose digest is current
    // is left alone, and so is one whose export is older than that of the version held (both told);
    // another gets a new version, its payload replaces the old one, and its items become ready
    // unless they are in flight (Sending, InDoubt), in which case the newer version follows when
    // they settle. A ready, waiting or parked older version is superseded. If the new version is
    // not to be sent, items that are not in flight go.
    virtual Result<Taken> take(std::span<const Intake> records, std::string_view source,
                               std::string_view position, UtcTime now) = 0;
    virtual Result<std::string> position(std::string_view source) = 0;  // "" if none
    // Items parked by intake, with their payloads, to be looked at again; by ascending item, only
    // those above `after`.
    virtual Result<std::vector<Claimed>> unreadable(std::int64_t after, std::size_t max) = 0;

    // Records that are worth another look, by ascending record, only those above `after`: the
    // portal's code that they name has arrived, or a person has changed a link of theirs.
    virtual Result<std::vector<Awaiting>> awaiting(std::int64_t after, std::size_t max) = 0;

    // Where the version held of a record comes from; nullopt: there is no such record.
    virtual Result<std::optional<Provenance>> provenance(std::string_view kind,
                                                         std::string_view code) = 0;

    // -- delivery ------------------------------------------------------------------------------
    // Items that crashed while being sent become InDoubt. Returns how many. Call once at the start
    // of a writing run, and only while no other run sends.
    virtual Result<std::size_t> recover(UtcTime now) = 0;
    // Up to `max` items that are Ready, or Waiting with next_at ≤ now, oldest first, marked
    // Sending. An item is held back while another of its record is in flight or an earlier
    // operation of its record is not delivered: one in flight per dossier, and no progress before
    // its dossier.
    virtual Result<std::vector<Claimed>> claim(Operation operation, std::size_t max,
                                               UtcTime now) = 0;
    // Of an item just claimed: what names the rows that go now, so that it can be told after a call
    // that was cut off whether the same would go again. A doubt lasts until a sure answer (yes or
    // no) or a person's retry, whatever becomes of the item meanwhile.
    virtual Status about_to_send(std::int64_t item, std::string_view rows) = 0;
    // The same for items in doubt with next_at ≤ now (they stay InDoubt: the caller remembers which
    // ones it has in hand); those that have waited longest come first.
    virtual Result<std::vector<Claimed>> doubtful(Operation operation, std::size_t max,
                                                  UtcTime now) = 0;
    // Delivered ends what a resync had asked for. A settlement that leaves an item InDoubt counts
    // as an attempt only if `called`.
    virtual Status settle(std::span<const Settlement> settlements, UtcTime now) = 0;
    // The earliest next_at of the waiting items of an operation that nothing else holds back, and
    // of its items in doubt.
    virtual Result<std::optional<UtcTime>> next_due(Operation operation) = 0;
    // Makes everything that is parked by `cause` ready again, say because the mapping was mended.
    // Intake cannot be released: only a newer version or another look at the source changes it.
    // Returns how many.
    virtual Result<std::size_t> release_parked(Cause cause, UtcTime now) = 0;

    // -- people --------------------------------------------------------------------------------
    virtual Result<std::vector<ItemCount>> counts() = 0;
    // By the time of their last change, newest first.
    virtual Result<std::vector<ItemRow>> list(const Filter& filter, std::size_t max) = 0;
    virtual Result<std::size_t> count(const Filter& filter) = 0;
    virtual Result<std::vector<ItemDetails>> details(const Filter& filter, std::size_t max) = 0;
    // Parked items that the filter chooses are ready again (what intake parked is left out, see
    // unreadable()), or dismissed. The act is kept, with its items. Returns how many.
    virtual Result<std::size_t> retry_parked(const Filter& filter, const Act& act, UtcTime now) = 0;
    virtual Result<std::size_t> dismiss_parked(const Filter& filter, const Act& act,
                                               UtcTime now) = 0;
    // Keeps an act that moves no items of its own ("confirm", say), with its count as it stands.
    virtual Status note(const Act& act, UtcTime now) = 0;
    virtual Result<std::vector<Act>> acts(std::size_t max) = 0;  // newest first
    // By agency: those with dossiers in the month, and with zeros those whose dossiers have left it
    // since its statistics were taken (a record of kind "statistics" named AGENCY/YYYY-MM), so that
    // the portal can be told.
    virtual Result<std::vector<MonthFigures>> month(int year, int month) = 0;
    virtual Result<YearFigures> year(int year) = 0;
    virtual Result<std::size_t> records(std::string_view kind) = 0;
    // Every record of a kind once, by the worst of its items, so that the counts add up:
    // records = delivered + refused + parked + waiting + dismissed + held.
    virtual Result<Tally> tally(std::string_view kind) = 0;
    // The same by agency and procedure, in their order, of the records received in [from, until);
    // one that tells no receipt counts by the time when it was taken.
    virtual Result<std::vector<PlaceTally>> tally_by_place(std::string_view kind, UtcTime from,
                                                           UtcTime until) = 0;
    // Open items with a local event in [from, until), oldest event first.
    virtual Status open_items(std::string_view kind, UtcTime from, UtcTime until,
                              const std::function<void(const OpenItem&)>& take) = 0;
    // Records of a kind by the values of a column, most frequent first.
    virtual Result<std::vector<std::pair<std::string, std::size_t>>> counts_by(
        std::string_view kind, Column column) = 0;
    // Instants of the first dossier received and of the latest event (or receipt) in any dossier,
    // widened to the first instant of every month that statistics were taken of: what was told of a
    // month must be corrected when its dossiers are gone. nullopt: neither.
    virtual Result<std::optional<std::pair<UtcTime, UtcTime>>> span() = 0;

    virtual Result<CatalogueChange> catalogue_change() = 0;
    // Those that CatalogueChange::abolishing counts, by code.
    virtual Result<std::vector<Abolition>> abolitions() = 0;
    // Codes of the procedures that the portal holds as published, in order, without those whose
    // newest version abolishes them.
    virtual Result<std::vector<std::string>> published_procedures() = 0;

    // Up to `max` records of a slice by ascending record, only those above `after`. undated: only
    // those without a receipt. A code that the ledger does not know is passed over.
    virtual Result<std::vector<Held>> walk(const Slice& slice, bool undated, std::int64_t after,
                                           std::size_t max) = 0;

    // -- resync --------------------------------------------------------------------------------
    virtual Result<ResyncPreview> preview_resync(const Slice& slice) = 0;
    // Takes the slice's records into a new resync, without those that wait in another one.
    virtual Result<Resync> start_resync(const Slice& slice, const Act& act, UtcTime now) = 0;
    // Pause, resume or stop; stop forgets what is not handed over yet. Config error: there is no
    // such resync, or its state does not allow it (stopped and done are final).
    virtual Result<Resync> change_resync(std::int64_t id, ResyncState to, const Act& act,
                                         UtcTime now) = 0;
    virtual Result<std::vector<Resync>> resyncs(std::size_t max) = 0;  // newest first
    // Hands up to `max` records of the oldest active resync over to delivery: what is delivered
    // becomes ready again, marked `again`; everything else is on its way or a person's and is
    // skipped. Resumes after a crash where it was.
    virtual Result<Fed> feed_resync(std::size_t max, UtcTime now) = 0;

    // -- runs ----------------------------------------------------------------------------------
    // Takes the lease of that name; nullopt: it is ours. Otherwise the lease of the run that holds
    // it. Leases of different names do not hinder each other; an object holds one at a time (Bug:
    // it asks for another). One that has expired is taken over, and so is one of `wanted.host` when
    // `owner_is_gone` (whoever asks knows that no process on this host holds it). While this object
    // holds the lease, every function that claims, settles or takes fails with Retry once another
    // run has taken it over.
    virtual Result<std::optional<Lease>> acquire(const Lease& wanted, bool owner_is_gone,
                                                 UtcTime now) = 0;
    virtual Status renew(UtcTime now, UtcTime expires) = 0;  // Retry: taken over
    virtual Status release() = 0;                            // no error if it is not ours any more
    // Whoever holds it.
    virtual Result<std::optional<Lease>> lease(std::string_view name = "run") = 0;
    virtual Result<std::int64_t> begin_run(std::string_view job, UtcTime now) = 0;
    virtual Status end_run(std::int64_t run, std::string_view outcome, std::string_view summary,
                           UtcTime now) = 0;
    virtual Result<std::vector<Run>> last_runs(std::size_t max) = 0;

    // Runs several of the calls above as one transaction with one durable write; an error of `work`
    // undoes them all.
    virtual Status together(const std::function<Status()>& work) = 0;

    virtual Result<int> schema_version() = 0;
    // Reads the whole file for damage. Corrupt error in the database's words.
    virtual Status verify() = 0;
};

// Opens or creates the ledger and brings its schema up to date (numbered migrations, a copy of the
// old file first; a ledger newer than the program is a Config error). `key_id` is remembered at
// creation: another key later is a Config error. Locks of other programs are waited for up to 10 s.
Result<std::unique_ptr<Ledger>> open_sqlite(const std::filesystem::path& file,
                                            std::string_view key_id);

}  // namespace dvcsync::ledger
