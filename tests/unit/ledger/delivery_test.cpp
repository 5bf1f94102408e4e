// What claim, settle and recover do to items.
#include "connector/base/limits.h"
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> codes(const std::vector<Claimed>& items) {
    std::vector<std::string> codes;
    for (const Claimed& item : items)
        codes.push_back(item.code);
    return codes;
}

TEST_P(LedgerTest, AClaimedItemIsNotClaimedTwice) {
    take({dossier("A"), dossier("B"), dossier("C")});
    EXPECT_THAT(codes(claim(Operation::PushDossier, noon, 2)), ElementsAre("A", "B"));
    EXPECT_THAT(codes(claim(Operation::PushDossier, noon, 2)), ElementsAre("C"));
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(list(State::Sending).size(), 3U);
}

TEST_P(LedgerTest, OnlyTheOperationAskedForIsClaimed) {
    take({dossier("A")});
    EXPECT_THAT(claim(Operation::PushProcedure), IsEmpty());
    EXPECT_THAT(claim(Operation::PushDossier, noon, 0), IsEmpty());
    EXPECT_EQ(claim().size(), 1U);
}

TEST_P(LedgerTest, TheOldestIsClaimedFirstWhetherReadyOrWaiting) {
    take({dossier("waits")}, noon);
    Settlement later = settled(claim_one(), State::Waiting);
    later.next_at = noon + minutes{20};
    settle(later);
    take({dossier("first")}, noon + minutes{10});
    take({dossier("last")}, noon + minutes{30});
    EXPECT_THAT(codes(claim(Operation::PushDossier, noon + hours{1})),
                ElementsAre("first", "waits", "last"));
}

TEST_P(LedgerTest, AWaitingItemIsNotClaimedBeforeItsTime) {
    take({dossier("D")});
    Settlement later = settled(claim_one(), State::Waiting);
    later.next_at = noon + minutes{5};
    later.code = "503";
    later.reason = "busy";
    settle(later);
    EXPECT_EQ(*ledger().next_due(Operation::PushDossier), noon + minutes{5});
    EXPECT_EQ(*ledger().next_due(Operation::PushProgress), std::nullopt);
    EXPECT_THAT(claim(Operation::PushDossier, noon + minutes{5} - Millis{1}), IsEmpty());
    const ItemRow row = only();
    EXPECT_EQ(row.state, State::Waiting);
    EXPECT_EQ(row.portal_code, "503");
    EXPECT_EQ(row.reason, "busy");
    EXPECT_EQ(row.attempts, 1);
    const Claimed item = claim_one(Operation::PushDossier, noon + minutes{5});
    EXPECT_EQ(item.attempts, 1);
    EXPECT_EQ(*ledger().next_due(Operation::PushDossier), std::nullopt);
}

TEST_P(LedgerTest, ReadyItemsAreClaimedEvenIfTheClockJumpedBack) {
    take({dossier("D")});
    EXPECT_EQ(claim(Operation::PushDossier, noon - hours{24 * 365}).size(), 1U);
}

TEST_P(LedgerTest, AttemptsCountCallsOnly) {
    take({dossier("D")});
    Settlement settlement = settled(claim_one(), State::Ready);
    settlement.called = false;
    settle(settlement);
    EXPECT_EQ(claim_one().attempts, 0);
    settlement.called = true;
    settle(settlement);
    EXPECT_EQ(claim_one().attempts, 1);
}

