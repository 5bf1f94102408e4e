// Faults of vocabulary and mapping files: every one at once, each with file, line and name.
#include <gmock/gmock.h>

#include "connector/base/limits.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* some_values =
    "<value name='procedure' path='procedure'/><value name='at' path='at' type='time'/>"
    "<value name='ok' path='ok' type='yes-no'/>"
    "<list name='things' path='thing'><value name='name' path='name'/></list>";

class Loading : public ::testing::Test {
  protected:
    std::string mapping_faults(std::string_view text) {
        folder_.write("province/v.xml", vocabulary(some_values));
        folder_.write("portal/p/m.xml", text);
        return folder_.faults();
    }
    std::string field_fault(const std::string& element) {
        return mapping_faults(
            mapping("\n<codes name='t'><map from='a' to='b'/></codes>\n" + element));
    }
    std::string vocabulary_faults(std::string_view text) {
        folder_.write("province/v.xml", text);
        folder_.write("portal/p/m.xml", mapping("<field to='C' from='code'/>"));
        return folder_.faults();
    }

    Folder folder_;
};

TEST_F(Loading, NamesFileLineFieldAndTheLikelyWord) {
    EXPECT_EQ(mapping_faults("<mapping record='dossier' operation='push-dossier'>\n"
                             "  <!-- a comment\n over two lines -->\n"
                             "  <field to='Code' from='procedur'/>\n</mapping>"),
              "portal/p/m.xml:4: field 'Code': unknown canonical name 'procedur' (did you mean "
              "'procedure'?)");
}

TEST_F(Loading, ReportsEveryFaultOfEveryFileAtOnce) {
    folder_.write("province/v.xml", vocabulary("<value name='x' path='x' type='tim'/>"));
    folder_.write("portal/p/a.xml", "<mapping record='dosier' operation='push-dossier'/>");
    folder_.write("portal/p/b.xml",
                  "<mapping record='dossier' operation='push-dosier'>\n"
                  "<field to='A' from='x' maxi='3'/>\n"
                  "<field from='y'/></mapping>");
    folder_.write("portal/p/c.xml", "<mapping>\n<oops></mapping>");
    folder_.write("portal/p/d.xml", "<profil/>");
    EXPECT_EQ(folder_.faults(),
              "province/v.xml:1: value 'x': unknown type 'tim' (did you mean 'time'?)\n"
              "portal/p/c.xml:2: not well-formed XML: Start-end tags mismatch\n"
              "portal/p/a.xml:1: the vocabulary 'v' has no record 'dosier' (did you mean "
              "'dossier'?)\n"
              "portal/p/b.xml:1: unknown operation 'push-dosier' (did you mean 'push-dossier'?)\n"
              "portal/p/b.xml:2: <field> has no attribute 'maxi' (did you mean 'max'?)\n"
              "portal/p/b.xml:3: <field> needs the attribute 'to'\n"
              "portal/p/b.xml:3: field '': unknown canonical name 'y' (did you mean 'x'?)\n"
              "portal/p/d.xml:1: the root element must be <mapping>, <reading> or <shared>, not "
              "<profil>");
}

TEST_F(Loading, RefusesWhatAFieldCannotMean) {
    const std::pair<const char*, const char*> cases[] = {
        {"<field to='F'/>", "needs either 'from' or 'value'"},
        {"<field to='F' from='code' value='x'/>", "needs either 'from' or 'value'"},
        {"<field to='F' from='at'/>", "'at' is a date: say with 'as'"},
        {"<field to='F' from='code' as='stamp'/>", "'code' is not a date"},
        {"<field to='F' from='ok'/>", "'ok' is yes/no: say as='bool'"},
        {"<field to='F' from='code' as='bool'/>", "'code' is not yes/no"},
        {"<field to='F' from='ok' as='bool' default='x'/>", "as bool takes no codes, default"},
        {"<field to='F' from='code' as='number'/>", "there is no empty number"},
        {"<field to='F' from='code' as='txt'/>", "unknown as 'txt' (did you mean 'text'?)"},
        {"<field to='F' from='code' codes='u'/>", "unknown codes 'u'"},
        {"<field to='F' from='code' on='at'/>", "'on' needs 'codes'"},
        {"<field to='F' from='code' codes='t' on='code'/>", "on: 'code' is not a date"},
        {"<field to='F' from='../code'/>", "'../code' leads out of the record"},
        {"<field to='F' from='code' max='-1'/>", "<field>: max must be a positive number"},
        {"<field to='F' from='code' required='maybe'/>", "required must be 'yes' or 'no'"},
        {"<field to='F' from='code' when='ok=sure'/>", "'sure' is not a canonical word of 'ok'"},
        {"<field to='F' from='code' when='ok='/>", "names no word to compare with"},
        {"<field to='F' from='code' when='missing'/>", "when: unknown canonical name 'missing'"},
        {"<field to='F' to='G' from='code'/>", "attribute 'to' comes twice"},
        {"<field to='F' from='code'/><field to='F' from='code'/>", "field 'F': comes twice"},
        {"<field to='F' from='code'>text</field>", "<field> holds text"},
        {"<feld to='F' from='code'/>",
         "<feld> does not belong into <mapping> (did you mean "
         "'field'?)"},
        {"<list to='L' from='thing'/>", "unknown canonical list 'thing' (did you mean 'things'?)"},
        {"<list to='L'><field to='F' from='code'/></list>", "<field> does not belong into <list>"},
        {"<list to='L' from='things'><field to='N' from='nam'/></list>", "did you mean 'name'?"},
        {"<flag to='F'/>", "<flag> needs the attribute 'when' or 'any'"},
        {"<flag to='F' when='ok' where='ok'/>", "'where' needs 'any'"},
        {"<flag to='F' any='thing'/>", "did you mean 'things'?"},
        {"<codes name='t'><map from='x' to='y'/></codes>", "codes 't' comes twice"},
        {"<codes name='w'><map from='x' to='y'/><map from='x' to='z'/></codes>",
         "code 'x' comes twice"},
        {"<codes name='w'><map from='x' to=''/></codes>", "<map> needs the attribute 'to'"},
        {"<codes name='w' unknown='drop'><map from='x' to='y'/></codes>", "'refuse' or 'keep'"},
        {"<date-form name='d' form='yyyyQQ'/>", "portal/p/m.xml:3: "},
        {"<date-form name='text' form='yyyyMMdd'/>", "'text' is a built-in form"},
    };
    for (const auto& [element, expected] : cases) {
        const std::string faults = field_fault(std::string(element) + "<field to='Z' value='z'/>");
        EXPECT_THAT(faults, HasSubstr(expected)) << element;
        EXPECT_THAT(faults, HasSubstr("portal/p/m.xml:3: ")) << element;
    }
}

