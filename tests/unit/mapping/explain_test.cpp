// Where members come from, and cases that lie beside mappings.
#include "connector/mapping/explain.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "connector/mapping/cases.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* values =
    "<value name='status' path='info/@status' type='status'/>"
    "<value name='at' path='at' type='time'/><value name='local' path='local'/>"
    "<list name='things' path='all/thing'><value name='name' path='name'/>"
    "<list name='parts' path='part'><value name='n' path='.'/></list></list>";
constexpr const char* words = "<words name='status'><word from='Mở' to='open'/></words>";
constexpr const char* rules =
    "\n<codes name='s'>\n<map from='open' to='1'/></codes>"
    "<codes name='t' file='t.csv' from='local' to='national'><strip pattern='.##'/></codes>\n"
    "<field to='C' from='code' required='yes'/>\n<field to='S' from='status' codes='s'/>\n"
    "<field to='T' from='local' codes='t' on='at'/>\n"
    "<list to='L' from='things' where='name'>\n<field to='N' from='name'/>\n"
    "<list to='P' from='parts'>\n<field to='X' from='n'/><field to='Y' from='../../code'/></list>"
    "</list>\n<object to='O' when='not at'><field to='Z' value='z'/></object>\n"
    "<field to='E' from='at' as='stamp' default='-'/>";
constexpr const char* record =
    "<r><code>c1</code><info status='Mở'/><at>02/01/2020 00:00:00</at><local>a.01</local>"
    "<all><thing><part>p</part></thing><thing><name>n2</name><part>q</part></thing></all></r>";

class Explaining : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_.write("codes/t.csv",
                      "local,national,valid_from,valid_to\na,1,,2020-01-01\na,2,2020-01-02,\n");
        set_ = loaded(folder_, vocabulary(values, words), mapping(rules));
    }
    Explanation told(std::string_view xml) {
        const auto parsed = set_.vocabulary().parse("dossier", xml);
        EXPECT_TRUE(parsed);
        return explain(*set_.plan(Operation::PushDossier), *parsed);
    }
    static Origin of(const Explanation& all, const std::string& field) {
        const auto found = std::find_if(all.origins.begin(), all.origins.end(),
                                        [&](const Origin& one) { return one.field == field; });
        EXPECT_NE(found, all.origins.end()) << field;
        return found == all.origins.end() ? Origin{} : *found;
    }
    std::string at(std::string_view place) const {
        return folder_.path().string() + "/" + std::string(place);
    }
    CaseReport cases(std::string_view text) {
        folder_.write("portal/p/cases/c.xml",
                      "<cases vocabulary='v'>\n" + std::string(text) + "</cases>");
        return run_cases({folder_.path(), "", ""});
    }

    Folder folder_;
    MappingSet set_;
};

TEST_F(Explaining, NamesRulePlaceWordAndRow) {
    const auto all = told(record);
    ASSERT_TRUE(all.result);
    const auto status = of(all, "S");
    EXPECT_EQ(status.value, "\"1\"");
    EXPECT_EQ(status.place, "info/@status");
    EXPECT_EQ(status.said, "Mở");
    EXPECT_EQ(status.word, "open");
    EXPECT_EQ(status.table, at("portal/p/m.xml:2"));
    EXPECT_EQ(status.row, at("portal/p/m.xml:3"));
    EXPECT_EQ(status.rule, at("portal/p/m.xml:5"));
    const auto code = of(all, "T");
    EXPECT_EQ(code.row, at("codes/t.csv:3"));
    EXPECT_EQ(code.code, "a -> 2") << "found without its suffix";
    EXPECT_EQ(code.valid, "from 2020-01-02");
    EXPECT_EQ(code.day, "at 2020-01-02");
    const auto nested = of(all, "L[2].P[1].X");
    EXPECT_EQ(nested.place, "all/thing[2]/part[1]");
    EXPECT_EQ(of(all, "L[2].P[1].Y").name, "../../code");
    EXPECT_EQ(of(all, "L[2].P[1].Y").place, "code");
}