TEST_P(LedgerTest, WhatWasLearntComesBackWithTheNextVersion) {
    take({dossier("D")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.known = true;
    accepted.document = sha256("document");
    accepted.steps_done = 7;
    accepted.steps_digest = sha256("steps");
    settle(accepted);
    EXPECT_EQ(only().attempts, 1);
    take({dossier("D", "v2")});
    const Claimed item = claim_one();
    EXPECT_TRUE(item.known);
    EXPECT_EQ(item.document, sha256("document"));
    EXPECT_EQ(item.steps_done, 7U);
    EXPECT_EQ(item.steps_digest, sha256("steps"));
    // Learning that the portal does not know it after all is possible too.
    Settlement missing = settled(item, State::Ready);
    missing.known = false;
    settle(missing);
    const Claimed again = claim_one();
    EXPECT_FALSE(again.known);
    EXPECT_EQ(again.steps_done, 7U);
}

TEST_P(LedgerTest, TheCodeThatThePortalGaveIsKeptAndOutlivesVersions) {
    take({dossier("D")});
    const Claimed first = claim_one();
    EXPECT_EQ(first.given, "");
    Settlement named = settled(first, State::Ready);
    named.called = false;
    named.given = "H22-1";
    settle(named);
    reopen();
    const Claimed second = claim_one();
    EXPECT_EQ(second.given, "H22-1");
    EXPECT_EQ(second.attempts, 0);
    // Nothing that is learnt later takes it away, and it goes with the record, not with the item.
    take({dossier("D", "v2")});
    Settlement lost = settled(second, State::Ready);
    lost.known = false;
    lost.steps_done = 0;
    settle(lost);
    const Claimed third = claim_one();
    EXPECT_EQ(third.version, 2);
    EXPECT_EQ(third.given, "H22-1");
    const auto details = ledger().details({}, 10);
    ASSERT_TRUE(details && details->size() == 1);
    EXPECT_EQ(details->front().given, "H22-1");
}

TEST_P(LedgerTest, FilesThatThePortalTookAreKeptByTheirLinksUntilItHasLostThem) {
    take({dossier("D"), dossier("E")});
    const auto upload = [&](const Claimed& item, const std::string& link, const std::string& id) {
        Settlement taken = settled(item, State::Ready);
        taken.called = false;
        taken.uploaded = Upload{sha256(link), id, "h" + id};
        settle(taken);
    };
    const auto ids = [](const Claimed& item) {
        std::vector<std::string> ids;
        for (const auto& one : item.uploads)
            ids.push_back(one.id + " " + one.hash);
        return ids;
    };
    auto items = claim();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_THAT(items[0].uploads, IsEmpty());
    upload(items[0], "https://a/1", "1");
    upload(items[1], "https://a/1", "2");
    reopen();
    items = claim();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_THAT(ids(items[0]), ElementsAre("1 h1"));
    EXPECT_THAT(ids(items[1]), ElementsAre("2 h2")) << "each record has its own";
    EXPECT_EQ(items[0].attempts, 0);
    EXPECT_EQ(items[0].uploads[0].link, sha256("https://a/1"));
    upload(items[0], "https://a/3", "3");
    items = claim();
    upload(items[0], "https://a/1", "4");  // once more: the latest counts
    take({dossier("D", "v2")});
    items = claim();
    EXPECT_THAT(ids(items[0]), testing::UnorderedElementsAre("4 h4", "3 h3"))
        << "they outlive versions";
    Filter of_d;
    of_d.code = "D";
    const auto details = ledger().details(of_d, 10);
    ASSERT_TRUE(details && details->size() == 1);
    EXPECT_EQ(details->front().files_uploaded, 2U);
    // One that was never there has lost nothing; one that was there has lost them with itself.
    bool was_known = false;
    for (const bool known : {false, true, false}) {
        Settlement told = settled(items[0], State::Ready);
        told.known = known;
        settle(told);
        items = {claim_one()};
        EXPECT_EQ(items[0].uploads.size(), was_known && !known ? 0U : 2U);
        was_known = known;
    }
}

TEST_P(LedgerTest, AParkedItemStaysUntilItIsReleased) {
    dossier_in(State::Parked);
    EXPECT_THAT(claim(Operation::PushDossier, noon + hours{24 * 365}), IsEmpty());
    EXPECT_EQ(only().cause, Cause::Portal);
    EXPECT_EQ(*ledger().release_parked(Cause::Mapping, noon), 0U);
    EXPECT_EQ(*ledger().release_parked(Cause::Portal, noon), 1U);
    const ItemRow row = only();
    EXPECT_EQ(row.state, State::Ready);
    EXPECT_EQ(row.reason, "");
    EXPECT_EQ(claim().size(), 1U);
}

TEST_P(LedgerTest, WhatCouldNotBeReadIsNotReleased) {
    take({unreadable("X")});
    for (const Cause cause : {Cause::Intake, Cause::None}) {
        const auto released = ledger().release_parked(cause, noon);
        ASSERT_FALSE(released);
        EXPECT_EQ(released.error().kind, ErrorKind::Bug);
    }
}

TEST_P(LedgerTest, WhatWasBeingSentInACrashIsInDoubt) {
    take({dossier("A"), dossier("B"), dossier("C")});
    const auto items = claim(Operation::PushDossier, noon, 2);
    ASSERT_EQ(items.size(), 2U);
    reopen();
    EXPECT_EQ(*ledger().recover(noon), 2U);
    EXPECT_EQ(*ledger().recover(noon), 0U);
    EXPECT_EQ(list(State::InDoubt).size(), 2U);
    EXPECT_THAT(codes(claim()), ElementsAre("C"));
    const auto doubtful = ledger().doubtful(Operation::PushDossier, 10, noon);
    ASSERT_TRUE(doubtful);
    EXPECT_THAT(codes(*doubtful), ElementsAre("A", "B"));
    EXPECT_EQ(doubtful->front().attempts, 1) << "the call may have been made";
    EXPECT_EQ(doubtful->front().sealed, "sealed v1");
    EXPECT_EQ(ledger().doubtful(Operation::PushDossier, 1, noon)->size(), 1U);
    EXPECT_THAT(*ledger().doubtful(Operation::PushProgress, 10, noon), IsEmpty());
}

TEST_P(LedgerTest, DoubtIsLeftByAnAnswerOnly) {
    const Claimed item = dossier_in(State::InDoubt);
    EXPECT_THAT(claim(Operation::PushDossier, noon + hours{1'000}), IsEmpty());
    settle(settled(item, State::InDoubt));
    EXPECT_EQ(only().state, State::InDoubt);
    Settlement asked = settled(item, State::Ready);
    asked.known = false;
    asked.called = false;
    settle(asked);
    EXPECT_EQ(claim_one().attempts, 2);
}

TEST_P(LedgerTest, TheDoubtThatWasAskedForLongestAgoComesFirst) {
    take({dossier("A"), dossier("B")});
    const auto items = claim();
    for (const Claimed& item : items)
        settle(settled(item, State::InDoubt), noon);
    Settlement asked = settled(items[0], State::InDoubt);
    asked.next_at += minutes{1};
    settle(asked, noon + minutes{1});
    EXPECT_THAT(codes(*ledger().doubtful(Operation::PushDossier, 10, noon + hours{2})),
                ElementsAre("B", "A"));
}

TEST_P(LedgerTest, ADoubtIsAskedForWhenItsTimeHasComeAndNotBefore) {
    take({dossier("D")});
    Settlement unsure = settled(claim_one(), State::InDoubt);
    unsure.next_at = noon + minutes{5};
    settle(unsure);
    EXPECT_EQ(*ledger().next_due(Operation::PushDossier), noon + minutes{5});
    const UtcTime before = noon + minutes{5} - Millis{1};
    EXPECT_THAT(*ledger().doubtful(Operation::PushDossier, 10, before), IsEmpty());
    EXPECT_EQ(ledger().doubtful(Operation::PushDossier, 10, noon + minutes{5})->size(), 1U);
    EXPECT_EQ(only().attempts, 1);
    // Asked in vain: later, and no attempt.
    unsure.next_at = noon + minutes{9};
    unsure.called = false;
    settle(unsure, noon + minutes{5});
    EXPECT_EQ(only().attempts, 1);
    EXPECT_EQ(only().next_at, noon + minutes{9});
    // An instant in the past means now.
    unsure.next_at = {};
    settle(unsure, noon + minutes{9});
    EXPECT_EQ(only().next_at, noon + minutes{9});
    settle(settled(ledger().doubtful(Operation::PushDossier, 1, noon + minutes{9})->at(0),
                   State::Delivered));
    EXPECT_EQ(*ledger().next_due(Operation::PushDossier), std::nullopt);
}

TEST_P(LedgerTest, TheEarlierOfWaitingAndInDoubtIsDueNext) {
    take({dossier("A"), dossier("B")});
    const auto items = claim();
    Settlement waits = settled(items[0], State::Waiting);
    waits.next_at = noon + minutes{7};
    Settlement unsure = settled(items[1], State::InDoubt);
    unsure.next_at = noon + minutes{8};
    settle(waits);
    settle(unsure);
    EXPECT_EQ(*ledger().next_due(Operation::PushDossier), noon + minutes{7});
    unsure.next_at = noon + minutes{6};
    settle(unsure);
    EXPECT_EQ(*ledger().next_due(Operation::PushDossier), noon + minutes{6});
    EXPECT_EQ(*ledger().next_due(Operation::PushProgress), std::nullopt);
}

TEST_P(LedgerTest, AClockThatWentBackKeepsNobodyWaitingForItToCatchUp) {
    const UtcTime future = noon + hours{24 * 365};
    take({dossier("A"), dossier("B"), dossier("C")});
    const auto items = claim();
    Settlement waits = settled(items[0], State::Waiting);
    waits.next_at = future + minutes{5};
    settle(waits, future);
    Settlement unsure = settled(items[1], State::InDoubt);
    unsure.next_at = future + minutes{6};
    settle(unsure, future);
    Settlement usual = settled(items[2], State::Waiting);
    usual.next_at = noon + hours{3};
    settle(usual, noon);
    EXPECT_EQ(*ledger().recover(noon + minutes{1}), 0U);
    // Each waits as long as it was meant to, from now on.
    EXPECT_THAT(codes(claim(Operation::PushDossier, noon + minutes{5})), IsEmpty());
    EXPECT_THAT(codes(claim(Operation::PushDossier, noon + minutes{6})), ElementsAre("A"));
    EXPECT_THAT(*ledger().doubtful(Operation::PushDossier, 9, noon + minutes{6}), IsEmpty());
    EXPECT_EQ(ledger().doubtful(Operation::PushDossier, 9, noon + minutes{7})->size(), 1U);
    EXPECT_EQ(*ledger().next_due(Operation::PushDossier), noon + minutes{7});
    EXPECT_THAT(codes(claim(Operation::PushDossier, noon + hours{3})), ElementsAre("C"));
}

TEST_P(LedgerTest, ADoubtThatWasOvertakenStaysInDoubtAtItsOwnVersion) {
    const Claimed item = dossier_in(State::Sending);
    take({dossier("D", "v2")});
    settle(settled(item, State::InDoubt));
    const auto doubtful = ledger().doubtful(Operation::PushDossier, 10, noon + hours{1});
    ASSERT_EQ(doubtful->size(), 1U);
    EXPECT_EQ(doubtful->front().version, 1);
    EXPECT_EQ(doubtful->front().sealed, "sealed v2");
    settle(settled(doubtful->front(), State::Delivered));
    EXPECT_EQ(claim_one().version, 2);
}

TEST_P(LedgerTest, AnOvertakenItemIsReadyAgainWhateverItsAnswer) {
    for (const State state : {State::Ready, State::Waiting, State::Parked, State::Delivered}) {
        const std::string code(to_string(state));
        take({dossier(code)});
        const Claimed item = claim_one();
        take({dossier(code, "v2")});
        Settlement settlement = settled(item, state);
        settlement.next_at = noon + hours{1};
        settlement.known = true;
        if (state == State::Delivered) settlement.document = sha256("v1");
        settle(settlement);
        const Claimed next = claim_one();
        EXPECT_EQ(next.code, code);
        EXPECT_EQ(next.version, 2);
        EXPECT_EQ(next.attempts, 0);
        EXPECT_TRUE(next.known) << "what was learnt is kept";
        EXPECT_EQ(next.document, state == State::Delivered ? sha256("v1") : Digest{});
        settle(settled(next, State::Delivered));
    }
}

TEST_P(LedgerTest, TheOperationThatFollowsIsReadyInTheSameTransaction) {
    take({dossier("D")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.then = Operation::PushProgress;
    settle(accepted);
    EXPECT_EQ(state_of(Operation::PushDossier), State::Delivered);
    EXPECT_EQ(claim_one(Operation::PushProgress).code, "D");
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty());
}

TEST_P(LedgerTest, WhatFollowsIsReadyAgainAfterEachDelivery) {
    take({dossier("D")});
    for (int version = 1; version <= 3; ++version) {
        Settlement accepted = settled(claim_one(), State::Delivered);
        accepted.then = Operation::PushProgress;
        settle(accepted);
        Settlement rows = settled(claim_one(Operation::PushProgress), State::Delivered);
        rows.steps_done = static_cast<std::size_t>(version);
        settle(rows);
        take({dossier("D", "next" + std::to_string(version))});
    }
    EXPECT_EQ(claim_one().steps_done, 3U);
}

TEST_P(LedgerTest, NothingFollowsAVersionThatWasOvertaken) {
    const Claimed item = dossier_in(State::Sending);
    take({dossier("D", "v2")});
    Settlement accepted = settled(item, State::Delivered);
    accepted.then = Operation::PushProgress;
    settle(accepted);
    EXPECT_EQ(state_of(Operation::PushProgress), std::nullopt);
}

TEST_P(LedgerTest, NothingFollowsWhatWasNotDelivered) {
    take({dossier("D")});
    Settlement refused = settled(claim_one(), State::Parked);
    refused.then = Operation::PushProgress;
    settle(refused);
    EXPECT_EQ(state_of(Operation::PushProgress), std::nullopt);
}

TEST_P(LedgerTest, ProgressWaitsUntilItsDossierIsDelivered) {
    Intake intake = dossier("D");
    intake.queue = {Operation::PushDossier, Operation::PushProgress};
    take({intake});
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty());
    const Claimed item = claim_one();
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty());
    settle(settled(item, State::Parked));
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty());
    ASSERT_TRUE(ledger().release_parked(Cause::Portal, noon));
    settle(settled(claim_one(), State::Delivered));
    EXPECT_EQ(claim(Operation::PushProgress).size(), 1U);
}

TEST_P(LedgerTest, AtMostOneItemOfARecordIsInFlight) {
    take({dossier("D")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.then = Operation::PushProgress;
    settle(accepted);
    const Claimed progress = claim_one(Operation::PushProgress);
    take({dossier("D", "v2")});
    EXPECT_THAT(claim(), IsEmpty()) << "its progress is on the way";
    settle(settled(progress, State::InDoubt));
    EXPECT_THAT(claim(), IsEmpty()) << "its progress is in doubt";
    settle(settled(progress, State::Delivered));
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty()) << "the newer dossier goes first";
    EXPECT_EQ(claim().size(), 1U);
}

TEST_P(LedgerTest, WaitingProgressThatIsHeldBackIsNotDue) {
    take({dossier("D")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.then = Operation::PushProgress;
    settle(accepted);
    Settlement later = settled(claim_one(Operation::PushProgress), State::Waiting);
    later.next_at = noon + minutes{1};
    settle(later);
    EXPECT_EQ(*ledger().next_due(Operation::PushProgress), noon + minutes{1});
    take({dossier("D", "v2")});
    const Claimed item = claim_one();
    EXPECT_EQ(*ledger().next_due(Operation::PushProgress), std::nullopt);
    settle(settled(item, State::Delivered));
    EXPECT_EQ(claim(Operation::PushProgress).size(), 1U) << "superseded, so it need not wait";
}

TEST_P(LedgerTest, ABrokenRuleChangesNothing) {
    take({dossier("A"), dossier("B")});
    const auto items = claim();
    ASSERT_EQ(items.size(), 2U);
    Settlement good = settled(items[0], State::Delivered);
    std::vector<Settlement> wrong(5, settled(items[1], State::Delivered));
    wrong[0].state = State::Sending;
    wrong[1].item = 4711;
    wrong[2].version = 2;
    wrong[3] = good;  // a second time
    wrong[4].state = State::Dismissed;
    for (const Settlement& bad : wrong) {
        const std::vector<Settlement> both{good, bad};
        const auto status = ledger().settle(both, noon);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().kind, ErrorKind::Bug);
        EXPECT_EQ(list(State::Sending).size(), 2U);
    }
    settle(good);
    const auto again = ledger().settle(std::span(&good, 1), noon);
    ASSERT_FALSE(again) << "a settled item is not in hand any more";
    EXPECT_EQ(again.error().kind, ErrorKind::Bug);
}

TEST_P(LedgerTest, EverythingSettledIsThereAfterOpeningAgain) {
    dossier_in(State::Delivered, "A");
    dossier_in(State::Parked, "B");
    dossier_in(State::Waiting, "C");
    reopen();
    EXPECT_EQ(list(State::Delivered).size(), 1U);
    EXPECT_EQ(list(State::Parked).size(), 1U);
    EXPECT_EQ(list(State::Waiting).size(), 1U);
    EXPECT_TRUE(ledger().verify());
}

// A year in small: every item is brought to rest, whatever the portal answers, and the counts add
// up.
TEST_P(LedgerTest, ManyItemsComeToRestAndTheCountsAddUp) {
    std::vector<Intake> records;
    for (int i = 0; i < 1'000; ++i)
        records.push_back(dossier("D" + std::to_string(i)));
    take(records);
    UtcTime now = noon;
    int calls = 0;
    for (int round = 0; round < 50; ++round, now += minutes{1}) {
        for (const Operation operation : {Operation::PushDossier, Operation::PushProgress}) {
            std::vector<Settlement> settlements;
            for (const Claimed& item : claim(operation, now, limits::claim_batch)) {
                const int turn = calls++ % 10;
                Settlement settlement = settled(item, turn == 0   ? State::Parked
                                                      : turn == 1 ? State::Waiting
                                                                  : State::Delivered);
                settlement.next_at = now + minutes{2};
                if (operation == Operation::PushDossier) settlement.then = Operation::PushProgress;
                settlements.push_back(settlement);
            }
            ASSERT_TRUE(ledger().settle(settlements, now));
        }
    }
    const auto tally = ledger().tally("dossier");
    ASSERT_TRUE(tally);
    EXPECT_EQ(tally->records, 1'000U);
    EXPECT_EQ(tally->waiting, 0U);
    EXPECT_EQ(tally->delivered + tally->refused, 1'000U);
    EXPECT_GT(tally->refused, 100U);
}

TEST_P(LedgerTest, CallsTogetherAreOneTransaction) {
    take({dossier("A"), dossier("B")});
    const Claimed first = claim(Operation::PushDossier, noon, 1).at(0);
    // Settling one and claiming the next succeed together ...
    ASSERT_TRUE(ledger().together([&]() -> Status {
        const Settlement done = settled(first, State::Delivered);
        DVC_TRY(ledger().settle(std::span(&done, 1), noon));
        return ledger().claim(Operation::PushDossier, 1, noon).map([](const auto&) {});
    }));
    EXPECT_EQ(list(State::Delivered).size(), 1U);
    EXPECT_EQ(list(State::Sending).size(), 1U);
    // ... or not at all.
    take({dossier("C", "v1")});
    const auto failed = ledger().together([&]() -> Status {
        DVC_TRY(ledger().claim(Operation::PushDossier, 1, noon).map([](const auto&) {}));
        return fail(ErrorKind::Retry, "undone");
    });
    EXPECT_FALSE(failed);
    EXPECT_EQ(list(State::Sending).size(), 1U);
    EXPECT_EQ(list(State::Ready).size(), 1U);
    EXPECT_EQ(claim().size(), 1U) << "a later transaction works as ever";
}

TEST_P(LedgerTest, WhatWasAboutToBeSentIsKnownUntilTheDoubtIsSettled) {
    take({dossier("A")});
    const std::string rows("\0\1two", 5);
    const auto claim_and_say = [&] {
        const Claimed item = claim_one(Operation::PushDossier);
        EXPECT_TRUE(ledger().about_to_send(item.item, rows));
        return item;
    };
    settle(settled(claim_and_say(), State::Ready));
    EXPECT_EQ(claim_and_say().sent, "") << "nothing has gone, for sure";
    reopen();
    ASSERT_EQ(*ledger().recover(noon), 1U);
    const Claimed doubtful = ledger().doubtful(Operation::PushDossier, 1, noon)->front();
    EXPECT_EQ(doubtful.sent, rows);
    EXPECT_EQ(ledger().about_to_send(doubtful.item, "x").error().kind, ErrorKind::Bug)
        << "it is not claimed";
    settle(settled(doubtful, State::Ready));
    take({dossier("A", "v2")});
    const Claimed again = claim_and_say();
    EXPECT_EQ(again.sent, rows) << "a newer version settles no doubt";
    Settlement waiting = settled(again, State::Waiting);
    waiting.next_at = noon;
    settle(waiting);
    EXPECT_EQ(claim_and_say().sent, rows) << "nor does a failure";
    ASSERT_EQ(*ledger().recover(noon), 1U);
    settle(settled(ledger().doubtful(Operation::PushDossier, 1, noon)->front(), State::Delivered));
    take({dossier("A", "v3")});
    EXPECT_EQ(claim_and_say().sent, "");
    ASSERT_EQ(*ledger().recover(noon), 1U);
    Settlement parked =
        settled(ledger().doubtful(Operation::PushDossier, 1, noon)->front(), State::Parked);
    parked.cause = Cause::Portal;
    parked.code = doubt_code;
    settle(parked);
    ASSERT_EQ(*ledger().retry_parked({}, act("retry", "the portal has none of it"), noon), 1U);
    EXPECT_EQ(claim_and_say().sent, "") << "a person has compared";
}

}  // namespace
}  // namespace dvcsync::ledger
