// Our catalogue against the portal's, with the shipped mappings and a portal that the test writes.
#include "connector/sync/drift.h"

#include "tests/unit/sync/exports.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {
namespace {

using std::chrono::year;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Facts = std::map<std::string, std::string>;

class CatalogueDrift : public testing::Test {
  protected:
    CatalogueDrift() {
        const std::filesystem::path source = DVC_SOURCE_DIR;
        profile_ = *portal::Profile::load(source / "mappings/portal/mapi-2024/profile.xml");
        calendar_ = *WorkCalendar::load(source / "mappings/codes/calendar.csv");
    }

    void publish(const std::string& records) {
        office.drop(fmt::format("{}.xml", ++files_), records);
        office.read();
        office.push({Operation::PushProcedure});
        for (const auto& seen : office.portal.seen)
            if (seen.operation == Operation::PushProcedure)
                shown[seen.code] = profile_.procedure_facts(seen.document);
    }

    Drift drift() {
        CatalogueCalls calls;
        calls.calls.look =
            [this](std::string_view code) -> tl::expected<portal::Holding, portal::Outcome> {
            ++asked;
            if (failure) return tl::make_unexpected(*failure);
            const auto found = shown.find(std::string(code));
            if (found == shown.end()) return portal::Holding{};
            return portal::Holding{true, found->second};
        };
        calls.calls.list = [this](auto, auto, int) -> tl::expected<portal::Page, portal::Outcome> {
            if (list_failure) return tl::make_unexpected(*list_failure);
            portal::Page page;
            for (const auto& [code, facts] : shown)
                page.rows.push_back({code, {}});
            return page;
        };
        calls.calls.pace = [](std::string_view) { return portal::Profile::Pace{}; };
        calls.calls.ask_endpoint = calls.calls.list_endpoint = "share";
        calls.facts = [this](std::string_view document) {
            return profile_.procedure_facts(document);
        };
        calls.whole_country = whole_country;
        DriftRules rules;
        rules.workers = 0;
        auto found =
            catalogue_drift(*office.ledger, calls, *office.mappings, calendar_, *office.sealer,
                            office.clock, rules, office.progress, office.stop);
        EXPECT_TRUE(found) << (found ? "" : found.error().message);
        return found ? *std::move(found) : Drift{};
    }

    static portal::Outcome outcome(portal::Verdict verdict) {
        return {verdict, "x", "the portal says no", {}};
    }

    Office office;
    std::map<std::string, Facts> shown;
    std::optional<portal::Outcome> failure;
    std::optional<portal::Outcome> list_failure;
    bool whole_country = false;
    int asked = 0;

