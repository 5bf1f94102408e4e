// Counts, lists and the figures of months and years, on hand-made data.
#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* one = "000.00.01.H22";
constexpr const char* two = "000.00.02.H22";

// A dossier with its days; content differs with the code.
Intake timed(const std::string& code, const char* agency, std::optional<UtcTime> received,
             std::optional<UtcTime> due, std::optional<UtcTime> finished) {
    Intake intake = dossier(code);
    intake.facts.agency = agency;
    intake.facts.agency_name = agency == one ? "Office one" : "Office two";
    intake.facts.received = received;
    intake.facts.due = due;
    intake.facts.finished = finished;
    return intake;
}

Intake procedure(const std::string& code, const std::string& content, const std::string& status,
                 const std::string& decision, const std::string& action, UtcTime decided) {
    Intake intake = dossier(code, content);
    intake.facts = {};
    intake.facts.kind = "procedure";
    intake.facts.code = code;
    intake.facts.status = status;
    intake.facts.decision = decision;
    intake.facts.action = action;
    intake.facts.decided = decided;
    intake.queue = {Operation::PushProcedure};
    return intake;
}

constexpr std::nullopt_t never = std::nullopt;

TEST_P(LedgerTest, AnEmptyLedgerHasEmptyFigures) {
    EXPECT_THAT(*ledger().counts(), IsEmpty());
    EXPECT_THAT(*ledger().list({}, 10), IsEmpty());
    EXPECT_THAT(*ledger().month(2019, 3), IsEmpty());
    EXPECT_EQ(ledger().year(2019)->received, 0U);
    EXPECT_EQ(ledger().year(2019)->published, 0U);
    EXPECT_EQ(*ledger().records("dossier"), 0U);
    EXPECT_EQ(ledger().tally("dossier")->records, 0U);
    EXPECT_EQ(*ledger().span(), std::nullopt);
    EXPECT_THAT(*ledger().counts_by("dossier", Column::Status), IsEmpty());
    EXPECT_THAT(*ledger().last_runs(5), IsEmpty());
    EXPECT_TRUE(ledger().verify());
    EXPECT_GE(*ledger().schema_version(), 1);
}

TEST_P(LedgerTest, CountsTellOperationStateAndCause) {
    dossier_in(State::Delivered, "A");
    dossier_in(State::Parked, "B");
    take({unreadable("C"), dossier("D"), dossier("E")});
    std::vector<std::tuple<Operation, State, Cause, std::size_t>> rows;
    for (const ItemCount& row : counts())
        rows.emplace_back(row.operation, row.state, row.cause, row.count);
    const auto push = Operation::PushDossier;
    EXPECT_THAT(rows, ElementsAre(std::tuple(push, State::Ready, Cause::None, 2U),
                                  std::tuple(push, State::Parked, Cause::Intake, 1U),
                                  std::tuple(push, State::Parked, Cause::Portal, 1U),
                                  std::tuple(push, State::Delivered, Cause::None, 1U)));
}

TEST_P(LedgerTest, TheTallyCountsEveryRecordOnceByItsWorstItem) {
    dossier_in(State::Delivered, "delivered");
    dossier_in(State::Parked, "refused");
    dossier_in(State::Waiting, "waiting");
    dossier_in(State::InDoubt, "in doubt");
    // Its dossier is delivered, its progress refused.
    take({dossier("half")});
    Settlement accepted = settled(claim_one(), State::Delivered);
    accepted.then = Operation::PushProgress;
    settle(accepted);
    settle(settled(claim_one(Operation::PushProgress), State::Parked));
    Intake draft = dossier("held");
    draft.queue.clear();
    take({unreadable("unreadable"), draft, dossier("ready")});

    const auto tally = ledger().tally("dossier");
    ASSERT_TRUE(tally);
    EXPECT_EQ(tally->records, 8U);
    EXPECT_EQ(tally->delivered, 1U);
    EXPECT_EQ(tally->refused, 2U);
    EXPECT_EQ(tally->parked, 1U);
    EXPECT_EQ(tally->waiting, 3U);
    EXPECT_EQ(tally->held, 1U);
}

