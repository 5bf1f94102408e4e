#include "tests/province/days.h"

#include <gtest/gtest.h>

#include "tests/unit/generator/exported.h"

namespace dvcsync::year {
namespace {

const WorkingDays& calendar() {
    return test_world().calendar;
}

TEST(Days, WorkedSaturdaysWorkAndExchangedMondaysRest) {
    EXPECT_TRUE(calendar().working(day_of(2019, 1, 5)));
    EXPECT_TRUE(calendar().working(day_of(2019, 5, 4)));
    EXPECT_FALSE(calendar().working(day_of(2019, 4, 29)));
    EXPECT_FALSE(calendar().working(day_of(2019, 2, 5)));
    EXPECT_FALSE(calendar().working(day_of(2019, 5, 11)));
}

TEST(Days, AddingWorkingDaysSkipsHolidays) {
    EXPECT_EQ(calendar().add(day_of(2019, 4, 26), 1), day_of(2019, 5, 2));
    EXPECT_EQ(calendar().add(day_of(2019, 4, 26), 5), day_of(2019, 5, 7));
    EXPECT_EQ(calendar().add(day_of(2019, 2, 1), 3), day_of(2019, 2, 13));
    EXPECT_EQ(calendar().add(day_of(2019, 5, 2), -1), day_of(2019, 4, 26));
    EXPECT_EQ(calendar().add(day_of(2019, 5, 5), 0), day_of(2019, 5, 5));
    EXPECT_EQ(calendar().add(day_of(2019, 5, 5), -1), day_of(2019, 5, 4));
}

TEST(Days, CountingIsTheInverseOfAdding) {
    for (int n = 0; n < 40; ++n)
        EXPECT_EQ(calendar().between(day_of(2019, 1, 30), calendar().add(day_of(2019, 1, 30), n)),
                  n);
    EXPECT_EQ(calendar().on_or_after(day_of(2019, 4, 27)), day_of(2019, 5, 2));
}

TEST(Days, AgreesWithTheConnectorsCalendarOnEveryDayOfTheYear) {
    const auto other = WorkCalendar::load(std::filesystem::path(DVC_SOURCE_DIR) / "mappings" /
                                          "codes" / "calendar.csv");
    ASSERT_TRUE(other) << other.error().message;
    for (Day day = year_begin; day <= year_end; ++day) {
        EXPECT_EQ(calendar().working(day), other->is_working(date_of(day)));
        EXPECT_EQ(date_of(calendar().add(day, 7)), other->add_working_days(date_of(day), 7));
    }
}

TEST(Days, WritesTheFormsOfTheVocabulary) {
    std::string text;
    append_moment(text, moment(day_of(2019, 3, 1), 8 * 3'600 + 5 * 60 + 9));
    EXPECT_EQ(text, "01/03/2019 08:05:09");
    text.clear();
    append_date(text, day_of(2019, 12, 31));
    EXPECT_EQ(text, "31/12/2019");
}

}  // namespace
}  // namespace dvcsync::year
