// The elements <ask>, <list>, <next-code>, <upload> and <submissions>: calls that change nothing of
// a dossier at the portal.
#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/profile_values.h"

namespace dvcsync::portal {

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

namespace {

bool sends(const Question& question, Source source) {
    const auto is_it = [&](const Field& field) { return field.source == source; };
    return std::any_of(question.members.begin(), question.members.end(), is_it) ||
           std::any_of(question.parameters.begin(), question.parameters.end(), is_it);
}

}  // namespace

void must_send(ProfileValues& in, pugi::xml_node node, const Question& question,
               std::initializer_list<std::pair<Source, const char*>> needed) {
    for (const auto& [source, word] : needed)
        if (!sends(question, source))
            in.file.fault(node, fmt::format("<{}> never sends from=\"{}\"", node.name(), word));
}

namespace {

TimeFormat dates(ProfileValues& in, pugi::xml_node node) {
    const auto form = in.file.required(node, "dates");
    if (form.empty()) return {};
    auto dates = TimeFormat::compile(form);
    if (dates) return *std::move(dates);
    in.file.fault(node, fmt::format("dates=\"{}\": {}", form, dates.error().message));
    return {};
}

}  // namespace

namespace {

// Members from the outside in: "data/value".
std::vector<std::string> path(ProfileValues& in, pugi::xml_node node, const char* attribute,
                              const std::string& whole) {
    std::vector<std::string> names;
    for (std::string_view rest = whole;;) {
        const auto end = std::min(rest.find('/'), rest.size());
        if (end == 0 && !whole.empty())
            in.file.fault(node, fmt::format("{}=\"{}\": members from the outside in, data/value",
                                            attribute, whole));
        names.emplace_back(rest.substr(0, end));
        if (end == rest.size()) return names;
        rest.remove_prefix(end + 1);
    }
}

}  // namespace

NextCode read_next_code_element(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {"endpoint", "service", "method", "code"}, {"member", "parameter"});
    NextCode next;
    read_question(in, node, {Source::Session, Source::Setting, Source::Service}, next);
    next.path = path(in, node, "code", in.file.required(node, "code"));
    return next;
}

Upload read_upload_element(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {"endpoint", "service", "part", "id", "hash", "check"},
                 {"member", "parameter"});
    Upload upload;
    read_question(in, node, {Source::Session, Source::Setting, Source::Service}, upload);
    upload.part = in.file.required(node, "part");
    upload.id = path(in, node, "id", in.file.required(node, "id"));
    if (const auto hash = in.file.optional(node, "hash"); !hash.empty())
        upload.hash = path(in, node, "hash", hash);
    const auto check = in.file.optional(node, "check");
    upload.sha256 = check == "sha-256";
    if (!check.empty() && !upload.sha256)
        in.file.fault(node, fmt::format("check=\"{}\": say \"sha-256\", or nothing", check));
    if (upload.sha256 && upload.hash.empty())
        in.file.fault(node, "check=\"sha-256\" needs hash=\"…\": the member that tells it");
    const auto is_quotable = [](const std::string& name) {
        return std::all_of(name.begin(), name.end(),
                           [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
    };
    for (const auto& member : upload.members)
        if (!is_quotable(member.name))
            in.file.fault(node, "a part of a form has a name of plain ASCII without quotes");
    if (!is_quotable(upload.part))
        in.file.fault(node, fmt::format("part=\"{}\": plain ASCII without quotes", upload.part));
    return upload;
}

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
    list.dates = dates(in, node);
    must_send(in, node, list,
              {{Source::From, "from"}, {Source::Until, "until"}, {Source::Page, "page"}});
    return list;
}

namespace {

NewsList read_news_list(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node,
                 {"endpoint", "service", "method", "page-size", "dates", "overlap-hours", "rows",
                  "code", "changed"},
                 {"member", "parameter"});
    NewsList list;
    read_question(in, node,
                  {Source::Session, Source::Setting, Source::Service, Source::Since, Source::Page,
                   Source::PageSize},
                  list);
    list.rows = in.file.required(node, "rows");
    list.code = in.file.required(node, "code");
    list.changed = in.file.optional(node, "changed");
    list.page_size = in.whole(node, "page-size", 1, limits::max_page_size);
    list.overlap =
        std::chrono::hours(in.whole(node, "overlap-hours", 0, limits::max_overlap_hours));
    list.dates = dates(in, node);
    must_send(in, node, list, {{Source::Since, "since"}, {Source::Page, "page"}});
    return list;
}

Fetch read_fetch_element(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {"endpoint", "service", "method", "data", "code", "reading"},
                 {"member", "parameter"});
    Fetch fetch;
    read_question(in, node, {Source::Session, Source::Setting, Source::Service, Source::Code},
                  fetch);
    fetch.data = in.file.required(node, "data");
    fetch.code = in.file.optional(node, "code");
    fetch.reading = mapping_name(in.file, node, "reading");
    fetch.max_answer = limits::max_submission_answer;
    must_send(in, node, fetch, {{Source::Code, "code"}});
    return fetch;
}

// A host name, or all those below a domain of at least two labels: "*.vn" would be a country.
bool is_host(std::string_view name) {
    const bool wide = name.starts_with("*.");
    if (wide) name.remove_prefix(2);
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    return !name.empty() && std::all_of(name.begin(), name.end(), good) && name.front() != '.' &&
           name.back() != '.' && name.find("..") == name.npos &&
           (!wide || name.find('.') != name.npos);
}

std::vector<std::string> read_hosts(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {}, {"host"});
    std::vector<std::string> hosts;
    for (const auto child : node.children("host")) {
        in.file.only(child, {"name"}, {});
        auto name = caseless(in.file.required(child, "name"));
        if (name.empty()) continue;
        if (!is_host(name))
            in.file.fault(child, fmt::format("\"{}\" is no host: a name like files.example.vn or "
                                             "*.example.vn, without scheme, port and path",
                                             name));
        if (std::find(hosts.begin(), hosts.end(), name) != hosts.end())
            in.file.fault(child, fmt::format("host \"{}\" stands here twice", name));
        hosts.push_back(std::move(name));
    }
    return hosts;
}

}  // namespace

Submissions read_submissions_element(ProfileValues& in, pugi::xml_node node) {
    in.file.only(node, {}, {"list", "fetch", "files"});
    Submissions submissions;
    if (const auto list = in.file.one(node, "list"))
        submissions.list = read_news_list(in, list);
    else
        in.file.fault(node, "<submissions> needs a <list>");
    if (const auto fetch = in.file.one(node, "fetch"))
        submissions.fetch = read_fetch_element(in, fetch);
    else
        in.file.fault(node, "<submissions> needs a <fetch>");
    if (const auto files = in.file.one(node, "files")) submissions.hosts = read_hosts(in, files);
    return submissions;
}

}  // namespace dvcsync::portal
