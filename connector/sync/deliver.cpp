#include "connector/sync/deliver.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/sync/crew.h"

namespace dvcsync::sync {
namespace {

using ledger::Cause;
using ledger::Claimed;
using ledger::Settlement;
using ledger::State;
using Steady = Gate::Steady;

constexpr Millis look_up_every{200};  // for a stop request, for a gate that opens
constexpr std::size_t asks_a_task = 8;

class Delivery {
  public:
    Delivery(ledger::Ledger& ledger, const PortalCalls& calls, const mapping::MappingSet& mappings,
             const Sealer& sealer, Clock& clock, Gates& gates,
             std::span<const Operation> operations, const DeliveryRules& rules, Progress& progress,
             const std::atomic<bool>& stop)
        : ledger_(ledger),
          calls_(guarded(calls)),
          mappings_(mappings),
          sealer_(sealer),
          clock_(clock),
          gates_(gates),
          operations_(operations),
          rules_(rules),
          progress_(progress),
          stop_(stop),
          crew_(rules.workers, [this, &mappings, &sealer](const Task& task) {
              return handle(task, calls_, mappings, sealer, rules_.call, clock_.now(), random());
          }) {}

    Result<DeliveryCounts> run() {
        DVC_TRY_ASSIGN(total, open_items());
        progress_.begin(rules_.what, total);
        DVC_TRY(work());
        progress_.end(counts_.delivered);
        if (stop_ && counts_.stop.empty()) end("stopped on request");
        return counts_;
    }

  private:
    // Claims, calls and settles until nothing is ready and nothing is in hand. What has come back
    // and what goes out next share one durable write; nothing goes out before it is written.
    Status work() {
        last_good_ = clock_.steady();
        renewed_ = clock_.steady() - rules_.lease;  // reading may have taken long
        DVC_TRY(keep_lease());
        for (;;) {
            auto handled = crew_.collect(look_up_every);
            // Those that got through first: they tell whose the failures are.
            for (const bool failed : {false, true}) {
                for (auto& one : handled) {
                    if (one.endpoint_failed == failed) watch(one);
                }
            }
            std::vector<Task> tasks;
            DVC_TRY(ledger_.together([&]() -> Status {
                DVC_TRY(settle(handled));
                if (!handled.empty()) reach(Point::SettledNotClaimed);
                if (stop_ || !counts_.stop.empty()) return {};
                return claim(tasks);
            }));
            for (auto& task : tasks)
                crew_.give(std::move(task));
            if (!handled.empty()) progress_.at(counts_.delivered);
            DVC_TRY(keep_lease());
            if (!handled.empty() || !tasks.empty() || crew_.open() > 0) continue;
            if (stop_ || !counts_.stop.empty()) return {};
            DVC_TRY_ASSIGN(waited, wait_for_next());
            if (!waited) return {};
        }
    }

    Result<std::size_t> open_items() {
        DVC_TRY_ASSIGN(rows, ledger_.counts());
        std::size_t total = 0;
        for (const auto& row : rows) {
            const bool ours = std::find(operations_.begin(), operations_.end(), row.operation) !=
                              operations_.end();
            const bool ended = row.state == State::Delivered || row.state == State::Parked ||
                               row.state == State::Dismissed;
            if (!ours || ended) continue;
            total += row.count;
            // Each dossier brings its progress along, which is not in the outbox yet.
            if (row.operation == Operation::PushDossier && rules_.call.progress_follows) {
                total += row.count;
            }
        }
        return total;
    }

    // Fills the crew: first what is in doubt, for it holds back the later steps of its record; then
    // progress before new dossiers, so that a dossier's steps follow it soon.
    Status claim(std::vector<Task>& tasks) {
        blocked_.fill(false);
        for (const Operation operation : operations_)
            DVC_TRY(claim_doubts(operation, tasks));
        for (const Operation operation : operations_)
            DVC_TRY(claim_ready(operation, tasks));
        return {};
    }