TEST_F(Explaining, SaysWhyThereIsNothing) {
    const auto all = told(record);
    EXPECT_EQ(of(all, "L[1]").outcome, Origin::Outcome::LeftOut);
    EXPECT_EQ(of(all, "L[1]").reason, "'name' does not hold");
    EXPECT_EQ(of(all, "O").reason, "'not at' does not hold");
    const auto bare = told("<r><code/></r>");
    EXPECT_FALSE(bare.result);
    EXPECT_EQ(of(bare, "C").outcome, Origin::Outcome::Refused);
    EXPECT_EQ(of(bare, "C").reason, "required, but <code> is empty");
    EXPECT_EQ(of(bare, "S").outcome, Origin::Outcome::Empty);
    EXPECT_EQ(of(bare, "S").reason, "nothing stands there");
    EXPECT_EQ(of(bare, "L").reason, "the record has no such member");
    EXPECT_EQ(of(bare, "E").value, "\"-\"");
    EXPECT_EQ(of(bare, "E").reason, "nothing stands there: the default");
}

TEST_F(Explaining, MakesTheSameDocumentAsARun) {
    const auto parsed = set_.vocabulary().parse("dossier", record);
    const auto run = set_.plan(Operation::PushDossier)->run(*parsed);
    const auto all = told(record);
    ASSERT_TRUE(run && all.result);
    EXPECT_EQ(run->front().json, all.result->front().json);
    EXPECT_TRUE(fits(*set_.plan(Operation::PushDossier), *parsed));
}

constexpr const char* right =
    "<case name='whole' mapping='m.xml'><record><r><code>c1</code><info status='Mở'/>"
    "<at>02/01/2020 00:00:00</at><local>a</local><all><thing><name>n</name><part>q</part></thing>"
    "</all></r></record><document>{\"S\": \"1\", \"C\": \"c1\", \"T\": \"2\","
    "\"L\": [{\"N\": \"n\", \"P\": [{\"X\": \"q\", \"Y\": \"c1\"}]}], \"E\": \"20200102000000\"}"
    "</document></case>\n";

TEST_F(Explaining, CasesThatHoldTellWhatTheyDoNotTouch) {
    const auto report = cases(std::string(right) +
                              "<case name='days' mapping='m.xml' like='whole'>"
                              "<set path='local' to='a.01'/><vary path='at' field='T'>"
                              "<row from='01/01/2020 00:00:00' to='1'/>"
                              "<row from='02/01/2020 00:00:00' to='2'/>"
                              "<row from='x' refused='is not a date'/></vary></case>"
                              "<case name='bare' mapping='m.xml' like='whole'>"
                              "<set path='code' to=''/><refused field='C' contains='is empty'/>"
                              "</case>");
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_TRUE(report.failures.empty())
        << report.failures.front().name << report.failures.front().differences.front();
    EXPECT_EQ(report.run, 5u);
    EXPECT_EQ(report.fields, 8u);
    EXPECT_THAT(report.unfilled, ElementsAre(at("portal/p/m.xml:11 O.Z")));
    EXPECT_EQ(report.codes, 1u);
    EXPECT_THAT(report.unused, IsEmpty());
}

TEST_F(Explaining, AProfileThatStandsOnAnotherHoldsToItsCases) {
    folder_.write("portal/p/profile.xml", "<profile name='p'/>");
    folder_.write("portal/q/profile.xml", "<profile name='q' base='p'/>");
    folder_.write("portal/q/shared.xml", "<shared/>");
    auto report = cases(right);
    EXPECT_THAT(report.faults, IsEmpty());
    EXPECT_EQ(report.run, 2u) << "for p, and for q, which has the file from there";
    EXPECT_THAT(report.profiles, ElementsAre("p", "q"));
    EXPECT_EQ(report.fields, 8u) << "counted once";
    // What fails there is told with the profile that it fails for.
    folder_.write("portal/q/words.xml", "<shared/>");
    report = cases(
        "<case name='wrong' mapping='m.xml'><record><r><code>c1</code></r></record>"
        "<document>{}</document></case>");
    ASSERT_EQ(report.failures.size(), 2u);
    EXPECT_EQ(report.failures[1].name, "wrong (in q, which stands on this profile)");
    // A mapping of its own is none of the base's cases' business.
    folder_.write("portal/q/m.xml",
                  "<mapping record='dossier' operation='push-dossier'>"
                  "<field to='X' value='1'/></mapping>");
    report = cases(right);
    EXPECT_EQ(report.run, 1u);
    EXPECT_THAT(report.profiles, ElementsAre("p"));
    // And a file of cases takes the place of the base's of that name.
    folder_.write("portal/q/cases/c.xml",
                  "<cases vocabulary='v'><case name='own' mapping='m.xml'><record><r><code>c</code>"
                  "</r></record><document>{\"X\": \"1\"}</document></case></cases>");
    report = cases(right);
    EXPECT_EQ(report.run, 2u);
    EXPECT_TRUE(report.failures.empty());
}

