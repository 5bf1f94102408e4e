// Counts of submissions: of a run, and of the ledger.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "connector/cli/commands_submissions.h"
#include "connector/cli/text.h"
#include "connector/sync/check_inbound.h"

namespace dvcsync::cli {
namespace {

std::string pull_text(const sync::PullCounts& pull) {
    return fmt::format(
        "{} new, {}, {} again; {} handed over with {}, {} put off, {} held{}",
        count_text(pull.first), counted(pull.revisions, "revision"), count_text(pull.duplicates),
        count_text(pull.handed), counted(pull.files, "file"), counted(pull.waiting, "time"),
        count_text(pull.held),
        pull.left == 0 ? "" : fmt::format(", {} left for the next run", count_text(pull.left)));
}

}  // namespace

std::string trouble_of(const sync::Connector& connector, bool open) {
    return open ? sync::inbox_trouble(connector.config) : "";
}

void print_trouble(const std::string& trouble) {
    if (!trouble.empty())
        fmt::print("Nothing is handed over: the inbox cannot be used: {}\n", trouble);
}

Status print_tally(const sync::Connector& connector) {
    DVC_TRY_ASSIGN(t, connector.ledger->submissions().tally());
    if (t.arrived + t.announced + t.linked == 0) return {};
    fmt::print("\n{:<12}{:>10}{:>10}{:>9}{:>7}{:>8}{:>11}\n", "submissions", "arrived", "received",
               "waiting", "held", "handed", "dismissed");
    fmt::print("{:<12}{:>10}{:>10}{:>9}{:>7}{:>8}{:>11}\n", "", t.arrived, t.received, t.waiting,
               t.held, t.handed, t.dismissed);
    fmt::print("{:<12}{} announced and not fetched yet, {} came again, {} linked with a dossier\n",
               "", count_text(t.announced), count_text(t.duplicates), count_text(t.linked));
    print_trouble(trouble_of(connector, t.received + t.waiting > 0));
    return {};
}

Status add_tally(Json& json, const sync::Connector& connector) {
    DVC_TRY_ASSIGN(t, connector.ledger->submissions().tally());
    json.open_object("submissions");
    json.add("arrived", std::uint64_t{t.arrived});
    json.add("received", std::uint64_t{t.received});
    json.add("waiting", std::uint64_t{t.waiting});
    json.add("held", std::uint64_t{t.held});
    json.add("handed", std::uint64_t{t.handed});
    json.add("dismissed", std::uint64_t{t.dismissed});
    json.add("announced", std::uint64_t{t.announced});
    json.add("duplicates", std::uint64_t{t.duplicates});
    json.add("linked", std::uint64_t{t.linked});
    json.add("inbox_trouble", trouble_of(connector, t.received + t.waiting > 0));
    json.close();
    return {};
}

void print_pull(const sync::PullCounts& pull) {
    fmt::print("Submissions {}\n", pull_text(pull));
    if (!pull.stop.empty()) fmt::print("Stopped   submissions: {}\n", pull.stop);
}

void add_pull(Json& json, const sync::PullCounts& pull) {
    json.add("submissions_listed", std::uint64_t{pull.listed});
    json.add("submissions_announced", std::uint64_t{pull.announced});
    json.add("submissions_new", std::uint64_t{pull.first});
    json.add("submissions_revisions", std::uint64_t{pull.revisions});
    json.add("submissions_again", std::uint64_t{pull.duplicates});
    json.add("submissions_handed", std::uint64_t{pull.handed});
    json.add("submissions_files", std::uint64_t{pull.files});
    json.add("submissions_put_off", std::uint64_t{pull.waiting});
    json.add("submissions_left", std::uint64_t{pull.left});
    json.add("submissions_held", std::uint64_t{pull.held});
    json.add("submissions_stopped", pull.stop);
}

void log_pull(const sync::PullCounts& pull) {
    const auto level = pull.stop.empty() ? spdlog::level::info : spdlog::level::warn;
    // What the portal said may name a person; it was told to whoever called.
    spdlog::log(level, "submissions: listed {}, {}{}", pull.listed, pull_text(pull),
                pull.stop.empty() ? ""
                : pull.settings   ? ", stopped: a setting must be mended, see dvcsync check"
                                  : ", stopped: the portal gave no useful answer");
}

}  // namespace dvcsync::cli
