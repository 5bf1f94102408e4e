// What delivery does when the portal, or the way to it, does not do its part.
#include "connector/base/limits.h"
#include "tests/unit/sync/office.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Outcome outcome(Verdict verdict, bool endpoint = false, std::string message = "") {
    Outcome one;
    one.verdict = verdict;
    one.endpoint = endpoint;
    one.message = std::move(message);
    return one;
}

std::string dossiers(int count, int steps = 0) {
    std::string records;
    for (int i = 0; i < count; ++i)
        records += dossier_xml(fmt::format("H22-{:03}", i), steps);
    return records;
}

// A portal that answers a whole batch with one word.
PortalCalls whole_answers(ScriptedPortal& portal) {
    PortalCalls calls = portal.calls();
    calls.push = [inner = calls.push](Operation operation, std::span<const portal::Item> items,
                                      bool updating) {
        auto outcomes = inner(operation, items, updating);
        const bool bad = std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& one) {
            return one.verdict != Verdict::Accepted;
        });
        if (bad && items.size() > 1) outcomes.assign(items.size(), outcome(Verdict::Alone));
        return outcomes;
    };
    return calls;
}

TEST(Split, OneCulpritIsFoundByHalving) {
    Office office;
    office.portal.batch = 32;
    office.portal.answer = [](Operation, const portal::Item& item, bool) {
        return outcome(item.code == "H22-019" ? Verdict::Refused : Verdict::Accepted, false, "bad");
    };
    office.drop("a.xml", dossiers(32));
    office.read();
    const auto counts = office.push(whole_answers(office.portal), {Operation::PushDossier});
    EXPECT_EQ(counts.delivered, 31u);
    EXPECT_EQ(counts.refused, 1u);
    ASSERT_THAT(office.parked(), SizeIs(1));
    EXPECT_EQ(office.parked()[0].code, "H22-019");
    EXPECT_LE(office.portal.calls_made, 1 + 2 * 5) << "two calls for each halving";
}

TEST(Split, ABatchOfCulpritsTakesABoundedNumberOfCallsAndLosesNothing) {
    Office office;
    office.portal.batch = 256;
    office.rules.workers = 0;
    office.rules.patience = Millis{0};
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::Refused, false, "bad");
    };
    office.drop("a.xml", dossiers(256));
    office.read();
    const auto counts = office.push(whole_answers(office.portal), {Operation::PushDossier});
    EXPECT_LE(office.portal.calls_made, limits::split_calls + 1);
    EXPECT_GT(counts.refused, 0u);
    EXPECT_EQ(office.ledger->tally("dossier")->refused + office.ledger->tally("dossier")->waiting,
              256u);
}

TEST(Split, StepsOfARefusedBatchStayInOrderAndGoOnce) {
    Office office;
    office.portal.batch = 50;
    office.portal.answer = [](Operation operation, const portal::Item& item, bool) {
        const bool bad = operation == Operation::PushProgress && item.code == "H22-003" &&
                         item.document.find("step 2") != std::string_view::npos;
        return outcome(bad ? Verdict::Refused : Verdict::Accepted, false, "no");
    };
    office.drop("a.xml", dossiers(8, 3));
    office.read();
    // What a portal keeps of a batch: nothing, if it refuses it.
    std::map<std::string, std::vector<std::string>> kept;
    PortalCalls calls = whole_answers(office.portal);
    calls.push = [&kept, inner = calls.push](Operation operation,
                                             std::span<const portal::Item> items, bool updating) {
        const auto outcomes = inner(operation, items, updating);
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (operation == Operation::PushProgress && outcomes[i].verdict == Verdict::Accepted) {
                kept[std::string(items[i].code)].emplace_back(items[i].document);
            }
        }
        return outcomes;
    };
    const auto counts = office.push(calls, {Operation::PushProgress, Operation::PushDossier});
    EXPECT_EQ(counts.refused, 1u);
    for (const auto& [code, rows] : kept) {
        ASSERT_THAT(rows, SizeIs(code == "H22-003" ? 1 : 3)) << code;
        for (std::size_t i = 0; i < rows.size(); ++i)
            EXPECT_THAT(rows[i], HasSubstr(fmt::format("step {}", i + 1))) << code;
    }
    EXPECT_THAT(kept, SizeIs(8));
}

TEST(Outage, ItAgesNoItemHoweverLongItLasts) {
    Office office;
    office.rules.call.max_attempts = 3;
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::Retry, true, "connection refused");
    };
    office.drop("a.xml", dossiers(40));
    office.read();
    for (int run = 0; run < 50; ++run) {
        EXPECT_THAT(office.push().stop, HasSubstr("connection refused"));
        office.clock.sleep(std::chrono::minutes{5});
    }
    EXPECT_THAT(office.parked(), IsEmpty());
    EXPECT_EQ(office.ledger->tally("dossier")->waiting, 40u);
    office.portal.answer = nullptr;
    EXPECT_EQ(office.push().delivered, 40u);
}

