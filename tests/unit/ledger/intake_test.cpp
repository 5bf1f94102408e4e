// What take() does to records and their items.
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using testing::IsEmpty;

TEST_P(LedgerTest, ANewRecordIsKeptAndMadeReady) {
    const Taken taken = take({dossier("A"), dossier("B")});
    EXPECT_EQ(taken.added, 2U);
    EXPECT_EQ(taken.changed + taken.unchanged + taken.parked, 0U);
    const auto items = claim();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].code, "A");
    EXPECT_EQ(items[0].kind, "dossier");
    EXPECT_EQ(items[0].operation, Operation::PushDossier);
    EXPECT_EQ(items[0].version, 1);
    EXPECT_EQ(items[0].attempts, 0);
    EXPECT_FALSE(items[0].known);
    EXPECT_EQ(items[0].document, Digest{});
    EXPECT_EQ(items[0].steps_done, 0U);
    EXPECT_EQ(items[0].sealed, "sealed v1");
}

TEST_P(LedgerTest, PayloadsAndTextsComeBackByteForByte) {
    Intake intake = dossier("Hồ sơ 'A'; DROP TABLE record;--");
    intake.sealed = std::string("\0\x01\xff'\"\n\0", 7);
    take({intake});
    const Claimed item = claim_one();
    EXPECT_EQ(item.sealed, intake.sealed);
    EXPECT_EQ(item.code, intake.facts.code);
}

TEST_P(LedgerTest, AnEmptyPayloadAndEmptyFactsAreNoFault) {
    Intake intake;
    intake.facts.kind = "dossier";
    intake.facts.code = "A";
    intake.queue = {Operation::PushDossier};
    EXPECT_EQ(take({intake}).added, 1U);
    EXPECT_EQ(claim_one().sealed, "");
}

TEST_P(LedgerTest, TheSameCodeOfAnotherKindIsAnotherRecord) {
    Intake other = dossier("A");
    other.facts.kind = "procedure";
    EXPECT_EQ(take({dossier("A"), other}).added, 2U);
}

TEST_P(LedgerTest, AnUnchangedRecordCostsNothing) {
    dossier_in(State::Delivered);
    EXPECT_TRUE(*ledger().is_current(dossier("D").digest));
    const Taken taken = take({dossier("D")});
    EXPECT_EQ(taken.unchanged, 1U);
    EXPECT_EQ(taken.added + taken.changed, 0U);
    EXPECT_EQ(only().state, State::Delivered);
}

TEST_P(LedgerTest, OnlyTheNewestContentIsCurrent) {
    take({dossier("A", "v1")});
    take({dossier("A", "v2")});
    EXPECT_FALSE(*ledger().is_current(dossier("A", "v1").digest));
    EXPECT_TRUE(*ledger().is_current(dossier("A", "v2").digest));
    EXPECT_FALSE(*ledger().is_current(sha256("never seen")));
    // Going back to an older content is a change like any other.
    EXPECT_EQ(take({dossier("A", "v1")}).changed, 1U);
    EXPECT_EQ(claim_one().version, 3);
}

TEST_P(LedgerTest, DigestsThatShareTheirFirstBytesAreToldApart) {
    Intake one = dossier("A");
    Intake two = dossier("B");
    two.digest = one.digest;
    two.digest[31] ^= 1;
    take({one});
    EXPECT_FALSE(*ledger().is_current(two.digest));
    take({two});
    EXPECT_TRUE(*ledger().is_current(one.digest));
    EXPECT_TRUE(*ledger().is_current(two.digest));
}

TEST_P(LedgerTest, TheSameRecordTwiceInOneBatchEndsWithItsLastContent) {
    const Taken taken = take({dossier("A", "v1"), dossier("A", "v2"), dossier("A", "v2")});
    EXPECT_EQ(taken.added, 1U);
    EXPECT_EQ(taken.changed, 1U);
    EXPECT_EQ(taken.unchanged, 1U);
    EXPECT_EQ(claim_one().sealed, "sealed v2");
}

