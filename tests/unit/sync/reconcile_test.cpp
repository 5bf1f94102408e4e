#include "connector/sync/reconcile.h"

#include "connector/base/limits.h"
#include "tests/unit/sync/reconcile_office.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using std::chrono::local_days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Members = HoldingPortal::Members;

// -- the pure part --------------------------------------------------------------------------------

TEST(ReconcileCompare, TellsWhichMembersDifferAndShowsOnlyDatesAndCodes) {
    const auto differences =
        compare(R"({"Status":"4","Due":"20190315170000","Name":"A Person","Phone":"0912345678",)"
                R"("Same":" x ","Office":"000.00.01.H22"})",
                {{"Status", "9"},
                 {"Due", "20190316170000"},
                 {"Name", "Another"},
                 {"Phone", "0912345679"},
                 {"Same", "x"},
                 {"Office", "000.00.02.H22"}});
    ASSERT_TRUE(differences);
    std::vector<std::string> told;
    for (const auto& one : *differences)
        told.push_back(fmt::format("{}:{}:{}", one.member, one.ours, one.theirs));
    EXPECT_THAT(told, ElementsAre("Due:20190315170000:20190316170000", "Name::",
                                  "Office:000.00.01.H22:000.00.02.H22", "Phone::", "Status:4:9"));
}

TEST(ReconcileCompare, AbsentAndEmptyAreTheSame) {
    EXPECT_THAT(*compare(R"({"A":"","C":null})", {{"A", ""}, {"B", " "}, {"C", ""}}), IsEmpty());
    const auto lost = *compare(R"({})", {{"A", "20190315"}});
    ASSERT_EQ(lost.size(), 1U);
    EXPECT_TRUE(lost.front().shown);
    EXPECT_EQ(lost.front().ours, "");
}

TEST(ReconcileCompare, NumbersAreComparedAsText) {
    EXPECT_THAT(*compare(R"({"A":4,"B":true})", {{"A", "4"}, {"B", "true"}}), IsEmpty());
}

TEST(ReconcileCompare, IdentityNumbersAndEightDigitPhonesAreNotShown) {
    for (const char* text : {"012345678901", "123456789", "38251234", "0912.345.678", "Anh",
                             "0101234567-001", "a.b@c.d"}) {
        const auto differences = *compare(R"({"A":""})", {{"A", text}});
        ASSERT_EQ(differences.size(), 1U);
        EXPECT_FALSE(differences.front().shown) << text;
        EXPECT_EQ(differences.front().theirs, "") << text;
    }
}

TEST(ReconcileCompare, AMemberThatIsAListIsAFaultOfTheProfile) {
    const auto differences = compare(R"({"A":[]})", {{"A", "1"}});
    ASSERT_FALSE(differences);
    EXPECT_EQ(differences.error().kind, ErrorKind::Config);
    EXPECT_THAT(differences.error().message, HasSubstr("A cannot be compared"));
}

TEST(ReconcileCompare, TheAgencyOfAnUnknownCodeStandsBeforeTheFirstHyphen) {
    EXPECT_EQ(agency_of("000.00.01.H22-190301-0001"), "000.00.01.H22");
    EXPECT_EQ(agency_of("something"), "");
}

// -- by the portal's list -------------------------------------------------------------------------

TEST_F(Reconcile, WhatWasDeliveredIsTheSame) {
    deliver_dossiers(5);
    const auto found = report();
    expect_sums(found, 5);
    EXPECT_EQ(found.at(Match::Same), 5U);
    EXPECT_TRUE(found.listed);
    EXPECT_FALSE(found.differs());
    EXPECT_EQ(found.stop, "");
    EXPECT_THAT(portal.asked, IsEmpty());
    EXPECT_EQ(portal.pages_read, 3);
    ASSERT_EQ(found.table.size(), 1U);
    EXPECT_EQ(found.table.begin()->first.agency, "000.00.01.H22");
    EXPECT_EQ(found.table.begin()->first.month, std::chrono::year{2019} / 3);
    EXPECT_EQ(found.table.begin()->second.at_portal, 5U);
}

