// submissions list, submissions show.
#include "connector/cli/commands_submissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/cli/commands.h"
#include "connector/cli/commands_parked.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/text.h"
#include "connector/sync/people_submissions.h"

namespace dvcsync::cli {
namespace {

using ledger::Stage;
using ledger::Submission;
using ledger::Without;

constexpr std::size_t indent = 4;
constexpr std::size_t revisions_shown = 1'000;

// Codes come from outside; a terminal gets no control character of theirs.
std::string shown(std::string_view code) {
    return excerpt(code, code.size());
}

std::string attempts_text(int attempts) {
    return counted(static_cast<std::size_t>(attempts), "attempt");
}

// Nothing is wrong with it: the province gets the revisions in their order.
std::string behind_text(const Submission& one) {
    return fmt::format("behind revision {}", one.behind);
}

void add_row(Json& json, const Submission& one) {
    json.add("code", one.code);
    json.add("revision", static_cast<std::uint64_t>(one.revision));
    json.add("kind", one.kind);
    json.add("stage", ledger::to_string(one.stage));
    json.add("road", ledger::to_string(one.road));
    json.add("procedure", one.procedure);
    json.add("agency", one.agency);
    json.add("filed", one.filed ? utc_text(*one.filed) : "");
    json.add("arrived", utc_text(one.arrived));
    json.add("since", utc_text(one.changed));
    json.add("attempts", static_cast<std::uint64_t>(one.attempts));
    json.add("next_try", one.stage == Stage::Waiting ? utc_text(one.next_at) : "");
    json.add("again", static_cast<std::uint64_t>(one.again));
    json.add("behind", static_cast<std::uint64_t>(one.behind));
    json.add("without_files", one.without != Without::Nothing);
    json.add("without_missing", one.without == Without::Missing);
    json.add("reason", one.reason);
    json.add("place", one.place);
}

void print_row(const Submission& one) {
    fmt::print("{}  revision {}  {}  {}\n", shown(one.code), one.revision, shown(one.kind),
               ledger::to_string(one.stage));
    fmt::print("{:{}}by {}, arrived {}, {}{}{}\n", "", indent, ledger::to_string(one.road),
               time_text(one.arrived), attempts_text(one.attempts),
               one.stage == Stage::Waiting ? ", next try " + time_text(one.next_at) : "",
               one.behind == 0 ? "" : ", " + behind_text(one));
    fmt::print("{}", wrapped(one.reason, indent, text_width()));
}

// Due, or in time: it may be the inbox that it waits for.
bool is_open(const Submission& one) {
    return one.stage == Stage::Received || one.stage == Stage::Waiting;
}

void add_announced(Json& json, std::span<const ledger::Announced> rows) {
    json.open_list("announced");
    for (const auto& row : rows) {
        json.open();
        json.add("code", row.code);
        json.add("stamp", row.stamp);
        json.add("announced", utc_text(row.announced));
        json.add("attempts", static_cast<std::uint64_t>(row.attempts));
        json.add("next_try", utc_text(row.next_at));
        json.add("reason", row.reason);
        json.close();
    }
    json.close_list();
}

void print_announced(const ledger::Announced& row) {
    fmt::print("{}  announced, not fetched yet\n", shown(row.code));
    fmt::print("{:{}}since {}, {}{}\n", "", indent, time_text(row.announced),
               attempts_text(row.attempts),
               row.attempts > 0 ? ", next try " + time_text(row.next_at) : "");
    fmt::print("{}", wrapped(row.reason, indent, text_width()));
}

// Of every filter, at most Options::limit in all.
struct Listed {
    std::vector<Submission> rows;
    std::size_t total = 0;
    std::vector<ledger::Announced> announced;  // with --announced, in place of rows
    std::size_t open = 0;                      // announcements in all, whatever the filters
    std::string trouble;                       // of the inbox, if one of rows may wait for it
};

Result<Listed> listed(const sync::Connector& connector, const Options& options) {
    auto& submissions = connector.ledger->submissions();
    Listed out;
    DVC_TRY_ASSIGN(tally, submissions.tally());
    out.open = tally.announced;
    auto room = static_cast<std::size_t>(options.limit);
    for (const auto& filter : options.submissions) {
        if (options.announced) {
            DVC_TRY_ASSIGN(rows, submissions.open_announcements(filter.code, room));
            room -= rows.size();
            out.announced.insert(out.announced.end(), rows.begin(), rows.end());
            continue;
        }
        DVC_TRY_ASSIGN(count, submissions.count(filter));
        out.total += count;
        if (count == 0 || room == 0) continue;
        DVC_TRY_ASSIGN(rows, submissions.list(filter, room));
        room -= rows.size();
        out.rows.insert(out.rows.end(), rows.begin(), rows.end());
    }
    out.trouble = trouble_of(connector, std::any_of(out.rows.begin(), out.rows.end(), is_open));
    return out;
}

void list_json(const Listed& found, const Options& options) {
    Json json;
    json.open();
    json.add("announced_total", std::uint64_t{found.open});
    if (options.announced) {
        add_announced(json, found.announced);
    } else {
        json.add("submissions_total", std::uint64_t{found.total});
        json.open_list("submissions");
        for (const auto& row : found.rows) {
            json.open();
            add_row(json, row);
            json.close();
        }
        json.close_list();
        json.add("inbox_trouble", found.trouble);
    }
    json.close();
    fmt::print("{}\n", json.text());
}

void list_text(const Listed& found, const Options& options) {
    for (const auto& row : found.announced)
        print_announced(row);
    for (const auto& row : found.rows)
        print_row(row);
    if (options.announced) {
        fmt::print("{} of {} announced and not fetched yet\n", found.announced.size(),
                   count_text(found.open));
        return;
    }
    if (found.total == 0) {
        fmt::print("No submission {}.\n",
                   sync::words_of(options.selection) == "everything" ? "has come yet" : "fits");
    } else {
        fmt::print("{} of {} shown{}\n", found.rows.size(), count_text(found.total),
                   found.rows.size() < found.total
                       ? "; --limit shows more, filters choose (see --help)"
                       : "");
    }
    print_trouble(found.trouble);
    if (found.open > 0) {
        fmt::print("{} announced and not fetched yet: dvcsync submissions list --announced\n",
                   count_text(found.open));
    }
}

// -- show -------------------------------------------------------------------------------------

struct Revision {
    Submission row;
    std::vector<ledger::HandedFile> files;
    std::vector<ledger::Act> acts;
    std::vector<ledger::ItemRow> receipt;  // its confirmation on the way to the portal
};

struct Known {
    std::vector<ledger::Link> links;  // with dossiers of the province: that holds, those undone
    std::vector<Revision> revisions;  // oldest first
    std::vector<ledger::Announced> announced;
    std::vector<ledger::ItemRow> answers;  // of the province, on the way to the portal
    std::string trouble;                   // of the inbox, if a revision may wait for it

