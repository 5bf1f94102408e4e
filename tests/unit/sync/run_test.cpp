// A whole run: lease, live changes, resync, and the catalogue's guard.
#include "connector/sync/run.h"

#include "connector/base/limits.h"
#include "connector/sync/catalogue.h"
#include "tests/unit/sync/exports.h"

namespace dvcsync::sync {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ledger::Act act(const std::string& what = "resync start") {
    ledger::Act one;
    one.actor = "officer";
    one.what = what;
    one.reason = "the portal lost them";
    return one;
}

class Running : public Office {
  public:
    Running() { portal.batch = 10; }

    Result<RunReport> try_run(RunOrder order = {}) {
        const PortalCalls calls = portal.calls();
        const auto open_source = [this](const std::string& position) {
            ++looks;
            return province::open_drop_folder(
                drop_folder_settings(folder.path() / "drop", "H22", mappings->vocabulary()),
                position, clock);
        };
        const Parts parts{*ledger, *sealer, *mappings, calls, open_source, clock, progress, stop};
        if (order.who.owner.empty()) order.who.owner = fmt::format("owner-{}", ++owners_);
        order.who.host = "here";
        order.who.process = 1;
        RunRules run_rules;
        run_rules.delivery = rules;
        run_rules.delivery.lease = Millis{120'000};
        run_rules.resync_chunk = chunk;
        return sync::run(parts, order, run_rules);
    }
    RunReport run(RunOrder order = {}) {
        auto report = try_run(std::move(order));
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report.value_or(RunReport{});
    }

    std::size_t chunk = 500;
    int looks = 0;

  private:
    int owners_ = 0;
};

RunOrder dossiers_only() {
    RunOrder order;
    order.job = Job::PushDossiers;
    return order;
}

std::string some_dossiers(int count, const std::string& note = "") {
    std::string records;
    for (int i = 0; i < count; ++i)
        records += dossier_xml(fmt::format("H22-{:03}", i), 2, "processing", note);
    return records;
}

TEST(Run, ASecondRunThatComesMeanwhileChangesNothingAndNamesTheFirst) {
    Running office;
    ledger::Lease other;
    other.owner = "someone";
    other.host = "elsewhere";
    other.process = 4711;
    other.job = "all";
    other.expires = office.clock.now() + Millis{60'000};
    {
        auto second =
            ledger::open_sqlite(office.folder.path() / "ledger.db", office.sealer->key_id());
        ASSERT_TRUE(second);
        ASSERT_TRUE((*second)->acquire(other, false, office.clock.now()));
    }
    office.drop("a.xml", some_dossiers(1));
    const auto report = office.run();
    ASSERT_TRUE(report.busy);
    EXPECT_THAT(describe(*report.busy), HasSubstr("elsewhere, process 4711"));
    EXPECT_EQ(report.intake.read, 0u);
    EXPECT_THAT(office.portal.seen, IsEmpty());
    // Its sign of life is missed: the next run takes over.
    office.clock.sleep(Millis{61'000});
    EXPECT_FALSE(office.run().busy);
    EXPECT_THAT(office.portal.seen, Not(IsEmpty()));
}

TEST(Run, ARunThatHasLostItsLeaseStopsWriting) {
    Running office;
    office.drop("a.xml", some_dossiers(30));
    office.rules.workers = 0;
    bool first = true;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        if (std::exchange(first, false)) {
            // The machine slept in the middle of a call, and another run came.
            office.clock.sleep(std::chrono::minutes{10});
            auto second =
                ledger::open_sqlite(office.folder.path() / "ledger.db", office.sealer->key_id());
            ledger::Lease other;
            other.owner = "the other";
            other.host = "elsewhere";
            other.expires = office.clock.now() + Millis{60'000};
            EXPECT_FALSE((*second)->acquire(other, false, office.clock.now())->has_value());
        }
        return portal::Outcome{portal::Verdict::Accepted, "0", "", {}};
    };
    const auto report = office.try_run(dossiers_only());
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().message, HasSubstr("taken over"));
    EXPECT_EQ(office.ledger->tally("dossier")->delivered, 0u);
}

TEST(Resync, SendsTheSliceAgainAndNoStepTwice) {
    Running office;
    office.drop("a.xml", some_dossiers(25));
    office.run(dossiers_only());
    office.portal.seen.clear();
    ledger::Slice slice;
    slice.codes = {"H22-003", "H22-007"};
    ASSERT_TRUE(office.ledger->start_resync(slice, act(), office.clock.now()));
    const auto report = office.run(dossiers_only());
    EXPECT_EQ(report.resent, 2u);
    ASSERT_THAT(office.portal.seen, SizeIs(2));
    EXPECT_TRUE(office.portal.seen[0].updating);
    EXPECT_EQ(office.ledger->resyncs(1)->front().state, ledger::ResyncState::Done);
    office.portal.seen.clear();
    office.run(dossiers_only());
    EXPECT_THAT(office.portal.seen, IsEmpty()) << "once is enough";
}

TEST(Resync, GivesWayToWhatIsNewBetweenItsChunks) {
    Running office;
    office.chunk = 10;
    office.rules.workers = 0;
    office.drop("a.xml", some_dossiers(40));
    office.run(dossiers_only());
    office.portal.seen.clear();
    ledger::Slice slice;
    ASSERT_TRUE(office.ledger->start_resync(slice, act(), office.clock.now()));
    bool first = true;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        if (std::exchange(first, false)) office.drop("b.xml", dossier_xml("LIVE-1", 0));
        return portal::Outcome{portal::Verdict::Accepted, "0", "", {}};
    };
    office.run(dossiers_only());
    const auto codes = office.portal.codes(Operation::PushDossier);
    ASSERT_THAT(codes, SizeIs(41));
    const auto live = std::find(codes.begin(), codes.end(), "LIVE-1") - codes.begin();
    EXPECT_LE(live, 20) << "in the second chunk, not after the last";
}

TEST(Resync, PausedStoppedAndResumedByOtherHandsWhileARunIsActive) {
    Running office;
    office.chunk = 5;
    office.rules.workers = 0;
    office.drop("a.xml", some_dossiers(30));
    office.run(dossiers_only());
    office.portal.seen.clear();
    const auto started = office.ledger->start_resync({}, act(), office.clock.now());
    ASSERT_TRUE(started);
    bool first = true;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        if (std::exchange(first, false)) {
            auto hand =
                ledger::open_sqlite(office.folder.path() / "ledger.db", office.sealer->key_id());
            EXPECT_TRUE((*hand)->change_resync(started->id, ledger::ResyncState::Paused,
                                               act("resync pause"), office.clock.now()));
        }
        return portal::Outcome{portal::Verdict::Accepted, "0", "", {}};
    };
    office.run(dossiers_only());
    EXPECT_THAT(office.portal.seen, SizeIs(5)) << "the chunk that was handed over, no more";
    office.run(dossiers_only());
    EXPECT_THAT(office.portal.seen, SizeIs(5));
    ASSERT_TRUE(office.ledger->change_resync(started->id, ledger::ResyncState::Active,
                                             act("resync resume"), office.clock.now()));
    office.run(dossiers_only());
    EXPECT_THAT(office.portal.seen, SizeIs(30));
}

TEST(Resync, SendsTheNewestVersionNotTheOneThatWasThereWhenItBegan) {
    Running office;
    office.chunk = 5;
    office.rules.workers = 0;
    office.drop("a.xml", some_dossiers(12, "old"));
    office.run(dossiers_only());
    ASSERT_TRUE(office.ledger->start_resync({}, act(), office.clock.now()));
    office.drop("b.xml", some_dossiers(12, "newer"));
    office.portal.seen.clear();
    office.run(dossiers_only());
    for (const auto& one : office.portal.seen)
        EXPECT_THAT(one.document, HasSubstr("newer"));
}

TEST(Log, HoldsNoWordOfThePortalBecauseItMayNameAPerson) {
    const auto said = [](portal::Verdict verdict, bool endpoint, bool quoted) {
        return [=](Operation, const portal::Item&, bool) {
            portal::Outcome outcome{verdict, "-7", "Nguyen Van Kin has no such permit", {}};
            outcome.endpoint = endpoint;
            outcome.quoted = quoted;
            return outcome;
        };
    };
    using portal::Verdict;
    for (const auto& [verdict, endpoint] :
         {std::pair{Verdict::Refused, false}, std::pair{Verdict::Misconfigured, false},
          std::pair{Verdict::Retry, true}, std::pair{Verdict::Retry, false}}) {
        Running office;
        office.drop("a.xml", some_dossiers(12));
        office.portal.answer = said(verdict, endpoint, true);
        const auto report = office.run(dossiers_only());
        const bool stopped = verdict == Verdict::Misconfigured || endpoint;
        EXPECT_EQ(report.delivery.stop.find("Nguyen") != std::string::npos, stopped)
            << "whoever runs it is told";
        const auto lines = log_lines(Job::PushDossiers, report);
        ASSERT_THAT(lines, Not(IsEmpty()));
        EXPECT_TRUE(lines[0].warning);
        for (const auto& line : lines)
            EXPECT_THAT(line.text, Not(HasSubstr("Nguyen")));
        if (stopped) {
            EXPECT_THAT(lines[0].text, HasSubstr("stopped: the portal answered with code -7"));
        }
    }
    Running words;
    words.drop("a.xml", some_dossiers(1));
    words.portal.answer = [](Operation, const portal::Item&, bool) {
        portal::Outcome outcome{Verdict::Misconfigured, "Nguyen Van Kin", "no", {}};
        outcome.quoted = true;
        return outcome;
    };
    EXPECT_THAT(log_lines(Job::All, words.run(dossiers_only())).front().text,
                Not(HasSubstr("Nguyen")));
    Running office;
    office.drop("a.xml", some_dossiers(1));
    office.portal.answer = said(Verdict::Misconfigured, false, false);
    EXPECT_THAT(log_lines(Job::All, office.run(dossiers_only())).front().text,
                HasSubstr("has no such permit"))
        << "our own words";
}

TEST(Log, TellsHowManyItemsAreLeftNotHowOftenTheyWerePutOff) {
    Running office;
    office.drop("a.xml", some_dossiers(3));
    int calls = 0;
    office.portal.answer = [&](Operation operation, const portal::Item&, bool) {
        const bool again = operation == Operation::PushDossier && ++calls <= 6;
        return portal::Outcome{
            again ? portal::Verdict::Retry : portal::Verdict::Accepted, "9", "", {}};
    };
    const auto report = office.run(dossiers_only());
    EXPECT_EQ(report.delivery.waiting, 6u);
    EXPECT_EQ(report.left, 0u);
    EXPECT_THAT(log_lines(Job::All, report).front().text, HasSubstr("left for later 0"));
}

class CatalogueGuard : public ::testing::Test {
  protected:
    CatalogueGuard() {
        office_.drop("0.xml", procedures("public", "new"));
        office_.run(catalogue_only());
    }
    static std::string procedures(const std::string& state, const std::string& action) {
        std::string all;
        for (int i = 1; i <= 12; ++i)
            all += procedure_xml(fmt::format("1.{}", 100 + i), state, action, "7/QD");
        return all;
    }
    static RunOrder catalogue_only(bool confirm = false) {
        RunOrder order;
        order.job = Job::PushCatalogue;
        if (confirm) order.confirm = act("confirm");
        return order;
    }
    Running office_;
};

TEST_F(CatalogueGuard, NamesTheFirstProceduresAndListsAll) {
    office_.drop("1.xml", procedures("abolished", "abolished"));
    const auto report = office_.run(catalogue_only());
    EXPECT_TRUE(report.attention);
    EXPECT_THAT(report.catalogue_stop, HasSubstr("abolish 12 of the 12 procedures"));
    EXPECT_THAT(report.catalogue_stop, HasSubstr("(1.101, 1.102, "));
    EXPECT_THAT(report.catalogue_stop, HasSubstr("1.110 and 2 more)"));
    EXPECT_THAT(report.catalogue_stop, HasSubstr("dvcsync catalogue lists them all"));
    const auto outlook = catalogue_outlook(*office_.ledger, 10);
    ASSERT_TRUE(outlook);
    ASSERT_THAT(outlook->abolish, SizeIs(12));
    EXPECT_EQ(outlook->abolish.front(), (ledger::Abolition{"1.101", "7/QD"}));
    EXPECT_EQ(outlook->stopped, 12u);
    EXPECT_THAT(office_.ledger->acts(5).value(), IsEmpty());
}

TEST_F(CatalogueGuard, ListsWhatAWholeCatalogueLacks) {
    std::ofstream(office_.folder.path() / "drop" / "in" / "1.xml")
        << "<province-export complete='procedure'>" << procedure_xml("1.103")
        << "</province-export>";
    EXPECT_THAT(office_.run(catalogue_only()).catalogue_stop,
                HasSubstr("11 of the 12 published procedures are not in it (1.101, 1.102, 1.104"));
    const auto outlook = catalogue_outlook(*office_.ledger, 10);
    ASSERT_TRUE(outlook);
    EXPECT_THAT(outlook->lacks, SizeIs(11));
    EXPECT_THAT(outlook->abolish, IsEmpty());
}

TEST_F(CatalogueGuard, AConfirmationIsToldAndKeptWithItsCount) {
    office_.drop("1.xml", procedures("abolished", "abolished"));
    const auto report = office_.run(catalogue_only(true));
    EXPECT_EQ(report.confirmed, 12u);
    EXPECT_THAT(report.confirmed_for, HasSubstr("abolish 12 of the 12"));
    EXPECT_EQ(report.catalogue_stop, "");
    EXPECT_EQ(report.delivery.delivered, 12u);
    const auto acts = office_.ledger->acts(5).value();
    ASSERT_THAT(acts, SizeIs(1));
    EXPECT_EQ(acts[0].actor, "officer");
    EXPECT_EQ(acts[0].items, 12u);
    EXPECT_THAT(acts[0].selection, HasSubstr("abolish 12 of the 12"));
}

TEST_F(CatalogueGuard, AConfirmationIsOneActARunHoweverOftenTheRunPushes) {
    office_.drop("1.xml", some_dossiers(2));
    office_.run(dossiers_only());
    ASSERT_TRUE(office_.ledger->start_resync({}, act(), office_.clock.now()));
    office_.drop("2.xml", procedures("abolished", "abolished"));
    office_.portal.answer = [](Operation operation, const portal::Item&, bool) {
        const bool busy = operation == Operation::PushProcedure;  // they stay in the queue
        return portal::Outcome{
            busy ? portal::Verdict::Retry : portal::Verdict::Accepted, "9", "", {}};
    };
    RunOrder order;
    order.confirm = act("confirm");
    const auto report = office_.run(order);
    EXPECT_EQ(report.resent, 2u) << "so the guard was asked again";
    EXPECT_EQ(report.catalogue_stop, "");
    const auto acts = office_.ledger->acts(9).value();
    EXPECT_EQ(std::count_if(acts.begin(), acts.end(),
                            [](const auto& one) { return one.what == "confirm"; }),
              1);
}

TEST_F(CatalogueGuard, AConfirmationThatIsNotNeededIsNoAct) {
    office_.drop("1.xml", procedure_xml("1.200"));
    const auto report = office_.run(catalogue_only(true));
    EXPECT_EQ(report.confirmed, 0u);
    EXPECT_EQ(report.delivery.delivered, 1u);
    EXPECT_THAT(office_.ledger->acts(5).value(), IsEmpty());
}

TEST_F(CatalogueGuard, TheRuleCountsTheShareButLetsAHandfulPass) {
    EXPECT_FALSE(too_many(0, 0, 10));
    EXPECT_FALSE(too_many(limits::catalogue_handful, 10, 10));
    EXPECT_FALSE(too_many(100, 1000, 10));
    EXPECT_TRUE(too_many(101, 1000, 10));
    EXPECT_TRUE(too_many(20, 20, 10));
    EXPECT_FALSE(too_many(20, 20, 100));
}

TEST(Run, KeepsWhatTheProfileDoesNotSendAndThatNeedsNobody) {
    Running office;
    office.portal.lacks = {Operation::PushProcedure, Operation::PushProgress,
                           Operation::PushStatistics};
    office.drop("one.xml", procedure_xml("1.000001") + dossier_xml("D-1", 1));
    const auto report = office.run();
    EXPECT_FALSE(report.attention);
    EXPECT_EQ(report.delivery.delivered, 1U);
    EXPECT_THAT(report.kept, ::testing::ElementsAre(::testing::Pair(Operation::PushProcedure, 1U)));
    EXPECT_THAT(report.delivery.stop, IsEmpty());
    EXPECT_THAT(office.portal.codes(Operation::PushDossier), SizeIs(1));
    EXPECT_THAT(office.portal.seen, SizeIs(1));
    // Another profile sends it.
    office.portal.lacks = {};
    EXPECT_THAT(office.run().kept, IsEmpty());
    EXPECT_THAT(office.portal.codes(Operation::PushProcedure), SizeIs(1));
}

}  // namespace
}  // namespace dvcsync::sync
