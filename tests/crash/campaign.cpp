#include "tests/crash/campaign.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "connector/base/points.h"
#include "tests/crash/inbox.h"
#include "tests/crash/rest.h"
#include "tests/crash/story.h"

namespace crash {
namespace {

// A run that does not come to its point is tried again so often.
constexpr int most_tries = 8;

// A kill to be carried out.
struct Kill {
    std::size_t scene = 0;
    std::string point;
    long occurrence = 1;
};

struct Rehearsed {
    std::map<std::string, long> reached;  // by point: how often, in a run that was not cut off
    Rest rest;
};

std::filesystem::path snapshot(const Options& options, std::size_t scene) {
    return options.programs.work / fmt::format("scene-{}", scene);
}

// The command of the scene while citizens file and the portal makes its faults.
Ended command_of(Lane& lane, const Scene& scene, const std::string& environment) {
    lane.set_clock(scene.fast ? "+0 x100" : "");
    lane.set_faults(scene.faults);
    const auto file = [&] {
        if (!scene.citizens.empty()) lane.file(scene.citizens);
    };
    Ended ended;
    if (scene.command == serve) {
        ended = lane.serve(environment, file, [&lane] { return all_is_in(lane); });
    } else {
        file();
        ended = lane.dvcsync_crash(scene.command, environment);
    }
    lane.set_faults("");
    return ended;
}

// What a person does whose command was cut off, too.
void command_again(const Lane& lane, const Scene& scene) {
    const Ended ended = scene.command == serve ? lane.serve(
                                                     "", [] {}, [&lane] { return all_is_in(lane); })
                                               : lane.dvcsync(scene.command);
    if (!ended.exited || ended.code > 1)
        throw std::runtime_error("the command, run again: " + describe(ended) + "\n" +
                                 ended.output);
}

// One scene that is not cut off.
Rehearsed play(const Options& options, Lane& lane, const Scene& scene,
               const std::filesystem::path& saved) try {
    const auto counts = options.programs.work / "counts";
    scene.prepare(lane);
    lane.save(saved);
    const Ended ended = command_of(lane, scene, "DVC_CRASH_COUNT=" + counts.string());
    if (!ended.exited || (ended.code > 1 && scene.faults.empty()))
        throw std::runtime_error(describe(ended) + "\n" + ended.output);
    Rehearsed rehearsed;
    std::istringstream lines(read_text(counts));
    for (std::string name, times; std::getline(lines, name, '\t') && std::getline(lines, times);)
        rehearsed.reached[name] = std::stol(times);
    rehearsed.rest = bring_to_rest(lane);
    if (rehearsed.rest.resent > 0)
        throw std::runtime_error("confirmations or statuses went out twice, and nothing crashed");
    lane.set_clock("");
    return rehearsed;
} catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("scene \"{}\": {}", scene.name, error.what()));
}

std::vector<Rehearsed> rehearse(const Options& options) {
    std::vector<Rehearsed> all;
    Lane lane(options.programs, "rehearsal");
    for (const Scene& scene : story()) {
        all.push_back(play(options, lane, scene, snapshot(options, all.size())));
        fmt::print("  scene {:<32} {:>3} points passed\n", scene.name, all.back().reached.size());
    }
    return all;
}

// A submission passes few points, on more roads than one.
bool of_submissions(std::string_view point) {
    const auto& texts = dvcsync::point_texts();
    const auto first = static_cast<std::size_t>(dvcsync::Point::AnnouncedWritten);
    return std::any_of(texts.begin() + static_cast<std::ptrdiff_t>(first), texts.end(),
                       [&](const auto& text) { return text.name == point; });
}

