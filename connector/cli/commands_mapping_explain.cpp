// mapping explain. Prints a record's own text on standard output; nothing of it is logged.
#include <fmt/format.h>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/cli/commands.h"
#include "connector/cli/commands_mapping.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/mapping/explain.h"
#include "connector/province/splitter.h"

namespace dvcsync::cli {
namespace {

using mapping::Origin;

tl::unexpected<Error> refuse(std::string message) {
    return fail(ErrorKind::Config, std::move(message));
}

// The record that was asked for, cut out of its file.
Result<province::RawRecord> find_record(const mapping::Vocabulary& vocabulary,
                                        const MappingOptions& chosen) {
    DVC_TRY_ASSIGN(bytes, read_file(chosen.record, limits::max_explained_file));
    const std::string file = chosen.record.string();
    std::vector<province::RecordShape> shapes;
    for (const auto& kind : vocabulary.kinds())
        shapes.push_back({kind.name, kind.element, kind.code_element});
    province::Splitter splitter(shapes, "");
    splitter.feed(bytes);
    splitter.finish();
    province::RawRecord record;
    std::vector<province::RawRecord> found;
    std::size_t count = 0;
    using Step = province::Splitter::Step;
    Step step = splitter.next(record);
    for (; step == Step::Record; step = splitter.next(record)) {
        ++count;
        if (chosen.code.empty() ? count == 1 : record.code == chosen.code) found.push_back(record);
    }
    // A file with one record and nothing around it; what it holds may be named like a record, too.
    for (const auto& shape : shapes)
        if (splitter.root() == shape.element) {
            record = {};
            record.kind = shape.kind;
            record.xml = std::move(bytes);
            record.line = 1;
            return record;
        }
    if (step == Step::Broken && found.empty())
        return refuse(fmt::format("{}: {}", file, province::sentence(splitter.fault())));
    if (chosen.code.empty() && count > 1)
        return refuse(fmt::format("{} holds {}: name one with --code CODE, say --code {}", file,
                                  counted(count, "record"), found.front().code));
    if (found.empty())
        return refuse(chosen.code.empty()
                          ? fmt::format("{}: holds no record of this vocabulary", file)
                          : fmt::format("{}: no record has the code {}", file, chosen.code));
    if (!found.front().fault.empty())
        return refuse(fmt::format("{}:{}: {}", file, found.front().line, found.front().fault));
    return found.front();
}

std::string_view word(Origin::Outcome outcome) {
    switch (outcome) {
        case Origin::Outcome::Written:
            return "written";
        case Origin::Outcome::Empty:
            return "empty";
        case Origin::Outcome::LeftOut:
            return "left out";
        case Origin::Outcome::Refused:
            return "refused";
    }
    return "";
}

void print_origin(const Origin& origin) {
    if (origin.outcome == Origin::Outcome::LeftOut)
        fmt::print("{}  (left out)\n", origin.field);
    else if (origin.outcome == Origin::Outcome::Refused)
        fmt::print("{}  REFUSED\n", origin.field);
    else
        fmt::print("{} = {}\n", origin.field, origin.value);
    if (!origin.name.empty())
        fmt::print("    from {}, <{}>{}{}\n", origin.name, origin.place,
                   trimmed(origin.said).empty() ? "" : ": " + excerpt(origin.said, 200),
                   origin.word.empty() || origin.word == trimmed(origin.said)
                       ? ""
                       : fmt::format(" (the word {})", origin.word));
    if (!origin.table.empty())
        fmt::print("    codes {}{}\n", origin.table,
                   origin.day.empty() ? "" : ", asked on " + origin.day);
    if (!origin.row.empty())
        fmt::print("    row  {}: {}{}\n", origin.row, origin.code,
                   origin.valid.empty() ? "" : ", in force " + origin.valid);
    if (!origin.reason.empty()) fmt::print("    why  {}\n", origin.reason);
    fmt::print("    rule {}\n", origin.rule);
}

void add_origin(Json& json, const Origin& origin) {
    json.open();
    json.add("field", origin.field);
    json.add("outcome", word(origin.outcome));
    json.add("value", origin.value);
    json.add("from", origin.name);
    json.add("place", origin.place);
    json.add("said", origin.said);
    json.add("word", origin.word);
    json.add("codes", origin.table);
    json.add("on", origin.day);
    json.add("row", origin.row);
    json.add("row_says", origin.code);
    json.add("in_force", origin.valid);
    json.add("reason", origin.reason);
    json.add("rule", origin.rule);
    json.close();
}

struct Told {
    std::string operation;
    mapping::Explanation explanation;
};

void print_text(const std::vector<Told>& all) {
    for (const auto& [operation, explanation] : all) {
        const auto& result = explanation.result;
        fmt::print("== {}: {}\n", operation,
                   result ? counted(result->size(), "document") : std::string("refused"));
        for (const auto& origin : explanation.origins)
            print_origin(origin);
        if (!result)
            for (const auto& fault : result.error().faults)
                fmt::print("refused: {}: {}\n", fault.field, fault.reason);
    }
}

void print_json(const std::vector<Told>& all) {
    Json json;
    json.open();
    json.open_list("operations");
    for (const auto& [operation, explanation] : all) {
        json.open();
        json.add("operation", operation);
        json.add("refused", !explanation.result.has_value());
        json.open_list("fields");
        for (const auto& origin : explanation.origins)
            add_origin(json, origin);
        json.close_list();
        json.open_list("faults");
        if (!explanation.result)
            for (const auto& fault : explanation.result.error().faults)
                json.item(fault.field + ": " + fault.reason);
        json.close_list();
        json.close();
    }
    json.close_list();
    json.close();
    fmt::print("{}\n", json.text());
}

}  // namespace

int run_mapping_explain(const Options& options) {
    const auto& chosen = options.mapping;
    const auto choice = mapping_choice(options);
    if (!choice) return complain(options, choice.error());
    const auto set = load_mappings(*choice);
    if (!set) return complain(options, set.error());
    const auto raw = find_record(set->vocabulary(), chosen);
    if (!raw) return complain(options, raw.error());
    auto record = set->vocabulary().parse(raw->kind, raw->xml);
    if (!record)
        return complain(
            options, {ErrorKind::Config, fmt::format("{}:{}: {}", chosen.record.string(), raw->line,
                                                     record.error().message)});
    record->give_samples();
    std::vector<Told> all;
    bool is_refused = false;
    for (const auto operation : all_operations) {
        if (!chosen.operation.empty() && chosen.operation != to_string(operation)) continue;
        for (const bool known : {false, true}) {
            const auto* const plan = set->plan(operation, known);
            if (plan == nullptr || !mapping::fits(*plan, *record)) continue;
            all.push_back(
                {fmt::format("{}{}", to_string(operation), known ? " (what the portal knows)" : ""),
                 mapping::explain(*plan, *record)});
            is_refused |= !all.back().explanation.result;
        }
    }
    if (all.empty())
        return complain(
            options, {ErrorKind::Config,
                      fmt::format("the profile '{}' sends no {} by {}", choice->profile, raw->kind,
                                  chosen.operation.empty() ? "any operation" : chosen.operation)});
    options.json ? print_json(all) : print_text(all);
    return is_refused ? exit_attention : exit_ok;
}

}  // namespace dvcsync::cli
