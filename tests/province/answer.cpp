#include "tests/province/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <vector>

#include "connector/base/crypto.h"
#include "tests/province/dossier_xml.h"
#include "tests/province/export_file.h"
#include "tests/province/taken.h"
#include "tests/province/xml_writer.h"

namespace dvcsync::year {

namespace {

namespace fs = std::filesystem;

constexpr Moment usual_wait = 3'600;  // from filing to the counter's answer
constexpr std::uint64_t desk = 1;     // role of People::official
constexpr int max_files_a_day = 599;

struct AnswerEvent {
    std::uint64_t id = 0;
    std::string_view status;
    Moment at = never;
    std::string person;
    std::string_view content;
    bool result = false;  // carries the dossier's result
};

struct Answer {
    std::string code;  // the province's; "" while there is none
    std::vector<AnswerEvent> events;
    ResultFile result;
};

// What the portal is told of a step; "": nothing, it knows.
std::string_view told(std::string_view status) {
    if (status == "registered") return "";
    if (status == "received") return "accepted";
    if (status == "supplementing") return "supplement";
    return status;
}

class OneStop {
  public:
    OneStop(const World& world, const AnswerOptions& options, const Year& year)
        : world_(world), options_(options), year_(year) {
        Life life;
        for (const Job& job : year.jobs) {
            if (job.portal_serial == 0) continue;
            live(options.seed, job, world, year.catalogue, life);
            jobs_.emplace(portal_code(job, life), &job);
        }
    }

    Answer answer(const std::vector<Taken>& revisions) {
        const auto job = jobs_.find(revisions.front().code);
        return job == jobs_.end() ? decide(revisions) : live_on(*job->second);
    }

  private:
    Answer live_on(const Job& job) {
        Answer answer;
        live(options_.seed, job, world_, year_.catalogue, life_);
        const Moment until = end_of(options_.until);
        bool with_result = false;
        for (std::size_t i = 0; i < life_.steps.size(); ++i) {
            const Step& step = life_.steps[i];
            const auto status = told(step.status);
            if (step.at > until || status.empty()) continue;
            // Whichever comes first: an event that was told stays as it was.
            const bool result = !with_result && (status == "finished" || status == "returned");
            with_result = with_result || result;
            answer.events.push_back({i + 1, status, step.at, step.person, step.content, result});
        }
        if (!answer.events.empty()) answer.code = dossier_code(job, world_.agencies);
        answer.result = result_file(job, world_, year_.catalogue);
        return answer;
    }

    // Each revision may bring one event, in the order in which they came.
    Answer decide(const std::vector<Taken>& revisions) {
        Answer answer;
        if (revisions.front().kind != "filing" && revisions.front().kind != "supplement")
            return answer;
        const Digest digest = sha256(revisions.front().code);
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < sizeof number; ++i)
            number = number << 8 | digest[i];
        const double at = Rng(options_.seed, number).unit();
        std::string_view state;
        for (const Taken& taken : revisions) {
            std::string_view next;
            if (state.empty())
                next = at < options_.refuse                         ? "refused"
                       : at < options_.refuse + options_.supplement ? "supplement"
                                                                    : "accepted";
            else if (taken.kind == "supplement" && state != "refused" && state != "withdrawn")
                next = state == "supplement" ? "accepted" : "processing";
            else if (taken.kind == "withdrawal" && !answer.code.empty() && state != "withdrawn")
                next = "withdrawn";
            if (next.empty()) continue;
            state = next;
            if (answer.code.empty() && state == "accepted")
                answer.code =
                    fmt::format("{}-{}", revisions.front().agency, hex(digest).substr(0, 12));
            Moment when = taken.filed + usual_wait;
            if (!answer.events.empty()) when = std::max(when, answer.events.back().at + 60);
            answer.events.push_back({answer.events.size() + 1, state, when,
                                     world_.people.official(0, desk, 0), content(state), false});
        }
        return answer;
    }

