#include "connector/cli/delivery_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connector/base/csv.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/cli/text.h"

namespace dvcsync::cli {
namespace {

using std::chrono::seconds;
using sync::DeliveryLine;
using sync::DeliveryReport;
using sync::LateDelivery;

// Codes come from outside: they must not steer a terminal.
std::string shown(std::string_view text) {
    return text.empty() ? "(unknown)" : excerpt(text, limits::max_code);
}

std::string line_text(std::string_view name, const DeliveryLine& line) {
    const auto& r = line.records;
    const auto time = [](const auto& duration) {
        return duration_text(duration, english_durations);
    };
    return fmt::format("{:<26}{:>8}{:>10}{:>8}{:>7}{:>8}{:>10}{:>6} |{:>10}{:>12}{:>12}{:>8}\n",
                       name, r.records, r.delivered, r.refused, r.parked, r.waiting, r.dismissed,
                       r.held, line.acknowledged, time(line.median), time(line.p95),
                       line.all_late());
}

std::string late_text(const LateDelivery& one) {
    const std::string end = one.acknowledged
                                ? fmt::format("acknowledged {}", vietnam_text(*one.acknowledged))
                                : fmt::format("still open, {}", one.state);
    return fmt::format("  {:<30} {:<15} {} too late\n      event {}, {}\n", shown(one.code),
                       to_string(one.operation), duration_text(one.over, english_durations),
                       vietnam_text(one.event), end);
}

std::uint64_t whole(const seconds& duration) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
}

void add_line(Json& json, const DeliveryLine& line) {
    const auto& r = line.records;
    json.add("received", std::uint64_t{r.records});
    json.add("delivered", std::uint64_t{r.delivered});
    json.add("refused", std::uint64_t{r.refused});
    json.add("parked", std::uint64_t{r.parked});
    json.add("waiting", std::uint64_t{r.waiting});
    json.add("dismissed", std::uint64_t{r.dismissed});
    json.add("held", std::uint64_t{r.held});
    json.add("acknowledged", std::uint64_t{line.acknowledged});
    if (line.median) json.add("median_seconds", whole(*line.median));
    if (line.p95) json.add("p95_seconds", whole(*line.p95));
    json.add("late", std::uint64_t{line.late});
    json.add("late_open", std::uint64_t{line.late_open});
}

void add_late(Json& json, const LateDelivery& one) {
    json.open();
    json.add("code", one.code);
    json.add("agency", one.agency);
    json.add("procedure", one.procedure);
    json.add("operation", to_string(one.operation));
    json.add("event", utc_text(one.event));
    if (one.acknowledged) json.add("acknowledged", utc_text(*one.acknowledged));
    if (!one.acknowledged) json.add("open", one.state);
    json.add("late_by_seconds", whole(one.over));
    json.close();
}

std::string cell(const std::optional<seconds>& duration) {
    return duration ? fmt::format("{}", whole(*duration)) : "";
}

}  // namespace

std::string duration_text(const std::optional<seconds>& duration, const DurationWords& words) {
    if (!duration) return "-";
    const std::uint64_t all = whole(*duration);
    const std::uint64_t days = all / 86'400, hours = all / 3'600 % 24, minutes = all / 60 % 60;
    const auto two = [](std::uint64_t large, std::string_view name, std::uint64_t small,
                        std::string_view small_name) {
        return small == 0 ? fmt::format("{} {}", large, name)
                          : fmt::format("{} {} {} {}", large, name, small, small_name);
    };
    if (days > 0) return two(days, words.day, hours, words.hour);
    if (hours > 0) return two(hours, words.hour, minutes, words.minute);
    if (minutes > 0) return fmt::format("{} {}", minutes, words.minute);
    return fmt::format("{} {}", all, words.second);
}

