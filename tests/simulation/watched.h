// A ledger that tells the simulated portal what the sync core knows: what it has claimed, and what
// it has durably settled. Everything else is passed on as it is.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "connector/ledger/ledger.h"
#include "tests/simulation/portal.h"

namespace dvcsync::ledger {

class WatchedLedger final : public Ledger {
  public:
    WatchedLedger(std::unique_ptr<Ledger> real, simulation::SimulatedPortal& portal,
                  simulation::Log& log)
        : real_(std::move(real)), portal_(portal), log_(log) {}

    Result<std::vector<Claimed>> claim(Operation operation, std::size_t max, UtcTime now) override;
    Result<std::vector<Claimed>> doubtful(Operation operation, std::size_t max,
                                          UtcTime now) override;
    Status settle(std::span<const Settlement> settlements, UtcTime now) override;
    Status together(const std::function<Status()>& work) override;
    Submissions& submissions() override { return real_->submissions(); }
    Trail& trail() override { return real_->trail(); }
    void tell(Witness* witness) override { real_->tell(witness); }
    bool acquired() const { return acquired_; }  // the lease, at least once

    Result<Current> is_current(const Digest& digest) override { return real_->is_current(digest); }
    Status seen_again(std::span<const std::pair<Digest, UtcTime>> versions) override {
        return real_->seen_again(versions);
    }
    Result<Taken> take(std::span<const Intake> records, std::string_view source,
                       std::string_view position, UtcTime now) override {
        return real_->take(records, source, position, now);
    }
    Result<std::string> position(std::string_view source) override {
        return real_->position(source);
    }
    Result<std::vector<Claimed>> unreadable(std::int64_t after, std::size_t max) override {
        return real_->unreadable(after, max);
    }
    Result<std::vector<Awaiting>> awaiting(std::int64_t after, std::size_t max) override {
        return real_->awaiting(after, max);
    }
    Status about_to_send(std::int64_t item, std::string_view rows) override {
        return real_->about_to_send(item, rows);
    }
    Result<std::optional<Provenance>> provenance(std::string_view kind,
                                                 std::string_view code) override {
        return real_->provenance(kind, code);
    }
    Result<std::vector<std::string>> published_procedures() override {
        return real_->published_procedures();
    }
    Result<std::vector<Abolition>> abolitions() override { return real_->abolitions(); }
    Result<std::size_t> recover(UtcTime now) override { return real_->recover(now); }
    Result<std::optional<UtcTime>> next_due(Operation operation) override {
        return real_->next_due(operation);
    }
    Result<std::size_t> release_parked(Cause cause, UtcTime now) override {
        return real_->release_parked(cause, now);
    }
    Result<std::vector<ItemCount>> counts() override { return real_->counts(); }
    Result<std::vector<ItemRow>> list(const Filter& filter, std::size_t max) override {
        return real_->list(filter, max);
    }
    Result<std::size_t> count(const Filter& filter) override { return real_->count(filter); }
    Result<std::vector<ItemDetails>> details(const Filter& filter, std::size_t max) override {
        return real_->details(filter, max);
    }
    Result<std::size_t> retry_parked(const Filter& filter, const Act& act, UtcTime now) override {
        return real_->retry_parked(filter, act, now);
    }
    Result<std::size_t> dismiss_parked(const Filter& filter, const Act& act, UtcTime now) override {
        return real_->dismiss_parked(filter, act, now);
    }
    Status note(const Act& act, UtcTime now) override { return real_->note(act, now); }
    Result<std::vector<Act>> acts(std::size_t max) override { return real_->acts(max); }
    Result<std::vector<MonthFigures>> month(int year, int month) override {
        return real_->month(year, month);
    }
    Result<YearFigures> year(int year) override { return real_->year(year); }
    Result<std::size_t> records(std::string_view kind) override { return real_->records(kind); }
    Result<Tally> tally(std::string_view kind) override { return real_->tally(kind); }
    Result<std::vector<PlaceTally>> tally_by_place(std::string_view kind, UtcTime from,
                                                   UtcTime until) override {
        return real_->tally_by_place(kind, from, until);
    }
    Status open_items(std::string_view kind, UtcTime from, UtcTime until,
                      const std::function<void(const OpenItem&)>& take) override {
        return real_->open_items(kind, from, until, take);
    }
    Result<std::vector<std::pair<std::string, std::size_t>>> counts_by(std::string_view kind,
                                                                       Column column) override {
        return real_->counts_by(kind, column);
    }
    Result<std::optional<std::pair<UtcTime, UtcTime>>> span() override { return real_->span(); }
    Result<CatalogueChange> catalogue_change() override { return real_->catalogue_change(); }
    Result<std::vector<Held>> walk(const Slice& slice, bool undated, std::int64_t after,
                                   std::size_t max) override {
        return real_->walk(slice, undated, after, max);
    }
    Result<ResyncPreview> preview_resync(const Slice& slice) override {
        return real_->preview_resync(slice);
    }
    Result<Resync> start_resync(const Slice& slice, const Act& act, UtcTime now) override {
        return real_->start_resync(slice, act, now);
    }
    Result<Resync> change_resync(std::int64_t id, ResyncState to, const Act& act,
                                 UtcTime now) override {
        return real_->change_resync(id, to, act, now);
    }
    Result<std::vector<Resync>> resyncs(std::size_t max) override { return real_->resyncs(max); }
    Result<Fed> feed_resync(std::size_t max, UtcTime now) override {
        return real_->feed_resync(max, now);
    }
    Result<std::optional<Lease>> acquire(const Lease& wanted, bool owner_is_gone,
                                         UtcTime now) override {
        DVC_TRY_ASSIGN(other, real_->acquire(wanted, owner_is_gone, now));
        acquired_ = !other;
        if (acquired_) portal_.taken_over();
        return other;
    }
    Status renew(UtcTime now, UtcTime expires) override { return real_->renew(now, expires); }
    Status release() override { return real_->release(); }
    Result<std::optional<Lease>> lease(std::string_view name) override {
        return real_->lease(name);
    }
    Result<std::int64_t> begin_run(std::string_view job, UtcTime now) override {
        return real_->begin_run(job, now);
    }
    Status end_run(std::int64_t run, std::string_view outcome, std::string_view summary,
                   UtcTime now) override {
        return real_->end_run(run, outcome, summary, now);
    }
    Result<std::vector<Run>> last_runs(std::size_t max) override { return real_->last_runs(max); }
    Result<int> schema_version() override { return real_->schema_version(); }
    Status verify() override { return real_->verify(); }

  private:
    struct InHand {
        simulation::SimulatedPortal::Work work;
        std::int64_t record = 0;
    };
    // What a transaction changes, told once it is durable.
    struct News {
        bool claimed = false;
        bool again = false;
        InHand item;
        State state{};  // settled
    };
    void tell(bool durable);

    std::unique_ptr<Ledger> real_;
    simulation::SimulatedPortal& portal_;
    simulation::Log& log_;
    std::unordered_map<std::int64_t, InHand> in_hand_;  // by item
    std::set<std::int64_t> sending_;                    // records with an item on its way
    std::vector<News> news_;
    bool together_ = false;
    bool acquired_ = false;
};

}  // namespace dvcsync::ledger
