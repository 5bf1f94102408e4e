// The rules of <field>, <flag>, <object> and <list>, one by one.
#include <gmock/gmock.h>

#include "connector/base/limits.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A mapping of one field over a vocabulary with one value of each type.
class OneField {
  public:
    explicit OneField(const std::string& elements, const std::string& attributes = "")
        : set_(loaded(folder_,
                      vocabulary("<value name='text' path='a/text'/>"
                                 "<value name='attribute' path='a/@x'/>"
                                 "<value name='at' path='at' type='time'/>"
                                 "<value name='yes' path='yes' type='yes-no'/>"
                                 "<value name='word' path='word' type='word'/>"
                                 "<list name='things' path='things/thing'>"
                                 "<value name='name' path='name'/>"
                                 "<value name='yes' path='yes' type='yes-no'/>"
                                 "<list name='parts' path='part'><value name='it' path='.'/></list>"
                                 "</list>",
                                 "<words name='word'><word from='eins' to='one'/>"
                                 "<word from='zwei' to='two'/></words>"),
                      mapping("<codes name='digits'><map from='one' to='1'/></codes>" + elements,
                              attributes))) {}

    std::string operator()(const std::string& xml) const {
        return run(set_, "<r><code>C</code>" + xml + "</r>");
    }

  private:
    Folder folder_;
    MappingSet set_;
};

TEST(Field, TextGoesOutAsTheProvinceWroteIt) {
    const OneField field("<field to='T' from='text'/>");
    EXPECT_EQ(field("<a><text> Đ\n&quot;x&quot; &amp; &lt;y&gt;\\ </text></a>"),
              "{\"T\":\" Đ\\n\\\"x\\\" & <y>\\\\ \"}\n");
    EXPECT_EQ(field("<a><text>E\xCC\x81</text></a>"), "{\"T\":\"E\xCC\x81\"}\n") << "NFD stays";
}

TEST(Field, EmptyAbsentAndBlankAreTheEmptyString) {
    const OneField field("<field to='T' from='text'/>");
    EXPECT_EQ(field("<a><text/></a>"), "{\"T\":\"\"}\n");
    EXPECT_EQ(field(""), "{\"T\":\"\"}\n");
    EXPECT_EQ(field("<a><text> \n </text></a>"), "{\"T\":\"\"}\n");
}

TEST(Field, ControlCharactersAreRemovedFromText) {
    const OneField field("<field to='T' from='text'/>");
    EXPECT_EQ(field("<a><text>a\x01"
                    "b\x7F"
                    "c&#x85;d</text></a>"),
              "{\"T\":\"abcd\"}\n");
}

TEST(Field, CodeIsTrimmed) {
    EXPECT_EQ(OneField("<field to='T' from='text' as='code'/>")("<a><text> x y \n</text></a>"),
              "{\"T\":\"x y\"}\n");
}

TEST(Field, AnAttributeIsAValueToo) {
    EXPECT_EQ(OneField("<field to='T' from='attribute'/>")("<a x='1'/>"), "{\"T\":\"1\"}\n");
}

TEST(Field, ConstantIsWrittenAsItIs) {
    EXPECT_EQ(OneField("<field to='T' value='k'/><field to='N' value='7' as='number'/>")(""),
              "{\"T\":\"k\",\"N\":7}\n");
}

TEST(Field, DefaultStandsInForAnEmptyValue) {
    const OneField field("<field to='T' from='text' default='-'/>");
    EXPECT_EQ(field(""), "{\"T\":\"-\"}\n");
    EXPECT_EQ(field("<a><text>x</text></a>"), "{\"T\":\"x\"}\n");
}

TEST(Field, RequiredNamesTheProvincesElement) {
    EXPECT_EQ(OneField("<field to='T' from='text' required='yes'/>")(""),
              "refused: T: required, but <a/text> is empty");
}

TEST(Field, RequiredWhenAsksOnlyThen) {
    const OneField field("<field to='T' from='text' required-when='word=one'/>");
    EXPECT_EQ(field("<word>zwei</word>"), "{\"T\":\"\"}\n");
    EXPECT_EQ(field("<word>eins</word>"), "refused: T: required, but <a/text> is empty");
}

