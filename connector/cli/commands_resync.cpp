// resync start, status, pause, resume, stop.
#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

using ledger::Resync;
using ledger::ResyncPreview;
using ledger::ResyncState;

constexpr std::size_t runs_looked_at = 5;
constexpr std::size_t all_of_them = std::numeric_limits<std::int64_t>::max();

// Errors of the ledger that are about what was asked for, not about the configuration.
int refused(const Options& options, const Error& error) {
    return error.kind == ErrorKind::Config ? nothing_done(options, error.message)
                                           : complain(options, error);
}

std::string_view kind_words(const std::string& kind) {
    if (kind == "dossier") return "dossier";
    if (kind == "procedure") return "procedure";
    return "record";
}

void add_preview(Json& json, const ResyncPreview& preview) {
    json.add("matching", std::uint64_t{preview.matching});
    json.add("would_send", std::uint64_t{sync::would_send(preview)});
    json.add("on_their_way", std::uint64_t{preview.on_way});
    json.add("parked", std::uint64_t{preview.parked});
    json.add("in_another_resync", std::uint64_t{preview.in_other});
    json.add("not_to_be_sent", std::uint64_t{preview.held});
    json.open_list("first_codes");
    for (const auto& code : preview.first_codes)
        json.item(code);
    json.close_list();
}

void print_preview(const ResyncPreview& preview, const std::string& kind) {
    fmt::print("{} match; {} would be sent again\n", counted(preview.matching, kind_words(kind)),
               count_text(sync::would_send(preview)));
    const auto line = [](std::size_t count, std::string_view words) {
        if (count > 0) fmt::print("  {:>9} {}\n", count_text(count), words);
    };
    line(preview.on_way, "on their way already: left alone");
    line(preview.parked, "parked or dismissed: left alone (see dvcsync parked)");
    line(preview.in_other, "waiting in another resync already");
    line(preview.held, "not to be sent, by the province's status");
}

// "12,345 records, about 20 minutes at the rate of the last runs"
std::string outlook(std::size_t records, const std::optional<double>& rate) {
    const std::string how_many = counted(records, "record");
    if (!rate) return how_many + "; how long that takes is not known yet";
    return fmt::format("{}, {} at the rate of the last runs ({:.1f} a second)", how_many,
                       sync::duration_words(records, *rate), *rate);
}

void add_resync(Json& json, const Resync& resync, const std::optional<double>& rate) {
    const std::size_t left = sync::left_of(resync);
    json.add("id", static_cast<std::uint64_t>(resync.id));
    json.add("state", ledger::to_string(resync.state));
    json.add("actor", resync.actor);
    json.add("reason", resync.reason);
    json.add("selection", resync.selection);
    json.add("total", std::uint64_t{resync.total});
    json.add("handed", std::uint64_t{resync.handed});
    json.add("skipped", std::uint64_t{resync.skipped});
    json.add("left", std::uint64_t{left});
    json.add("on_their_way", std::uint64_t{resync.on_way});
    json.add("created", utc_text(resync.created));
    json.add("began", resync.began ? utc_text(*resync.began) : "");
    json.add("changed", resync.changed ? utc_text(*resync.changed) : "");
    if (!rate) return;
    json.add("records_a_second", *rate);
    json.add("seconds_left", static_cast<double>(left) / *rate);
}

std::string what_next(const Resync& resync, const std::optional<double>& rate) {
    const std::size_t left = sync::left_of(resync);
    switch (resync.state) {
        case ResyncState::Active:
            if (!rate) return "the next dvcsync sync goes on with it";
            return fmt::format("the rest: {} at {:.1f} a second, while dvcsync sync runs",
                               sync::duration_words(left, *rate), *rate);
        case ResyncState::Paused:
            return fmt::format("{} left; dvcsync resync resume {} --reason … goes on",
                               count_text(left), resync.id);
        case ResyncState::Stopped:
            return "stopped for good; what was handed over before still goes out";
        case ResyncState::Done:
            break;
    }
    return "";
}

void print_resync(const Resync& resync, const std::optional<double>& rate) {
    const std::size_t passed = resync.handed + resync.skipped;
    const std::size_t percent = resync.total == 0 ? 100 : 100 * passed / resync.total;
    fmt::print("resync {}  {}  {} {} %\n", resync.id, ledger::to_string(resync.state),
               bar_text(passed, resync.total), percent);
    fmt::print("  {} of {} handed over, {} skipped", count_text(resync.handed),
               count_text(resync.total), count_text(resync.skipped));
    if (resync.on_way > 0) {
        fmt::print("; {} of all resyncs not delivered yet", count_text(resync.on_way));
    }
    fmt::print("\n");
    const std::string next = what_next(resync, rate);
    if (!next.empty()) fmt::print("  {}\n", next);
    fmt::print("  started {} by {}\n", time_text(resync.created), resync.actor);
    if (resync.changed) fmt::print("  last moved {}\n", time_text(resync.changed));
    fmt::print("{}", wrapped(fmt::format("chosen: {}", resync.selection), 2, text_width()));
    fmt::print("{}", wrapped(fmt::format("reason: {}", resync.reason), 2, text_width()));
}

