#include "tests/crash/rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tests/crash/exports.h"
#include "tests/crash/inbox.h"
#include "tests/crash/json.h"

namespace crash {
namespace {

constexpr int max_runs = 8;

rapidjson::Document status_of(const Lane& lane) {
    const Ended ended = lane.dvcsync({"status"});
    if (!ended.exited || ended.code != 0)
        throw std::runtime_error("dvcsync status: " + describe(ended) + "\n" + ended.output);
    return parse(ended.output, "dvcsync status");
}

std::uint64_t waiting(const rapidjson::Document& status) {
    std::uint64_t sum = 0;
    for (const auto& kind : status["records"].GetObject())
        sum += number(kind.value, "waiting");
    for (const char* part : {"announced", "received", "waiting", "held"})
        sum += number(status["submissions"], part);
    return sum;
}

// A person's word, not hours of growing pauses: what a citizen's file host could not give is asked
// for again now.
void try_files_again(const Lane& lane, const rapidjson::Document& status) {
    if (number(status["submissions"], "waiting") == 0) return;
    const Ended ended = lane.dvcsync({"submissions", "retry", "--all-matching", "--stage",
                                      "waiting", "--yes", "--reason", "the crash test"});
    if (!ended.exited || ended.code != 0)
        throw std::runtime_error("submissions retry: " + describe(ended) + "\n" + ended.output);
}

// What may come twice is what the portal had answered on and dvcsync did not live to remember.
std::uint64_t check_once_each(const rapidjson::Document& report) {
    const auto& repeated = report["repeated"];
    const auto confirmations = number(repeated, "confirmations_after_answer");
    const auto statuses = number(repeated, "portal_statuses_after_answer");
    // The events of an answer are remembered together.
    if (confirmations > tasks_at_once || statuses > tasks_at_once * most_events)
        throw std::runtime_error("sent again after an answer: " + text_of(repeated));
    const auto& submissions = report["submissions"];
    if (number(submissions, "acknowledged_twice_as_new") != 0)
        throw std::runtime_error("acknowledged twice as new: " + text_of(submissions));
    for (const char* all : {"reached_the_province", "confirmed"})
        if (number(submissions, all) != number(submissions, "filed"))
            throw std::runtime_error(fmt::format("not all {}: {}", all, text_of(submissions)));
    return confirmations + statuses;
}

// records = delivered + refused + parked + waiting + dismissed + held, for every kind.
void check_sums(const rapidjson::Document& status) {
    for (const auto& kind : status["records"].GetObject()) {
        std::uint64_t sum = 0;
        for (const char* part : {"delivered", "refused", "parked", "waiting", "dismissed", "held"})
            sum += number(kind.value, part);
        if (number(kind.value, "read") != sum)
            throw std::runtime_error(fmt::format("{}: the counts do not add up: {}",
                                                 kind.name.GetString(), text_of(kind.value)));
    }
    for (const auto& item : status["items"].GetArray()) {
        const std::string state = item["state"].GetString();
        if ((state == "sending" || state == "in doubt") && number(item, "count") > 0)
            throw std::runtime_error("at rest, but " + text_of(item));
    }
}

// Every dossier that the story ever speaks of: one the portal does not hold says so in a line.
std::string dossiers_of(const Lane& lane) {
    std::string all;
    for (int number = 1; number <= last_dossier; ++number) {
        const std::string code = dossier_code(number);
        std::string line = "not there";
        if (const auto held = lane.dossier_at_portal(code)) {
            auto dossier = parse(*held, "the portal's dossier");
            dossier.RemoveMember("versions");  // how often it was sent, which a crash may change
            line = text_of(dossier);
        }
        all += code + ' ' + line + '\n';
    }
    return all;
}

// The lines of `text`, each with a line feed.
std::string differing_lines(const std::string& expected, const std::string& found) {
    std::string out;
    std::size_t a = 0, b = 0;
    while (a < expected.size() || b < found.size()) {
        const auto one = expected.substr(a, expected.find('\n', a) - a);
        const auto other = found.substr(b, found.find('\n', b) - b);
        if (one != other) out += fmt::format("  expected {}\n  found    {}\n", one, other);
        a += one.size() + 1;
        b += other.size() + 1;
        a = std::min(a, expected.size());
        b = std::min(b, found.size());
    }
    return out;
}

}  // namespace

Rest bring_to_rest(Lane& lane) {
    for (int runs = 0;; ++runs) {
        const Ended ended = lane.dvcsync({"sync", "all"});
        if (!ended.exited || ended.code > 1)
            throw std::runtime_error("dvcsync sync all, run again: " + describe(ended) + "\n" +
                                     ended.output);
        const auto status = status_of(lane);
        if (waiting(status) == 0) {
            if (all_is_in(lane)) break;
            // A supplement comes out once the filing was confirmed; the next run is a minute later.
            lane.set_clock(fmt::format("+{}s", 60 * (runs + 1)));
        }
        try_files_again(lane, status);
        if (runs == max_runs)
            throw std::runtime_error(fmt::format("{} runs, and something still waits: {} {}", runs,
                                                 text_of(status["items"]),
                                                 text_of(status["submissions"])));
    }
    auto status = status_of(lane);
    check_sums(status);
    const Ended checked = lane.dvcsync({"check"});  // 3: a damaged ledger, and more
    if (!checked.exited || checked.code > 1)
        throw std::runtime_error("dvcsync check: " + describe(checked) + "\n" + checked.output);
    auto report = parse(lane.ask_portal("/report?year=2019"), "the portal's report");
    if (number(report, "duplicate_progress_rows_kept") != 0)
        throw std::runtime_error("the portal holds a step twice");
    // A dossier that the portal holds is never sent as new without having asked.
    if (number(report, "resent_without_asking") != 0)
        throw std::runtime_error("a dossier was resent blindly: " + text_of(report));
    Rest rest;
    rest.resent = check_once_each(report);
    for (const auto& violation : report["violations"].GetArray())
        rest.violations.insert(violation["rule"].GetString());
    if (number(report, "older_after_newer") != 0) rest.violations.insert("older after newer");
    // How often something was said, and on which road first, a crash may change.
    report["submissions"].RemoveMember("fetched");
    report["submissions"].RemoveMember("events");
    for (const char* traffic :
         {"calls", "items", "refused", "duplicates_refused", "repeated", "resent_after_answer",
          "older_after_newer", "faults_injected", "violations", "notes"})
        report.RemoveMember(traffic);
    rest.records = lines_of(status["records"]);
    rest.items = lines_of(status["items"]);
    status["submissions"].RemoveMember("duplicates");
    rest.records += "submissions: " + text_of(status["submissions"]) + '\n';
    rest.inbox = inbox_of(lane);
    rest.figures = lines_of(report);
    rest.dossiers = dossiers_of(lane);
    return rest;
}

std::string difference(const Rest& expected, const Rest& found) {
    std::string out = differing_lines(expected.records, found.records) +
                      differing_lines(expected.items, found.items) +
                      differing_lines(expected.figures, found.figures) +
                      differing_lines(expected.dossiers, found.dossiers) +
                      differing_lines(expected.inbox, found.inbox);
    for (const std::string& rule : found.violations)
        if (!expected.violations.contains(rule)) out += "  a rule broken: " + rule + '\n';
    return out;
}

}  // namespace crash