TEST_P(LedgerTest, ThePositionTravelsWithTheRecords) {
    EXPECT_EQ(*ledger().position("drop"), "");
    ASSERT_TRUE(ledger().take({}, "drop", "file-1:100", noon));
    ASSERT_TRUE(ledger().take({}, "other", "x", noon));
    EXPECT_EQ(*ledger().position("drop"), "file-1:100");
    ASSERT_TRUE(ledger().take({}, "drop", "file-2:0", noon));
    reopen();
    EXPECT_EQ(*ledger().position("drop"), "file-2:0");
    EXPECT_EQ(*ledger().position("other"), "x");
}

TEST_P(LedgerTest, ANewerVersionSupersedesWhatIsNotInFlight) {
    for (const State state : {State::Ready, State::Waiting, State::Parked, State::Delivered}) {
        const std::string code(to_string(state));
        take({dossier(code)});
        if (state != State::Ready) {
            Settlement settlement = settled(claim_one(), state);
            settlement.next_at = noon + std::chrono::hours{5};
            settle(settlement);
        }
        EXPECT_EQ(take({dossier(code, "v2")}).changed, 1U) << code;
        const Claimed item = claim_one();
        EXPECT_EQ(item.version, 2) << code;
        EXPECT_EQ(item.attempts, 0) << code;
        EXPECT_EQ(item.sealed, "sealed v2") << code;
        settle(settled(item, State::Delivered));
    }
}

TEST_P(LedgerTest, ASupersededItemKeepsNoReasonOfTheOldVersion) {
    dossier_in(State::Parked);
    EXPECT_EQ(only().reason, "refused");
    take({dossier("D", "v2")});
    const ItemRow row = only();
    EXPECT_EQ(row.state, State::Ready);
    EXPECT_EQ(row.cause, Cause::None);
    EXPECT_EQ(row.reason, "");
    EXPECT_EQ(row.portal_code, "");
}

TEST_P(LedgerTest, ANewerVersionLeavesWhatIsInFlightAlone) {
    for (const State state : {State::Sending, State::InDoubt}) {
        const std::string code(to_string(state));
        take({dossier(code)});
        const Claimed item = claim_one();
        if (state == State::InDoubt) settle(settled(item, state));
        take({dossier(code, "v2")});
        EXPECT_EQ(list(state).size(), 1U) << code;
        EXPECT_THAT(claim(), IsEmpty()) << code;
        settle(settled(item, State::Delivered));
        const Claimed next = claim_one();
        EXPECT_EQ(next.version, 2);
        EXPECT_EQ(next.sealed, "sealed v2");
        settle(settled(next, State::Delivered));
    }
}

TEST_P(LedgerTest, ARecordThatIsNotToBeSentIsKeptWithoutAnItem) {
    Intake draft = dossier("A");
    draft.queue.clear();
    EXPECT_EQ(take({draft}).added, 1U);
    EXPECT_THAT(list(), IsEmpty());
    EXPECT_TRUE(*ledger().is_current(draft.digest));
    EXPECT_EQ(*ledger().records("dossier"), 1U);
    // A later version may be sent after all.
    EXPECT_EQ(take({dossier("A", "v2")}).changed, 1U);
    EXPECT_EQ(claim_one().version, 2);
}

TEST_P(LedgerTest, AVersionNotToBeSentTakesWaitingItemsAway) {
    for (const State state : {State::Ready, State::Waiting, State::Parked}) {
        const std::string code(to_string(state));
        dossier_in(state, code);
        Intake draft = dossier(code, "v2");
        draft.queue.clear();
        take({draft});
        EXPECT_THAT(list(), IsEmpty()) << code;
    }
}

TEST_P(LedgerTest, AVersionNotToBeSentKeepsWhatIsInFlightUntilItIsSettled) {
    Intake draft = dossier("D", "v2");
    draft.queue.clear();
    const Claimed item = dossier_in(State::Sending);
    take({draft});
    EXPECT_EQ(only().state, State::Sending);
    settle(settled(item, State::Waiting));
    EXPECT_THAT(list(), IsEmpty());
}

