// parked list, parked show.
#include "connector/cli/commands_parked.h"

#include <fmt/format.h>

#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

constexpr std::size_t indent = 4;

std::string attempts_text(int attempts) {
    return counted(static_cast<std::size_t>(attempts), "attempt");
}

// "by portal, code -1"; the codes that the program itself gives often only repeat the cause.
std::string parked_by(const ledger::ItemRow& row) {
    const auto cause = ledger::to_string(row.cause);
    const bool telling = !row.portal_code.empty() && row.portal_code != cause;
    return fmt::format("by {}{}{}", cause, telling ? ", code " : "",
                       telling ? row.portal_code : "");
}

void add_row(Json& json, const ledger::ItemRow& row) {
    json.add("code", row.code);
    json.add("kind", row.kind);
    json.add("operation", to_string(row.operation));
    json.add("state", ledger::to_string(row.state));
    json.add("cause", ledger::to_string(row.cause));
    json.add("portal_code", row.portal_code);
    json.add("in_doubt", row.portal_code == ledger::doubt_code);
    json.add("reason", row.reason);
    json.add("origin", row.origin);
    json.add("agency", row.agency);
    json.add("attempts", static_cast<std::uint64_t>(row.attempts));
    json.add("queued", utc_text(row.queued_at));
    json.add("since", utc_text(row.changed_at));
}

void print_row(const ledger::ItemRow& row) {
    fmt::print("{}  {}  {}\n", row.code, to_string(row.operation), parked_by(row));
    fmt::print("{:{}}from {}, since {}, {}\n", "", indent, row.origin, time_text(row.changed_at),
               attempts_text(row.attempts));
    fmt::print("{}", wrapped(row.reason, indent, text_width()));
}

struct Listed {
    std::vector<ledger::ItemRow> rows;
    std::size_t total = 0;
};

Result<Listed> listed(ledger::Ledger& ledger, const Options& options) {
    Listed out;
    auto room = static_cast<std::size_t>(options.limit);
    for (const auto& filter : options.filters) {
        DVC_TRY_ASSIGN(count, ledger.count(filter));
        out.total += count;
        if (count == 0 || room == 0) continue;
        DVC_TRY_ASSIGN(rows, ledger.list(filter, room));
        room -= rows.size();
        out.rows.insert(out.rows.end(), rows.begin(), rows.end());
    }
    return out;
}

void add_details(Json& json, const ledger::ItemDetails& item) {
    add_row(json, item.row);
    json.add("procedure", item.procedure);
    json.add("status", item.status);
    json.add("received", item.received ? utc_text(*item.received) : "");
    json.add("delivered", item.delivered_at ? utc_text(*item.delivered_at) : "");
    json.add("version", static_cast<std::uint64_t>(item.version));
    json.add("known_to_portal", item.known);
    json.add("steps_delivered", std::uint64_t{item.steps_done});
    json.add("code_at_portal", item.given);
    json.add("files_uploaded", std::uint64_t{item.files_uploaded});
    json.add("next_try",
             item.row.state == ledger::State::Waiting || item.row.state == ledger::State::InDoubt
                 ? utc_text(item.row.next_at)
                 : "");
    add_acts(json, item.acts);
}

void print_line(std::string_view name, std::string_view text) {
    if (!text.empty()) fmt::print("  {:<14} {}\n", name, text);
}

