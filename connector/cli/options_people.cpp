#include "connector/cli/options_people.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/cli/options_submissions.h"

namespace dvcsync::cli {
CLI::App* add_command(CLI::App& parent, Options& options, Command what, const char* name,
                      const char* description) {
    auto* added = parent.add_subcommand(name, description);
    added->callback([&options, what] { options.command = what; });
    return added;
}

void add_limit(CLI::App& command, Options& options, const char* what) {
    command.add_option("--limit", options.limit, what)
        ->check(CLI::Range(1, limits::max_listed))
        ->capture_default_str();
}

void add_reason(CLI::App& command, Options& options) {
    command.add_option("--reason", options.reason,
                       "why, in your words; kept for good with your name and the time, so name "
                       "no citizen");
}

void add_acting(CLI::App& command, Options& options, const char* codes,
                void (*add_filters)(CLI::App&, Options&)) {
    command.add_option("codes", options.selection.codes, codes)->type_name("CODE");
    command.add_flag("--all-matching", options.all_matching,
                     "everything that the filters choose; says how many, and asks");
    add_filters(command, options);
    add_reason(command, options);
    command.add_flag("--yes", options.yes, "do not ask (needed where no terminal can be asked)");
}

namespace {

void add_received(CLI::App& command, Options& options) {
    auto& chosen = options.selection;
    command.add_option("--from", chosen.from,
                       "dossiers received on this day or later: 31/03/2019 or 2019-03-31");
    command.add_option("--to", chosen.to, "dossiers received on this day or earlier");
}

// Names of agency and procedure, and days.
void add_place(CLI::App& command, Options& options) {
    auto& chosen = options.selection;
    command.add_option("--agency", chosen.agency, "code of the agency");
    command.add_option("--procedure", chosen.procedure,
                       "code of the procedure; without a suffix: with every suffix");
    add_received(command, options);
}

void add_filters(CLI::App& command, Options& options) {
    auto& chosen = options.selection;
    command.add_option("--kind", chosen.kind, "dossier, procedure, statistics, answer or receipt");
    add_place(command, options);
    command.add_option(
        "--operation", chosen.operation,
        "push-procedure, push-dossier, push-progress, push-statistics, push-status or "
        "confirm-submission");
    command.add_option("--cause", chosen.cause, "parked by: intake, mapping or portal");
    command.add_option("--portal-code", chosen.portal_code, "the portal's code, as listed");
    command.add_option("--text", chosen.text, "words that stand somewhere in the reason");
}

void add_parked(CLI::App& app, Options& options) {
    auto* parked = app.add_subcommand("parked", "what needs a person: look, retry, dismiss");
    parked->require_subcommand(1);

    auto* list = add_command(*parked, options, Command::ParkedList, "list",
                             "what is parked, by whom and why; newest first");
    list->add_option("--code", options.selection.codes, "codes of the records")->type_name("CODE");
    add_filters(*list, options);
    add_limit(*list, options, "rows shown");

    auto* show = add_command(*parked, options, Command::ParkedShow, "show",
                             "everything that is known of a record's items, parked or not");
    show->add_option("code", options.selection.codes, "code of the record")
        ->required()
        ->type_name("CODE")
        ->expected(1);

    auto* retry = add_command(*parked, options, Command::ParkedRetry, "retry",
                              "have the next run try them again");
    add_acting(*retry, options, "codes of the records", add_filters);

    auto* dismiss = add_command(*parked, options, Command::ParkedDismiss, "dismiss",
                                "they need no sending, until the province changes them");
    add_acting(*dismiss, options, "codes of the records", add_filters);
}

// A whole number above 0, told in words: CLI11 would print the whole range of the type.
CLI::Validator number(const char* what) {
    return CLI::Validator(
        [what](const std::string& typed) {
            std::int64_t value = 0;
            const auto [end, error] =
                std::from_chars(typed.data(), typed.data() + typed.size(), value);
            const bool good = error == std::errc() && end == typed.data() + typed.size();
            return good && value > 0 ? std::string()
                                     : fmt::format("'{}' is not {}", excerpt(typed), what);
        },
        "");
}

constexpr const char* resync_number =
    "the number of a resync; dvcsync resync status lists those there are";

void add_change(CLI::App& resync, Options& options, Command what, const char* name,
                const char* description) {
    auto* change = add_command(resync, options, what, name, description);
    change->add_option("id", options.resync, "number of the resync")
        ->required()
        ->check(number(resync_number))
        ->type_name("ID");
    add_reason(*change, options);
}

void add_resync(CLI::App& app, Options& options) {
    auto* resync = app.add_subcommand("resync", "send again what the portal has had already");
    resync->require_subcommand(1);

    auto* start =
        add_command(*resync, options, Command::ResyncStart, "start",
                    "choose records; the next dvcsync sync sends them, after live changes");
    start->add_option("--dossier", options.selection.codes, "codes of dossiers")->type_name("CODE");
    start->add_option("--kind", options.selection.kind,
                      "dossier (if not given), procedure, statistics, answer or receipt");
    add_place(*start, options);
    start->add_flag("--everything", options.everything, "no condition: every record of the kind");
    start->add_flag("--dry-run", options.dry_run, "say what would be sent, and start nothing");
    add_reason(*start, options);

    auto* status = add_command(*resync, options, Command::ResyncStatus, "status",
                               "how far they have come; newest first");
    status->add_option("id", options.resync, "number of the resync; all if not given")
        ->check(number(resync_number))
        ->type_name("ID");
    add_limit(*status, options, "resyncs shown");

    add_change(*resync, options, Command::ResyncPause, "pause", "hand nothing more over for now");
    add_change(*resync, options, Command::ResyncResume, "resume", "go on after a pause");
    add_change(*resync, options, Command::ResyncStop, "stop",
               "forget what is not handed over yet, for good");
}

void add_reconcile(CLI::App& app, Options& options) {
    auto* reconcile = add_command(app, options, Command::Reconcile, "reconcile",
                                  "compare what the portal holds with what the province told");
    reconcile->add_option("--dossier", options.selection.codes, "codes of dossiers")
        ->type_name("CODE");
    add_place(*reconcile, options);
    reconcile
        ->add_option("--sample", options.reconcile.sample,
                     "so many dossiers, chosen by chance; all if not given")
        ->check(number("a number of dossiers"));
    reconcile->add_flag("--mend", options.reconcile.mend,
                        "start the resync that mends what is missing or stale");
    reconcile->add_option("--csv", options.reconcile.csv, "write every difference into this file")
        ->type_name("FILE");
    add_limit(*reconcile, options, "differences shown");
    add_reason(*reconcile, options);
}

void add_catalogue(CLI::App& app, Options& options) {
    auto* catalogue = app.add_subcommand(
        "catalogue", "the procedures that the next push would abolish, and whether it is stopped");
    auto* drift = add_command(*catalogue, options, Command::CatalogueDrift, "drift",
                              "our catalogue against the portal's: what differs, what is missing, "
                              "what came too late");
    add_limit(*drift, options, "lines shown of each part");
    // CLI11 calls back the outer command after the inner one.
    catalogue->callback([catalogue, &options] {
        if (catalogue->get_subcommands().empty()) options.command = Command::Catalogue;
    });
}

}  // namespace

void add_people(CLI::App& app, Options& options) {
    add_parked(app, options);
    add_submissions(app, options);
    add_resync(app, options);
    add_reconcile(app, options);
    add_catalogue(app, options);
    auto* acts = add_command(app, options, Command::Acts, "acts",
                             "what persons did, when and why; newest first");
    add_limit(*acts, options, "acts shown");
}

}  // namespace dvcsync::cli
