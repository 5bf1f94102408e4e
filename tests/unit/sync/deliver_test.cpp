#include "connector/sync/deliver.h"

#include "tests/unit/sync/exports.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Outcome outcome(Verdict verdict, std::string message = "") {
    return {verdict, "", std::move(message), {}};
}

// The endpoint's failure, not the item's.
Outcome down(Verdict verdict, std::string message = "") {
    Outcome one = outcome(verdict, std::move(message));
    one.endpoint = true;
    return one;
}

TEST(Deliver, ADossierGoesBeforeItsStepsAndEachStepOnceInOrder) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 3));
    office.read();
    EXPECT_EQ(office.push().delivered, 2u);
    ASSERT_EQ(office.portal.seen.size(), 4u);
    EXPECT_EQ(office.portal.seen[0].operation, Operation::PushDossier);
    EXPECT_FALSE(office.portal.seen[0].updating);
    for (int i = 1; i <= 3; ++i) {
        const auto& row = office.portal.seen[static_cast<std::size_t>(i)];
        EXPECT_EQ(row.operation, Operation::PushProgress);
        EXPECT_THAT(row.document, HasSubstr(fmt::format("step {}", i)));
    }
}

TEST(Deliver, ALaterVersionSendsAnUpdateAndOnlyTheNewSteps) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 2));
    office.read();
    office.push();
    office.portal.seen.clear();
    office.drop("b.xml", dossier_xml("H22-1", 3, "processing", "more"));
    office.read();
    EXPECT_EQ(office.push().delivered, 2u);
    ASSERT_EQ(office.portal.seen.size(), 2u);
    EXPECT_TRUE(office.portal.seen[0].updating);
    EXPECT_THAT(office.portal.seen[1].document, HasSubstr("step 3"));
}

TEST(Deliver, AChangeThatThePortalDoesNotAskForCostsNoDossierCall) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 2));
    office.read();
    office.push();
    office.portal.seen.clear();
    // Only the steps differ, and they are not part of the dossier's document.
    office.drop("b.xml", dossier_xml("H22-1", 3));
    office.read();
    const auto counts = office.push();
    EXPECT_EQ(counts.without_call, 1u);
    ASSERT_EQ(office.portal.seen.size(), 1u);
    EXPECT_EQ(office.portal.seen[0].operation, Operation::PushProgress);
}

TEST(Deliver, ASecondRunOverTheSameRecordsSendsNothing) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1") + dossier_xml("H22-2"));
    office.read();
    office.push();
    const int calls = office.portal.calls_made;
    office.drop("b.xml", dossier_xml("H22-1") + dossier_xml("H22-2"));
    EXPECT_EQ(office.read().unchanged, 2u);
    EXPECT_EQ(office.push().delivered, 0u);
    EXPECT_EQ(office.portal.calls_made, calls);
}

TEST(Deliver, AlreadyThereTurnsIntoAnUpdateWithoutAPerson) {
    Office office;
    office.portal.answer = [](Operation operation, const portal::Item&, bool updating) {
        return operation == Operation::PushDossier && !updating ? outcome(Verdict::Exists)
                                                                : outcome(Verdict::Accepted);
    };
    office.drop("a.xml", dossier_xml("H22-1", 1));
    office.read();
    EXPECT_EQ(office.push().delivered, 2u);
    EXPECT_EQ(office.portal.seen.size(), 3u);
    EXPECT_TRUE(office.portal.seen[1].updating);
}

TEST(Deliver, WhatWasLearntOfTheRecordIsKeptWhenTheUpdateThatFollowsStaysOpen) {
    for (const auto verdict : {Verdict::InDoubt, Verdict::Retry, Verdict::Misconfigured}) {
        Office office;
        office.drop("a.xml", procedure_xml("1.005129"));
        office.read();
        bool open = true;
        office.portal.answer = [&](Operation, const portal::Item&, bool updating) {
            if (!updating) return outcome(Verdict::Exists);
            return std::exchange(open, false) ? outcome(verdict) : outcome(Verdict::Accepted);
        };
        office.push({Operation::PushProcedure});
        office.clock.sleep(std::chrono::hours{2});
        office.push({Operation::PushProcedure});
        ASSERT_EQ(office.portal.seen.size(), 3u);
        EXPECT_FALSE(office.portal.seen[0].updating);
        EXPECT_TRUE(office.portal.seen[1].updating);
        EXPECT_TRUE(office.portal.seen[2].updating) << "it is known: not as new once more";
        EXPECT_TRUE(office.parked().empty());
    }
}

