// Submissions come in: each content once, whichever road it takes and however often.
#include <algorithm>
#include <thread>

#include "tests/unit/ledger/submissions_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ArrivalTest : public SubmissionsTest {
  protected:
    std::size_t announce(const std::vector<Announcement>& rows, UtcTime now = noon) {
        const auto news = submissions().announce(rows, now);
        EXPECT_TRUE(news) << news.error().message;
        return news.value_or(0);
    }
    std::vector<Announced> announced(UtcTime now = noon, std::size_t max = 100) {
        auto all = submissions().announced(max, now);
        EXPECT_TRUE(all) << all.error().message;
        return all ? *std::move(all) : std::vector<Announced>{};
    }
    std::vector<std::string> announced_codes(UtcTime now = noon, std::size_t max = 100) {
        std::vector<std::string> codes;
        for (const Announced& one : announced(now, max))
            codes.push_back(one.code + "@" + one.stamp);
        return codes;
    }
};
INSTANTIATE_TEST_SUITE_P(Every, ArrivalTest, testing::ValuesIn(backends()));

TEST_P(ArrivalTest, WhatTheListTellsIsKeptOnce) {
    EXPECT_EQ(announce({{"A", "20190301"}, {"B", ""}, {"A", "20190301"}}), 2U);
    EXPECT_EQ(announce({{"B", ""}, {"A", "20190301"}}), 0U) << "the list repeats and reorders";
    EXPECT_EQ(announce({{"A", "20190228"}}), 0U) << "earlier than what is known";
    EXPECT_EQ(announce({{"A", "20190302"}, {"B", "20190301"}}, noon + minutes{1}), 2U);
    EXPECT_THAT(announced_codes(noon + minutes{1}),
                ElementsAre("A@20190301", "B@", "A@20190302", "B@20190301"));
    EXPECT_THAT(announced_codes(noon + minutes{1}, 1), ElementsAre("A@20190301"));
    EXPECT_EQ(tally().announced, 4U);
    EXPECT_EQ(tally().arrived, 0U);
    EXPECT_EQ(submissions().announce(std::vector<Announcement>{{"", "1"}}, noon).error().kind,
              ErrorKind::Bug);
}

TEST_P(ArrivalTest, ACodeThatCameAsACallbackIsFetchedOnlyIfTheListTellsWhen) {
    receive(arrival("A"));
    EXPECT_EQ(announce({{"A", ""}}), 0U);
    EXPECT_EQ(announce({{"A", "20190301"}}), 1U);
    EXPECT_EQ(announce({{"A", "20190301"}}), 0U);
}

TEST_P(ArrivalTest, AFetchThatFailedIsTriedAgainLaterWithItsReason) {
    announce({{"A", "1"}, {"B", "1"}});
    const Announced first = announced().front();
    EXPECT_EQ(first.attempts, 0);
    is_ok(submissions().announcement_waits(first.id, "no answer", noon + minutes{5}));
    EXPECT_THAT(announced_codes(), ElementsAre("B@1"));
    const auto later = announced(noon + minutes{5});
    ASSERT_EQ(later.size(), 2U);
    EXPECT_EQ(later[0].code, "B") << "it has waited longer";
    EXPECT_EQ(later[1].attempts, 1);
    EXPECT_EQ(later[1].reason, "no answer");
    EXPECT_EQ(later[1].announced, noon);
    EXPECT_EQ(later[1].next_at, noon + minutes{5});
    EXPECT_EQ(submissions().announcement_waits(99, "x", noon).error().kind, ErrorKind::Bug);
}

TEST_P(ArrivalTest, AnArrivalEndsItsAnnouncementWhateverItBrings) {
    announce({{"A", "1"}});
    const std::int64_t id = announced().front().id;
    EXPECT_EQ(submissions().receive(arrival("A"), noon, id)->novelty, Novelty::First);
    EXPECT_THAT(announced(), IsEmpty());
    EXPECT_EQ(tally().announced, 0U);
    EXPECT_EQ(submissions().announcement_waits(id, "x", noon).error().kind, ErrorKind::Bug);

    announce({{"A", "2"}});
    const std::int64_t next = announced().front().id;
    EXPECT_EQ(submissions().receive(arrival("A"), noon, next)->novelty, Novelty::Duplicate);
    EXPECT_THAT(announced(), IsEmpty());
    EXPECT_TRUE(submissions().receive(arrival("A"), noon, next)) << "it has ended, and stays so";

    const auto none = submissions().receive(arrival("Z"), noon, 99);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::Bug);
    EXPECT_EQ(*submissions().count(of_code("Z")), 0U) << "nothing was changed";
}