// For each point the first time that it is passed, and another one; of submissions: the first time
// in every scene.
std::vector<Kill> plan(const Options& options, const std::vector<Rehearsed>& scenes,
                       std::vector<std::string>& never) {
    std::mt19937 random(options.seed);
    std::vector<Kill> kills;
    for (const auto& text : dvcsync::point_texts()) {
        const std::string point(text.name);
        if (!options.only.empty() && point.find(options.only) == std::string::npos) continue;
        std::vector<Kill> possible;
        for (std::size_t scene = 0; scene < scenes.size(); ++scene) {
            const auto found = scenes[scene].reached.find(point);
            const long times = found == scenes[scene].reached.end() ? 0 : found->second;
            for (long at = 1; at <= times; ++at)
                possible.push_back({scene, point, at});
        }
        if (possible.empty()) {
            never.push_back(point);
        } else if (options.every > 0) {
            std::copy_if(possible.begin(), possible.end(), std::back_inserter(kills),
                         [&](const Kill& kill) { return kill.occurrence <= options.every; });
        } else {
            for (const Kill& kill : possible)
                if (kill.occurrence == 1 && (&kill == &possible.front() || of_submissions(point)))
                    kills.push_back(kill);
            if (possible.size() > 1 && !of_submissions(point))
                kills.push_back(possible[1 + random() % (possible.size() - 1)]);
        }
    }
    return kills;
}

// "" or what went wrong. `reached` is false if the process passed the point less often than in the
// rehearsal, because its threads ran in another order.
std::string carry_out(const Options& options, Lane& lane, const Kill& kill, const Rest& expected,
                      bool& reached) try {
    const Scene& scene = story()[kill.scene];
    lane.restore(snapshot(options, kill.scene));
    const Ended ended =
        command_of(lane, scene, fmt::format("DVC_CRASH_AT={}#{}", kill.point, kill.occurrence));
    reached = ended.signal == SIGKILL && !ended.timed_out;
    if (!reached) return "not reached: " + describe(ended) + "\n" + ended.output;
    command_again(lane, scene);
    return difference(expected, bring_to_rest(lane));
} catch (const std::exception& error) {
    return error.what();
}

class Session {
  public:
    Session(const Options& options, const std::vector<Rehearsed>& scenes, std::vector<Kill> kills)
        : options_(options), scenes_(scenes), kills_(std::move(kills)) {}

    void run() {
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < options_.lanes; ++i)
            threads.emplace_back([this, i] { work(fmt::format("lane-{}", i)); });
        for (auto& thread : threads)
            thread.join();
    }
    std::size_t killed() const { return killed_; }
    std::size_t recovered() const { return recovered_; }

  private:
    void work(const std::string& name) try {
        Lane lane(options_.programs, name);
        for (std::size_t i; (i = next_++) < kills_.size();) {
            Kill kill = kills_[i];
            const Rest& expected = scenes_[kill.scene].rest;
            bool reached = false;
            std::string fault = carry_out(options_, lane, kill, expected, reached);
            // Threads ran in another order, or faults that fall by chance fell elsewhere.
            for (int again = 0; !reached && again < most_tries; ++again) {
                kill.occurrence = std::max(1L, kill.occurrence / 2);
                fault = carry_out(options_, lane, kill, expected, reached);
            }
            if (reached) ++killed_;
            if (fault.empty()) {
                ++recovered_;
            } else {
                tell(fmt::format("FAILED  {}#{} in scene \"{}\":\n{}", kill.point, kill.occurrence,
                                 story()[kill.scene].name, fault));
            }
        }
    } catch (const std::exception& error) {
        tell(fmt::format("FAILED  {}: {}", name, error.what()));
    }

    void tell(const std::string& line) {
        const std::lock_guard lock(mutex_);
        fmt::print("{}\n", line);
        std::fflush(stdout);
    }

    const Options& options_;
    const std::vector<Rehearsed>& scenes_;
    std::vector<Kill> kills_;
    std::atomic<std::size_t> next_{0}, killed_{0}, recovered_{0};
    std::mutex mutex_;
};

}  // namespace

bool kill_everywhere(const Options& options) {
    make_base(options.programs);
    const auto scenes = rehearse(options);
    std::vector<std::string> never;
    const auto kills = plan(options, scenes, never);
    for (const auto& point : never)
        fmt::print("FAILED  {}: never reached\n", point);
    Session session(options, scenes, kills);
    session.run();
    fmt::print("{} points, {} kills, {} recovered (seed {})\n", dvcsync::point_count,
               session.killed(), session.recovered(), options.seed);
    return never.empty() && !kills.empty() && session.recovered() == kills.size();
}

}  // namespace crash