    std::size_t room(const std::vector<Task>& tasks) {
        const auto enough = static_cast<std::size_t>(std::max(rules_.workers, 1)) * 2;
        const std::size_t open = crew_.open() + tasks.size();
        return open < enough ? enough - open : 0;
    }

    // True if a task may go through the gate now; else the operation is noted as blocked.
    bool open(Operation operation, const Gate& gate) {
        const Steady now = clock_.steady();
        const auto at = gate.opens_at(now);
        if (at && *at <= now) return true;
        blocked_[static_cast<std::size_t>(operation)] = true;
        return false;
    }

    bool asked(Operation operation) const {
        return operation == Operation::PushDossier && calls_.can_ask;
    }

    Gate& gate_of(Operation operation, bool ask) {
        return ask ? gates_.at(calls_.ask_endpoint, "ask")
                   : gates_.at(calls_.endpoint(operation), to_string(operation));
    }

    Status claim_doubts(Operation operation, std::vector<Task>& tasks) {
        if (room(tasks) == 0) return {};
        DVC_TRY_ASSIGN(items, ledger_.doubtful(operation, limits::claim_batch + in_hand_.size(),
                                               clock_.now()));
        std::erase_if(items, [this](const Claimed& item) { return in_hand_.contains(item.item); });
        std::size_t at = 0;
        while (at < items.size() && room(tasks) > 0) {
            Gate* gate = asked(operation) ? &gate_of(operation, true) : nullptr;
            if (gate != nullptr && !open(operation, *gate)) return {};
            const std::size_t size = gate != nullptr && gate->broken() ? 1 : asks_a_task;
            Task task;
            task.operation = operation;
            task.ask = true;
            for (; at < items.size() && task.items.size() < size; ++at) {
                in_hand_.insert(items[at].item);
                task.items.push_back(std::move(items[at]));
            }
            if (gate != nullptr) task.stamp = gate->give(clock_.steady());
            tasks.push_back(std::move(task));
        }
        return {};
    }

    Status claim_ready(Operation operation, std::vector<Task>& tasks) {
        Gate& gate = gate_of(operation, false);
        const std::size_t most = room(tasks);
        if (most == 0 || !open(operation, gate)) return {};
        // A probe is one item; a paced endpoint gets one task for each token.
        const std::size_t size = gate.broken() ? 1 : task_size(operation, false);
        const std::size_t want = gate.broken() || gate.paced()
                                     ? size
                                     : std::max(size, task_size(operation, true)) * most;
        DVC_TRY_ASSIGN(items,
                       ledger_.claim(operation, std::min(limits::claim_batch, want), clock_.now()));
        if (operation == Operation::PushStatus) DVC_TRY(write_down(items));
        const std::size_t before = tasks.size();
        split(operation, std::move(items), gate.broken(), tasks);
        for (std::size_t i = before; i < tasks.size(); ++i)
            tasks[i].stamp = gate.give(clock_.steady());
        return {};
    }

    // An event that is out cannot be asked for, so what goes is known before it goes. What may be
    // there already, and would not be the same now, is left to a person.
    Status write_down(std::vector<Claimed>& items) {
        std::vector<Settlement> parked;
        for (const auto& item : items) {
            const std::string rows = names_of_rows(item, mappings_, sealer_);
            if (would_repeat(item, rows)) {
                DVC_TRY(ledger_.about_to_send(item.item, rows));
                continue;
            }
            Settlement one;
            one.item = item.item;
            one.version = item.version;
            one.state = State::Parked;
            one.cause = Cause::Portal;
            one.code = ledger::doubt_code;
            one.reason =
                "a call was cut off, and what would go now is not what went then: sent blindly, "
                "the portal might hold it twice. Compare with what the portal shows: if it has "
                "none of it, retry; else put it back as it was in the province's system, then "
                "retry";
            one.called = false;
            count(one);
            parked.push_back(std::move(one));
        }
        std::erase_if(items, [&](const Claimed& item) {
            return std::any_of(parked.begin(), parked.end(),
                               [&](const Settlement& one) { return one.item == item.item; });
        });
        return ledger_.settle(parked, clock_.now());
    }

