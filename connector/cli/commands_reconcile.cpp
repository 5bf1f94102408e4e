// reconcile: what the portal holds against what the province told, and the resync that mends it.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <random>

#include "connector/base/files.h"
#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/logging.h"
#include "connector/cli/progress_bar.h"
#include "connector/cli/reconcile_report.h"
#include "connector/cli/text.h"
#include "connector/sync/connector.h"

namespace dvcsync::cli {
namespace {

using sync::Match;
using sync::ReconcileReport;

constexpr mode_t csv_mode = 0600;  // codes of dossiers are nobody else's business

Result<ReconcileReport> compare(sync::Connector& connector, const Options& options,
                                const std::atomic<bool>& stop) {
    const auto& config = connector.config;
    DVC_TRY_ASSIGN(mappings,
                   mapping::MappingSet::load(config.mappings, config.vocabulary, config.profile));
    DVC_TRY_ASSIGN(profile, portal::Profile::load(config.mappings / "portal" / config.profile /
                                                  "profile.xml"));
    DVC_TRY_ASSIGN(client,
                   portal::Client::open(profile, sync::client_settings(config, *connector.recorder),
                                        system_clock()));
    sync::ReconcileRules rules;
    rules.slice = options.slice;
    rules.sample = options.reconcile.sample;
    rules.workers = config.in_flight;
    rules.seed = std::random_device{}();
    ProgressBar progress(ProgressBar::style_for(options.json));
    const auto calls = sync::calls_of(*client);
    auto report = sync::reconcile(*connector.ledger, calls, mappings, connector.sealer,
                                  system_clock(), rules, progress, stop);
    DVC_TRY(connector.recorder->note_exchanges());
    return report;
}

void log_result(const ReconcileReport& report) {
    const auto level = report.differs() ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level,
                "reconcile: {} dossiers, same {}, missing {}, stale {}, not sent {}, not asked {}, "
                "unknown to us {}{}{}",
                report.dossiers(), report.at(Match::Same), report.at(Match::Missing),
                report.at(Match::Stale), report.not_sent(), report.at(Match::NotAsked),
                report.at(Match::Unknown), report.stop.empty() ? "" : ", stopped: ",
                // What the portal said may name a person; it was told to whoever called.
                report.portal_failed ? "the portal gave no useful answer" : report.stop);
}

// The resync of what is missing or stale; nullopt: there is nothing to mend, or the report is not
// complete and a person should look first.
Result<std::optional<ledger::Resync>> mend(ledger::Ledger& ledger, const ReconcileReport& report,
                                           const ledger::Act& act) {
    std::optional<ledger::Resync> none;
    ledger::Slice slice;
    slice.codes = report.mendable();
    if (slice.codes.empty() || !report.stop.empty()) return none;
    DVC_TRY_ASSIGN(started, ledger.start_resync(slice, act, system_clock().now()));
    return started;
}

void print_mended(const ReconcileReport& report, const std::optional<ledger::Resync>& resync) {
    if (resync && resync->total == 0) {
        fmt::print(
            "\nEverything that is missing or stale waits in another resync already: the next "
            "dvcsync sync sends it.\n");
    } else if (resync) {
        fmt::print(
            "\nResync {} is active with {}: the next dvcsync sync sends what is missing or stale "
            "again.\n",
            resync->id, counted(resync->total, "dossier"));
        const std::size_t other = report.mendable().size() - resync->total;
        if (other > 0) fmt::print("{} wait in another resync already.\n", count_text(other));
    } else if (!report.stop.empty()) {
        fmt::print("Nothing was mended: compare to the end first, or choose fewer dossiers.\n");
    } else {
        fmt::print("\nThere is nothing to mend.\n");
    }
}

int tell(const Options& options, const ReconcileReport& report,
         const std::optional<ledger::Resync>& resync) {
    if (options.json) {
        Json json;
        json.open();
        add_reconciliation(json, report);
        if (resync) {
            json.open_object("resync");
            json.add("id", static_cast<std::uint64_t>(resync->id));
            json.add("total", std::uint64_t{resync->total});
            json.close();
        }
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        print_reconciliation(report, static_cast<std::size_t>(options.limit));
        if (options.reconcile.mend) print_mended(report, resync);
        if (!options.reconcile.csv.empty()) {
            fmt::print("{} written to {}\n", counted(report.differences.size(), "difference"),
                       options.reconcile.csv.string());
        }
    }
    if (report.portal_failed) return exit_portal;
    return report.differs() || !report.stop.empty() ? exit_attention : exit_ok;
}

}  // namespace

int run_reconcile(const Options& options, const std::atomic<bool>& stop) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    if (auto started = start_logging(connector->config); !started) {
        return complain(options, started.error());
    }
    const auto report = compare(*connector, options, stop);
    if (!report) return complain(options, report.error());
    log_result(*report);
    std::optional<ledger::Resync> resync;
    if (options.reconcile.mend) {
        const auto started = mend(*connector->ledger, *report, options.act);
        if (!started) return complain(options, started.error());
        resync = *started;
    }
    if (!options.reconcile.csv.empty()) {
        const auto written =
            write_atomically(options.reconcile.csv, reconciliation_csv(*report), csv_mode);
        if (!written) return complain(options, written.error());
    }
    return tell(options, *report, resync);
}

}  // namespace dvcsync::cli