    bool linked() const { return !links.empty() && !links.front().undone; }
};

Result<std::vector<ledger::ItemRow>> items_of(ledger::Ledger& ledger, const char* kind,
                                              std::string code) {
    ledger::Filter filter;
    filter.kind = kind;
    filter.code = std::move(code);
    return ledger.list(filter, all_operations.size());
}

Result<Known> known(const sync::Connector& connector, const Options& options) {
    auto& ledger = *connector.ledger;
    auto& submissions = ledger.submissions();
    const auto& filter = options.submissions.front();
    Known out;
    DVC_TRY_ASSIGN(links, submissions.links(filter.code));
    out.links = std::move(links);
    DVC_TRY_ASSIGN(rows, submissions.list(filter, revisions_shown));
    for (auto& row : rows) {
        if (options.revision != 0 && row.revision != options.revision) continue;
        Revision one{std::move(row), {}, {}, {}};
        DVC_TRY_ASSIGN(files, submissions.files(one.row.id));
        DVC_TRY_ASSIGN(acts, submissions.acts(one.row.id));
        DVC_TRY_ASSIGN(receipt, items_of(ledger, "receipt",
                                         fmt::format("{}/{}", filter.code, one.row.revision)));
        one.files = std::move(files);
        one.acts = std::move(acts);
        one.receipt = std::move(receipt);
        out.revisions.push_back(std::move(one));
    }
    std::sort(out.revisions.begin(), out.revisions.end(),
              [](const auto& a, const auto& b) { return a.row.revision < b.row.revision; });
    DVC_TRY_ASSIGN(announced, submissions.open_announcements(filter.code, revisions_shown));
    out.announced = std::move(announced);
    DVC_TRY_ASSIGN(answers, items_of(ledger, "answer", filter.code));
    out.answers = std::move(answers);
    out.trouble =
        trouble_of(connector, std::any_of(out.revisions.begin(), out.revisions.end(),
                                          [](const auto& one) { return is_open(one.row); }));
    return out;
}

void add_items(Json& json, const char* name, std::span<const ledger::ItemRow> items) {
    json.open_list(name);
    for (const auto& item : items) {
        json.open();
        json.add("code", item.code);
        json.add("operation", to_string(item.operation));
        json.add("state", ledger::to_string(item.state));
        json.add("reason", item.reason);
        json.close();
    }
    json.close_list();
}

void show_json(const Known& found) {
    Json json;
    json.open();
    json.add("local_code", found.linked() ? found.links.front().local : "");
    json.open_list("links");
    for (const auto& link : found.links) {
        json.open();
        json.add("local_code", link.local);
        json.add("linked", utc_text(link.linked));
        json.add("undone", link.undone ? utc_text(*link.undone) : "");
        json.close();
    }
    json.close_list();
    json.open_list("revisions");
    for (const auto& one : found.revisions) {
        json.open();
        add_row(json, one.row);
        json.open_list("files");
        for (const auto& file : one.files) {
            json.open();
            json.add("index", static_cast<std::uint64_t>(file.index));
            json.add("size", std::uint64_t{file.size});
            json.add("type", file.type);
            json.add("sha256", hex(file.sha256));
            json.add("note", file.note);
            json.close();
        }
        json.close_list();
        add_items(json, "confirmation", one.receipt);
        add_acts(json, one.acts);
        json.close();
    }
    json.close_list();
    add_items(json, "answers", found.answers);
    add_announced(json, found.announced);
    json.add("inbox_trouble", found.trouble);
    json.close();
    fmt::print("{}\n", json.text());
}

void print_line(std::string_view name, std::string_view text) {
    if (!text.empty()) fmt::print("  {:<14} {}\n", name, text);
}

void print_items(std::string_view name, std::span<const ledger::ItemRow> items) {
    for (const auto& item : items) {
        const bool parked = item.state == ledger::State::Parked;
        print_line(name, fmt::format("{}{}", ledger::to_string(item.state),
                                     parked ? ": dvcsync parked show " + shown(item.code) : ""));
    }
}

void print_revision(const Revision& one) {
    const auto& row = one.row;
    fmt::print("{}  revision {}  {}\n", shown(row.code), row.revision, shown(row.kind));
    print_line("stage", ledger::to_string(row.stage));
    if (row.behind != 0) print_line("in line", behind_text(row) + ", which is not handed over yet");
    print_line("since", time_text(row.changed));
    print_line("arrived",
               fmt::format("{} by {}", time_text(row.arrived), ledger::to_string(row.road)));
    if (row.again > 0)
        print_line("came again", counted(static_cast<std::size_t>(row.again), "time"));
    if (row.filed) print_line("filed", time_text(row.filed));
    print_line("procedure", shown(row.procedure));
    print_line("agency", shown(row.agency));
    print_line("attempts", std::to_string(row.attempts));
    if (row.stage == Stage::Waiting) print_line("next try", time_text(row.next_at));
    if (row.without != Without::Nothing)
        print_line("released",
                   row.without == Without::Missing
                       ? "goes without the files that cannot be had"
                       : "goes without the files that break a rule, not without others");
    print_line("place", row.place);
    if (!row.reason.empty()) fmt::print("  reason\n{}", wrapped(row.reason, indent, text_width()));
    if (!one.files.empty()) fmt::print("  files\n");
    for (const auto& file : one.files) {
        if (file.type.empty()) {
            fmt::print("{:{}}{:>3}  not there\n", "", indent, file.index);
        } else {
            fmt::print("{:{}}{:>3}  {} bytes  {}\n{:{}}     sha256 {}\n", "", indent, file.index,
                       count_text(file.size), file.type, "", indent, hex(file.sha256));
        }
        fmt::print("{}", wrapped(file.note, indent + 5, text_width()));
    }
    print_items("confirmation", one.receipt);
    if (one.acts.empty()) return;
    fmt::print("  acts\n");
    print_acts(one.acts, indent);
}

void show_text(const Known& found, const std::string& code) {
    bool first = true;
    for (const auto& one : found.revisions) {
        if (!first) fmt::print("\n");
        first = false;
        print_revision(one);
    }
    print_trouble(found.trouble);
    for (const auto& row : found.announced)
        print_announced(row);
    for (const auto& link : found.links)
        fmt::print("{} {} dossier {} in the province, {} {}\n", shown(code),
                   link.undone ? "is no more" : "is", shown(link.local),
                   link.undone ? "undone" : "linked", time_text(link.undone.value_or(link.linked)));
    print_items("answers", found.answers);
}

int show_content(const Options& options, sync::Connector& connector, const Known& found) {
    const auto& row = found.revisions.back().row;
    auto act = options.act;
    act.selection += fmt::format(" revision {}", row.revision);
    const auto content =
        sync::content_of(*connector.ledger, connector.sealer, row, act, system_clock().now());
    if (!content) return complain(options, content.error());
    std::fwrite(content->data(), 1, content->size(), stdout);
    return exit_ok;
}

}  // namespace

int run_submissions_list(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto found = listed(*connector, options);
    if (!found) return complain(options, found.error());
    options.json ? list_json(*found, options) : list_text(*found, options);
    return exit_ok;
}

int run_submissions_show(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto found = known(*connector, options);
    if (!found) return complain(options, found.error());
    const auto& code = options.submissions.front().code;
    const bool nothing = found->revisions.empty() && found->announced.empty();
    if (nothing || (found->revisions.empty() && (options.content || options.revision != 0))) {
        return nothing_done(
            options, options.revision != 0 ? fmt::format("{}: there is no revision {} of it",
                                                         shown(code), options.revision)
                     : found->announced.empty()
                         ? fmt::format("{}: nothing of this code has arrived; compare the spelling",
                                       shown(code))
                         : fmt::format("{}: announced, but not fetched yet: there is nothing to "
                                       "show",
                                       shown(code)));
    }
    if (options.content) return show_content(options, *connector, *found);
    options.json ? show_json(*found) : show_text(*found, code);
    return exit_ok;
}

}  // namespace dvcsync::cli
