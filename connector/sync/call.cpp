#include "connector/sync/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "connector/base/limits.h"
#include "connector/sync/intake.h"
#include "connector/sync/retry.h"

namespace dvcsync::sync {
namespace {

using ledger::Cause;
using ledger::Claimed;
using ledger::Settlement;
using ledger::State;
using portal::Outcome;
using portal::Verdict;

Settlement about(const Claimed& item) {
    Settlement settlement;
    settlement.item = item.item;
    settlement.version = item.version;
    return settlement;
}

Settlement parked(const Claimed& item, Cause cause, std::string code, std::string reason) {
    Settlement settlement = about(item);
    settlement.state = State::Parked;
    settlement.cause = cause;
    settlement.code = std::move(code);
    settlement.reason = std::move(reason);
    settlement.called = cause == Cause::Portal;
    return settlement;
}

// A payload that was opened and parsed again for this call.
Result<mapping::Record> reopen(const Claimed& item, const mapping::MappingSet& mappings,
                               const Sealer& sealer) {
    DVC_TRY_ASSIGN(xml, sealer.open(item.sealed, seal_context(item.kind, item.code)));
    return mappings.vocabulary().parse(item.kind, xml);
}

class Worker {
  public:
    Worker(const Task& task, const PortalCalls& calls, const mapping::MappingSet& mappings,
           const Sealer& sealer, const CallRules& rules, UtcTime now, std::uint64_t random)
        : task_(task),
          calls_(calls),
          mappings_(mappings),
          sealer_(sealer),
          rules_(rules),
          now_(now),
          random_(random) {}

    Handled run() {
        if (task_.operation == Operation::PushProgress) {
            run_rows();
        } else {
            run_documents();
        }
        return std::move(out_);
    }

  private:
    struct Draft {  // one document of one item
        const Claimed* item;
        std::string json;
        Digest digest;
        bool progress = false;  // there is something to say about its steps
        Rows rows;
    };
    struct ProgressItem {  // the progress rows of one item
        const Claimed* item;
        std::vector<mapping::Document> rows;
        std::size_t next = 0;  // the first row that is not delivered
        bool settled = false;
    };
    struct RowRef {
        std::size_t item;
        std::size_t row;
    };

    void settle(Settlement settlement) { out_.settlements.push_back(std::move(settlement)); }

