// The figures of a delivery report: by hand, and from a real ledger with entries of its trail.
#include "connector/sync/delivery_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connector/audit/entry.h"
#include "connector/base/limits.h"
#include "connector/ledger/trail.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::sync {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

const UtcTime morning =
    from_vietnam(std::chrono::local_days{std::chrono::year{2019} / 3 / 1} + hours{8});

ReportRules march() {
    ReportRules rules;
    rules.from = from_vietnam(LocalTime{std::chrono::local_days{std::chrono::year{2019} / 3 / 1}});
    rules.until = from_vietnam(LocalTime{std::chrono::local_days{std::chrono::year{2019} / 4 / 1}});
    rules.limit = hours{24};
    rules.now = rules.until;
    return rules;
}

Acknowledgement told(std::string_view code, std::optional<UtcTime> event, UtcTime acknowledged) {
    return {code, "A1", "P1", Operation::PushDossier, event, acknowledged};
}

void add(DeliveryFigures& figures, const Acknowledgement& one) {
    const Status status = figures.add(one);
    ASSERT_TRUE(status) << status.error().message;
}

TEST(Percentile, IsTheSmallestValueThatSoManyDoNotExceed) {
    std::vector<std::uint32_t> none;
    EXPECT_EQ(percentile(none, 50), std::nullopt);
    std::vector<std::uint32_t> one{7};
    EXPECT_EQ(percentile(one, 50), seconds{7});
    EXPECT_EQ(percentile(one, 95), seconds{7});
    std::vector<std::uint32_t> four{40, 10, 30, 20};
    EXPECT_EQ(percentile(four, 50), seconds{20});
    EXPECT_EQ(percentile(four, 95), seconds{40});
    std::vector<std::uint32_t> hundred;
    for (std::uint32_t i = 100; i > 0; --i)
        hundred.push_back(i);
    EXPECT_EQ(percentile(hundred, 50), seconds{50});
    EXPECT_EQ(percentile(hundred, 95), seconds{95});
    EXPECT_EQ(percentile(hundred, 100), seconds{100});
}

TEST(DeliveryFigures, LateIsWhatTakesLongerThanTheLimit) {
    DeliveryFigures figures(march());
    add(figures, told("in time", morning, morning + hours{24}));
    add(figures, told("late", morning, morning + hours{24} + seconds{1}));
    const auto report = figures.report();
    EXPECT_EQ(report.total.acknowledged, 2U);
    EXPECT_EQ(report.total.late, 1U);
    ASSERT_THAT(report.late, SizeIs(1));
    EXPECT_EQ(report.late[0].code, "late");
    EXPECT_EQ(report.late[0].over, seconds{1});
    EXPECT_EQ(report.total.median, hours{24});
}

TEST(DeliveryFigures, WhatIsSentOnceMoreCountsOnce) {
    DeliveryFigures figures(march());
    add(figures, told("D", morning, morning + hours{1}));
    add(figures, told("D", morning, morning + hours{500}));
    add(figures, told("D", morning + hours{2}, morning + hours{3}));
    const auto report = figures.report();
    EXPECT_EQ(report.total.acknowledged, 2U);
    EXPECT_EQ(report.total.late, 0U);
    EXPECT_THAT(report.late, IsEmpty());
}

TEST(DeliveryFigures, TheEventDecidesAboutThePeriod) {
    const ReportRules rules = march();
    DeliveryFigures figures(rules);
    add(figures, told("before", rules.from - seconds{1}, rules.from + hours{1}));
    add(figures, told("first", rules.from, rules.from + hours{1}));
    add(figures, told("last", rules.until - seconds{1}, rules.until + hours{1}));
    add(figures, told("after", rules.until, rules.until + hours{1}));
    EXPECT_EQ(figures.report().total.acknowledged, 2U);
}

TEST(DeliveryFigures, WithoutAnEventThatCanBeNothingIsMeasured) {
    DeliveryFigures figures(march());
    add(figures, told("none", std::nullopt, morning));
    add(figures, told("ahead", morning + hours{1}, morning));
    const auto report = figures.report();
    EXPECT_EQ(report.undated, 2U);
    EXPECT_EQ(report.total.acknowledged, 0U);
    EXPECT_EQ(report.total.median, std::nullopt);
}

