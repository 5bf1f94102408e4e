#include "connector/sync/statistics.h"

#include <fmt/format.h>

#include "connector/base/points.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {
namespace {

// The synthetic records of one month, ready for the ledger.
std::vector<ledger::Intake> statistics_records(const std::vector<ledger::MonthFigures>& figures,
                                               int year, int month, const Sealer& sealer) {
    std::vector<ledger::Intake> records;
    for (const auto& agency : figures) {
        ledger::Intake intake;
        const std::string xml = statistics_xml(agency, year, month);
        intake.facts.kind = "statistics";
        intake.facts.code = statistics_code(agency, year, month);
        intake.facts.agency = agency.agency;
        intake.facts.agency_name = agency.agency_name;
        intake.digest = sha256(xml);
        intake.sealed = sealer.seal(xml, seal_context("statistics", intake.facts.code));
        intake.origin = "ledger";
        intake.queue = {Operation::PushStatistics};
        records.push_back(std::move(intake));
    }
    return records;
}

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

// Every month from the first dossier to the last event that the province has told of, and those
// that were taken before. An agency whose last dossier of a month has moved away is taken with
// zeros.
Status take_statistics(ledger::Ledger& ledger, const Sealer& sealer, const Clock& clock) {
    DVC_TRY_ASSIGN(span, ledger.span());
    if (!span) return {};
    const auto first = date_of(to_vietnam(span->first));
    const auto last = date_of(to_vietnam(span->second));
    auto month = first.year() / first.month();
    for (; month <= last.year() / last.month(); month += std::chrono::months{1}) {
        const int y = static_cast<int>(month.year());
        const int m = static_cast<int>(static_cast<unsigned>(month.month()));
        DVC_TRY_ASSIGN(figures, ledger.month(y, m));
        const auto records = statistics_records(figures, y, m, sealer);
        DVC_TRY(ledger.take(records, "statistics", "", clock.now()).map([](auto) {}));
        reach(Point::MonthTaken);
    }
    return {};
}

}  // namespace dvcsync::sync
