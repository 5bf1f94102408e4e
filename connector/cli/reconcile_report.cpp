#include "connector/cli/reconcile_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/csv.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

using sync::Difference;
using sync::Match;
using sync::Place;
using sync::ReconcileReport;
using Line = ReconcileReport::Line;

constexpr std::size_t table_lines = 40;  // a longer table shows only the lines that differ

std::size_t at(const Line& line, Match match) {
    return line.found[static_cast<std::size_t>(match)];
}

std::size_t not_sent(const Line& line) {
    return at(line, Match::Waiting) + at(line, Match::Parked) + at(line, Match::Dismissed) +
           at(line, Match::Held);
}

bool differs(const Line& line) {
    return at(line, Match::Missing) + at(line, Match::Stale) + at(line, Match::Unknown) +
               at(line, Match::NotAsked) >
           0;
}

std::string month_text(const Place& place) {
    if (!place.month) return "-";
    return fmt::format("{:04}-{:02}", static_cast<int>(place.month->year()),
                       static_cast<unsigned>(place.month->month()));
}

// Codes come from the portal, too: whatever it sends must not steer a terminal.
std::string shown(const std::string& text) {
    return excerpt(text, limits::max_code);
}

std::string value_text(const std::string& value) {
    return value.empty() ? "(empty)" : shown(value);
}

std::string details(const Difference& one) {
    std::string text;
    for (const auto& member : one.members) {
        if (!text.empty()) text += "; ";
        text += member.member;
        if (member.shown) {
            text += fmt::format(": {} here, {} at the portal", value_text(member.ours),
                                value_text(member.theirs));
        }
    }
    if (text.empty()) text = one.reason;
    return text;
}

void print_totals(const ReconcileReport& report) {
    fmt::print("{} of the ledger compared with the portal{}", counted(report.dossiers(), "dossier"),
               report.listed ? ", by its list" : "");
    if (report.from) {
        fmt::print(", received {} to {}", iso_date(*report.from), iso_date(*report.to));
    }
    fmt::print("\n");
    const auto line = [](std::string_view name, std::size_t count, std::string_view words) {
        fmt::print("  {:<14}{:>9}{}{}\n", name, count_text(count), words.empty() ? "" : "  ",
                   words);
    };
    line("same", report.at(Match::Same), "");
    line("missing", report.at(Match::Missing), "delivered, but the portal does not hold them");
    line("stale", report.at(Match::Stale), "the portal holds something else");
    line("not sent yet", report.not_sent(),
         fmt::format("{} waiting, {} parked, {} dismissed, {} not to be sent",
                     count_text(report.at(Match::Waiting)), count_text(report.at(Match::Parked)),
                     count_text(report.at(Match::Dismissed)), count_text(report.at(Match::Held))));
    line("not asked", report.at(Match::NotAsked),
         report.unreached > 0
             ? fmt::format("{} of them because the end came first", count_text(report.unreached))
             : "");
    line("unknown to us", report.at(Match::Unknown), "the portal holds them, the ledger does not");
    if (report.nowhere > 0) {
        line("nowhere", report.nowhere, "neither the ledger nor the portal holds them");
    }
    if (!report.note.empty()) fmt::print("{}", wrapped(report.note, 2, text_width()));
}

void print_line(std::string_view agency, std::string_view month, const Line& line) {
    fmt::print("  {:<20}{:<9}{:>9}{:>9}{:>9}{:>7}{:>9}{:>10}{:>11}\n", agency, month,
               line.of_province(), line.at_portal, at(line, Match::Missing), at(line, Match::Stale),
               at(line, Match::Unknown), not_sent(line), at(line, Match::NotAsked));
}

void print_table(const ReconcileReport& report) {
    if (report.table.empty()) return;
    fmt::print("\n  {:<20}{:<9}{:>9}{:>9}{:>9}{:>7}{:>9}{:>10}{:>11}\n", "agency", "month",
               "province", "portal", "missing", "stale", "unknown", "not sent", "not asked");
    const bool all = report.table.size() <= table_lines;
    std::size_t left_out = 0;
    Line total;
    for (const auto& [place, line] : report.table) {
        for (std::size_t i = 0; i < sync::match_count; ++i)
            total.found[i] += line.found[i];
        total.at_portal += line.at_portal;
        if (all || differs(line)) {
            print_line(shown(place.agency), month_text(place), line);
        } else {
            ++left_out;
        }
    }
    print_line("all", "", total);
    if (left_out > 0) {
        fmt::print("  {} without a difference left out (--json shows all)\n",
                   counted(left_out, "line"));
    }
}

