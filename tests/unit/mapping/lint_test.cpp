// What lint finds in mappings that load.
#include "connector/mapping/lint.h"

#include <gmock/gmock.h>

#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* values =
    "<value name='status' path='status' type='status'/>"
    "<value name='at' path='at' type='time'/>"
    "<list name='things' path='thing'><value name='state' path='state' type='status'/></list>";
constexpr const char* words =
    "<words name='status'><word from='a' to='open'/><word from='b' to='closed'/>"
    "<word from='c' to='draft' send='no'/></words>";

class Lint : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_.write("province/v.xml", vocabulary(values, words));
        folder_.write("codes/t.csv", "local,national,valid_from,valid_to\n1,2,,\n");
    }
    // The findings of a mapping, one a line, warnings with "w ", without the folder's path.
    std::string found(std::string_view content) {
        folder_.write("portal/p/m.xml", mapping(content));
        return told(lint({folder_.path(), "", ""}));
    }
    std::string told(const LintReport& report) const {
        std::string text;
        const std::string prefix = folder_.path().string() + "/";
        for (const auto& finding : report.findings) {
            std::string line = finding.text;
            for (std::size_t at; (at = line.find(prefix)) != std::string::npos;)
                line.erase(at, prefix.size());
            // Said of every folder of these tests, which have no contract.
            if (line.find("no file in") != std::string::npos) continue;
            if (line.find("date-form 'stamp' is used by no rule") != std::string::npos) continue;
            text += (finding.is_fault ? "" : "w ") + line + "\n";
        }
        return text;
    }
    static std::string codes(std::string_view rows) {
        return "<codes name='s'>" + std::string(rows) + "</codes>\n";
    }
    Folder folder_;
};

constexpr const char* both = "<map from='open' to='1'/><map from='closed' to='2'/>";

TEST_F(Lint, HasNothingToSayOfWhatIsRight) {
    EXPECT_EQ(found(codes(both) + "<field to='S' from='status' codes='s'/>"), "");
}

TEST_F(Lint, AWordThatIsSentNeedsACode) {
    EXPECT_THAT(
        found(codes("<map from='open' to='1'/>") + "<field to='S' from='status' codes='s'/>"),
        HasSubstr("portal/p/m.xml:1: codes 's' has no row for 'closed' of words 'status'"));
}

TEST_F(Lint, AWordThatConditionsRuleOutNeedsNone) {
    const std::string one = codes("<map from='open' to='1'/>");
    EXPECT_EQ(found(one + "<field to='S' from='status' codes='s' when='status=open'/>"), "");
    EXPECT_EQ(found(one + "<list to='L' from='things' where='state!=closed'>"
                          "<field to='S' from='state' codes='s'/></list>"),
              "");
    EXPECT_EQ(found(one + "<object to='O' when='status=open'><list to='L' from='things'>"
                          "<field to='S' from='../status' codes='s'/></list></object>"),
              "");
    EXPECT_THAT(found(one + "<object to='O' when='status=open'><list to='L' from='things'>"
                            "<field to='S' from='state' codes='s'/></list></object>"),
                HasSubstr("no row for 'closed'"))
        << "the member's own state is another value";
}

TEST_F(Lint, WhatGoesOutAsANumberMustBeOneInTheTable) {
    const std::string rows = "<map from='open' to='1'/><map from='closed' to='hai'/>";
    const std::string field = "<field to='S' from='status' codes='s' required='yes'";
    EXPECT_EQ(found(codes(rows) + field + "/>"), "");
    for (const std::string form : {"number", "amount"})
        EXPECT_THAT(found(codes(rows) + field + " as='" + form + "'/>"),
                    HasSubstr("portal/p/m.xml:1: codes 's': 'closed' becomes 'hai', which is not a "
                              "whole number, but field 'S'"))
            << form;
}

