// Reading a record: what XML is accepted, how values are found, what is refused.
#include <gmock/gmock.h>

#include "connector/base/limits.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

class Reading : public ::testing::Test {
  protected:
    Reading()
        : set_(loaded(folder_,
                      vocabulary("<value name='text' path='deep/er/text'/>"
                                 "<list name='items' path='items/item'>"
                                 "<value name='id' path='@id'/><value name='it' path='n'/></list>"
                                 "<value name='x' xpath='string(odd/entry[@key=\"b\"])'/>"
                                 "<list name='odd' xpath='odd/entry'>"
                                 "<value name='key' path='@key'/></list>"),
                      mapping("<field to='T' from='text'/><list to='L' from='items'>"
                              "<field to='I' from='id'/><field to='N' from='it'/></list>"
                              "<field to='X' from='x'/>"
                              "<list to='O' from='odd'><field to='K' from='key'/></list>"))) {}

    std::string read(const std::string& xml) const { return run(set_, xml); }

    Folder folder_;
    MappingSet set_;
};

TEST_F(Reading, FindsValuesByPathAttributeAndXPath) {
    EXPECT_EQ(read("<r><code>C</code><items><item id='1'><n>a</n></item></items><unknown/>"
                   "<deep><er><text>t</text></er></deep>"
                   "<items><item id='2'/></items>"
                   "<odd><entry key='a'>A</entry><entry key='b'>B</entry></odd></r>"),
              "{\"T\":\"t\",\"L\":[{\"I\":\"1\",\"N\":\"a\"},{\"I\":\"2\",\"N\":\"\"}],\"X\":\"B\","
              "\"O\":[{\"K\":\"a\"},{\"K\":\"b\"}]}\n");
}

TEST(XPath, WhatItCutsInsideACharacterIsNotSent) {
    // substring() counts bytes in the library below us.
    Folder folder;
    const auto set = loaded(folder, vocabulary("<value name='x' xpath='substring(name, 1, 1)'/>"),
                            mapping("<field to='X' from='x'/>"));
    EXPECT_EQ(run(set, "<r><code>C</code><name>abc</name></r>"), "{\"X\":\"a\"}\n");
    EXPECT_EQ(run(set, "<r><code>C</code><name>\xC4\x90</name></r>"),
              "refused: X: <substring(name, 1, 1)> is not UTF-8");
}

TEST_F(Reading, JoinsTextAroundCdataAndComments) {
    EXPECT_THAT(
        read(
            "<r><code>C</code><deep><er><text>a<![CDATA[<&>]]>b<!-- & --> c&#10;&#x110;</text></er>"
            "</deep></r>"),
        HasSubstr("{\"T\":\"a<&>b c\\n\xC4\x90\","));
}

TEST_F(Reading, RefusesAValueThatOccursTwice) {
    EXPECT_EQ(read("<r><code>A</code><code>B</code></r>"), "not read: <code> occurs twice");
}

TEST_F(Reading, RefusesElementsWhereTextIsExpected) {
    EXPECT_EQ(read("<r><deep><er><text>a<b>c</b></text></er></deep></r>"),
              "not read: <deep/er/text> holds other elements, but text is expected there");
}

TEST_F(Reading, RefusesMalformedXmlWithItsLine) {
    EXPECT_THAT(read("<r>\n<code>C</cod>\n</r>"),
                HasSubstr("not read: line 2 of the record: not well-formed XML"));
    EXPECT_THAT(read(""), HasSubstr("not well-formed"));
    EXPECT_EQ(read("<q/>"), "not read: one <r> element is expected");
    EXPECT_EQ(read("<r/><r/>"), "not read: one <r> element is expected");
}

TEST_F(Reading, RefusesDocumentTypesAndEntities) {
    EXPECT_EQ(read("<!DOCTYPE r [<!ENTITY a 'b'>]><r/>"),
              "not read: line 1 of the record: document type declarations and entities are not "
              "accepted");
    for (const char* const reference :
         {"&a;", "&#0;", "&#xD800;", "&#x1F;", "&#99999999999;", "& ", "&amp", "&#x;", "&;"})
        EXPECT_THAT(read("<r>\n<code>" + std::string(reference) + "</code></r>"),
                    HasSubstr("not read: line 2 of the record: '&' does not begin a reference"))
            << reference;
}

TEST_F(Reading, RefusesBytesThatAreNotUtf8) {
    EXPECT_EQ(read("<r>\n<code>\xC3(</code></r>"),
              "not read: line 2 of the record: the text is not valid UTF-8");
    EXPECT_EQ(read(std::string("<r>\0</r>", 8)),
              "not read: line 1 of the record: the text holds a NUL byte");
}

TEST_F(Reading, RefusesDepthWithoutRecursion) {
    std::string deep = "<r>";
    for (int i = 0; i < 300'000; ++i)
        deep += "<a>";
    for (int i = 0; i < 300'000; ++i)
        deep += "</a>";
    EXPECT_EQ(read(deep + "</r>"), "not read: more than 64 elements inside each other");
}

TEST_F(Reading, RefusesWhatIsTooLargeOrTooMany) {
    EXPECT_THAT(read("<r><code>" + std::string(limits::max_record, 'x') + "</code></r>"),
                HasSubstr("not read: the record is larger than"));
    std::string items = "<r><items>";
    for (std::size_t i = 0; i <= limits::max_list; ++i)
        items += "<item id='1'/>";
    EXPECT_EQ(read(items + "</items></r>"), "not read: more than 2000 <items/item>");
}

TEST_F(Reading, KnowsTheKindsOfItsVocabularyOnly) {
    const auto record = set_.vocabulary().parse("procedure", "<r/>");
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().kind, ErrorKind::Refused);
    EXPECT_EQ(record.error().message, "the vocabulary 'v' has no record 'procedure'");
    ASSERT_EQ(set_.vocabulary().kinds().size(), 1u);
    EXPECT_EQ(set_.vocabulary().kinds()[0].element, "r");
    EXPECT_EQ(set_.vocabulary().kinds()[0].code_element, "code");
}

TEST_F(Reading, ARecordOfAnotherSetIsRefusedByAPlan) {
    Folder other_folder;
    const auto other = loaded(other_folder, vocabulary(""), mapping("<field to='C' from='code'/>"));
    const auto record = other.vocabulary().parse("dossier", "<r/>");
    ASSERT_TRUE(record);
    const auto documents = set_.plan(Operation::PushDossier)->run(*record);
    ASSERT_FALSE(documents);
    EXPECT_THAT(documents.error().text(), HasSubstr("this mapping is for the record 'dossier'"));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
