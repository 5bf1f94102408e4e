// What the tests of the inbound half share.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "connector/ledger/submissions.h"
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {

inline Arrival arrival(const std::string& code, const std::string& content = "v1") {
    Arrival arrival;
    arrival.code = code;
    arrival.reading = "filing";
    arrival.kind = "filing";
    arrival.road = Road::Poll;
    arrival.digest = sha256(content);
    arrival.sealed = "sealed " + content;
    arrival.procedure = "1.005129";
    arrival.agency = "000.00.01.H22";
    arrival.filed = noon - std::chrono::hours{1};
    return arrival;
}

inline SubmissionFilter of_code(const std::string& code) {
    SubmissionFilter filter;
    filter.code = code;
    return filter;
}

class SubmissionsTest : public LedgerTest {
  protected:
    Submissions& submissions() { return ledger().submissions(); }

    Arrived receive(const Arrival& arrival, UtcTime now = noon) {
        const auto arrived = submissions().receive(arrival, now);
        EXPECT_TRUE(arrived) << arrived.error().message;
        return arrived.value_or(Arrived{});
    }
    std::vector<Submission> due(UtcTime now = noon, std::size_t max = 100) {
        auto all = submissions().due(max, now);
        EXPECT_TRUE(all) << all.error().message;
        return all ? *std::move(all) : std::vector<Submission>{};
    }
    // "code/revision" of what is due.
    std::vector<std::string> due_names(UtcTime now = noon, std::size_t max = 100) {
        std::vector<std::string> names;
        for (const Submission& one : due(now, max))
            names.push_back(one.code + "/" + std::to_string(one.revision));
        return names;
    }
    void is_ok(const Status& status) { EXPECT_TRUE(status) << status.error().message; }
    // The only one of a code.
    Submission only(const std::string& code) {
        const auto all = submissions().list(of_code(code), 10);
        EXPECT_TRUE(all && all->size() == 1) << code;
        return all && !all->empty() ? all->front() : Submission{};
    }
    // One submission, brought into a stage by the way that leads there.
    std::int64_t submission_in(Stage stage, const std::string& code = "S") {
        const std::int64_t id = receive(arrival(code)).id;
        switch (stage) {
            case Stage::Received:
                break;
            case Stage::Waiting:
                is_ok(submissions().waits(id, "no answer", noon + std::chrono::hours{1}, noon));
                break;
            case Stage::Held:
                is_ok(submissions().holds(id, "too large", noon));
                break;
            case Stage::Handed:
                is_ok(submissions().handed(id, "inbox/1", {}, noon));
                break;
            case Stage::Dismissed:
                is_ok(submissions().holds(id, "too large", noon));
                EXPECT_EQ(*submissions().dismiss(of_code(code), act("dismiss"), noon), 1U);
                break;
        }
        return id;
    }
    SubmissionTally tally() {
        const auto tally = submissions().tally();
        EXPECT_TRUE(tally) << tally.error().message;
        const SubmissionTally t = tally.value_or(SubmissionTally{});
        EXPECT_EQ(t.arrived, t.received + t.waiting + t.held + t.handed + t.dismissed);
        return t;
    }
};

}  // namespace dvcsync::ledger