void print_differences(const ReconcileReport& report, std::size_t limit) {
    if (report.differences.empty()) return;
    fmt::print("\n");
    const std::size_t count = std::min(limit, report.differences.size());
    for (std::size_t i = 0; i < count; ++i) {
        const Difference& one = report.differences[i];
        const std::string more = details(one);
        fmt::print("  {:<28}  {}\n", shown(one.code), sync::to_string(one.match));
        if (!more.empty()) fmt::print("{}", wrapped(more, 6, text_width()));
    }
    if (count < report.differences.size()) {
        fmt::print("  {} more: --limit N shows more, --csv FILE and --json all of them\n",
                   count_text(report.differences.size() - count));
    }
}

void add_line(Json& json, const Line& line) {
    json.add("province", std::uint64_t{line.of_province()});
    json.add("portal", std::uint64_t{line.at_portal});
    json.add("same", std::uint64_t{at(line, Match::Same)});
    json.add("missing", std::uint64_t{at(line, Match::Missing)});
    json.add("stale", std::uint64_t{at(line, Match::Stale)});
    json.add("unknown_to_us", std::uint64_t{at(line, Match::Unknown)});
    json.add("not_sent", std::uint64_t{not_sent(line)});
    json.add("not_asked", std::uint64_t{at(line, Match::NotAsked)});
}

void add_difference(Json& json, const Difference& one) {
    json.open();
    json.add("code", one.code);
    json.add("agency", one.place.agency);
    json.add("month", month_text(one.place));
    json.add("found", sync::to_string(one.match));
    if (!one.reason.empty()) json.add("reason", one.reason);
    if (!one.members.empty()) {
        json.open_list("members");
        for (const auto& member : one.members) {
            json.open();
            json.add("member", member.member);
            if (member.shown) {
                json.add("ours", member.ours);
                json.add("theirs", member.theirs);
            }
            json.close();
        }
        json.close_list();
    }
    json.close();
}

}  // namespace

void print_reconciliation(const ReconcileReport& report, std::size_t limit) {
    print_totals(report);
    print_table(report);
    print_differences(report, limit);
    if (!report.stop.empty()) {
        fmt::print("\nStopped   {}\nThis report is not complete.\n", report.stop);
    }
}

void add_reconciliation(Json& json, const ReconcileReport& report) {
    json.add("dossiers", std::uint64_t{report.dossiers()});
    json.add("same", std::uint64_t{report.at(Match::Same)});
    json.add("missing", std::uint64_t{report.at(Match::Missing)});
    json.add("stale", std::uint64_t{report.at(Match::Stale)});
    json.add("not_sent", std::uint64_t{report.not_sent()});
    json.add("waiting", std::uint64_t{report.at(Match::Waiting)});
    json.add("parked", std::uint64_t{report.at(Match::Parked)});
    json.add("dismissed", std::uint64_t{report.at(Match::Dismissed)});
    json.add("held", std::uint64_t{report.at(Match::Held)});
    json.add("not_asked", std::uint64_t{report.at(Match::NotAsked)});
    json.add("unreached", std::uint64_t{report.unreached});
    json.add("unknown_to_us", std::uint64_t{report.at(Match::Unknown)});
    json.add("nowhere", std::uint64_t{report.nowhere});
    json.add("by_list", report.listed);
    json.add("from", report.from ? iso_date(*report.from) : "");
    json.add("to", report.to ? iso_date(*report.to) : "");
    json.add("note", report.note);
    json.add("complete", report.stop.empty());
    json.add("stopped", report.stop);
    json.open_list("table");
    for (const auto& [place, line] : report.table) {
        json.open();
        json.add("agency", place.agency);
        json.add("month", month_text(place));
        add_line(json, line);
        json.close();
    }
    json.close_list();
    json.open_list("differences");
    for (const auto& one : report.differences)
        add_difference(json, one);
    json.close_list();
}

std::string reconciliation_csv(const ReconcileReport& report) {
    std::string csv = fmt::format("{}code,agency,month,found,details\r\n", csv_mark);
    for (const auto& one : report.differences) {
        csv += fmt::format("{},{},{},{},{}\r\n", csv_cell(one.code), csv_cell(one.place.agency),
                           csv_cell(month_text(one.place)), csv_cell(to_string(one.match)),
                           csv_cell(details(one)));
    }
    return csv;
}

}  // namespace dvcsync::cli
