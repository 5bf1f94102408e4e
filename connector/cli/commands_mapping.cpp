// mapping lint, and what the commands of the group share.
#include "connector/cli/commands_mapping.h"

#include <fmt/format.h>

#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/config/config.h"
#include "connector/mapping/lint.h"
#include "connector/portal/portal.h"
#include "connector/sync/check.h"

namespace dvcsync::cli {
namespace {

namespace fs = std::filesystem;

// profile.xml belongs to the portal's client, and what it names must be there for it.
void lint_profiles(const fs::path& dir, mapping::LintReport& report) {
    for (const auto& name : report.profiles) {
        const fs::path file = dir / "portal" / name / "profile.xml";
        ++report.files;
        const auto profile = portal::Profile::load(file);
        if (!profile) {
            std::string_view lines = profile.error().message;
            while (!lines.empty()) {
                const auto end = std::min(lines.find('\n'), lines.size());
                report.findings.push_back({true, std::string(lines.substr(0, end))});
                lines.remove_prefix(std::min(end + 1, lines.size()));
            }
            continue;
        }
        // Any vocabulary will do: which operations a profile maps does not depend on it.
        if (report.vocabularies.empty()) continue;
        const auto set = mapping::MappingSet::load(dir, report.vocabularies.front(), name);
        if (!set) continue;
        for (const auto& line : sync::missing_files(*profile, *set))
            report.findings.push_back({false, fmt::format("{}:1: {}", file.string(), line)});
        for (const auto operation : all_operations) {
            if (const auto wrong = sync::misfit(*profile, *set, operation); !wrong.empty())
                report.findings.push_back({true, fmt::format("{}:1: {}", file.string(), wrong)});
            if (profile->has(operation) && set->plan(operation) == nullptr)
                report.findings.push_back(
                    {false, fmt::format("{}:1: could send '{}', but no mapping of the profile "
                                        "makes it",
                                        file.string(), to_string(operation))});
        }
    }
}

void print_json(const mapping::LintReport& report) {
    Json json;
    json.open();
    json.add("faults", std::uint64_t{report.faults()});
    json.add("warnings", std::uint64_t{report.findings.size() - report.faults()});
    json.add("files", std::uint64_t{report.files});
    json.open_list("findings");
    for (const auto& finding : report.findings) {
        json.open();
        json.add("kind", finding.is_fault ? "fault" : "warning");
        json.add("text", finding.text);
        json.close();
    }
    json.close_list();
    json.close();
    fmt::print("{}\n", json.text());
}

}  // namespace

Result<MappingChoice> mapping_choice(const Options& options) {
    const auto& typed = options.mapping;
    MappingChoice choice{typed.dir, typed.vocabulary, typed.profile};
    if (!choice.dir.empty() && !choice.vocabulary.empty() && !choice.profile.empty()) return choice;
    const auto config = config::load(options.config);
    if (!config)
        return fail(ErrorKind::Config,
                    fmt::format("{}\n(without a configuration, say --mappings DIR --vocabulary "
                                "NAME --profile NAME)",
                                config.error().message));
    if (choice.dir.empty()) choice.dir = config->mappings;
    if (choice.vocabulary.empty()) choice.vocabulary = config->vocabulary;
    if (choice.profile.empty()) choice.profile = config->profile;
    return choice;
}

Result<mapping::MappingSet> load_mappings(const MappingChoice& choice) {
    return mapping::MappingSet::load(choice.dir, choice.vocabulary, choice.profile);
}

int run_mapping_lint(const Options& options) {
    mapping::LintOrder order{options.mapping.dir, options.mapping.vocabulary,
                             options.mapping.profile};
    if (order.dir.empty()) {
        const auto choice = mapping_choice(options);
        if (!choice) return complain(options, choice.error());
        order.dir = choice->dir;
    }
    auto report = mapping::lint(order);
    lint_profiles(order.dir, report);
    const std::size_t faults = report.faults();
    if (options.json) {
        print_json(report);
    } else {
        for (const auto& finding : report.findings)
            fmt::print("{}{}\n", finding.is_fault ? "" : "warning: ", finding.text);
        fmt::print("{} examined: {}, {}\n", counted(report.files, "file"), counted(faults, "fault"),
                   counted(report.findings.size() - faults, "warning"));
    }
    return faults == 0 ? exit_ok : exit_attention;
}

}  // namespace dvcsync::cli
