// Texts of the time before Unicode in a record: refused, or converted where the vocabulary says so.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Legacy : public ::testing::Test {
  protected:
    std::string send(const std::string& name, const std::string& encoding = "",
                     const std::string& status = "Đang xử lý") {
        const std::string text = encoding.empty() ? "" : "<text encoding='" + encoding + "'/>";
        const auto set = loaded(
            folder_,
            vocabulary("<value name='name' path='a/name'/><value name='s' path='s' type='state'/>",
                       text + "<words name='state'><word from='Đang xử lý' to='on'/></words>"),
            mapping("<codes name='st'><map from='on' to='4'/></codes>"
                    "<field to='Ten' from='name'/><field to='TT' from='s' codes='st'/>"));
        return run(set,
                   "<r><code>C</code><a><name>" + name + "</name></a><s>" + status + "</s></r>");
    }
    Folder folder_;
};

TEST_F(Legacy, IsRefusedWithTheElementTheCodePageAndWhatToDo) {
    EXPECT_EQ(send("NguyÔn V¨n A"),
              "not read: <a/name> is not in Unicode, but in the code page TCVN3 (ABC): set the "
              "export to Unicode, or write <text encoding=\"tcvn3\"/> into the vocabulary");
    EXPECT_THAT(send("Nguyeãn Vaên A"), HasSubstr("code page VNI: set the export to Unicode"));
    EXPECT_THAT(send("Nguyeãn Vaên A"), Not(HasSubstr("Vaên"))) << "a name is nobody's business";
}

TEST_F(Legacy, OneElementIsNamedForAll) {
    const std::string told = send("Nguyeãn Vaên A", "", "Ñang xöû lyù");
    EXPECT_EQ(told.find("code page"), told.rfind("code page")) << told;
}

TEST_F(Legacy, IsConvertedWhereTheVocabularySaysSo) {
    EXPECT_EQ(send("NguyÔn V¨n A", "tcvn3", "§ang xö lý"),
              "{\"Ten\":\"Nguyễn Văn A\",\"TT\":\"4\"}\n");
    EXPECT_EQ(send("NguyÔn", "tcvn3"), "{\"Ten\":\"Nguyễn\",\"TT\":\"4\"}\n");
    EXPECT_EQ(send("Nguyeãn Vaên A", "vni", "Ñang xöû lyù"),
              "{\"Ten\":\"Nguyễn Văn A\",\"TT\":\"4\"}\n");
    EXPECT_EQ(send("NguyêÞn Vãn A", "windows-1258", "Ðang xýÒ lyì"),
              "{\"Ten\":\"Nguyễn Văn A\",\"TT\":\"4\"}\n");
}

TEST_F(Legacy, WhatIsUnicodeAlreadyStaysInAMixedRecord) {
    EXPECT_EQ(send("Nguyễn Văn A", "vni"), "{\"Ten\":\"Nguyễn Văn A\",\"TT\":\"4\"}\n");
}

TEST(LegacyShipped, WhatTheConnectorWroteItselfIsUnicodeWhateverACitizenTyped) {
    const auto set = MappingSet::load(std::filesystem::path(DVC_SOURCE_DIR) / "mappings",
                                      "reference", "mapi-2024");
    ASSERT_TRUE(set) << set.error().message;
    const auto& vocabulary = set->vocabulary();
    const std::string name = "<applicant><name>NguyÔn V¨n A</name></applicant>";
    EXPECT_FALSE(vocabulary.parse("dossier", "<dossier>" + name + "</dossier>"));
    const auto ours = vocabulary.parse("submission", "<submission>" + name + "</submission>");
    EXPECT_TRUE(ours) << ours.error().message;
}

TEST_F(Legacy, ForeignNamesPass) {
    EXPECT_EQ(send("Müller Björn"), "{\"Ten\":\"Müller Björn\",\"TT\":\"4\"}\n");
}

TEST_F(Legacy, BytesThatAreNotUtf8NameTheCodePage) {
    EXPECT_THAT(
        send("Nguy\xD4n V\xA8n A"),
        HasSubstr("line 1 of the record: the text is not valid UTF-8; it looks like TCVN3"));
    EXPECT_THAT(send("\xFF\xFE"), Not(HasSubstr("looks like")));
}

TEST_F(Legacy, TheEncodingMustBeKnown) {
    folder_.write("province/v.xml", vocabulary("", "<text encoding='viscii'/>"));
    folder_.write("portal/p/m.xml", mapping("<field to='P' from='code'/>"));
    EXPECT_EQ(folder_.faults(),
              "province/v.xml:1: unknown encoding 'viscii': tcvn3, vni or windows-1258");
    folder_.write("province/v.xml", vocabulary("", "<text encoding='vni'/><text encoding='vni'/>"));
    EXPECT_THAT(folder_.faults(), HasSubstr("<text> comes twice"));
}

TEST_F(Legacy, WhatJsonCannotCarryIsLeftOut) {
    EXPECT_EQ(send("A\u0085B\uFFFEC&#xFDD0;D\tE"), "{\"Ten\":\"ABCD\\tE\",\"TT\":\"4\"}\n");
    EXPECT_EQ(send("Sở\u00A0Nội\u200B vụ"), "{\"Ten\":\"Sở\u00A0Nội\u200B vụ\",\"TT\":\"4\"}\n")
        << "sent as it was written";
    EXPECT_THAT(send("A", "", " Đang\u00A0xử\n lý\u200B"), HasSubstr("\"TT\":\"4\""))
        << "compared with blanks folded";
}

}  // namespace
}  // namespace dvcsync::mapping::testing