// Its own rate once it has one, that of the last runs before.
Result<std::optional<double>> rate_of(ledger::Ledger& ledger, const Resync& resync) {
    if (const auto own = sync::resync_rate(resync)) return own;
    DVC_TRY_ASSIGN(runs, ledger.last_runs(runs_looked_at));
    return sync::delivery_rate(runs);
}

// One resync as an object, or in words.
int show_one(const Options& options, ledger::Ledger& ledger, const Resync& resync) {
    const auto rate = rate_of(ledger, resync);
    if (!rate) return complain(options, rate.error());
    if (options.json) {
        Json json;
        json.open();
        add_resync(json, resync, *rate);
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        print_resync(resync, *rate);
    }
    return exit_ok;
}

int dry_run(const Options& options, const ResyncPreview& preview) {
    if (options.json) {
        Json json;
        json.open();
        add_preview(json, preview);
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        print_preview(preview, options.slice.kind);
        if (!preview.first_codes.empty()) fmt::print("the first that would be sent:\n");
        for (const auto& code : preview.first_codes)
            fmt::print("  {}\n", code);
        fmt::print("Nothing was started (--dry-run).\n");
    }
    return exit_ok;
}

ResyncState wanted_state(Command command) {
    if (command == Command::ResyncPause) return ResyncState::Paused;
    return command == Command::ResyncResume ? ResyncState::Active : ResyncState::Stopped;
}

}  // namespace

int run_resync_start(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    auto& ledger = *connector->ledger;
    const auto preview = ledger.preview_resync(options.slice);
    if (!preview) return refused(options, preview.error());
    if (options.dry_run) return dry_run(options, *preview);
    if (sync::would_send(*preview) == 0) {
        if (!options.json && preview->matching > 0) print_preview(*preview, options.slice.kind);
        return nothing_done(
            options, fmt::format("{}: no resync was started",
                                 preview->matching == 0
                                     ? "no record matches"
                                     : "none of the records that match would be sent again"));
    }
    const auto started = ledger.start_resync(options.slice, options.act, system_clock().now());
    if (!started) return refused(options, started.error());
    if (options.json) return show_one(options, ledger, *started);
    const auto runs = ledger.last_runs(runs_looked_at);
    if (!runs) return complain(options, runs.error());
    print_preview(*preview, options.slice.kind);
    fmt::print("Resync {} is active: the next dvcsync sync sends it, after what is new; {}.\n",
               started->id, outlook(sync::would_send(*preview), sync::delivery_rate(*runs)));
    fmt::print("dvcsync resync status {} tells how far it has come.\n", started->id);
    return exit_ok;
}

int run_resync_status(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    auto& ledger = *connector->ledger;
    const auto max = static_cast<std::size_t>(options.limit);
    // One that is asked for by number may be far behind the newest.
    const auto all = ledger.resyncs(options.resync == 0 ? max : all_of_them);
    if (!all) return complain(options, all.error());
    if (options.resync != 0) {
        for (const auto& resync : *all) {
            if (resync.id == options.resync) return show_one(options, ledger, resync);
        }
        return nothing_done(options, fmt::format("there is no resync {}; dvcsync resync status "
                                                 "lists those there are",
                                                 options.resync));
    }
    Json json;
    json.open();
    json.open_list("resyncs");
    for (const auto& resync : *all) {
        const auto rate = rate_of(ledger, resync);
        if (!rate) return complain(options, rate.error());
        if (options.json) {
            json.open();
            add_resync(json, resync, *rate);
            json.close();
        } else {
            print_resync(resync, *rate);
        }
    }
    json.close_list();
    json.close();
    if (options.json) fmt::print("{}\n", json.text());
    if (!options.json && all->empty()) fmt::print("There has been no resync.\n");
    return exit_ok;
}

int run_resync_change(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto changed = connector->ledger->change_resync(
        options.resync, wanted_state(options.command), options.act, system_clock().now());
    if (!changed) return refused(options, changed.error());
    return show_one(options, *connector->ledger, *changed);
}

}  // namespace dvcsync::cli