TEST_F(Lint, AConditionThatCannotHoldIsAFault) {
    const auto fault = [&](std::string_view when) {
        return found("<field to='C' from='code'/>\n<object to='O' when='" + std::string(when) +
                     "'><field to='X' from='code'/></object>");
    };
    EXPECT_THAT(fault("status=open and status=closed"),
                HasSubstr("portal/p/m.xml:2: when='status=open and status=closed' never holds"));
    EXPECT_THAT(fault("status=open and status!=open|closed"), HasSubstr("never holds"));
    EXPECT_THAT(fault("at and not at"), HasSubstr("never holds"));
    EXPECT_THAT(fault("things and not things"), HasSubstr("never holds"));
    EXPECT_THAT(fault("status=open and not status"), HasSubstr("never holds"));
    EXPECT_EQ(fault("status=open|closed and status!=open and at and things"), "");
}

TEST_F(Lint, ACodeThatNoVocabularyCanAskForIsAWarning) {
    const std::string text = codes(std::string(both) + "\n<map from='opne' to='3'/>") +
                             "<field to='S' from='status' codes='s'/>";
    EXPECT_EQ(
        found(text),
        "w portal/p/m.xml:2: codes 's': no record can hold 'opne': it is no canonical word of "
        "the fields that use the table\n");
    std::string other = words;
    other.replace(other.find("to='closed'"), 11, "to='opne'");
    folder_.write("province/w.xml", vocabulary(values, other));
    EXPECT_EQ(found(text).find("'opne': it is"), std::string::npos) << "another product has it";
}

TEST_F(Lint, WhatNobodyUsesIsAWarning) {
    folder_.write("portal/p/shared.xml", "<shared>\n<date-form name='d' form='yyyy'/></shared>");
    EXPECT_THAT(found("<field to='C' from='code'/>"), HasSubstr("portal/p/shared.xml:2:"));
    folder_.write("portal/p/shared.xml",
                  "<shared>\n<codes name='u'><map from='a' to='b'/></codes></shared>");
    EXPECT_EQ(found("<field to='C' from='code'/>"),
              "w portal/p/shared.xml:2: codes 'u' is used by no rule\n");
}

TEST_F(Lint, ASuffixThatAnEarlierOneCutsIsAFault) {
    const auto with = [&](std::string_view strips) {
        return found("<codes name='t' file='t.csv' from='local' to='national'>" +
                     std::string(strips) + "</codes><field to='C' from='code' codes='t'/>");
    };
    EXPECT_THAT(with("<strip pattern='.##'/>\n<strip pattern='.A.0#'/>"),
                HasSubstr("portal/p/m.xml:2: codes 't': '.A.0#' is never found"));
    EXPECT_EQ(with("<strip pattern='.A.##'/>\n<strip pattern='.##'/>"), "");
}

TEST_F(Lint, RowsWithDaysNeedADate) {
    folder_.write("codes/t.csv", "local,national,valid_from,valid_to\n1,2,2020-01-01,\n");
    const std::string table = "<codes name='t' file='t.csv' from='local' to='national'/>";
    EXPECT_THAT(found(table + "<field to='C' from='code' codes='t'/>"),
                HasSubstr("w portal/p/m.xml:1: field 'C': rows of codes 't' have days of effect"));
    EXPECT_EQ(found(table + "<field to='C' from='code' codes='t' on='at'/>"), "");
}

TEST_F(Lint, TablesThatNoMappingUsesAreReadToo) {
    folder_.write("codes/u.csv",
                  "code,name,valid_from,valid_to\na,1,2020-01-02,2020-01-01\nb,1,2020-13-01,\n"
                  "c,1,,2020-01-01\nc,2,2020-01-01,\n");
    const std::string all = found("<field to='C' from='code'/>");
    EXPECT_THAT(all, HasSubstr("codes/u.csv:2: valid_to lies before valid_from"));
    EXPECT_THAT(all, HasSubstr("codes/u.csv:3: '2020-13-01' is not a date"));
    EXPECT_THAT(all, HasSubstr("w codes/u.csv:5: code 'c' stands with other values in line 4"));
}

