#include "connector/sync/deliver.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "connector/base/limits.h"

namespace dvcsync::sync {
namespace {

using ledger::Cause;
using ledger::Claimed;
using ledger::Settlement;
using ledger::State;

// Hands tasks to worker threads and collects what they handled.
class Crew {
  public:
    using Work = std::function<Handled(const Task&)>;

    Crew(int workers, Work work) : work_(std::move(work)) {
        for (int i = 0; i < workers; ++i)
            threads_.emplace_back([this] { loop(); });
    }
    ~Crew() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        wake_.notify_all();
        for (auto& thread : threads_)
            thread.join();
    }
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    void give(Task task) {
        if (threads_.empty()) {
            done_.push_back(work_(task));
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            tasks_.push_back(std::move(task));
            ++open_;
        }
        wake_.notify_one();
    }
    // Tasks not yet handled.
    std::size_t open() {
        const std::lock_guard lock(mutex_);
        return open_;
    }
    // What is handled, waiting for something if nothing is and a task is open.
    std::vector<Handled> collect() {
        std::unique_lock lock(mutex_);
        finished_.wait(lock, [this] { return !done_.empty() || open_ == 0; });
        return std::exchange(done_, {});
    }

  private:
    void loop() {
        for (;;) {
            Task task;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
                if (tasks_.empty()) return;
                task = std::move(tasks_.front());
                tasks_.pop_front();
            }
            Handled handled = work_(task);
            {
                const std::lock_guard lock(mutex_);
                done_.push_back(std::move(handled));
                --open_;
            }
            finished_.notify_one();
        }
    }

    Work work_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable finished_;
    std::deque<Task> tasks_;
    std::vector<Handled> done_;
    std::size_t open_ = 0;
    bool closed_ = false;
    std::vector<std::thread> threads_;
};

class Delivery {
  public:
    Delivery(ledger::Ledger& ledger, const PortalCalls& calls, const mapping::MappingSet& mappings,
             const Sealer& sealer, Clock& clock, std::span<const Operation> operations,
             const DeliveryRules& rules, Progress& progress, const std::atomic<bool>& stop)
        : ledger_(ledger),
          calls_(calls),
          mappings_(mappings),
          sealer_(sealer),
          clock_(clock),
          operations_(operations),
          rules_(rules),
          progress_(progress),
          stop_(stop),
          crew_(rules.workers, [this](const Task& task) {
              return handle(task, calls_, mappings_, sealer_, rules_.call, clock_.now(),
                            rules_.seed ^ (seed_counter_ += 0x9e3779b97f4a7c15ULL));
          }) {}

    Result<DeliveryCounts> run() {
        DVC_TRY(ledger_.recover(clock_.now()).map([](auto) {}));
        DVC_TRY(resolve_doubts());
        DVC_TRY_ASSIGN(total, open_items());
        progress_.begin(rules_.what, total);
        // Calls that are cut off during the run leave doubts of their own; a portal that does this
        // for ever must not hold the run for ever.
        constexpr int rounds = 3;
        for (int round = 0; round < rounds; ++round) {
            const auto doubts = counts_.doubtful;
            DVC_TRY(work());
            if (stop_ || !counts_.stop.empty() || counts_.doubtful == doubts) break;
            DVC_TRY(resolve_doubts());
        }
        progress_.end(counts_.delivered);
        if (stop_ && counts_.stop.empty()) counts_.stop = "stopped on request";
        return counts_;
    }

  private:
    // Claims, calls and settles until nothing is ready and nothing is in hand. What has come back
    // and what goes out next share one durable write; nothing goes out before it is written.
    Status work() {
        const auto give_up_at = clock_.steady() + rules_.patience;
        for (;;) {
            auto handled = crew_.collect();
            for (const auto& one : handled)
                watch(one);
            std::vector<Task> tasks;
            DVC_TRY(ledger_.together([&]() -> Status {
                DVC_TRY(settle(handled));
                if (stop_ || !counts_.stop.empty()) return {};
                return claim(tasks);
            }));
            for (auto& task : tasks)
                crew_.give(std::move(task));
            if (!handled.empty()) progress_.at(counts_.delivered);
            if (!handled.empty() || !tasks.empty() || crew_.open() > 0) continue;
            // Nothing is in hand. Stay a little for items whose time is near.
            if (stop_ || !counts_.stop.empty()) return {};
            DVC_TRY_ASSIGN(waited, wait_for_next(give_up_at));
            if (!waited) return {};
        }
    }

    Result<std::size_t> open_items() {
        DVC_TRY_ASSIGN(rows, ledger_.counts());
        std::size_t total = 0;
        for (const auto& row : rows) {
            const bool ours = std::find(operations_.begin(), operations_.end(), row.operation) !=
                              operations_.end();
            if (!ours || row.state == State::Delivered || row.state == State::Parked) continue;
            total += row.count;
            // Each dossier brings its progress along, which is not in the outbox yet.
            if (row.operation == Operation::PushDossier && rules_.call.progress_follows) {
                total += row.count;
            }
        }
        return total;
    }

    // Fills the crew. Progress goes before new dossiers, so that a dossier's steps follow it soon.
    Status claim(std::vector<Task>& tasks) {
        const auto enough = static_cast<std::size_t>(std::max(rules_.workers, 1)) * 2;
        for (const Operation operation : operations_) {
            const std::size_t open = crew_.open() + tasks.size();
            if (open >= enough) break;
            const auto size = task_size(operation);
            const auto want = std::min(limits::claim_batch, size * (enough - open));
            DVC_TRY_ASSIGN(items, ledger_.claim(operation, want, clock_.now()));
            split(operation, std::move(items), size, tasks);
        }
        return {};
    }

