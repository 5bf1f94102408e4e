#include "tests/crash/rest.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <stdexcept>

#include "tests/crash/exports.h"

namespace crash {
namespace {

constexpr int max_runs = 8;

rapidjson::Document parse(const std::string& json, const std::string& whose) {
    rapidjson::Document document;
    document.Parse(json.c_str(), json.size());
    if (document.HasParseError() || !document.IsObject())
        throw std::runtime_error(whose + " is not JSON: " + json);
    return document;
}

std::string text_of(const rapidjson::Value& value) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

// Each member or element in a line of its own.
std::string lines_of(const rapidjson::Value& value) {
    std::string lines;
    if (value.IsArray())
        for (const auto& element : value.GetArray())
            lines += text_of(element) + '\n';
    else
        for (const auto& member : value.GetObject())
            lines += fmt::format("{}: {}\n", member.name.GetString(), text_of(member.value));
    return lines;
}

std::uint64_t number(const rapidjson::Value& object, const char* name) {
    const auto member = object.FindMember(name);
    if (member == object.MemberEnd() || !member->value.IsUint64())
        throw std::runtime_error(fmt::format("no number {} in {}", name, text_of(object)));
    return member->value.GetUint64();
}

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
    return sum;
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

Rest bring_to_rest(const Lane& lane) {
    for (int runs = 0;; ++runs) {
        const Ended ended = lane.dvcsync({"sync", "all"});
        if (!ended.exited || ended.code > 1)
            throw std::runtime_error("dvcsync sync all, run again: " + describe(ended) + "\n" +
                                     ended.output);
        if (waiting(status_of(lane)) == 0) break;
        if (runs == max_runs)
            throw std::runtime_error(fmt::format("{} runs, and something still waits: {}", runs,
                                                 text_of(status_of(lane)["items"])));
    }
    const auto status = status_of(lane);
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
    for (const auto& violation : report["violations"].GetArray())
        rest.violations.insert(violation["rule"].GetString());
    if (number(report, "older_after_newer") != 0) rest.violations.insert("older after newer");
    // How often something was said, a crash may change.
    for (const char* traffic :
         {"calls", "items", "refused", "duplicates_refused", "repeated", "resent_after_answer",
          "older_after_newer", "faults_injected", "violations", "notes"})
        report.RemoveMember(traffic);
    rest.records = lines_of(status["records"]);
    rest.items = lines_of(status["items"]);
    rest.figures = lines_of(report);
    rest.dossiers = dossiers_of(lane);
    return rest;
}

std::string difference(const Rest& expected, const Rest& found) {
    std::string out = differing_lines(expected.records, found.records) +
                      differing_lines(expected.items, found.items) +
                      differing_lines(expected.figures, found.figures) +
                      differing_lines(expected.dossiers, found.dossiers);
    for (const std::string& rule : found.violations)
        if (!expected.violations.contains(rule)) out += "  a rule broken: " + rule + '\n';
    return out;
}

}  // namespace crash