TEST_P(ArrivalTest, WhatCameIsKeptWholeAndIsDue) {
    Arrival filed = arrival("A");
    filed.sealed = std::string("\0bytes", 6);
    const Arrived arrived = receive(filed);
    EXPECT_EQ(arrived.revision, 1);
    EXPECT_EQ(arrived.novelty, Novelty::First);
    reopen();
    const auto all = due();
    ASSERT_EQ(all.size(), 1U);
    const Submission& one = all.front();
    EXPECT_EQ(one.id, arrived.id);
    EXPECT_EQ(one.code, "A");
    EXPECT_EQ(one.revision, 1);
    EXPECT_EQ(one.reading, "filing");
    EXPECT_EQ(one.kind, "filing");
    EXPECT_EQ(one.road, Road::Poll);
    EXPECT_EQ(one.stage, Stage::Received);
    EXPECT_EQ(one.without, Without::Nothing);
    EXPECT_EQ(one.procedure, "1.005129");
    EXPECT_EQ(one.agency, "000.00.01.H22");
    EXPECT_EQ(one.filed, noon - hours{1});
    EXPECT_EQ(one.arrived, noon);
    EXPECT_EQ(one.changed, noon);
    EXPECT_EQ(one.attempts, 0);
    EXPECT_EQ(one.again, 0);
    EXPECT_EQ(one.reason, "");
    EXPECT_EQ(*submissions().sealed(one.id), filed.sealed);
    EXPECT_EQ(submissions().sealed(99).error().kind, ErrorKind::Bug);
    EXPECT_EQ(submissions().receive(arrival(""), noon).error().kind, ErrorKind::Bug);
}

TEST_P(ArrivalTest, TheSameContentAgainIsADuplicateOnEitherRoad) {
    const Arrived first = receive(arrival("A"));
    Arrival again = arrival("A");
    again.road = Road::Callback;
    const Arrived second = receive(again, noon + hours{1});
    EXPECT_EQ(second.novelty, Novelty::Duplicate);
    EXPECT_EQ(second.id, first.id);
    EXPECT_EQ(second.revision, 1);
    EXPECT_EQ(only("A").again, 1);
    EXPECT_EQ(only("A").road, Road::Poll);
    EXPECT_EQ(only("A").changed, noon);
    EXPECT_EQ(receive(arrival("B")).novelty, Novelty::First) << "another code, the same content";
    EXPECT_EQ(tally().arrived, 2U);
    EXPECT_EQ(tally().duplicates, 1U);
}

TEST_P(ArrivalTest, ADuplicateBringsNewerLinksToWhatIsNotHandedOverYet) {
    const Arrived first = receive(arrival("A"));
    is_ok(submissions().waits(first.id, "the link has ended", noon + hours{1}, noon));
    EXPECT_THAT(due(noon + minutes{1}), IsEmpty());
    Arrival again = arrival("A");
    again.sealed = "sealed with other links";
    receive(again, noon + minutes{1});
    EXPECT_EQ(*submissions().sealed(first.id), "sealed with other links");
    EXPECT_EQ(due(noon + minutes{1}).size(), 1U) << "it is tried at once";
    is_ok(submissions().handed(first.id, "there", {}, noon + minutes{2}));
    again.sealed = "sealed later";
    receive(again, noon + minutes{3});
    EXPECT_EQ(*submissions().sealed(first.id), "sealed with other links") << "what was handed over";
}

TEST_P(ArrivalTest, OtherContentOfAKnownCodeIsTheNextRevision) {
    receive(arrival("A", "v1"));
    const Arrived second = receive(arrival("A", "v2"));
    EXPECT_EQ(second.revision, 2);
    EXPECT_EQ(second.novelty, Novelty::Revision);
    EXPECT_EQ(receive(arrival("A", "v3")).revision, 3);
    EXPECT_EQ(receive(arrival("A", "v3")).novelty, Novelty::Duplicate);
    EXPECT_EQ(tally().arrived, 3U);
}

