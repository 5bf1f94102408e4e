// The Ledger on SQLite. Split over files by what is asked of it: sqlite_ledger.cpp (opening, runs,
// health), sqlite_intake.cpp, sqlite_delivery.cpp, sqlite_settle.cpp, sqlite_people.cpp,
// sqlite_resync.cpp, sqlite_lease.cpp, sqlite_reports.cpp, sqlite_walk.cpp, sqlite_catalogue.cpp.
// The inbound half and the trail are classes of their own (sqlite_submissions.h, sqlite_trail.h)
// over the same database.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "connector/ledger/ledger.h"
#include "connector/ledger/sqlite_edge.h"
#include "connector/ledger/sqlite_submissions.h"
#include "connector/ledger/sqlite_trail.h"
#include "connector/ledger/states.h"
#include "connector/ledger/witness.h"

namespace dvcsync::ledger {

// Words of people and of the portal, cut to what is kept of them.
std::string stored_text(std::string_view text);

class SqliteLedger final : public Ledger {
  public:
    static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& file,
                                                std::string_view key_id);
    SqliteLedger(const SqliteLedger&) = delete;  // submissions_ knows where this one lives
    SqliteLedger& operator=(const SqliteLedger&) = delete;

    Submissions& submissions() override { return submissions_; }
    Trail& trail() override { return trail_; }
    void tell(Witness* witness) override;

    Result<Current> is_current(const Digest& digest) override;
    Status seen_again(std::span<const std::pair<Digest, UtcTime>> versions) override;
    Result<Taken> take(std::span<const Intake> records, std::string_view source,
                       std::string_view position, UtcTime now) override;
    Result<std::string> position(std::string_view source) override;
    Result<std::vector<Claimed>> unreadable(std::int64_t after, std::size_t max) override;
    Result<std::vector<Awaiting>> awaiting(std::int64_t after, std::size_t max) override;
    Status about_to_send(std::int64_t item, std::string_view rows) override;
    Result<std::optional<Provenance>> provenance(std::string_view kind,
                                                 std::string_view code) override;

    Result<std::size_t> recover(UtcTime now) override;
    Result<std::vector<Claimed>> claim(Operation operation, std::size_t max, UtcTime now) override;
    Result<std::vector<Claimed>> doubtful(Operation operation, std::size_t max,
                                          UtcTime now) override;
    Status settle(std::span<const Settlement> settlements, UtcTime now) override;
    Result<std::optional<UtcTime>> next_due(Operation operation) override;
    Result<std::size_t> release_parked(Cause cause, UtcTime now) override;

    Result<std::vector<ItemCount>> counts() override;
    Result<std::vector<ItemRow>> list(const Filter& filter, std::size_t max) override;
    Result<std::size_t> count(const Filter& filter) override;
    Result<std::vector<ItemDetails>> details(const Filter& filter, std::size_t max) override;
    Result<std::size_t> retry_parked(const Filter& filter, const Act& act, UtcTime now) override;
    Result<std::size_t> dismiss_parked(const Filter& filter, const Act& act, UtcTime now) override;
    Status note(const Act& act, UtcTime now) override;
    Result<std::vector<Act>> acts(std::size_t max) override;
    Result<std::vector<MonthFigures>> month(int year, int month) override;
    Result<YearFigures> year(int year) override;
    Result<std::size_t> records(std::string_view kind) override;
    Result<Tally> tally(std::string_view kind) override;
    Result<std::vector<std::pair<std::string, std::size_t>>> counts_by(std::string_view kind,
                                                                       Column column) override;
    Result<std::vector<PlaceTally>> tally_by_place(std::string_view kind, UtcTime from,
                                                   UtcTime until) override;
    Status open_items(std::string_view kind, UtcTime from, UtcTime until,
                      const std::function<void(const OpenItem&)>& take) override;
    Result<std::optional<std::pair<UtcTime, UtcTime>>> span() override;
    Result<CatalogueChange> catalogue_change() override;
    Result<std::vector<Abolition>> abolitions() override;
    Result<std::vector<std::string>> published_procedures() override;
    Result<std::vector<Held>> walk(const Slice& slice, bool undated, std::int64_t after,
                                   std::size_t max) override;

    Result<ResyncPreview> preview_resync(const Slice& slice) override;
    Result<Resync> start_resync(const Slice& slice, const Act& act, UtcTime now) override;
    Result<Resync> change_resync(std::int64_t id, ResyncState to, const Act& act,
                                 UtcTime now) override;
    Result<std::vector<Resync>> resyncs(std::size_t max) override;
    Result<Fed> feed_resync(std::size_t max, UtcTime now) override;

