// Runs of the real sync core, and what cuts them off.
#include <algorithm>

#include "connector/base/points.h"
#include "tests/simulation/watched.h"
#include "tests/simulation/world.h"

namespace dvcsync::simulation {
namespace {

class Silent final : public sync::Progress {
  public:
    void begin(std::string_view, std::size_t) override {}
    void at(std::size_t) override {}
    void end(std::size_t) override {}
};

// The product's named points as places to die at: a plain function is called there, so what it
// needs stands here.
struct Deadline {
    Disk* disk = nullptr;
    Log* log = nullptr;
    std::atomic<int> points_left{0};
    bool power = false;
    std::function<void()> visit;  // whatever else happens between any two steps
} deadline;

void at_point(Point point) {
    if (deadline.points_left == 0 || --deadline.points_left != 0) {
        if (deadline.visit && !deadline.disk->current()->dead) deadline.visit();
        return;
    }
    deadline.log->say("  {} at {}", deadline.power ? "power fails" : "killed", to_string(point));
    if (deadline.power) {
        deadline.disk->fail_power();
    } else {
        deadline.disk->kill_current();
    }
}

}  // namespace

void World::plan_trouble() {
    const auto some_access = [&] { return rng_.below(usual_accesses_ + usual_accesses_ / 4 + 1); };
    if (rng_.chance(traits_.crash)) {
        troubled_ = true;
        const bool power = rng_.chance(0.5);
        if (rng_.chance(0.5)) {
            disk_.plan_crash(some_access(), power);
        } else {
            deadline.power = power;
            deadline.points_left = rng_.between(1, 180);
        }
    }
    if (rng_.chance(traits_.disk_trouble)) {
        troubled_ = true;
        ++tale_.disk_troubles;
        const auto trouble = static_cast<Trouble>(
            rng_.between(static_cast<int>(Trouble::Full), static_cast<int>(Trouble::Slow)));
        disk_.plan_trouble(trouble, some_access(),
                           rng_.chance(0.5) ? 1 + rng_.below(5) : usual_accesses_ * 2);
        log_.say("the disk will be in trouble: {}", to_string(trouble));
    }
}

bool World::run(const Trip& trip) {
    ++tale_.runs;
    const auto process = std::make_shared<Process>();
    disk_.enter(process);
    troubled_ = province_.source_fails;
    taken_over_ = jumped_ = false;
    deadline.disk = &disk_;
    deadline.log = &log_;
    deadline.points_left = 0;
    if (trip.trouble) plan_trouble();
    deadline.visit = nullptr;
    if (options_.workers == 0) {
        deadline.visit = [this] {
            if (inbound_rng_.chance(0.01)) knock();
        };
    }
    set_point_hook(at_point);
    log_.say("run: {}{}", sync::to_string(trip.job), trip.other_host ? " on the other host" : "");
    const auto before = disk_.accesses();
    const bool done = run_inside(trip, *process);
    usual_accesses_ = std::max<std::uint64_t>(20, disk_.accesses() - before);
    set_point_hook(nullptr);
    disk_.forget_plans();
    portal_.ended();
    if (!done) ++tale_.failed_runs;
    if (process->dead) after_death();
    return done;
}

bool World::run_inside(const Trip& trip, Process& process) {
    auto opened = ledger::open_sqlite(file_, stage_.sealer.key_id());
    if (!opened) {
        judge_error(opened.error(), process);
        return false;
    }
    ledger::WatchedLedger ledger(*std::move(opened), portal_, log_);
    auto recorder = stage_.recorder(ledger, clock_);
    portal_.exchanges = &recorder->exchanges();
    Silent progress;
    const auto calls = portal_.calls();
    const auto open_source = [this](const std::string& position) {
        return province_.open(position);
    };
    sync::RunOrder order;
    order.job = trip.job;
    order.who.host = trip.other_host ? "there" : "here";
    order.who.owner = fmt::format("{}-{}", order.who.host, ++owners_);
    order.who.process = owners_;
    order.owner_is_gone = !trip.other_host && !company_;
    sync::Inbound inbound{citizens_.questions(), files_.gathering(), room_.open(owners_)};
    const sync::Parts parts{ledger, stage_.sealer, *mappings_, calls,   open_source,
                            clock_, progress,      stop_,      &inbound};
    sync::RunRules rules;
    rules.delivery.workers = options_.workers;
    rules.delivery.call.max_attempts = traits_.max_attempts;
    rules.delivery.seed = rng_.next();
    rules.pull.workers = options_.workers;
    rules.pull.seed = inbound_rng_.next();
    if (!resting_ && inbound_rng_.chance(0.4))
        rules.pull.time_for_files = Millis{inbound_rng_.between(0, 300)};
    rules.resync_chunk = static_cast<std::size_t>(rng_.between(1, 5));
    const auto report = sync::run(parts, order, rules);
    portal_.exchanges = nullptr;
    if (company_ && ledger.acquired()) taken_over_ = true;
    if (!report) {
        judge_error(report.error(), process);
        return false;
    }
    if (report->busy) {
        log_.say("  turned away");
        ++tale_.turned_away;
        if (report->busy->host == order.who.host && order.owner_is_gone)
            log_.violated(Invariant::Sound, "a run was turned away though nobody else is running");
        return false;
    }
    log_.say(
        "  done: {} read, {} delivered, {} refused, {} parked, {} waiting, {} in doubt, {} "
        "recovered, {} resent{}{}",
        report->intake.read, report->delivery.delivered, report->delivery.refused,
        report->delivery.parked, report->delivery.waiting, report->delivery.doubtful,
        report->recovered, report->resent,
        report->delivery.stop.empty() ? "" : "; stopped: ", report->delivery.stop);
    if (taken_over_ && !company_) {
        log_.violated(Invariant::OneInFlight,
                      "a run went on to its end after another had taken its lease");
    }
    return true;
}

// Errors that nothing has called for are bugs; some are bugs whatever has happened.
void World::judge_error(const Error& error, const Process& process) {
    log_.say("  failed: {} ({})", error.message, to_string(error.kind));
    if (process.dead) return;
    const bool never = error.kind == ErrorKind::Bug || error.kind == ErrorKind::Corrupt ||
                       error.kind == ErrorKind::InDoubt || error.kind == ErrorKind::Refused;
    if (never || (!troubled_ && !taken_over_ && !company_)) {
        log_.violated(Invariant::Sound,
                      fmt::format("a run failed: {}: {}", to_string(error.kind), error.message));
    }
}

void World::after_death() {
    if (disk_.power_failed()) {
        ++tale_.power_cuts;
        log_.say("  the power was cut");
        service_.reset();
        disk_.restore_power();
    } else {
        ++tale_.kills;
        log_.say("  killed");
    }
    disk_.enter(std::make_shared<Process>());
    auto opened = ledger::open_sqlite(file_, stage_.sealer.key_id());
    const Status sound = opened ? (*opened)->verify() : Status(tl::make_unexpected(opened.error()));
    if (!sound) {
        log_.violated(Invariant::Sound, fmt::format("after a crash: {}", sound.error().message));
    }
}

// In the middle of a call: the world does not wait.
void World::meanwhile() {
    if (company_ || !rng_.chance(traits_.company)) return;
    company_ = true;
    const auto process = disk_.current();
    const bool troubled = std::exchange(troubled_, false);
    const int points = deadline.points_left.exchange(0);
    const double kind = rng_.unit();
    if (kind < 0.3) {
        act();
    } else if (kind < 0.5) {
        jump();
        jumped_ = true;
    } else if (!jumped_) {
        // Hosts that share a ledger must agree on the time: with a clock that jumps by more than a
        // lease lasts, only the lock file of one host would keep the other away.
        compete(kind < 0.75);
    }
    deadline.points_left = points;
    troubled_ = troubled;
    disk_.enter(process);
    company_ = false;
}

// Another host begins a run. While the lease is held it must be turned away; when the run that
// holds it has been stopped for longer than that, the other takes over, and the first must find
// out.
void World::compete(bool stalled) {
    Trip trip;
    trip.other_host = true;
    if (stalled) {
        log_.say("  [this run is stopped in its tracks for ten minutes]");
        clock_.sleep(Millis{600'000});
    }
    disk_.enter(std::make_shared<Process>());
    log_.say("  [another run comes");
    const auto process = disk_.current();
    const bool before = std::exchange(taken_over_, false);
    run_inside(trip, *process);
    portal_.ended();
    log_.say("   and goes]");
    const bool now = std::exchange(taken_over_, before || taken_over_);
    if (!now) return;
    ++tale_.takeovers;
    if (!stalled && !before)
        log_.violated(Invariant::OneInFlight, "two runs had the lease at once");
}

}  // namespace dvcsync::simulation
