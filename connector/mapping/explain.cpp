#include "connector/mapping/explain.h"

#include <fmt/format.h>

#include "connector/base/text.h"
#include "connector/mapping/flat.h"
#include "connector/mapping/set_data.h"
#include "connector/mapping/watch.h"

namespace dvcsync::mapping {
namespace {

std::string outwards(const Ref& ref) {
    std::string name;
    for (std::uint32_t up = 0; up < ref.up; ++up)
        name += "../";
    return name + ref.spec->name;
}

// Where a value lies, with the positions of the members around it.
std::string place_of(const Ref& ref, const std::vector<Step>& trail) {
    std::vector<const Step*> lists;
    for (const auto& step : trail)
        if (step.list) lists.push_back(&step);
    lists.resize(lists.size() - std::min<std::size_t>(lists.size(), ref.up));
    std::string place = ref.spec->shown;
    // From the inside out, so that the lengths of the outer paths still fit.
    for (auto at = lists.rbegin(); at != lists.rend(); ++at)
        if (const auto& outer = (*at)->list->shown; place.starts_with(outer))
            place.insert(outer.size(), fmt::format("[{}]", (*at)->position));
    return place;
}

std::string days_of(const CodeTable::Row& row) {
    std::string days;
    if (row.valid_from) days = "from " + iso_date(*row.valid_from);
    if (row.valid_to)
        days += fmt::format("{}until {}", days.empty() ? "" : " ", iso_date(*row.valid_to));
    return days;
}

std::string joined(std::span<const Fault> faults) {
    std::string text;
    for (const auto& fault : faults)
        text += (text.empty() ? "" : "; ") + fault.reason;
    return text;
}

bool is_empty_json(std::string_view json) {
    return json.empty() || json == R"("")" || json == "[]";
}

std::string words_of(const Test& test) {
    std::string text = test.when ? test.when->text() : std::string();
    if (test.any) text += fmt::format("{}any {}", text.empty() ? "" : ", ", test.any->spec->name);
    if (test.where) text += " where " + test.where->text();
    return text;
}

}  // namespace

Origin Watch::start(std::size_t line, std::string field) const {
    Origin origin;
    origin.field = std::move(field);
    origin.rule = fmt::format("{}:{}", plan_.file, line);
    return origin;
}

void Watch::left_out(std::size_t line, std::string field, const Condition& because) {
    Origin origin = start(line, std::move(field));
    origin.outcome = Origin::Outcome::LeftOut;
    origin.reason = fmt::format("'{}' does not hold", because.text());
    origins_.push_back(std::move(origin));
}

void Watch::made(const Node& node, const std::vector<Step>& trail, Cursor& cursor,
                 std::string_view json, std::span<const Fault> faults) {
    // A list is told by its members; only an empty one is told itself.
    if (node.kind == Node::Kind::List && !is_empty_json(json)) return;
    Origin origin = start(node.line, name_of(trail, node.to));
    origin.value = json;
    if (node.kind == Node::Kind::Field) {
        explain_field(node, trail, cursor, origin);
    } else if (node.kind == Node::Kind::Flag) {
        const auto held = node.flag.holds(cursor);
        origin.reason =
            fmt::format("'{}' {}", words_of(node.flag), held && *held ? "holds" : "does not hold");
    } else if (node.list) {
        origin.name = node.list->spec->name;
        origin.place = node.list->spec->shown;
        origin.reason = "the record has no such member";
    }
    if (node.kind == Node::Kind::List && node.when && origin.reason.empty())
        origin.reason = fmt::format("'{}' does not hold", node.when->text());
    if (is_empty_json(json)) origin.outcome = Origin::Outcome::Empty;
    if (!faults.empty()) {
        origin.outcome = Origin::Outcome::Refused;
        origin.reason = joined(faults);
    }
    origins_.push_back(std::move(origin));
}

void Watch::explain_field(const Node& node, const std::vector<Step>& trail, Cursor& cursor,
                          Origin& origin) const {
    if (node.is_given) {
        origin.name = given_code_name;
        origin.reason = "the code that the portal gives before the dossier goes out first";
        return;
    }
    if (!node.from) {
        origin.reason = "a constant of the mapping";
        return;
    }
    origin.name = outwards(*node.from);
    origin.place = place_of(*node.from, trail);
    origin.said = cursor.raw(*node.from);
    if (node.when) {
        const auto held = node.when->holds(cursor);
        if (held && !*held) {
            origin.reason = fmt::format("'{}' does not hold", node.when->text());
            return;
        }
    }
    if (trimmed(origin.said).empty()) origin.reason = "nothing stands there";
    if (node.uploaded != AsUploaded::No && origin.reason.empty())
        origin.reason = fmt::format(
            "the {} that the portal gives for the file at this link, before the document goes out",
            node.uploaded == AsUploaded::Id ? "id" : "hash");
    if (trimmed(origin.said).empty() && node.fallback) origin.reason += ": the default";
    if (node.codes || node.form == Form::Bool) explain_codes(node, cursor, origin);
}

void Watch::explain_codes(const Node& node, Cursor& cursor, Origin& origin) const {
    const auto word = read_word(cursor, *node.from);
    if (!word || word->empty()) return;
    if (node.from->spec->words) origin.word = *word;
    if (!node.codes) return;
    const CodeTable& table = *node.codes;
    origin.table = fmt::format("{}:{}", table.file(), table.line());
    std::optional<Date> on;
    if (node.on) {
        const auto at = read_date(cursor, *node.on);
        if (at && *at) on = date_of(**at);
        origin.day = fmt::format("{} {}", outwards(*node.on), on ? iso_date(*on) : "(no date)");
    }
    std::string_view within;
    if (node.within) {
        const auto place = read_word(cursor, *node.within);
        if (place) within = *place;
    }
    const auto hit = table.look_up(*word, on, within);
    if (!hit.row) {
        origin.code = hit.code;
        if (table.keeps_unknown() && !hit.rows)
            origin.reason = "not in the table, which keeps such codes as they are";
        return;
    }
    origin.row = fmt::format("{}:{}", table.rows_file(), hit.row->line);
    origin.code = fmt::format("{} -> {}", hit.code, hit.row->to);
    origin.valid = days_of(*hit.row);
}

bool fits(const Plan& plan, const Record& record) {
    return Inside::of(plan).kind == Inside::of(record).kind;
}

std::vector<std::string> differing_members(std::string_view before, std::string_view after) {
    const auto old_json = Json::parse(before);
    const auto new_json = Json::parse(after);
    if (!old_json || !new_json) return {""};
    return differing_places(flat(old_json->root()), flat(new_json->root()));
}

Explanation explain(const Plan& plan, const Record& record) try {
    const PlanData& data = Inside::of(plan);
    Watch watch(data);
    auto result = run_watched(data, Inside::of(record), watch);
    return {watch.take(), std::move(result)};
} catch (const std::exception& e) {
    return {{},
            tl::make_unexpected(Refusal{{{"", fmt::format("cannot be explained: {}", e.what())}}})};
}

}  // namespace dvcsync::mapping
