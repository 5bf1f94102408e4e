// parked retry, parked dismiss.
#include <fmt/format.h>

#include "connector/cli/commands.h"
#include "connector/cli/commands_parked.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

std::string kinds_text(const sync::Chosen& chosen) {
    std::string text;
    for (const auto& one : chosen.kinds) {
        text += fmt::format("{}{} of kind {} parked by {}", text.empty() ? "" : ", ",
                            count_text(one.count), one.kind, ledger::to_string(one.cause));
    }
    return text;
}

// What is about to happen, on standard error, so that answers stay clean.
void announce(const Options& options, const sync::Chosen& chosen) {
    if (options.json) return;
    if (options.all_matching) {
        fmt::print(stderr, "{}",
                   wrapped(fmt::format("{} parked items fit: {}", count_text(chosen.total),
                                       kinds_text(chosen)),
                           0, text_width()));
    }
    if (chosen.in_doubt > 0 && options.command == Command::ParkedRetry) {
        fmt::print(stderr, "{}",
                   wrapped(fmt::format("{} of them in doubt. {}", count_text(chosen.in_doubt),
                                       doubt_warning),
                           0, text_width()));
    }
}

struct Agreed {
    sync::Chosen chosen;
    int code = -1;  // not -1: it ends here, with this exit code
};

// Chooses, tells, and asks where --all-matching was said.
Agreed agree(const Options& options, ledger::Ledger& ledger) {
    auto chosen = sync::choose(ledger, options.filters);
    if (!chosen) return {{}, complain(options, chosen.error())};
    if (chosen->total == 0) {
        std::string why =
            fmt::format("nothing is parked that fits {}", sync::words_of(options.selection));
        if (!chosen->not_parked.empty())
            why = fmt::format("{}", fmt::join(chosen->not_parked, "\n"));
        return {{}, nothing_done(options, why)};
    }
    announce(options, *chosen);
    const int code = confirmed(options, chosen->total, "item");
    return {*std::move(chosen), code};
}

// The exit code where what could be done was done.
int told(const Options& options, const sync::Chosen& chosen, bool well) {
    if (!options.json) {
        for (const auto& why : chosen.not_parked)
            fmt::print(stderr, "dvcsync: {}\n", why);
    }
    return well && chosen.not_parked.empty() ? exit_ok : exit_attention;
}

void add_not_parked(Json& json, const sync::Chosen& chosen) {
    json.open_list("not_parked");
    for (const auto& why : chosen.not_parked)
        json.item(why);
    json.close_list();
}

void print_reread(const sync::RereadCounts& reread, int limit) {
    if (reread.looked_at == 0) return;
    fmt::print("{} read again: {} can be read now, {} still cannot",
               counted(reread.looked_at, "record"), count_text(reread.readable),
               count_text(reread.still));
    if (reread.outdated > 0) {
        fmt::print(", {} gave way to a later version", count_text(reread.outdated));
    }
    fmt::print("\n");
    std::size_t shown = 0;
    for (const auto& one : reread.first_still) {
        if (shown++ == static_cast<std::size_t>(limit)) break;
        fmt::print("  {}\n{}", one.code, wrapped(one.reason, 4, text_width()));
    }
    if (reread.still > shown) fmt::print("  and {} more\n", count_text(reread.still - shown));
}

void add_reread(Json& json, const sync::RereadCounts& reread) {
    json.add("read_again", std::uint64_t{reread.looked_at});
    json.add("readable", std::uint64_t{reread.readable});
    json.add("outdated", std::uint64_t{reread.outdated});
    json.add("still_unreadable", std::uint64_t{reread.still});
    json.open_list("unreadable");
    for (const auto& one : reread.first_still) {
        json.open();
        json.add("code", one.code);
        json.add("reason", one.reason);
        json.close();
    }
    json.close_list();
}

}  // namespace

int confirmed(const Options& options, std::size_t total, std::string_view what) {
    if (!options.all_matching || options.yes) return -1;
    if (options.json || !can_ask()) {
        return usage_fault(options, fmt::format("{} {}s fit; --all-matching needs --yes where "
                                                "nobody can be asked",
                                                total, what));
    }
    return says_yes() ? -1 : nothing_done(options, "not confirmed: nothing was done");
}

int run_parked_retry(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto agreed = agree(options, *connector->ledger);
    if (agreed.code != -1) return agreed.code;
    const auto& config = connector->config;
    const auto mappings =
        mapping::MappingSet::load(config.mappings, config.vocabulary, config.profile);
    if (!mappings) return complain(options, mappings.error());
    const auto retried = sync::retry(*connector->ledger, mappings->vocabulary(), connector->sealer,
                                     agreed.chosen, options.act, system_clock());
    if (!retried) return complain(options, retried.error());
    if (options.json) {
        Json json;
        json.open();
        json.add("ready", std::uint64_t{retried->ready});
        add_reread(json, retried->reread);
        add_not_parked(json, agreed.chosen);
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        if (retried->ready > 0) {
            fmt::print("{} ready: the next dvcsync sync tries again\n",
                       counted(retried->ready, "item"));
        }
        print_reread(retried->reread, options.limit);
    }
    return told(options, agreed.chosen, retried->reread.still == 0);
}

int run_parked_dismiss(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto agreed = agree(options, *connector->ledger);
    if (agreed.code != -1) return agreed.code;
    const auto dismissed =
        sync::dismiss(*connector->ledger, agreed.chosen, options.act, system_clock().now());
    if (!dismissed) return complain(options, dismissed.error());
    if (options.json) {
        Json json;
        json.open();
        json.add("dismissed", std::uint64_t{*dismissed});
        add_not_parked(json, agreed.chosen);
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        fmt::print("{} dismissed: sent only if the province exports a newer version\n",
                   counted(*dismissed, "item"));
    }
    return told(options, agreed.chosen, true);
}

}  // namespace dvcsync::cli
