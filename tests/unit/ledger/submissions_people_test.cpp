// What persons see of submissions and do with them, and the two codes of one dossier.
#include <algorithm>

#include "tests/unit/ledger/submissions_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SubmissionPeopleTest : public SubmissionsTest {
  protected:
    std::vector<std::string> codes(const SubmissionFilter& filter, std::size_t max = 100) {
        const auto all = submissions().list(filter, max);
        EXPECT_TRUE(all) << all.error().message;
        EXPECT_EQ(
            *submissions().count(filter),
            *submissions().list(filter, 1'000).map([](const auto& rows) { return rows.size(); }));
        std::vector<std::string> codes;
        for (const Submission& one : *all)
            codes.push_back(one.code);
        return codes;
    }
};
INSTANTIATE_TEST_SUITE_P(Every, SubmissionPeopleTest, testing::ValuesIn(backends()));

TEST_P(SubmissionPeopleTest, FiltersChooseByEveryColumn) {
    Arrival one = arrival("A");
    Arrival two = arrival("B");
    two.kind = "supplement";
    two.agency = "000.00.02.H22";
    two.procedure = "1.005129.000.00.00.H22";
    Arrival three = arrival("C");
    three.procedure = "1.0051290";
    receive(one, noon);
    receive(two, noon + hours{1});
    receive(three, noon + hours{2});
    is_ok(submissions().holds(receive(one).id, "too large", noon + hours{3}));
    EXPECT_THAT(codes({}), ElementsAre("A", "C", "B")) << "newest change first";
    EXPECT_THAT(codes({}, 1), ElementsAre("A"));
    EXPECT_THAT(codes(of_code("B")), ElementsAre("B"));
    SubmissionFilter filter;
    filter.kind = "supplement";
    EXPECT_THAT(codes(filter), ElementsAre("B"));
    filter = {};
    filter.agency = "000.00.02.H22";
    EXPECT_THAT(codes(filter), ElementsAre("B"));
    filter = {};
    filter.procedure = "1.005129";
    EXPECT_THAT(codes(filter), ElementsAre("A", "B")) << "every form of it, and no other";
    filter = {};
    filter.stage = Stage::Held;
    EXPECT_THAT(codes(filter), ElementsAre("A"));
    filter = {};
    filter.from = noon + hours{1};
    filter.until = noon + hours{2};
    EXPECT_THAT(codes(filter), ElementsAre("B"));
    filter.procedure = "' OR 1 --";
    EXPECT_THAT(codes(filter), IsEmpty());
}

TEST_P(SubmissionPeopleTest, ARetryStartsAfreshAndIsKept) {
    const std::int64_t waiting = submission_in(Stage::Waiting, "W");
    const std::int64_t held = submission_in(Stage::Held, "H");
    submission_in(Stage::Handed, "D");
    EXPECT_EQ(*submissions().retry({}, false, act("retry", "the disk was full"), noon + minutes{1}),
              2U);
    EXPECT_THAT(due_names(noon + minutes{1}), ElementsAre("W/1", "H/1"));
    EXPECT_EQ(only("W").attempts, 0);
    EXPECT_EQ(only("W").reason, "");
    EXPECT_EQ(only("W").without, Without::Nothing);
    is_ok(submissions().holds(held, "too large", noon + minutes{2}));
    EXPECT_EQ(*submissions().retry(of_code("H"), true, act("release", "paper is enough"),
                                   noon + minutes{3}),
              1U);
    EXPECT_EQ(only("H").without, Without::Forbidden);
    is_ok(submissions().holds(held, "too large", noon + minutes{4}));
    ASSERT_EQ(*submissions().retry(of_code("H"), false, act("retry"), noon + minutes{5}), 1U);
    EXPECT_EQ(only("H").without, Without::Forbidden) << "what was allowed stays allowed";

    const auto acts = ledger().acts(10);
    ASSERT_EQ(acts->size(), 3U);
    EXPECT_EQ(acts->at(2).reason, "the disk was full");
    EXPECT_EQ(acts->at(2).items, 2U);
    EXPECT_EQ(acts->at(2).at, noon + minutes{1});
    const auto of_held = submissions().acts(held);
    ASSERT_EQ(of_held->size(), 3U);
    EXPECT_EQ(of_held->at(1).what, "release");
    EXPECT_EQ(submissions().acts(waiting)->size(), 1U);
}

// Whoever releases has read the reason: of a held one it tells what breaks a rule, of a waiting one
// what cannot be had.
TEST_P(SubmissionPeopleTest, AReleaseAllowsWhatThePersonWasTold) {
    const std::int64_t id = submission_in(Stage::Held, "H");
    const auto released = [&] {
        EXPECT_EQ(*submissions().retry(of_code("H"), true, act("release"), noon), 1U);
        return only("H").without;
    };
    EXPECT_EQ(released(), Without::Forbidden);
    is_ok(submissions().waits(id, "file 14: no answer", noon, noon));
    EXPECT_EQ(released(), Without::Missing);
    is_ok(submissions().holds(id, "the mapping has a fault", noon));
    EXPECT_EQ(released(), Without::Missing) << "nothing is taken back";
}

TEST_P(SubmissionPeopleTest, AnActThatTouchesNothingIsNotKept) {
    submission_in(Stage::Handed, "D");
    SubmissionFilter handed;
    handed.stage = Stage::Handed;
    EXPECT_EQ(*submissions().retry(handed, true, act("release"), noon), 0U);
    EXPECT_EQ(*submissions().dismiss({}, act("dismiss"), noon), 0U);
    EXPECT_THAT(*ledger().acts(10), IsEmpty());
}

TEST_P(SubmissionPeopleTest, WhatIsDismissedKeepsItsReason) {
    submission_in(Stage::Dismissed, "A");
    EXPECT_EQ(only("A").stage, Stage::Dismissed);
    EXPECT_EQ(only("A").reason, "too large");
    EXPECT_THAT(due(), IsEmpty());
    EXPECT_EQ(receive(arrival("A")).novelty, Novelty::Duplicate);
}

TEST_P(SubmissionPeopleTest, TheTallyAddsUp) {
    for (const Stage stage :
         {Stage::Received, Stage::Waiting, Stage::Held, Stage::Handed, Stage::Dismissed})
        submission_in(stage, std::string(to_string(stage)));
    submission_in(Stage::Held, "held too");
    receive(arrival("handed"));
    receive(arrival("handed"));
    ASSERT_TRUE(submissions().announce(std::vector<Announcement>{{"X", "1"}}, noon));
    is_ok(submissions().link("held", "L", noon));
    const SubmissionTally t = tally();
    EXPECT_EQ(t.arrived, 6U);
    EXPECT_EQ(t.received, 1U);
    EXPECT_EQ(t.waiting, 1U);
    EXPECT_EQ(t.held, 2U);
    EXPECT_EQ(t.handed, 1U);
    EXPECT_EQ(t.dismissed, 1U);
    EXPECT_EQ(t.announced, 1U);
    EXPECT_EQ(t.duplicates, 2U);
    EXPECT_EQ(t.linked, 1U);
}

TEST_P(SubmissionPeopleTest, LongWordsAreCut) {
    const std::int64_t id = receive(arrival("A")).id;
    is_ok(submissions().holds(id, std::string(100'000, 'x'), noon));
    EXPECT_LT(only("A").reason.size(), 3'000U);
}

TEST_P(SubmissionPeopleTest, TheTwoCodesOfADossierFindEachOther) {
    EXPECT_EQ(*submissions().portal_code("L"), std::nullopt);
    EXPECT_EQ(*submissions().local_code("P"), std::nullopt);
    receive(arrival("P"));
    receive(arrival("P2"));
    is_ok(submissions().link("P", "L", noon));
    is_ok(submissions().link("P", "L", noon + hours{1}));
    is_ok(submissions().link("P2", "L2", noon));
    reopen();
    EXPECT_EQ(*submissions().portal_code("L"), "P");
    EXPECT_EQ(*submissions().local_code("P"), "L");
    EXPECT_EQ(*submissions().local_code("P2"), "L2");
    EXPECT_EQ(*submissions().local_code("L"), std::nullopt) << "each on its own side";
    EXPECT_EQ(tally().linked, 2U);
}

TEST_P(SubmissionPeopleTest, ACodeIsLinkedOnceAndBothAreNamed) {
    receive(arrival("P"));
    receive(arrival("Q"));
    is_ok(submissions().link("P", "L", noon));
    const auto portal = submissions().link("P", "other", noon);
    ASSERT_FALSE(portal);
    EXPECT_EQ(portal.error().kind, ErrorKind::Refused);
    EXPECT_THAT(portal.error().message, HasSubstr("portal code P is linked to L already"));
    EXPECT_THAT(portal.error().message, HasSubstr("other"));
    const auto local = submissions().link("Q", "L", noon);
    ASSERT_FALSE(local);
    EXPECT_EQ(local.error().kind, ErrorKind::Refused);
    EXPECT_THAT(local.error().message, HasSubstr("dossier code L is linked to P already"));
    EXPECT_THAT(local.error().message, HasSubstr("Q"));
    EXPECT_EQ(tally().linked, 1U);
    EXPECT_EQ(submissions().link("", "L", noon).error().kind, ErrorKind::Bug);
    EXPECT_EQ(submissions().link("P", "", noon).error().kind, ErrorKind::Bug);
}

TEST_P(SubmissionPeopleTest, OnlyACodeThatHasArrivedIsLinked) {
    EXPECT_FALSE(*submissions().has_arrived("P"));
    const auto early = submissions().link("P", "L", noon);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().kind, ErrorKind::Refused);
    EXPECT_THAT(early.error().message, HasSubstr("nothing of this portal code has arrived"));
    receive(arrival("P"));
    EXPECT_TRUE(*submissions().has_arrived("P"));
    is_ok(submissions().link("P", "L", noon));
}

TEST_P(SubmissionPeopleTest, AWrongLinkIsUndoneWithAReasonAndBothCodesAreFree) {
    const std::int64_t id = receive(arrival("P")).id;
    receive(arrival("Q"));
    EXPECT_EQ(submissions().unlink("P", act("unlink"), noon).error().kind, ErrorKind::Config);
    EXPECT_EQ(submissions().relink("P", act("relink"), noon).error().kind, ErrorKind::Config);
    is_ok(submissions().link("P", "wrong", noon));
    const auto undone = submissions().unlink("P", act("unlink", "a slip"), noon + hours{1});
    ASSERT_TRUE(undone);
    EXPECT_EQ(undone->local, "wrong");
    reopen();
    EXPECT_EQ(*submissions().local_code("P"), std::nullopt);
    EXPECT_EQ(*submissions().portal_code("wrong"), std::nullopt);
    EXPECT_EQ(tally().linked, 0U);
    EXPECT_EQ(submissions().unlink("P", act("unlink"), noon).error().kind, ErrorKind::Config);
    const auto same = submissions().link("P", "wrong", noon);
    ASSERT_FALSE(same);
    EXPECT_EQ(same.error().kind, ErrorKind::Refused);
    EXPECT_THAT(same.error().message, HasSubstr("a person has undone"));

    is_ok(submissions().link("P", "right", noon + hours{2}));
    is_ok(submissions().link("Q", "wrong", noon + hours{2}));
    const auto all = submissions().links("P");
    ASSERT_TRUE(all && all->size() == 2);
    EXPECT_EQ(all->front().local, "right");
    EXPECT_EQ(all->front().undone, std::nullopt);
    EXPECT_EQ(all->back().local, "wrong");
    EXPECT_EQ(all->back().undone, noon + hours{1});
    const auto acts = submissions().acts(id);
    ASSERT_TRUE(acts && acts->size() == 1);
    EXPECT_EQ(acts->front().what, "unlink");
    EXPECT_EQ(acts->front().reason, "a slip");
    EXPECT_EQ(acts->front().at, noon + hours{1});
}

TEST_P(SubmissionPeopleTest, WhatWasUndoneByMistakeIsTakenBackUnlessTheCodesHaveOtherPartners) {
    const std::int64_t id = receive(arrival("P")).id;
    is_ok(submissions().link("P", "L", noon));
    ASSERT_TRUE(submissions().unlink("P", act("unlink"), noon));
    ASSERT_TRUE(submissions().relink("P", act("relink", "it was right"), noon + hours{1}));
    EXPECT_EQ(*submissions().local_code("P"), "L");
    EXPECT_EQ(submissions().acts(id)->size(), 2U);
    ASSERT_TRUE(submissions().unlink("P", act("unlink"), noon + hours{2}));
    receive(arrival("Q"));
    is_ok(submissions().link("Q", "L", noon));
    const auto taken = submissions().relink("P", act("relink"), noon + hours{3});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().kind, ErrorKind::Config);
    EXPECT_THAT(taken.error().message, HasSubstr("submissions unlink Q"));
    EXPECT_EQ(submissions().acts(id)->size(), 3U) << "nothing was done";
}

TEST_P(SubmissionPeopleTest, RecordsOfAnUndoneLinkAreLookedAtAgain) {
    receive(arrival("P"));
    Intake local = dossier("L");
    local.queue.clear();
    Intake answer = dossier("P");
    answer.facts.kind = "answer";
    answer.digest = sha256("answer");
    answer.queue = {Operation::PushStatus};
    take({local, answer});
    is_ok(submissions().link("P", "L", noon));
    EXPECT_THAT(*ledger().awaiting(0, 10), IsEmpty());
    ASSERT_TRUE(submissions().unlink("P", act("unlink"), noon));
    const auto rows = ledger().awaiting(0, 10);
    ASSERT_TRUE(rows && rows->size() == 2);
    EXPECT_EQ(rows->front().code, "L");
    EXPECT_EQ(rows->front().sealed, local.sealed);
    EXPECT_EQ(rows->back().kind, "answer");
    EXPECT_EQ(ledger().awaiting(rows->front().record, 10)->size(), 1U);

    local.queue = {Operation::PushDossier};
    take({local});
    EXPECT_EQ(*ledger().count({}), 1U) << "its content is current: nothing new";
    local.revisit = true;
    take({local});
    EXPECT_EQ(claim_one(Operation::PushDossier).code, "L") << "its place is another one now";
    answer.revisit = true;
    take({answer});
    EXPECT_THAT(*ledger().awaiting(0, 10), IsEmpty());
    EXPECT_EQ(claim_one(Operation::PushStatus).version, 1) << "nothing has changed for it";
}

TEST_P(SubmissionPeopleTest, ARecordAwaitsItsCodeUntilThatArrives) {
    Intake early = dossier("L");
    early.fault = "not arrived";
    early.awaits = "P";
    take({early, dossier("other")});
    EXPECT_THAT(*ledger().awaiting(0, 10), IsEmpty());
    receive(arrival("P"));
    EXPECT_EQ(ledger().awaiting(0, 10)->size(), 1U);
    Intake mended = dossier("L", "v2");
    take({mended});
    EXPECT_THAT(*ledger().awaiting(0, 10), IsEmpty()) << "it names no code of the portal any more";
}

TEST_P(SubmissionPeopleTest, WhatIsInTheWayOfARevisionIsNamed) {
    submission_in(Stage::Held, "A");
    const std::int64_t second = receive(arrival("A", "v2")).id;
    receive(arrival("A", "v3"));
    is_ok(submissions().waits(second, "no answer", noon + hours{1}, noon));
    const auto behind = [&] {
        auto all = *submissions().list(of_code("A"), 10);
        std::sort(all.begin(), all.end(),
                  [](const auto& a, const auto& b) { return a.revision < b.revision; });
        std::vector<int> behind;
        for (const auto& one : all)
            behind.push_back(one.behind);
        return behind;
    };
    EXPECT_THAT(behind(), ElementsAre(0, 1, 1));
    ASSERT_TRUE(submissions().dismiss(of_code("A"), act("dismiss"), noon));
    EXPECT_THAT(behind(), ElementsAre(0, 0, 0)) << "dismissed, both of them";
    receive(arrival("B", "v1"));
    receive(arrival("B", "v2"));
    EXPECT_EQ(due().size(), 2U);
    EXPECT_EQ(due().back().behind, 0);
}

TEST_P(SubmissionPeopleTest, ARetryOfWhatNoReadingKnowsKeepsItsReason) {
    Arrival strange = arrival("A");
    strange.reading = "";
    strange.kind = "unknown";
    strange.fault = "no reading is for the service 'DichVuMoi'";
    receive(strange);
    ASSERT_EQ(*submissions().retry({}, false, act("retry"), noon), 1U);
    EXPECT_EQ(only("A").stage, Stage::Received);
    EXPECT_EQ(only("A").reason, strange.fault);
}

// Receipts and answers go out by the ordinary records and items.
TEST_P(SubmissionPeopleTest, ReceiptsAndAnswersGoOutAndAreSentAgainLikeRecords) {
    const std::pair<const char*, Operation> kinds[] = {{"receipt", Operation::ConfirmSubmission},
                                                       {"answer", Operation::PushStatus}};
    for (const auto& [kind, operation] : kinds) {
        Intake record = dossier("P1");
        record.facts.kind = kind;
        record.digest = sha256(kind);
        record.queue = {operation};
        take({record});
        settle(settled(claim_one(operation), State::Delivered));
        Slice slice;
        slice.kind = kind;
        ASSERT_EQ(ledger().start_resync(slice, act("resync start"), noon)->total, 1U);
        EXPECT_EQ(ledger().feed_resync(10, noon)->handed, 1U) << kind;
        EXPECT_TRUE(claim_one(operation).again) << kind;
        EXPECT_EQ(ledger().tally(kind)->waiting, 1U);
    }
}

TEST_P(SubmissionPeopleTest, AnnouncementsThatCouldNotBeFetchedAreShownWithTheirReason) {
    const std::vector<Announcement> rows{{"A", "1"}, {"B", "1"}, {"C", "1"}};
    ASSERT_EQ(*submissions().announce(rows, noon), 3U);
    const auto open = submissions().announced(10, noon);
    ASSERT_TRUE(open && open->size() == 3);
    is_ok(submissions().announcement_waits(open->front().id, "HTTP 503", noon + hours{1}));
    ASSERT_TRUE(submissions().receive(arrival("B"), noon, (*open)[1].id));
    const auto all = submissions().open_announcements("", 10);
    ASSERT_TRUE(all && all->size() == 2);
    EXPECT_EQ(all->front().code, "C") << "the newest first";
    EXPECT_EQ(all->back().code, "A");
    EXPECT_EQ(all->back().reason, "HTTP 503");
    EXPECT_EQ(all->back().attempts, 1);
    EXPECT_EQ(all->back().announced, noon);
    EXPECT_EQ(all->back().next_at, noon + hours{1});
    EXPECT_EQ(submissions().open_announcements("", 1)->size(), 1U);
    EXPECT_EQ(submissions().open_announcements("A", 10)->size(), 1U);
    EXPECT_THAT(*submissions().open_announcements("B", 10), IsEmpty());
}

TEST_P(SubmissionPeopleTest, ALookAtTheContentIsKeptWithTheSubmissionAndMovesNothing) {
    const std::int64_t id = submission_in(Stage::Held, "H");
    const Submission before = only("H");
    EXPECT_EQ(before.digest, arrival("H").digest) << "what is sealed is bound to it";
    is_ok(submissions().note(id, act("view", "the form could not be read"), noon + minutes{1}));
    const auto acts = submissions().acts(id);
    ASSERT_TRUE(acts && acts->size() == 1);
    EXPECT_EQ(acts->front().what, "view");
    EXPECT_EQ(acts->front().reason, "the form could not be read");
    EXPECT_EQ(acts->front().items, 1U);
    EXPECT_EQ(only("H").stage, Stage::Held);
    EXPECT_EQ(only("H").changed, before.changed);
}

}  // namespace
}  // namespace dvcsync::ledger
