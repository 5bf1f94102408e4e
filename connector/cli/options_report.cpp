#include "connector/cli/options_report.h"

#include <CLI/CLI.hpp>

#include "connector/cli/options_people.h"

namespace dvcsync::cli {

void add_report(CLI::App& app, Options& options) {
    auto* report = app.add_subcommand("report", "figures of a period, from the ledger");
    report->require_subcommand(1);

    auto* year =
        add_command(*report, options, Command::Report, "year", "the year as the province told it");
    year->add_option("year", options.year, "four digits")
        ->required()
        ->check(CLI::Range(2000, 2100));

    auto* delivery = add_command(*report, options, Command::ReportDelivery, "delivery",
                                 "by agency and procedure: what the portal knows, and how soon");
    delivery->add_option("--from", options.selection.from, "first day: 31/03/2019 or 2019-03-31")
        ->required();
    delivery->add_option("--to", options.selection.to, "last day")->required();
    auto& chosen = options.delivery;
    delivery
        ->add_option("--kind", chosen.rules.kind,
                     "dossier, or answer: dossiers that were born on the portal")
        ->check(CLI::IsMember({"dossier", "answer"}))
        ->capture_default_str();
    delivery->add_option("--format", chosen.format, "text, csv, json, or html: a page to print")
        ->check(CLI::IsMember({"text", "csv", "json", "html"}))
        ->capture_default_str();
    delivery->add_flag("--late", chosen.late, "with csv: the late ones, a line each");
    delivery->add_option("--out", chosen.out, "write into this file")->type_name("FILE");
    add_limit(*delivery, options, "late ones shown as text");
}

Status complete_delivery(Options& options) {
    auto& chosen = options.delivery;
    if (options.json && chosen.format == "text") chosen.format = "json";
    if (options.json && chosen.format != "json")
        return fail(ErrorKind::Config, "report delivery: --json does not go with --format " +
                                           chosen.format + ": leave one of them away");
    if (chosen.late && chosen.format != "csv")
        return fail(ErrorKind::Config,
                    "report delivery: --late goes with --format csv (json has them anyway)");
    sync::Selection days;
    days.from = options.selection.from;
    days.to = options.selection.to;
    DVC_TRY_ASSIGN(period, sync::days_of(days));
    chosen.rules.from = *period.from;
    chosen.rules.until = *period.until;
    return {};
}

}  // namespace dvcsync::cli