TEST_P(LedgerTest, WhatThePortalHoldsIsRememberedWhenANewerVersionIsWithdrawn) {
    const Digest document = sha256("document");
    take({dossier("D")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.document = document;
    accepted.known = true;
    settle(accepted);
    take({dossier("D", "v2")});
    Intake draft = dossier("D", "v3");
    draft.queue.clear();
    take({draft});
    EXPECT_EQ(only().state, State::Delivered);
    take({dossier("D", "v4")});
    const Claimed item = claim_one();
    EXPECT_EQ(item.document, document);
    EXPECT_TRUE(item.known);
}

TEST_P(LedgerTest, ARecordThatCannotBeReadIsParkedAndListedOnce) {
    const Taken taken = take({unreadable("X")});
    EXPECT_EQ(taken.added, 1U);
    EXPECT_EQ(taken.parked, 1U);
    const ItemRow row = only();
    EXPECT_EQ(row.state, State::Parked);
    EXPECT_EQ(row.cause, Cause::Intake);
    EXPECT_EQ(row.reason, "the due date is no date");
    EXPECT_EQ(row.code, "X");
    EXPECT_EQ(row.origin, "dossiers.xml:1");
    EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(LedgerTest, AnUnreadableRecordOfAnyKindIsCounted) {
    for (const char* kind : {"dossier", "procedure", "statistics", "something else"}) {
        Intake intake = unreadable(std::string("X ") + kind);
        intake.facts.kind = kind;
        intake.queue.clear();
        EXPECT_EQ(take({intake}).parked, 1U);
    }
    EXPECT_EQ(list(State::Parked).size(), 4U);
}

TEST_P(LedgerTest, AnUnreadableRecordSeenAgainIsNotParkedTwice) {
    take({unreadable("X")});
    EXPECT_FALSE(*ledger().is_current(unreadable("X").digest));
    const Taken again = take({unreadable("X")});
    EXPECT_EQ(again.unchanged, 1U);
    EXPECT_EQ(again.parked, 0U);
    EXPECT_EQ(list().size(), 1U);
}

TEST_P(LedgerTest, TheSameBytesThatCanBeReadNowAreANewVersion) {
    take({unreadable("X", "same")});
    const Taken taken = take({dossier("X", "same")});
    EXPECT_EQ(taken.changed, 1U);
    EXPECT_EQ(only().state, State::Ready);
    EXPECT_TRUE(*ledger().is_current(dossier("X", "same").digest));
}

TEST_P(LedgerTest, AReadableVersionClearsTheParkedOne) {
    take({unreadable("X")});
    take({dossier("X", "good")});
    const ItemRow row = only();
    EXPECT_EQ(row.state, State::Ready);
    EXPECT_EQ(row.reason, "");
    take({unreadable("X", "bad again")});
    EXPECT_EQ(only().cause, Cause::Intake);
    Intake draft = dossier("X", "draft");
    draft.queue.clear();
    take({draft});
    EXPECT_THAT(list(), IsEmpty());
}

TEST_P(LedgerTest, AnUnreadableVersionParksAfterTheAnswerOfTheOldOne) {
    for (const State state : {State::Ready, State::Waiting, State::Parked, State::Delivered}) {
        const std::string code(to_string(state));
        take({dossier(code)});
        const Claimed item = claim_one();
        take({unreadable(code)});
        EXPECT_EQ(list(State::Sending).size(), 1U);
        settle(settled(item, state));
        EXPECT_THAT(list(State::Sending), IsEmpty());
        EXPECT_EQ(list().back().state, State::Parked) << code;
        EXPECT_EQ(list().back().reason, "the due date is no date") << code;
    }
}

TEST_P(LedgerTest, TheFactsOfTheLastReadableVersionStay) {
    take({dossier("D")});
    take({unreadable("D")});
    const auto agencies = ledger().counts_by("dossier", Column::Agency);
    ASSERT_TRUE(agencies);
    ASSERT_EQ(agencies->size(), 1U);
    EXPECT_EQ(agencies->front().first, "000.00.01.H22");
}

TEST_P(LedgerTest, AReasonIsCutToItsLimit) {
    Intake intake = unreadable("X");
    intake.fault = std::string(50'000, 'x');
    take({intake});
    EXPECT_LE(only().reason.size(), 2'010U);
    EXPECT_GE(only().reason.size(), 1'900U);
    EXPECT_EQ(take({intake}).unchanged, 1U);
}

TEST_P(LedgerTest, EveryOperationOfTheQueueGetsAnItem) {
    Intake intake = dossier("A");
    intake.queue = {Operation::PushProgress, Operation::PushDossier};
    take({intake});
    EXPECT_EQ(list().size(), 2U);
    EXPECT_EQ(state_of(Operation::PushDossier), State::Ready);
    EXPECT_EQ(state_of(Operation::PushProgress), State::Ready);
}

// -- the order of exports

Intake exported(const std::string& content, std::optional<UtcTime> as_of) {
    Intake intake = dossier("D", content);
    intake.as_of = as_of;
    return intake;
}

TEST_P(LedgerTest, WhatAnOlderExportSaysIsLeftAlone) {
    take({exported("new", noon)});
    const Taken taken = take({exported("old", noon - Millis{1})});
    EXPECT_EQ(taken.outdated, 1U);
    EXPECT_EQ(taken.added + taken.changed + taken.unchanged + taken.parked, 0U);
    EXPECT_TRUE(*ledger().is_current(exported("new", noon).digest));
    const Claimed item = claim_one();
    EXPECT_EQ(item.sealed, "sealed new");
    EXPECT_EQ(item.version, 1);
    settle(settled(item, State::Delivered));
    EXPECT_EQ(take({exported("old", noon - Millis{1})}).outdated, 1U);
    EXPECT_EQ(only().state, State::Delivered);
    // A fault in an older export does not matter either.
    Intake faulty = unreadable("D");
    faulty.as_of = noon - Millis{1};
    EXPECT_EQ(take({faulty}).outdated, 1U);
    EXPECT_EQ(only().state, State::Delivered);
}

TEST_P(LedgerTest, OfExportsOfOneInstantOrOfNoneTheLastReadWins) {
    take({exported("a", noon)});
    EXPECT_EQ(take({exported("b", noon)}).changed, 1U);
    EXPECT_EQ(take({exported("c", std::nullopt)}).changed, 1U);
    EXPECT_EQ(take({exported("d", noon - Millis{1})}).changed, 1U) << "c told no instant";
    EXPECT_EQ(take({exported("e", noon - Millis{2})}).outdated, 1U);
    EXPECT_EQ(claim_one().sealed, "sealed d");
}

TEST_P(LedgerTest, ALaterExportOfTheSameContentIsRememberedAsLater) {
    using std::chrono::hours;
    take({exported("a", noon)});
    EXPECT_EQ(take({exported("a", noon + hours{2})}).unchanged, 1U);
    EXPECT_EQ(take({exported("b", noon + hours{1})}).outdated, 1U) << "it went b, then back to a";
    EXPECT_EQ(take({exported("a", noon - hours{1})}).unchanged, 1U);
    EXPECT_EQ(take({exported("b", noon + hours{1})}).outdated, 1U);
    EXPECT_EQ(take({exported("b", noon + hours{3})}).changed, 1U);
    reopen();
    EXPECT_EQ(take({exported("a", noon + hours{2})}).outdated, 1U);
}

TEST_P(LedgerTest, AFaultyVersionHasItsPlaceInTheOrderToo) {
    take({exported("a", noon)});
    Intake faulty = unreadable("D");
    faulty.as_of = noon + Millis{2};
    EXPECT_EQ(take({faulty}).parked, 1U);
    EXPECT_EQ(take({exported("b", noon + Millis{1})}).outdated, 1U);
    EXPECT_EQ(only().state, State::Parked);
    EXPECT_EQ(take({exported("c", noon + Millis{3})}).changed, 1U);
    EXPECT_EQ(only().state, State::Ready);
}

}  // namespace
}  // namespace dvcsync::ledger
