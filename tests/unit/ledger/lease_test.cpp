// One run at a time: taking, keeping, losing and releasing the lease.
#include "tests/unit/ledger/submissions_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Lease wanted(const std::string& owner, UtcTime now = noon, const std::string& host = "here") {
    Lease lease;
    lease.owner = owner;
    lease.host = host;
    lease.process = 4711;
    lease.job = "push-dossiers";
    lease.expires = now + minutes{2};
    return lease;
}

class LeaseTest : public LedgerTest {
  protected:
    void SetUp() override {
        LedgerTest::SetUp();
        auto opened = GetParam().open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        other_ = *std::move(opened);
    }
    // Who holds the lease after `ledger` asked for it; "" if nobody did before.
    static std::string refused_by(Ledger& ledger, const Lease& lease, UtcTime now = noon,
                                  bool owner_is_gone = false) {
        const auto holder = ledger.acquire(lease, owner_is_gone, now);
        EXPECT_TRUE(holder) << holder.error().message;
        return holder && *holder ? (*holder)->owner : "";
    }
    // Every function that a run writes by, and how it ends.
    std::vector<std::pair<std::string, Status>> writes() {
        auto nothing = [](const auto&) {};
        std::vector<std::pair<std::string, Status>> all;
        const std::vector<Intake> records{dossier("X")};
        all.emplace_back("take", ledger().take(records, "drop", "1", noon).map(nothing));
        all.emplace_back("recover", ledger().recover(noon).map(nothing));
        all.emplace_back("claim", ledger().claim(Operation::PushDossier, 1, noon).map(nothing));
        all.emplace_back("about_to_send", ledger().about_to_send(1, "rows"));
        all.emplace_back("doubtful",
                         ledger().doubtful(Operation::PushDossier, 1, noon).map(nothing));
        all.emplace_back("feed", ledger().feed_resync(1, noon).map(nothing));
        // An arrival needs no lease, so there is something to be moved.
        Submissions& s = ledger().submissions();
        EXPECT_TRUE(s.receive(arrival("A"), noon));
        EXPECT_TRUE(s.receive(arrival("B"), noon));
        EXPECT_TRUE(s.announce(std::vector<Announcement>{{"C", "1"}}, noon));
        all.emplace_back("due", s.due(1, noon).map(nothing));
        all.emplace_back("announced", s.announced(1, noon).map(nothing));
        all.emplace_back("waits", s.waits(1, "x", noon, noon));
        all.emplace_back("put_off", s.put_off(1, "x", noon, noon));
        all.emplace_back("renumber", s.renumber(1, 2, noon));
        all.emplace_back("holds", s.holds(1, "x", noon));
        all.emplace_back("handed", s.handed(2, "x", {}, noon));
        all.emplace_back("announcement_waits", s.announcement_waits(1, "x", noon));
        all.emplace_back("link", s.link("A", "L", noon));
        all.emplace_back("renew", ledger().renew(noon, noon + minutes{2}));
        return all;
    }
    // A third one.
    Ledger* ledger_for_pull() {
        auto opened = GetParam().open(folder_.path());
        EXPECT_TRUE(opened) << opened.error().message;
        third_ = *std::move(opened);
        return third_.get();
    }
    std::unique_ptr<Ledger> other_;
    std::unique_ptr<Ledger> third_;
};
INSTANTIATE_TEST_SUITE_P(Every, LeaseTest, testing::ValuesIn(backends()));

