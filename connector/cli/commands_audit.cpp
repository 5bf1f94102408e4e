// audit list.
#include <fmt/format.h>

#include <deque>

#include "connector/audit/canonical.h"
#include "connector/cli/commands.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/json.h"
#include "connector/cli/text.h"
#include "connector/ledger/trail.h"

namespace dvcsync::cli {
namespace {

using audit::Json;
using ledger::TrailRow;

std::string member(const Json& entry, std::string_view name) {
    const auto* value = entry.find(name);
    if (value == nullptr) return "";
    if (value->number() != nullptr) return std::to_string(*value->number());
    return value->text() != nullptr ? *value->text() : "";
}

class Wanted {
  public:
    explicit Wanted(const Options& options) : options_(options) {}
    bool fits(const Json& entry) const {
        const auto& chosen = options_.selection;
        return is(entry, "agency", chosen.agency) && procedure(entry) &&
               is(entry, "actor", options_.audit.person) &&
               is(entry, "outcome", options_.audit.outcome) && event(entry);
    }

  private:
    static bool is(const Json& entry, std::string_view name, std::string_view value) {
        return value.empty() || member(entry, name) == value;
    }
    // Without a suffix: with every suffix, as everywhere.
    bool procedure(const Json& entry) const {
        const auto& wanted = options_.selection.procedure;
        const std::string is = member(entry, "procedure");
        return wanted.empty() || is == wanted ||
               (is.starts_with(wanted) && is[wanted.size()] == '.');
    }
    bool event(const Json& entry) const {
        const auto& wanted = options_.audit.event;
        const std::string is = member(entry, "event");
        return wanted.empty() || is == wanted || (wanted == "person" && is.starts_with("person."));
    }
    const Options& options_;
};

struct Found {
    std::deque<TrailRow> rows;  // the newest that fit
    std::size_t total = 0;
};

Result<Found> find(ledger::Trail& trail, const Options& options) {
    const Wanted wanted(options);
    ledger::TrailFilter filter;
    if (!options.selection.codes.empty()) filter.code = options.selection.codes.front();
    filter.at_from = options.audit.days.from;
    filter.at_until = options.audit.days.until;
    Found found;
    DVC_TRY(trail.walk(filter, [&](const TrailRow& row) -> Result<bool> {
        const auto entry = audit::parse_canonical(row.entry);
        // One that was tampered with is for verify to tell; here it is shown as it is.
        if (entry && !wanted.fits(*entry)) return true;
        ++found.total;
        found.rows.push_back(row);
        if (found.rows.size() > static_cast<std::size_t>(options.limit)) found.rows.pop_front();
        return true;
    }));
    return found;
}

std::string details(const Json& entry) {
    std::string text;
    for (const char* name :
         {"code", "operation", "outcome", "portal_code", "actor", "selection", "count", "reason"}) {
        const std::string value = member(entry, name);
        if (value.empty()) continue;
        // Whoever acted by schedule is no news.
        if (std::string_view(name) == "actor" && value == "scheduler") continue;
        text += fmt::format("{}{}", text.empty() ? "" : ", ", value);
    }
    return text;
}

void print_row(const TrailRow& row) {
    const auto entry = audit::parse_canonical(row.entry);
    if (!entry) {
        fmt::print("{:>8}  (not what was written: dvcsync audit verify)\n", row.sequence);
        return;
    }
    fmt::print("{:>8}  {}  {:<16} {}\n", row.sequence, member(*entry, "local"),
               member(*entry, "event"), details(*entry));
}

}  // namespace

int run_audit_list(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto found = find(connector->ledger->trail(), options);
    if (!found) return complain(options, found.error());
    if (options.json) {
        cli::Json json;
        json.open();
        json.add("total", std::uint64_t{found->total});
        json.open_list("entries");
        for (const auto& row : found->rows)
            json.raw(row.entry);
        json.close_list();
        json.close();
        fmt::print("{}\n", json.text());
        return exit_ok;
    }
    for (const auto& row : found->rows)
        print_row(row);
    fmt::print("{} of {} shown\n", found->rows.size(), count_text(found->total));
    return exit_ok;
}

}  // namespace dvcsync::cli