// The order of what is fetched is known: it is what the portal held after it was asked.
TEST_P(ArrivalTest, WhatADossierWasBeforeAndIsAgainIsARevision) {
    Arrival back = arrival("A", "v1");
    receive(back);
    receive(arrival("A", "v2"), noon + minutes{1});
    announce({{"A", "1"}});
    const std::int64_t id = announced().front().id;
    back.asked = noon;
    EXPECT_EQ(submissions().receive(back, noon + minutes{2}, id)->novelty, Novelty::Duplicate)
        << "the newest came while this one was being fetched";
    ASSERT_EQ(announced().size(), 1U) << "so it is fetched once more";
    back.asked = noon + minutes{1};
    const Arrived again = *submissions().receive(back, noon + minutes{2}, id);
    EXPECT_THAT(announced(), IsEmpty());
    EXPECT_EQ(again.novelty, Novelty::Revision);
    EXPECT_EQ(again.revision, 3);
    back.asked = noon + minutes{3};
    EXPECT_EQ(receive(back, noon + minutes{3}).novelty, Novelty::Duplicate);
    EXPECT_EQ(receive(back, noon + minutes{3}).revision, 3) << "it is counted with the newest";
    EXPECT_EQ(due_names(), (std::vector<std::string>{"A/1"})) << "all of them in their order";
    EXPECT_EQ(tally().arrived, 3U);
    EXPECT_EQ(tally().duplicates, 3U);
}

TEST_P(ArrivalTest, ACallbackThatIsToldLateMakesNoRevision) {
    const auto told = [](const char* content, const char* kind, minutes filed) {
        Arrival one = arrival("A", content);
        one.road = Road::Callback;
        one.kind = kind;
        one.filed = noon + filed;
        return one;
    };
    receive(told("v1", "filing", minutes{0}));
    receive(told("v2", "supplement", minutes{0}));
    EXPECT_EQ(receive(told("v1", "filing", minutes{0})).novelty, Novelty::Duplicate)
        << "a dossier is filed before it is supplemented";
    const Arrived back = receive(told("v1", "supplement", minutes{0}));
    EXPECT_EQ(back.novelty, Novelty::Revision) << "told as a supplement, it is one";
    EXPECT_EQ(back.revision, 3);
    receive(told("v4", "supplement", minutes{5}));
    EXPECT_EQ(receive(told("v2", "supplement", minutes{0})).novelty, Novelty::Duplicate)
        << "the portal stamps what is filed, and has stamped the newest later";
    EXPECT_EQ(receive(told("v1", "supplement", minutes{0})).revision, 3);
    EXPECT_EQ(tally().arrived, 4U);
}

TEST_P(ArrivalTest, CallbacksThatOvertakeEachOtherMakeNothingOlder) {
    Arrival second = arrival("A", "v2");
    second.kind = "supplement";
    second.filed = noon;
    second.road = Road::Callback;
    receive(second);
    Arrival first = arrival("A", "v1");
    first.road = Road::Callback;
    EXPECT_EQ(receive(first).revision, 2) << "it is handed over, late as it is";
    second.road = Road::Poll;
    second.asked = noon + minutes{1};
    EXPECT_EQ(receive(second, noon + minutes{1}).novelty, Novelty::Duplicate)
        << "what was filed last has been here all the time";
    first.road = Road::Poll;
    first.asked = noon + minutes{2};
    EXPECT_EQ(receive(first, noon + minutes{2}).novelty, Novelty::Duplicate);
    Arrival third = arrival("A", "v3");
    third.filed = noon + minutes{3};
    third.asked = noon + minutes{3};
    EXPECT_EQ(receive(third, noon + minutes{3}).revision, 3);
    second.asked = noon + minutes{4};
    EXPECT_EQ(receive(second, noon + minutes{4}).revision, 4) << "the portal holds it again";
    third.asked = noon + minutes{5};
    EXPECT_EQ(receive(third, noon + minutes{5}).revision, 5) << "and then the other one again";
}

TEST_P(ArrivalTest, WhatHappensBesideADossierIsOnceWhateverComesBetween) {
    Arrival filed = arrival("A", "v1");
    receive(filed);
    for (const char* kind : {"payment", "withdrawal", "unknown"}) {
        Arrival event = arrival("A", kind);
        event.kind = kind;
        receive(event);
        filed.asked = noon + hours{1};
        EXPECT_EQ(receive(filed, noon + hours{1}).novelty, Novelty::Duplicate) << kind;
    }
    Arrival event = arrival("A", "payment");
    event.kind = "payment";
    EXPECT_EQ(receive(event).novelty, Novelty::Duplicate);
    EXPECT_EQ(tally().arrived, 4U);
}

