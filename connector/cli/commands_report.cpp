// status and report.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"

namespace dvcsync::cli {
namespace {

Result<sync::Connector> open(const Options& options) {
    DVC_TRY_ASSIGN(config, config::load(options.config));
    return sync::Connector::open(std::move(config));
}

constexpr std::array kinds{"procedure", "dossier", "statistics"};

std::string time_text(const std::optional<UtcTime>& at) {
    return at ? vietnam_text(*at) : std::string("-");
}

Status status_json(ledger::Ledger& ledger, const Options& options) {
    Json json;
    json.open();
    json.open_object("records");
    for (const char* kind : kinds) {
        DVC_TRY_ASSIGN(tally, ledger.tally(kind));
        json.open_object(kind);
        json.add("read", std::uint64_t{tally.records});
        json.add("delivered", std::uint64_t{tally.delivered});
        json.add("refused", std::uint64_t{tally.refused});
        json.add("parked", std::uint64_t{tally.parked});
        json.add("waiting", std::uint64_t{tally.waiting});
        json.add("held", std::uint64_t{tally.held});
        json.close();
    }
    json.close();
    DVC_TRY_ASSIGN(counts, ledger.counts());
    json.open_list("items");
    for (const auto& row : counts) {
        json.open();
        json.add("operation", to_string(row.operation));
        json.add("state", ledger::to_string(row.state));
        json.add("cause", ledger::to_string(row.cause));
        json.add("count", std::uint64_t{row.count});
        json.close();
    }
    json.close_list();
    DVC_TRY_ASSIGN(runs, ledger.last_runs(5));
    json.open_list("runs");
    for (const auto& run : runs) {
        json.open();
        json.add("job", run.job);
        json.add("started", utc_text(run.started));
        json.add("ended", run.ended ? utc_text(*run.ended) : "");
        json.add("outcome", run.outcome);
        json.close();
    }
    json.close_list();
    if (options.parked) {
        DVC_TRY_ASSIGN(rows,
                       ledger.list(ledger::State::Parked, static_cast<std::size_t>(options.limit)));
        json.open_list("parked");
        for (const auto& row : rows) {
            json.open();
            json.add("operation", to_string(row.operation));
            json.add("cause", ledger::to_string(row.cause));
            json.add("code", row.code);
            json.add("origin", row.origin);
            json.add("portal_code", row.portal_code);
            json.add("reason", row.reason);
            json.add("since", utc_text(row.changed_at));
            json.close();
        }
        json.close_list();
    }
    json.close();
    fmt::print("{}\n", json.text());
    return {};
}

Status status_text(ledger::Ledger& ledger, const Options& options) {
    fmt::print("{:<12}{:>10}{:>11}{:>9}{:>9}{:>9}{:>7}\n", "records", "read", "delivered",
               "refused", "parked", "waiting", "held");
    for (const char* kind : kinds) {
        DVC_TRY_ASSIGN(t, ledger.tally(kind));
        fmt::print("{:<12}{:>10}{:>11}{:>9}{:>9}{:>9}{:>7}\n", kind, t.records, t.delivered,
                   t.refused, t.parked, t.waiting, t.held);
    }
    DVC_TRY_ASSIGN(runs, ledger.last_runs(5));
    if (!runs.empty()) fmt::print("\nlast runs\n");
    for (const auto& run : runs) {
        fmt::print("  {}  {:<16} {}\n", time_text(run.started), run.job,
                   run.outcome.empty() ? "did not end (still active, or cut off)" : run.outcome);
    }
    if (!options.parked) return {};
    DVC_TRY_ASSIGN(rows,
                   ledger.list(ledger::State::Parked, static_cast<std::size_t>(options.limit)));
    fmt::print("\nparked ({} shown)\n", rows.size());
    for (const auto& row : rows) {
        fmt::print("  {}  {}  by {}{}{}\n      from {}\n      {}\n", row.code,
                   to_string(row.operation), ledger::to_string(row.cause),
                   row.portal_code.empty() ? "" : ", code ", row.portal_code, row.origin,
                   row.reason);
    }
    return {};
}

}  // namespace

int run_status(const Options& options) {
    auto connector = open(options);
    if (!connector) return complain(options, connector.error());
    const auto done = options.json ? status_json(*connector->ledger, options)
                                   : status_text(*connector->ledger, options);
    return done ? exit_ok : complain(options, done.error());
}

int run_report(const Options& options) {
    auto connector = open(options);
    if (!connector) return complain(options, connector.error());
    const auto figures = connector->ledger->year(options.year);
    if (!figures) return complain(options, figures.error());
    const auto& f = *figures;
    const std::pair<const char*, std::size_t> rows[] = {
        {"received", f.received},
        {"due", f.due},
        {"early", f.early},
        {"on_time", f.on_time},
        {"late", f.late},
        {"late_with_apology", f.late_with_apology},
        {"online_to_result", f.online_to_result},
        {"decisions", f.decisions},
        {"procedures_new", f.procedures_new},
        {"procedures_amended", f.procedures_amended},
        {"procedures_replaced", f.procedures_replaced},
        {"procedures_abolished", f.procedures_abolished},
        {"published", f.published},
        {"inter_agency", f.inter_agency},
        {"agencies", f.agencies},
    };
    if (options.json) {
        Json json;
        json.open();
        json.add("year", static_cast<std::uint64_t>(options.year));
        for (const auto& [name, value] : rows)
            json.add(name, std::uint64_t{value});
        json.close();
        fmt::print("{}\n", json.text());
        return exit_ok;
    }
    fmt::print("{}, as the province told it\n", options.year);
    for (const auto& [name, value] : rows)
        fmt::print("  {:<22}{:>9}\n", name, value);
    return exit_ok;
}

}  // namespace dvcsync::cli
