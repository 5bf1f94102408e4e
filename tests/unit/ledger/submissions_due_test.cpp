// Submissions are handed over: in order, with waits, and never twice.
#include <algorithm>

#include "connector/base/limits.h"
#include "tests/unit/ledger/submissions_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

class DueTest : public SubmissionsTest {};
INSTANTIATE_TEST_SUITE_P(Every, DueTest, testing::ValuesIn(backends()));

TEST_P(DueTest, OldestFirstAndNoMoreThanAskedFor) {
    receive(arrival("B"), noon + minutes{1});
    receive(arrival("A"), noon);
    receive(arrival("C"), noon + minutes{2});
    EXPECT_THAT(due_names(noon + minutes{2}), ElementsAre("A/1", "B/1", "C/1"));
    EXPECT_THAT(due_names(noon + minutes{2}, 2), ElementsAre("A/1", "B/1"));
    EXPECT_THAT(due_names(noon - hours{1}), ElementsAre("A/1", "B/1", "C/1"))
        << "a clock that went back does not hide what has come";
}

TEST_P(DueTest, AWaitEndsAtItsTimeAndCountsAttempts) {
    const std::int64_t id = receive(arrival("A")).id;
    is_ok(submissions().waits(id, "file 2: no answer", noon + hours{1}, noon + minutes{1}));
    EXPECT_THAT(due(), IsEmpty());
    EXPECT_THAT(due_names(noon + hours{1} - Millis{1}), IsEmpty());
    receive(arrival("B"), noon + minutes{90});
    EXPECT_THAT(due_names(noon + hours{2}), ElementsAre("A/1", "B/1"));
    is_ok(submissions().waits(id, "file 2: gone", noon + hours{4}, noon + hours{2}));
    const Submission one = only("A");
    EXPECT_EQ(one.stage, Stage::Waiting);
    EXPECT_EQ(one.attempts, 2);
    EXPECT_EQ(one.reason, "file 2: gone");
    EXPECT_EQ(one.next_at, noon + hours{4});
    EXPECT_EQ(one.changed, noon + hours{2});
}

TEST_P(DueTest, WhatIsPutOffKeepsItsPlaceInLineAndItsAttempts) {
    const std::int64_t a = receive(arrival("A"), noon).id;
    const std::int64_t b = receive(arrival("B"), noon + minutes{1}).id;
    is_ok(submissions().waits(b, "no answer", noon + minutes{2}, noon + minutes{1}));
    receive(arrival("C"), noon + minutes{3});
    const UtcTime later = noon + minutes{4};
    is_ok(submissions().put_off(b, "the time was over", noon + minutes{2}, later));
    EXPECT_THAT(due_names(later), ElementsAre("A/1", "B/1", "C/1"));
    is_ok(submissions().put_off(a, "the time was over", later, later));
    EXPECT_THAT(due_names(later), ElementsAre("B/1", "C/1", "A/1")) << "it has had its turn";
    EXPECT_EQ(only("A").stage, Stage::Waiting);
    EXPECT_EQ(only("A").attempts, 0);
    EXPECT_EQ(only("A").reason, "the time was over");
    EXPECT_EQ(only("B").attempts, 1);
    ASSERT_EQ(*submissions().dismiss(of_code("A"), act("dismiss"), later), 1U);
    is_ok(submissions().put_off(a, "the time was over", later, later));
    EXPECT_EQ(only("A").stage, Stage::Dismissed) << "a person was quicker";
    is_ok(submissions().holds(b, "a program", later));
    EXPECT_EQ(submissions().put_off(b, "x", later, later).error().kind, ErrorKind::Bug);
}

TEST_P(DueTest, AWaitWrittenBeforeTheClockWentBackIsOver) {
    const UtcTime ahead = noon + hours{24 * 365};
    const std::int64_t id = receive(arrival("A")).id;
    is_ok(submissions().waits(id, "no answer", ahead, ahead));
    ASSERT_TRUE(submissions().announce(std::vector<Announcement>{{"B", "1"}}, ahead));
    EXPECT_THAT(due_names(), ElementsAre("A/1"));
    EXPECT_EQ(submissions().announced(10, noon)->size(), 1U);
    const UtcTime longest = noon + limits::longest_wait;
    is_ok(submissions().waits(id, "no answer", longest, noon));
    EXPECT_THAT(due_names(), IsEmpty()) << "this long is allowed";
}

TEST_P(DueTest, WhatNobodyCouldReadIsInNobodysWay) {
    Arrival unread = arrival("A", "v1");
    unread.kind = "unknown";
    unread.fault = "the body is not JSON";
    receive(unread);
    receive(arrival("A", "v2"));
    EXPECT_THAT(due_names(), ElementsAre("A/2"));
}

