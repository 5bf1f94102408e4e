// What persons look at and do: filters, retry, dismiss, acts, and another look at what intake
// parked.
#include "connector/base/limits.h"
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class PeopleTest : public LedgerTest {
  protected:
    // Parks a dossier of its own making as the portal did.
    void parked(const Intake& intake, const std::string& code, const std::string& reason,
                UtcTime now = noon) {
        take({intake}, now);
        Settlement refused = settled(claim_one(), State::Parked);
        refused.code = code;
        refused.reason = reason;
        settle(refused, now);
    }
    std::vector<std::string> found(const Filter& filter, std::size_t max = 100) {
        const auto rows = ledger().list(filter, max);
        EXPECT_TRUE(rows) << rows.error().message;
        std::vector<std::string> codes;
        if (rows)
            for (const ItemRow& row : *rows)
                codes.push_back(row.code);
        if (max == 100) {
            EXPECT_EQ(ledger().count(filter).value_or(999), codes.size());
        }
        return codes;
    }
    std::size_t retry(const Filter& filter, UtcTime now = noon) {
        const auto count = ledger().retry_parked(filter, act("retry"), now);
        EXPECT_TRUE(count) << count.error().message;
        return count.value_or(0);
    }
    std::size_t dismiss(const Filter& filter, UtcTime now = noon) {
        const auto count = ledger().dismiss_parked(filter, act("dismiss", "a test case"), now);
        EXPECT_TRUE(count) << count.error().message;
        return count.value_or(0);
    }
    std::vector<Act> acts() {
        const auto all = ledger().acts(100);
        EXPECT_TRUE(all) << all.error().message;
        return all.value_or(std::vector<Act>{});
    }
    ItemDetails details(const Filter& filter = {}) {
        const auto all = ledger().details(filter, 100);
        EXPECT_TRUE(all && all->size() == 1U);
        return all && !all->empty() ? all->front() : ItemDetails{};
    }
    static Filter of(const std::string& code) {
        Filter filter;
        filter.code = code;
        return filter;
    }
};
INSTANTIATE_TEST_SUITE_P(Every, PeopleTest, testing::ValuesIn(backends()));

TEST_P(PeopleTest, AProcedureIsFoundInEveryFormThatTheProvinceWrites) {
    for (const std::string procedure :
         {"1.000001", "1.000001.01", "1.000001.000.00.00.H22", "1.0000011", "11.000001"}) {
        Intake one = dossier("D-" + procedure);
        one.facts.procedure = procedure;
        take({one});
    }
    Filter filter;
    filter.procedure = "1.000001";
    EXPECT_THAT(found(filter),
                UnorderedElementsAre("D-1.000001", "D-1.000001.01", "D-1.000001.000.00.00.H22"));
    filter.procedure = "1.000001.01";
    EXPECT_THAT(found(filter), ElementsAre("D-1.000001.01"));
}

TEST_P(PeopleTest, EveryConditionOfAFilterChooses) {
    Intake one = dossier("A");
    one.facts.procedure = "1.000001";
    parked(one, "-7", "Trường MaTTHC không tồn tại");
    Intake two = dossier("B");
    two.facts.agency = "000.00.02.H22";
    two.facts.received = noon + hours{24};
    parked(two, "500", "100% wrong_ 'quoted'");
    Intake three = dossier("1.000001");
    three.facts.kind = "procedure";
    three.queue = {Operation::PushProcedure};
    take({three, unreadable("C")});

    EXPECT_EQ(found({}).size(), 4U);
    Filter filter;
    filter.item = ledger().list(of("B"), 1)->at(0).item;
    EXPECT_THAT(found(filter), ElementsAre("B"));
    EXPECT_THAT(found(of("A")), ElementsAre("A"));
    filter = {};
    filter.kind = "procedure";
    EXPECT_THAT(found(filter), ElementsAre("1.000001"));
    filter = {};
    filter.agency = "000.00.02.H22";
    EXPECT_THAT(found(filter), ElementsAre("B"));
    filter = {};
    filter.procedure = "1.000001";
    EXPECT_THAT(found(filter), UnorderedElementsAre("A", "1.000001"));
    filter.operation = Operation::PushDossier;
    EXPECT_THAT(found(filter), ElementsAre("A"));
    filter.portal_code = "500";
    EXPECT_THAT(found(filter), IsEmpty()) << "every condition must hold";
    filter = {};
    filter.portal_code = "500";
    EXPECT_THAT(found(filter), ElementsAre("B"));
    filter = in_state(State::Ready);
    EXPECT_THAT(found(filter), ElementsAre("1.000001"));
    filter = {};
    filter.cause = Cause::Intake;
    EXPECT_THAT(found(filter), ElementsAre("C"));
    filter = {};
    filter.received_from = noon;
    filter.received_until = noon + hours{24};
    EXPECT_THAT(found(filter), UnorderedElementsAre("A", "1.000001")) << "half-open";
    filter.received_from = noon + hours{24};
    filter.received_until = std::nullopt;
    EXPECT_THAT(found(filter), ElementsAre("B"));
}

