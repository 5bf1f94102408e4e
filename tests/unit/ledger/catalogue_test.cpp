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
    deliver();
    EXPECT_THAT(*ledger().published_procedures(), ElementsAre("1", "2", "4"));
}

}  // namespace
}  // namespace dvcsync::ledger
