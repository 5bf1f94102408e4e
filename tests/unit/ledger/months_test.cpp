// Monthly figures when the province corrects itself: sums that agree whatever the days are, and
// months that have lost their dossiers.
#include <map>
#include <random>

#include "tests/unit/ledger/ledger_test.h"

namespace dvcsync::ledger {
namespace {

using testing::IsEmpty;

constexpr const char* one = "000.00.01.H22";
constexpr const char* two = "000.00.02.H22";

Intake received_by(const std::string& code, const char* agency, std::optional<UtcTime> received,
                   const std::string& content = "v1") {
    Intake intake = dossier(code, content);
    intake.facts.agency = agency;
    intake.facts.agency_name = agency == one ? "Office one" : "Office two";
    intake.facts.received = received;
    return intake;
}

// What was told to the portal of an agency's month.
Intake statistics(const std::string& agency, const std::string& month) {
    Intake intake = dossier(agency + "/" + month);
    intake.facts = {};
    intake.facts.kind = "statistics";
    intake.facts.code = agency + "/" + month;
    intake.facts.agency = agency;
    intake.facts.agency_name = agency == one ? "Office one" : "Office two";
    intake.queue = {Operation::PushStatistics};
    return intake;
}

std::size_t in(const MonthFigures& figures) {
    return figures.received + figures.carried_over;
}
std::size_t done(const MonthFigures& figures) {
    return figures.done_on_time + figures.done_late;
}
std::size_t out(const MonthFigures& figures) {
    return done(figures) + figures.open_in_time + figures.open_late;
}

TEST_P(LedgerTest, AFinishBeforeTheReceiptCountsInTheMonthOfTheReceipt) {
    Intake hasty = received_by("D", one, vietnam(2019, 4, 10));
    hasty.facts.finished = vietnam(2019, 2, 20);
    hasty.facts.due = vietnam(2019, 4, 20);
    take({hasty, received_by("E", one, vietnam(2019, 2, 1))});
    for (const int month : {2, 3}) {
        const auto before = ledger().month(2019, month);
        ASSERT_EQ(before->size(), 1U);
        EXPECT_EQ(done(before->front()), 0U) << "nothing is done before it was received";
        EXPECT_EQ(in(before->front()), 1U);
        EXPECT_EQ(out(before->front()), 1U);
    }
    const auto april = ledger().month(2019, 4);
    EXPECT_EQ(april->front().received, 1U);
    EXPECT_EQ(april->front().carried_over, 1U);
    EXPECT_EQ(april->front().done_on_time, 1U);
    EXPECT_EQ(out(april->front()), 2U);
    const auto may = ledger().month(2019, 5);
    EXPECT_EQ(in(may->front()), 1U) << "done in April, so not carried over";
}

TEST_P(LedgerTest, WhatComesInIsWhatIsDoneOrOpenWhateverTheDaysAre) {
    std::mt19937 random(20190301);
    const auto below = [&random](unsigned bound) {
        return static_cast<unsigned>(random() % bound);
    };
    const auto any_time = [&]() -> std::optional<UtcTime> {
        if (below(5) == 0) return std::nullopt;
        return vietnam(2019, 1, 1, 0) + Millis{86'400'000LL * below(365) + 1'000LL * below(86'400)};
    };
    std::vector<Intake> records;
    for (int i = 0; i < 2'000; ++i) {
        Intake intake = received_by("D" + std::to_string(i), below(2) == 0 ? one : two, any_time());
        intake.facts.due = any_time();
        intake.facts.finished = any_time();
        records.push_back(std::move(intake));
    }
    take(records);
    std::map<std::string, std::size_t> open_before;
    for (int month = 1; month <= 12; ++month) {
        const auto rows = ledger().month(2019, month);
        ASSERT_TRUE(rows);
        ASSERT_EQ(rows->size(), 2U);
        for (const MonthFigures& figures : *rows) {
            EXPECT_EQ(in(figures), out(figures)) << figures.agency << " in month " << month;
            EXPECT_EQ(figures.carried_over, open_before[figures.agency])
                << figures.agency << ": what was open at the end of the month before " << month;
            open_before[figures.agency] = figures.open_in_time + figures.open_late;
        }
    }
}

TEST_P(LedgerTest, AMonthThatWasToldKeepsItsAgencyWithZerosWhenItsLastDossierMovesAway) {
    take({received_by("D", one, noon), statistics(one, "2019-03"), statistics(one, "2019-04")});
    take({received_by("D", two, noon, "v2")});
    const auto march = ledger().month(2019, 3);
    ASSERT_EQ(march->size(), 2U);
    EXPECT_EQ(march->at(0).agency, one);
    EXPECT_EQ(march->at(0).agency_name, "Office one");
    EXPECT_EQ(in(march->at(0)) + out(march->at(0)), 0U);
    EXPECT_EQ(march->at(1).agency, two);
    EXPECT_EQ(march->at(1).received, 1U);
    EXPECT_THAT(*ledger().month(2019, 2), IsEmpty()) << "nobody was told of February";
}

TEST_P(LedgerTest, AMonthThatWasToldAddsNothingToTheFiguresThatItHas) {
    take({received_by("D", one, noon), statistics(one, "2019-03")});
    const auto march = ledger().month(2019, 3);
    ASSERT_EQ(march->size(), 1U);
    EXPECT_EQ(march->front().received, 1U);
    EXPECT_EQ(march->front().open_in_time, 1U);
}

TEST_P(LedgerTest, TheSpanReachesToTheMonthsThatWereTold) {
    take({received_by("D", one, vietnam(2019, 3, 5))});
    EXPECT_EQ(*ledger().span(), std::pair(vietnam(2019, 3, 5), vietnam(2019, 3, 5)));
    take({statistics(one, "2019-03")});
    EXPECT_EQ(ledger().span()->value().second, vietnam(2019, 3, 5)) << "not cut short";
    take({statistics(one, "2018-12"), statistics(one, "2019-06")});
    EXPECT_EQ(*ledger().span(), std::pair(vietnam(2018, 12, 1, 0), vietnam(2019, 6, 1, 0)));
    take({received_by("D", one, std::nullopt, "v2")});
    EXPECT_EQ(*ledger().span(), std::pair(vietnam(2018, 12, 1, 0), vietnam(2019, 6, 1, 0)));
}

}  // namespace
}  // namespace dvcsync::ledger
