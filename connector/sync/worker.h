// What every task of a worker needs: one call at a time, and what its outcome means for an item.
// Internal to the module; call.h is the way in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connector/sync/call.h"

namespace dvcsync::sync {

class Worker {
  public:
    struct Setting {
        const PortalCalls& calls;
        const mapping::MappingSet& mappings;
        const Sealer& sealer;
        const CallRules& rules;
        UtcTime now;
    };
    Worker(const Task& task, const Setting& setting, std::uint64_t random);

    Handled take() { return std::move(out_); }

  protected:
    ledger::Settlement about(const ledger::Claimed& item) const;
    ledger::Settlement parked(const ledger::Claimed& item, ledger::Cause cause, std::string code,
                              std::string reason) const;
    // The same with the portal as the cause.
    ledger::Settlement refused(const ledger::Claimed& item, const portal::Outcome& outcome,
                               std::string reason) const;
    void settle(ledger::Settlement settlement) {
        out_.settlements.push_back(std::move(settlement));
    }
    // Not tried, or not to be blamed: it stays first in line, and no attempt is counted.
    ledger::Settlement untouched(const ledger::Claimed& item) const;
    // Parks an item that has been tried too often without an answer for sure.
    bool worn_out(const ledger::Claimed& item);
    // A payload that was opened and parsed again for this call; parks the item if that fails.
    std::optional<mapping::Record> reopen(const ledger::Claimed& item);

    // One call. Always one outcome per item; the endpoint's failure ends the task: see halted().
    std::vector<portal::Outcome> push(std::span<const portal::Item> items, bool updating);
    // A call of the task has met the endpoint's failure, or settings that cannot work: no more.
    bool halted() const { return out_.endpoint_failed || !out_.stop.text.empty(); }
    void heard(const portal::Outcome& outcome);

    // What an outcome that is neither yes nor a flip means for the item.
    ledger::Settlement not_delivered(const ledger::Claimed& item, const portal::Outcome& outcome);
    // A batch was refused as a whole, and the calls to find the culprit are used up.
    ledger::Settlement undecided(const ledger::Claimed& item, const portal::Outcome& outcome);
    bool may_split() { return splits_left_ > 0 && splits_left_-- > 0; }
    std::size_t batch_limit() const;
    // Asks the portal for the item's code. It goes to the ledger alone, and the item goes with the
    // next task: nothing that carries the code leaves before it is kept.
    void ask_for_code(const ledger::Claimed& item);
    // Gives the portal a file that the item's document names. What the portal calls it goes to the
    // ledger alone, too; one file a task, so that each has an entry of its own in the trail.
    void upload(const ledger::Claimed& item, const mapping::FileLink& file);
    std::uint64_t draw();

    const Task& task_;
    const Setting& with_;
    Handled out_;

  private:
    ledger::Settlement without_file(const ledger::Claimed& item, const mapping::FileLink& file,
                                    const Error& error);

    std::uint64_t random_;
    int splits_left_;
};

// Procedures, dossiers and statistics: one document an item.
Handled send_documents(const Task& task, const Worker::Setting& setting, std::uint64_t random);
// Progress: many rows an item, in order.
Handled send_rows(const Task& task, const Worker::Setting& setting, std::uint64_t random);
// Items in doubt: asks what became of them, or does what the profile says where it cannot ask.
Handled resolve_doubts(const Task& task, const Worker::Setting& setting, std::uint64_t random);

}  // namespace dvcsync::sync
