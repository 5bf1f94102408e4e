#include "connector/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <string_view>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/options_audit.h"
#include "connector/cli/options_mapping.h"
#include "connector/cli/options_people.h"
#include "connector/cli/options_report.h"

namespace dvcsync::cli {
namespace {

// Whether --json was typed, for a command line that could not be read.
bool wants_json(int argc, char** argv) {
    return std::any_of(argv, argv + argc,
                       [](const char* word) { return std::string_view(word) == "--json"; });
}

// CLI11 tells of a missing command before it tells of a word that is none.
std::string in_words(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty())
        at = at->get_subcommands().front();
    const auto choices = at->get_subcommands([](const CLI::App*) { return true; });
    if (choices.empty()) return error.what();
    std::string names;
    for (const auto* one : choices)
        names += (names.empty() ? "" : ", ") + one->get_name();
    const auto strangers = app.remaining(true);
    return fmt::format("{}the command{} is one of: {}",
                       strangers.empty() ? "" : excerpt(strangers.front()) + " is none; ",
                       at == &app ? "" : " after " + at->get_name(), names);
}

}  // namespace

int parse(int argc, char** argv, Options& options) {
    CLI::App app{
        "dvcsync: brings a province's one-stop records to the National Public Service Portal.\n"
        "Exit codes: 0 done; 1 done, but something needs a person or another run; 2 usage;\n"
        "3 configuration; 4 portal not usable; 5 ledger or its disk, or the trail cannot be "
        "signed;\n"
        "6 another run is active; 7 the audit trail is not what was signed; 70 bug."};
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", std::string("dvcsync ") + DVC_VERSION);
    app.add_option("-c,--config", options.config, "configuration file")->capture_default_str();
    app.add_flag("--json", options.json, "print one JSON object instead of text");

    auto* init =
        app.add_subcommand("init", "write a commented dvcsync.toml, the drop folder and new keys");
    init->add_option("--dir", options.dir, "folder to write into")->capture_default_str();

    app.add_subcommand(
        "check", "test configuration, mappings, certificates, source, ledger and portal login");

    const std::map<std::string, sync::Job> jobs{{"push-catalogue", sync::Job::PushCatalogue},
                                                {"push-dossiers", sync::Job::PushDossiers},
                                                {"push-statistics", sync::Job::PushStatistics},
                                                {"pull-submissions", sync::Job::PullSubmissions},
                                                {"all", sync::Job::All}};
    auto* sync = app.add_subcommand(
        "sync", "take submissions, read the drop folder and push what is new or changed");
    std::string job = "all";
    sync->add_option("job", job, "what to do")->check(CLI::IsMember(jobs))->capture_default_str();
    bool confirm = false;
    sync->add_flag("--confirm", confirm,
                   "yes to a catalogue that abolishes or lacks more than usual");
    sync->add_option("--reason", options.reason, "why; needed with --confirm");

    auto* serve = app.add_subcommand(
        "serve", "take what the portal calls, and pull submissions now and then; until SIGTERM");
    serve->add_option("--ready-file", options.ready_file,
                      "write port and process into this file when it listens");

    auto* status = app.add_subcommand("status", "what is delivered, refused, parked and waiting");
    status->add_flag("--parked", options.parked, "also what is parked, as parked list shows it");
    status->add_option("--limit", options.limit, "how many parked items")
        ->check(CLI::Range(1, limits::max_listed))
        ->capture_default_str();

    add_report(app, options);
    add_people(app, options);
    add_audit(app, options);
    add_mapping(app, options);

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        options.json = wants_json(argc, argv);
        return usage_fault(options, in_words(app, error));
    }
    options.job = jobs.at(job);
    if (init->parsed()) options.command = Command::Init;
    if (app.got_subcommand("check")) options.command = Command::Check;
    if (sync->parsed()) options.command = Command::Sync;
    if (serve->parsed()) options.command = Command::Serve;
    if (status->parsed()) options.command = Command::Status;
    if (auto done = complete(options, confirm); !done) {
        return usage_fault(options, done.error().message);
    }
    return -1;
}

}  // namespace dvcsync::cli