TEST(Outage, ThatEndsWhileTheRunWaitsIsOverAtTheNextProbe) {
    Office office;
    const auto until = office.clock.now() + std::chrono::seconds{5};
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        return office.clock.now() < until ? outcome(Verdict::Retry, true, "HTTP 503")
                                          : outcome(Verdict::Accepted);
    };
    office.drop("a.xml", dossiers(100));
    office.read();
    const auto counts = office.push();
    EXPECT_EQ(counts.delivered, 100u);
    EXPECT_EQ(counts.stop, "");
    EXPECT_LT(office.portal.calls_made, 40) << "ten calls of ten, a few failures, a few probes";
}

TEST(Outage, AnEndpointThatNamesATimeIsLeftInPeaceUntilThen) {
    Office office;
    const auto until = office.clock.now() + std::chrono::seconds{10};
    int early = 0;
    bool first = true;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        if (std::exchange(first, false)) {
            auto later = outcome(Verdict::Retry, true, "HTTP 429");
            later.retry_after = Millis{10'000};
            return later;
        }
        if (office.clock.now() < until) ++early;
        return outcome(Verdict::Accepted);
    };
    office.rules.workers = 0;
    office.portal.batch = 1;
    office.drop("a.xml", dossiers(20));
    office.read();
    EXPECT_EQ(office.push().delivered, 20u);
    EXPECT_EQ(early, 1) << "the task that went out beside the first one";
}

TEST(Outage, AnItemThatFailsWhileOthersPassIsParkedInTheEnd) {
    Office office;
    office.rules.call.max_attempts = 3;
    office.portal.batch = 1;
    // This one dossier makes the portal hang: from here it looks like an outage.
    office.portal.answer = [](Operation, const portal::Item& item, bool) {
        return item.code == "H22-005" ? outcome(Verdict::InDoubt, true, "no answer in time")
                                      : outcome(Verdict::Accepted);
    };
    office.rules.workers = 2;
    office.drop("a.xml", dossiers(12));
    office.read();
    for (int run = 0; run < 20 && office.parked().empty(); ++run) {
        office.drop(fmt::format("more-{}.xml", run), dossier_xml(fmt::format("more-{}-a", run), 0) +
                                                         dossier_xml(fmt::format("more-{}", run)));
        office.read();
        office.push();
        office.clock.sleep(std::chrono::hours{1});
    }
    ASSERT_THAT(office.parked(), SizeIs(1));
    EXPECT_EQ(office.parked()[0].code, "H22-005");
}

TEST(Doubt, WhatCannotBeAskedForNowStaysInDoubtAndBlocksNobody) {
    Office office;
    office.portal.batch = 1;
    bool cut = true;
    office.portal.answer = [&](Operation, const portal::Item& item, bool) {
        return item.code == "H22-000" && std::exchange(cut, false) ? outcome(Verdict::InDoubt)
                                                                   : outcome(Verdict::Accepted);
    };
    bool deaf = true;
    office.portal.look = [&](std::string_view) -> tl::expected<portal::Holding, portal::Outcome> {
        if (deaf) return tl::make_unexpected(outcome(Verdict::Retry, true, "HTTP 503"));
        return portal::Holding{true, {}};
    };
    office.drop("a.xml", dossiers(20, 1));
    office.read();
    EXPECT_EQ(office.push().delivered, 38u) << "19 dossiers and their steps";
    EXPECT_EQ(office.ledger->tally("dossier")->waiting, 1u);
    EXPECT_THAT(office.portal.codes(Operation::PushDossier), SizeIs(20)) << "no blind second call";
    deaf = false;
    office.clock.sleep(std::chrono::hours{1});
    EXPECT_EQ(office.push().delivered, 2u);
}

TEST(Doubt, ANewerVersionThatArrivesMeanwhileGoesOutOnlyAfterTheQuestion) {
    Office office;
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::InDoubt);
    };
    office.portal.look = [](std::string_view) -> tl::expected<portal::Holding, portal::Outcome> {
        return tl::make_unexpected(outcome(Verdict::Retry, true, "HTTP 503"));
    };
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    office.push();
    office.drop("b.xml", dossier_xml("H22-1", 0, "processing", "newer"));
    office.read();
    office.clock.sleep(std::chrono::hours{2});
    office.portal.answer = nullptr;
    office.portal.seen.clear();
    office.push();
    EXPECT_THAT(office.portal.seen, IsEmpty()) << "still in doubt: nothing goes";
    office.portal.look = nullptr;
    office.portal.knows = true;
    office.clock.sleep(std::chrono::hours{2});
    office.push();
    ASSERT_THAT(office.portal.seen, SizeIs(1));
    EXPECT_TRUE(office.portal.seen[0].updating);
    EXPECT_THAT(office.portal.seen[0].document, HasSubstr("newer"));
}

