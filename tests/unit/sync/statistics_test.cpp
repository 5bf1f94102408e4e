#include "connector/sync/statistics.h"

#include <gmock/gmock.h>

namespace dvcsync::sync {
namespace {

using ::testing::HasSubstr;

TEST(Statistics, SumsAndPercentagesAgreeWithTheirParts) {
    const ledger::MonthFigures figures{"000.00.01.H22", "Sở A & B", 100, 20, 61, 2, 50, 7};
    const auto xml = statistics_xml(figures, 2019, 3);
    EXPECT_THAT(xml, HasSubstr("<agency-name>Sở A &amp; B</agency-name>"));
    EXPECT_THAT(xml, HasSubstr("<total>120</total><done>63</done>"));
    EXPECT_THAT(xml, HasSubstr("<done-on-time-percent>96.83</done-on-time-percent>"));
    EXPECT_THAT(xml, HasSubstr("<done-late-percent>3.17</done-late-percent>"));
    EXPECT_THAT(xml, HasSubstr("<open>57</open>"));
    EXPECT_THAT(xml, HasSubstr("<open-in-time-percent>87.72</open-in-time-percent>"));
}

TEST(Statistics, OneAgencysMonthHasOneCode) {
    EXPECT_EQ(statistics_code({"000.00.01.H22", "", 0, 0, 0, 0, 0, 0}, 2019, 3),
              "000.00.01.H22/2019-03");
}

TEST(Statistics, AMonthWithoutWorkHasZeroPercentAndNotNotANumber) {
    const auto xml = statistics_xml({"000.00.02.H22", "B", 0, 0, 0, 0, 0, 0}, 2019, 12);
    EXPECT_THAT(xml, HasSubstr("<done-on-time-percent>0</done-on-time-percent>"));
    EXPECT_THAT(xml, HasSubstr("<open-late-percent>0</open-late-percent>"));
}

TEST(Statistics, RoundsHalfUpAndWritesWholePercentsShort) {
    const auto all = statistics_xml({"A", "A", 8, 0, 8, 0, 0, 0}, 2019, 1);
    EXPECT_THAT(all, HasSubstr("<done-on-time-percent>100</done-on-time-percent>"));
    const auto eighth = statistics_xml({"A", "A", 16, 0, 1, 15, 0, 0}, 2019, 1);
    EXPECT_THAT(eighth, HasSubstr("<done-on-time-percent>6.25</done-on-time-percent>"));
    EXPECT_THAT(eighth, HasSubstr("<done-late-percent>93.75</done-late-percent>"));
}

}  // namespace
}  // namespace dvcsync::sync
