#include "connector/audit/period_table.h"

#include <fmt/format.h>

#include <array>

#include "connector/audit/canonical.h"
#include "connector/base/csv.h"

namespace dvcsync::audit {
namespace {

// The members of entries in the order in which a person reads them: events.md.
constexpr std::array columns{
    "sequence",   "at",       "local",        "event",     "run",     "actor",       "code",
    "kind",       "agency",   "procedure",    "operation", "outcome", "portal_code", "exchange",
    "event_time", "queued",   "acknowledged", "began",     "ended",   "endpoint",    "status",
    "items",      "sent",     "received",     "document",  "record",  "selection",   "count",
    "reason",     "revision", "set"};

}  // namespace

std::string table_header() {
    return fmt::format("{}{}\r\n", csv_mark, fmt::join(columns, ","));
}

Result<std::string> table_line(std::string_view entry) {
    DVC_TRY_ASSIGN(json, parse_canonical(entry));
    std::string line;
    for (const char* column : columns) {
        if (!line.empty()) line += ',';
        const Json* value = json.find(column);
        if (value != nullptr && value->number() != nullptr)
            line += std::to_string(*value->number());
        else
            line += csv_cell(value != nullptr && value->text() != nullptr ? *value->text() : "");
    }
    return line + "\r\n";
}

}  // namespace dvcsync::audit
