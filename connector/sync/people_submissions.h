// What people do with submissions that the program does not go on with by itself: choose, act, and
// look at what came. The rules of people.h: nothing is kept here, one thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/ledger/ledger.h"
#include "connector/ledger/submissions.h"
#include "connector/sync/people.h"

namespace dvcsync::sync {

// One filter a code, in order and without repetition, or one filter if no code is named. Days are
// those of arrival. Config error: words that make no sense, naming the option.
Result<std::vector<ledger::SubmissionFilter>> submission_filters(const Selection& selection);

// What a choice comes to: only what is held or waiting can be acted upon.
struct ChosenSubmissions {
    std::vector<ledger::SubmissionFilter> filters;  // each of them chooses something
    std::size_t total = 0;                          // = held + waiting
    std::size_t held = 0;
    std::size_t waiting = 0;
    std::vector<std::string> not_chosen;  // one sentence for each code that chose nothing
};
Result<ChosenSubmissions> choose(ledger::Submissions& submissions,
                                 std::span<const ledger::SubmissionFilter> filters);

enum class SubmissionAct {
    Retry,    // due at once
    Release,  // the same, without the files that their reason tells of: see Submissions::retry
    Dismiss,  // the province does not want them
};

// Carries it out, all or none; every filter makes an act of its own. Returns how many were touched.
// Retry error, and nothing is done: more are held or waiting by now than chosen.total.
Result<std::size_t> act_on(ledger::Ledger& ledger, const ChosenSubmissions& chosen,
                           SubmissionAct what, const ledger::Act& act, UtcTime now);

// The bytes as they came. The act is kept before anything is shown: they are a citizen's data.
Result<std::string> content_of(ledger::Ledger& ledger, const Sealer& sealer,
                               const ledger::Submission& submission, const ledger::Act& act,
                               UtcTime now);

}  // namespace dvcsync::sync