TEST_P(DueTest, ARevisionWaitsForTheEarlierOnes) {
    const std::int64_t first = receive(arrival("A", "v1")).id;
    const std::int64_t second = receive(arrival("A", "v2")).id;
    receive(arrival("A", "v3"));
    receive(arrival("B"));
    EXPECT_THAT(due_names(), ElementsAre("A/1", "B/1"));
    is_ok(submissions().waits(first, "no answer", noon + hours{1}, noon));
    EXPECT_THAT(due_names(), ElementsAre("B/1")) << "waiting is in the way";
    is_ok(submissions().holds(first, "too large", noon));
    EXPECT_THAT(due_names(), ElementsAre("B/1")) << "held is in the way";
    ASSERT_EQ(*submissions().retry(of_code("A"), true, act("release"), noon), 1U);
    EXPECT_THAT(due_names(), testing::UnorderedElementsAre("A/1", "B/1"));
    is_ok(submissions().handed(first, "1", {}, noon));
    EXPECT_THAT(due_names(), testing::UnorderedElementsAre("A/2", "B/1"));
    is_ok(submissions().holds(second, "a program", noon));
    EXPECT_THAT(due_names(), ElementsAre("B/1"));
    ASSERT_EQ(*submissions().dismiss(of_code("A"), act("dismiss"), noon), 1U);
    EXPECT_THAT(due_names(), testing::UnorderedElementsAre("A/3", "B/1"))
        << "dismissed is in the way no more";
}

TEST_P(DueTest, RenumberedItStaysDueAndWhatCameAfterItMovesOnInItsOrder) {
    const std::int64_t unread = receive(arrival("A", "v1")).id;
    is_ok(submissions().holds(unread, "unknown", noon));
    ASSERT_EQ(*submissions().dismiss(of_code("A"), act("dismiss"), noon), 1U);
    const std::int64_t second = receive(arrival("A", "v2")).id;
    const std::int64_t third = receive(arrival("A", "v3")).id;
    receive(arrival("A", "v4"));
    receive(arrival("B"));
    is_ok(submissions().waits(second, "no answer", noon, noon));
    is_ok(submissions().renumber(second, 4, noon + minutes{1}));
    EXPECT_THAT(due_names(), testing::UnorderedElementsAre("A/4", "B/1"));
    is_ok(submissions().handed(second, "1", {}, noon));
    EXPECT_THAT(due_names(), testing::UnorderedElementsAre("A/5", "B/1"));
    is_ok(submissions().handed(third, "2", {}, noon));
    EXPECT_THAT(due_names(), testing::UnorderedElementsAre("A/6", "B/1"));
    EXPECT_EQ(receive(arrival("A", "v5")).revision, 7) << "the next one comes after them";
    const auto rows = *submissions().list(of_code("A"), 10);
    const auto dismissed =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == unread; });
    ASSERT_NE(dismissed, rows.end());
    EXPECT_EQ(dismissed->revision, 1) << "what came before it stays";
}

TEST_P(DueTest, WhatIsRenumberedComesAfterWhatIsHandedOver) {
    Arrival unread = arrival("A", "v1");
    unread.kind = "unknown";
    unread.fault = "the body is not JSON";
    const std::int64_t first = receive(unread).id;
    const std::int64_t second = receive(arrival("A", "v2")).id;
    is_ok(submissions().handed(second, "2", {}, noon));
    ASSERT_EQ(*submissions().retry(of_code("A"), false, act("retry"), noon), 1U);
    is_ok(submissions().renumber(first, 2, noon));
    EXPECT_THAT(due_names(), ElementsAre("A/3"));
    EXPECT_EQ(submissions().renumber(first, 3, noon).error().kind, ErrorKind::Bug)
        << "it is that already";
    is_ok(submissions().handed(first, "3", {}, noon));
    EXPECT_EQ(submissions().renumber(second, 9, noon).error().kind, ErrorKind::Bug)
        << "the province knows it so";
}

TEST_P(DueTest, WhatIsDismissedMeanwhileIsNotRenumbered) {
    const std::int64_t id = submission_in(Stage::Dismissed, "A");
    is_ok(submissions().renumber(id, 4, noon));
    EXPECT_EQ(only("A").revision, 1);
}

TEST_P(DueTest, TheNextTimeIsThatOfWhatNothingHoldsBack) {
    EXPECT_EQ(*submissions().next_due(), std::nullopt);
    const std::int64_t first = receive(arrival("A", "v1")).id;
    const std::int64_t second = receive(arrival("A", "v2")).id;
    EXPECT_EQ(*submissions().next_due(), std::nullopt) << "received is due, and does not wait";
    is_ok(submissions().waits(second, "no answer", noon + minutes{1}, noon));
    EXPECT_EQ(*submissions().next_due(), std::nullopt) << "held back by the first";
    is_ok(submissions().waits(first, "no answer", noon + hours{1}, noon));
    EXPECT_EQ(*submissions().next_due(), noon + hours{1});
    ASSERT_TRUE(submissions().announce(std::vector<Announcement>{{"B", "1"}}, noon));
    EXPECT_EQ(*submissions().next_due(), noon);
    const std::int64_t announced = submissions().announced(1, noon)->front().id;
    is_ok(submissions().announcement_waits(announced, "busy", noon + minutes{30}));
    EXPECT_EQ(*submissions().next_due(), noon + minutes{30});
    ASSERT_TRUE(submissions().receive(arrival("B"), noon, announced));
    EXPECT_EQ(*submissions().next_due(), noon + hours{1});
    is_ok(submissions().handed(first, "1", {}, noon));
    EXPECT_EQ(*submissions().next_due(), noon + minutes{1});
}