TEST_F(Loading, RefusesWhatARootCannotMean) {
    const auto with = [&](const std::string& attributes) {
        return mapping_faults(mapping("<field to='F' value='x'/>", attributes));
    };
    EXPECT_THAT(with("each='thing'"), HasSubstr("each: unknown canonical list 'thing'"));
    EXPECT_THAT(with("each='things'"), HasSubstr("a mapping with 'each' needs the attribute"));
    EXPECT_THAT(with("each='things' key='nme'"), HasSubstr("key: unknown canonical name 'nme'"));
    EXPECT_THAT(with("where='ok'"), HasSubstr("'where' needs 'each'"));
    EXPECT_THAT(mapping_faults(mapping("")), HasSubstr("the mapping makes no field"));
}

TEST_F(Loading, RefusesTwoMappingsOfOneOperation) {
    folder_.write("portal/p/n.xml", mapping("<field to='F' value='x'/>"));
    EXPECT_EQ(mapping_faults(mapping("<field to='F' value='x'/>")),
              "portal/p/n.xml:1: another file already maps 'push-dossier'");
}

TEST_F(Loading, RefusesWhatAVocabularyCannotMean) {
    const std::pair<const char*, const char*> cases[] = {
        {"<value name='x' path='a'/><value name='x' path='b'/>", "'x' comes twice"},
        {"<value name='X y' path='a'/>", "'X y': a canonical name is made of a-z"},
        {"<value name='x' path='a'/><value name='y' path='a'/>", "path 'a': is already taken"},
        {"<value name='x' path='a/b'/><value name='y' path='a'/>", "path 'a': has paths below it"},
        {"<value name='x' path='a'/><value name='y' path='a/b'/>", "'a/b': leads into a value"},
        {"<list name='x' path='a'/><value name='y' path='a/b'/>", "'a/b': leads into a list"},
        {"<value name='x' path='a/../b'/>", "only element names and a final @attribute"},
        {"<value name='x' path='a[1]'/>", "only element names and a final @attribute"},
        {"<value name='x'/>", "<value> needs the attribute 'path'"},
        {"<value name='x' path='a' xpath='b'/>", "say either path or xpath"},
        {"<value name='x' xpath='a['/>", "xpath 'a['"},
        {"<list name='x' xpath='count(a)'/>", "xpath 'count(a)' does not select elements"},
        {"<list name='x' path='.'/>", "path '.': a list needs its members' path"},
        {"<summary><fact name='coode' from='code'/></summary>",
         "unknown fact 'coode' (did you "
         "mean 'code'?)"},
        {"<summary><fact name='received' from='code'/></summary>", "'code' is not a date"},
        {"<summary><fact name='steps' count='s'/></summary>", "unknown canonical list 's'"},
        {"<summary><fact name='event' latest='s/at'/></summary>", "unknown canonical list 's'"},
        {"<summary/><summary/>", "<summary> comes twice"},
    };
    for (const auto& [content, expected] : cases) {
        const std::string faults = vocabulary_faults(vocabulary("\n" + std::string(content)));
        EXPECT_THAT(faults, HasSubstr(expected)) << content;
        EXPECT_THAT(faults, HasSubstr("province/v.xml:2: ")) << content;
    }
    EXPECT_THAT(vocabulary_faults(vocabulary("", "<words name='w'/>")), HasSubstr("'w' is empty"));
    EXPECT_THAT(vocabulary_faults(vocabulary("",
                                             "<words name='w'><word from='a' to='b'/>"
                                             "<word from='a' to='c'/></words>")),
                HasSubstr("the word 'a' comes twice"));
    EXPECT_THAT(vocabulary_faults("<vocabulary name='v'/>"), HasSubstr("has no <record>"));
}

