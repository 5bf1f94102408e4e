// The shipped code tables across 1 July 2025, and how a code finds its row among several.
#include <gmock/gmock.h>

#include "connector/base/csv.h"
#include "connector/base/text.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::filesystem::path codes_dir = std::filesystem::path(DVC_SOURCE_DIR) / "mappings/codes";

// One code, looked up in `table` (a <codes name='t'>) by each of three dates.
class DatedCodes : public ::testing::Test {
  protected:
    void load(const std::string& table) {
        std::filesystem::copy(codes_dir, folder_.path() / "codes");
        set_ = loaded(folder_,
                      vocabulary("<value name='p' path='p'/><value name='in' path='in'/>"
                                 "<value name='opened' path='opened' type='time'/>"
                                 "<value name='finished' path='finished' type='time'/>"
                                 "<list name='events' path='events/event'>"
                                 "<value name='at' path='@at' type='time'/></list>"),
                      mapping(table + "<field to='opened' from='p' codes='t' on='opened'" +
                              within_ + "/>" + "<field to='finished' from='p' codes='t' " +
                              "on='finished'" + within_ + "/><list to='events' from='events'>" +
                              "<field to='c' from='../p' codes='t' on='at'/></list>"));
    }
    std::string look_up(const std::string& code, const std::string& opened,
                        const std::string& finished, const std::string& rest = "") {
        return run(*set_, "<r><code>C</code><p>" + code + "</p><opened>" + opened +
                              "</opened><finished>" + finished + "</finished>" + rest + "</r>");
    }
    // The result on one day, or the refusal.
    std::string on(const std::string& code, const std::string& time, const std::string& in = "") {
        return look_up(code, time, time, in.empty() ? "" : "<in>" + in + "</in>");
    }
    static std::string both(const std::string& result) {
        return R"({"opened":")" + result + R"(","finished":")" + result + R"(","events":[]})" +
               "\n";
    }

    static constexpr const char* last = "30/06/2025 23:59:59";
    static constexpr const char* first = "01/07/2025 00:00:00";
    std::string within_;
    Folder folder_;
    std::optional<MappingSet> set_;
};

TEST_F(DatedCodes, ADossierKeepsTheCodesOfItsOwnDates) {
    load("<codes name='t' file='communes.csv' from='code' to='name'/>");
    // 00691 was Phường Trần Phú, and is Phường Hà Giang 2 for another territory.
    EXPECT_EQ(look_up("00691", last, first,
                      "<events><event at='30/06/2025 23:59:59'/><event at='01/07/2025 00:00:00'/>"
                      "</events>"),
              R"({"opened":"Phường Trần Phú","finished":"Phường Hà Giang 2",)"
              R"("events":[{"c":"Phường Trần Phú"},{"c":"Phường Hà Giang 2"}]})"
              "\n");
    EXPECT_EQ(on("00691", last), both("Phường Trần Phú"));
    EXPECT_EQ(on("00691", first), both("Phường Hà Giang 2"));
}

TEST_F(DatedCodes, ACommuneThatEndedIsRefusedFromTheNextDayOn) {
    load("<codes name='t' file='communes.csv' from='code' to='code'/>");
    EXPECT_EQ(on("00697", last), both("00697"));
    EXPECT_THAT(on("00697", first), HasSubstr("but not in force on 2025-07-01"));
}

TEST_F(DatedCodes, ASplitCommuneHasNoSingleSuccessor) {
    load(
        "<codes name='t' file='commune_successors.csv' from='code' to='successor' "
        "within='successor_name'/>");
    EXPECT_THAT(on("00688", first),
                HasSubstr("code '00688' has several meanings in " +
                          (folder_.path() / "codes/commune_successors.csv").string() +
                          " on 2025-07-01, and none is chosen: 00691 (Phường Hà Giang 2), 00694 "
                          "(Phường Hà Giang 1); the record must say which"));
    EXPECT_EQ(on("00697", first), both("00691"));
    EXPECT_THAT(on("00697", last), HasSubstr("not in force on 2025-06-30"));
}

TEST_F(DatedCodes, WhatTheRecordSaysMoreChoosesAmongSeveral) {
    within_ = " within='in'";
    load(
        "<codes name='t' file='commune_successors.csv' from='code' to='successor' "
        "within='successor_name'/>");
    EXPECT_EQ(on("00688", first, "Phường Hà Giang 1"), both("00694"));
    EXPECT_EQ(on("00688", first, " Phường  Hà Giang 2 "), both("00691"));
    EXPECT_THAT(on("00688", first), HasSubstr("none is chosen"));
    EXPECT_THAT(on("00688", first, "Xã Ngọc Đường"), HasSubstr("but not within"));
}