    std::size_t task_size(Operation operation, bool updating) const {
        const std::size_t batch = batch_of(calls_, operation, updating);
        // A dossier has several progress rows, and a batch counts rows.
        constexpr std::size_t usual_rows = 5;
        return operation == Operation::PushProgress ? std::max<std::size_t>(1, batch / usual_rows)
                                                    : batch;
    }

    // Items that go as new and items that go as updates never share a call.
    void split(Operation operation, std::vector<Claimed> items, bool alone,
               std::vector<Task>& tasks) {
        for (const bool updating : {false, true}) {
            const std::size_t size = alone ? 1 : task_size(operation, updating);
            Task task;
            task.operation = operation;
            task.updating = updating;
            const auto flush = [&] {
                Task next;
                next.operation = operation;
                next.updating = updating;
                tasks.push_back(std::exchange(task, std::move(next)));
            };
            for (auto& item : items) {
                if (item.known != updating) continue;
                if (operation == Operation::PushProgress) {
                    if (auto node = rows_.extract(item.record); !node.empty()) {
                        task.rows.insert(std::move(node));
                    }
                }
                task.items.push_back(std::move(item));
                if (task.items.size() == size) flush();
            }
            if (!task.items.empty()) flush();
        }
    }

    Status settle(std::vector<Handled>& handled) {
        std::vector<Settlement> settlements;
        for (auto& one : handled) {
            settlements.insert(settlements.end(), one.settlements.begin(), one.settlements.end());
            for (auto& rows : one.rows) {
                const auto record = rows.record;
                if (rows_.size() < limits::rows_at_hand) rows_[record] = std::move(rows);
            }
        }
        for (const auto& one : settlements) {
            in_hand_.erase(one.item);
            count(one);
        }
        return ledger_.settle(settlements, clock_.now());
    }

    void end(const Reason& why) {
        counts_.stop = why.text;
        counts_.stop_log = why.log;
    }

    // Tells the gate, and decides whose the failure is.
    void watch(Handled& one) {
        if (!one.stop.text.empty() && counts_.stop.empty()) end(one.stop);
        if (one.ask && !asked(one.operation)) return;
        const bool endpoints =
            gate_of(one.operation, one.ask)
                .answered(one.stamp, one.calls, one.endpoint_failed, one.retry_after,
                          one.endpoint_reason, random(), clock_.steady());
        if (!one.endpoint_failed || endpoints || one.ask) return;
        // Others got through: the failure counts against these items after all.
        for (auto& settlement : one.settlements) {
            if (settlement.state == State::Waiting || settlement.state == State::InDoubt) {
                settlement.called = true;
            }
        }
    }

    void count(const Settlement& one) {
        switch (one.state) {
            case State::Delivered:
                last_good_ = clock_.steady();
                ++counts_.delivered;
                if (!one.called) ++counts_.without_call;
                break;
            case State::Parked:
                ++(one.cause == Cause::Portal ? counts_.refused : counts_.parked);
                break;
            case State::InDoubt:
                ++counts_.doubtful;
                break;
            case State::Waiting:
                ++counts_.waiting;
                break;
            case State::Ready:
            case State::Sending:
            case State::Dismissed:
                break;
        }
    }