TEST(Deliver, UnknownThereTurnsIntoANewOne) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    office.push();
    office.portal.answer = [](Operation, const portal::Item&, bool updating) {
        return updating ? outcome(Verdict::Missing) : outcome(Verdict::Accepted);
    };
    office.drop("b.xml", dossier_xml("H22-1", 0, "processing", "changed"));
    office.read();
    EXPECT_EQ(office.push().delivered, 1u);
}

TEST(Deliver, APortalThatContradictsItselfParksTheItemAndDoesNotLoop) {
    Office office;
    office.portal.answer = [](Operation, const portal::Item&, bool updating) {
        return outcome(updating ? Verdict::Missing : Verdict::Exists, "contradiction");
    };
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    EXPECT_EQ(office.push().refused, 1u);
    EXPECT_LE(office.portal.calls_made, 4);
}

TEST(Deliver, ARefusedItemParksAloneWithThePortalsWords) {
    Office office;
    office.portal.answer = [](Operation, const portal::Item& item, bool) {
        return item.code == "H22-2" ? outcome(Verdict::Refused, "the field is too long")
                                    : outcome(Verdict::Accepted);
    };
    office.drop("a.xml",
                dossier_xml("H22-1", 1) + dossier_xml("H22-2", 1) + dossier_xml("H22-3", 1));
    office.read();
    const auto counts = office.push();
    EXPECT_EQ(counts.delivered, 4u);
    EXPECT_EQ(counts.refused, 1u);
    const auto parked = office.parked();
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_EQ(parked[0].code, "H22-2");
    EXPECT_EQ(parked[0].cause, ledger::Cause::Portal);
    EXPECT_THAT(parked[0].reason, HasSubstr("the field is too long"));
    EXPECT_EQ(office.ledger->tally("dossier")->refused, 1u);
}

TEST(Deliver, ABatchThatIsRefusedAsAWholeIsSentAgainOneByOne) {
    Office office;
    office.portal.answer = [&](Operation, const portal::Item& item, bool) {
        if (item.code == "H22-2") return outcome(Verdict::Refused, "bad");
        return outcome(Verdict::Accepted);
    };
    auto inner = office.portal.calls();
    PortalCalls whole = inner;
    whole.push = [&](Operation operation, std::span<const portal::Item> items, bool updating) {
        auto outcomes = inner.push(operation, items, updating);
        const bool bad = std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& one) {
            return one.verdict != Verdict::Accepted;
        });
        if (bad && items.size() > 1) outcomes.assign(items.size(), outcome(Verdict::Alone));
        return outcomes;
    };
    office.drop("a.xml",
                dossier_xml("H22-1", 0) + dossier_xml("H22-2", 0) + dossier_xml("H22-3", 0));
    office.read();
    const auto counts = office.push(whole, {Operation::PushDossier});
    EXPECT_EQ(counts.delivered, 2u);
    EXPECT_EQ(counts.refused, 1u);
}

TEST(Deliver, ARefusedStepHoldsBackTheLaterStepsOfItsDossierOnly) {
    Office office;
    office.portal.batch = 1;
    office.portal.answer = [](Operation operation, const portal::Item& item, bool) {
        const bool bad = operation == Operation::PushProgress && item.code == "H22-1" &&
                         item.document.find("step 2") != std::string_view::npos;
        return outcome(bad ? Verdict::Refused : Verdict::Accepted, "no");
    };
    office.drop("a.xml", dossier_xml("H22-1", 3) + dossier_xml("H22-2", 3));
    office.read();
    office.push();
    EXPECT_EQ(office.portal.codes(Operation::PushProgress).size(), 5u)
        << "two of the first dossier, three of the second";
    EXPECT_EQ(office.ledger->tally("dossier")->refused, 1u);
    // Once the portal takes it, only what is missing goes.
    office.portal.answer = nullptr;
    office.portal.seen.clear();
    office.drop("b.xml", dossier_xml("H22-1", 3, "processing", "mended"));
    office.read();
    office.push();
    EXPECT_EQ(office.portal.codes(Operation::PushProgress).size(), 2u);
}