TEST_F(Reconcile, FindsMissingStaleAndUnknown) {
    deliver_dossiers(6);
    portal.held.erase(code_of(2));
    portal.held[code_of(4)]["TrangThaiHoSo"] = "9";
    portal.held[code_of(77)] = portal.held[code_of(1)];
    const auto found = report();
    expect_sums(found, 6);
    EXPECT_THAT(codes(found, Match::Missing), ElementsAre(code_of(2)));
    EXPECT_THAT(codes(found, Match::Stale), ElementsAre(code_of(4)));
    EXPECT_THAT(codes(found, Match::Unknown), ElementsAre(code_of(77)));
    EXPECT_THAT(found.mendable(), ElementsAre(code_of(2), code_of(4)));
    EXPECT_TRUE(found.differs());
    const auto& stale = found.differences[1];
    ASSERT_EQ(stale.members.size(), 1U);
    EXPECT_EQ(stale.members.front().member, "TrangThaiHoSo");
    EXPECT_EQ(stale.members.front().theirs, "9");
    const auto& line = found.table.begin()->second;
    EXPECT_EQ(line.of_province(), 6U);
    EXPECT_EQ(line.at_portal, 6U);
    // Only what differs was asked for by itself.
    EXPECT_EQ(portal.asked.size(), 2U);
}

TEST_F(Reconcile, NotSentYetIsToldApartAndIsNoDifference) {
    deliver_dossiers(2);
    office.drop("later.xml", dossier_xml(code_of(1), 2, "finished") + dossier_xml(code_of(3)) +
                                 dossier_xml(code_of(4), 2, "draft") + "<dossier><code>" +
                                 code_of(5) + "</code></dossier>\n");
    office.read();
    const auto found = report();
    expect_sums(found, 5);
    EXPECT_EQ(found.at(Match::Same), 1U);
    EXPECT_EQ(found.at(Match::Waiting), 2U);
    EXPECT_EQ(found.at(Match::Held), 1U);
    EXPECT_EQ(found.at(Match::Parked), 1U);
    EXPECT_EQ(found.not_sent(), 4U);
    EXPECT_FALSE(found.differs());
}

TEST_F(Reconcile, AnotherMonthAtThePortalIsStaleAndNotMissing) {
    deliver_dossiers(3);
    portal.held[code_of(2)]["NgayTiepNhan"] = "20190501083000";
    for (const bool asking : {true, false}) {
        portal.can_ask = asking;
        rules.slice.received_until = from_vietnam(local_days{std::chrono::year{2019} / 7 / 1});
        const auto found = report();
        expect_sums(found, 3);
        EXPECT_THAT(codes(found, Match::Missing), IsEmpty());
        EXPECT_THAT(codes(found, Match::Unknown), IsEmpty());
        EXPECT_THAT(codes(found, Match::Stale), ElementsAre(code_of(2)));
    }
}

TEST_F(Reconcile, KeepsToTheDaysAndTheAgencyOfTheSlice) {
    const std::string other = "000.00.02.H22";
    hand_over(dossier_xml(code_of(1)) +
              replaced(dossier_xml(code_of(2, other)), "<agency>000.00.01", "<agency>000.00.02") +
              replaced(dossier_xml(code_of(3)), "/03/2019", "/04/2019"));
    portal.held[code_of(88, other)] = portal.held[code_of(1)];
    portal.held[code_of(89)] = portal.held[code_of(3)];
    rules.slice.received_from = from_vietnam(local_days{std::chrono::year{2019} / 3 / 1});
    rules.slice.received_until = from_vietnam(local_days{std::chrono::year{2019} / 4 / 1});
    auto found = report();
    expect_sums(found, 2);
    EXPECT_THAT(codes(found, Match::Unknown), ElementsAre(code_of(88, other)));
    EXPECT_EQ(found.to, (Date{std::chrono::year{2019}, std::chrono::March, std::chrono::day{31}}));
    rules.slice.agency = "000.00.01.H22";
    found = report();
    expect_sums(found, 1);
    EXPECT_THAT(codes(found, Match::Unknown), IsEmpty());
}

