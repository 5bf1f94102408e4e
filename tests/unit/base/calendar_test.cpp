#include "connector/base/calendar.h"

#include <gtest/gtest.h>

#include "connector/base/csv.h"
#include "connector/base/limits.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path source = DVC_SOURCE_DIR;

WorkCalendar shipped() {
    auto calendar = WorkCalendar::load(source / "mappings/codes/calendar.csv");
    EXPECT_TRUE(calendar) << calendar.error().message;
    return calendar ? *calendar : WorkCalendar{};
}

TEST(Calendar, TheShippedCalendarGivesEveryKnownDueDate) {
    const WorkCalendar calendar = shipped();
    const auto vectors = read_csv(source / "tests/data/deadline_vectors.csv");
    ASSERT_TRUE(vectors) << vectors.error().message;
    ASSERT_EQ(vectors->rows.size(), 15u);
    for (const CsvRow& row : vectors->rows) {
        const Date received = parse_iso_date(row.cells[0]).value();
        const int days = std::stoi(row.cells[1]);
        const Date due = calendar.add_working_days(received, days);
        EXPECT_EQ(iso_date(due), row.cells[2]) << "line " << row.line;
        EXPECT_EQ(calendar.working_days_between(received, due), days) << "line " << row.line;
        EXPECT_EQ(calendar.working_days_between(due, received), -days) << "line " << row.line;
    }
}

TEST(Calendar, KnowsHolidaysAndWorkedSaturdays) {
    const WorkCalendar calendar = shipped();
    EXPECT_FALSE(calendar.is_working(2019y / 1 / 1));
    EXPECT_TRUE(calendar.is_working(2019y / 1 / 2));
    EXPECT_TRUE(calendar.is_working(2019y / 5 / 4));    // a Saturday worked in exchange
    EXPECT_FALSE(calendar.is_working(2019y / 5 / 11));  // any other Saturday
    EXPECT_FALSE(calendar.is_working(2019y / 5 / 12));  // a Sunday
    EXPECT_FALSE(calendar.is_working(2019y / 4 / 29));  // the Monday given for it
}

TEST(Calendar, TheDayOfCultureRestsFromItsFirstYearOn) {
    const WorkCalendar calendar = shipped();
    EXPECT_TRUE(calendar.is_working(2025y / 11 / 24));  // a Monday, before the resolution
    EXPECT_FALSE(calendar.is_working(2026y / 11 / 24));
    EXPECT_FALSE(calendar.is_working(2027y / 11 / 24));
    EXPECT_TRUE(calendar.is_working(2026y / 11 / 23));
    EXPECT_EQ(calendar.add_working_days(2026y / 11 / 23, 1), Date(2026y / 11 / 25));
    EXPECT_EQ(calendar.add_working_days(2025y / 11 / 21, 1), Date(2025y / 11 / 24));
}

TEST(Calendar, TheYear2026IsComplete) {
    const WorkCalendar calendar = shipped();
    // 261 days from Monday to Friday, of which 14 rest, and 2 Saturdays are worked.
    int working = 0;
    for (std::chrono::sys_days day{2026y / 1 / 1}; day < std::chrono::sys_days{2027y / 1 / 1};
         day += std::chrono::days{1})
        working += calendar.is_working(day);
    EXPECT_EQ(working, 261 - 14 + 2);
}

TEST(Calendar, ARowOfItsOwnBeatsAYearlyDay) {
    const test::TemporaryFolder folder;
    const auto file = folder.write("c.csv",
                                   "date,kind,name,basis\n2026-11-24,yearly,a,b\n"
                                   "2028-11-24,worked,a,b\n");
    const auto calendar = WorkCalendar::load(file);
    ASSERT_TRUE(calendar) << calendar.error().message;
    EXPECT_FALSE(calendar->is_working(2027y / 11 / 24));
    EXPECT_TRUE(calendar->is_working(2028y / 11 / 24));
    EXPECT_FALSE(calendar->is_working(2031y / 11 / 24));
}

TEST(Calendar, WithoutExceptionsOnlyTheWeekendRests) {
    const WorkCalendar calendar;
    EXPECT_EQ(calendar.add_working_days(2019y / 3 / 1, 1), Date(2019y / 3 / 4));
    EXPECT_EQ(calendar.add_working_days(2019y / 3 / 2, 0), Date(2019y / 3 / 2));
    EXPECT_EQ(calendar.add_working_days(2019y / 3 / 4, -1), Date(2019y / 3 / 1));
    EXPECT_EQ(calendar.working_days_between(2019y / 3 / 1, 2019y / 3 / 1), 0);
    EXPECT_EQ(calendar.working_days_between(2019y / 3 / 1, 2019y / 3 / 3), 0);
    EXPECT_EQ(calendar.working_days_between(2019y / 3 / 1, 2019y / 3 / 8), 5);
}

TEST(Calendar, AnAbsurdNumberOfDaysIsBounded) {
    const WorkCalendar calendar;
    EXPECT_EQ(calendar.add_working_days(2019y / 3 / 1, 2'000'000'000),
              calendar.add_working_days(2019y / 3 / 1, limits::max_working_days));
    EXPECT_EQ(calendar.add_working_days(2019y / 3 / 1, -2'147'483'647 - 1),
              calendar.add_working_days(2019y / 3 / 1, -limits::max_working_days));
}

TEST(Calendar, FaultsNameFileAndLine) {
    const test::TemporaryFolder folder;
    const auto fault = [&](std::string_view rows) {
        const auto file =
            folder.write("c.csv", "date,kind,name,basis\n2019-01-01,off,a,b\n" + std::string(rows));
        const auto calendar = WorkCalendar::load(file);
        EXPECT_FALSE(calendar) << rows;
        EXPECT_EQ(calendar.error().kind, ErrorKind::Config);
        return calendar.error().message;
    };
    EXPECT_NE(fault("2019-02-29,off,a,b\n").find("c.csv:3: date"), std::string::npos);
    EXPECT_NE(fault("2019-02-28,rest,a,b\n").find("c.csv:3: kind"), std::string::npos);
    EXPECT_NE(fault("2020-02-29,yearly,a,b\n").find("c.csv:3: 29 February"), std::string::npos);
    EXPECT_NE(fault("2019-05-01,yearly,a,b\n2020-05-01,yearly,a,b\n").find("c.csv:4: this day"),
              std::string::npos);
    EXPECT_NE(fault("2019-01-01,worked,a,b\n").find("c.csv:3: the day 2019-01-01 comes twice"),
              std::string::npos);
    EXPECT_NE(fault("2019-02-28,off,a\n").find("c.csv:3: 3 cells"), std::string::npos);
    const auto missing = WorkCalendar::load(folder.path() / "none.csv");
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("none.csv"), std::string::npos);
}

}  // namespace
}  // namespace dvcsync
