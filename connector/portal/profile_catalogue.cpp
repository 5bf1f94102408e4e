// The element <catalogue>: what the portal shows of the catalogue of procedures.
#include <fmt/format.h>

#include <algorithm>

#include "connector/portal/catalogue_question.h"
#include "connector/portal/profile_values.h"

namespace dvcsync::portal {
namespace {

std::vector<std::string> path_of(std::string_view text) {
    std::vector<std::string> path;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('/', at), text.size());
        path.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return path;
}

CatalogueFetch::Fact read_fact(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {"name", "member"}, {});
    CatalogueFetch::Fact fact{in.file.required(node, "name"),
                              path_of(in.file.required(node, "member"))};
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
    if (!std::all_of(fact.name.begin(), fact.name.end(), plain))
        in.file.fault(node, fmt::format("name \"{}\" must be made of a-z and -", fact.name));
    if (std::any_of(fact.path.begin(), fact.path.end(), [](auto& part) { return part.empty(); }) &&
        node.attribute("member"))
        in.file.fault(node, "member must be names joined by /");
    return fact;
}

CatalogueList read_list(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {"endpoint", "service", "method", "rows", "code", "covers"},
                 {"member", "parameter"});
    CatalogueList list;
    read_question(in, node, {Source::Session, Source::Setting, Source::Service}, list);
    list.rows = in.file.required(node, "rows");
    list.code = in.file.required(node, "code");
    // Not guessed: of a list of the whole country nearly everything is missing here.
    if (!in.file.required(node, "covers").empty())
        list.whole_country = in.either(node, "covers", "province", "country");
    return list;
}

CatalogueFetch read_fetch(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {"endpoint", "service", "method", "data", "code"},
                 {"member", "parameter", "fact"});
    CatalogueFetch fetch;
    read_question(in, node, {Source::Session, Source::Setting, Source::Service, Source::Code},
                  fetch);
    fetch.data = in.file.required(node, "data");
    fetch.code = in.file.optional(node, "code");
    for (const auto child : node.children("fact")) {
        auto fact = read_fact(in, child);
        const auto same = [&](const auto& other) { return other.name == fact.name; };
        if (std::any_of(fetch.facts.begin(), fetch.facts.end(), same))
            in.file.fault(child, fmt::format("fact \"{}\" stands here twice", fact.name));
        fetch.facts.push_back(std::move(fact));
    }
    if (fetch.facts.empty()) in.file.fault(node, "<fetch> compares no <fact>");
    must_send(in, node, fetch, {{Source::Code, "code"}});
    return fetch;
}

}  // namespace

CatalogueQuestions read_catalogue_element(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {}, {"list", "fetch"});
    CatalogueQuestions questions;
    const auto list = in.file.one(node, "list");
    const auto fetch = in.file.one(node, "fetch");
    if (!list || !fetch) in.file.fault(node, "<catalogue> needs a <list> and a <fetch>");
    if (list) questions.list = read_list(in, list);
    if (fetch) questions.fetch = read_fetch(in, fetch);
    return questions;
}

bool Profile::can_show_catalogue() const {
    return data_->catalogue.has_value();
}

const std::string& Profile::catalogue_endpoint() const {
    static const std::string none;
    return data_->catalogue ? data_->catalogue->list.endpoint : none;
}

const std::string& Profile::procedure_endpoint() const {
    static const std::string none;
    return data_->catalogue ? data_->catalogue->fetch.endpoint : none;
}

bool Profile::lists_whole_country() const {
    return data_->catalogue && data_->catalogue->list.whole_country;
}

std::map<std::string, std::string> Profile::procedure_facts(std::string_view document) const {
    if (!data_->catalogue) return {};
    return facts_of(data_->catalogue->fetch, document);
}

}  // namespace dvcsync::portal