TEST(Doubt, AnAnswerThatIsLostWhileOthersPassParksTheItemAfterSoManyAttempts) {
    Office office;
    office.rules.call.max_attempts = 4;
    office.rules.workers = 0;
    office.portal.batch = 1;
    office.portal.answer = [](Operation, const portal::Item& item, bool) {
        return outcome(item.code == "H22-1" ? Verdict::InDoubt : Verdict::Accepted, false,
                       "connection closed");
    };
    office.portal.knows = true;
    office.drop("a.xml", dossier_xml("H22-1", 0));
    office.read();
    for (int run = 0; run < 30 && office.parked().empty(); ++run) {
        office.drop(fmt::format("more-{}.xml", run), dossier_xml(fmt::format("more-{}", run), 1));
        office.read();
        office.push();
        office.clock.sleep(std::chrono::hours{1});
    }
    ASSERT_THAT(office.parked(), SizeIs(1));
    EXPECT_THAT(office.parked()[0].reason, HasSubstr("4 attempts"));
}

TEST(Outage, OfAnswersThatLeaveEverythingOpenAgesNoItemEither) {
    Office office;
    office.rules.call.max_attempts = 3;
    office.portal.answer = [](Operation, const portal::Item&, bool) {
        return outcome(Verdict::InDoubt, false, "HTTP 500");
    };
    office.drop("a.xml", dossiers(40));
    office.read();
    for (int run = 0; run < 20; ++run) {
        EXPECT_THAT(office.push().stop, HasSubstr("HTTP 500"));
        office.clock.sleep(std::chrono::minutes{5});
    }
    EXPECT_THAT(office.parked(), IsEmpty());
    office.portal.answer = nullptr;
    office.clock.sleep(std::chrono::hours{2});
    EXPECT_EQ(office.push().delivered, 40u);
}

TEST(LostByThePortal, TheDossierGoesAsNewAndItsStepsGoAgain) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 2));
    office.read();
    office.push();
    office.portal.seen.clear();
    // The portal was restored from an old copy.
    bool held = false;
    office.portal.answer = [&](Operation, const portal::Item&, bool updating) {
        if (updating && !held) return outcome(Verdict::Missing);
        held = true;
        return outcome(Verdict::Accepted);
    };
    office.drop("b.xml", dossier_xml("H22-1", 3, "processing", "changed"));
    office.read();
    office.push();
    EXPECT_THAT(office.portal.codes(Operation::PushProgress), SizeIs(3));
}

TEST(LostByThePortal, TheStepsGoAgainEvenIfTheAnswerToTheDossierIsLostToo) {
    Office office;
    office.drop("a.xml", dossier_xml("H22-1", 2));
    office.read();
    office.push();
    office.portal.seen.clear();
    bool held = false;
    office.portal.answer = [&](Operation operation, const portal::Item&, bool updating) {
        if (operation == Operation::PushDossier && !held) {
            if (updating) return outcome(Verdict::Missing);
            held = true;
            return outcome(Verdict::InDoubt);  // kept, and the answer lost
        }
        return outcome(Verdict::Accepted);
    };
    office.portal.look = [&](std::string_view) -> tl::expected<portal::Holding, portal::Outcome> {
        return portal::Holding{held, {}};
    };
    office.drop("b.xml", dossier_xml("H22-1", 2, "processing", "changed"));
    office.read();
    office.push();
    EXPECT_THAT(office.portal.codes(Operation::PushProgress), SizeIs(2));
}

TEST(Pace, ThePortalIsCalledNoFasterThanTheProfileSays) {
    Office office;
    office.portal.batch = 1;
    office.portal.pace = {5, 2};
    office.rules.workers = 0;
    std::vector<UtcTime> at;
    office.portal.answer = [&](Operation, const portal::Item&, bool) {
        at.push_back(office.clock.now());
        return outcome(Verdict::Accepted);
    };
    office.drop("a.xml", dossiers(52));
    office.read();
    EXPECT_EQ(office.push().delivered, 52u);
    ASSERT_THAT(at, SizeIs(52));
    const auto took = at.back() - at.front();
    EXPECT_GE(took, Millis{9'900});
    EXPECT_LE(took, Millis{12'000});
}

}  // namespace
}  // namespace dvcsync::sync
