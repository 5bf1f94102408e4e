#include "connector/mapping/quoting.h"

#include <gmock/gmock.h>

#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

TEST(Quoting, CodesWordsAndDatesAreShown) {
    for (const char* value :
         {"1.005129", "1.005129.000.00.00.H22", "000.00.01.H22-190301-0001", "no-such-status",
          "31/02/2019 08:00:00", "1/1/2019 8:00", "TS_lop1", "2019-02-30", "20190231083000", "99"})
        EXPECT_EQ(shown_value(value), "'" + std::string(value) + "'");
    EXPECT_EQ(shown_date("31/02/2019 08:00:00"), "'31/02/2019 08:00:00'");
}

TEST(Quoting, WhatMayBeAPersonIsOnlyCounted) {
    EXPECT_EQ(shown_value("Nguyễn Văn A"), "(12 characters)");
    EXPECT_EQ(shown_value("Nguyen Van A"), "(12 characters)") << "ASCII, but blanks";
    EXPECT_EQ(shown_value("a@example.org"), "(13 characters)");
    EXPECT_EQ(shown_value("012345678"), "(9 characters)") << "an identity card of old";
    EXPECT_EQ(shown_value("0912345678"), "(10 characters)") << "a telephone";
    EXPECT_EQ(shown_value("0912.345.678"), "(12 characters)");
    EXPECT_EQ(shown_value("+84 912 345 678"), "(15 characters)");
    EXPECT_EQ(shown_value("012345678901"), "(12 characters)") << "a citizen's card";
    EXPECT_EQ(shown_value(std::string(61, 'x')), "(61 characters)");
    EXPECT_EQ(shown_date("Thu"), "(3 characters)");
    EXPECT_EQ(shown_date("012345678901"), "(12 characters)");
}

TEST(Quoting, NoReasonOfARecordQuotesAPerson) {
    Folder folder;
    const auto set =
        loaded(folder,
               vocabulary("<value name='at' path='at' type='time'/>"
                          "<value name='w' path='w' type='word'/><value name='c' path='c'/>"
                          "<list name='l' path='l'><value name='k' path='k'/></list>",
                          "<words name='word'><word from='x' to='y'/></words>"),
               mapping("<field to='D' from='at' as='stamp'/><field to='W' from='w' codes='ws'/>"
                       "<field to='C' from='c' codes='cs'/>"
                       "<codes name='ws'><map from='y' to='1'/></codes>"
                       "<codes name='cs'><map from='y' to='1'/></codes>"));
    EXPECT_EQ(
        run(set, "<r><code>C</code><at>012345678901</at><w>Trần Thị B</w><c>0912345678</c></r>")
            .find("0912345678"),
        std::string::npos);
    const std::string reasons =
        run(set, "<r><code>C</code><at>012345678901</at><w>Trần Thị B</w><c>0912345678</c></r>");
    EXPECT_THAT(reasons, ::testing::HasSubstr("D: <at> (12 characters) is not a date"));
    EXPECT_THAT(reasons, ::testing::HasSubstr("W: <w> (10 characters) is not among the words"));
    EXPECT_THAT(reasons, ::testing::HasSubstr("C: code (10 characters) is not in codes"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