TEST(Deliver, ARetryWaitsAndThenGoesInTheSameRunIfItsTimeIsNear) {
    Office office;
    int calls = 0;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        if (++calls == 1) return Outcome{Verdict::Retry, "HTTP 503", "busy", Millis{3'000}};
        return outcome(Verdict::Accepted);
    };
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    const auto counts = office.push();
    EXPECT_EQ(counts.waiting, 1u);
    EXPECT_EQ(counts.delivered, 1u);
    EXPECT_GE(office.clock.slept, Millis{3'000});
}

TEST(Deliver, ALongRetryStaysInTheLedgerAndNothingIsLost) {
    Office office;
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return Outcome{Verdict::Retry, "HTTP 429", "later", Millis{std::chrono::minutes{30}}};
    };
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    EXPECT_EQ(office.push().delivered, 0u);
    EXPECT_EQ(office.ledger->tally("dossier")->waiting, 1u);
    office.portal.answer = nullptr;
    office.clock.sleep(std::chrono::minutes{31});
    EXPECT_EQ(office.push().delivered, 1u);
}

TEST(Deliver, AnItemThatFailsTooOftenIsParkedWithTheLastReason) {
    Office office;
    office.rules.call.max_attempts = 3;
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return Outcome{Verdict::Retry, "HTTP 503", "busy", Millis{1}};
    };
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    office.push();
    const auto parked = office.parked();
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_THAT(parked[0].reason, HasSubstr("3 attempts"));
}

TEST(Deliver, AMisconfiguredPortalStopsTheRunAndBlamesNoItem) {
    Office office;
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::Misconfigured, "the certificate is not trusted");
    };
    std::string records;
    for (int i = 0; i < 200; ++i)
        records += dossier_xml(fmt::format("H22-{}", i), 0);
    office.drop("a.xml", records);
    office.read();
    const auto counts = office.push();
    EXPECT_THAT(counts.stop, HasSubstr("certificate"));
    EXPECT_LT(office.portal.calls_made, 10);
    EXPECT_EQ(office.ledger->tally("dossier")->waiting, 200u);
    EXPECT_TRUE(office.parked().empty());
}

TEST(Deliver, APortalThatIsDownEndsTheRunBeforeEveryItemHasFailed) {
    Office office;
    office.portal.batch = 1;
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return down(Verdict::Retry, "connection refused");
    };
    std::string records;
    for (int i = 0; i < 300; ++i)
        records += dossier_xml(fmt::format("H22-{}", i), 0);
    office.drop("a.xml", records);
    office.read();
    const auto counts = office.push();
    EXPECT_THAT(counts.stop, HasSubstr("connection refused"));
    EXPECT_LT(office.portal.calls_made, 60);
    EXPECT_EQ(office.ledger->tally("dossier")->waiting, 300u);
}

TEST(Deliver, ADoubtIsLeftOnlyByAskingThePortal) {
    Office office;
    bool cut = true;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        return outcome(std::exchange(cut, false) ? Verdict::InDoubt : Verdict::Accepted);
    };
    office.portal.knows = true;
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    const auto counts = office.push();
    EXPECT_THAT(office.portal.asked, ElementsAre("H22-1"));
    EXPECT_EQ(counts.doubtful, 1u);
    EXPECT_EQ(counts.delivered, 1u);
    ASSERT_EQ(office.portal.seen.size(), 2u);
    EXPECT_TRUE(office.portal.seen[1].updating) << "it was there: the second goes as an update";
}

TEST(Deliver, WhatWasBeingSentWhenTheProgramDiedIsAskedForFirst) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    ASSERT_EQ(office.ledger->claim(Operation::PushDossier, 10, office.clock.now())->size(), 1u);
    office.reopen();  // as after a crash
    office.portal.knows = false;
    EXPECT_EQ(office.push().delivered, 1u);
    EXPECT_THAT(office.portal.asked, ElementsAre("H22-1"));
    EXPECT_FALSE(office.portal.seen[0].updating);
}

TEST(Deliver, StepsInDoubtGoAgainWhereTheProfileSaysThatTheSameAgainDoesNoHarm) {
    Office office;
    bool cut = true;
    office.portal.answer = [&](Operation operation, const portal::Item&, bool) {
        if (operation != Operation::PushProgress) return outcome(Verdict::Accepted);
        // The first call was kept but its answer was lost; the portal knows these rows by now.
        return outcome(std::exchange(cut, false) ? Verdict::InDoubt : Verdict::Exists);
    };
    office.portal.batch = 2;
    office.drop("a.xml", dossier_xml("H22-1", 2));
    office.read();
    office.push();
    EXPECT_EQ(office.portal.codes(Operation::PushProgress).size(), 4u) << "two rows, twice";
    EXPECT_EQ(office.ledger->tally("dossier")->delivered, 1u);
}

