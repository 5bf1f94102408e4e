#include "connector/cli/options_mapping.h"

#include <CLI/CLI.hpp>

#include "connector/base/limits.h"
#include "connector/base/operation.h"
#include "connector/cli/options_people.h"

namespace dvcsync::cli {
namespace {

Status fault(std::string_view message) {
    return fail(ErrorKind::Config, std::string(message));
}

CLI::App* add_command_of(CLI::App& mapping, Options& options, Command what, const char* name,
                         const char* description) {
    auto* command = add_command(mapping, options, what, name, description);
    auto& chosen = options.mapping;
    command
        ->add_option("--mappings", chosen.dir,
                     "the mappings folder; absent: that of the configuration")
        ->type_name("DIR");
    command->add_option("--vocabulary", chosen.vocabulary, "a file in province, without .xml")
        ->type_name("NAME");
    command->add_option("--profile", chosen.profile, "a folder in portal")->type_name("NAME");
    return command;
}

}  // namespace

void add_mapping(CLI::App& app, Options& options) {
    auto* mapping =
        app.add_subcommand("mapping", "look at mapping files before they go live; sends nothing");
    mapping->require_subcommand(1);
    auto& chosen = options.mapping;

    add_command_of(*mapping, options, Command::MappingLint, "lint",
                   "every fault of every vocabulary, profile and code table, with file and line");

    add_command_of(*mapping, options, Command::MappingTest, "test",
                   "run the cases that lie beside the mappings, and tell what no case touches");

    auto* explain = add_command_of(*mapping, options, Command::MappingExplain, "explain",
                                   "where each national field of a record comes from; prints the "
                                   "record's own text, so mind who sees it");
    explain->add_option("--record", chosen.record, "an export file, or a file with one record")
        ->required()
        ->type_name("FILE");
    explain->add_option("--code", chosen.code, "which record of the file")->type_name("CODE");
    explain
        ->add_option("--operation", chosen.operation,
                     "say push-dossier; absent: all that the record is sent by")
        ->type_name("NAME");

    auto* preview = add_command_of(*mapping, options, Command::MappingPreview, "preview",
                                   "what other files would change: records of the ledger, mapped "
                                   "with the configured files and with these");
    preview->add_option("--sample", chosen.sample, "how many records, spread over all")
        ->check(CLI::Range(std::size_t{1}, limits::max_preview_sample))
        ->capture_default_str();

    auto* suggest = add_command(*mapping, options, Command::MappingSuggest, "suggest",
                                "procedure codes of parked dossiers that no table translates, and "
                                "which national ones they may be; a person decides");
    suggest
        ->add_option("--catalogue", chosen.catalogue,
                     "national list: CSV with code, name, field, agency; absent: "
                     "codes/national-procedures.csv of the mappings")
        ->type_name("FILE");
    suggest
        ->add_option("--accept", chosen.accept,
                     "write this row into the province's table, with your name, the day and "
                     "--reason")
        ->type_name("LOCAL NATIONAL")
        ->expected(2);
    add_reason(*suggest, options);
    add_limit(*suggest, options, "candidates for each code; those of the same name are all shown");
}

Status complete_mapping(Options& options) {
    const auto& chosen = options.mapping;
    if (options.command == Command::MappingSuggest) {
        if (!chosen.accept.empty()) return keep_act(options, "mapping accept");
        return options.reason.empty() ? Status{}
                                      : fault("mapping suggest: --reason goes with --accept only");
    }
    if (!chosen.operation.empty() && !operation_from(chosen.operation)) {
        std::string names;
        for (const auto operation : all_operations)
            names += (names.empty() ? "" : ", ") + std::string(to_string(operation));
        return fault("mapping explain: --operation is one of: " + names);
    }
    return {};
}

}  // namespace dvcsync::cli