TEST_P(LedgerTest, ListsAreInOrderAndLimited) {
    take({dossier("A"), dossier("B"), dossier("C")});
    std::vector<std::string> codes;
    const auto rows = ledger().list(in_state(State::Ready), 2);
    for (const ItemRow& row : *rows)
        codes.push_back(row.code);
    EXPECT_THAT(codes, ElementsAre("C", "B")) << "the newest first";
    EXPECT_THAT(*ledger().list(in_state(State::Parked), 10), IsEmpty());
    const ItemRow row = ledger().list(in_state(State::Ready), 1)->front();
    EXPECT_EQ(row.operation, Operation::PushDossier);
    EXPECT_EQ(row.kind, "dossier");
    EXPECT_EQ(row.agency, one);
    EXPECT_EQ(row.queued_at, noon);
    EXPECT_EQ(row.changed_at, noon);
}

TEST_P(LedgerTest, CountsByColumnPutTheMostFrequentFirst) {
    std::vector<Intake> records{dossier("A"), dossier("B"), dossier("C")};
    records[1].facts.status = "returned";
    records[2].facts.status = "returned";
    records[2].facts.agency = two;
    records[2].facts.procedure = "1.005129";
    take(records);
    EXPECT_THAT(*ledger().counts_by("dossier", Column::Status),
                ElementsAre(Pair("returned", 2U), Pair("received", 1U)));
    EXPECT_THAT(*ledger().counts_by("dossier", Column::Agency),
                ElementsAre(Pair(one, 2U), Pair(two, 1U)));
    EXPECT_THAT(*ledger().counts_by("dossier", Column::Procedure),
                ElementsAre(Pair("", 2U), Pair("1.005129", 1U)));
    EXPECT_THAT(*ledger().counts_by("procedure", Column::Status), IsEmpty());
    EXPECT_EQ(*ledger().records("dossier"), 3U);
}

TEST_P(LedgerTest, TheSpanGoesFromTheFirstReceiptToTheLastEvent) {
    Intake early = timed("A", one, vietnam(2019, 1, 2), never, never);
    Intake late = timed("B", one, vietnam(2019, 5, 2), never, never);
    Intake eventful = timed("C", one, vietnam(2019, 4, 2), never, never);
    take({early, late});
    EXPECT_EQ(*ledger().span(), std::pair(vietnam(2019, 1, 2), vietnam(2019, 5, 2)));
    eventful.facts.event = vietnam(2019, 6, 1);
    take({eventful, timed("no receipt", one, never, never, vietnam(2020, 1, 1))});
    EXPECT_EQ(*ledger().span(), std::pair(vietnam(2019, 1, 2), vietnam(2019, 6, 1)));
}

TEST_P(LedgerTest, AMonthIsCountedByAgency) {
    const UtcTime feb = vietnam(2019, 2, 10);
    take({
        // received in March: done on the due day, one day late, open with time left, open and late
        timed("1", one, vietnam(2019, 3, 4), vietnam(2019, 3, 8, 9), vietnam(2019, 3, 8, 17)),
        timed("2", one, vietnam(2019, 3, 4), vietnam(2019, 3, 8), vietnam(2019, 3, 9)),
        timed("3", one, vietnam(2019, 3, 29), vietnam(2019, 4, 5), never),
        timed("4", one, vietnam(2019, 3, 4), vietnam(2019, 3, 11), vietnam(2019, 4, 1)),
        // carried over from February: done in March, done in April, still open
        timed("5", one, feb, vietnam(2019, 3, 20), vietnam(2019, 3, 18)),
        timed("6", one, feb, vietnam(2019, 4, 20), vietnam(2019, 4, 18)),
        timed("7", one, feb, vietnam(2019, 2, 20), never),
        // nothing to do with March
        timed("8", one, feb, vietnam(2019, 2, 20), vietnam(2019, 2, 19)),
        timed("9", one, vietnam(2019, 4, 1), vietnam(2019, 4, 8), never),
        timed("10", one, never, vietnam(2019, 3, 8), vietnam(2019, 3, 8)),
        // another agency, without a due day
        timed("11", two, vietnam(2019, 3, 5), never, vietnam(2019, 3, 6)),
        timed("12", two, vietnam(2019, 3, 5), never, never),
    });
    const auto rows = ledger().month(2019, 3);
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2U);
    const MonthFigures& a = rows->at(0);
    EXPECT_EQ(a.agency, one);
    EXPECT_EQ(a.agency_name, "Office one");
    EXPECT_EQ(a.received, 4U);
    EXPECT_EQ(a.carried_over, 3U);
    EXPECT_EQ(a.done_on_time, 2U);
    EXPECT_EQ(a.done_late, 1U);
    EXPECT_EQ(a.open_in_time, 2U);
    EXPECT_EQ(a.open_late, 2U);
    EXPECT_EQ(a.received + a.carried_over,
              a.done_on_time + a.done_late + a.open_in_time + a.open_late);
    const MonthFigures& b = rows->at(1);
    EXPECT_EQ(b.agency, two);
    EXPECT_EQ(b.received, 2U);
    EXPECT_EQ(b.done_on_time, 1U);
    EXPECT_EQ(b.open_in_time, 1U);
    EXPECT_EQ(b.carried_over + b.done_late + b.open_late, 0U);
}

