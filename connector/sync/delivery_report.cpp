// Feeds the figures of a delivery report from the ledger and from the trail.
#include "connector/sync/delivery_report.h"

#include <fmt/format.h>

#include "connector/audit/canonical.h"
#include "connector/ledger/trail.h"

namespace dvcsync::sync {
namespace {

using audit::Json;

// Most entries tell of something else: they need not be parsed.
bool tells_delivery(std::string_view entry) {
    return entry.find(R"("event":"delivery")") != std::string_view::npos;
}

std::string_view text_of(const Json& entry, std::string_view key) {
    const Json* member = entry.find(key);
    const std::string* text = member == nullptr ? nullptr : member->text();
    return text == nullptr ? std::string_view{} : std::string_view{*text};
}

// Whole seconds: the trail's milliseconds say nothing about days and hours.
std::optional<UtcTime> time_of(const Json& entry, std::string_view key) {
    static const auto form = TimeFormat::compile("yyyy-MM-ddTHH:mm:ss.SSS");
    std::string_view text = text_of(entry, key);
    if (!form || !text.ends_with('Z')) return std::nullopt;
    text.remove_suffix(1);
    const auto parsed = form->parse(text);
    if (!parsed) return std::nullopt;
    return UtcTime{parsed->time_since_epoch()};
}

Status add_entry(DeliveryFigures& figures, const ReportRules& rules, const ledger::TrailRow& row) {
    if (!tells_delivery(row.entry)) return {};
    const auto parsed = audit::parse_canonical(row.entry);
    if (!parsed)
        return fail(ErrorKind::Corrupt,
                    fmt::format("entry {} of log {} is not what was written: {}; run dvcsync audit "
                                "verify",
                                row.sequence, row.log, parsed.error().message));
    const Json& entry = *parsed;
    const auto operation = operation_from(text_of(entry, "operation"));
    const auto acknowledged = time_of(entry, "acknowledged");
    if (text_of(entry, "event") != "delivery" || text_of(entry, "outcome") != "delivered" ||
        text_of(entry, "kind") != rules.kind || !operation || !acknowledged)
        return {};
    return figures.add({text_of(entry, "code"), text_of(entry, "agency"),
                        text_of(entry, "procedure"), *operation, time_of(entry, "event_time"),
                        *acknowledged});
}

Status name_agencies(ledger::Ledger& ledger, const ReportRules& rules, DeliveryFigures& figures) {
    if (!figures.has_nameless()) return {};
    // Agencies that received nothing in the period.
    DVC_TRY_ASSIGN(all, ledger.tally_by_place(rules.kind, UtcTime::min(), UtcTime::max()));
    for (const auto& place : all)
        figures.name(place.agency, place.agency_name);
    return {};
}

}  // namespace

Result<DeliveryReport> delivery_report(ledger::Ledger& ledger, const ReportRules& rules) {
    DeliveryFigures figures(rules);
    DVC_TRY_ASSIGN(places, ledger.tally_by_place(rules.kind, rules.from, rules.until));
    for (const auto& place : places)
        figures.add(place);
    // Nothing is acknowledged before it has happened, but may be long after.
    ledger::TrailFilter filter;
    filter.at_from = rules.from;
    DVC_TRY(ledger.trail().walk(filter, [&](const ledger::TrailRow& row) -> Result<bool> {
        DVC_TRY(add_entry(figures, rules, row));
        return true;
    }));
    DVC_TRY(ledger.open_items(rules.kind, rules.from, rules.until,
                              [&figures](const ledger::OpenItem& item) { figures.add(item); }));
    DVC_TRY(name_agencies(ledger, rules, figures));
    DVC_TRY_ASSIGN(logs, ledger.trail().logs());
    DeliveryReport report = figures.report();
    if (!logs.empty()) report.trail_begins = logs.front().opened;
    return report;
}

}  // namespace dvcsync::sync