TEST_F(Reconcile, WhatARunBesideSendsMeanwhileIsNoDifference) {
    deliver_dossiers(2);
    // After the list was read, the portal gets and accepts a newer version of one dossier.
    office.drop("later.xml", dossier_xml(code_of(1), 2, "finished"));
    office.read();
    bool done = false;
    Members newer;
    portal.before_page = [&] { newer = portal.held[code_of(1)]; };
    portal.page_answer = [&](int) -> tl::expected<portal::Page, Outcome> {
        portal::Page page;
        for (const auto& [code, members] : portal.held)
            page.rows.push_back({code, members});
        if (!done) {
            done = true;
            auto claimed = *office.ledger->claim(Operation::PushDossier, 1, office.clock.now());
            ledger::Settlement settlement;
            settlement.item = claimed.front().item;
            settlement.version = claimed.front().version;
            settlement.state = ledger::State::Delivered;
            settlement.known = true;
            EXPECT_TRUE(office.ledger->settle(std::span(&settlement, 1), office.clock.now()));
            portal.held[code_of(1)]["TrangThaiHoSo"] = "9";
        }
        return page;
    };
    const auto found = report();
    EXPECT_EQ(found.at(Match::Same), 2U);
    EXPECT_FALSE(found.differs());
}

TEST_F(Reconcile, AListThatRepeatsItselfIsNotBelieved) {
    deliver_dossiers(3);
    portal.page_answer = [&](int) -> tl::expected<portal::Page, Outcome> {
        return portal::Page{{{code_of(1), portal.held[code_of(1)]}}, true};
    };
    const auto found = report();
    EXPECT_EQ(portal.pages_read, 2);
    EXPECT_THAT(found.note, HasSubstr("page 2 holds nothing but what earlier pages held"));
    EXPECT_THAT(found.note, HasSubstr("asked one by one instead"));
    EXPECT_FALSE(found.listed);
    EXPECT_EQ(found.at(Match::Same), 3U);
}

TEST_F(Reconcile, AListThatDoesNotEndIsNotBelieved) {
    deliver_dossiers(1);
    portal.page_answer = [](int page) -> tl::expected<portal::Page, Outcome> {
        return portal::Page{{{fmt::format("{}", page), {}}}, true};
    };
    auto found = report();
    EXPECT_EQ(portal.pages_read, limits::list_pages);
    EXPECT_THAT(found.note, HasSubstr("would not be the last one either"));
    portal.page_answer = [](int) -> tl::expected<portal::Page, Outcome> {
        return portal::Page{{}, true};
    };
    found = report();
    EXPECT_THAT(found.note, HasSubstr("is empty, yet more is said to follow"));
}

TEST_F(Reconcile, AListThatIsRefusedIsMadeUpForByAsking) {
    deliver_dossiers(3);
    portal.held.erase(code_of(3));
    portal.page_answer = [](int) -> tl::expected<portal::Page, Outcome> {
        return tl::make_unexpected(Outcome{Verdict::Refused, "-1", "no such service", {}});
    };
    const auto found = report();
    expect_sums(found, 3);
    EXPECT_THAT(found.note, HasSubstr("no such service"));
    EXPECT_THAT(codes(found, Match::Missing), ElementsAre(code_of(3)));
    portal.can_ask = false;
    const auto alone = report();
    EXPECT_TRUE(alone.portal_failed);
    EXPECT_THAT(alone.stop, HasSubstr("no such service"));
    expect_sums(alone, 3);
}

// -- one by one -----------------------------------------------------------------------------------