TEST_P(LeaseTest, OneRunHoldsItAndTheOtherLearnsWho) {
    EXPECT_EQ(*ledger().lease(), std::nullopt);
    EXPECT_EQ(refused_by(ledger(), wanted("one")), "");
    const auto holder = other_->acquire(wanted("two"), false, noon + minutes{1});
    ASSERT_TRUE(holder && *holder);
    EXPECT_EQ((*holder)->owner, "one");
    EXPECT_EQ((*holder)->host, "here");
    EXPECT_EQ((*holder)->process, 4711);
    EXPECT_EQ((*holder)->job, "push-dossiers");
    EXPECT_EQ((*holder)->taken, noon);
    EXPECT_EQ((*holder)->heartbeat, noon);
    EXPECT_EQ((*holder)->expires, noon + minutes{2});
    EXPECT_EQ((*other_->lease())->owner, "one");
    EXPECT_EQ(refused_by(ledger(), wanted("one")), "") << "it is ours already";
}

TEST_P(LeaseTest, AReleasedLeaseIsFree) {
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    ASSERT_TRUE(ledger().release());
    EXPECT_EQ(*ledger().lease(), std::nullopt);
    EXPECT_EQ(refused_by(*other_, wanted("two")), "");
    EXPECT_TRUE(ledger().release()) << "once more, and it is another's";
    EXPECT_EQ((*other_->lease())->owner, "two");
}

TEST_P(LeaseTest, AnExpiredLeaseIsTakenOverAndARenewedOneIsNot) {
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    ASSERT_TRUE(ledger().renew(noon + minutes{1}, noon + minutes{3}));
    EXPECT_EQ((*ledger().lease())->heartbeat, noon + minutes{1});
    EXPECT_EQ((*ledger().lease())->taken, noon);
    const UtcTime late = noon + minutes{3};
    EXPECT_EQ(refused_by(*other_, wanted("two", late), late - Millis{1}), "one");
    EXPECT_EQ(refused_by(*other_, wanted("two", late), late), "");
}

TEST_P(LeaseTest, ARunThatIsKnownToBeGoneIsReplacedAtOnceOnItsOwnHostOnly) {
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    EXPECT_EQ(refused_by(*other_, wanted("two", noon, "elsewhere"), noon, true), "one");
    EXPECT_EQ(refused_by(*other_, wanted("two", noon, "here"), noon, false), "one");
    EXPECT_EQ(refused_by(*other_, wanted("two", noon, "here"), noon, true), "");
}

TEST_P(LeaseTest, AHeartbeatInTheFutureLocksNobodyOut) {
    const UtcTime later = noon + hours{24 * 365};
    ASSERT_EQ(refused_by(ledger(), wanted("one", later), later), "");
    EXPECT_EQ(refused_by(*other_, wanted("two"), noon), "") << "the clock went back by a year";
    ASSERT_TRUE(other_->release());
    // A small jump does not take the lease from a run that is alive.
    ASSERT_EQ(refused_by(ledger(), wanted("one", noon + minutes{1}), noon + minutes{1}), "");
    EXPECT_EQ(refused_by(*other_, wanted("two"), noon), "one");
}

TEST_P(LeaseTest, ARunThatLostItsLeaseCannotWriteAnyMore) {
    take({dossier("A"), dossier("B")});
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    const auto items = claim(Operation::PushDossier, noon, 1);
    ASSERT_EQ(items.size(), 1U);
    const UtcTime late = noon + hours{1};
    ASSERT_EQ(refused_by(*other_, wanted("two", late), late), "");

    for (const auto& [what, status] : writes()) {
        ASSERT_FALSE(status) << what;
        EXPECT_EQ(status.error().kind, ErrorKind::Retry) << what;
        EXPECT_THAT(status.error().message, testing::HasSubstr("another run has taken over"));
    }
    const Settlement answer = settled(items.front(), State::Delivered);
    const auto settling = ledger().settle(std::span(&answer, 1), noon);
    ASSERT_FALSE(settling);
    EXPECT_EQ(settling.error().kind, ErrorKind::Retry);
    EXPECT_EQ(list(State::Sending).size(), 1U) << "nothing was written, reading goes on";
    EXPECT_EQ(*ledger().records("dossier"), 2U);

    // The other one takes the work over.
    EXPECT_EQ(*other_->recover(late), 1U);
    EXPECT_EQ(other_->claim(Operation::PushDossier, 10, late)->size(), 1U);
    ASSERT_TRUE(ledger().release());
    EXPECT_EQ((*other_->lease())->owner, "two") << "what is not ours is not released";
}