TEST(Field, WhenLeavesAFieldEmpty) {
    const OneField field("<field to='T' from='text' when='word!=one' required='yes'/>");
    EXPECT_EQ(field("<a><text>x</text></a><word>eins</word>"), "{\"T\":\"\"}\n");
    EXPECT_EQ(field("<a><text>x</text></a>"), "{\"T\":\"x\"}\n");
}

TEST(Field, MaxCountsCodePointsOfTheComposedForm) {
    const OneField field("<field to='T' from='text' max='3'/>");
    EXPECT_EQ(field("<a><text>e\xCC\x81\xC3\xA9\xE1\xBB\x87</text></a>"),
              "{\"T\":\"e\xCC\x81\xC3\xA9\xE1\xBB\x87\"}\n");
    EXPECT_EQ(field("<a><text>abcd</text></a>"),
              "refused: T: is 4 characters, at most 3 are allowed");
}

TEST(Field, ANameOfAThousandCharactersPasses) {
    std::string name;
    for (int i = 0; i < 1094; ++i)
        name += "\xE1\xBB\x87";
    EXPECT_EQ(
        OneField("<field to='T' from='text' max='1094'/>")("<a><text>" + name + "</text></a>"),
        "{\"T\":\"" + name + "\"}\n");
}

TEST(Field, DateChangesItsForm) {
    const OneField field("<field to='D' from='at' as='stamp'/>");
    EXPECT_EQ(field("<at> 01/03/2019 08:05:09 </at>"), "{\"D\":\"20190301080509\"}\n");
    EXPECT_EQ(field("<at/>"), "{\"D\":\"\"}\n");
}

TEST(Field, AWrongDateIsShownWithItsForm) {
    const OneField field("<field to='D' from='at' as='stamp'/>");
    EXPECT_EQ(field("<at>31/02/2019 08:00:00</at>"),
              "refused: D: '31/02/2019 08:00:00' is not a date of the form dd/MM/yyyy HH:mm:ss");
    EXPECT_EQ(field("<at>Nguyen Van Thu</at>"),
              "refused: D: <at> (14 characters) is not a date of the form dd/MM/yyyy HH:mm:ss")
        << "what is no date may be a name";
}

TEST(Field, NumberIsAJsonNumber) {
    const OneField field("<field to='N' from='text' as='number' default='0'/>");
    EXPECT_EQ(field("<a><text> 12 </text></a>"), "{\"N\":12}\n");
    EXPECT_EQ(field("<a><text>-3</text></a>"), "{\"N\":-3}\n");
    EXPECT_EQ(field(""), "{\"N\":0}\n");
    for (const char* const wrong : {"1.5", "+1", "007", "12a", "1e3", "9999999999999999"})
        EXPECT_EQ(field("<a><text>" + std::string(wrong) + "</text></a>"),
                  "refused: N: <a/text> is not a whole number");
}

TEST(Field, AmountIsAPlainWholeNumberInAString) {
    const OneField field("<field to='N' from='text' as='amount'/>");
    EXPECT_EQ(field("<a><text>150000</text></a>"), "{\"N\":\"150000\"}\n");
    EXPECT_EQ(field(""), "{\"N\":\"\"}\n");
    for (const char* const wrong : {"100.000", "-1", "1,5", "Mien phi"})
        EXPECT_THAT(field("<a><text>" + std::string(wrong) + "</text></a>"),
                    HasSubstr("refused: N: <a/text> is not a whole number of at most 15 digits"));
}

TEST(Field, BoolIsAJsonBoolean) {
    const OneField field("<field to='B' from='yes' as='bool'/>");
    EXPECT_EQ(field("<yes>co</yes>"), "{\"B\":true}\n");
    EXPECT_EQ(field("<yes>no</yes>"), "{\"B\":false}\n");
    EXPECT_EQ(field("<yes/>"), "{\"B\":false}\n");
    EXPECT_THAT(field("<yes>vielleicht</yes>"), HasSubstr("refused: B: 'vielleicht' is not among"));
}

