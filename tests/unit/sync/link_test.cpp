// The two codes of a dossier that was born on the portal, and what the province answers to it.
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {
namespace {

using ledger::State;
using portal::Outcome;
using portal::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string local = "000.00.01.H22-190701-0001";

std::string naming(const std::string& code, const std::string& portal_code) {
    std::string xml = dossier_xml(code);
    xml.replace(xml.find("</code>"), 7, "</code><portal-code>" + portal_code + "</portal-code>");
    return xml;
}

class Links : public Office, public testing::Test {
  protected:
    // `act`: unlink or relink.
    template <class Change>
    void as_a_person(const std::string& code, Change change) {
        ledger::Act act;
        act.actor = "officer";
        act.reason = "a slip";
        const auto done = (ledger->submissions().*change)(code, act, clock.now());
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
    }
    void unlink(const std::string& code) { as_a_person(code, &ledger::Submissions::unlink); }
    void relink(const std::string& code) { as_a_person(code, &ledger::Submissions::relink); }
    std::string linked(const std::string& code) const {
        return ledger->submissions().local_code(code)->value_or("");
    }
    std::string reason() const { return parked().empty() ? "" : parked().front().reason; }
    // Another look, without anything new to read.
    void look() {
        clock.sleep(Millis{1'000});
        read();
    }
    std::vector<std::string> dossiers_sent() const { return portal.codes(Operation::PushDossier); }
};

TEST_F(Links, ADossierWhoseCodeHasNotArrivedIsParkedAndGoesOnWhenItArrives) {
    drop("dossiers-1.xml", naming(local, "G22-1"));
    read();
    push();
    EXPECT_THAT(dossiers_sent(), IsEmpty()) << "it may have been born on the portal";
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_THAT(reason(), HasSubstr("as G22-1, but nothing of this code has arrived"));
    EXPECT_THAT(reason(), HasSubstr("correct or remove"));
    look();
    EXPECT_EQ(parked().size(), 1u);
    EXPECT_EQ(linked("G22-1"), "");

    arrive("G22-1");
    look();
    EXPECT_THAT(parked(), IsEmpty());
    EXPECT_EQ(linked("G22-1"), local);
    push();
    EXPECT_THAT(dossiers_sent(), IsEmpty()) << "its status goes by answers";
}

TEST_F(Links, ADossierThatNamesNoCodeAnyMoreIsAnOrdinaryOne) {
    drop("dossiers-1.xml", naming(local, "G22-1"));
    read();
    drop("dossiers-2.xml", dossier_xml(local));
    read();
    EXPECT_THAT(parked(), IsEmpty());
    arrive("G22-1");
    look();
    push();
    EXPECT_THAT(dossiers_sent(), ElementsAre(local));
    EXPECT_EQ(linked("G22-1"), "") << "the province has taken it back";
}

TEST_F(Links, AnAnswerOfACodeThatHasNotArrivedGoesOutAndLinksWhenItArrives) {
    drop("answers-1.xml", answer_xml("G22-1", local, {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    push({Operation::PushStatus});
    EXPECT_THAT(portal.codes(Operation::PushStatus), ElementsAre("G22-1"));
    EXPECT_EQ(linked("G22-1"), "");
    arrive("G22-1");
    look();
    EXPECT_EQ(linked("G22-1"), local);
    push({Operation::PushStatus});
    EXPECT_EQ(portal.seen.size(), 1u) << "nothing is told twice";
}

TEST_F(Links, ADossierWhoseLinkIsUndoneGoesOutAsIfItHadNeverBeenLinked) {
    arrive("G22-1");
    drop("answers-1.xml", answer_xml("G22-1", local, {{"accepted", "01/07/2019 08:00:00"}}));
    drop("dossiers-2.xml", dossier_xml(local));
    read();
    push();
    EXPECT_THAT(dossiers_sent(), IsEmpty());
    unlink("G22-1");
    look();
    push();
    EXPECT_THAT(dossiers_sent(), ElementsAre(local));
    ASSERT_EQ(parked().size(), 1u) << "the answer still says so";
    EXPECT_THAT(reason(), HasSubstr("a person has undone"));

    const std::string right = "000.00.01.H22-190701-0002";
    drop("answers-3.xml", answer_xml("G22-1", right, {{"accepted", "01/07/2019 08:00:00"}}));
    drop("dossiers-4.xml", dossier_xml(right));
    read();
    EXPECT_EQ(linked("G22-1"), right);
    EXPECT_THAT(parked(), IsEmpty());
    push();
    EXPECT_EQ(dossiers_sent().size(), 1u);
}

TEST_F(Links, ADossierThatStillNamesTheUndoneCodeIsParkedUntilThatIsTakenBack) {
    arrive("G22-1");
    drop("dossiers-1.xml", naming(local, "G22-1"));
    read();
    ASSERT_EQ(linked("G22-1"), local);
    unlink("G22-1");
    look();
    push();
    EXPECT_THAT(dossiers_sent(), IsEmpty());
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_THAT(reason(), HasSubstr("submissions relink G22-1"));
    relink("G22-1");
    look();
    EXPECT_THAT(parked(), IsEmpty());
    EXPECT_EQ(linked("G22-1"), local);
}

TEST_F(Links, WhatContradictedALinkGoesOnOnceThatIsUndone) {
    arrive("G22-1");
    drop("answers-1.xml", answer_xml("G22-1", "wrong", {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    drop("answers-2.xml", answer_xml("G22-1", local, {{"accepted", "01/07/2019 08:00:00"}}));
    read();
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_THAT(reason(), HasSubstr("submissions unlink G22-1"));
    unlink("G22-1");
    look();
    EXPECT_THAT(parked(), IsEmpty());
    EXPECT_EQ(linked("G22-1"), local);
}

// -- answers ------------------------------------------------------------------------------------

// One event, told with these words by an account.
std::string one_event(const std::string& content, const std::string& account = "T1",
                      const std::string& status = "supplement", const std::string& code = "") {
    std::string xml = answer_xml("G22-1", code, {{status.c_str(), "01/07/2019 08:00:00"}});
    xml.replace(xml.find("<content>c<"), 11, "<content>" + content + "<");
    return xml.replace(xml.find("<account>"), 9, "<account>" + account);
}

TEST_F(Links, AnAnswerWithoutEventsHasNothingToTell) {
    arrive("G22-1");
    drop("answers-1.xml", answer_xml("G22-1", local, {}));
    read();
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_THAT(reason(), HasSubstr("holds no event"));
    EXPECT_EQ(linked("G22-1"), "");
}

TEST_F(Links, WhatWasWithdrawnBeforeItWasAcceptedNeedsNoCodeOfTheProvince) {
    arrive("G22-1");
    drop("answers-1.xml", one_event("c", "", "withdrawn"));
    read();
    push({Operation::PushStatus});
    EXPECT_THAT(parked(), IsEmpty());
    ASSERT_EQ(portal.seen.size(), 1u);
    EXPECT_THAT(portal.seen.front().document, HasSubstr(R"("MaHoSoDonVi":"")"));
    drop("answers-2.xml", one_event("c", "", "accepted"));
    read();
    push({Operation::PushStatus});
    EXPECT_THAT(parked(), testing::SizeIs(1)) << "accepted means that it has one";
}

TEST_F(Links, AnEventThatWasToldAndIsChangedIsParked) {
    arrive("G22-1");
    drop("answers-1.xml", one_event("a paper is missing"));
    read();
    push({Operation::PushStatus});
    ASSERT_EQ(portal.seen.size(), 1u);
    drop("answers-2.xml", one_event("two papers are missing"));
    read();
    push({Operation::PushStatus});
    EXPECT_EQ(portal.seen.size(), 1u);
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_THAT(reason(), HasSubstr("the first 1 events were told"));
    EXPECT_THAT(reason(), HasSubstr("as a new event"));
    drop("answers-3.xml", one_event(" a paper is missing ", "T2"));
    read();
    push({Operation::PushStatus});
    EXPECT_THAT(parked(), IsEmpty()) << "as it was; what stands beside the events is no event";
}

TEST_F(Links, EventsThatAnEarlierProgramHasToldByTheirIdsAlonePass) {
    arrive("G22-1");
    drop("answers-1.xml", one_event("a paper is missing"));
    read();
    const auto item = ledger->claim(Operation::PushStatus, 1, clock.now())->front();
    ledger::Settlement told;
    told.item = item.item;
    told.version = item.version;
    told.state = State::Delivered;
    told.steps_done = 1;
    told.steps_digest = sha256("supplement\n");
    ASSERT_TRUE(ledger->settle(std::array{told}, clock.now()));
    std::string more = one_event("a paper is missing");
    const std::string event =
        more.substr(more.find("<event>"), more.find("</events>") - more.find("<event>"));
    std::string second = event;
    second.replace(second.find("<id>supplement"), 14, "<id>2");
    more.insert(more.find("</events>"), second);
    drop("answers-2.xml", more);
    read();
    push({Operation::PushStatus});
    EXPECT_THAT(parked(), IsEmpty());
    EXPECT_EQ(portal.seen.size(), 1u) << "the second one alone";
}

// The portal has perhaps kept what went out when the call was cut off, and tells a repetition by
// its bytes: whatever is not the same might be there twice.
class Doubted : public Links, public testing::WithParamInterface<bool> {
  protected:
    // One event goes out, and nobody knows what became of it: by no answer, or by a crash.
    void cut_off() {
        arrive("G22-1");
        drop("answers-1.xml", one_event("a paper is missing"));
        read();
        if (GetParam()) {
            const auto items = ledger->claim(Operation::PushStatus, 1, clock.now());
            ASSERT_TRUE(ledger->about_to_send(items->front().item,
                                              names_of_rows(items->front(), *mappings, *sealer)));
            reopen();
            return;
        }
        portal.answer = [](Operation, const portal::Item&, bool) {
            return Outcome{Verdict::InDoubt, "", "no answer", {}};
        };
        rules.patience = rules.outage_patience = Millis{0};
        push({Operation::PushStatus});
        portal.answer = nullptr;
        portal.seen.clear();
        clock.sleep(Millis{3'600'000});
    }
};
INSTANTIATE_TEST_SUITE_P(NoAnswerOrCrash, Doubted, testing::Bool());

TEST_P(Doubted, GoesAgainWhenItIsTheSame) {
    cut_off();
    push({Operation::PushStatus});
    ASSERT_EQ(portal.seen.size(), 1u);
    EXPECT_THAT(parked(), IsEmpty());
}

TEST_P(Doubted, GoesAgainWhenEventsWereAddedMeanwhile) {
    cut_off();
    std::string more = one_event("a paper is missing");
    more.insert(more.find("</events>"),
                "<event><id>2</id><status>refused</status><at>02/07/2019 08:00:00</at>"
                "<content>c</content></event>");
    drop("answers-2.xml", more);
    read();
    push({Operation::PushStatus});
    EXPECT_EQ(portal.seen.size(), 2u);
    EXPECT_THAT(parked(), IsEmpty());
}

TEST_P(Doubted, IsLeftToAPersonWhenItIsAnotherOneNow) {
    cut_off();
    drop("answers-2.xml", one_event("a paper is missing", "T2"));
    read();
    push({Operation::PushStatus});
    push({Operation::PushStatus});
    EXPECT_THAT(portal.seen, IsEmpty());
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_EQ(parked().front().portal_code, ledger::doubt_code);
    EXPECT_THAT(reason(), HasSubstr("twice"));
    drop("answers-3.xml", one_event("a paper is missing", "T3"));
    read();
    push({Operation::PushStatus});
    EXPECT_THAT(portal.seen, IsEmpty()) << "a newer version is no person";
}

}  // namespace
}  // namespace dvcsync::sync
