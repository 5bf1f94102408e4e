// The list of new submissions, page by page, with the faults of lists. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sandbox/fields.h"
#include "tests/sandbox/injector.h"
#include "tests/sandbox/reads.h"
#include "tests/sandbox/submissions.h"

namespace dvcsandbox {

struct NewListQuestion {
    Stamp since = 0;
    Page page;
};
NewListQuestion new_list_question(const Json& body, Faults& faults);

// The `result` array, as JSON. `number` of the call: faults depend on it and the seed alone.
std::string new_list(const SubmissionStore& store, const NewListQuestion& question,
                     Injector& faults, std::uint64_t number);

}  // namespace dvcsandbox
