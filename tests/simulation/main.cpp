// dvc-simulate: the sync core through years of trouble, a seed at a time. See README.md.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <vector>

#include "tests/simulation/world.h"

namespace {

using namespace dvcsync;
using namespace dvcsync::simulation;

struct Order {
    std::uint64_t from = 1;
    std::uint64_t to = 200;
    int jobs = 1;
    int keep_going = 1;  // failures after which a process stops
    WorldOptions world;
};

// What one process has found.
struct Findings {
    std::uint64_t seeds = 0;
    std::uint64_t failed = 0;
    Tale tale;
};

void play_one(const Stage& stage, std::uint64_t seed, const Order& order, Findings& findings) {
    World world(stage, seed, order.world);
    const auto violation = world.play();
    ++findings.seeds;
    findings.tale.add(world.tale());
    if (!violation) return;
    ++findings.failed;
    fmt::print("FAILED seed {}: invariant ({}): {}\n  replay: dvc-simulate --seed {} --verbose\n",
               seed, static_cast<char>(violation->invariant), violation->what, seed);
    std::fflush(stdout);
}

Findings play(const Stage& stage, const Order& order, int job) {
    Findings findings;
    for (std::uint64_t seed = order.from + static_cast<std::uint64_t>(job); seed <= order.to;
         seed += static_cast<std::uint64_t>(order.jobs)) {
        play_one(stage, seed, order, findings);
        if (findings.failed >= static_cast<std::uint64_t>(order.keep_going)) break;
    }
    return findings;
}

// A process a job: each has a disk of its own under SQLite, which knows only one.
bool play_all(const Stage& stage, const Order& order, Findings& sum) {
    struct Child {
        pid_t id;
        int from;
    };
    std::vector<Child> children;
    for (int job = 0; job < order.jobs; ++job) {
        int ends[2];
        if (::pipe(ends) != 0) return false;
        const pid_t id = ::fork();
        if (id < 0) return false;
        if (id == 0) {
            const Findings findings = play(stage, order, job);
            const bool told = ::write(ends[1], &findings, sizeof findings) == sizeof findings;
            std::fflush(stdout);
            ::_exit(told ? 0 : 1);
        }
        ::close(ends[1]);
        children.push_back({id, ends[0]});
    }
    bool all = true;
    for (const Child& child : children) {
        Findings findings;
        all = ::read(child.from, &findings, sizeof findings) == sizeof findings && all;
        ::close(child.from);
        int status = 0;
        ::waitpid(child.id, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) all = false;
        sum.seeds += findings.seeds;
        sum.failed += findings.failed;
        sum.tale.add(findings.tale);
    }
    if (!all) fmt::print("FAILED: a process has ended before its seeds\n");
    return all;
}

void report(const Findings& findings, double seconds) {
    const Tale& t = findings.tale;
    fmt::print("{} seeds, {} failed, {:.1f} s\n", findings.seeds, findings.failed, seconds);
    fmt::print(
        "{} runs ({} ended with an error), {} kills, {} power cuts, {} disk troubles, {} "
        "clock jumps,\n{} takeovers, {} runs turned away, {} acts of people, {} calls to "
        "the portal, {} steps repeated after a doubt, {} records checked\n",
        t.runs, t.failed_runs, t.kills, t.power_cuts, t.disk_troubles, t.clock_jumps, t.takeovers,
        t.turned_away, t.acts, t.calls, t.repeated_steps, t.records);
    fmt::print(
        "{} submissions filed, {} callbacks ({} answered as duplicates), {} handed to the "
        "province, {} statuses told\n",
        t.filed, t.callbacks, t.duplicates, t.handed, t.statuses);
}

std::optional<Order> order_of(int argc, char** argv, int& status) {
    Order order;
    std::string seeds = "1-200";
    std::uint64_t seed = 0;
    CLI::App app{
        "Drives the real sync core through simulated trouble; exit 1: an invariant broke."};
    app.add_option("--seeds", seeds, "FROM-TO, both included")->capture_default_str();
    app.add_option("--seed", seed, "one seed only");
    app.add_option("--jobs", order.jobs, "processes")->check(CLI::Range(1, 64));
    app.add_option("--failures", order.keep_going, "a process stops after so many")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--workers", order.world.workers,
                   "delivery threads; with any, a seed does not replay exactly")
        ->check(CLI::Range(0, 16));
    app.add_flag("--verbose", order.world.verbose, "tell everything that happens");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        status = app.exit(error) == 0 ? 0 : 2;
        return std::nullopt;
    }
    if (seed != 0) {
        order.from = order.to = seed;
    } else if (std::sscanf(seeds.c_str(), "%lu-%lu", &order.from, &order.to) != 2) {
        fmt::print(stderr, "--seeds {}: write it like 1-200\n", seeds);
        status = 2;
        return std::nullopt;
    }
    return order;
}

}  // namespace

int main(int argc, char** argv) {
    int status = 0;
    const auto order = order_of(argc, argv, status);
    if (!order) return status;
    const auto stage = Stage::set();
    if (!stage) {
        fmt::print(stderr, "{}\n", stage.error().message);
        return 2;
    }
    const auto began = std::chrono::steady_clock::now();
    Findings findings;
    bool whole = true;
    if (order->jobs == 1) {
        findings = play(**stage, *order, 0);
    } else {
        std::fflush(stdout);
        whole = play_all(**stage, *order, findings);
    }
    report(findings,
           std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    return whole && findings.failed == 0 ? 0 : 1;
}
