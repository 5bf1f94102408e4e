#include "connector/base/time.h"

#include <gtest/gtest.h>

namespace dvcsync {
namespace {

using namespace std::chrono_literals;
using std::chrono::local_days;
using std::chrono::sys_days;

TimeFormat form(std::string_view pattern) {
    auto format = TimeFormat::compile(pattern);
    EXPECT_TRUE(format) << pattern;
    return format.value();
}

TEST(Vietnam, IsSevenHoursAheadBothWays) {
    const UtcTime evening = sys_days{2019y / 12 / 31} + 17h;
    EXPECT_EQ(to_vietnam(evening), local_days{2020y / 1 / 1});
    EXPECT_EQ(from_vietnam(local_days{2020y / 1 / 1}), evening);
    EXPECT_EQ(to_vietnam(evening + 999ms), local_days{2020y / 1 / 1});
    EXPECT_EQ(date_of(to_vietnam(evening)), 2020y / 1 / 1);
    EXPECT_EQ(date_of(to_vietnam(evening - 1ms)), 2019y / 12 / 31);
}

TEST(Vietnam, InstantsBefore1970RoundDown) {
    const UtcTime before = sys_days{1969y / 12 / 31} + 23h + 59min + 59s + 500ms;
    EXPECT_EQ(to_vietnam(before), local_days{1970y / 1 / 1} + 6h + 59min + 59s);
    EXPECT_EQ(utc_text(before), "1969-12-31T23:59:59.500Z");
}

TEST(TimeFormat, ReadsBothBordersForms) {
    const LocalTime at = local_days{2019y / 3 / 1} + 8h + 5min + 9s;
    for (const auto* pattern : {"yyyyMMddHHmmss", "dd/MM/yyyy HH:mm:ss", "yyyy-MM-ddTHH:mm:ss",
                                "HH:mm:ss dd.MM.yyyy", "yyyyMMddHHmmssSSS"}) {
        const TimeFormat format = form(pattern);
        EXPECT_EQ(format.pattern(), pattern);
        EXPECT_EQ(format.parse(format.format(at)), at) << pattern;
    }
    EXPECT_EQ(form("yyyyMMddHHmmss").format(at), "20190301080509");
    EXPECT_EQ(form("dd/MM/yyyy HH:mm:ss").format(at), "01/03/2019 08:05:09");
    EXPECT_EQ(form("yyyy-MM-ddTHH:mm:ss.SSS").format(at), "2019-03-01T08:05:09.000");
}

TEST(TimeFormat, WhatAPatternLeavesOutIsMidnight) {
    EXPECT_EQ(form("dd/MM/yyyy").parse("31/12/2019"), local_days{2019y / 12 / 31});
    EXPECT_EQ(form("yyyyMMddHH").parse("2019123123"), local_days{2019y / 12 / 31} + 23h);
}

TEST(TimeFormat, FractionsAreReadAndDropped) {
    EXPECT_EQ(form("yyyyMMddHHmmssSSS").parse("20190301080509999"),
              local_days{2019y / 3 / 1} + 8h + 5min + 9s);
    EXPECT_FALSE(form("yyyyMMddHHmmssSSS").parse("2019030108050999"));
}

TEST(TimeFormat, LeapDaysExistOnlyInLeapYears) {
    const TimeFormat format = form("dd/MM/yyyy");
    EXPECT_TRUE(format.parse("29/02/2020"));
    EXPECT_TRUE(format.parse("29/02/2000"));
    EXPECT_FALSE(format.parse("29/02/2019"));
    EXPECT_FALSE(format.parse("29/02/2100"));
    EXPECT_FALSE(format.parse("30/02/2020"));
    EXPECT_FALSE(format.parse("31/04/2019"));
}

TEST(TimeFormat, RefusesWhatIsNotExactlyTheForm) {
    const TimeFormat format = form("dd/MM/yyyy HH:mm:ss");
    EXPECT_TRUE(format.parse("01/03/2019 23:59:59"));
    for (const auto* text : {"",
                             "01/03/2019",
                             "1/3/2019 08:00:00",
                             "01-03-2019 08:00:00",
                             "01/03/2019T08:00:00",
                             " 01/03/2019 08:00:00",
                             "01/03/2019 08:00:00 ",
                             "01/03/2019  08:00:00",
                             "01/03/2019 8:00:00",
                             "01/03/19 08:00:00",
                             "00/03/2019 08:00:00",
                             "01/00/2019 08:00:00",
                             "32/01/2019 08:00:00",
                             "01/13/2019 08:00:00",
                             "01/03/0000 08:00:00",
                             "01/03/2019 24:00:00",
                             "01/03/2019 08:60:00",
                             "01/03/2019 08:00:60",
                             "+1/03/2019 08:00:00",
                             "0x/03/2019 08:00:00",
                             "01/03/2019 08:00:0",
                             "2019-03-01 08:00:00",
                             "01/03/2019 08:00:00Z",
                             "０1/03/2019 08:00:00"})
        EXPECT_FALSE(format.parse(text)) << text;
}

TEST(TimeFormat, BadPatternsSayWhy) {
    const auto why = [](std::string_view pattern) {
        const auto format = TimeFormat::compile(pattern);
        EXPECT_FALSE(format) << pattern;
        EXPECT_EQ(format.error().kind, ErrorKind::Config);
        return format.error().message;
    };
    EXPECT_NE(why("yyyyMMdd hh").find("'h'"), std::string::npos);
    EXPECT_NE(why("yyMMdd").find("4 times"), std::string::npos);
    EXPECT_NE(why("yyyyMMddMM").find("twice"), std::string::npos);
    EXPECT_NE(why("HH:mm:ss").find("missing"), std::string::npos);
    EXPECT_NE(why("").find("missing"), std::string::npos);
    EXPECT_NE(why("yyyy-MM-ddTHH:mmZ").find("'Z'"), std::string::npos);
}

TEST(Texts, LogFormsOfAnInstant) {
    const UtcTime at = sys_days{2019y / 3 / 1} + 8h + 7ms;
    EXPECT_EQ(utc_text(at), "2019-03-01T08:00:00.007Z");
    EXPECT_EQ(vietnam_text(at), "2019-03-01T15:00:00+07:00");
}

TEST(Texts, IsoDatesReadBack) {
    EXPECT_EQ(parse_iso_date("2020-02-29"), Date(2020y / 2 / 29));
    EXPECT_EQ(iso_date(2020y / 2 / 29), "2020-02-29");
    for (const auto* text : {"2019-02-29", "2019-2-28", "2019/02/28", "2019-02-28 ", "20190228",
                             "0000-01-01", "2019-00-01", "2019-1a-01", ""})
        EXPECT_FALSE(parse_iso_date(text)) << text;
}

TEST(SystemClock, RunsForward) {
    Clock& clock = system_clock();
    const auto before = clock.steady();
    clock.sleep(2ms);
    EXPECT_GE(clock.steady() - before, 2ms);
    EXPECT_GT(clock.now(), UtcTime{sys_days{2024y / 1 / 1}});
}

}  // namespace
}  // namespace dvcsync