TEST_P(LeaseTest, ARunThatHoldsItsLeaseAndAPersonWithoutOneBothWrite) {
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    for (const auto& [what, status] : writes())
        EXPECT_TRUE(status) << what << ": " << status.error().message;
    const std::vector<Intake> records{unreadable("Y")};
    EXPECT_TRUE(other_->take(records, "other", "1", noon)) << "never had a lease";
    EXPECT_EQ(*other_->dismiss_parked({}, act("dismiss"), noon), 1U);
}

TEST_P(LeaseTest, ATakeoverIsNoticedInTheMiddleOfABatchOfCalls) {
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    ASSERT_EQ(refused_by(*other_, wanted("two"), noon, true), "");
    const auto status = ledger().together([&]() -> Status {
        DVC_TRY(ledger().note(act("confirm"), noon));
        return ledger().claim(Operation::PushDossier, 1, noon).map([](const auto&) {});
    });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::Retry);
    EXPECT_TRUE(ledger().acts(5)->empty());
}

TEST_P(LeaseTest, LeasesOfDifferentNamesDoNotHinderEachOther) {
    Lease pull = wanted("two");
    pull.name = "pull";
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    ASSERT_EQ(refused_by(*other_, pull), "");
    EXPECT_EQ((*ledger().lease())->owner, "one");
    EXPECT_EQ((*ledger().lease())->name, "run");
    EXPECT_EQ((*ledger().lease("pull"))->owner, "two");
    EXPECT_EQ((*ledger().lease("pull"))->name, "pull");
    EXPECT_EQ(*ledger().lease("other"), std::nullopt);
    EXPECT_TRUE(ledger().renew(noon + minutes{1}, noon + minutes{9}));
    EXPECT_EQ((*ledger().lease("pull"))->expires, noon + minutes{2});
    // Each is fenced by its own.
    const std::int64_t id = ledger().submissions().receive(arrival("A"), noon)->id;
    pull.owner = "three";
    ASSERT_EQ(refused_by(*ledger_for_pull(), pull, noon, true), "");
    EXPECT_EQ(other_->submissions().holds(id, "x", noon).error().kind, ErrorKind::Retry);
    EXPECT_TRUE(ledger().submissions().holds(id, "x", noon));
    EXPECT_TRUE(other_->submissions().receive(arrival("B"), noon)) << "an arrival needs no lease";
    ASSERT_TRUE(ledger().release());
    EXPECT_EQ((*ledger().lease("pull"))->owner, "three");
}

TEST_P(LeaseTest, AnObjectHoldsOneLeaseAtATime) {
    Lease pull = wanted("one");
    pull.name = "pull";
    ASSERT_EQ(refused_by(ledger(), wanted("one")), "");
    EXPECT_EQ(ledger().acquire(pull, false, noon).error().kind, ErrorKind::Bug);
    ASSERT_TRUE(ledger().release());
    EXPECT_EQ(refused_by(ledger(), pull), "");
    pull.name = "";
    EXPECT_EQ(other_->acquire(pull, false, noon).error().kind, ErrorKind::Bug);
}

TEST_P(LeaseTest, ALeaseThatMeansNothingIsABug) {
    EXPECT_EQ(ledger().acquire(wanted(""), false, noon).error().kind, ErrorKind::Bug);
    EXPECT_EQ(ledger().acquire(wanted("one"), false, noon + minutes{2}).error().kind,
              ErrorKind::Bug);
    EXPECT_EQ(ledger().renew(noon, noon + minutes{2}).error().kind, ErrorKind::Bug);
    EXPECT_TRUE(ledger().release());
}

}  // namespace
}  // namespace dvcsync::ledger