TEST_F(Reconcile, AsksOneByOneWhereThereIsNoList) {
    deliver_dossiers(5);
    portal.can_list = false;
    portal.held.erase(code_of(2));
    portal.held[code_of(4)]["NgayHenTra"] = "20190401170000";
    portal.held[code_of(77)] = portal.held[code_of(1)];
    office.drop("later.xml", dossier_xml(code_of(6)));
    office.read();
    const auto found = report();
    expect_sums(found, 6);
    EXPECT_THAT(codes(found, Match::Missing), ElementsAre(code_of(2)));
    EXPECT_THAT(codes(found, Match::Stale), ElementsAre(code_of(4)));
    EXPECT_EQ(found.at(Match::Waiting), 1U);
    EXPECT_EQ(found.at(Match::Unknown), 0U);
    EXPECT_THAT(found.note, HasSubstr("what only the portal holds cannot be found"));
    EXPECT_EQ(portal.asked.size(), 5U);  // not for what was never sent
}

TEST_F(Reconcile, NamedDossiersAreAskedForEvenIfTheLedgerDoesNotKnowThem) {
    deliver_dossiers(2);
    portal.held[code_of(77)] = portal.held[code_of(1)];
    rules.slice.codes = {code_of(1), code_of(77), code_of(78)};
    const auto found = report();
    expect_sums(found, 1);
    EXPECT_EQ(found.at(Match::Same), 1U);
    EXPECT_THAT(codes(found, Match::Unknown), ElementsAre(code_of(77)));
    EXPECT_EQ(found.nowhere, 1U);
}

TEST_F(Reconcile, ASampleIsExactlyAsLargeAsWasAskedFor) {
    deliver_dossiers(20);
    rules.sample = 7;
    std::set<std::vector<std::string>> samples;
    for (rules.seed = 1; rules.seed <= 5; ++rules.seed) {
        portal.asked.clear();
        expect_sums(report(), 7);
        std::sort(portal.asked.begin(), portal.asked.end());
        EXPECT_EQ(std::set<std::string>(portal.asked.begin(), portal.asked.end()).size(), 7U);
        samples.insert(portal.asked);
    }
    EXPECT_GT(samples.size(), 1U);
    rules.sample = 50;
    expect_sums(report(), 20);
}

TEST_F(Reconcile, WhatCannotBeAskedForIsCountedWithItsReason) {
    deliver_dossiers(4);
    portal.can_list = false;
    portal.look_failure = [](std::string_view code) -> std::optional<Outcome> {
        if (code != code_of(2)) return std::nullopt;
        return Outcome{Verdict::Retry, "HTTP 500", "an answer that makes no sense", {}};
    };
    const auto found = report();
    expect_sums(found, 4);
    EXPECT_EQ(found.at(Match::Same), 3U);
    ASSERT_THAT(codes(found, Match::NotAsked), ElementsAre(code_of(2)));
    EXPECT_EQ(found.differences.front().reason, "an answer that makes no sense");
    EXPECT_EQ(std::count(portal.asked.begin(), portal.asked.end(), code_of(2)), 3);
    EXPECT_FALSE(found.portal_failed);
}