  private:
    portal::Profile profile_;
    WorkCalendar calendar_;
    int files_ = 0;
};

TEST_F(CatalogueDrift, TheSameCatalogueDoesNotDrift) {
    publish(procedure_xml("1.1") + procedure_xml("1.2"));
    const auto found = drift();
    EXPECT_EQ(found.ours, 2U);
    EXPECT_EQ(found.theirs, 2U);
    EXPECT_EQ(found.same, 2U);
    EXPECT_THAT(found.missing_there, IsEmpty());
    EXPECT_THAT(found.missing_here, IsEmpty());
    EXPECT_THAT(found.differing, IsEmpty());
    EXPECT_EQ(asked, 2);
}

TEST_F(CatalogueDrift, NamesWhatIsMissingOnEitherSide) {
    publish(procedure_xml("1.1") + procedure_xml("1.2"));
    shown.erase("1.1");
    shown["1.9"] = {};
    const auto found = drift();
    EXPECT_THAT(found.missing_there, ElementsAre("1.1"));
    EXPECT_THAT(found.missing_here, ElementsAre("1.9"));
    EXPECT_EQ(asked, 1) << "what is not listed is not asked for";
}

TEST_F(CatalogueDrift, WhatOnlyTheWholeCountryHasIsNoDrift) {
    shown["1.9"] = {};
    EXPECT_TRUE(drift().drifts());
    whole_country = true;
    const auto found = drift();
    EXPECT_EQ(found.not_ours, 1U);
    EXPECT_THAT(found.missing_here, IsEmpty());
    EXPECT_FALSE(found.drifts());
}

TEST_F(CatalogueDrift, NamesEachFactThatDiffersWithBothSides) {
    publish(procedure_xml("1.1"));
    shown["1.1"]["name"] = "Another name";
    shown["1.1"]["decision"] = "";
    shown["1.1"].erase("state");
    const auto found = drift();
    ASSERT_THAT(found.differing, SizeIs(1));
    ASSERT_THAT(found.differing[0].facts, SizeIs(2)) << "what the portal does not tell is not said";
    EXPECT_EQ(found.differing[0].facts[0].name, "decision");
    EXPECT_EQ(found.differing[0].facts[0].ours, "1/QD");
    EXPECT_EQ(found.differing[0].facts[1].theirs, "Another name");
}

TEST_F(CatalogueDrift, ADecisionIsLateAfterFiveWorkingDays) {
    // Decided on Wednesday 2 January 2019; Saturday 5 January was worked: due on Tuesday 8.
    publish(procedure_xml("1.1"));
    const auto found = drift();
    ASSERT_THAT(found.late, SizeIs(1));
    EXPECT_EQ(found.late[0].decided, Date(year(2019) / 1 / 2));
    EXPECT_EQ(found.late[0].due, Date(year(2019) / 1 / 8));
    EXPECT_EQ(found.late[0].entered, Date(year(2019) / 7 / 1));
    EXPECT_TRUE(found.drifts());
}

TEST_F(CatalogueDrift, ADecisionThatIsNotEnteredIsLateOnlyAfterItsDay) {
    const auto decided = [](const char* code, const char* day) {
        std::string xml = procedure_xml(code);
        return xml.replace(xml.find("02/01/2019"), 10, day);
    };
    office.drop("x.xml", decided("1.1", "24/06/2019") + decided("1.2", "21/06/2019"));
    office.read();  // not pushed; it is Monday 1 July
    const auto found = drift();
    EXPECT_EQ(found.unsent, 2U);
    ASSERT_THAT(found.late, SizeIs(1));
    EXPECT_EQ(found.late[0].code, "1.2");
    EXPECT_EQ(found.late[0].due, Date(year(2019) / 6 / 28));
    EXPECT_EQ(found.late[0].entered, std::nullopt);
}

TEST_F(CatalogueDrift, NamesProceduresOfDossiersThatThePortalDoesNotList) {
    office.drop("d.xml", dossier_xml("000.00.01.H22-190301-0001"));
    office.read();
    const auto used = drift();
    ASSERT_THAT(used.unknown, SizeIs(1));
    EXPECT_EQ(used.unknown[0].dossiers, 1U);
    shown[used.unknown[0].national] = {};
    EXPECT_THAT(drift().unknown, IsEmpty());
}

TEST_F(CatalogueDrift, APortalThatIsAwayLeavesAReportThatSaysSo) {
    publish(procedure_xml("1.1"));
    list_failure = outcome(portal::Verdict::Misconfigured);
    auto found = drift();
    EXPECT_TRUE(found.portal_failed);
    EXPECT_EQ(found.stop, "the portal says no");
    EXPECT_THAT(found.missing_there, IsEmpty());
    list_failure.reset();
    failure = outcome(portal::Verdict::Misconfigured);
    found = drift();
    EXPECT_TRUE(found.portal_failed);
    EXPECT_THAT(found.failed, IsEmpty()) << "it was not reached";
}

TEST_F(CatalogueDrift, OneQuestionThatIsRefusedIsNotCompared) {
    publish(procedure_xml("1.1"));
    failure = outcome(portal::Verdict::Refused);
    const auto found = drift();
    EXPECT_TRUE(found.stop.empty());
    ASSERT_THAT(found.failed, SizeIs(1));
    EXPECT_EQ(found.failed[0].reason, "the portal says no");
    EXPECT_TRUE(found.drifts());
}

}  // namespace
}  // namespace dvcsync::sync
