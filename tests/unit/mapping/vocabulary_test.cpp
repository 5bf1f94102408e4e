// What a vocabulary can say of products that are not like the reference one: numbered columns, two
// words for one status, dates as numbers.
#include <gmock/gmock.h>

#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

class NumberedColumns : public ::testing::Test {
  protected:
    NumberedColumns()
        : set_(loaded(folder_,
                      vocabulary("<list name='files' path='File#'>"
                                 "<value name='name' path='Name'/><value name='url' path='Url'/>"
                                 "<list name='notes' path='Note#'><value name='text' path='.'/>"
                                 "</list></list>"),
                      mapping("<list to='F' from='files'><field to='N' from='name'/>"
                              "<field to='U' from='url'/><list to='T' from='notes'>"
                              "<field to='X' from='text'/></list></list>"))) {}

    std::string read(const std::string& columns) const {
        return run(set_, "<r><code>C</code>" + columns + "</r>");
    }

    Folder folder_;
    MappingSet set_;
};

TEST_F(NumberedColumns, BecomeMembersInTheOrderOfTheirNumbers) {
    EXPECT_EQ(read("<File2Name>b</File2Name><File10Name/><File1Url>u</File1Url>"
                   "<File1Name>a</File1Name>"),
              "{\"F\":[{\"N\":\"a\",\"U\":\"u\",\"T\":[]},{\"N\":\"b\",\"U\":\"\",\"T\":[]}]}\n");
}

TEST_F(NumberedColumns, TenComesAfterNine) {
    std::string columns;
    for (int i = 10; i >= 1; --i)
        columns += "<File" + std::to_string(i) + "Name>" + std::to_string(i) + "</File" +
                   std::to_string(i) + "Name>";
    EXPECT_THAT(read(columns), HasSubstr("{\"N\":\"9\",\"U\":\"\",\"T\":[]},{\"N\":\"10\""));
}

TEST_F(NumberedColumns, MayLieInEachOther) {
    EXPECT_EQ(read("<File1Note2>y</File1Note2><File1Note1>x</File1Note1>"),
              "{\"F\":[{\"N\":\"\",\"U\":\"\",\"T\":[{\"X\":\"x\"},{\"X\":\"y\"}]}]}\n");
}

TEST_F(NumberedColumns, WithoutANumberOrOfAnotherNameArePassedOver) {
    EXPECT_EQ(read("<FileName>a</FileName><File1Size>3</File1Size><Files1Name>b</Files1Name>"),
              "{\"F\":[]}\n");
}

TEST_F(NumberedColumns, WithAGapRefuseTheRecord) {
    EXPECT_EQ(read("<File1Name>a</File1Name><File2Name/><File3Name>c</File3Name>"),
              "not read: <File#> number 3 is filled, but number 2 is empty or missing: export the "
              "columns without a gap");
}

TEST_F(NumberedColumns, WithAWrongNumberRefuseTheRecord) {
    EXPECT_THAT(read("<File0Name>a</File0Name>"), HasSubstr("a column is from 1 to 2000"));
    EXPECT_THAT(read("<File2001Name>a</File2001Name>"), HasSubstr("a column is from 1 to 2000"));
    EXPECT_THAT(read("<File99999999999Name>a</File99999999999Name>"),
                HasSubstr("a column is from 1 to 2000"));
}

TEST_F(NumberedColumns, ThatOccurTwiceRefuseTheRecord) {
    EXPECT_EQ(read("<File1Name>a</File1Name><File01Name>b</File01Name>"),
              "not read: <File#Name> occurs twice");
}