TEST(DeliveryFigures, WhatIsOpenIsAsLateAsItIsNow) {
    ReportRules rules = march();
    rules.now = morning + hours{30};
    DeliveryFigures figures(rules);
    add(figures, told("corrected", morning, morning + hours{1}));
    const auto open = [&](std::string_view code, UtcTime event, ledger::Cause cause) {
        figures.add(
            {code, "A1", "P1", Operation::PushDossier, ledger::State::Parked, cause, event});
    };
    open("refused", morning, ledger::Cause::Portal);
    open("parked", morning + hours{1}, ledger::Cause::Mapping);
    open("young", morning + hours{10}, ledger::Cause::Mapping);
    open("corrected", morning, ledger::Cause::Portal);
    const auto report = figures.report();
    EXPECT_EQ(report.total.late_open, 2U);
    EXPECT_EQ(report.total.all_late(), 2U);
    ASSERT_THAT(report.late, SizeIs(2));
    EXPECT_EQ(report.late[0].state, "refused");
    EXPECT_EQ(report.late[0].over, hours{6});
    EXPECT_EQ(report.late[1].state, "parked");
    EXPECT_EQ(report.late[1].acknowledged, std::nullopt);
}

TEST(DeliveryFigures, LinesAddUpToTheirAgencyAndToTheTotal) {
    DeliveryFigures figures(march());
    figures.add({"A1", "Sở Một", "P1", {5, 3, 1, 1, 0, 0, 0}});
    figures.add({"A1", "Sở Một", "P2", {2, 1, 0, 0, 1, 0, 0}});
    figures.add({"B2", "Sở Hai", "P1", {4, 0, 0, 0, 2, 1, 1}});
    for (int i = 1; i <= 4; ++i) {
        const std::string code = "D" + std::to_string(i);
        add(figures, {code, i < 4 ? "A1" : "C3", i < 3 ? "P1" : "P2", Operation::PushDossier,
                      morning, morning + hours{i}});
    }
    const auto report = figures.report();
    ASSERT_THAT(report.agencies, SizeIs(3));
    EXPECT_EQ(report.agencies[0].name, "Sở Một");
    EXPECT_EQ(report.agencies[0].line.records.records, 7U);
    EXPECT_EQ(report.agencies[0].line.acknowledged, 3U);
    EXPECT_EQ(report.agencies[0].line.median, hours{2});
    EXPECT_EQ(report.agencies[2].line.records.records, 0U);  // told of earlier receipts only
    EXPECT_EQ(report.total.median, hours{2});
    EXPECT_EQ(report.total.p95, hours{4});
    const auto& sum = report.total.records;
    EXPECT_EQ(sum.records, 11U);
    EXPECT_EQ(sum.records,
              sum.delivered + sum.refused + sum.parked + sum.waiting + sum.dismissed + sum.held);
    std::size_t acknowledged = 0;
    for (const auto& agency : report.agencies)
        for (const auto& one : agency.procedures)
            acknowledged += one.line.acknowledged;
    EXPECT_EQ(acknowledged, report.total.acknowledged);
}

TEST(DeliveryFigures, TheListIsBoundedAndKeepsTheLatest) {
    DeliveryFigures figures(march());
    const std::size_t count = limits::max_report_late + 10;
    for (std::size_t i = 0; i < count; ++i)
        add(figures, told(std::to_string(i), morning, morning + hours{25} + seconds{i}));
    const auto report = figures.report();
    EXPECT_EQ(report.total.late, count);
    ASSERT_THAT(report.late, SizeIs(limits::max_report_late));
    EXPECT_EQ(report.late.front().over, hours{1} + seconds{count - 1});
    EXPECT_EQ(report.late.back().over, hours{1} + seconds{10});
}

// -- with a ledger ------------------------------------------------------------------------------