    std::uint64_t draw() {  // SplitMix64: enough for jitter, and replayable from one seed
        std::uint64_t z = (random_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    // One call to the portal. Always one outcome per item.
    std::vector<Outcome> push(std::span<const portal::Item> items, bool updating) {
        out_.sent += items.size();
        auto outcomes = calls_.push(task_.operation, items, updating);
        if (outcomes.size() != items.size()) {
            outcomes.assign(
                items.size(),
                Outcome{Verdict::InDoubt, "bug", "the portal client lost an outcome", {}});
        }
        for (const auto& outcome : outcomes) {
            if (outcome.verdict == Verdict::Misconfigured && out_.stop.empty()) {
                out_.stop = outcome.message;
            }
            if (outcome.verdict != Verdict::Retry && outcome.verdict != Verdict::Misconfigured) {
                out_.reached = true;
            }
        }
        return outcomes;
    }

    // What an outcome that is neither yes nor a flip means for the item.
    Settlement not_delivered(const Claimed& item, const Outcome& outcome) {
        Settlement settlement = about(item);
        settlement.code = outcome.code;
        settlement.reason = outcome.message;
        switch (outcome.verdict) {
            case Verdict::Retry:
                if (item.attempts + 1 >= rules_.max_attempts) {
                    return parked(item, Cause::Portal, outcome.code,
                                  fmt::format("given up after {} attempts: {}", item.attempts + 1,
                                              outcome.message));
                }
                settlement.state = State::Waiting;
                settlement.next_at = now_ + backoff(item.attempts + 1, draw(), outcome.retry_after);
                return settlement;
            case Verdict::InDoubt:
                settlement.state = State::InDoubt;
                return settlement;
            case Verdict::Misconfigured:
                settlement.state = State::Ready;  // the item is innocent: it stays first in line
                settlement.called = false;
                return settlement;
            default:
                return parked(item, Cause::Portal, outcome.code, outcome.message);
        }
    }

    // -- procedures, dossiers, statistics: one document an item ----------------------------------

    void run_documents() {
        std::vector<Draft> drafts;
        for (const auto& item : task_.items)
            draft(item, drafts);
        std::vector<Draft*> left;
        for (auto& one : drafts)
            left.push_back(&one);
        const auto limit = static_cast<std::size_t>(std::max(1, calls_.batch(task_.operation)));
        for (std::size_t i = 0; i < left.size(); i += limit) {
            const auto end = std::min(left.size(), i + limit);
            send({left.begin() + static_cast<std::ptrdiff_t>(i),
                  left.begin() + static_cast<std::ptrdiff_t>(end)},
                 task_.updating, 0);
        }
    }

    void draft(const Claimed& item, std::vector<Draft>& drafts) {
        auto record = reopen(item, mappings_, sealer_);
        if (!record) {
            settle(parked(item, Cause::Mapping, "payload", record.error().message));
            return;
        }
        const auto* plan = mappings_.plan(item.operation);
        auto documents = plan->run(*record);
        if (!documents) {
            settle(parked(item, Cause::Mapping, "mapping", documents.error().text()));
            return;
        }
        Draft one{&item, std::move(documents->front().json), {}, false, {}};
        one.digest = sha256(one.json);
        if (item.operation == Operation::PushDossier && rules_.progress_follows) {
            auto rows = mappings_.plan(Operation::PushProgress)->run(*record);
            // Rows that the mapping refuses are refused again, and told, when their turn comes.
            one.progress = !rows || rows->size() != item.steps_done ||
                           steps_digest(*rows) != item.steps_digest;
            if (rows) one.rows = {item.record, item.version, *std::move(rows)};
        }
        if (item.known && one.digest == item.document) {
            // Something changed in the province's record that the portal does not ask for.
            Settlement settlement = delivered(one);
            settlement.called = false;
            settle(std::move(settlement));
            return;
        }
        drafts.push_back(std::move(one));
    }

    Settlement delivered(Draft& one) {
        Settlement settlement = about(*one.item);
        settlement.state = State::Delivered;
        settlement.known = true;
        settlement.document = one.digest;
        if (one.progress) {
            settlement.then = Operation::PushProgress;
            if (!one.rows.rows.empty()) out_.rows.push_back(std::move(one.rows));
        }
        return settlement;
    }

    // `flips` counts how often the portal has already made us change between new and update.
    void send(const std::vector<Draft*>& drafts, bool updating, int flips) {
        std::vector<portal::Item> items;
        items.reserve(drafts.size());
        for (const auto* one : drafts)
            items.push_back({one->item->code, one->json});
        const auto outcomes = push(items, updating);
        std::vector<Draft*> flipped;
        std::vector<Draft*> alone;
        for (std::size_t i = 0; i < drafts.size(); ++i) {
            const auto& outcome = outcomes[i];
            const bool flip = (outcome.verdict == Verdict::Exists && !updating) ||
                              (outcome.verdict == Verdict::Missing && updating);
            if (outcome.verdict == Verdict::Accepted) {
                Settlement settlement = delivered(*drafts[i]);
                settlement.code = outcome.code;
                settle(std::move(settlement));
            } else if (flip && flips < 2) {
                flipped.push_back(drafts[i]);
            } else if (outcome.verdict == Verdict::Alone && drafts.size() > 1) {
                alone.push_back(drafts[i]);
            } else {
                settle(not_delivered(*drafts[i]->item, outcome));
            }
        }
        if (!flipped.empty()) send(flipped, !updating, flips + 1);
        for (auto* one : alone)
            send({one}, updating, flips);
    }

    // -- progress: many rows an item, in order ----------------------------------------------------

    void run_rows() {
        std::vector<ProgressItem> items;
        for (const auto& item : task_.items)
            draft_rows(item, items);
        std::vector<RowRef> refs;
        for (std::size_t i = 0; i < items.size(); ++i) {
            for (std::size_t row = items[i].next; row < items[i].rows.size(); ++row) {
                refs.push_back({i, row});
            }
        }
        const auto limit = static_cast<std::size_t>(std::max(1, calls_.batch(task_.operation)));
        std::size_t at = 0;
        while (at < refs.size()) {
            std::vector<RowRef> slice;
            while (at < refs.size() && slice.size() < limit) {
                // A row that failed holds back the later rows of its dossier.
                if (!items[refs[at].item].settled) slice.push_back(refs[at]);
                ++at;
            }
            if (!slice.empty()) send_rows(items, slice);
        }
        for (auto& one : items) {
            if (!one.settled) settle(rows_settlement(one, State::Delivered));
        }
    }

    // The rows of an item, at hand or made from its payload; nullopt if it was parked instead.
    std::optional<std::vector<mapping::Document>> rows_of(const Claimed& item) {
        const auto at_hand = task_.rows.find(item.record);
        if (at_hand != task_.rows.end() && at_hand->second.version == item.version) {
            return at_hand->second.rows;
        }
        auto record = reopen(item, mappings_, sealer_);
        if (!record) {
            settle(parked(item, Cause::Mapping, "payload", record.error().message));
            return std::nullopt;
        }
        auto rows = mappings_.plan(item.operation)->run(*record);
        if (!rows) {
            settle(parked(item, Cause::Mapping, "mapping", rows.error().text()));
            return std::nullopt;
        }
        return *std::move(rows);
    }

    void draft_rows(const Claimed& item, std::vector<ProgressItem>& items) {
        auto rows = rows_of(item);
        if (!rows) return;
        const std::span<const mapping::Document> all(*rows);
        if (all.size() < item.steps_done ||
            (item.steps_done > 0 &&
             steps_digest(all.first(item.steps_done)) != item.steps_digest)) {
            settle(
                parked(item, Cause::Mapping, "steps",
                       fmt::format("the first {} steps were sent already, and the province has "
                                   "since removed or renamed one of them: the portal cannot take "
                                   "a step back; put the old steps back in the province's system",
                                   item.steps_done)));
            return;
        }
        items.push_back({&item, std::move(*rows), item.steps_done, false});
    }

    Settlement rows_settlement(const ProgressItem& one, State state) {
        Settlement settlement = about(*one.item);
        settlement.state = state;
        settlement.steps_done = one.next;
        settlement.steps_digest = steps_digest(std::span(one.rows).first(one.next));
        settlement.called = !one.rows.empty();
        return settlement;
    }

    void send_rows(std::vector<ProgressItem>& items, const std::vector<RowRef>& slice) {
        std::vector<portal::Item> calls;
        calls.reserve(slice.size());
        for (const auto& ref : slice) {
            calls.push_back({items[ref.item].item->code, items[ref.item].rows[ref.row].json});
        }
        const auto outcomes = push(calls, false);
        for (std::size_t i = 0; i < slice.size(); ++i) {
            ProgressItem& one = items[slice[i].item];
            if (one.settled || slice[i].row < one.next) continue;
            if (accepted(outcomes[i])) {
                one.next = slice[i].row + 1;
            } else if (outcomes[i].verdict == Verdict::Alone && slice.size() > 1) {
                send_one_by_one(one, slice[i].row);
            } else {
                fail_rows(one, outcomes[i]);
            }
        }
    }

    // "Exists" is as good as yes for a row: the portal has this very step.
    static bool accepted(const Outcome& outcome) {
        return outcome.verdict == Verdict::Accepted || outcome.verdict == Verdict::Exists;
    }

    void send_one_by_one(ProgressItem& one, std::size_t row) {
        const portal::Item item{one.item->code, one.rows[row].json};
        const auto outcome = push(std::span(&item, 1), false).front();
        if (accepted(outcome)) {
            one.next = row + 1;
        } else {
            fail_rows(one, outcome);
        }
    }

    void fail_rows(ProgressItem& one, const Outcome& outcome) {
        Settlement settlement = not_delivered(*one.item, outcome);
        const Settlement learnt = rows_settlement(one, settlement.state);
        settlement.steps_done = learnt.steps_done;
        settlement.steps_digest = learnt.steps_digest;
        if (outcome.verdict == Verdict::Missing) settlement.known = false;
        one.settled = true;
        settle(std::move(settlement));
    }

    const Task& task_;
    const PortalCalls& calls_;
    const mapping::MappingSet& mappings_;
    const Sealer& sealer_;
    const CallRules& rules_;
    UtcTime now_;
    std::uint64_t random_;
    Handled out_;
};

}  // namespace

PortalCalls calls_of(portal::Client& client) {
    PortalCalls calls;
    calls.push = [&client](Operation operation, std::span<const portal::Item> items,
                           bool updating) { return client.push(operation, items, updating); };
    calls.knows = [&client](std::string_view code) { return client.knows(code); };
    calls.batch = [&client](Operation operation) { return client.profile().batch(operation); };
    calls.repeatable = [&client](Operation operation) {
        return client.profile().repeatable(operation);
    };
    calls.can_ask = client.profile().can_ask();
    return calls;
}

Handled handle(const Task& task, const PortalCalls& calls, const mapping::MappingSet& mappings,
               const Sealer& sealer, const CallRules& rules, UtcTime now, std::uint64_t random) {
    return Worker(task, calls, mappings, sealer, rules, now, random).run();
}

Digest steps_digest(std::span<const mapping::Document> rows) {
    if (rows.empty()) return {};
    std::string keys;
    for (const auto& row : rows)
        keys.append(row.key).push_back('\n');
    return sha256(keys);
}

}  // namespace dvcsync::sync
