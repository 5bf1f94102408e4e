// The elements <ask> and <list>: calls that change nothing at the portal.
#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/portal/profile_values.h"

namespace dvcsync::portal {

namespace {

void read_question(ProfileValues& in, pugi::xml_node node, Sources allowed, Question& question) {
    question.endpoint = in.endpoint(node);
    question.service = in.file.optional(node, "service");
    question.get = in.either(node, "method", "post", "get");
    question.members = in.members(node, allowed);
    for (const auto child : node.children("parameter"))
        question.parameters.push_back(in.parameter(child, allowed));
    if (question.get && !question.members.empty()) in.file.fault(node, "a GET has no <member>");
    for (const auto child : node.children("compare")) {
        in.file.only(child, {"member", "with"}, {});
        Compare compare{in.file.required(child, "member"), in.file.optional(child, "with")};
        if (compare.with.empty()) compare.with = compare.member;
        const auto same = [&](const Compare& other) { return other.with == compare.with; };
        if (std::any_of(question.compares.begin(), question.compares.end(), same))
            in.file.fault(child, fmt::format("\"{}\" is compared twice", compare.with));
        question.compares.push_back(std::move(compare));
    }
}

bool sends(const Question& question, Source source) {
    const auto is_it = [&](const Field& field) { return field.source == source; };
    return std::any_of(question.members.begin(), question.members.end(), is_it) ||
           std::any_of(question.parameters.begin(), question.parameters.end(), is_it);
}

}  // namespace

Ask read_ask_element(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {"endpoint", "service", "known", "method", "code"},
                 {"member", "parameter", "compare"});
    Ask ask;
    read_question(in, node, {Source::Session, Source::Setting, Source::Service, Source::Code}, ask);
    ask.known = in.file.required(node, "known");
    ask.code = in.file.optional(node, "code");
    if (!sends(ask, Source::Code))
        in.file.fault(node, "<ask> never names the dossier: from=\"code\" is missing");
    return ask;
}

List read_list_element(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node,
                 {"endpoint", "service", "method", "page-size", "dates", "until", "rows", "code"},
                 {"member", "parameter", "compare"});
    List list;
    read_question(in, node,
                  {Source::Session, Source::Setting, Source::Service, Source::From, Source::Until,
                   Source::Page, Source::PageSize},
                  list);
    list.rows = in.file.required(node, "rows");
    list.code = in.file.required(node, "code");
    list.page_size = in.whole(node, "page-size", 1, limits::max_page_size);
    // Not guessed: a day too few or too many would be dossiers that look lost or foreign.
    if (!in.file.required(node, "until").empty())
        list.until_included = in.either(node, "until", "excluded", "included");
    if (const auto form = in.file.required(node, "dates"); !form.empty()) {
        if (auto dates = TimeFormat::compile(form))
            list.dates = *std::move(dates);
        else
            in.file.fault(node, fmt::format("dates=\"{}\": {}", form, dates.error().message));
    }
    constexpr std::pair<Source, const char*> needed[] = {
        {Source::From, "from"}, {Source::Until, "until"}, {Source::Page, "page"}};
    for (const auto& [source, word] : needed)
        if (!sends(list, source))
            in.file.fault(node, fmt::format("<list> never sends from=\"{}\"", word));
    return list;
}

}  // namespace dvcsync::portal
