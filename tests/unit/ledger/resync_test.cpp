// Sending a part of the province's records again: what is taken in, handed over and skipped.
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Slice codes(std::vector<std::string> codes) {
    Slice slice;
    slice.codes = std::move(codes);
    return slice;
}

class ResyncTest : public LedgerTest {
  protected:
    // Delivers everything that is ready.
    std::size_t deliver(Operation operation = Operation::PushDossier, UtcTime now = noon) {
        const auto items = claim(operation, now, 100'000);
        for (const Claimed& item : items)
            settle(settled(item, State::Delivered), now);
        return items.size();
    }
    void delivered(const std::vector<std::string>& codes) {
        for (const std::string& code : codes)
            take({dossier(code)});
        deliver();
    }
    Resync start(const Slice& slice, UtcTime now = noon) {
        const auto resync = ledger().start_resync(slice, act("resync start"), now);
        EXPECT_TRUE(resync) << resync.error().message;
        return resync.value_or(Resync{});
    }
    Resync change(std::int64_t id, ResyncState to, UtcTime now = noon) {
        const auto resync = ledger().change_resync(id, to, act("resync change"), now);
        EXPECT_TRUE(resync) << resync.error().message;
        return resync.value_or(Resync{});
    }
    Fed feed(std::size_t max = 100'000, UtcTime now = noon) {
        const auto fed = ledger().feed_resync(max, now);
        EXPECT_TRUE(fed) << fed.error().message;
        return fed.value_or(Fed{});
    }
    Resync newest() {
        const auto all = ledger().resyncs(1);
        EXPECT_TRUE(all && !all->empty());
        return all && !all->empty() ? all->front() : Resync{};
    }
    ResyncPreview preview(const Slice& slice) {
        const auto found = ledger().preview_resync(slice);
        EXPECT_TRUE(found) << found.error().message;
        return found.value_or(ResyncPreview{});
    }
};
INSTANTIATE_TEST_SUITE_P(Every, ResyncTest, testing::ValuesIn(backends()));

TEST_P(ResyncTest, WhatIsDeliveredIsSentAgainChunkByChunk) {
    delivered({"A", "B", "C"});
    const Resync started = start({}, noon + hours{1});
    EXPECT_EQ(started.state, ResyncState::Active);
    EXPECT_EQ(started.actor, "officer");
    EXPECT_EQ(started.reason, "asked for by the office");
    EXPECT_EQ(started.selection, "--all");
    EXPECT_EQ(started.total, 3U);
    EXPECT_EQ(started.created, noon + hours{1});
    EXPECT_EQ(started.began, std::nullopt);
    EXPECT_THAT(claim(), IsEmpty()) << "nothing is handed over yet";

    const Fed first = feed(2, noon + hours{2});
    EXPECT_EQ(first.handed, 2U);
    EXPECT_EQ(first.skipped, 0U);
    EXPECT_EQ(first.left, 1U);
    const auto items = claim();
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].code, "A");
    EXPECT_TRUE(items[0].again);
    EXPECT_EQ(items[0].attempts, 0);
    Resync now = newest();
    EXPECT_EQ(now.handed, 2U);
    EXPECT_EQ(now.on_way, 2U);
    EXPECT_EQ(now.began, noon + hours{2});
    settle(settled(items[0], State::Delivered));
    settle(settled(items[1], State::Delivered));
    EXPECT_EQ(newest().on_way, 0U);

    EXPECT_EQ(feed(2, noon + hours{3}).left, 0U);
    now = newest();
    EXPECT_EQ(now.state, ResyncState::Done);
    EXPECT_EQ(now.handed, 3U);
    EXPECT_EQ(now.began, noon + hours{2});
    EXPECT_EQ(now.changed, noon + hours{3});
    EXPECT_EQ(deliver(), 1U);
    EXPECT_EQ(feed().handed + feed().skipped, 0U) << "done is done";
    // Delivered: the next version is not sent "again".
    take({dossier("A", "v2")});
    EXPECT_FALSE(claim_one().again);
}