TEST_P(ArrivalTest, WhatCannotBeReadIsHeldAtOnceAndKept) {
    Arrival bad = arrival("A");
    bad.fault = "service not supported";
    receive(bad);
    EXPECT_EQ(only("A").stage, Stage::Held);
    EXPECT_EQ(only("A").reason, "service not supported");
    EXPECT_THAT(due(), IsEmpty());
    EXPECT_EQ(*submissions().sealed(only("A").id), "sealed v1");
}

TEST_P(ArrivalTest, AnErrorInsideTogetherUndoesArrivals) {
    announce({{"A", "1"}});
    const std::int64_t id = announced().front().id;
    const Status done = ledger().together([&]() -> Status {
        DVC_TRY(submissions().receive(arrival("A"), noon, id));
        DVC_TRY(submissions().announce(std::vector<Announcement>{{"B", "1"}}, noon));
        DVC_TRY(submissions().link("A", "L", noon));
        DVC_TRY(submissions().unlink("A", act("unlink"), noon));
        return fail(ErrorKind::Retry, "the disk");
    });
    EXPECT_FALSE(done);
    EXPECT_EQ(tally().arrived, 0U);
    EXPECT_EQ(tally().announced, 1U);
    EXPECT_EQ(tally().linked, 0U);
    EXPECT_EQ(receive(arrival("A")).novelty, Novelty::First);
}

// A service and a run, each with its own ledger object, get everything at once.
TEST_P(ArrivalTest, OfTwoThatReceiveTheSameAtOnceExactlyOneIsFirst) {
    constexpr int codes = 40;
    constexpr int receivers = 3;
    std::vector<std::vector<Arrived>> seen(receivers);
    std::vector<std::string> errors(receivers);
    std::vector<std::thread> threads;
    for (int i = 0; i < receivers; ++i)
        threads.emplace_back([&, i] {
            auto opened = GetParam().open(folder_.path());
            for (int code = 0; opened && code < codes; ++code) {
                const auto arrived =
                    (*opened)->submissions().receive(arrival("S" + std::to_string(code)), noon);
                if (!arrived) errors[i] = arrived.error().message;
                seen[i].push_back(arrived.value_or(Arrived{}));
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_THAT(errors, testing::Each(""));
    for (int code = 0; code < codes; ++code) {
        int first = 0;
        for (const auto& one : seen) {
            ASSERT_EQ(one.size(), static_cast<std::size_t>(codes));
            first += one[code].novelty == Novelty::First ? 1 : 0;
            EXPECT_EQ(one[code].revision, 1);
            EXPECT_EQ(one[code].id, seen[0][code].id);
        }
        EXPECT_EQ(first, 1) << code;
    }
    EXPECT_EQ(tally().arrived, static_cast<std::size_t>(codes));
    EXPECT_EQ(tally().duplicates, static_cast<std::size_t>(codes * (receivers - 1)));
    EXPECT_TRUE(ledger().verify());
}

// Different contents of one code at once: every revision number is given once.
TEST_P(ArrivalTest, RevisionsThatComeAtOnceAreNumberedWithoutGaps) {
    constexpr int each = 20;
    std::vector<std::thread> threads;
    for (const char* who : {"a", "b"})
        threads.emplace_back([&, who] {
            auto opened = GetParam().open(folder_.path());
            for (int i = 0; opened && i < each; ++i)
                (void)(*opened)->submissions().receive(arrival("S", who + std::to_string(i)), noon);
        });
    for (std::thread& thread : threads)
        thread.join();
    const auto all = submissions().list(of_code("S"), 100);
    std::vector<int> revisions;
    for (const Submission& one : *all)
        revisions.push_back(one.revision);
    std::sort(revisions.begin(), revisions.end());
    ASSERT_EQ(revisions.size(), 2U * each);
    for (int i = 0; i < 2 * each; ++i)
        EXPECT_EQ(revisions[i], i + 1);
}

TEST(SubmissionWords, EveryRoadAndStageHasItsWord) {
    EXPECT_EQ(to_string(Road::Poll), "poll");
    EXPECT_EQ(to_string(Road::Callback), "callback");
    EXPECT_EQ(to_string(Stage::Received), "received");
    EXPECT_EQ(to_string(Stage::Waiting), "waiting");
    EXPECT_EQ(to_string(Stage::Held), "held");
    EXPECT_EQ(to_string(Stage::Handed), "handed");
    EXPECT_EQ(to_string(Stage::Dismissed), "dismissed");
}

}  // namespace
}  // namespace dvcsync::ledger
