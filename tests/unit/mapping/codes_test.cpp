// Code tables: dates of effect, suffixes, comparison.
#include <gmock/gmock.h>

#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

class Codes : public ::testing::Test {
  protected:
    std::string faults(const std::string& csv, const std::string& codes = table) {
        folder_.write("codes/p.csv", csv);
        folder_.write("province/v.xml", vocabulary(values));
        folder_.write("portal/p/m.xml", mapping(codes + field));
        return folder_.faults();
    }
    std::string look_up(const std::string& code, const std::string& day = "") {
        if (!set_) {
            folder_.write("codes/p.csv", csv_);
            set_ = loaded(folder_, vocabulary(values), mapping(table + field));
        }
        const std::string at = day.empty() ? "" : day + " 23:59:59";
        return run(*set_, "<r><code>C</code><p>" + code + "</p><at>" + at + "</at></r>");
    }

    static constexpr const char* values =
        "<value name='p' path='p'/><value name='at' path='at' type='time'/>";
    static inline const std::string table =
        "<codes name='t' file='p.csv' from='local' to='national'>"
        "<strip pattern='.###.##.##.H##'/><strip pattern='.##'/></codes>";
    static constexpr const char* field = "<field to='P' from='p' codes='t' on='at'/>";

    Folder folder_;
    std::optional<MappingSet> set_;
    std::string csv_ =
        "local,national,valid_from,valid_to\n"
        "1.005129,1.005129,,\n"
        "1.000111,old,,2019-02-28\n"
        "1.000111,new,2019-03-01,\n"
        "3.000181.000.00.00.H22,own,,\n"
        "Khai  sinh \xE1\xBB\x87,named,,\n"
        "gone,gone,,2018-12-31\n";
};

TEST_F(Codes, RowsHoldOnTheirDays) {
    EXPECT_EQ(look_up("1.000111", "28/02/2019"), "{\"P\":\"old\"}\n");
    EXPECT_EQ(look_up("1.000111", "01/03/2019"), "{\"P\":\"new\"}\n");
    EXPECT_EQ(look_up("1.000111"), "{\"P\":\"new\"}\n") << "without a day, what is still in force";
}

TEST_F(Codes, ARowOutOfForceIsNamedSo) {
    EXPECT_THAT(look_up("gone", "01/03/2019"),
                HasSubstr("codes/p.csv, but not in force on 2019-03-01: correct its dates"));
    EXPECT_EQ(look_up("gone", "31/12/2018"), "{\"P\":\"gone\"}\n");
}

TEST_F(Codes, SuffixesAreStrippedOnlyIfTheWholeIsUnknown) {
    EXPECT_EQ(look_up("1.005129.000.00.00.H22"), "{\"P\":\"1.005129\"}\n");
    EXPECT_EQ(look_up("1.005129.01"), "{\"P\":\"1.005129\"}\n");
    EXPECT_EQ(look_up("1.005129.01.000.00.07.H22"), "{\"P\":\"1.005129\"}\n");
    EXPECT_EQ(look_up("3.000181.000.00.00.H22"), "{\"P\":\"own\"}\n");
    EXPECT_THAT(look_up("3.000181.000.00.01.H22"), HasSubstr("refused"));
    EXPECT_THAT(look_up(".000.00.00.H22"), HasSubstr("refused")) << "a suffix alone is no code";
}

TEST_F(Codes, ComparisonIgnoresDecompositionAndBlanks) {
    EXPECT_EQ(look_up("Khai sinh e\xCC\xA3\xCC\x82"), "{\"P\":\"named\"}\n");
    EXPECT_EQ(look_up("  Khai\nsinh \xE1\xBB\x87 "), "{\"P\":\"named\"}\n");
}

TEST_F(Codes, AnUnknownCodeSaysWhichRowToAdd) {
    EXPECT_THAT(look_up("9.999999", "01/03/2019"),
                ::testing::AllOf(HasSubstr("refused: P: code '9.999999' is not in "),
                                 HasSubstr("codes/p.csv on 2019-03-01: add a row with its columns "
                                           "local,national,valid_from,valid_to")));
}

TEST_F(Codes, AWrongDayIsAFaultOfTheLookUp) {
    EXPECT_THAT(look_up("1.000111", "31/02/2019"),
                HasSubstr("P: code '1.000111' cannot be looked up by date: '31/02/2019 23:59:59' "
                          "is not a date"));
}

TEST_F(Codes, UnknownCodesCanBeKept) {
    const auto set = loaded(folder_, vocabulary(values),
                            mapping("<codes name='t' unknown='keep'><map from='a' to='b'/></codes>"
                                    "<field to='P' from='p' codes='t'/>"));
    EXPECT_EQ(run(set, "<r><code>C</code><p>a</p></r>"), "{\"P\":\"b\"}\n");
    EXPECT_EQ(run(set, "<r><code>C</code><p>c</p></r>"), "{\"P\":\"c\"}\n");
}

TEST_F(Codes, EveryWrongRowIsReportedWithItsLine) {
    EXPECT_EQ(faults("local,national,valid_from,valid_to\n"
                     "a,1,2019-13-01,\n"
                     "b,2,2019-02-01,2019-01-01\n"
                     "c,,,\n"
                     "d,4,,2019-03-01\n"
                     "d,5,2019-03-01,\n"),
              "codes/p.csv:2: '2019-13-01' is not a date of the form yyyy-MM-dd\n"
              "codes/p.csv:3: valid_to lies before valid_from\n"
              "codes/p.csv:4: a code is empty\n"
              "codes/p.csv:6: code 'd' has another meaning on the same days in line 5");
}

TEST_F(Codes, TheTableMustHaveItsColumns) {
    EXPECT_THAT(faults("local,nationl\n"),
                HasSubstr("portal/p/m.xml:1: codes/p.csv has no column 'national' (did you mean "
                          "'nationl'?)"));
}

TEST_F(Codes, TheFileIsANameInTheCodesFolder) {
    const auto with = [](const std::string& attributes) {
        return "<codes name='t' " + attributes + "/>";
    };
    EXPECT_THAT(faults("local,national\n", with("file='../secret' from='a' to='b'")),
                HasSubstr("must be the name of a file in"));
    EXPECT_THAT(faults("local,national\n", with("file='absent.csv' from='a' to='b'")),
                HasSubstr("cannot read codes/absent.csv"));
    EXPECT_THAT(faults("local,national\n", with("")), HasSubstr("neither 'file' nor <map> rows"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