TEST(NumberedColumnsLoad, NameWhatCannotBeRead) {
    const auto faults = [](std::string_view content) {
        Folder folder;
        folder.write("province/v.xml", vocabulary(content));
        folder.write("portal/p/m.xml", mapping("<field to='C' from='code'/>"));
        return folder.faults();
    };
    EXPECT_THAT(faults("<value name='a' path='A#'/>"), HasSubstr("only element names"));
    EXPECT_THAT(faults("<list name='a' path='#'><value name='b' path='B'/></list>"),
                HasSubstr("a name must stand before '#'"));
    EXPECT_THAT(faults("<list name='a' path='A#'><value name='b' path='B/C'/></list>"),
                HasSubstr("the end of a column's name"));
    EXPECT_THAT(faults("<list name='a' path='A#'><value name='b' path='1B'/></list>"),
                HasSubstr("begins with a digit"));
    EXPECT_THAT(faults("<list name='a' path='A#'><list name='b' path='B'><value name='c' "
                       "path='C'/></list></list>"),
                HasSubstr("is numbered too"));
    EXPECT_THAT(faults("<list name='a' path='A#'><value name='b' xpath='string(B)'/></list>"),
                HasSubstr("not by xpath"));
    EXPECT_THAT(faults("<list name='a' path='A#'><value name='b' path='B'/></list>"
                       "<list name='c' path='A#'><value name='b' path='B'/></list>"),
                HasSubstr("is already taken"));
}

class TwoWords : public ::testing::Test {
  protected:
    TwoWords()
        : set_(loaded(folder_,
                      vocabulary("<value name='status' path='s' with='sub' type='status'/>",
                                 "<words name='status'><word from='done' to='finished'/>"
                                 "<word from='done' with='paid' to='returned'/>"
                                 "<word from='open' with='a b' to='received'/></words>"),
                      mapping("<codes name='n'><map from='finished' to='9'/>"
                              "<map from='returned' to='10'/><map from='received' to='2'/></codes>"
                              "<field to='S' from='status' codes='n'/>"))) {}

    std::string read(const std::string& columns) const {
        return run(set_, "<r><code>C</code>" + columns + "</r>");
    }

    Folder folder_;
    MappingSet set_;
};

TEST_F(TwoWords, ThePairGoesBeforeTheWordAlone) {
    EXPECT_EQ(read("<s>done</s><sub>paid</sub>"), "{\"S\":\"10\"}\n");
    EXPECT_EQ(read("<s>done</s><sub>else</sub>"), "{\"S\":\"9\"}\n");
    EXPECT_EQ(read("<s>done</s><sub/>"), "{\"S\":\"9\"}\n");
    EXPECT_EQ(read("<s> done </s>"), "{\"S\":\"9\"}\n");
    EXPECT_EQ(read("<s>open</s><sub>a  b</sub>"), "{\"S\":\"2\"}\n");
}

TEST_F(TwoWords, AnUnknownPairIsAFaultThatNamesBoth) {
    EXPECT_THAT(read("<s>open</s><sub>x</sub>"),
                HasSubstr("'open' with 'x' is not among the words 'status'"));
    EXPECT_THAT(read("<s>open</s>"), HasSubstr("'open' is not among the words 'status'"));
}

TEST(TwoWordsSummary, WhatIsNotSentIsKnownByThePair) {
    Folder folder;
    const auto set = loaded(
        folder,
        vocabulary("<value name='status' path='s' with='sub' type='status'/>"
                   "<summary><fact name='code' from='code'/><fact name='status' from='status'/>"
                   "</summary>",
                   "<words name='status'><word from='open' to='received'/>"
                   "<word from='open' with='draft' to='received' send='no'/></words>"),
        mapping("<field to='C' from='code'/>"));
    const auto sent = [&](const std::string& columns) {
        const auto record =
            set.vocabulary().parse("dossier", "<r><code>C</code>" + columns + "</r>");
        return set.vocabulary().summary(*record)->send;
    };
    EXPECT_TRUE(sent("<s>open</s>"));
    EXPECT_FALSE(sent("<s>open</s><sub>draft</sub>"));
}

TEST(TwoWordsLoad, NameWhatCannotBe) {
    Folder folder;
    folder.write("province/v.xml", vocabulary("<value name='t' path='t' with='u'/>",
                                              "<words name='w'><word from='a' with='b' to='c'/>"
                                              "<word from='a' with=' b' to='d'/></words>"));
    folder.write("portal/p/m.xml", mapping("<field to='C' from='code'/>"));
    EXPECT_THAT(folder.faults(), HasSubstr("'with' needs a type of words"));
    EXPECT_THAT(folder.faults(), HasSubstr("the word 'a' with ' b' comes twice"));
}

