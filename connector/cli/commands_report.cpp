// status, report, acts.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "connector/cli/commands.h"
#include "connector/cli/commands_parked.h"
#include "connector/cli/commands_submissions.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

constexpr std::array kinds{"procedure", "dossier", "statistics", "answer", "receipt"};

constexpr std::size_t runs_shown = 5;
constexpr std::size_t acts_shown = 5;

// Of the newest resyncs: those that are not at their end.
Result<std::vector<ledger::Resync>> open_resyncs(ledger::Ledger& ledger) {
    constexpr std::size_t newest = 100;
    DVC_TRY_ASSIGN(all, ledger.resyncs(newest));
    std::erase_if(all, [](const auto& resync) {
        return resync.state == ledger::ResyncState::Stopped ||
               resync.state == ledger::ResyncState::Done;
    });
    return all;
}

Status status_json(const sync::Connector& connector, const Options& options) {
    ledger::Ledger& ledger = *connector.ledger;
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
        json.add("dismissed", std::uint64_t{tally.dismissed});
        json.add("held", std::uint64_t{tally.held});
        json.close();
    }
    json.close();
    DVC_TRY(add_tally(json, connector));
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
    DVC_TRY_ASSIGN(runs, ledger.last_runs(runs_shown));
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
    DVC_TRY_ASSIGN(resyncs, open_resyncs(ledger));
    json.open_list("resyncs");
    for (const auto& resync : resyncs) {
        json.open();
        json.add("id", static_cast<std::uint64_t>(resync.id));
        json.add("state", ledger::to_string(resync.state));
        json.add("total", std::uint64_t{resync.total});
        json.add("left", std::uint64_t{sync::left_of(resync)});
        json.close();
    }
    json.close_list();
    DVC_TRY_ASSIGN(acts, ledger.acts(acts_shown));
    add_acts(json, acts);
    DVC_TRY_ASSIGN(lease, ledger.lease());
    if (lease) add_lease(json, *lease);
    if (options.parked) DVC_TRY(parked_json(ledger, options, json));
    json.close();
    fmt::print("{}\n", json.text());
    return {};
}

Status status_text(const sync::Connector& connector, const Options& options) {
    ledger::Ledger& ledger = *connector.ledger;
    fmt::print("{:<12}{:>10}{:>11}{:>9}{:>9}{:>9}{:>11}{:>7}\n", "records", "read", "delivered",
               "refused", "parked", "waiting", "dismissed", "held");
    for (const char* kind : kinds) {
        DVC_TRY_ASSIGN(t, ledger.tally(kind));
        fmt::print("{:<12}{:>10}{:>11}{:>9}{:>9}{:>9}{:>11}{:>7}\n", kind, t.records, t.delivered,
                   t.refused, t.parked, t.waiting, t.dismissed, t.held);
    }
    DVC_TRY(print_tally(connector));
    DVC_TRY_ASSIGN(lease, ledger.lease());
    if (lease) {
        fmt::print("\nrunning, unless it was cut off: {}\n", sync::describe(*lease));
    }
    DVC_TRY_ASSIGN(runs, ledger.last_runs(runs_shown));
    if (!runs.empty()) fmt::print("\nlast runs\n");
    for (const auto& run : runs) {
        fmt::print("  {}  {:<16} {}\n", time_text(run.started), run.job,
                   run.outcome.empty() ? "did not end (still active, or cut off)" : run.outcome);
    }
    DVC_TRY_ASSIGN(resyncs, open_resyncs(ledger));
    if (!resyncs.empty()) fmt::print("\nresyncs (dvcsync resync status)\n");
    for (const auto& resync : resyncs) {
        fmt::print("  {:>4}  {:<7} {} left of {}\n", resync.id, ledger::to_string(resync.state),
                   count_text(sync::left_of(resync)), count_text(resync.total));
    }
    DVC_TRY_ASSIGN(acts, ledger.acts(acts_shown));
    if (!acts.empty()) fmt::print("\nlast acts of persons (dvcsync acts)\n");
    for (const auto& act : acts)
        fmt::print("  {}  {}  {}\n", time_text(act.at), act.actor, act.what);
    if (!options.parked) return {};
    fmt::print("\nparked\n");
    return parked_text(ledger, options);
}

}  // namespace

Result<sync::Connector> open_connector(const Options& options) {
    DVC_TRY_ASSIGN(config, config::load(options.config));
    return sync::Connector::open(std::move(config));
}

int run_status(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto done =
        options.json ? status_json(*connector, options) : status_text(*connector, options);
    return done ? exit_ok : complain(options, done.error());
}

int run_report(const Options& options) {
    auto connector = open_connector(options);
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

int run_acts(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto acts = connector->ledger->acts(static_cast<std::size_t>(options.limit));
    if (!acts) return complain(options, acts.error());
    if (options.json) {
        Json json;
        json.open();
        add_acts(json, *acts);
        json.close();
        fmt::print("{}\n", json.text());
    } else if (acts->empty()) {
        fmt::print("No person has done anything yet.\n");
    } else {
        print_acts(*acts, 0);
    }
    return exit_ok;
}

}  // namespace dvcsync::cli
