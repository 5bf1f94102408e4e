// sync.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "connector/cli/commands.h"
#include "connector/cli/commands_submissions.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/logging.h"
#include "connector/cli/progress_bar.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

void print_json(const sync::RunReport& report) {
    Json json;
    json.open();
    json.add("read", std::uint64_t{report.intake.read});
    json.add("unchanged", std::uint64_t{report.intake.unchanged});
    json.add("new", std::uint64_t{report.intake.added});
    json.add("changed", std::uint64_t{report.intake.changed});
    json.add("released", std::uint64_t{report.mappings.ready});
    json.open_list("mapping_files");
    for (const auto& file : report.mappings.files)
        json.item(file);
    json.close_list();
    json.add("rejected_files", std::uint64_t{report.intake.rejected.size()});
    json.add("doubtful_files", std::uint64_t{report.intake.warnings.size()});
    json.add("whole_catalogues", std::uint64_t{report.intake.catalogues.size()});
    json.add("files_not_taken", std::uint64_t{report.intake.left.size()});
    json.add("delivered", std::uint64_t{report.delivery.delivered});
    json.add("delivered_without_call", std::uint64_t{report.delivery.without_call});
    json.add("refused", std::uint64_t{report.delivery.refused});
    json.add("parked", std::uint64_t{report.delivery.parked + report.intake.parked});
    json.add("waiting", std::uint64_t{report.left});
    json.add("times_put_off", std::uint64_t{report.delivery.waiting});
    json.add("times_in_doubt", std::uint64_t{report.delivery.doubtful});
    json.add("calls", report.traffic.calls);
    json.add("bytes", report.traffic.bytes);
    json.add("logins", report.traffic.logins);
    json.add("seconds", report.seconds);
    json.add("attention", report.attention);
    std::size_t kept = 0;
    for (const auto& [operation, count] : report.kept)
        kept += count;
    json.add("kept", std::uint64_t{kept});
    json.add("outdated", std::uint64_t{report.intake.outdated});
    json.add("resent", std::uint64_t{report.resent});
    json.add("recovered", std::uint64_t{report.recovered});
    json.add("catalogue_stop", report.catalogue_stop);
    json.add("confirmed", std::uint64_t{report.confirmed});
    json.add("confirmed_for", report.confirmed_for);
    json.add("stopped", report.delivery.stop);
    json.add("unsigned", report.unsealed);
    json.add("sign_trouble", report.seal_trouble);
    add_pull(json, report.pull);
    json.close();
    fmt::print("{}\n", json.text());
}

void print_text(const sync::RunReport& report, const std::optional<ledger::Act>& confirm) {
    const auto& in = report.intake;
    const auto& out = report.delivery;
    for (const auto& file : report.mappings.files)
        fmt::print("Mappings  {}\n", file);
    if (report.mappings.ready > 0)
        fmt::print("Mappings  have changed: {} are tried again\n",
                   counted(report.mappings.ready, "parked item"));
    fmt::print("Read      {} records: {} unchanged, {} new, {} changed; {} of them unusable\n",
               in.read, in.unchanged, in.added, in.changed, in.parked);
    if (in.outdated > 0) {
        fmt::print("Older     {} records left alone: a later export was read before\n",
                   in.outdated);
    }
    fmt::print("Delivered {} items", out.delivered);
    if (out.without_call > 0) {
        fmt::print(" ({} without a call: nothing changed that the portal asks for)",
                   out.without_call);
    }
    fmt::print("; {} refused by the portal or given up, {} parked here; {} left for a later run\n",
               out.refused, out.parked + in.parked, report.left);
    for (const auto& [operation, count] : report.kept) {
        fmt::print("Kept      {} for {}, which this profile does not send\n",
                   counted(count, "item"), to_string(operation));
    }
    if (out.waiting + out.doubtful > 0) {
        fmt::print("Repeated  {} and {}: answers, not items\n",
                   counted(out.waiting, "time") + " put off",
                   counted(out.doubtful, "time") + " in doubt");
    }
    fmt::print("Calls     {} in {:.1f} s\n", report.traffic.calls, report.seconds);
    for (const auto& file : in.rejected) {
        fmt::print("Rejected  {}: {}\n", file.file, file.reason);
    }
    for (const auto& file : in.warnings) {
        fmt::print("Doubtful  {}: {}\n", file.file, file.reason);
    }
    for (const auto& file : in.catalogues) {
        fmt::print("Whole     {}: {} listed; {} of the {} that the portal shows are not in it\n",
                   file.file, counted(file.listed, "procedure"), file.missing, file.published);
    }
    constexpr std::size_t shown = 5;
    for (std::size_t i = 0; i < in.left.size() && i < shown; ++i) {
        fmt::print("Not taken {}: {}\n", in.left[i].file, in.left[i].reason);
    }
    if (in.left.size() > shown) fmt::print("Not taken {} more files\n", in.left.size() - shown);
    if (report.resent > 0)
        fmt::print("Resync    {} records handed over to be sent again\n", report.resent);
    if (!report.catalogue_stop.empty()) fmt::print("Catalogue {}\n", report.catalogue_stop);
    if (report.confirmed > 0) {
        fmt::print("Catalogue confirmed by {} for {}, kept in dvcsync acts: {}\n", confirm->actor,
                   counted(report.confirmed, "procedure"), report.confirmed_for);
    } else if (confirm && report.catalogue_stop.empty()) {
        fmt::print("Catalogue --confirm was not needed: nothing was stopped, and no act is kept\n");
    }
    if (!out.stop.empty()) fmt::print("Stopped   {}\n", out.stop);
    if (!report.unsealed.empty()) {
        fmt::print("Stopped   {}\n", report.unsealed);
    } else if (!report.seal_trouble.empty()) {
        fmt::print("Audit     {}\n", report.seal_trouble);
    }
    if (report.attention) {
        fmt::print("Something needs a person or another run: see dvcsync status\n");
    }
}

void log_run(sync::Job job, const sync::RunReport& report) {
    for (const auto& line : sync::log_lines(job, report))
        spdlog::log(line.warning ? spdlog::level::warn : spdlog::level::info, line.text);
}

}  // namespace

int run_sync(const Options& options, const std::atomic<bool>& stop) {
    auto config = config::load(options.config);
    if (!config) return complain(options, config.error());
    if (auto started = start_logging(*config); !started) return complain(options, started.error());
    auto connector = sync::Connector::open(*std::move(config));
    if (!connector) return complain(options, connector.error());
    ProgressBar progress(ProgressBar::style_for(options.json));
    sync::RunOrder order;
    order.job = options.job;
    order.confirm = options.confirm;
    const auto report = sync::run_job(*connector, std::move(order), system_clock(), progress, stop);
    if (!report)
        return end_with(options, fmt::format("sync {}", sync::to_string(options.job)),
                        report.error());
    if (report->busy) return busy(options, *report->busy);
    const bool pulls = connector->config.inbound &&
                       (options.job == sync::Job::PullSubmissions || options.job == sync::Job::All);
    if (pulls) log_pull(report->pull);
    if (pulls && !options.json) print_pull(report->pull);
    log_run(options.job, *report);
    options.json ? print_json(*report) : print_text(*report, options.confirm);
    if (!report->unsealed.empty()) return exit_ledger;
    if (!report->delivery.stop.empty() && !stop) return exit_portal;
    if (!report->pull.stop.empty() && !stop)
        return report->pull.settings ? exit_config : exit_portal;
    return report->attention ? exit_attention : exit_ok;
}

}  // namespace dvcsync::cli