TEST(ShippedCases, TellWhatOfAReadingTheyDoNotRead) {
    const auto report = run_cases({DVC_SOURCE_DIR "/mappings", "", "mapi-2024"});
    EXPECT_TRUE(report.failures.empty());
    const auto of_readings = [&](const std::string& name) {
        return std::count_if(report.unfilled.begin(), report.unfilled.end(), [&](const auto& one) {
            return one.find("/reading-submission.xml:") != std::string::npos &&
                   one.ends_with(" " + name);
        });
    };
    EXPECT_EQ(of_readings("fax"), 1) << "no submission of the cases has one";
    EXPECT_EQ(of_readings("procedure"), 0);
    EXPECT_EQ(of_readings("components"), 0);
}

TEST_F(Explaining, CasesThatFailSayInWhichMember) {
    const auto report = cases(
        std::string(right) +
        "<case name='others' mapping='m.xml' like='whole'><document>{\"S\": \"2\", \"C\": \"c1\","
        "\"T\": \"2\", \"L\": [{\"N\": \"n\", \"P\": []}], \"E\": \"20200102000000\"}</document>"
        "</case>\n<case name='not refused' mapping='m.xml' like='whole'>"
        "<refused field='C' contains='is empty'/></case>\n"
        "<case name='refused' mapping='m.xml' like='whole'><set path='code' to=''/>"
        "<document>{}</document></case>\n"
        "<case name='other refusal' mapping='m.xml' like='whole'><set path='code' to=''/>"
        "<refused field='S' contains='is empty'/></case>\n"
        "<case name='varied' mapping='m.xml' like='whole'>\n<vary path='code' field='C'>\n"
        "<row from='x' to='y'/></vary></case>");
    ASSERT_EQ(report.failures.size(), 5u);
    EXPECT_THAT(
        report.failures[0].differences,
        ElementsAre("L[1].P: expected [], but it is not there", "S: expected \"2\", found \"1\"",
                    "L[1].P[1].X: \"q\" was not expected", "L[1].P[1].Y: \"c1\" was not expected"));
    EXPECT_EQ(report.failures[0].where, at("portal/p/cases/c.xml:3"));
    EXPECT_THAT(report.failures[1].differences.front(), HasSubstr("was not refused"));
    EXPECT_THAT(report.failures[2].differences.front(), HasSubstr("C: refused: required"));
    EXPECT_EQ(report.failures[3].differences.size(), 2u);
    EXPECT_EQ(report.failures[4].where, at("portal/p/cases/c.xml:9"));
    EXPECT_THAT(report.failures[4].differences,
                ElementsAre("C of 'x': expected \"y\", found \"x\""));
}

TEST_F(Explaining, WrongCaseFilesAreFaultsWithTheirLine) {
    const auto fault = [&](std::string_view text) {
        const auto report = cases(text);
        return report.faults.empty() ? std::string() : report.faults.front();
    };
    EXPECT_THAT(fault("<case name='a' mapping='x.xml'/>"), HasSubstr("c.xml:2: no mapping file"));
    EXPECT_THAT(fault("<case name='a'/>"), HasSubstr("either 'mapping' or 'reading'"));
    EXPECT_THAT(fault("<case name='a' mapping='m.xml' like='b'/>"), HasSubstr("no earlier case"));
    EXPECT_THAT(fault("<case name='a' reading='x'/>"), HasSubstr("no reading 'x'"));
    EXPECT_THAT(fault(std::string(right) + "<case name='b' mapping='m.xml' like='whole'>"
                                           "<set path='none' to=''/></case>"),
                HasSubstr("c.xml:3: path 'none' finds no element"));
    EXPECT_THAT(fault("<case name='a' mapping='m.xml'><record><r/></record></case>"),
                HasSubstr("needs <document>, <refused> or <vary>"));
    folder_.write("portal/p/m.xml", "<mapping/>");
    EXPECT_THAT(fault(right), HasSubstr("portal/p/m.xml:1:"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