TEST_F(DatedCodes, NamesAreFoundInTheirDistrictAndInEverySpelling) {
    within_ = " within='in'";
    load("<codes name='t' file='communes.csv' from='name variants' to='code' within='district'/>");
    EXPECT_EQ(on("Phường Minh Khai", last), both("00697"));
    EXPECT_EQ(on("P. Minh Khai", last), both("00697"));
    EXPECT_EQ(on("Thị trấn Phố Bảng", last), both("00712"));
    EXPECT_EQ(on("TT. Phó Bảng", last, "Huyện Đồng Văn"), both("00712"));
    EXPECT_EQ(on("Xã Quý Quân", last), both("02431"));
    EXPECT_EQ(on("Xã Quí Quân", last), both("02431"));
    EXPECT_THAT(on("Xã Tả Lủng", last), AllOf(HasSubstr("00742"), HasSubstr("00796")));
    EXPECT_EQ(on("Xã Tả Lủng", last, "Huyện Đồng Văn"), both("00742"));
    EXPECT_EQ(on("Xã Tả Lủng", last, "Huyện Mèo Vạc"), both("00796"));
}

TEST_F(DatedCodes, AnAgencyIsFoundByEitherFormAndNeverByItsBeginning) {
    load("<codes name='t' file='agencies.csv' from='code new_code' to='new_code'/>");
    EXPECT_EQ(on("000.00.01.H22", last), both("H22.1"));
    EXPECT_EQ(on("H22.1", last), both("H22.1"));
    EXPECT_EQ(on("H22.10", last), both("H22.10")) << "H22.1 is its beginning";
    EXPECT_THAT(on("H22.1", first), HasSubstr("not in force on 2025-07-01"));
    EXPECT_THAT(on("H22.199", last), HasSubstr("is not in"));
    EXPECT_THAT(on("H2", last), HasSubstr("is not in"));
    EXPECT_THAT(on("000.00.01", last), HasSubstr("is not in"));
}

TEST_F(DatedCodes, ACodeThatBeginsLikeAnotherIsAnother) {
    load("<codes name='t'><map from='H44.13' to='a'/><map from='H44.130' to='b'/></codes>");
    EXPECT_EQ(on("H44.13", last), both("a"));
    EXPECT_EQ(on("H44.130", last), both("b"));
    EXPECT_THAT(on("H44.1", last), HasSubstr("is not in"));
}

TEST_F(DatedCodes, TheOldFormIsFoundFromTheNewOne) {
    load("<codes name='t' file='agencies.csv' from='code new_code' to='code'/>");
    EXPECT_EQ(on("H22.41.15", last), both("000.15.41.H22"));
    EXPECT_EQ(on("000.15.41.H22", last), both("000.15.41.H22"));
}

TEST_F(DatedCodes, ProvincesEndOnTheDayOfTheMerger) {
    load("<codes name='t' file='provinces.csv' from='code old_code' to='code'/>");
    EXPECT_EQ(on("000.00.00.H22", last), both("H22"));
    EXPECT_THAT(on("H22", first), HasSubstr("not in force on 2025-07-01"));
    EXPECT_EQ(on("000.00.00.H60", last), both("H60"));
    EXPECT_EQ(on("H60", first), both("H60"));
}

TEST_F(DatedCodes, ThirtyFourProvincesAreInForceAndEachEndedOneHasASuccessorThatIs) {
    const auto table =
        read_csv(codes_dir / "provinces.csv", {"code", "old_code", "name", "area_code", "successor",
                                               "certainty", "valid_from", "valid_to"});
    ASSERT_TRUE(table) << table.error().message;
    std::set<std::string> alive;
    for (const auto& row : table->rows)
        if (row.cells[7].empty()) alive.insert(row.cells[0]);
    EXPECT_EQ(table->rows.size(), 63u);
    EXPECT_EQ(alive.size(), 34u);
    for (const auto& row : table->rows) {
        EXPECT_EQ(row.cells[1], "000.00.00." + row.cells[0]) << "line " << row.line;
        EXPECT_EQ(alive.contains(row.cells[4]), !row.cells[7].empty()) << "line " << row.line;
    }
}

