#include "connector/portal/catalogue_question.h"

#include <fmt/format.h>

#include <set>
#include <span>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/question_parts.h"

namespace dvcsync::portal {
namespace {

using rapidjson::Value;
using Facts = std::map<std::string, std::string>;

void collect(const Value& value, std::span<const std::string> path, std::set<std::string>& found) {
    if (value.IsArray()) {
        for (const auto& element : value.GetArray())
            collect(element, path, found);
    } else if (!path.empty()) {
        const auto* inner = value.IsObject() ? member(value, path.front()) : nullptr;
        if (inner != nullptr) collect(*inner, path.subspan(1), found);
    } else if (const auto text = scalar_of(value)) {
        if (auto plain = comparable(*text); !plain.empty()) found.insert(std::move(plain));
    }
}

Facts facts_in(const CatalogueFetch& fetch, const Value& procedure) {
    Facts facts;
    for (const auto& fact : fetch.facts) {
        if (member(procedure, fact.path.front()) == nullptr) continue;
        std::set<std::string> found;
        collect(procedure, fact.path, found);
        facts.emplace(fact.name, fmt::format("{}", fmt::join(found, " | ")));
    }
    return facts;
}

Parsed<std::vector<std::string>> codes_of(const CatalogueList& list, const Value& root) {
    const auto* rows = member(root, list.rows);
    // Nothing instead of an empty list could be any answer, and would make everything look lost.
    if (rows == nullptr || !rows->IsArray())
        return wrong(fmt::format("has no list in \"{}\"", list.rows));
    std::vector<std::string> codes;
    std::set<std::string> seen;
    for (const auto& row : rows->GetArray()) {
        auto code = name_of(row, list.code);
        if (code.empty() || code.size() > limits::max_code)
            return wrong(fmt::format("lists a procedure without a usable \"{}\"", list.code));
        if (seen.insert(code).second) codes.push_back(std::move(code));
    }
    return codes;
}

Parsed<Holding> procedure_of(const CatalogueFetch& fetch, const Value& root,
                             std::string_view code) {
    const auto* held = member(root, fetch.data);
    if (is_empty(held)) return Holding{};
    if (!held->IsObject() && !held->IsArray()) return wrong("holds no procedure where one was due");
    const Value* found = nullptr;
    const auto take = [&](const Value& row) {
        if (!row.IsObject()) return false;
        const auto name = name_of(row, fetch.code);
        if (!name.empty() && name != code) return true;
        const bool alone = found == nullptr;
        found = &row;
        return alone;
    };
    bool usable = true;
    if (held->IsObject())
        usable = take(*held);
    else
        for (const auto& row : held->GetArray())
            usable = usable && take(row);
    if (!usable || found == nullptr) return wrong("does not tell of the procedure asked for");
    return Holding{true, facts_in(fetch, *found)};
}

}  // namespace

Told<std::vector<std::string>> read_catalogue(const ProfileData& profile, const Reply& reply,
                                              UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{false, false});
    if (answer.top.meaning == Meaning::Accepted)
        return told(codes_of(profile.catalogue->list, *answer.root));
    return not_told<std::vector<std::string>>(answer, reply, now);
}

Told<Holding> read_procedure(const ProfileData& profile, const Reply& reply, std::string_view code,
                             UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{false, false});
    if (answer.top.meaning == Meaning::Accepted)
        return told(procedure_of(profile.catalogue->fetch, *answer.root, code));
    if (answer.top.meaning == Meaning::Missing) return tl::expected<Holding, Outcome>(Holding{});
    return not_told<Holding>(answer, reply, now);
}

Outcome no_catalogue(const ProfileData& profile) {
    Outcome outcome;
    outcome.verdict = Verdict::Misconfigured;
    outcome.code = "profile";
    outcome.message = fmt::format("profile {} has no <catalogue>", profile.name);
    return outcome;
}

std::map<std::string, std::string> facts_of(const CatalogueFetch& fetch,
                                            std::string_view document) {
    rapidjson::Document json;
    json.Parse<rapidjson::kParseIterativeFlag>(document.data(), document.size());
    if (json.HasParseError() || !json.IsObject()) return {};
    return facts_in(fetch, json);
}

}  // namespace dvcsync::portal
