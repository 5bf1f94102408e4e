// What the portal is known to have accepted must be there, whatever became of newer versions.
#include "tests/unit/sync/reconcile_office.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ReconcileKnown : public Reconcile {
  protected:
    // Dossier 1 was accepted; its newer version is refused by the portal.
    void refuse_newer() {
        deliver_dossiers(2);
        newer(dossier_xml(code_of(1), 2, "finished"));
        auto calls = portal.calls();
        calls.push = [](Operation, std::span<const portal::Item> items, bool) {
            return std::vector<Outcome>(items.size(),
                                        {Verdict::Refused, "-1", "not like this", {}});
        };
        office.push(calls, {Operation::PushDossier});
        ASSERT_EQ(office.parked().size(), 1U);
    }
    void newer(const std::string& records) {
        office.drop("newer.xml", records);
        office.read();
    }
    // The dossier is missing, and no resync is offered for it.
    void expect_missing(std::string_view words) {
        for (const bool listing : {true, false}) {
            portal.can_list = listing;
            const auto found = report();
            expect_sums(found, 2);
            EXPECT_EQ(found.at(Match::Same), 1U);
            ASSERT_THAT(codes(found, Match::Missing), ElementsAre(code_of(1)));
            EXPECT_THAT(found.differences.front().reason, HasSubstr(words));
            EXPECT_THAT(found.mendable(), IsEmpty()) << "a resync would not send it";
            EXPECT_TRUE(found.differs());
            EXPECT_EQ(found.table.begin()->second.at_portal, 1U);
        }
    }
};

TEST_F(ReconcileKnown, LostWhileItsNewerVersionIsParkedIsMissingAndTheWayOutIsSaid) {
    refuse_newer();
    portal.held.erase(code_of(1));
    expect_missing("parked retry");
}

TEST_F(ReconcileKnown, LostWhileItsNewerVersionCannotBeReadIsMissing) {
    deliver_dossiers(2);
    newer("<dossier><code>" + code_of(1) + "</code></dossier>\n");
    portal.held.erase(code_of(1));
    expect_missing("parked");
}

TEST_F(ReconcileKnown, LostWhileItsNewerVersionIsDismissedIsMissing) {
    refuse_newer();
    ASSERT_TRUE(office.ledger->dismiss_parked({}, {0, "tester", "dismiss", "why not", "", {}, 0},
                                              office.clock.now()));
    portal.held.erase(code_of(1));
    expect_missing("dismissed");
}

TEST_F(ReconcileKnown, LostWhileItsNewerVersionWaitsIsMissingAndTheNextRunSendsIt) {
    deliver_dossiers(2);
    newer(dossier_xml(code_of(1), 2, "finished"));
    portal.held.erase(code_of(1));
    expect_missing("next dvcsync sync sends it");
    office.push(portal.calls(), {Operation::PushProgress, Operation::PushDossier});
    EXPECT_EQ(report().at(Match::Same), 2U);
}

TEST_F(ReconcileKnown, StillThereInItsOlderVersionIsNoDifference) {
    refuse_newer();
    for (const bool listing : {true, false}) {
        portal.can_list = listing;
        const auto found = report();
        expect_sums(found, 2);
        EXPECT_EQ(found.at(Match::Parked), 1U);
        EXPECT_FALSE(found.differs());
        EXPECT_EQ(found.table.begin()->second.at_portal, 2U);
    }
}

TEST_F(ReconcileKnown, NotAskedForBecauseOfAFailureIsNotPassedOffAsParked) {
    refuse_newer();
    portal.can_list = false;
    portal.look_failure = [](std::string_view code) -> std::optional<Outcome> {
        if (code != code_of(1)) return std::nullopt;
        return Outcome{Verdict::Refused, "-1", "no answer about this one", {}};
    };
    const auto found = report();
    expect_sums(found, 2);
    ASSERT_THAT(codes(found, Match::NotAsked), ElementsAre(code_of(1)));
    EXPECT_EQ(found.differences.front().reason, "no answer about this one");
}

TEST_F(ReconcileKnown, WhatTheProvinceDoesNotWantSentAnyMoreIsNotMissed) {
    deliver_dossiers(2);
    newer(dossier_xml(code_of(1), 2, "draft"));
    portal.held.erase(code_of(1));
    const auto found = report();
    EXPECT_EQ(found.at(Match::Held), 1U);
    EXPECT_FALSE(found.differs());
}

TEST_F(ReconcileKnown, TheReportSaysThatItIsAboutDossiersOnly) {
    deliver_dossiers(1);
    for (const bool listing : {true, false}) {
        portal.can_list = listing;
        EXPECT_THAT(report().note, HasSubstr("only dossiers"));
    }
}

}  // namespace
}  // namespace dvcsync::sync
