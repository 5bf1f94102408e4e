#include "connector/cli/options_submissions.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "connector/cli/options_people.h"
#include "connector/sync/people_submissions.h"

namespace dvcsync::cli {
namespace {

constexpr int max_revision = 1'000'000;

void add_filters(CLI::App& command, Options& options) {
    auto& chosen = options.selection;
    command.add_option("--kind", chosen.kind,
                       "filing, supplement, withdrawal, payment, notice or unknown");
    command.add_option("--stage", chosen.stage, "received, waiting, held, handed or dismissed");
    command.add_option("--agency", chosen.agency, "code of the agency");
    command.add_option("--procedure", chosen.procedure,
                       "code of the procedure; without a suffix: with every suffix");
    command.add_option("--from", chosen.from,
                       "arrived on this day or later: 31/03/2019 or 2019-03-31");
    command.add_option("--to", chosen.to, "arrived on this day or earlier");
}

void add_link(CLI::App& command, Options& options) {
    command.add_option("code", options.selection.codes, "the portal's code")
        ->required()
        ->type_name("CODE")
        ->expected(1);
    add_reason(command, options);
}

Status complete_link(Options& options, std::string_view what) {
    DVC_TRY(keep_act(options, what));
    options.act.selection = options.selection.codes.front();
    return {};
}

Status fault(std::string_view message) {
    return fail(ErrorKind::Config, std::string(message));
}

Status complete_list(const Options& options) {
    sync::Selection bare;
    bare.codes = options.selection.codes;
    if (options.announced && options.selection != bare)
        return fault("submissions list: --announced goes with --code only");
    return {};
}

Status complete_show(Options& options) {
    if (!options.content) {
        return options.reason.empty()
                   ? Status{}
                   : fault("submissions show: --reason goes with --content only");
    }
    if (options.json)
        return fault("submissions show: --content writes what came as it came: leave --json away");
    DVC_TRY(keep_act(options, "view"));
    options.act.selection = options.selection.codes.front();
    return {};
}

Status complete_acting(Options& options, std::string_view what) {
    const std::string& stage = options.selection.stage;
    if (!stage.empty() && stage != "held" && stage != "waiting") {
        return fault(
            fmt::format("--stage {}: only what is held or waiting can be acted upon", stage));
    }
    return complete_choice(options, what);
}

}  // namespace

void add_submissions(CLI::App& app, Options& options) {
    auto* all = app.add_subcommand("submissions",
                                   "what citizens filed on the portal: look, retry, release");
    all->require_subcommand(1);

    auto* list = add_command(*all, options, Command::SubmissionsList, "list",
                             "where each of them is, and why; newest change first");
    list->add_option("--code", options.selection.codes, "the portal's codes")->type_name("CODE");
    add_filters(*list, options);
    list->add_flag("--announced", options.announced,
                   "what the portal has told of and could not be fetched yet");
    add_limit(*list, options, "rows shown");

    auto* show = add_command(*all, options, Command::SubmissionsShow, "show",
                             "everything that is known of one, but nothing of the citizen");
    show->add_option("code", options.selection.codes, "the portal's code")
        ->required()
        ->type_name("CODE")
        ->expected(1);
    show->add_option("--revision", options.revision, "only this one")
        ->check(CLI::Range(1, max_revision))
        ->type_name("N");
    show->add_flag("--content", options.content,
                   "write the JSON as it came (the newest revision); needs --reason, and is kept");
    add_reason(*show, options);

    auto* retry = add_command(*all, options, Command::SubmissionsRetry, "retry",
                              "what waits or is held is tried again at once");
    add_acting(*retry, options, "the portal's codes", add_filters);

    auto* release = add_command(*all, options, Command::SubmissionsRelease, "release",
                                "the same; what is held goes without the files that break a rule, "
                                "what waits without those that cannot be had");
    add_acting(*release, options, "the portal's codes", add_filters);

    auto* dismiss = add_command(*all, options, Command::SubmissionsDismiss, "dismiss",
                                "the province does not get them");
    add_acting(*dismiss, options, "the portal's codes", add_filters);

    auto* unlink = add_command(*all, options, Command::SubmissionsUnlink, "unlink",
                               "it is not the dossier that the province says: undo the link");
    add_link(*unlink, options);
    auto* relink = add_command(*all, options, Command::SubmissionsRelink, "relink",
                               "it is, after all: make the link again that was undone last");
    add_link(*relink, options);
}

Status complete_submissions(Options& options) {
    DVC_TRY_ASSIGN(filters, sync::submission_filters(options.selection));
    options.submissions = std::move(filters);
    switch (options.command) {
        case Command::SubmissionsList:
            return complete_list(options);
        case Command::SubmissionsShow:
            return complete_show(options);
        case Command::SubmissionsRetry:
            return complete_acting(options, "retry");
        case Command::SubmissionsRelease:
            return complete_acting(options, "release");
        case Command::SubmissionsDismiss:
            return complete_acting(options, "dismiss");
        case Command::SubmissionsUnlink:
            return complete_link(options, "unlink");
        case Command::SubmissionsRelink:
            return complete_link(options, "relink");
        default:
            return {};
    }
}

}  // namespace dvcsync::cli