std::string delivery_text(const DeliveryReport& report, std::size_t limit) {
    const auto& rules = report.rules;
    std::string out = fmt::format(
        "{}s received {} to {}, by what became of them, and how soon the portal knew\nmade {}; "
        "late: the portal acknowledged it more than {} after the local event\n\n",
        rules.kind, iso_date(date_of(to_vietnam(rules.from))),
        iso_date(date_of(to_vietnam(rules.until - Millis{1}))), vietnam_text(rules.now),
        counted(static_cast<std::size_t>(rules.limit.count()), "hour"));
    out += fmt::format("{:<26}{:>8}{:>10}{:>8}{:>7}{:>8}{:>10}{:>6} |{:>10}{:>12}{:>12}{:>8}\n",
                       "agency, procedure", "received", "delivered", "refused", "parked", "waiting",
                       "dismissed", "held", "messages", "median", "95 %", "late");
    for (const auto& agency : report.agencies) {
        out += line_text(shown(agency.agency), agency.line);
        for (const auto& one : agency.procedures)
            out += line_text("  " + shown(one.procedure), one.line);
    }
    out += line_text("total", report.total);
    if (report.undated > 0)
        out += fmt::format("\n{} acknowledged without a usable event time: not measured\n",
                           counted(report.undated, "message"));
    if (!report.trail_begins)
        out += "\nThe trail is empty: no time can be told.\n";
    else if (*report.trail_begins > rules.from)
        out += fmt::format("\nThe trail begins {}: what was delivered earlier is not measured.\n",
                           vietnam_text(*report.trail_begins));
    if (report.late.empty()) return out;
    out += "\nlate, the latest first\n";
    const std::size_t count = std::min(limit, report.late.size());
    for (std::size_t i = 0; i < count; ++i)
        out += late_text(report.late[i]);
    if (count < report.total.all_late())
        out += fmt::format("  {} more: --late --format csv lists them\n",
                           count_text(report.total.all_late() - count));
    return out;
}

void add_delivery(Json& json, const DeliveryReport& report) {
    const auto& rules = report.rules;
    json.add("kind", rules.kind);
    json.add("from", iso_date(date_of(to_vietnam(rules.from))));
    json.add("to", iso_date(date_of(to_vietnam(rules.until - Millis{1}))));
    json.add("made", utc_text(rules.now));
    json.add("late_after_hours", static_cast<std::uint64_t>(rules.limit.count()));
    json.add("unmeasured", std::uint64_t{report.undated});
    json.add("trail_begins", report.trail_begins ? utc_text(*report.trail_begins) : "");
    json.open_object("total");
    add_line(json, report.total);
    json.close();
    json.open_list("agencies");
    for (const auto& agency : report.agencies) {
        json.open();
        json.add("agency", agency.agency);
        json.add("name", agency.name);
        add_line(json, agency.line);
        json.open_list("procedures");
        for (const auto& one : agency.procedures) {
            json.open();
            json.add("procedure", one.procedure);
            add_line(json, one.line);
            json.close();
        }
        json.close_list();
        json.close();
    }
    json.close_list();
    json.open_list("late_ones");
    for (const auto& one : report.late)
        add_late(json, one);
    json.close_list();
}

std::string delivery_csv(const DeliveryReport& report) {
    std::string csv = fmt::format(
        "{}agency,agency_name,procedure,received,delivered,refused,parked,waiting,dismissed,held,"
        "messages_acknowledged,median_seconds,p95_seconds,late,late_open\r\n",
        csv_mark);
    for (const auto& agency : report.agencies) {
        for (const auto& one : agency.procedures) {
            const auto& line = one.line;
            const auto& r = line.records;
            csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                               csv_cell(agency.agency), csv_cell(agency.name),
                               csv_cell(one.procedure), r.records, r.delivered, r.refused, r.parked,
                               r.waiting, r.dismissed, r.held, line.acknowledged, cell(line.median),
                               cell(line.p95), line.late, line.late_open);
        }
    }
    return csv;
}

std::string late_csv(const DeliveryReport& report) {
    std::string csv = fmt::format(
        "{}code,agency,procedure,operation,event,acknowledged,open,late_by_seconds\r\n", csv_mark);
    for (const auto& one : report.late) {
        csv += fmt::format("{},{},{},{},{},{},{},{}\r\n", csv_cell(one.code), csv_cell(one.agency),
                           csv_cell(one.procedure), csv_cell(to_string(one.operation)),
                           csv_cell(vietnam_text(one.event)),
                           csv_cell(one.acknowledged ? vietnam_text(*one.acknowledged) : ""),
                           csv_cell(one.state), whole(one.over));
    }
    return csv;
}

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : without_controls(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace dvcsync::cli
