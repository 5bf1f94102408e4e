// Filters and slices as SQL: fixed words with a ? for every value, and the values in their order.
// Nothing that a person typed becomes SQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connector/ledger/control.h"
#include "connector/ledger/sqlite_edge.h"
#include "connector/ledger/submissions.h"

namespace dvcsync::ledger {

struct Conditions {
    std::string sql = "1";      // to follow WHERE
    std::vector<Value> values;  // of the ?s in sql; more may be added for what follows it

    // " AND " and the words, once with each value.
    void add(std::string_view words, std::vector<Value> with);
};

// Over `outbox o` joined with `record r`.
Conditions conditions_of(const Filter& filter);
// Over `record r`. The codes are left out.
Conditions conditions_of(const Slice& slice);
// Over `submission s`.
Conditions conditions_of(const SubmissionFilter& filter);

}  // namespace dvcsync::ledger