TEST_P(ResyncTest, OnlyWhatIsDeliveredIsHandedOver) {
    delivered({"delivered"});
    dossier_in(State::Waiting, "waiting");
    dossier_in(State::InDoubt, "in doubt");
    dossier_in(State::Sending, "sending");
    dossier_in(State::Parked, "dismissed");
    ASSERT_EQ(*ledger().dismiss_parked({}, act("dismiss"), noon), 1U);
    dossier_in(State::Parked, "parked");
    Intake draft = dossier("held");
    draft.queue.clear();
    take({draft, unreadable("unreadable")});
    // Delivered once, but its newest version is not to be sent.
    delivered({"withdrawn"});
    Intake withdrawn = dossier("withdrawn", "v2");
    withdrawn.queue.clear();
    take({withdrawn});
    take({dossier("ready")});

    const ResyncPreview seen = preview({});
    EXPECT_EQ(seen.matching, 10U);
    EXPECT_EQ(seen.in_other, 0U);
    EXPECT_EQ(seen.on_way, 4U);
    EXPECT_EQ(seen.parked, 3U);
    EXPECT_EQ(seen.held, 2U);
    EXPECT_THAT(seen.first_codes, ElementsAre("delivered"));

    EXPECT_EQ(start({}).total, 10U);
    const Fed fed = feed();
    EXPECT_EQ(fed.handed, 1U);
    EXPECT_EQ(fed.skipped, 9U);
    const Resync done = newest();
    EXPECT_EQ(done.handed + done.skipped, done.total);
    EXPECT_EQ(done.state, ResyncState::Done);
    EXPECT_EQ(list(State::Parked).size(), 2U) << "a person's business";
    EXPECT_EQ(list(State::Dismissed).size(), 1U);
}

TEST_P(ResyncTest, TwoOverlappingSlicesDoNotDoubleTheWork) {
    delivered({"A", "B", "C", "D"});
    EXPECT_EQ(start(codes({"A", "B", "C"})).total, 3U);
    const ResyncPreview seen = preview(codes({"B", "C", "D"}));
    EXPECT_EQ(seen.matching, 3U);
    EXPECT_EQ(seen.in_other, 2U);
    EXPECT_THAT(seen.first_codes, ElementsAre("D"));
    EXPECT_EQ(start(codes({"B", "C", "D"})).total, 1U);
    EXPECT_EQ(feed(2).left, 2U) << "of both";
    EXPECT_EQ(feed().handed, 1U);
    EXPECT_EQ(feed().handed, 1U) << "the second one";
    EXPECT_EQ(feed().handed, 0U);
    EXPECT_EQ(deliver(), 4U);
    // While they are on the way they are not taken a second time either.
    EXPECT_EQ(start(codes({"A"})).total, 1U);
    ASSERT_EQ(feed().handed, 1U);
    EXPECT_EQ(start(codes({"A"})).total, 1U);
    EXPECT_EQ(feed().skipped, 1U);
    EXPECT_EQ(deliver(), 1U);
    // A slice that lies in another one altogether has nothing to do.
    start(codes({"A"}));
    const Resync nothing = start(codes({"A"}));
    EXPECT_EQ(nothing.total, 0U);
    EXPECT_EQ(nothing.state, ResyncState::Done);
}

TEST_P(ResyncTest, PausedItWaitsAndStoppedItForgets) {
    delivered({"A", "B", "C"});
    const std::int64_t id = start({}).id;
    EXPECT_EQ(feed(1).left, 2U);
    EXPECT_EQ(change(id, ResyncState::Paused, noon + hours{1}).state, ResyncState::Paused);
    EXPECT_EQ(newest().changed, noon + hours{1});
    const Fed none = feed();
    EXPECT_EQ(none.handed + none.skipped + none.left, 0U);
    EXPECT_EQ(preview({}).in_other, 2U) << "they wait there";
    EXPECT_EQ(change(id, ResyncState::Active).state, ResyncState::Active);
    EXPECT_EQ(feed(1).handed, 1U);
    const Resync stopped = change(id, ResyncState::Stopped);
    EXPECT_EQ(stopped.state, ResyncState::Stopped);
    EXPECT_EQ(stopped.total, 3U);
    EXPECT_EQ(stopped.handed, 2U);
    EXPECT_EQ(feed().handed, 0U);
    EXPECT_EQ(preview(codes({"C"})).in_other, 0U) << "free for another one";
    EXPECT_EQ(deliver(), 2U) << "what was handed over goes out";

    std::vector<std::size_t> touched;
    const auto acts = ledger().acts(10);
    for (const Act& one : *acts)
        touched.push_back(one.items);
    EXPECT_THAT(touched, ElementsAre(1U, 2U, 2U, 3U));
}