TEST(WordsLikeOthers, MayLackWordsThatConditionsName) {
    const auto load = [](std::string_view like) {
        Folder folder;
        folder.write("province/v.xml",
                     vocabulary("<value name='s' path='s' type='mine'/>",
                                "<words name='full'><word from='a' to='open'/>"
                                "<word from='b' to='closed'/></words><words name='mine'" +
                                    std::string(like) + "><word from='1' to='open'/></words>"));
        folder.write("portal/p/m.xml", mapping("<flag to='F' when='s=closed'/>"));
        return folder.faults();
    };
    EXPECT_EQ(load(" like='full'"), "");
    EXPECT_THAT(load(""), HasSubstr("'closed' is not a canonical word of 's'"));
    EXPECT_THAT(load(" like='ful'"), HasSubstr("no words 'ful' stand before these"));
}

TEST(UnixMilliseconds, AreVietnamTime) {
    Folder folder;
    const auto set = loaded(folder,
                            vocabulary("<value name='at' path='at' type='ms'/>",
                                       "<date-form name='ms' form='unix-ms|dd/MM/yyyy'/>"),
                            mapping("<field to='A' from='at' as='stamp'/>"));
    const auto read = [&](const std::string& at) {
        return run(set, "<r><code>C</code><at>" + at + "</at></r>");
    };
    EXPECT_EQ(read("1551402000000"), "{\"A\":\"20190301080000\"}\n");
    EXPECT_EQ(read("1551402000999"), "{\"A\":\"20190301080000\"}\n");
    EXPECT_EQ(read("01/03/2019"), "{\"A\":\"20190301000000\"}\n");
    EXPECT_EQ(read(""), "{\"A\":\"\"}\n");
    // Seconds instead of milliseconds would be a day of 1970.
    for (const char* const bad :
         {"0", "1551402000", "-1551402000000", "1551402000000x", "99999999999999999999"})
        EXPECT_THAT(read(bad), HasSubstr("is not a date of the form unix-ms or dd/MM/yyyy")) << bad;
}

TEST(UnixMilliseconds, AndColumnsAndPairsAreOnlyRead) {
    Folder folder;
    std::string text = vocabulary("",
                                  "<date-form name='ms' form='unix-ms'/>"
                                  "<words name='w'><word from='a' to='b'/></words>");
    text.insert(text.find("</vocabulary>"),
                "<record kind='submission' element='s' code='code' written='yes'>"
                "<root element='x'/><value name='code' path='code'/>"
                "<value name='at' path='at' type='ms'/>"
                "<value name='w' path='w' with='u' type='w'/>"
                "<list name='f' path='F#'><value name='n' path='N'/></list></record>");
    folder.write("province/v.xml", text);
    folder.write("portal/p/m.xml", mapping("<field to='C' from='code'/>"));
    const std::string faults = folder.faults();
    EXPECT_THAT(faults, HasSubstr("value 'at' of a written record"));
    EXPECT_THAT(faults, HasSubstr("value 'w' of a written record"));
    EXPECT_THAT(faults, HasSubstr("the list 'F#' of a written record"));
}

TEST(ShippedVocabularies, LoadWithEveryProfile) {
    const std::filesystem::path mappings = std::filesystem::path(DVC_SOURCE_DIR) / "mappings";
    for (const auto& profile : std::filesystem::directory_iterator(mappings / "portal"))
        for (const char* const vocabulary : {"reference", "opencps-v2", "flat-rows"}) {
            const auto set =
                MappingSet::load(mappings, vocabulary, profile.path().filename().string());
            EXPECT_TRUE(set.has_value()) << set.error().message;
        }
}

// What a shipped vocabulary makes of one status; "-" if the record is not sent.
std::string status_of(const MappingSet& set, const std::string& record) {
    const auto parsed = set.vocabulary().parse("dossier", record);
    EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
    const auto summary = set.vocabulary().summary(*parsed);
    if (!summary) return summary.error().text();
    return summary->send ? summary->status : "-";
}

