// Where versions come from, and which procedures the portal shows.
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Intake procedure(const std::string& code, const std::string& status) {
    Intake intake = dossier(code, status);
    intake.facts.kind = "procedure";
    intake.facts.status = status;
    intake.queue = {Operation::PushProcedure};
    return intake;
}

TEST_P(LedgerTest, ProvenanceIsThatOfTheNewestVersion) {
    EXPECT_EQ(*ledger().provenance("dossier", "A"), std::nullopt);
    Intake intake = dossier("A", "v1");
    intake.as_of = noon;
    take({intake});
    auto from = *ledger().provenance("dossier", "A");
    ASSERT_TRUE(from);
    EXPECT_EQ(from->origin, "dossiers.xml:1");
    EXPECT_EQ(from->as_of, noon);
    intake = unreadable("A");
    intake.origin = "later.xml:2";
    take({intake});
    from = *ledger().provenance("dossier", "A");
    EXPECT_EQ(from->origin, "later.xml:2");
    EXPECT_EQ(from->as_of, std::nullopt);
    EXPECT_EQ(*ledger().provenance("procedure", "A"), std::nullopt);
}

TEST_P(LedgerTest, PublishedAreTheProceduresThatThePortalShowsAndNoDecisionAbolishes) {
    const auto deliver = [this] {
        for (const Claimed& item : claim(Operation::PushProcedure))
            settle(settled(item, State::Delivered));
    };
    take({procedure("3", "public"), procedure("1", "public"), procedure("2", "amended")});
    EXPECT_THAT(*ledger().published_procedures(), IsEmpty());
    deliver();
    EXPECT_THAT(*ledger().published_procedures(), ElementsAre("1", "2", "3"));
    Intake faulty = unreadable("1");
    faulty.facts.kind = "procedure";
    faulty.queue = {Operation::PushProcedure};
    take({procedure("3", "abolished"), procedure("4", "public"), faulty});
    EXPECT_THAT(*ledger().published_procedures(), ElementsAre("1", "2")) << "on its way already";
    EXPECT_THAT(*ledger().abolitions(), ElementsAre(Abolition{"3", ""}));
    deliver();
    EXPECT_THAT(*ledger().published_procedures(), ElementsAre("1", "2", "4"));
    EXPECT_THAT(*ledger().abolitions(), IsEmpty());
}

TEST_P(LedgerTest, AnAbolitionNamesItsDecisionAndAnActItsCount) {
    take({procedure("1", "public"), procedure("2", "public")});
    for (const Claimed& item : claim(Operation::PushProcedure))
        settle(settled(item, State::Delivered));
    Intake gone = procedure("2", "abolished");
    gone.facts.decision = "12/QD";
    gone.facts.action = "abolished";
    take({gone});
    EXPECT_THAT(*ledger().abolitions(), ElementsAre(Abolition{"2", "12/QD"}));
    Act act;
    act.actor = "officer";
    act.what = "confirm";
    act.items = 7;
    ASSERT_TRUE(ledger().note(act, noon));
    EXPECT_EQ(ledger().acts(1)->front().items, 7U);
}

}  // namespace
}  // namespace dvcsync::ledger