void print_details(const ledger::ItemDetails& item) {
    const auto& row = item.row;
    const bool parked = row.state == ledger::State::Parked;
    const bool later = row.state == ledger::State::Waiting || row.state == ledger::State::InDoubt;
    fmt::print("{}  {}\n", row.code, to_string(row.operation));
    print_line("state", parked ? fmt::format("parked {}", parked_by(row))
                               : std::string(ledger::to_string(row.state)));
    print_line("since", time_text(row.changed_at));
    print_line("attempts", std::to_string(row.attempts));
    if (later) print_line("next try", time_text(row.next_at));
    print_line("from", row.origin);
    print_line("kind", row.kind);
    print_line("agency", row.agency);
    print_line("procedure", item.procedure);
    print_line("status", item.status);
    if (item.received) print_line("received", time_text(item.received));
    print_line("queued", time_text(row.queued_at));
    print_line("version", fmt::format("{} of the record", item.version));
    print_line("portal",
               item.known ? "has accepted this record before" : "has not accepted this record yet");
    print_line("its code there", item.given);
    if (item.files_uploaded > 0)
        print_line("files there", fmt::format("{} uploaded", item.files_uploaded));
    if (item.delivered_at) print_line("last yes", time_text(item.delivered_at));
    if (item.steps_done > 0) print_line("steps", fmt::format("{} delivered", item.steps_done));
    if (!row.reason.empty()) {
        fmt::print("  reason\n{}", wrapped(row.reason, indent, text_width()));
    }
    if (parked && row.portal_code == ledger::doubt_code) {
        fmt::print("{}", wrapped(doubt_warning, 2, text_width()));
    }
    if (item.acts.empty()) return;
    fmt::print("  acts\n");
    print_acts(item.acts, indent);
}

}  // namespace

Status parked_json(ledger::Ledger& ledger, const Options& options, Json& json) {
    DVC_TRY_ASSIGN(found, listed(ledger, options));
    json.add("parked_total", std::uint64_t{found.total});
    json.open_list("parked");
    for (const auto& row : found.rows) {
        json.open();
        add_row(json, row);
        json.close();
    }
    json.close_list();
    return {};
}

Status parked_text(ledger::Ledger& ledger, const Options& options) {
    DVC_TRY_ASSIGN(found, listed(ledger, options));
    for (const auto& row : found.rows)
        print_row(row);
    if (found.total == 0) {
        fmt::print("Nothing is parked{}.\n",
                   sync::words_of(options.selection) == "everything" ? "" : " that fits");
    } else if (found.rows.size() < found.total) {
        fmt::print("{} of {} shown; --limit shows more, filters choose (see --help)\n",
                   found.rows.size(), found.total);
    } else {
        fmt::print("{} of {} shown\n", found.rows.size(), found.total);
    }
    return {};
}

void add_acts(Json& json, std::span<const ledger::Act> acts) {
    json.open_list("acts");
    for (const auto& act : acts) {
        json.open();
        json.add("at", utc_text(act.at));
        json.add("actor", act.actor);
        json.add("what", act.what);
        json.add("reason", act.reason);
        json.add("selection", act.selection);
        json.add("items", std::uint64_t{act.items});
        json.close();
    }
    json.close_list();
}

void print_acts(std::span<const ledger::Act> acts, std::size_t left) {
    for (const auto& act : acts) {
        fmt::print("{:{}}{}  {}  {}{}\n", "", left, time_text(act.at), act.actor, act.what,
                   act.items > 0 ? ", " + counted(act.items, "item") : "");
        fmt::print("{}", wrapped(fmt::format("chosen: {}", act.selection), left + 4, text_width()));
        fmt::print("{}", wrapped(fmt::format("reason: {}", act.reason), left + 4, text_width()));
    }
}

int run_parked_list(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    if (!options.json) {
        const auto done = parked_text(*connector->ledger, options);
        return done ? exit_ok : complain(options, done.error());
    }
    Json json;
    json.open();
    if (auto done = parked_json(*connector->ledger, options, json); !done) {
        return complain(options, done.error());
    }
    json.close();
    fmt::print("{}\n", json.text());
    return exit_ok;
}

int run_parked_show(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    ledger::Filter filter;
    filter.code = options.selection.codes.front();
    // A record has one item an operation.
    const auto items = connector->ledger->details(filter, all_operations.size());
    if (!items) return complain(options, items.error());
    if (items->empty()) {
        return nothing_done(options,
                            fmt::format("{}: the ledger has no item of this code to send; compare "
                                        "the spelling",
                                        filter.code));
    }
    if (options.json) {
        Json json;
        json.open();
        json.open_list("items");
        for (const auto& item : *items) {
            json.open();
            add_details(json, item);
            json.close();
        }
        json.close_list();
        json.close();
        fmt::print("{}\n", json.text());
        return exit_ok;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
        if (i > 0) fmt::print("\n");
        print_details((*items)[i]);
    }
    return exit_ok;
}

}  // namespace dvcsync::cli