TEST_P(PeopleTest, ReasonsAreSearchedAsVietnameseIsRead) {
    parked(dossier("A"), "-7", "Trường ĐỊA CHỈ không  tồn tại");
    parked(dossier("B"), "-8", "100% wrong_ 'quoted'; DROP TABLE outbox;--");
    Filter filter;
    auto search = [&](const std::string& text) {
        filter.text = text;
        return found(filter);
    };
    EXPECT_THAT(search("địa chỉ"), ElementsAre("A"));
    EXPECT_THAT(search("TRƯỜNG ĐỊA"), ElementsAre("A"));
    EXPECT_THAT(search("không tồn"), ElementsAre("A")) << "blanks are folded";
    // The same letters as other code points: "địa" with a combining dot below.
    EXPECT_THAT(search("đi\u0323a"), ElementsAre("A"));
    EXPECT_THAT(search("dia chi"), IsEmpty()) << "without its marks it is another word";
    EXPECT_THAT(search("100% WRONG_"), ElementsAre("B"));
    EXPECT_THAT(search("100_ wrong"), IsEmpty()) << "nothing is a pattern";
    EXPECT_THAT(search("'quoted'; drop table"), ElementsAre("B"));
    EXPECT_THAT(search("\xff\xfe"), IsEmpty());
    EXPECT_EQ(found({}).size(), 2U);
}

TEST_P(PeopleTest, ListsShowTheNewestChangeFirstAndNoMoreThanAsked) {
    parked(dossier("A"), "-1", "x", noon + hours{2});
    parked(dossier("B"), "-1", "x", noon + hours{3});
    parked(dossier("C"), "-1", "x", noon + hours{1});
    EXPECT_THAT(found({}), ElementsAre("B", "A", "C"));
    EXPECT_THAT(found({}, 2), ElementsAre("B", "A"));
    EXPECT_THAT(found({}, 0), IsEmpty());
    EXPECT_EQ(*ledger().count({}), 3U);
}

TEST_P(PeopleTest, RetryMakesReadyWhatTheFilterChoosesAndKeepsTheAct) {
    parked(dossier("A"), "-1", "one");
    parked(dossier("B"), "-1", "two");
    take({unreadable("C"), dossier("D")});
    Filter filter;
    filter.text = "TWO";
    EXPECT_EQ(retry(filter, noon + hours{1}), 1U);
    EXPECT_EQ(details(of("B")).row.state, State::Ready);
    EXPECT_EQ(details(of("B")).row.reason, "");
    EXPECT_EQ(details(of("A")).row.state, State::Parked);
    ASSERT_EQ(acts().size(), 1U);
    const Act kept = acts().front();
    EXPECT_GT(kept.id, 0);
    EXPECT_EQ(kept.actor, "officer");
    EXPECT_EQ(kept.what, "retry");
    EXPECT_EQ(kept.reason, "asked for by the office");
    EXPECT_EQ(kept.selection, "--all");
    EXPECT_EQ(kept.at, noon + hours{1});
    EXPECT_EQ(kept.items, 1U);
    // Everything parked but what could not be read; what is not parked is left alone.
    EXPECT_EQ(retry({}), 1U);
    EXPECT_EQ(list(State::Parked).size(), 1U);
    EXPECT_EQ(list(State::Parked).at(0).cause, Cause::Intake);
    EXPECT_EQ(retry({}), 0U);
    EXPECT_EQ(retry(in_state(State::Ready)), 0U);
    EXPECT_EQ(acts().size(), 2U) << "what touched nothing is no act";
}