TEST_P(ResyncTest, AChangeThatCannotBeIsRefused) {
    delivered({"A"});
    const std::int64_t id = start({}).id;
    auto refused = [&](std::int64_t which, ResyncState to) {
        const auto status = ledger().change_resync(which, to, act("resync change"), noon);
        EXPECT_FALSE(status);
        return status ? Error{} : status.error();
    };
    EXPECT_EQ(refused(id, ResyncState::Active).kind, ErrorKind::Config);
    EXPECT_THAT(refused(id, ResyncState::Active).message, HasSubstr("is active already"));
    EXPECT_EQ(refused(99, ResyncState::Paused).kind, ErrorKind::Config);
    EXPECT_THAT(refused(99, ResyncState::Paused).message, HasSubstr("no resync 99"));
    EXPECT_EQ(refused(id, ResyncState::Done).kind, ErrorKind::Bug);
    change(id, ResyncState::Stopped);
    EXPECT_EQ(refused(id, ResyncState::Active).kind, ErrorKind::Config);
    EXPECT_EQ(refused(id, ResyncState::Stopped).kind, ErrorKind::Config);
    EXPECT_EQ(ledger().acts(10)->size(), 2U) << "a refused change leaves no act";
}

TEST_P(ResyncTest, UnknownCodesAreNamedAndNothingIsStarted) {
    delivered({"A"});
    const Slice slice = codes({"A", "n1", "n2", "n3", "n4", "n5", "n6", "n7"});
    for (const bool really : {false, true}) {
        const auto refused =
            really ? ledger().start_resync(slice, act("resync start"), noon).map([](const auto&) {})
                   : ledger().preview_resync(slice).map([](const auto&) {});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::Config);
        EXPECT_THAT(refused.error().message, HasSubstr("n1, n2, n3, n4, n5 and 2 more"));
    }
    EXPECT_THAT(*ledger().resyncs(10), IsEmpty());
    EXPECT_THAT(*ledger().acts(10), IsEmpty());
    EXPECT_EQ(feed().handed, 0U);
}

TEST_P(ResyncTest, ASliceIsCutByAgencyProcedureKindAndDays) {
    std::vector<Intake> records{dossier("A"), dossier("B"), dossier("C"), dossier("P")};
    records[1].facts.agency = "000.00.02.H22";
    records[1].facts.procedure = "1.000002";
    records[2].facts.received = noon + hours{24};
    records[3].facts.kind = "procedure";
    records[3].facts.code = "1.000002";
    records[3].queue = {Operation::PushProcedure};
    take(records);
    deliver();
    deliver(Operation::PushProcedure);
    Slice slice;
    slice.agency = "000.00.02.H22";
    EXPECT_THAT(preview(slice).first_codes, ElementsAre("B"));
    slice = {};
    slice.procedure = "1.000002";
    EXPECT_THAT(preview(slice).first_codes, ElementsAre("B"));
    slice.kind = "procedure";
    EXPECT_THAT(preview(slice).first_codes, ElementsAre("1.000002"));
    slice = {};
    slice.received_from = noon + Millis{1};
    EXPECT_THAT(preview(slice).first_codes, ElementsAre("C"));
    slice.received_from = noon;
    slice.received_until = noon + hours{24};
    EXPECT_THAT(preview(slice).first_codes, ElementsAre("A", "B"));
    slice.codes = {"B", "C", "B"};
    EXPECT_THAT(preview(slice).first_codes, ElementsAre("B")) << "every condition holds";
    EXPECT_EQ(start(slice).total, 1U);
}

