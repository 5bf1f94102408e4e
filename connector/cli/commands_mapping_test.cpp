// mapping test.
#include "connector/cli/commands_mapping.h"

#include <fmt/format.h>

#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/mapping/cases.h"

namespace dvcsync::cli {
namespace {

void print_covered(std::string_view what, std::size_t all, const std::vector<std::string>& left) {
    fmt::print("{} of {} are touched by a case{}\n", count_text(all - left.size()),
               counted(all, what), left.empty() ? "." : "; these by none:");
    for (const auto& one : left)
        fmt::print("  {}\n", one);
}

void print_text(const mapping::CaseReport& report) {
    for (const auto& fault : report.faults)
        fmt::print("{}\n", fault);
    for (const auto& failure : report.failures) {
        fmt::print("{}: FAILED: {}\n", failure.where, failure.name);
        for (const auto& line : failure.differences)
            fmt::print("    {}\n", line);
    }
    print_covered("field", report.fields, report.unfilled);
    print_covered("code", report.codes, report.unused);
    fmt::print("{} run, {} failed{}\n", counted(report.run, "case"), report.failures.size(),
               report.faults.empty() ? "" : ", and files are wrong");
}

void add_list(Json& json, std::string_view name, const std::vector<std::string>& lines) {
    json.open_list(name);
    for (const auto& line : lines)
        json.item(line);
    json.close_list();
}

void print_json(const mapping::CaseReport& report) {
    Json json;
    json.open();
    json.add("run", std::uint64_t{report.run});
    json.add("failed", std::uint64_t{report.failures.size()});
    add_list(json, "faults", report.faults);
    json.open_list("failures");
    for (const auto& failure : report.failures) {
        json.open();
        json.add("where", failure.where);
        json.add("case", failure.name);
        add_list(json, "differences", failure.differences);
        json.close();
    }
    json.close_list();
    json.add("fields", std::uint64_t{report.fields});
    add_list(json, "unfilled_fields", report.unfilled);
    json.add("codes", std::uint64_t{report.codes});
    add_list(json, "unused_codes", report.unused);
    json.close();
    fmt::print("{}\n", json.text());
}

}  // namespace

int run_mapping_test(const Options& options) {
    mapping::CaseOrder order{options.mapping.dir, options.mapping.vocabulary,
                             options.mapping.profile};
    if (order.dir.empty()) {
        const auto choice = mapping_choice(options);
        if (!choice) return complain(options, choice.error());
        order.dir = choice->dir;
    }
    const auto report = mapping::run_cases(order);
    if (report.run == 0 && report.faults.empty())
        return nothing_done(options, fmt::format("{}: no cases there; they lie in "
                                                 "portal/<profile>/cases/",
                                                 order.dir.string()));
    options.json ? print_json(report) : print_text(report);
    return report.failures.empty() && report.faults.empty() ? exit_ok : exit_attention;
}

}  // namespace dvcsync::cli
