#include "connector/sync/people_submissions.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "connector/sync/pull.h"

namespace dvcsync::sync {
namespace {

using ledger::Stage;
using ledger::SubmissionFilter;

struct Open {
    std::size_t held = 0;
    std::size_t waiting = 0;
};

Result<Open> open_of(ledger::Submissions& submissions, const SubmissionFilter& filter) {
    Open open;
    for (const auto& [stage, count] :
         {std::pair{Stage::Held, &open.held}, std::pair{Stage::Waiting, &open.waiting}}) {
        if (filter.stage && *filter.stage != stage) continue;
        SubmissionFilter of_stage = filter;
        of_stage.stage = stage;
        DVC_TRY_ASSIGN(found, submissions.count(of_stage));
        *count = found;
    }
    return open;
}

// Why a filter with a code chose nothing.
Result<std::string> why_not(ledger::Submissions& submissions, const SubmissionFilter& filter) {
    constexpr std::size_t named = 5;
    SubmissionFilter of_code;
    of_code.code = filter.code;
    DVC_TRY_ASSIGN(rows, submissions.list(of_code, named));
    if (rows.empty()) {
        DVC_TRY_ASSIGN(announced, submissions.open_announcements(filter.code, 1));
        return announced.empty()
                   ? fmt::format("{}: nothing of this code has arrived; compare the spelling",
                                 filter.code)
                   : fmt::format("{}: announced, and not fetched yet: it is tried again by itself",
                                 filter.code);
    }
    std::string stages;
    bool open = false;
    for (const auto& row : rows) {
        open = open || row.stage == Stage::Held || row.stage == Stage::Waiting;
        stages += fmt::format("{}revision {} is {}", stages.empty() ? "" : ", ", row.revision,
                              ledger::to_string(row.stage));
    }
    return open ? fmt::format("{}: held or waiting, but not as the filters say", filter.code)
                : fmt::format("{}: neither held nor waiting: {}", filter.code, stages);
}

}  // namespace

Result<ChosenSubmissions> choose(ledger::Submissions& submissions,
                                 std::span<const SubmissionFilter> filters) {
    ChosenSubmissions chosen;
    for (const auto& filter : filters) {
        DVC_TRY_ASSIGN(open, open_of(submissions, filter));
        if (open.held + open.waiting == 0) {
            if (filter.code.empty()) continue;
            DVC_TRY_ASSIGN(why, why_not(submissions, filter));
            chosen.not_chosen.push_back(std::move(why));
            continue;
        }
        chosen.held += open.held;
        chosen.waiting += open.waiting;
        chosen.filters.push_back(filter);
    }
    chosen.total = chosen.held + chosen.waiting;
    return chosen;
}

Result<std::size_t> act_on(ledger::Ledger& ledger, const ChosenSubmissions& chosen,
                           SubmissionAct what, const ledger::Act& act, UtcTime now) {
    auto& submissions = ledger.submissions();
    std::size_t touched = 0;
    DVC_TRY(ledger.together([&]() -> Status {
        touched = 0;
        std::size_t open_now = 0;
        for (const auto& filter : chosen.filters) {
            DVC_TRY_ASSIGN(open, open_of(submissions, filter));
            open_now += open.held + open.waiting;
        }
        if (open_now > chosen.total) {
            return fail(ErrorKind::Retry,
                        fmt::format("{} submissions fit by now, not {}: nothing was done; look at "
                                    "the list and ask again",
                                    open_now, chosen.total));
        }
        for (const auto& filter : chosen.filters) {
            ledger::Act one = act;
            if (!filter.code.empty()) {
                one.selection = filter.code + (act.selection.empty() ? "" : " ") + act.selection;
            }
            DVC_TRY_ASSIGN(
                count, what == SubmissionAct::Dismiss
                           ? submissions.dismiss(filter, one, now)
                           : submissions.retry(filter, what == SubmissionAct::Release, one, now));
            touched += count;
        }
        return {};
    }));
    return touched;
}

Result<std::string> content_of(ledger::Ledger& ledger, const Sealer& sealer,
                               const ledger::Submission& submission, const ledger::Act& act,
                               UtcTime now) {
    auto& submissions = ledger.submissions();
    DVC_TRY_ASSIGN(sealed, submissions.sealed(submission.id));
    DVC_TRY(submissions.note(submission.id, act, now));
    return sealer.open(sealed, submission_context(submission.code, submission.digest));
}

}  // namespace dvcsync::sync
