#include "tests/simulation/clerks.h"

#include <algorithm>

namespace dvcsync::simulation {
namespace {

std::string moment(LocalTime at) {
    static const auto form = *TimeFormat::compile("dd/MM/yyyy HH:mm:ss");
    return form.format(at);
}

}  // namespace

std::string xml_of(const AnswerText& text) {
    std::string events;
    for (const auto& event : text.events) {
        events += fmt::format(
            "<event><id>{0}-{1}</id><status>{2}</status><at>{3}</at><person>Clerk</person>"
            "<content>event {1}{4}</content><files/></event>",
            text.portal_code, event.number, event.status, moment(event.at),
            event.number == text.refused_event ? fmt::format(" {}", refused_words) : "");
    }
    return fmt::format(
        "<answer><portal-code>{}</portal-code><code>{}</code><agency>000.00.01.H22</agency>"
        "<agency-name>Agency</agency-name><procedure>1.005129</procedure><account/>"
        "<events>{}</events></answer>",
        text.portal_code, text.local_code, events);
}

LocalTime Clerks::time() {
    constexpr auto begin = std::chrono::local_days{std::chrono::year{2019} / 5 / 1};
    clock_.sleep(Millis{1'000});  // no two events in one second
    return begin + std::chrono::floor<std::chrono::seconds>(clock_.steady());
}

void Clerks::add_event(Case& one) {
    AnswerText& answer = one.answer;
    const auto any = [&answer](std::string_view status) {
        return std::any_of(answer.events.begin(), answer.events.end(),
                           [&](const auto& event) { return event.status == status; });
    };
    std::string status;
    const auto latest =
        std::find_if(room_.entries().rbegin(), room_.entries().rend(),
                     [&](const auto& entry) { return entry.first.first == answer.portal_code; });
    const bool withdrawn = latest != room_.entries().rend() && latest->second.kind == "withdrawal";
    const double kind = rng_.unit();
    if (!any("accepted")) {
        status = kind < 0.6 ? "accepted" : kind < 0.8 ? "supplement" : "refused";
    } else if (withdrawn) {
        status = "withdrawn";
    } else {
        status = kind < 0.2   ? "supplement"
                 : kind < 0.6 ? "processing"
                 : kind < 0.7 ? "awaiting-payment"
                              : "finished";
    }
    one.closed = status == "refused" || status == "withdrawn" || status == "finished";
    if (status == "accepted") {
        answer.local_code = fmt::format("000.00.01.H22-190430-{}", answer.portal_code.substr(7));
        one.dossier.code = answer.local_code;
        one.dossier.agency = "000.00.01.H22";
        one.dossier.portal_code = one.tells ? answer.portal_code : "";
        born_.insert(answer.local_code);
    }
    const int number = static_cast<int>(answer.events.size()) + 1;
    if (refused_ && answer.refused_event == 0 && rng_.chance(0.05)) answer.refused_event = number;
    answer.events.push_back({number, status, time()});
    log_.say("clerks: {} is {}{}", answer.portal_code, status,
             answer.refused_event == number ? ", which the portal will refuse" : "");
}

// A dossier that does not say itself where it was born comes after the answer that says so.
void Clerks::say(Case& one) {
    const AnswerText& answer = one.answer;
    Version version{"answer", answer.portal_code, xml_of(answer),
                    static_cast<int>(answer.events.size())};
    version.fate = answer.refused_event == 0 ? Fate::Delivered : Fate::StepRefused;
    version.steps = answer.events.size();
    version.refused_step = static_cast<std::size_t>(answer.refused_event);
    province_.add(std::move(version));
    if (answer.local_code.empty()) return;
    ++one.dossier.mark;
    one.dossier.status = one.closed ? "finished" : "processing";
    if (one.dossier.steps.size() < answer.events.size())
        one.dossier.steps.push_back(static_cast<int>(one.dossier.steps.size()) + 1);
    province_.add({"dossier", one.dossier.code, xml_of(one.dossier), one.dossier.mark, Fate::Held,
                   one.dossier.steps.size(), 0});
}

void Clerks::work() {
    for (const auto& [name, entry] : room_.entries()) {
        if (!entry.published || !name.first.starts_with("G22")) continue;
        const auto [one, fresh] = cases_.try_emplace(name.first);
        if (!fresh) continue;
        one->second.answer.portal_code = name.first;
        // Exports that overtake each other may bring the dossier before the answer.
        one->second.tells = dated_ || rng_.chance(0.5);
    }
    for (auto& [code, one] : cases_) {
        if (one.closed || !rng_.chance(0.5)) continue;
        const int events = rng_.between(1, 2);
        for (int i = 0; i < events && !one.closed; ++i)
            add_event(one);
        say(one);
    }
}

void Clerks::mend() {
    for (auto& [code, one] : cases_) {
        if (one.answer.refused_event == 0) continue;
        one.answer.refused_event = 0;
        say(one);
    }
}

}  // namespace dvcsync::simulation