TEST_P(PeopleTest, ADismissedItemIsAtRestUntilANewerVersionComes) {
    parked(dossier("D"), "-1", "refused for good");
    EXPECT_EQ(dismiss(of("D")), 1U);
    const ItemRow row = only();
    EXPECT_EQ(row.state, State::Dismissed);
    EXPECT_EQ(row.cause, Cause::Portal) << "it stays visible why";
    EXPECT_EQ(row.reason, "refused for good");
    EXPECT_THAT(claim(Operation::PushDossier, noon + hours{1'000}), IsEmpty());
    EXPECT_EQ(*ledger().release_parked(Cause::Portal, noon), 0U);
    EXPECT_EQ(retry({}), 0U);
    EXPECT_EQ(dismiss({}), 0U);
    EXPECT_EQ(*ledger().recover(noon), 0U);
    EXPECT_EQ(take({dossier("D")}).unchanged, 1U);
    reopen();
    EXPECT_EQ(only().state, State::Dismissed);

    take({dossier("D", "v2")});
    EXPECT_EQ(claim_one().version, 2);
    EXPECT_EQ(acts().front().reason, "a test case");
    ASSERT_EQ(details().acts.size(), 1U) << "what was done stays with the record";
}

TEST_P(PeopleTest, ADismissedItemFollowsItsRecordAsAParkedOneDoes) {
    take({unreadable("faulty"), unreadable("withdrawn"), unreadable("mended")});
    EXPECT_EQ(dismiss({}), 3U);
    EXPECT_EQ(take({unreadable("faulty")}).unchanged, 1U);
    EXPECT_EQ(list(State::Dismissed).size(), 3U) << "seen again, it is not parked again";
    Intake draft = dossier("withdrawn", "v2");
    draft.queue.clear();
    take({unreadable("faulty", "worse"), draft, dossier("mended")});
    EXPECT_THAT(found(in_state(State::Parked)), ElementsAre("faulty"));
    EXPECT_THAT(found(of("withdrawn")), IsEmpty());
    EXPECT_EQ(claim_one().code, "mended");
}

TEST_P(PeopleTest, ProgressOfADismissedDossierIsHeldBackAndOtherRecordsAreNot) {
    Intake both = dossier("D");
    both.queue = {Operation::PushDossier, Operation::PushProgress};
    parked(both, "-1", "refused");
    EXPECT_EQ(dismiss({}), 1U);
    EXPECT_THAT(claim(Operation::PushProgress), IsEmpty());
    EXPECT_EQ(*ledger().next_due(Operation::PushProgress), std::nullopt);
    EXPECT_EQ(ledger().tally("dossier")->dismissed, 1U) << "and not waiting for ever";
    Intake procedure = dossier("1.000001");
    procedure.facts.kind = "procedure";
    procedure.queue = {Operation::PushProcedure};
    take({procedure});
    settle(settled(claim_one(Operation::PushProcedure), State::Parked));
    EXPECT_EQ(dismiss({}), 1U);
    take({dossier("E")});
    EXPECT_EQ(claim_one().code, "E");
    // A newer version brings its progress back to life.
    both = dossier("D", "v2");
    both.queue = {Operation::PushDossier, Operation::PushProgress};
    take({both});
    settle(settled(claim_one(), State::Delivered));
    EXPECT_EQ(claim(Operation::PushProgress).size(), 1U);
}

TEST_P(PeopleTest, ProgressThatWasDismissedFollowsTheNextDelivery) {
    take({dossier("D")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.then = Operation::PushProgress;
    settle(accepted);
    settle(settled(claim_one(Operation::PushProgress), State::Parked));
    EXPECT_EQ(dismiss({}), 1U);
    EXPECT_EQ(ledger().tally("dossier")->dismissed, 1U);
    take({dossier("D", "v2")});
    EXPECT_EQ(ledger().tally("dossier")->waiting, 1U);
    settle(settled(claim_one(), State::Delivered));
    EXPECT_EQ(claim(Operation::PushProgress).size(), 1U);
}

TEST_P(PeopleTest, TheTallyAddsUpWithDismissedOnes) {
    parked(dossier("A"), "-1", "x");
    parked(dossier("B"), "-1", "x");
    take({unreadable("C"), unreadable("D"), dossier("E")});
    EXPECT_EQ(dismiss(of("A")), 1U);
    EXPECT_EQ(dismiss(of("C")), 1U);
    Intake held = dossier("F");
    held.queue.clear();
    take({held});
    const auto tally = ledger().tally("dossier");
    EXPECT_EQ(tally->records, 6U);
    EXPECT_EQ(tally->dismissed, 2U);
    EXPECT_EQ(tally->refused, 1U);
    EXPECT_EQ(tally->parked, 1U);
    EXPECT_EQ(tally->waiting, 1U);
    EXPECT_EQ(tally->held, 1U);
    EXPECT_EQ(tally->delivered + tally->refused + tally->parked + tally->waiting +
                  tally->dismissed + tally->held,
              tally->records);
}

TEST_P(PeopleTest, DetailsTellTheItemsLifeWithTheActsThatTouchedIt) {
    Intake intake = dossier("D");
    intake.facts.procedure = "1.000001";
    take({intake});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.known = true;
    accepted.steps_done = 4;
    settle(accepted, noon + hours{1});
    intake = dossier("D", "v2");
    intake.facts.procedure = "1.000001";
    parked(intake, "-9", "no");
    EXPECT_EQ(retry(of("D"), noon + hours{2}), 1U);
    Settlement refused = settled(claim_one(), State::Parked);
    settle(refused);
    EXPECT_EQ(dismiss(of("D"), noon + hours{3}), 1U);
    parked(dossier("other"), "-9", "no");
    EXPECT_EQ(retry(of("other")), 1U);
    ASSERT_TRUE(ledger().note(act("confirm"), noon + hours{4}));

    const ItemDetails found = details(of("D"));
    EXPECT_EQ(found.row.state, State::Dismissed);
    EXPECT_EQ(found.procedure, "1.000001");
    EXPECT_EQ(found.status, "received");
    EXPECT_EQ(found.received, noon);
    EXPECT_EQ(found.delivered_at, noon + hours{1});
    EXPECT_EQ(found.version, 2);
    EXPECT_TRUE(found.known);
    EXPECT_EQ(found.steps_done, 4U);
    ASSERT_EQ(found.acts.size(), 2U);
    EXPECT_EQ(found.acts[0].what, "retry");
    EXPECT_EQ(found.acts[1].what, "dismiss");
    EXPECT_EQ(found.acts[1].at, noon + hours{3});

    std::vector<std::string> what;
    for (const Act& one : acts())
        what.push_back(one.what);
    EXPECT_THAT(what, ElementsAre("confirm", "retry", "dismiss", "retry")) << "newest first";
    EXPECT_EQ(acts().front().items, 0U);
    EXPECT_EQ(ledger().acts(2)->size(), 2U);
}

TEST_P(PeopleTest, AnActIsUndoneWithTheTransactionItBelongsTo) {
    parked(dossier("A"), "-1", "x");
    const auto undone = ledger().together([&]() -> Status {
        DVC_TRY(ledger().dismiss_parked({}, act("dismiss"), noon).map([](std::size_t) {}));
        return fail(ErrorKind::Retry, "undone");
    });
    EXPECT_FALSE(undone);
    EXPECT_THAT(acts(), IsEmpty());
    EXPECT_EQ(only().state, State::Parked);
}

TEST_P(PeopleTest, WordsOfAPersonAreKeptUpToTheirLimit) {
    Act wordy = act("confirm", std::string(50'000, 'x'));
    wordy.selection = std::string(50'000, 'y');
    ASSERT_TRUE(ledger().note(wordy, noon));
    EXPECT_LE(acts().front().reason.size(), limits::max_message + 3);
    EXPECT_LE(acts().front().selection.size(), limits::max_message + 3);
    EXPECT_GE(acts().front().reason.size(), limits::max_message - 1);
}

TEST_P(PeopleTest, WhatIntakeParkedComesBackWithItsPayload) {
    Intake procedure = unreadable("P");
    procedure.facts.kind = "procedure";
    procedure.queue = {Operation::PushProcedure};
    take({unreadable("A"), dossier("good"), procedure, unreadable("C")});
    settle(settled(claim_one(), State::Parked));
    const auto first = ledger().unreadable(0, 2);
    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ(first->at(0).code, "A");
    EXPECT_EQ(first->at(0).sealed, "sealed bad");
    EXPECT_EQ(first->at(0).version, 1);
    EXPECT_EQ(first->at(1).kind, "procedure");
    EXPECT_EQ(first->at(1).operation, Operation::PushProcedure);
    const auto rest = ledger().unreadable(first->at(1).item, 2);
    ASSERT_EQ(rest->size(), 1U);
    EXPECT_EQ(rest->at(0).code, "C");
    EXPECT_EQ(rest->at(0).operation, Operation::PushDossier);
    EXPECT_THAT(*ledger().unreadable(rest->at(0).item, 2), IsEmpty());
    EXPECT_EQ(dismiss(of("A")), 1U);
    EXPECT_EQ(ledger().unreadable(0, 9)->size(), 2U) << "dismissed ones are left alone";
}

}  // namespace
}  // namespace dvcsync::ledger