TEST(Field, AnUnknownWordSaysWhereToAddIt) {
    const OneField field("<field to='W' from='word' codes='digits'/>");
    EXPECT_EQ(field("<word>eins</word>"), "{\"W\":\"1\"}\n");
    EXPECT_THAT(field("<word>drei</word>"),
                ::testing::AllOf(HasSubstr("refused: W: 'drei' is not among the words 'word' of "),
                                 HasSubstr("province/v.xml: add the word there")));
}

TEST(Field, AnUnmappedCodeIsNeverSentEmpty) {
    EXPECT_THAT(OneField("<field to='W' from='word' codes='digits'/>")("<word>zwei</word>"),
                ::testing::AllOf(HasSubstr("refused: W: code 'two' is not in codes 'digits' of "),
                                 HasSubstr("portal/p/m.xml: add a <map> row there")));
}

TEST(Field, EveryFaultIsNamedAtOnceWithoutPersonalText) {
    const OneField field(
        "<field to='A' from='text' max='2'/><field to='B' from='at' as='stamp'/>"
        "<field to='C' from='word' codes='digits'/><field to='D' from='attribute' required='yes'/>"
        "<list to='L' from='things'><field to='N' from='name' max='1'/></list>");
    const std::string refusal = field(
        "<a><text>Nguyen</text></a><at>x</at><word>zwei</word>"
        "<things><thing><name>a</name></thing><thing><name>Thi Thu</name></thing></things>");
    EXPECT_THAT(refusal, HasSubstr("A: is 6 characters, at most 2 are allowed; B: "));
    EXPECT_THAT(refusal, HasSubstr("; C: code 'two'"));
    EXPECT_THAT(refusal, HasSubstr("; D: required, but <a/@x> is empty; "));
    EXPECT_THAT(refusal, HasSubstr("; L[2].N: is 7 characters, at most 1 are allowed"));
    EXPECT_THAT(refusal, Not(HasSubstr("Nguyen")));
    EXPECT_THAT(refusal, Not(HasSubstr("Thi Thu")));
}

TEST(Field, FaultsAreCappedAndCounted) {
    std::string things;
    for (std::size_t i = 0; i < limits::max_faults + 5; ++i)
        things += "<thing><name>ab</name></thing>";
    Folder folder;
    const auto set = loaded(folder,
                            vocabulary("<list name='things' path='thing'>"
                                       "<value name='name' path='name'/></list>"),
                            mapping("<list to='L' from='things'>"
                                    "<field to='N' from='name' max='1'/></list>"));
    const auto record = set.vocabulary().parse("dossier", "<r><code>C</code>" + things + "</r>");
    const auto documents = set.plan(Operation::PushDossier)->run(*record);
    ASSERT_FALSE(documents);
    EXPECT_EQ(documents.error().faults.size(), limits::max_faults + 1);
    EXPECT_EQ(documents.error().faults.back().reason, "and 5 more faults");
    EXPECT_LE(documents.error().text().size(), limits::max_message + 8);
}

TEST(Flag, TellsWhetherAConditionHolds) {
    const OneField flag(
        "<flag to='F' when='yes'/><flag to='G' any='things' where='yes'/>"
        "<flag to='H' any='things'/><flag to='I' when='not text and word=one|two'/>");
    EXPECT_EQ(flag("<yes>yes</yes><things><thing><yes>no</yes><name>a</name></thing>"
                   "<thing><yes>yes</yes></thing></things><word>zwei</word>"),
              "{\"F\":\"1\",\"G\":\"1\",\"H\":\"1\",\"I\":\"1\"}\n");
    EXPECT_EQ(flag("<things><thing/></things><a><text>x</text></a><word>eins</word>"),
              "{\"F\":\"0\",\"G\":\"0\",\"H\":\"0\",\"I\":\"0\"}\n");
}