TEST(ShippedVocabularies, KnowEveryPublicStatusOfOpenCps) {
    const auto set = MappingSet::load(std::filesystem::path(DVC_SOURCE_DIR) / "mappings",
                                      "opencps-v2", "mapi-2024");
    ASSERT_TRUE(set.has_value()) << set.error().message;
    const std::pair<const char*, const char*> expected[] = {{"new", "received"},
                                                            {"receiving", "registered"},
                                                            {"waiting", "supplementing"},
                                                            {"paying", "awaiting-payment"},
                                                            {"processing", "processing"},
                                                            {"interoperating", "-"},
                                                            {"posting", "-"},
                                                            {"pausing", "-"},
                                                            {"correcting", "-"},
                                                            {"cancelling", "-"},
                                                            {"releasing", "finished"},
                                                            {"done", "returned"},
                                                            {"denied", "rejected"},
                                                            {"unresolved", "stopped"},
                                                            {"cancelled", "withdrawn"}};
    const auto record = [](const std::string& status, const std::string& sub = "") {
        return "<Dossier><dossierNo>C</dossierNo><govAgencyCode>A</govAgencyCode><dossierStatus>" +
               status + "</dossierStatus><dossierSubStatus>" + sub +
               "</dossierSubStatus></Dossier>";
    };
    for (const auto& [word, canonical] : expected)
        EXPECT_EQ(status_of(*set, record(word)), canonical) << word;
    EXPECT_EQ(status_of(*set, record("processing", "step-3")), "processing");
    EXPECT_EQ(status_of(*set, record("cancelled", "stopped")), "stopped");
    EXPECT_THAT(status_of(*set, record("gone")), HasSubstr("'gone' is not among the words"));
}

TEST(ShippedVocabularies, KnowEveryPublicStatusOfTheFlatRows) {
    const std::filesystem::path mappings = std::filesystem::path(DVC_SOURCE_DIR) / "mappings";
    const auto record = [](const std::string& status) {
        return "<HoSo><MaHoSo>C</MaHoSo><MaDonVi>A</MaDonVi><TrangThai>" + status +
               "</TrangThai></HoSo>";
    };
    const auto set = MappingSet::load(mappings, "flat-rows", "mapi-2024");
    ASSERT_TRUE(set.has_value()) << set.error().message;
    const std::pair<const char*, const char*> expected[] = {{"TN_OL", "registered"},
                                                            {"DANG_XL", "processing"},
                                                            {"CBS", "supplementing"},
                                                            {"LOAI", "rejected"},
                                                            {"DA_TRAKQ", "returned"}};
    for (const auto& [word, canonical] : expected)
        EXPECT_EQ(status_of(*set, record(word)), canonical) << word;

    // The tables of other products are taken by naming them, as an officer would.
    Folder folder;
    std::filesystem::copy(mappings, folder.path(), std::filesystem::copy_options::recursive);
    const auto with_table = [&](const std::string& table) {
        std::string text = content_of(mappings / "province" / "flat-rows.xml");
        const std::string before = "path=\"TrangThai\" type=\"status\"";
        std::size_t count = 0;
        for (std::size_t at; (at = text.find(before)) != std::string::npos; ++count)
            text.replace(at, before.size(), "path=\"TrangThai\" type=\"" + table + "\"");
        EXPECT_EQ(count, 2u);
        folder.write("province/flat-rows.xml", text);
        auto changed = MappingSet::load(folder.path(), "flat-rows", "mapi-2024");
        EXPECT_TRUE(changed.has_value()) << changed.error().message;
        return *std::move(changed);
    };
    EXPECT_EQ(status_of(with_table("status-bkav"), record("3")), "supplementing");
    EXPECT_EQ(status_of(with_table("status-national"), record("10")), "returned");
    EXPECT_EQ(status_of(with_table("status-civil-registry"), record("Chờ duyệt")), "processing");
}

}  // namespace
}  // namespace dvcsync::mapping::testing