TEST_F(DatedCodes, EverySuccessorIsACommuneInForceAndEveryOldCommuneHasOne) {
    const auto communes = read_csv(codes_dir / "communes.csv");
    const auto successors = read_csv(codes_dir / "commune_successors.csv");
    ASSERT_TRUE(communes && successors);
    std::map<std::string, std::string> now;
    std::set<std::string> before;
    for (const auto& row : communes->rows) {
        EXPECT_EQ(nfc(row.cells[1]), row.cells[1]) << "line " << row.line;
        if (row.cells[6].empty())
            now[row.cells[0]] = row.cells[1];
        else
            before.insert(row.cells[0]);
    }
    EXPECT_EQ(now.size(), 124u);
    EXPECT_EQ(before.size(), 331u);
    std::map<std::string, int> parts;
    for (const auto& row : successors->rows) {
        EXPECT_EQ(now[row.cells[5]], row.cells[6]) << "line " << row.line;
        EXPECT_TRUE(before.contains(row.cells[1])) << "line " << row.line;
        ++parts[row.cells[1]];
    }
    EXPECT_EQ(parts.size(), before.size());
    EXPECT_EQ(std::count_if(parts.begin(), parts.end(), [](auto& p) { return p.second > 1; }), 5);
}

TEST_F(DatedCodes, ProcedureCodesOfEveryShape) {
    load(
        "<codes name='t' file='procedures.csv' from='local' to='national'>"
        "<strip pattern='.###.##.##.H##'/><strip pattern='.##'/></codes>");
    for (const char* code : {"1.005129", "1.005129.000.00.00.H22", "1.005129.01",
                             "1.005129.000.00.01.H22", "1.005129.01.000.00.00.H22"})
        EXPECT_EQ(on(code, last), both("1.005129")) << code;
    EXPECT_EQ(on("3.000181.000.00.00.H22", first), both("3.000181"));
    EXPECT_EQ(on("TS_lop1.000.00.00.H22", last), both("2.002492"));
    EXPECT_EQ(on("TS_lop6.000.00.00.H22", last), both("2.002492"));
    EXPECT_EQ(on("TS_lop10.000.00.00.H22", last), both("3.000181")) << "TS_lop1 is its beginning";
    for (const char* code : {"TS_lop1", "TS_lop1.000.00.01.H22", "TS_lop100.000.00.00.H22",
                             "1.005129.1", "1.005129.000.00.00", "1.0051290", "005129"})
        EXPECT_THAT(on(code, last), HasSubstr("is not in")) << code;
}

TEST_F(DatedCodes, WithinNeedsItsColumnAndItsCodes) {
    const auto faults = [&](const std::string& codes, const std::string& field) {
        folder_.write("codes/c.csv", "a,b,w\nx,1,one\nx,2,two\n");
        folder_.write("province/v.xml", vocabulary("<value name='p' path='p'/>"));
        folder_.write("portal/p/m.xml", mapping(codes + field));
        return folder_.faults();
    };
    const std::string wide = "<codes name='t' file='c.csv' from='a' to='b' within='w'/>";
    const std::string narrow = "<codes name='t' file='c.csv' from='a' to='b'/>";
    const std::string field = "<field to='P' from='p' codes='t' within='p'/>";
    EXPECT_EQ(faults(wide, field), "");
    EXPECT_THAT(faults(narrow, field),
                AllOf(HasSubstr("c.csv:3: code 'x' has another meaning on the same days in line 2"),
                      HasSubstr("'within' needs codes that name a column with within, but 't'")));
    EXPECT_THAT(faults(wide, "<field to='P' from='p' within='p'/>"), HasSubstr("'within' needs"));
    EXPECT_THAT(faults(wide, "<field to='P' from='p' codes='t' within='q'/>"),
                HasSubstr("within: unknown canonical name 'q'"));
    EXPECT_THAT(faults("<codes name='t' file='c.csv' from='a' to='b' within='v'/>", field),
                HasSubstr("c.csv has no column 'v'"));
    EXPECT_THAT(faults("<codes name='t' within='w'><map from='a' to='b'/></codes>", ""),
                HasSubstr("so they need 'file'"));
}

TEST_F(DatedCodes, AColumnThatComesTwiceIsAFault) {
    folder_.write("codes/c.csv", "a,b,a\n1,2,3\n");
    folder_.write("province/v.xml", vocabulary(""));
    folder_.write("portal/p/m.xml", mapping("<codes name='t' file='c.csv' from='a' to='b'/>"
                                            "<field to='P' from='code'/>"));
    EXPECT_EQ(folder_.faults(), "codes/c.csv:1: a column name comes twice");
}

}  // namespace
}  // namespace dvcsync::mapping::testing