    // Nothing is in hand: stays a little for items whose time is near, or for a gate that opens.
    // False: it is not worth while.
    Result<bool> wait_for_next() {
        const Steady now = clock_.steady();
        std::optional<Steady> next;
        const Gate* broken = nullptr;
        const auto sooner = [&next](Steady at) { next = next ? std::min(*next, at) : at; };
        for (const Operation operation : operations_) {
            if (blocked_[static_cast<std::size_t>(operation)]) {
                Steady opens = now;  // at once, if it has opened since
                for (const bool ask : {false, true}) {
                    if (ask && !asked(operation)) continue;
                    const Gate& gate = gate_of(operation, ask);
                    if (const auto at = gate.opens_at(now); at && *at > now) opens = *at;
                    if (gate.broken()) broken = &gate;
                }
                sooner(opens);
                continue;  // an item whose time has come cannot go before its gate opens
            }
            DVC_TRY_ASSIGN(due, ledger_.next_due(operation));
            if (due) sooner(now + std::max<Steady>(Millis{1}, *due - clock_.now()));
        }
        if (!next) return false;
        const Millis patience = broken != nullptr ? rules_.outage_patience : rules_.patience;
        if (*next > last_good_ + patience) {
            if (broken != nullptr) end(broken->full_reason());
            return false;
        }
        // In short pieces, so that a stop request is heard.
        while (clock_.steady() < *next && !stop_) {
            const auto left = std::chrono::ceil<Millis>(*next - clock_.steady());
            clock_.sleep(std::min(left, look_up_every));
            DVC_TRY(keep_lease());
        }
        return true;
    }

    Status keep_lease() {
        const Steady now = clock_.steady();
        if (rules_.lease == Millis{0} || now - renewed_.load() < rules_.lease / 8) return {};
        renewed_ = now;
        return ledger_.renew(clock_.now(), clock_.now() + rules_.lease);
    }

    // A run that was stopped in its tracks (a suspended machine) may have lost its lease, and
    // another may have sent by now what this one still has in hand: nothing leaves any more once
    // the lease could end before the call does. The ledger refuses the rest.
    PortalCalls guarded(PortalCalls calls) {
        calls.push = [this, push = std::move(calls.push)](
                         Operation operation, std::span<const portal::Item> items, bool updating) {
            const bool ours =
                rules_.lease == Millis{0} || clock_.steady() - renewed_.load() < rules_.lease / 2;
            if (ours) return push(operation, items, updating);
            portal::Outcome late;
            late.verdict = portal::Verdict::Misconfigured;
            late.code = "lease";
            late.message =
                "this run was held up for so long that another may have taken over; it ends here";
            return std::vector(items.size(), late);
        };
        return calls;
    }

    std::uint64_t random() { return rules_.seed ^ (drawn_ += 0x9e3779b97f4a7c15ULL); }

    ledger::Ledger& ledger_;
    const PortalCalls calls_;
    const mapping::MappingSet& mappings_;
    const Sealer& sealer_;
    Clock& clock_;
    Gates& gates_;
    std::span<const Operation> operations_;
    const DeliveryRules& rules_;
    Progress& progress_;
    const std::atomic<bool>& stop_;
    DeliveryCounts counts_;
    std::unordered_map<std::int64_t, Rows> rows_;  // of dossiers whose progress is not claimed yet
    std::unordered_set<std::int64_t> in_hand_;     // items in doubt that are being asked for
    std::array<bool, all_operations.size()> blocked_{};  // by a gate, at the last claim
    Steady last_good_{0};                                // last delivery
    std::atomic<Steady> renewed_{Steady{0}};
    std::atomic<std::uint64_t> drawn_{0};
    Crew<Task, Handled> crew_;  // last: its threads use everything above
};

}  // namespace

Result<DeliveryCounts> deliver(ledger::Ledger& ledger, const PortalCalls& calls,
                               const mapping::MappingSet& mappings, const Sealer& sealer,
                               Clock& clock, Gates& gates, std::span<const Operation> operations,
                               const DeliveryRules& rules, Progress& progress,
                               const std::atomic<bool>& stop) {
    return Delivery(ledger, calls, mappings, sealer, clock, gates, operations, rules, progress,
                    stop)
        .run();
}

}  // namespace dvcsync::sync