TEST_F(Reconcile, APortalThatIsAwayForAMomentIsWaitedFor) {
    deliver_dossiers(4);
    portal.can_list = false;
    rules.workers = 0;
    rules.patience = Millis{600'000};
    int failures = 8;  // five that open the breaker, and three probes
    portal.look_failure = [&](std::string_view) -> std::optional<Outcome> {
        if (failures-- <= 0) return std::nullopt;
        return Outcome{Verdict::Retry, "HTTP 503", "busy", {}, true};
    };
    const auto found = report();
    EXPECT_EQ(found.at(Match::Same), 4U);
    EXPECT_GT(office.clock.slept, Millis{0});
}

TEST_F(Reconcile, APortalThatStaysAwayIsGivenUpWithWhatWasFoundUntilThen) {
    deliver_dossiers(6);
    portal.can_list = false;
    rules.workers = 0;
    portal.look_failure = [&](std::string_view) -> std::optional<Outcome> {
        if (portal.asked.size() <= 2) return std::nullopt;
        return Outcome{Verdict::Retry, "HTTP 503", "busy", {}, true};
    };
    const auto found = report();
    expect_sums(found, 6);
    EXPECT_EQ(found.at(Match::Same), 2U);
    EXPECT_EQ(found.unreached, 4U);
    EXPECT_TRUE(found.portal_failed);
    EXPECT_EQ(found.stop, "busy");
    EXPECT_LT(portal.asked.size(), 40U);
    EXPECT_LT(office.clock.slept, Millis{300'000});
}

TEST_F(Reconcile, SettingsThatCannotWorkEndItAtOnce) {
    deliver_dossiers(6);
    portal.can_list = false;
    rules.workers = 0;
    portal.look_failure = [](std::string_view) -> std::optional<Outcome> {
        return Outcome{Verdict::Misconfigured, "tls", "the certificate has expired", {}};
    };
    const auto found = report();
    EXPECT_EQ(portal.asked.size(), 1U);
    EXPECT_EQ(found.unreached, 6U);
    EXPECT_EQ(found.stop, "the certificate has expired");
}

TEST_F(Reconcile, NothingButUselessAnswersEndsItToo) {
    deliver_dossiers(30);
    portal.can_list = false;
    rules.workers = 0;
    portal.look_failure = [](std::string_view) -> std::optional<Outcome> {
        return Outcome{Verdict::Retry, "garbage", "not JSON", {}};
    };
    const auto found = report();
    expect_sums(found, 30);
    EXPECT_EQ(portal.asked.size(), 16U * 3U);
    EXPECT_TRUE(found.portal_failed);
    EXPECT_THAT(found.stop, HasSubstr("the last 16 questions had no useful answer: not JSON"));
}

TEST_F(Reconcile, AStopLeavesAPartialReportThatSaysSo) {
    deliver_dossiers(6);
    portal.can_list = false;
    rules.workers = 0;
    portal.look_failure = [&](std::string_view) -> std::optional<Outcome> {
        if (portal.asked.size() == 3) office.stop = true;
        return std::nullopt;
    };
    const auto found = report();
    expect_sums(found, 6);
    EXPECT_EQ(found.at(Match::Same), 3U);
    EXPECT_EQ(found.unreached, 3U);
    EXPECT_EQ(found.stop, "stopped before the end");
    EXPECT_FALSE(found.portal_failed);
}

TEST_F(Reconcile, KeepsToTheProfilesPace) {
    deliver_dossiers(11);
    portal.can_list = false;
    portal.pace = {2, 1};  // two questions a second: eleven take five seconds
    rules.workers = 0;
    office.clock.slept = Millis{0};
    EXPECT_EQ(report().at(Match::Same), 11U);
    EXPECT_GE(office.clock.slept, Millis{4'900});
    EXPECT_LE(office.clock.slept, Millis{6'000});
}

TEST_F(Reconcile, AProfileThatCanDoNeitherIsAConfigError) {
    portal.can_ask = portal.can_list = false;
    const auto result = run();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::Config);
}

TEST_F(Reconcile, AnEmptyLedgerIsTheSameAsNothing) {
    const auto found = report();
    expect_sums(found, 0);
    EXPECT_FALSE(found.differs());
    EXPECT_EQ(portal.pages_read, 0);
}

// -- mending --------------------------------------------------------------------------------------

TEST_F(Reconcile, AResyncOfWhatIsMendableLeavesNoDifference) {
    deliver_dossiers(5);
    portal.held.erase(code_of(2));
    portal.held[code_of(4)]["TrangThaiHoSo"] = "9";
    ledger::Slice slice;
    slice.codes = report().mendable();
    const auto resync = office.ledger->start_resync(
        slice, {0, "tester", "resync start", "reconcile found it", "", {}, 0}, office.clock.now());
    ASSERT_TRUE(resync) << resync.error().message;
    EXPECT_EQ(resync->total, 2U);
    ASSERT_TRUE(office.ledger->feed_resync(10, office.clock.now()));
    office.push(portal.calls(), {Operation::PushProgress, Operation::PushDossier});
    const auto found = report();
    EXPECT_EQ(found.at(Match::Same), 5U);
    EXPECT_FALSE(found.differs());
}

}  // namespace
}  // namespace dvcsync::sync