TEST_P(LedgerTest, AMonthBeginsAndEndsAtMidnightInVietnam) {
    take({
        timed("last second of February", one, vietnam(2019, 2, 28, 23, 59, 59), never, never),
        timed("first of March", one, vietnam(2019, 3, 1, 0, 0, 0), never, never),
        timed("last second of March", one, vietnam(2019, 3, 31, 23, 59, 59), never, never),
        timed("first of April", one, vietnam(2019, 4, 1, 0, 0, 0), never, never),
    });
    const auto march = ledger().month(2019, 3);
    ASSERT_EQ(march->size(), 1U);
    EXPECT_EQ(march->front().received, 2U);
    EXPECT_EQ(march->front().carried_over, 1U);
    EXPECT_EQ(ledger().month(2019, 4)->front().received, 1U);
    EXPECT_EQ(ledger().month(2019, 4)->front().carried_over, 3U);
}

TEST_P(LedgerTest, LateIsADifferenceOfDaysAndNotOfHours) {
    take({
        // Both are 1 March in UTC, but the second finishes on 2 March in Vietnam.
        timed("1", one, vietnam(2019, 3, 1), vietnam(2019, 3, 1, 8), vietnam(2019, 3, 1, 23, 59)),
        timed("2", one, vietnam(2019, 3, 1), vietnam(2019, 3, 1, 8), vietnam(2019, 3, 2, 0, 0)),
        timed("3", one, vietnam(2019, 3, 1), vietnam(2019, 3, 2, 0, 0),
              vietnam(2019, 3, 1, 23, 59)),
    });
    const auto march = ledger().month(2019, 3);
    EXPECT_EQ(march->front().done_on_time, 2U);
    EXPECT_EQ(march->front().done_late, 1U);
    const auto year = ledger().year(2019);
    EXPECT_EQ(year->early, 1U);
    EXPECT_EQ(year->on_time, 1U);
    EXPECT_EQ(year->late, 1U);
}

TEST_P(LedgerTest, AMonthThatEndsTheYearIsWhole) {
    take({timed("1", one, vietnam(2019, 12, 31, 23, 59, 59), vietnam(2019, 12, 31), never),
          timed("2", one, vietnam(2020, 1, 1, 0, 0, 0), vietnam(2020, 1, 1), never)});
    const auto december = ledger().month(2019, 12);
    EXPECT_EQ(december->front().received, 1U);
    EXPECT_EQ(december->front().open_late, 1U) << "its due day is over when the month is";
    EXPECT_EQ(ledger().month(2020, 1)->front().carried_over, 1U);
}

TEST_P(LedgerTest, TheLatestNameOfAnAgencyIsShown) {
    take({timed("1", one, noon, never, never)});
    Intake renamed = timed("2", one, noon, never, never);
    renamed.facts.agency_name = "Office one, renamed";
    take({renamed});
    EXPECT_EQ(ledger().month(2019, 3)->front().agency_name, "Office one, renamed");
    reopen();
    Intake nameless = timed("3", one, noon, never, never);
    nameless.facts.agency_name = "";
    take({nameless});
    EXPECT_EQ(ledger().month(2019, 3)->front().agency_name, "Office one, renamed");
}