    Result<std::optional<Lease>> acquire(const Lease& wanted, bool owner_is_gone,
                                         UtcTime now) override;
    Status renew(UtcTime now, UtcTime expires) override;
    Status release() override;
    Result<std::optional<Lease>> lease(std::string_view name) override;

    Result<std::int64_t> begin_run(std::string_view job, UtcTime now) override;
    Status end_run(std::int64_t run, std::string_view outcome, std::string_view summary,
                   UtcTime now) override;
    Result<std::vector<Run>> last_runs(std::size_t max) override;

    Status together(const std::function<Status()>& work) override;
    Result<int> schema_version() override;
    Status verify() override;

    // SQL and plan of every statement that lives as long as the ledger, for tests.
    auto plans() { return db_.plans(); }

  private:
    friend class SqliteSubmissions;  // for fence() and the acts

    // An outbox row together with what is needed of its record to move it.
    struct Item {
        std::int64_t id = 0;
        std::int64_t record = 0;
        Operation operation{};
        State state{};
        std::int64_t version = 0;         // as claimed
        std::int64_t record_version = 0;  // now
        std::int64_t wants = 0;
        bool faulty = false;
        bool known = false;
        std::string fault;
    };

    explicit SqliteLedger(Database database) : db_(std::move(database)) {}
    Status prepare();
    Status prepare_intake();
    Status prepare_delivery();
    Status prepare_lease();

    // -- intake
    Status take_one(const Intake& intake, UtcTime now, Taken& taken);
    Status add(const Intake& intake, UtcTime now);
    Status change(std::int64_t record, const Intake& intake, UtcTime now);
    // Has it looked at again, or not any more.
    Status await(std::int64_t record, const Intake& intake);
    Status store_publication(std::int64_t record, const Facts& facts);
    Status name_agency(const Facts& facts);

    // -- delivery
    // Carries out what the table says for a new version of a record.
    Status move(std::int64_t record, Operation operation, std::optional<std::int64_t> item,
                std::optional<Standing> standing, Event event, std::string_view reason,
                UtcTime now);
    Status settle_one(const Settlement& settlement, UtcTime now);
    Status learn(const Item& item, const Settlement& settlement);
    Status add_uploads(std::vector<Claimed>& items);
    Status follow(const Item& item, Operation operation, UtcTime now);
    Result<Item> item_of(const Settlement& settlement);

    // -- people
    // Sends the event to every parked item that the filter chooses, and keeps the act with them.
    Result<std::size_t> act_on_parked(Filter filter, const Act& act, Event event, UtcTime now);
    // `code`: of the one record or submission that was named, for the witness.
    Result<std::int64_t> keep(const Act& act, std::size_t items, std::string_view code,
                              UtcTime now);
    // `rest` goes on from the table `act a`, with one ?.
    Result<std::vector<Act>> acts_where(std::string_view rest, std::int64_t value);

    // -- resync
    // Puts the slice's records into the temporary table `chosen`.
    Status choose(const Slice& slice);
    Status refuse_unknown(const Slice& slice);
    Result<Resync> resync(std::int64_t id);
    Result<std::vector<Resync>> resyncs_where(std::string_view rest, std::int64_t value);

    // -- the witness
    // What is known of claimed items now: the record may say something else by the time the answer
    // comes.
    Status remember(std::span<const Claimed> items);
    Result<ItemFacts> facts_of(std::int64_t item);
    Status tell_settled(const Settlement& settlement, UtcTime now);
    Status tell_crashed(UtcTime now);

    // -- lease
    // Retry error if this object holds the lease no more. The first thing in a writing transaction.
    Status fence();

    Database db_;
    Witness* witness_ = nullptr;
    std::unordered_map<std::int64_t, ItemFacts> claimed_;  // by item, for the witness
    std::string owner_;  // of the lease that this object took; "": none
    std::string lease_;  // its name
    // Names that are in the agency table already, so that most records need no look.
    std::unordered_map<std::string, std::string> agencies_;

    Statement is_current_, seen_again_, find_record_, add_record_, change_record_, fault_record_,
        add_body_, change_body_, items_of_record_, name_agency_, publish_, position_, set_position_,
        confirm_record_, await_, await_no_more_;
    Statement ready_, waiting_, in_doubt_, next_due_, next_doubt_, hand_, about_to_send_, certain_,
        find_item_, find_follower_, insert_, restart_, dismiss_, park_, drop_delivered_, drop_,
        write_, delivered_, learn_, uploads_, uploaded_, no_uploads_;
    Statement fence_, facts_;
    SqliteSubmissions submissions_{db_, *this};
    SqliteTrail trail_{db_};
};

}  // namespace dvcsync::ledger