TEST(Object, NestsAndIsLeftOutWhenItsConditionFails) {
    const OneField object(
        "<object to='O' when='word=one'><field to='T' from='text'/>"
        "<object to='P'><field to='C' from='code'/></object></object>");
    EXPECT_EQ(object("<word>eins</word>"), "{\"O\":{\"T\":\"\",\"P\":{\"C\":\"C\"}}}\n");
    EXPECT_EQ(object("<word>zwei</word>"), "{}\n");
}

TEST(List, WritesItsMembersInOrderAndReachesOutwards) {
    const OneField list(
        "<list to='L' from='things'><field to='N' from='name'/>"
        "<field to='C' from='../code'/>"
        "<list to='P' from='parts'><field to='I' from='it'/>"
        "<field to='N' from='../name'/><field to='C' from='../../code'/></list>"
        "</list>");
    EXPECT_EQ(list("<things><thing><name>a</name><part>1</part><part>2</part></thing>"
                   "<thing><name>b</name></thing></things>"),
              "{\"L\":[{\"N\":\"a\",\"C\":\"C\",\"P\":[{\"I\":\"1\",\"N\":\"a\",\"C\":\"C\"},"
              "{\"I\":\"2\",\"N\":\"a\",\"C\":\"C\"}]},{\"N\":\"b\",\"C\":\"C\",\"P\":[]}]}\n");
}

TEST(List, IsEmptyWithoutMembersAndSkipsEmptyOnes) {
    const OneField list("<list to='L' from='things'><field to='N' from='name'/></list>");
    EXPECT_EQ(list(""), "{\"L\":[]}\n");
    EXPECT_EQ(list("<things/>"), "{\"L\":[]}\n");
    EXPECT_EQ(list("<things><thing/><thing><name> </name><yes/></thing><thing><name>c</name>"
                   "</thing></things>"),
              "{\"L\":[{\"N\":\"c\"}]}\n");
}

TEST(List, WhereChoosesMembersAndRequiredDemandsOne) {
    const OneField list(
        "<list to='L' from='things' where='yes' required='yes'>"
        "<field to='N' from='name'/></list>");
    EXPECT_EQ(list("<things><thing><name>a</name></thing>"
                   "<thing><name>b</name><yes>yes</yes></thing></things>"),
              "{\"L\":[{\"N\":\"b\"}]}\n");
    EXPECT_EQ(list("<things><thing><name>a</name></thing></things>"),
              "refused: L: required, but <things/thing> is empty");
}

TEST(List, FixedItemsAppearUnderTheirConditions) {
    const OneField list(
        "<list to='L'><item when='text'><field to='T' from='text'/></item>"
        "<item when='yes'><field to='K' value='k'/></item></list>");
    EXPECT_EQ(list("<a><text>x</text></a><yes>yes</yes>"),
              "{\"L\":[{\"T\":\"x\"},{\"K\":\"k\"}]}\n");
    EXPECT_EQ(list(""), "{\"L\":[]}\n");
}

TEST(Each, MakesOneDocumentForEachMember) {
    const OneField each("<field to='N' from='name'/><field to='C' from='../code'/>",
                        "each='things' key='name'");
    EXPECT_EQ(each("<things><thing><name>a</name></thing><thing><name>b</name></thing></things>"),
              "{\"N\":\"a\",\"C\":\"C\"}\n{\"N\":\"b\",\"C\":\"C\"}\n");
    EXPECT_EQ(each(""), "");
}

TEST(Each, NeedsDifferentKeys) {
    const OneField each("<field to='N' from='name' max='1'/>", "each='things' key='name'");
    EXPECT_EQ(each("<things><thing><name>a</name></thing><thing><name>a</name></thing></things>"),
              "refused: things: two members have the key 'a'");
    EXPECT_EQ(each("<things><thing><yes>yes</yes></thing></things>"),
              "refused: things[1]: <things/thing/name> is empty, but it tells the documents apart");
    EXPECT_EQ(each("<things><thing><name>a</name></thing><thing><name>bc</name></thing></things>"),
              "refused: things[2].N: is 2 characters, at most 1 are allowed");
}

}  // namespace
}  // namespace dvcsync::mapping::testing