    std::size_t task_size(Operation operation) const {
        const auto batch = static_cast<std::size_t>(std::max(1, calls_.batch(operation)));
        // A dossier has several progress rows, and a batch counts rows.
        constexpr std::size_t usual_rows = 5;
        return operation == Operation::PushProgress ? std::max<std::size_t>(1, batch / usual_rows)
                                                    : batch;
    }

    // Items that go as new and items that go as updates never share a call.
    void split(Operation operation, std::vector<Claimed> items, std::size_t size,
               std::vector<Task>& tasks) {
        for (const bool updating : {false, true}) {
            Task task{operation, updating, {}, {}};
            for (auto& item : items) {
                if (item.known != updating) continue;
                if (operation == Operation::PushProgress) {
                    if (auto node = rows_.extract(item.record); !node.empty()) {
                        task.rows.insert(std::move(node));
                    }
                }
                task.items.push_back(std::move(item));
                if (task.items.size() == size) {
                    tasks.push_back(std::exchange(task, Task{operation, updating, {}, {}}));
                }
            }
            if (!task.items.empty()) tasks.push_back(std::move(task));
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
        for (const auto& one : settlements)
            count(one);
        return ledger_.settle(settlements, clock_.now());
    }

    // Ends the run when calling is of no use any more.
    void watch(const Handled& one) {
        if (!one.stop.empty() && counts_.stop.empty()) counts_.stop = one.stop;
        if (one.reached) {
            unreached_ = 0;
        } else if (one.sent > 0 && ++unreached_ >= rules_.unreachable_limit &&
                   counts_.stop.empty()) {
            counts_.stop = one.settlements.empty() ? "the portal cannot be reached"
                                                   : one.settlements.front().reason;
        }
    }

    void count(const Settlement& one) {
        switch (one.state) {
            case State::Delivered:
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
                break;
        }
    }

    Result<bool> wait_for_next(std::chrono::nanoseconds give_up_at) {
        std::optional<UtcTime> next;
        for (const Operation operation : operations_) {
            DVC_TRY_ASSIGN(due, ledger_.next_due(operation));
            if (due && (!next || *due < *next)) next = due;
        }
        if (!next) return false;
        const auto wait = std::max(Millis{1}, *next - clock_.now());
        if (clock_.steady() + wait > give_up_at) return false;
        // In short pieces, so that a stop request is heard.
        for (Millis left = wait; left > Millis{0} && !stop_; left -= Millis{200}) {
            clock_.sleep(std::min(left, Millis{200}));
        }
        return !stop_;
    }

    Status resolve_doubts() {
        for (const Operation operation : operations_) {
            for (;;) {
                DVC_TRY_ASSIGN(items, ledger_.doubtful(operation, limits::claim_batch));
                if (items.empty()) break;
                std::vector<Settlement> settlements;
                for (const auto& item : items) {
                    auto settlement = resolve(item);
                    if (!settlement) {  // the portal cannot be asked now: the rest stays in doubt
                        counts_.stop = settlement.error().message;
                        break;
                    }
                    settlements.push_back(*std::move(settlement));
                }
                DVC_TRY(ledger_.settle(settlements, clock_.now()));
                if (!counts_.stop.empty()) return {};
            }
        }
        return {};
    }

    Result<Settlement> resolve(const Claimed& item) {
        Settlement settlement;
        settlement.item = item.item;
        settlement.version = item.version;
        settlement.state = State::Ready;
        settlement.called = false;
        if (item.operation == Operation::PushDossier && calls_.can_ask) {
            auto known = calls_.knows(item.code);
            if (!known) return tl::make_unexpected(known.error());
            // Either way the same document may go again: as an update it replaces itself.
            settlement.known = *known;
        } else if (!calls_.repeatable(item.operation)) {
            settlement.state = State::Parked;
            settlement.cause = Cause::Portal;
            settlement.code = "in doubt";
            settlement.reason =
                "a call was cut off, and the portal can neither be asked what it kept nor be sent "
                "the same again (doubt in the profile): compare with what the portal shows";
        }
        return settlement;
    }

    ledger::Ledger& ledger_;
    const PortalCalls& calls_;
    const mapping::MappingSet& mappings_;
    const Sealer& sealer_;
    Clock& clock_;
    std::span<const Operation> operations_;
    const DeliveryRules& rules_;
    Progress& progress_;
    const std::atomic<bool>& stop_;
    DeliveryCounts counts_;
    std::unordered_map<std::int64_t, Rows> rows_;  // of dossiers whose progress is not claimed yet
    int unreached_ = 0;
    std::atomic<std::uint64_t> seed_counter_{0};
    Crew crew_;  // last: its threads use everything above
};

}  // namespace

Result<DeliveryCounts> deliver(ledger::Ledger& ledger, const PortalCalls& calls,
                               const mapping::MappingSet& mappings, const Sealer& sealer,
                               Clock& clock, std::span<const Operation> operations,
                               const DeliveryRules& rules, Progress& progress,
                               const std::atomic<bool>& stop) {
    return Delivery(ledger, calls, mappings, sealer, clock, operations, rules, progress, stop)
        .run();
}

}  // namespace dvcsync::sync
