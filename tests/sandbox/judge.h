// From a record of the contract to what the portal keeps: field tables first, then the rules
// between fields. Pure functions, thread-safe.
//
// Faults refuse the record. Notes do not: they record what is odd but real (a return before the end
// of processing, a status out of the usual order), because a portal that refused it would lose the
// truth.
#pragma once

#include <string_view>

#include "tests/sandbox/fields.h"
#include "tests/sandbox/national_list.h"
#include "tests/sandbox/stores.h"
#include "tests/sandbox/submissions.h"

namespace dvcsandbox {

// Each fills its result only when `faults` stays empty.
Dossier judge_dossier(const Json& item, const NationalList& list, Faults& faults, Faults& notes);
Step judge_step(const Json& item, Faults& faults);
Procedure judge_procedure(const Json& item, const NationalList& list, Faults& faults,
                          Faults& notes);
struct StatisticsRow {
    MonthOfAgency key;
    Statistics row;
};
StatisticsRow judge_statistics(const Json& item, Faults& faults);
PortalStatus judge_portal_status(const Json& item);  // one that has passed its table

// Status `after` directly following `before` is one of the usual orders.
bool usual_order(std::uint8_t before, std::uint8_t after);
bool usual_portal_order(std::uint8_t before, std::uint8_t after);  // of a portal-born dossier

// The record's bytes without white space, as digests and the journal take them. The view is good
// until the next call on this thread.
std::string_view compact(const Json& value);

}  // namespace dvcsandbox