TEST_P(LedgerTest, AYearIsCountedByItsOwnDays) {
    const UtcTime june = vietnam(2019, 6, 3);
    std::vector<Intake> records{
        timed("early", one, june, vietnam(2019, 6, 10), vietnam(2019, 6, 7)),
        timed("on time", one, june, vietnam(2019, 6, 10, 8), vietnam(2019, 6, 10, 16)),
        timed("late", one, june, vietnam(2019, 6, 10), vietnam(2019, 6, 11)),
        timed("apology", two, june, vietnam(2019, 6, 10), vietnam(2019, 6, 12)),
        timed("late next year", two, june, vietnam(2019, 12, 30), vietnam(2020, 1, 6)),
        timed("open", two, june, vietnam(2019, 12, 31, 23, 59, 59), never),
        timed("due next year", two, vietnam(2019, 12, 30), vietnam(2020, 1, 1, 0, 0, 0), never),
        timed("no due day", two, june, never, vietnam(2019, 6, 4)),
        timed("of last year", "000.00.03.H22", vietnam(2018, 12, 31, 23, 59, 59),
              vietnam(2019, 1, 1, 0, 0, 0), vietnam(2018, 12, 31, 23, 59, 59)),
    };
    records[3].facts.apology = true;
    records[0].facts.apology = true;  // early all the same: not a late one with an apology
    records[0].facts.online = records[0].facts.online_result = true;
    records[1].facts.online = true;
    records[2].facts.online_result = true;
    take(records);
    const auto year = ledger().year(2019);
    ASSERT_TRUE(year);
    EXPECT_EQ(year->received, 8U);
    EXPECT_EQ(year->due, 7U);
    EXPECT_EQ(year->early, 2U);
    EXPECT_EQ(year->on_time, 1U);
    EXPECT_EQ(year->late, 4U);
    EXPECT_EQ(year->early + year->on_time + year->late, year->due);
    EXPECT_EQ(year->late_with_apology, 1U);
    EXPECT_EQ(year->online_to_result, 1U);
    EXPECT_EQ(year->agencies, 2U);
    EXPECT_EQ(ledger().year(2018)->received, 1U);
    EXPECT_EQ(ledger().year(2018)->due, 0U);
}

TEST_P(LedgerTest, DecisionsOfTheYearAreCountedThroughEveryVersionOfAProcedure) {
    const UtcTime march = vietnam(2019, 3, 1);
    take({
        procedure("1", "a", "public", "10/QD", "new", march),
        procedure("2", "a", "amended", "10/QD", "amended", march),
        procedure("3", "a", "public", "11/QD", "replaced", march),
        procedure("4", "a", "abolished", "12/QD", "abolished", vietnam(2019, 12, 31, 23, 59)),
        procedure("5", "a", "public", "9/QD", "new", vietnam(2018, 12, 31, 23, 59)),
        procedure("6", "a", "abolished", "13/QD", "abolished", vietnam(2020, 1, 1, 0, 0)),
    });
    // Procedure 1, new in March, is amended in August; sending the same decision again adds
    // nothing.
    Intake amended = procedure("1", "b", "amended", "14/QD", "amended", vietnam(2019, 8, 1));
    amended.facts.inter_agency = true;
    take({amended, procedure("2", "b", "amended", "10/QD", "amended", march)});
    const auto year = ledger().year(2019);
    ASSERT_TRUE(year);
    EXPECT_EQ(year->decisions, 4U);
    EXPECT_EQ(year->procedures_new, 1U);
    EXPECT_EQ(year->procedures_amended, 2U);
    EXPECT_EQ(year->procedures_replaced, 1U);
    EXPECT_EQ(year->procedures_abolished, 1U);
    EXPECT_EQ(year->published, 4U);
    EXPECT_EQ(year->inter_agency, 1U);
    EXPECT_EQ(year->received, 0U);
}

TEST_P(LedgerTest, AProcedureThatCannotBeReadIsNotPublished) {
    Intake intake = unreadable("1");
    intake.facts.kind = "procedure";
    take({intake});
    EXPECT_EQ(ledger().year(2019)->published, 0U);
    EXPECT_EQ(*ledger().records("procedure"), 1U);
}