class DeliveryReportTest : public testing::Test {
  protected:
    void SetUp() override {
        auto opened = ledger::open_sqlite(folder_.path() / "ledger.db", "key");
        ASSERT_TRUE(opened) << opened.error().message;
        ledger_ = *std::move(opened);
    }
    void take(const std::string& code, UtcTime event) {
        ledger::Intake intake;
        intake.facts.kind = "dossier";
        intake.facts.code = code;
        intake.facts.agency = "A1";
        intake.facts.agency_name = "Sở Một";
        intake.facts.procedure = "P1";
        intake.facts.received = morning;
        intake.facts.event = event;
        intake.digest = sha256(code);
        intake.sealed = "sealed";
        intake.queue = {Operation::PushDossier};
        ASSERT_TRUE(ledger_->take(std::span(&intake, 1), "drop", "", morning));
    }
    // As the sync core settles what was accepted, with the entry that tells of it.
    void deliver_next(UtcTime event, UtcTime at) {
        const auto items = ledger_->claim(Operation::PushDossier, 1, at);
        ASSERT_EQ(items->size(), 1U);
        ledger::Settlement done;
        done.item = items->front().item;
        done.version = items->front().version;
        done.state = ledger::State::Delivered;
        ASSERT_TRUE(ledger_->settle(std::span(&done, 1), at));
        audit::Event entry;
        entry.event = "delivery";
        entry.outcome = "delivered";
        entry.operation = to_string(Operation::PushDossier);
        entry.kind = "dossier";
        entry.code = items->front().code;
        entry.agency = "A1";
        entry.procedure = "P1";
        entry.event_time = event;
        entry.acknowledged = at;
        write(entry, at);
    }
    void write(const audit::Event& entry, UtcTime at) {
        ledger::Trail& trail = ledger_->trail();
        const auto log = trail.current(at);
        ASSERT_TRUE(log);
        const auto end = trail.end(log->log);
        ASSERT_TRUE(trail.append(log->log, end->size, at, entry.code,
                                 audit::entry_of(entry, end->size, at)));
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<ledger::Ledger> ledger_;
};

TEST_F(DeliveryReportTest, RecordsAndTrailMakeOneReport) {
    take("D1", morning);
    take("D2", morning);
    take("D3", morning);
    deliver_next(morning, morning + minutes{10});
    deliver_next(morning, morning + hours{30});
    audit::Event other;
    other.event = "run.began";
    write(other, morning + hours{31});
    const auto report = delivery_report(*ledger_, march());
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_THAT(report->agencies, SizeIs(1));
    EXPECT_EQ(report->agencies[0].name, "Sở Một");
    EXPECT_EQ(report->total.records.records, 3U);
    EXPECT_EQ(report->total.records.delivered, 2U);
    EXPECT_EQ(report->total.records.waiting, 1U);
    EXPECT_EQ(report->total.acknowledged, 2U);
    EXPECT_EQ(report->total.median, minutes{10});
    EXPECT_EQ(report->total.p95, hours{30});
    EXPECT_EQ(report->total.late, 1U);
    EXPECT_EQ(report->total.late_open, 1U);
    ASSERT_THAT(report->late, SizeIs(2));
    EXPECT_EQ(report->late[0].code, "D3");  // open for the whole month
    EXPECT_EQ(report->late[0].state, "ready");
    EXPECT_EQ(report->late[1].code, "D2");
    EXPECT_EQ(report->late[1].over, hours{6});
}

TEST_F(DeliveryReportTest, TheSumIsThatOfStatus) {
    take("D1", morning);
    take("D2", morning + hours{1});
    deliver_next(morning, morning + minutes{10});
    const auto report = delivery_report(*ledger_, march());
    const auto tally = ledger_->tally("dossier");
    ASSERT_TRUE(report && tally);
    EXPECT_EQ(report->total.records.records, tally->records);
    EXPECT_EQ(report->total.records.delivered, tally->delivered);
    EXPECT_EQ(report->total.records.waiting, tally->waiting);
}

TEST_F(DeliveryReportTest, AnEntryThatWasTamperedWithIsToldWithItsPlace) {
    take("D1", morning);
    ledger::Trail& trail = ledger_->trail();
    const auto log = trail.current(morning);
    ASSERT_TRUE(trail.append(log->log, 0, morning, "", R"({"event":"delivery", "x":1})"));
    const auto report = delivery_report(*ledger_, march());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::Corrupt);
    EXPECT_THAT(report.error().message, testing::HasSubstr("entry 0"));
}

TEST_F(DeliveryReportTest, AnEmptyLedgerMakesAnEmptyReport) {
    const auto report = delivery_report(*ledger_, march());
    ASSERT_TRUE(report);
    EXPECT_THAT(report->agencies, IsEmpty());
    EXPECT_EQ(report->trail_begins, std::nullopt);
}

}  // namespace
}  // namespace dvcsync::sync