TEST_F(Lint, AFaultOfOneFileDoesNotHideThoseOfOthers) {
    folder_.write("portal/p/other.xml",
                  "<mapping record='dossier' operation='push-progress'>\n<field to='C' from='cod'/>"
                  "</mapping>");
    const std::string all = found(
        "<object to='O' when='at and not at'>"
        "<field to='X' from='code'/></object>");
    EXPECT_THAT(all, HasSubstr("portal/p/other.xml:2: field 'C': unknown canonical name 'cod'"));
    EXPECT_THAT(all, HasSubstr("portal/p/m.xml:1: when='at and not at' never holds"));
}

TEST_F(Lint, AContractIsComparedWith) {
    folder_.write("contract/c.xml",
                  "<contract profiles='p q'><document operation='push-dossier' section='§3'>"
                  "<member name='C' required='yes' max='10' mark='S'/>"
                  "<member name='D' type='date' form='yyyy' mark='1'/>"
                  "<member name='N' type='number' mark='1'/>"
                  "<member name='Q' required='yes' mark='1' profiles='q'/>"
                  "<list name='L' mark='S'><member name='X' required='yes' mark='A'/></list>"
                  "</document></contract>");
    EXPECT_EQ(found("\n<field to='c' from='code'/>\n<field to='D' from='at' as='stamp'/>\n"
                    "<field to='N' from='code'/>\n<list to='L' from='things'>"
                    "<field to='Y' value='1'/></list>"),
              "portal/p/m.xml:1: 'C' is missing, which the contract (§3, [S]) requires\n"
              "portal/p/m.xml:2: 'c' is not known to the contract (§3) (did you mean 'C'?)\n"
              "portal/p/m.xml:3: 'D' goes out as yyyyMMddHHmmss, but the contract (§3, [1]) says "
              "yyyy\n"
              "portal/p/m.xml:4: 'N' is a number in the contract (§3, [1])\n"
              "portal/p/m.xml:5: 'L.X' is missing, which the contract (§3, [A]) requires\n"
              "portal/p/m.xml:5: 'L.Y' is not known to the contract (§3) (did you mean 'X'?)\n");
    EXPECT_EQ(found("\n<field to='C' from='code' max='11'/>"),
              "w portal/p/m.xml:1: 'D' is missing, which the contract (§3, [1]) knows\n"
              "w portal/p/m.xml:1: 'L' is missing, which the contract (§3, [S]) knows\n"
              "w portal/p/m.xml:1: 'N' is missing, which the contract (§3, [1]) knows\n"
              "portal/p/m.xml:2: 'C' allows 11 characters, but the contract (§3, [S]) at most 10 "
              "characters\n"
              "portal/p/m.xml:2: 'C' may be empty, but the contract (§3, [S]) requires it: say "
              "required='yes', or required-when\n");
}

TEST_F(Lint, WhatTheContractDoesNotKnowAsAValueIsAFault) {
    folder_.write("contract/c.xml",
                  "<contract profiles='p'><document operation='push-dossier' section='1'>"
                  "<member name='S' values='1 3' mark='S'/><member name='C' values='7' mark='S'/>"
                  "</document></contract>");
    const std::string rest = "<field to='C' value='7'/>";
    EXPECT_EQ(found(codes("<map from='open' to='1'/><map from='closed' to='3'/>") +
                    "<field to='S' from='status' codes='s'/>" + rest),
              "");
    EXPECT_THAT(found(codes(both) + "<field to='S' from='status' codes='s' default='4'/>" + rest),
                AllOf(HasSubstr("portal/p/m.xml:1: codes 's': 'closed': 'S' becomes '2', but the "
                                "contract (1, [S]) knows only 1, 3"),
                      HasSubstr("portal/p/m.xml:2: 'S' becomes '4'")));
    EXPECT_THAT(found(codes(both) + "<field to='S' from='status' codes='s'/><field to='C' "
                                    "value='8'/>"),
                HasSubstr("'C' becomes '8'"));
}

TEST_F(Lint, WhatWasAskedForMustBeThere) {
    found("<field to='C' from='code'/>");
    EXPECT_THAT(told(lint({folder_.path(), "w", ""})), HasSubstr("province: has no 'w'"));
    EXPECT_THAT(told(lint({folder_.path() / "none", "", ""})), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
