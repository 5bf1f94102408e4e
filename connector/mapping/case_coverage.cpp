#include "connector/mapping/case_coverage.h"

#include <fmt/format.h>

#include <charconv>

#include "connector/base/text.h"

namespace dvcsync::mapping {

void Coverage::add(const PlanData& plan) {
    add(plan.file, plan.nodes, "");
}

void Coverage::add(const std::string& file, const std::vector<Node>& nodes,
                   const std::string& around) {
    for (const auto& node : nodes) {
        // What is always empty by intent needs no case.
        const bool is_nothing =
            node.kind == Node::Kind::Field && !node.from && !node.is_given && node.constant.empty();
        if ((node.kind == Node::Kind::Field || node.kind == Node::Kind::Flag) && !is_nothing)
            fields_.try_emplace({file, node.line, node.to}, Entry{around + node.to});
        if (node.codes && node.codes->is_inline())
            for (const auto& [code, rows] : node.codes->rows())
                for (const auto& row : rows)
                    codes_.try_emplace({node.codes->rows_file(), row.line, code},
                                       Entry{fmt::format("{}: {}", node.codes->name(), code)});
        add(file, node.children,
            node.kind == Node::Kind::Item ? around : fmt::format("{}{}.", around, node.to));
    }
}

void Coverage::touch(Entries& entries, const std::string& place, std::string_view what) {
    const auto colon = place.rfind(':');
    if (colon == std::string::npos) return;
    std::size_t line = 0;
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), line);
    if (const auto at = entries.find({place.substr(0, colon), line, std::string(what)});
        at != entries.end())
        at->second.is_touched = true;
}

void Coverage::note(const Explanation& told) {
    for (const auto& origin : told.origins) {
        if (origin.outcome == Origin::Outcome::Written)
            touch(fields_, origin.rule,
                  std::string_view(origin.field).substr(origin.field.rfind('.') + 1));
        if (origin.outcome != Origin::Outcome::Refused)
            touch(codes_, origin.row, comparable(origin.code.substr(0, origin.code.find(" -> "))));
    }
}

void Coverage::add(const ReadingData& reading) {
    add(reading.file, reading.rules, "");
}

void Coverage::add(const std::string& file, const std::vector<ReadRule>& rules,
                   const std::string& around) {
    for (const auto& rule : rules) {
        fields_.try_emplace({file, rule.line, rule.to}, Entry{around + rule.to});
        add(file, rule.children, fmt::format("{}{}.", around, rule.to));
    }
}

void Coverage::note(const ReadingData& reading, const Written& record) {
    note(reading.file, reading.rules, record);
}

void Coverage::note(const std::string& file, const std::vector<ReadRule>& rules,
                    const Written& record) {
    for (const auto& rule : rules) {
        const bool is_list =
            rule.kind == ReadRule::Kind::List || rule.kind == ReadRule::Kind::Files;
        const bool is_read =
            is_list ? !record.lists[rule.slot].empty() : !record.values[rule.slot].empty();
        if (const auto at = fields_.find({file, rule.line, rule.to});
            is_read && at != fields_.end())
            at->second.is_touched = true;
        if (is_list)
            for (const auto& member : record.lists[rule.slot])
                note(file, rule.children, member);
    }
}

void Coverage::tell(CaseReport& report) const {
    const auto all = [](const Entries& entries, std::size_t& count,
                        std::vector<std::string>& untouched) {
        count += entries.size();
        for (const auto& [place, entry] : entries)
            if (!entry.is_touched)
                untouched.push_back(
                    fmt::format("{}:{} {}", std::get<0>(place), std::get<1>(place), entry.name));
    };
    all(fields_, report.fields, report.unfilled);
    all(codes_, report.codes, report.unused);
}

}  // namespace dvcsync::mapping
