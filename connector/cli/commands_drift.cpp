// catalogue drift.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <random>

#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/logging.h"
#include "connector/cli/progress_bar.h"
#include "connector/cli/text.h"
#include "connector/sync/drift.h"

namespace dvcsync::cli {
namespace {

using sync::Drift;

Result<Drift> compare(sync::Connector& connector, const Options& options,
                      const std::atomic<bool>& stop) {
    const auto& config = connector.config;
    DVC_TRY_ASSIGN(mappings,
                   mapping::MappingSet::load(config.mappings, config.vocabulary, config.profile));
    DVC_TRY_ASSIGN(profile, portal::Profile::load(config.mappings / "portal" / config.profile /
                                                  "profile.xml"));
    if (!profile.can_show_catalogue())
        return fail(ErrorKind::Config,
                    fmt::format("profile {} has no <catalogue>: it cannot be compared; add the "
                                "element to its profile.xml",
                                config.profile));
    DVC_TRY_ASSIGN(calendar, WorkCalendar::load(config.mappings / "codes" / "calendar.csv"));
    DVC_TRY_ASSIGN(client,
                   portal::Client::open(profile, sync::client_settings(config, *connector.recorder),
                                        system_clock()));
    sync::DriftRules rules;
    rules.workers = config.in_flight;
    rules.seed = std::random_device{}();
    ProgressBar progress(ProgressBar::style_for(options.json));
    const auto calls = sync::catalogue_calls_of(*client, profile);
    auto drift = sync::catalogue_drift(*connector.ledger, calls, mappings, calendar,
                                       connector.sealer, system_clock(), rules, progress, stop);
    DVC_TRY(connector.recorder->note_exchanges());
    return drift;
}

void add_codes(Json& json, const char* name, const std::vector<std::string>& codes) {
    json.open_list(name);
    for (const auto& code : codes)
        json.item(code);
    json.close_list();
}

void print_json(const Drift& drift) {
    Json json;
    json.open();
    json.add("drifts", drift.drifts());
    json.add("ours", std::uint64_t{drift.ours});
    json.add("theirs", std::uint64_t{drift.theirs});
    json.add("same", std::uint64_t{drift.same});
    json.add("unsent", std::uint64_t{drift.unsent});
    json.add("since", iso_date(drift.since));
    json.add("until", iso_date(drift.until));
    add_codes(json, "missing_there", drift.missing_there);
    json.add("whole_country", drift.whole_country);
    json.add("not_ours", std::uint64_t{drift.not_ours});
    add_codes(json, "missing_here", drift.missing_here);
    json.open_list("differing");
    for (const auto& one : drift.differing) {
        json.open();
        json.add("code", one.code);
        json.open_list("facts");
        for (const auto& fact : one.facts) {
            json.open();
            json.add("fact", fact.name);
            json.add("ours", fact.ours);
            json.add("theirs", fact.theirs);
            json.close();
        }
        json.close_list();
        json.close();
    }
    json.close_list();
    json.open_list("unknown_procedures");
    for (const auto& one : drift.unknown) {
        json.open();
        json.add("procedure", one.procedure);
        json.add("national", one.national);
        json.add("dossiers", std::uint64_t{one.dossiers});
        json.close();
    }
    json.close_list();
    json.open_list("late_decisions");
    for (const auto& one : drift.late) {
        json.open();
        json.add("code", one.code);
        json.add("decision", one.decision);
        json.add("decided", iso_date(one.decided));
        json.add("due", iso_date(one.due));
        json.add("entered", one.entered ? iso_date(*one.entered) : "");
        json.close();
    }
    json.close_list();
    json.open_list("not_compared");
    for (const auto& one : drift.failed) {
        json.open();
        json.add("code", one.code);
        json.add("reason", one.reason);
        json.close();
    }
    json.close_list();
    json.add("complete", drift.stop.empty());
    json.add("stopped", drift.stop);
    json.close();
    fmt::print("{}\n", json.text());
}

// A heading, and at most `limit` lines.
template <class All, class Line>
void print_part(std::string_view heading, const All& all, std::size_t limit, const Line& line) {
    if (all.empty()) return;
    fmt::print("\n{}: {}\n", heading, count_text(all.size()));
    for (std::size_t i = 0; i < std::min(limit, all.size()); ++i)
        line(all[i]);
    if (all.size() > limit)
        fmt::print("  {} more: --limit N shows more\n", count_text(all.size() - limit));
}

void print_text(const Drift& drift, std::size_t limit) {
    fmt::print("We have published {}, the portal lists {}; {} are the same.\n",
               counted(drift.ours, "procedure"), count_text(drift.theirs), count_text(drift.same));
    if (drift.unsent > 0)
        fmt::print("{} not accepted by the portal yet: dvcsync parked list --kind procedure\n",
                   counted(drift.unsent, "procedure"));
    const auto code = [](const std::string& one) { fmt::print("  {}\n", one); };
    print_part("Published by us, missing at the portal", drift.missing_there, limit, code);
    if (drift.whole_country)
        fmt::print("\nThe portal's list is the whole country's: {} in it are not ours.\n",
                   count_text(drift.not_ours));
    else
        print_part("Listed by the portal, missing here", drift.missing_here, limit, code);
    print_part("Told otherwise by the portal", drift.differing, limit, [](const auto& one) {
        for (const auto& fact : one.facts)
            fmt::print("  {}  {}\n    ours    {}\n    theirs  {}\n", one.code, fact.name, fact.ours,
                       fact.theirs);
    });
    print_part(fmt::format("Procedures of dossiers since {} that the portal does not list",
                           iso_date(drift.since)),
               drift.unknown, limit, [](const auto& one) {
                   fmt::print("  {}  {}{}\n", one.procedure, counted(one.dossiers, "dossier"),
                              one.national.empty()            ? "  has no national code"
                              : one.national == one.procedure ? ""
                                                              : "  sent as " + one.national);
               });
    print_part("Decisions entered later than 5 working days after their date", drift.late, limit,
               [](const auto& one) {
                   fmt::print("  {}  decision {} of {}, due {}, {}\n", one.code, one.decision,
                              iso_date(one.decided), iso_date(one.due),
                              one.entered ? "last entered " + iso_date(*one.entered)
                                          : std::string("not entered yet"));
               });
    print_part("Not compared", drift.failed, limit,
               [](const auto& one) { fmt::print("  {}  {}\n", one.code, one.reason); });
    if (!drift.stop.empty())
        fmt::print("\nNot complete: {}\n", drift.stop);
    else if (!drift.drifts())
        fmt::print("Nothing has drifted.\n");
}

}  // namespace

int run_catalogue_drift(const Options& options, const std::atomic<bool>& stop) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    if (auto started = start_logging(connector->config); !started)
        return complain(options, started.error());
    const auto drift = compare(*connector, options, stop);
    if (!drift) return complain(options, drift.error());
    spdlog::log(drift->drifts() ? spdlog::level::warn : spdlog::level::info,
                "catalogue drift: ours {}, theirs {}, same {}, missing there {}, differing {}, "
                "unknown {}, late {}{}",
                drift->ours, drift->theirs, drift->same, drift->missing_there.size(),
                drift->differing.size(), drift->unknown.size(), drift->late.size(),
                drift->stop.empty() ? "" : ", not complete");
    options.json ? print_json(*drift) : print_text(*drift, static_cast<std::size_t>(options.limit));
    if (drift->portal_failed) return exit_portal;
    return drift->drifts() || !drift->stop.empty() ? exit_attention : exit_ok;
}

}  // namespace dvcsync::cli
