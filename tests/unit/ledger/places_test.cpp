// What the report of deliveries asks of the ledger: records by agency and procedure, open items.
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr UtcTime long_ago{};
const UtcTime far_ahead = noon + std::chrono::hours{24 * 365};

Intake placed(const std::string& code, const std::string& agency, const std::string& procedure,
              UtcTime received = noon) {
    Intake intake = dossier(code);
    intake.facts.agency = agency;
    intake.facts.agency_name = "Office " + agency;
    intake.facts.procedure = procedure;
    intake.facts.received = received;
    intake.facts.event = received;
    return intake;
}

std::vector<std::string> open_codes(Ledger& ledger, UtcTime from = long_ago,
                                    UtcTime until = far_ahead) {
    std::vector<std::string> codes;
    EXPECT_TRUE(ledger.open_items("dossier", from, until, [&codes](const OpenItem& item) {
        codes.push_back(std::string(item.code) + " " + std::string(to_string(item.state)));
    }));
    return codes;
}

TEST_P(LedgerTest, RecordsAreCountedByAgencyAndProcedure) {
    take({placed("A", "1", "p"), placed("B", "1", "p"), placed("C", "1", "q"),
          placed("D", "2", "p")});
    settle(settled(claim(Operation::PushDossier, noon, 1).at(0), State::Delivered));
    settle(settled(claim(Operation::PushDossier, noon, 1).at(0), State::Parked));
    const auto places = ledger().tally_by_place("dossier", long_ago, far_ahead);
    ASSERT_TRUE(places);
    ASSERT_EQ(places->size(), 3U);
    const auto& first = places->at(0);
    EXPECT_EQ(first.agency, "1");
    EXPECT_EQ(first.agency_name, "Office 1");
    EXPECT_EQ(first.procedure, "p");
    EXPECT_EQ(first.tally.records, 2U);
    EXPECT_EQ(first.tally.delivered, 1U);
    EXPECT_EQ(first.tally.refused, 1U);
    EXPECT_EQ(places->at(1).procedure, "q");
    EXPECT_EQ(places->at(1).tally.waiting, 1U);
    EXPECT_EQ(places->at(2).agency, "2");
}

TEST_P(LedgerTest, TheCountsByPlaceAddUpToTheTally) {
    take({placed("A", "1", "p"), placed("B", "2", "q"), unreadable("C"), dossier("D")});
    settle(settled(claim(Operation::PushDossier, noon, 1).at(0), State::Delivered));
    const auto places = ledger().tally_by_place("dossier", long_ago, far_ahead);
    ASSERT_TRUE(places);
    Tally sum;
    for (const auto& place : *places) {
        sum.records += place.tally.records;
        sum.delivered += place.tally.delivered;
        sum.parked += place.tally.parked;
        sum.waiting += place.tally.waiting;
    }
    const auto tally = ledger().tally("dossier");
    ASSERT_TRUE(tally);
    EXPECT_EQ(sum.records, 4U);
    EXPECT_EQ(sum.records, tally->records);
    EXPECT_EQ(sum.delivered, tally->delivered);
    EXPECT_EQ(sum.parked, tally->parked);
    EXPECT_EQ(sum.waiting, tally->waiting);
}

TEST_P(LedgerTest, ThePeriodOfAPlaceIsHalfOpenAndOfTheReceipt) {
    using std::chrono::hours;
    take({placed("A", "1", "p", noon), placed("B", "1", "p", noon + hours{24}), unreadable("C")});
    const auto day = ledger().tally_by_place("dossier", noon + hours{24}, noon + hours{48});
    ASSERT_EQ(day->size(), 1U);
    EXPECT_EQ(day->at(0).tally.records, 1U);
    // What could not be read has no receipt: it counts by the day on which it came.
    const auto first = ledger().tally_by_place("dossier", noon, noon + hours{24});
    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ(first->at(0).agency, "");
    EXPECT_EQ(first->at(0).tally.parked, 1U);
    EXPECT_THAT(*ledger().tally_by_place("dossier", noon + hours{48}, far_ahead), IsEmpty());
    EXPECT_THAT(*ledger().tally_by_place("answer", long_ago, far_ahead), IsEmpty());
}

TEST_P(LedgerTest, OpenItemsAreThoseThatHaveSomethingToTell) {
    using std::chrono::hours;
    take({placed("A", "1", "p", noon + hours{1}), placed("B", "1", "p"), placed("C", "1", "p")});
    EXPECT_THAT(open_codes(ledger()), ElementsAre("B ready", "C ready", "A ready"));
    for (const Claimed& item : claim()) {
        settle(settled(item, item.code == "A"   ? State::Delivered
                             : item.code == "B" ? State::Parked
                                                : State::Waiting));
    }
    EXPECT_THAT(open_codes(ledger()), ElementsAre("B parked", "C waiting"));
    EXPECT_THAT(open_codes(ledger(), noon + hours{1}), IsEmpty());
    EXPECT_THAT(open_codes(ledger(), long_ago, noon), IsEmpty());
}

TEST_P(LedgerTest, WhatIsSentOnceMoreOrCannotBeReadIsNotOpen) {
    take({placed("A", "1", "p"), placed("B", "1", "p")});
    for (const Claimed& item : claim())
        settle(settled(item, State::Delivered));
    ASSERT_TRUE(ledger().start_resync({}, act("resync start"), noon));
    ASSERT_EQ(ledger().feed_resync(10, noon)->handed, 2U);
    EXPECT_THAT(open_codes(ledger()), IsEmpty());
    take({unreadable("A", "worse")});  // the event in hand is that of the version before
    EXPECT_THAT(open_codes(ledger()), IsEmpty());
}

}  // namespace
}  // namespace dvcsync::ledger