TEST_F(Loading, NamesFaultsOfTheExportElement) {
    const auto with = [&](std::string_view element) {
        return vocabulary_faults(vocabulary("", element));
    };
    EXPECT_EQ(with("<export time='made' type='time' complete='whole'/>"), "");
    EXPECT_EQ(with("<export complete='whole'/>"), "");
    EXPECT_THAT(with("<export/>"), HasSubstr("<export> says nothing"));
    EXPECT_THAT(with("<export time='made'/>"), HasSubstr("type"));
    EXPECT_THAT(with("<export time='made' type='tme'/>"),
                HasSubstr("unknown date form 'tme' (did you mean 'time'?)"));
    EXPECT_THAT(with("<export complete='a'/><export complete='a'/>"),
                HasSubstr("<export> comes twice"));
    EXPECT_THAT(with("<export complete='a' when='b'/>"), HasSubstr("when"));
}

TEST_F(Loading, AVocabularyWithoutAnExportElementKnowsNoTime) {
    EXPECT_EQ(vocabulary_faults(vocabulary("")), "");
    const auto set = folder_.load();
    ASSERT_TRUE(set);
    EXPECT_EQ(set->vocabulary().export_attributes().time, "");
    EXPECT_FALSE(set->vocabulary().export_time("31/03/2019 23:50:00"));
}

TEST_F(Loading, RefusesHostileFiles) {
    EXPECT_THAT(mapping_faults("<!DOCTYPE mapping [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                               "<mapping/>"),
                HasSubstr("portal/p/m.xml:1: document type declarations and entities"));
    EXPECT_THAT(mapping_faults("\n<mapping record='&x;'/>"),
                HasSubstr("portal/p/m.xml:2: '&' does not begin a reference"));
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "<list>";
    for (int i = 0; i < 100'000; ++i)
        deep += "</list>";
    EXPECT_THAT(mapping_faults(deep), HasSubstr("more than 64 elements inside each other"));
    EXPECT_THAT(mapping_faults(std::string(limits::max_mapping_file + 1, ' ')),
                HasSubstr("larger than"));
    EXPECT_THAT(mapping_faults("<mapping record='\xFF'/>"), HasSubstr("not valid UTF-8"));
}

TEST_F(Loading, MissingFilesAndOddNamesAreConfigErrors) {
    EXPECT_THAT(folder_.faults(), HasSubstr("cannot read province/v.xml"));
    EXPECT_THAT(folder_.faults(), HasSubstr("cannot read portal/p"));
    for (const char* const name : {"", "../v", ".", "a/b"})
        EXPECT_FALSE(MappingSet::load(folder_.path(), name, "p").has_value()) << name;
}

TEST_F(Loading, ProfileXmlBelongsToSomebodyElse) {
    folder_.write("portal/p/profile.xml", "not even XML");
    folder_.write("portal/p/notes.txt", "not a mapping");
    EXPECT_EQ(mapping_faults(mapping("<field to='F' value='x'/>")), "");
}

TEST_F(Loading, SharedDefinitionsServeEveryMappingOfTheProfile) {
    folder_.write("portal/p/zz.xml",
                  "<shared><codes name='s'><map from='C' to='7'/></codes></shared>");
    EXPECT_EQ(mapping_faults(mapping("<field to='F' from='code' codes='s'/>")), "");
    EXPECT_EQ(run(*folder_.load(), "<r><code>C</code></r>"), "{\"F\":\"7\"}\n");
}

TEST_F(Loading, DigestFollowsEveryFileThatWasRead) {
    const std::string text = mapping(
        "<codes name='t' file='t.csv' from='a' to='b'/>"
        "<field to='F' from='code' codes='t'/>");
    folder_.write("codes/t.csv", "a,b\nx,1\n");
    EXPECT_EQ(mapping_faults(text), "");
    const auto first = folder_.load();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->files().size(), 3u);
    EXPECT_EQ(folder_.load()->digest(), first->digest());
    folder_.write("codes/t.csv", "a,b\nx,2\n");
    const auto second = folder_.load();
    EXPECT_NE(second->digest(), first->digest());
    // A mended vocabulary is what lets records be read again that intake had parked.
    folder_.write("province/v.xml",
                  vocabulary("", "<words name='w'><word from='a' to='b'/></words>"));
    EXPECT_NE(folder_.load()->digest(), second->digest());
    EXPECT_EQ(first->plan(Operation::PushProcedure), nullptr);
}

}  // namespace
}  // namespace dvcsync::mapping::testing