TEST_P(DueTest, WhatIsHandedOverIsKeptWithItsFiles) {
    const std::int64_t id = receive(arrival("A")).id;
    const std::vector<HandedFile> files{
        {1, 1'234, sha256("one"), "application/pdf", ""},
        {2, 0, {}, "", "missing"},
        {3, std::uint64_t{5} << 32, sha256("three"), "image/png", "type differs"}};
    is_ok(submissions().handed(id, "2019/A-1", files, noon + minutes{1}));
    reopen();
    EXPECT_THAT(due(), IsEmpty());
    const Submission one = only("A");
    EXPECT_EQ(one.stage, Stage::Handed);
    EXPECT_EQ(one.place, "2019/A-1");
    EXPECT_EQ(one.changed, noon + minutes{1});
    const auto kept = submissions().files(id);
    ASSERT_EQ(kept->size(), 3U);
    EXPECT_EQ(kept->at(0).index, 1);
    EXPECT_EQ(kept->at(0).size, 1'234U);
    EXPECT_EQ(kept->at(0).sha256, sha256("one"));
    EXPECT_EQ(kept->at(0).type, "application/pdf");
    EXPECT_EQ(kept->at(1).sha256, Digest{});
    EXPECT_EQ(kept->at(1).note, "missing");
    EXPECT_EQ(kept->at(2).size, std::uint64_t{5} << 32);
    EXPECT_EQ(receive(arrival("A")).novelty, Novelty::Duplicate);
    EXPECT_THAT(due(), IsEmpty()) << "a duplicate does not bring it back";
    EXPECT_THAT(*submissions().files(99), IsEmpty());
}

TEST_P(DueTest, AHandOverThatFailsHalfWayChangesNothing) {
    const std::int64_t id = receive(arrival("A")).id;
    const std::vector<HandedFile> twice{{1, 1, {}, "", ""}, {1, 2, {}, "", ""}};
    EXPECT_EQ(submissions().handed(id, "x", twice, noon).error().kind, ErrorKind::Bug);
    EXPECT_EQ(only("A").stage, Stage::Received);
    EXPECT_THAT(*submissions().files(id), IsEmpty());
}

// The table in submissions.h, cell by cell.
TEST_P(DueTest, EveryStageAllowsWhatTheTableSays) {
    enum Move { Waits, Holds, Handed, Retry, Dismiss };
    constexpr auto bug = std::optional<Stage>{};
    struct Row {
        Move move;
        std::optional<Stage> after[5];  // nullopt: Bug
    };
    using S = Stage;
    const Row rows[] = {
        {Waits, {S::Waiting, S::Waiting, bug, bug, S::Dismissed}},
        {Holds, {S::Held, S::Held, bug, bug, S::Dismissed}},
        {Handed, {S::Handed, S::Handed, bug, bug, S::Handed}},
        {Retry, {S::Received, S::Received, S::Received, S::Handed, S::Dismissed}},
        {Dismiss, {S::Received, S::Dismissed, S::Dismissed, S::Handed, S::Dismissed}},
    };
    for (const Row& row : rows) {
        for (int from = 0; from < 5; ++from) {
            const auto stage = static_cast<Stage>(from);
            const std::string code = std::to_string(row.move) + "-" + std::to_string(from);
            const std::int64_t id = submission_in(stage, code);
            Status done;
            switch (row.move) {
                case Waits:
                    done = submissions().waits(id, "again", noon + hours{1}, noon);
                    break;
                case Holds:
                    done = submissions().holds(id, "again", noon);
                    break;
                case Handed:
                    done = submissions().handed(id, "again", {}, noon);
                    break;
                case Retry:
                case Dismiss: {
                    const auto touched =
                        row.move == Retry
                            ? submissions().retry(of_code(code), false, act("retry"), noon)
                            : submissions().dismiss(of_code(code), act("dismiss"), noon);
                    const bool movable = stage == S::Waiting || stage == S::Held;
                    EXPECT_EQ(touched.value_or(99), movable ? 1U : 0U) << code;
                    break;
                }
            }
            const auto& after = row.after[from];
            EXPECT_EQ(done.has_value(), after.has_value()) << code;
            EXPECT_TRUE(done || done.error().kind == ErrorKind::Bug) << code;
            EXPECT_EQ(only(code).stage, after.value_or(stage)) << code;
        }
    }
    EXPECT_EQ(submissions().waits(9'999, "x", noon, noon).error().kind, ErrorKind::Bug);
    EXPECT_EQ(submissions().holds(9'999, "x", noon).error().kind, ErrorKind::Bug);
    EXPECT_EQ(submissions().handed(9'999, "x", {}, noon).error().kind, ErrorKind::Bug);
}

}  // namespace
}  // namespace dvcsync::ledger
