// How `dvcsync reconcile` tells what it found: for people, for programs, for a spreadsheet.
#pragma once

#include <cstddef>
#include <string>

#include "connector/cli/json.h"
#include "connector/sync/reconcile.h"

namespace dvcsync::cli {

// Totals, the table by agency and month, and at most `limit` differences, on standard output.
void print_reconciliation(const sync::ReconcileReport& report, std::size_t limit);

// The same, with every difference, as members of the object that is open.
void add_reconciliation(Json& json, const sync::ReconcileReport& report);

// Every difference, a line each, UTF-8 with a byte order mark so that spreadsheets read it.
std::string reconciliation_csv(const sync::ReconcileReport& report);

}  // namespace dvcsync::cli
