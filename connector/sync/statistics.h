// Monthly statistics: figures of the ledger become records that the mapping engine translates.
#pragma once

#include <string>

#include "connector/base/crypto.h"
#include "connector/base/time.h"
#include "connector/ledger/ledger.h"

namespace dvcsync::sync {

// The code under which the ledger keeps one agency's month: "000.00.01.H22/2019-03". Its form is
// known to Ledger::month() and span().
std::string statistics_code(const ledger::MonthFigures& figures, int year, int month);

// The record in the form that every vocabulary's `statistics` kind describes: totals are sums of
// their parts, percentages have two decimals (0 where there is nothing to divide). Pure.
std::string statistics_xml(const ledger::MonthFigures& figures, int year, int month);

// Takes the figures of every month, from the first dossier to the last event that the province has
// told of, into the ledger; also of earlier and later months that were taken once, and with zeros
// of agencies that have no dossier there any more. Errors are the ledger's.
Status take_statistics(ledger::Ledger& ledger, const Sealer& sealer, const Clock& clock);

}  // namespace dvcsync::sync