    std::string_view content(std::string_view status) const {
        return world_.phrases.first(status == "accepted"     ? "step-received"
                                    : status == "refused"    ? "step-rejected"
                                    : status == "supplement" ? "reason-supplement"
                                    : status == "withdrawn"  ? "step-withdrawn"
                                                             : "step-processing");
    }

    const World& world_;
    const AnswerOptions& options_;
    const Year& year_;
    std::unordered_map<std::string, const Job*> jobs_;
    Life life_;
};

void write(std::string& out, const Taken& taken, const Answer& answer) {
    XmlWriter xml(out);
    xml.open("answer");
    xml.text("portal-code", taken.code);
    xml.text("code", answer.code);
    xml.text("agency", taken.agency);
    xml.text("agency-name", taken.agency_name);
    xml.text("procedure", taken.procedure);
    xml.text("account", taken.account);
    xml.open("events");
    for (const AnswerEvent& event : answer.events) {
        xml.open("event");
        xml.number("id", static_cast<std::int64_t>(event.id));
        xml.plain("status", event.status);
        xml.at("at", event.at);
        xml.text("person", event.person);
        xml.text("content", event.content);
        if (event.result) {
            xml.open("files");
            xml.open("file");
            xml.plain("id", answer.result.id);
            xml.text("name", answer.result.name);
            xml.plain("component-code", answer.result.component);
            xml.plain("url", answer.result.url);
            xml.plain("deleted", "no");
            xml.close("file");
            xml.close("files");
        }
        xml.close("event");
    }
    xml.close("events");
    xml.close("answer");
}

// The next free number of the day's files, whether the connector has read them or not.
Result<int> next_number(const fs::path& drop, const std::string& prefix) {
    int last = 0;
    for (const char* part : {"in", "done", "rejected"}) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(drop / part, error)) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with(prefix))
                last = std::max(last, std::atoi(name.c_str() + prefix.size()));
        }
        if (error && part == std::string_view("in"))
            return fail(ErrorKind::Config, "cannot list " + (drop / part).string());
    }
    if (last >= max_files_a_day)
        return fail(ErrorKind::Config, "too many " + prefix + "*.xml in " + drop.string());
    return last + 1;
}

}  // namespace

std::string as_json(const AnswerSummary& s) {
    return fmt::format(
        "{{\"submissions\":{},\"revisions\":{},\"files\":{},\"answered\":{},\"events\":{}}}",
        s.submissions, s.revisions, s.files, s.answered, s.events);
}

Result<AnswerSummary> answer(const World& world, const AnswerOptions& options) {
    DVC_TRY_ASSIGN(year, draw_year(options.seed, options.dossiers, options.procedures, world));
    DVC_TRY(take_submissions(options.inbox));
    DVC_TRY_ASSIGN(all, taken_submissions(options.inbox));
    const std::string prefix = fmt::format("answers-{}-", iso_date(date_of(options.until)));
    DVC_TRY_ASSIGN(number, next_number(options.drop, prefix));
    OneStop product(world, options, year);
    AnswerSummary summary;
    std::string records;
    for (const auto& [code, revisions] : all) {
        ++summary.submissions;
        summary.revisions += revisions.size();
        for (const Taken& taken : revisions)
            summary.files += taken.files;
        const Answer told = product.answer(revisions);
        if (told.events.empty()) continue;
        write(records, revisions.front(), told);
        ++summary.answered;
        summary.events += told.events.size();
    }
    if (records.empty()) return summary;
    // A later file of the same day was made later: what it tells counts.
    ExportFile file(options.drop / "in", fmt::format("{}{:03d}.xml", prefix, number),
                    exported(options.until) + number, options.shape);
    file.text += records;
    DVC_TRY(file.finish().map([](std::uint64_t) {}));
    summary.file = file.name();
    return summary;
}

}  // namespace dvcsync::year