TEST_P(ResyncTest, ANewerVersionGoesOutInsteadOfTheOldOne) {
    delivered({"A", "B"});
    start({});
    take({dossier("A", "v2")});  // before its turn: it goes out as a live change
    EXPECT_EQ(feed().handed, 1U);
    take({dossier("B", "v2")});  // after its turn
    const auto items = claim();
    ASSERT_EQ(items.size(), 2U);
    for (const Claimed& item : items) {
        EXPECT_EQ(item.version, 2);
        EXPECT_EQ(item.again, item.code == "B") << "what a resync asked for is not forgotten";
        settle(settled(item, State::Delivered));
    }
    EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(ResyncTest, AnAnswerToAnOldVersionEndsWhatTheResyncAskedFor) {
    delivered({"A"});
    start({});
    feed();
    const Claimed item = claim_one();
    take({dossier("A", "v2")});
    settle(settled(item, State::Delivered));
    EXPECT_FALSE(claim_one().again);
}

TEST_P(ResyncTest, ItIsNotForgottenByAFailedAttempt) {
    delivered({"A"});
    start({});
    feed();
    settle(settled(claim_one(), State::Waiting));
    Claimed item = claim_one(Operation::PushDossier, noon + hours{2});
    EXPECT_TRUE(item.again);
    settle(settled(item, State::InDoubt));
    item = ledger().doubtful(Operation::PushDossier, 1, noon + hours{2})->at(0);
    EXPECT_TRUE(item.again);
    settle(settled(item, State::Parked));
    EXPECT_EQ(newest().on_way, 0U) << "a person's business now";
    ASSERT_EQ(*ledger().retry_parked({}, act("retry"), noon), 1U);
    EXPECT_TRUE(claim_one().again);
}

TEST_P(ResyncTest, ProgressIsNotRepeated) {
    take({dossier("D")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.then = Operation::PushProgress;
    settle(accepted);
    Settlement rows = settled(claim_one(Operation::PushProgress), State::Delivered);
    rows.steps_done = 3;
    settle(rows);
    start({});
    EXPECT_EQ(feed().handed, 1U);
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty());
    const Claimed item = claim_one();
    EXPECT_EQ(item.steps_done, 3U);
    settle(settled(item, State::Delivered));
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty());
}

TEST_P(ResyncTest, ItGoesOnWhereItWasAfterACrash) {
    std::vector<std::string> all;
    for (int i = 0; i < 50; ++i)
        all.push_back("D" + std::to_string(i));
    delivered(all);
    start({});
    std::size_t handed = 0;
    for (int round = 0; round < 20; ++round) {
        reopen();
        // What was not committed is not counted, and what was counted is handed over.
        const auto undone = ledger().together([&]() -> Status {
            DVC_TRY(ledger().feed_resync(7, noon).map([](const Fed&) {}));
            return fail(ErrorKind::Retry, "cut off");
        });
        EXPECT_FALSE(undone);
        handed += feed(7).handed;
        EXPECT_EQ(newest().handed, handed);
        EXPECT_EQ(newest().on_way, handed);
        EXPECT_EQ(list(State::Ready).size(), handed);
    }
    EXPECT_EQ(handed, 50U);
    EXPECT_EQ(newest().state, ResyncState::Done);
    EXPECT_EQ(deliver(), 50U);
    EXPECT_TRUE(ledger().verify());
}

TEST_P(ResyncTest, LiveChangesAreOlderInLineThanWhatComesLater) {
    delivered({"A", "B"});
    take({dossier("live")}, noon + hours{1});
    start({});
    feed(100, noon + hours{2});
    const auto items = claim(Operation::PushDossier, noon + hours{3});
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items[0].code, "live");
}

TEST_P(ResyncTest, AYearOfDossiersIsTakenInWithinASecondOrTwo) {
    constexpr std::size_t count = 100'000;
    std::vector<Intake> records;
    for (std::size_t i = 0; i < count; ++i) {
        records.push_back(dossier("D" + std::to_string(i)));
        records.back().sealed = "x";
    }
    take(records);
    Slice half;
    for (std::size_t i = 0; i < count; i += 2)
        half.codes.push_back(records[i].facts.code);
    const auto from = std::chrono::steady_clock::now();
    EXPECT_EQ(start(half).total, count / 2);
    EXPECT_EQ(preview({}).in_other, count / 2);
    EXPECT_EQ(start({}).total, count / 2);
    const Fed fed = feed(500);
    EXPECT_EQ(fed.skipped, 500U) << "never delivered: on their way anyway";
    EXPECT_EQ(fed.left, count - 500);
    const auto took = std::chrono::steady_clock::now() - from;
    RecordProperty("milliseconds",
                   static_cast<int>(std::chrono::duration_cast<Millis>(took).count()));
    EXPECT_LT(took, std::chrono::seconds{20});  // far above, for slow machines and sanitizers
}

}  // namespace
}  // namespace dvcsync::ledger
