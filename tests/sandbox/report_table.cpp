#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/sandbox/report.h"

namespace dvcsandbox {
namespace {

constexpr std::size_t kRowsShown = 40;  // of a long list; the JSON has all of it

constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kFigures{{
    {"received", "dossiers received"},
    {"due", "due in the period"},
    {"early", "  finished early"},
    {"on_time", "  on time"},
    {"late", "  late"},
    {"late_with_apology", "  late, with apology and new appointment"},
    {"online_to_result", "online from reception to result"},
    {"decisions", "publication decisions"},
    {"procedures_new", "  procedures new"},
    {"procedures_amended", "  procedures amended"},
    {"procedures_replaced", "  procedures replaced"},
    {"procedures_abolished", "  procedures abolished"},
    {"published", "procedures published"},
    {"inter_agency", "  of them inter-agency"},
    {"central_agencies", "agencies at the provincial centre"},
    {"districts", "districts"},
    {"communes", "communes"},
    {"dossiers_held", "dossiers held (any year)"},
    {"procedures_held", "procedures held"},
    {"progress_rows", "progress rows held"},
    {"duplicate_progress_rows_kept", "duplicate progress rows kept (must be 0)"},
    {"look_alike_progress_rows", "look-alike progress rows kept"},
    {"resent_after_answer", "sent again although accepted (must be 0)"},
    {"resent_without_asking", "dossiers sent again without asking"},
    {"older_after_newer", "older sent after newer (must be 0)"},
}};

const Json* member(const Json& object, const char* name) {
    const auto found = object.FindMember(name);
    return found == object.MemberEnd() ? nullptr : &found->value;
}

std::uint64_t number(const Json& value) {
    return value.IsUint64() ? value.GetUint64() : 0;
}

void row(std::string& out, std::string_view label, std::uint64_t value) {
    out += fmt::format("  {:<44} {:>10}\n", label, value);
}

void counts(std::string& out, const Json& report, const char* name, std::string_view title) {
    const Json* object = member(report, name);
    if (object == nullptr || !object->IsObject() || object->ObjectEmpty()) return;
    out += fmt::format("\n{}\n", title);
    std::size_t shown = 0;
    for (const auto& entry : object->GetObject()) {
        if (++shown > kRowsShown) {
            out += fmt::format("  … and {} more\n", object->MemberCount() - kRowsShown);
            break;
        }
        row(out, view(entry.name), number(entry.value));
    }
}

// The numbers of an object, then its parts, each with a title of its own.
void submissions(std::string& out, const Json& report) {
    const Json* object = member(report, "submissions");
    if (object == nullptr || !object->IsObject()) return;
    const Json* filed = member(*object, "filed");
    if (filed == nullptr || number(*filed) == 0) return;
    out += "\nsubmissions born on the portal\n";
    constexpr std::array<std::pair<const char*, std::string_view>, 10> labels{
        {{"filed", "filed"},
         {"waiting_to_be_out", "supplements and the like, not out yet"},
         {"fetched", "fetched"},
         {"reached_the_province", "fetched or acknowledged"},
         {"confirmed", "confirmed"},
         {"with_both_codes", "with the province's own code"},
         {"with_status", "with a status"},
         {"finished", "finished"},
         {"finished_with_result", "online from reception to result"},
         {"acknowledged_twice_as_new", "acknowledged twice as new (must be 0)"}}};
    for (const auto& [name, label] : labels)
        if (const Json* value = member(*object, name)) row(out, label, number(*value));
    counts(out, *object, "by_kind", "  by kind");
    counts(out, *object, "by_road", "  by road");
    counts(out, *object, "statuses", "  statuses received, by number");
    counts(out, *object, "events", "  what happened on the way");
}

void outcomes(std::string& out, const Json& report, const char* name, std::string_view title) {
    const Json* object = member(report, name);
    if (object == nullptr || !object->IsObject() || object->ObjectEmpty()) return;
    out += fmt::format("\n{}\n", title);
    for (const auto& service : object->GetObject()) {
        if (!service.value.IsObject()) continue;
        std::string line;
        for (const auto& outcome : service.value.GetObject())
            line += fmt::format("  [{}] {}", view(outcome.name), number(outcome.value));
        out += fmt::format("  {:<24}{}\n", view(service.name), line);
    }
}

void findings(std::string& out, const Json& report, const char* name, std::string_view title) {
    const Json* list = member(report, name);
    if (list == nullptr || !list->IsArray()) return;
    out += fmt::format("\n{}{}\n", title, list->Empty() ? ": none" : "");
    for (const Json& entry : list->GetArray()) {
        if (!entry.IsObject()) continue;
        const Json* count = member(entry, "count");
        const Json* examples = member(entry, "examples");
        std::string_view first;
        if (examples != nullptr && examples->IsArray() && !examples->Empty() &&
            (*examples)[0].IsString())
            first = view((*examples)[0]);
        out += fmt::format("  {:<60} {:>8}  {}\n", text_of(entry, "rule"),
                           count == nullptr ? 0 : number(*count), first);
    }
}

}  // namespace

std::optional<std::string> report_table(const std::string& json) {
    rapidjson::Document report;
    report.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
    if (report.HasParseError() || !report.IsObject()) return std::nullopt;
    const Json* year = member(report, "year");
    if (year == nullptr) return std::nullopt;
    std::string out = fmt::format("What the portal holds, year {}\n", number(*year));
    for (const auto& [name, label] : kFigures) {
        if (const Json* value = member(report, name.data())) row(out, label, number(*value));
    }
    counts(out, report, "statistics", "monthly statistics of the year (rows and sums)");
    counts(out, report, "by_status", "received, by status");
    counts(out, report, "by_month", "received, by month");
    counts(out, report, "by_agency", "received, by agency");
    counts(out, report, "portal_dossiers_by_status", "dossiers born on the portal, by status");
    submissions(out, report);
    outcomes(out, report, "calls", "calls by service: [error_code] count");
    outcomes(out, report, "items", "records by service: [error_code] count");
    counts(out, report, "refused", "records refused, by error_code");
    counts(out, report, "duplicates_refused", "duplicates refused");
    counts(out, report, "repeated", "records that came again");
    counts(out, report, "faults_injected", "faults on purpose");
    findings(out, report, "violations", "violations by rule, with the first record");
    findings(out, report, "notes", "notes (accepted, but odd), with the first record");
    return out;
}

}  // namespace dvcsandbox
