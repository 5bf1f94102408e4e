#include "tests/simulation/watched.h"

namespace dvcsync::ledger {

Result<std::vector<Claimed>> WatchedLedger::claim(Operation operation, std::size_t max,
                                                  UtcTime now) {
    DVC_TRY_ASSIGN(items, real_->claim(operation, max, now));
    for (const Claimed& item : items) {
        const InHand one{{operation, item.code}, item.record};
        in_hand_[item.item] = one;
        if (!sending_.insert(item.record).second) {
            log_.violated(simulation::Invariant::OneInFlight,
                          fmt::format("two items of {} are claimed at once", item.code));
        }
        news_.push_back({true, item.again, one, {}});
    }
    if (!together_) tell(true);
    return items;
}

Result<std::vector<Claimed>> WatchedLedger::doubtful(Operation operation, std::size_t max,
                                                     UtcTime now) {
    DVC_TRY_ASSIGN(items, real_->doubtful(operation, max, now));
    for (const Claimed& item : items)
        in_hand_[item.item] = {{operation, item.code}, item.record};
    return items;
}

Status WatchedLedger::settle(std::span<const Settlement> settlements, UtcTime now) {
    for (const Settlement& settlement : settlements) {
        const auto found = in_hand_.find(settlement.item);
        if (found == in_hand_.end()) continue;  // the ledger itself will object
        sending_.erase(found->second.record);
        news_.push_back({false, false, found->second, settlement.state});
    }
    Status done = real_->settle(settlements, now);
    if (!together_) tell(done.has_value());
    return done;
}

Status WatchedLedger::together(const std::function<Status()>& work) {
    together_ = true;
    Status done = real_->together(work);
    together_ = false;
    tell(done.has_value());
    return done;
}

void WatchedLedger::tell(bool durable) {
    for (const News& one : std::exchange(news_, {})) {
        // A disk that fails to sync may have kept it all the same: claimed or settled, nobody
        // knows.
        if (!durable)
            portal_.perhaps_settled(one.item.work);
        else if (one.claimed)
            portal_.in_hand(one.item.work, one.again);
        else
            portal_.settled(one.item.work, one.state);
    }
}

}  // namespace dvcsync::ledger
