// A portal that gives each dossier its code and is told of its state by a service of its own: the
// profile dvc-2026.
#include "tests/unit/sync/new_office.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(GivenCode, ANewDossierGetsItsCodeIsCreatedAndItsStateIsTold) {
    NewOffice office;
    office.file(2);
    EXPECT_EQ(office.push().delivered, 2u);
    EXPECT_THAT(office.sent(),
                ElementsAre("new GIVEN-1", "known GIVEN-1", "step GIVEN-1", "step GIVEN-1"));
    EXPECT_THAT(office.portal.seen[0].document, HasSubstr("ThongTinNguoiNop"));
    EXPECT_THAT(office.portal.seen[1].document, Not(HasSubstr("ThongTinNguoiNop")));
    EXPECT_EQ(office.portal.codes_asked, 1);
}

TEST(GivenCode, IsKeptBeforeAnythingLeavesAndOutlivesTheProgram) {
    NewOffice office;
    office.file();
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::Misconfigured);  // the run ends here
    };
    office.push();
    ASSERT_THAT(office.sent(), ElementsAre("new GIVEN-1"));
    office.portal.answer = nullptr;
    office.reopen();
    office.push();
    EXPECT_THAT(office.sent(),
                ElementsAre("new GIVEN-1", "new GIVEN-1", "known GIVEN-1", "step GIVEN-1"));
    EXPECT_EQ(office.portal.codes_asked, 1);
}

TEST(GivenCode, AQuestionForOneThatIsLostSendsNothing) {
    NewOffice office;
    office.file();
    const auto gives =
        std::exchange(office.portal.next_code, []() -> tl::expected<portal::GivenCode, Outcome> {
            Outcome lost = outcome(Verdict::Retry);
            lost.endpoint = true;
            return tl::make_unexpected(lost);
        });
    office.push();
    EXPECT_TRUE(office.portal.seen.empty());
    EXPECT_TRUE(office.parked().empty());
    office.portal.next_code = gives;
    office.clock.sleep(std::chrono::hours{2});
    EXPECT_EQ(office.push().delivered, 2u);
}

TEST(GivenCode, ACreationInDoubtGoesAgainUnderTheSameCode) {
    NewOffice office;
    office.file();
    int creations = 0;
    office.portal.answer = [&](Operation operation, const portal::Item&, bool updating) {
        if (operation != Operation::PushDossier || updating) return outcome(Verdict::Accepted);
        return outcome(++creations == 1 ? Verdict::InDoubt : Verdict::Exists);
    };
    office.push();
    office.clock.sleep(std::chrono::hours{2});
    office.push();
    EXPECT_THAT(office.sent(),
                ElementsAre("new GIVEN-1", "new GIVEN-1", "known GIVEN-1", "step GIVEN-1"));
    EXPECT_EQ(office.portal.codes_asked, 1);
    EXPECT_TRUE(office.parked().empty());
}

TEST(KnownForm, AStateThatFailsAfterTheCreationGoesAloneTheNextTime) {
    for (const auto verdict : {Verdict::InDoubt, Verdict::Retry, Verdict::Misconfigured}) {
        NewOffice office;
        office.file();
        bool first = true;
        office.portal.answer = [&](Operation operation, const portal::Item&, bool updating) {
            const bool state = operation == Operation::PushDossier && updating;
            return outcome(state && std::exchange(first, false) ? verdict : Verdict::Accepted);
        };
        office.push();
        office.clock.sleep(std::chrono::hours{2});
        office.reopen();
        office.push();
        EXPECT_THAT(office.sent(),
                    ElementsAre("new GIVEN-1", "known GIVEN-1", "known GIVEN-1", "step GIVEN-1"));
    }
}

TEST(KnownForm, OnlyWhatItTellsIsSentAgain) {
    NewOffice office;
    office.file(1, "processing");
    office.push();
    office.portal.seen.clear();
    office.file(1, "processing", "a note that no document of this portal has");
    EXPECT_EQ(office.push().without_call, 1u);
    EXPECT_TRUE(office.portal.seen.empty());
    office.file(1, "finished");
    office.push();
    EXPECT_THAT(office.sent(), ElementsAre("known GIVEN-1"));
}

TEST(KnownForm, WhatThePortalHasLostIsCreatedAgainUnderItsCodeWithItsSteps) {
    NewOffice office;
    office.file(1, "processing");
    office.push();
    office.portal.seen.clear();
    bool lost = true;
    office.portal.answer = [&](Operation operation, const portal::Item&, bool updating) {
        const bool state = operation == Operation::PushDossier && updating;
        return outcome(state && std::exchange(lost, false) ? Verdict::Missing : Verdict::Accepted);
    };
    office.file(1, "finished");
    office.push();
    EXPECT_THAT(office.sent(),
                ElementsAre("known GIVEN-1", "new GIVEN-1", "known GIVEN-1", "step GIVEN-1"));
    EXPECT_EQ(office.portal.codes_asked, 1);
}

TEST(KnownForm, APortalThatContradictsItselfForeverIsGivenUp) {
    NewOffice office;
    office.file();
    office.portal.answer = [](Operation, const portal::Item&, bool updating) {
        return outcome(updating ? Verdict::Missing : Verdict::Exists);
    };
    office.push();
    ASSERT_EQ(office.parked().size(), 1u);
    EXPECT_THAT(office.parked().front().reason, HasSubstr("given up after"));
}

}  // namespace
}  // namespace dvcsync::sync