TEST_P(LedgerTest, AnAbolitionCountsFromTheMomentItIsQueuedUntilItIsDelivered) {
    auto change = [this] { return *ledger().catalogue_change(); };
    auto version = [&](const std::string& code, const std::string& status) {
        take({procedure(code, status, status, "10/QD", "new", noon)});
    };
    auto deliver = [&](State state = State::Delivered) {
        for (const Claimed& item : claim(Operation::PushProcedure))
            settle(settled(item, state));
    };
    for (const char* code : {"1", "2", "3"})
        version(code, "public");
    EXPECT_EQ(change().published, 0U) << "queued, but the portal does not hold them yet";
    deliver();
    EXPECT_EQ(change().published, 3U);
    EXPECT_EQ(change().abolishing, 0U);

    version("1", "abolished");
    version("2", "amended");
    version("new and abolished", "abolished");
    EXPECT_EQ(change().published, 3U);
    EXPECT_EQ(change().abolishing, 1U);
    deliver(State::InDoubt);
    EXPECT_EQ(change().abolishing, 1U);
    const auto doubts = ledger().doubtful(Operation::PushProcedure, 9, noon + Millis{3'600'000});
    ASSERT_EQ(doubts->size(), 3U);
    for (const Claimed& item : *doubts)
        settle(settled(item, item.code == "1" ? State::Delivered : State::Parked));
    EXPECT_EQ(change().published, 2U);
    EXPECT_EQ(change().abolishing, 0U);

    // What is parked does not go out; what cannot be read abolishes nothing.
    version("3", "abolished");
    deliver(State::Parked);
    EXPECT_EQ(change().abolishing, 0U);
    ASSERT_TRUE(ledger().release_parked(Cause::Portal, noon));
    EXPECT_EQ(change().abolishing, 1U);
    Intake faulty = unreadable("3");
    faulty.facts.kind = "procedure";
    faulty.queue = {Operation::PushProcedure};
    take({faulty});
    EXPECT_EQ(change().abolishing, 0U);
    EXPECT_EQ(change().published, 2U);
}

TEST_P(LedgerTest, ThePortalHoldsTheVersionThatWasSentAndNotTheOneThatCameMeanwhile) {
    take({procedure("1", "a", "public", "10/QD", "new", noon)});
    const Claimed item = claim_one(Operation::PushProcedure);
    take({procedure("1", "b", "abolished", "11/QD", "abolished", noon)});
    settle(settled(item, State::Delivered));
    EXPECT_EQ(ledger().catalogue_change()->published, 1U);
    EXPECT_EQ(ledger().catalogue_change()->abolishing, 1U);
    settle(settled(claim_one(Operation::PushProcedure), State::Delivered));
    EXPECT_EQ(ledger().catalogue_change()->published, 0U);
    EXPECT_EQ(ledger().catalogue_change()->abolishing, 0U);
}

TEST_P(LedgerTest, RunsAreRememberedNewestFirst) {
    const auto first = ledger().begin_run("push-dossiers", noon);
    const auto second = ledger().begin_run("all", noon + Millis{5});
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(ledger().end_run(*first, "ok", "{\"read\":1}", noon + Millis{9}));
    const auto runs = ledger().last_runs(10);
    ASSERT_EQ(runs->size(), 2U);
    EXPECT_EQ(runs->at(0).id, *second);
    EXPECT_EQ(runs->at(0).ended, std::nullopt);
    EXPECT_EQ(runs->at(0).outcome, "");
    EXPECT_EQ(runs->at(1).job, "push-dossiers");
    EXPECT_EQ(runs->at(1).started, noon);
    EXPECT_EQ(runs->at(1).ended, noon + Millis{9});
    EXPECT_EQ(runs->at(1).outcome, "ok");
    EXPECT_EQ(runs->at(1).summary, "{\"read\":1}");
    EXPECT_EQ(ledger().last_runs(1)->size(), 1U);
    EXPECT_EQ(ledger().end_run(99, "ok", "", noon).error().kind, ErrorKind::Bug);
}

}  // namespace
}  // namespace dvcsync::ledger