TEST(Deliver, StepsInDoubtAreParkedWhereTheProfileSaysThatAPersonMustLook) {
    Office office;
    office.portal.repeatable = false;
    office.portal.answer = [](Operation operation, const portal::Item&, bool) {
        return outcome(operation == Operation::PushProgress ? Verdict::InDoubt : Verdict::Accepted);
    };
    office.drop("a.xml", dossier_xml("H22-1", 2));
    office.read();
    office.push();
    office.push();
    EXPECT_EQ(office.portal.codes(Operation::PushProgress).size(), 1u)
        << "where the same row twice is kept twice, rows go one after the other";
    const auto parked = office.parked();
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_THAT(parked[0].reason, HasSubstr("cut off"));
}

TEST(Deliver, AStepThatWasSentAndThenRemovedParksTheProgress) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 3));
    office.read();
    office.push();
    office.drop("b.xml", dossier_xml("H22-1", 2, "processing", "one step less"));
    office.read();
    office.push();
    const auto parked = office.parked();
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_THAT(parked[0].reason, HasSubstr("removed or renamed"));
    office.drop("c.xml", dossier_xml("H22-1", 4, "processing", "and two more"));
    office.read();
    office.push();
    EXPECT_EQ(office.portal.codes(Operation::PushProgress).size(), 4u);
}

TEST(Deliver, ARecordThatTheMappingRefusesIsParkedWithAllItsFaults) {
    Office office;
    auto xml = dossier_xml("H22-1", 0);
    const auto erase = [&](const std::string& from, const std::string& to) {
        xml.replace(xml.find(from), from.size(), to);
    };
    erase("<procedure>1.005129</procedure>", "<procedure>9.999999</procedure>");
    erase("<field-name>A field</field-name>", "<field-name/>");
    office.drop("a.xml", xml);
    office.read();
    const auto counts = office.push();
    EXPECT_EQ(counts.parked, 1u);
    EXPECT_EQ(office.portal.calls_made, 0) << "never sent half";
    const auto parked = office.parked();
    ASSERT_EQ(parked.size(), 1u);
    EXPECT_THAT(parked[0].reason, HasSubstr("9.999999"));
    EXPECT_THAT(parked[0].reason, HasSubstr("field-name"));
}

TEST(Deliver, WhatTheMappingRefusedIsTriedAgainOnceTheMappingFilesAreOthers) {
    Office office;
    const auto follow = [&office](const mapping::MappingSet& mappings) {
        return follow_mapping_change(*office.ledger, mappings, *office.sealer, office.clock)->ready;
    };
    EXPECT_EQ(follow(*office.mappings), 0u);
    auto xml = dossier_xml("H22-1", 0);
    const std::string procedure = "<procedure>1.005129<";
    xml.replace(xml.find(procedure), procedure.size(), "<procedure>9.999999<");
    office.drop("a.xml", xml);
    office.read();
    EXPECT_EQ(office.push().parked, 1u);
    EXPECT_EQ(follow(*office.mappings), 0u);
    EXPECT_EQ(office.ledger->tally("dossier")->parked, 1u);
    // Somebody adds the procedure to the table.
    const auto copy = office.folder.path() / "mappings";
    std::filesystem::copy(std::filesystem::path(DVC_SOURCE_DIR) / "mappings", copy,
                          std::filesystem::copy_options::recursive);
    std::ofstream(copy / "codes" / "procedures.csv", std::ios::app) << "9.999999,9.999999,,\n";
    const auto mended = mapping::MappingSet::load(copy, "reference", "mapi-2024");
    ASSERT_TRUE(mended) << mended.error().message;
    EXPECT_EQ(follow(*mended), 1u);
    EXPECT_EQ(office.ledger->tally("dossier")->waiting, 1u);
}

TEST(Deliver, AStopRequestSettlesWhatIsInHandAndLeavesTheRest) {
    Office office;
    office.portal.batch = 1;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        office.stop = true;
        return outcome(Verdict::Accepted);
    };
    std::string records;
    for (int i = 0; i < 100; ++i)
        records += dossier_xml(fmt::format("H22-{}", i), 0);
    office.drop("a.xml", records);
    office.read();
    const auto counts = office.push();
    EXPECT_THAT(counts.stop, HasSubstr("stopped on request"));
    const auto tally = *office.ledger->tally("dossier");
    EXPECT_EQ(tally.delivered + tally.waiting, 100u);
    EXPECT_EQ(tally.delivered, counts.delivered);
    EXPECT_EQ(static_cast<std::size_t>(office.portal.calls_made), counts.delivered);
}

TEST(Deliver, WithoutThreadsTheSameWorkIsDone) {
    Office office;
    office.rules.workers = 0;
    office.drop("a.xml", dossier_xml("H22-1", 2) + dossier_xml("H22-2", 1));
    office.read();
    EXPECT_EQ(office.push().delivered, 4u);
}

}  // namespace
}  // namespace dvcsync::sync
