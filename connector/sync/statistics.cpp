#include "connector/sync/statistics.h"

#include <fmt/format.h>

namespace dvcsync::sync {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
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
            default:
                out += c;
        }
    }
    return out;
}

// Hundredths of a percent, rounded half up, in whole numbers: the same on every machine.
std::string percent(std::size_t part, std::size_t whole) {
    if (whole == 0) return "0";
    const std::size_t hundredths = (part * 20'000 + whole) / (2 * whole);
    if (hundredths % 100 == 0) return fmt::format("{}", hundredths / 100);
    return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

}  // namespace

std::string statistics_code(const ledger::MonthFigures& figures, int year, int month) {
    return fmt::format("{}/{:04}-{:02}", figures.agency, year, month);
}

std::string statistics_xml(const ledger::MonthFigures& f, int year, int month) {
    const auto total = f.received + f.carried_over;
    const auto done = f.done_on_time + f.done_late;
    const auto open = f.open_in_time + f.open_late;
    std::string xml = "<statistics>";
    auto add = [&xml](std::string_view name, const auto& value) {
        fmt::format_to(std::back_inserter(xml), "<{0}>{1}</{0}>", name, value);
    };
    add("month", month);
    add("year", year);
    add("agency", escaped(f.agency));
    add("agency-name", escaped(f.agency_name));
    add("received", f.received);
    add("carried-over", f.carried_over);
    add("total", total);
    add("done", done);
    add("done-on-time", f.done_on_time);
    add("done-on-time-percent", percent(f.done_on_time, done));
    add("done-late", f.done_late);
    add("done-late-percent", percent(f.done_late, done));
    add("open", open);
    add("open-in-time", f.open_in_time);
    add("open-in-time-percent", percent(f.open_in_time, open));
    add("open-late", f.open_late);
    add("open-late-percent", percent(f.open_late, open));
    add("note", "");
    add("kind", 1);
    xml += "</statistics>";
    return xml;
}

}  // namespace dvcsync::sync
