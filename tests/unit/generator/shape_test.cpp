// The same record as another product writes it.
#include "tests/province/shape.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace dvcsync::year {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path shapes =
    std::filesystem::path(DVC_SOURCE_DIR) / "tests" / "province" / "shapes";

std::string shaped(std::string_view name, std::string text, std::size_t start = 0) {
    const auto shape = Shape::load(shapes, name);
    EXPECT_TRUE(shape.has_value()) << shape.error().message;
    shape->apply(text, start);
    return text;
}

constexpr std::string_view dossier =
    "<dossier><code>C</code><applicant><name>A &amp; B</name></applicant>"
    "<received>01/03/2019 08:00:00</received><status>stopped</status><digitised>yes</digitised>"
    "<note><![CDATA[<x>]]></note>"
    "<components><component><name>one</name></component><component><name>two</name><deleted/>"
    "</component></components><databases><database>land</database></databases>"
    "<supplements><supplement><id>7</id><papers><paper><name>p</name></paper></papers>"
    "</supplement></supplements><papers/></dossier>\n";

TEST(Shape, NestsListsAndSplitsTheStatusForOneProduct) {
    const std::string text = shaped("opencps-v2", std::string(dossier));
    EXPECT_THAT(text, HasSubstr("<dossierNo>C</dossierNo>"));
    EXPECT_THAT(text, HasSubstr("<applicantName>A &amp; B</applicantName>"));
    EXPECT_THAT(text, HasSubstr("<receiveDate>1551402000000</receiveDate>"));
    EXPECT_THAT(text, HasSubstr("<dossierStatus>cancelled</dossierStatus>"));
    EXPECT_THAT(text, HasSubstr("<dossierSubStatus>stopped</dossierSubStatus>"));
    EXPECT_THAT(text, HasSubstr("<digitized>true</digitized>"));
    EXPECT_THAT(text, HasSubstr("<applicantNote><![CDATA[<x>]]></applicantNote>"));
    EXPECT_THAT(text, HasSubstr("<dossierFile>\n   <displayName>two</displayName>\n"
                                "   <removed/>\n  </dossierFile>\n </dossierFiles>"));
    EXPECT_THAT(text, HasSubstr("<database>land</database>"));
}

TEST(Shape, NumbersColumnsForTheOther) {
    const std::string text = shaped("flat-rows", std::string(dossier));
    EXPECT_THAT(text, HasSubstr("<NgayTiepNhan>20190301080000</NgayTiepNhan>"));
    EXPECT_THAT(text, HasSubstr("<TrangThai>DUNG</TrangThai>"));
    EXPECT_THAT(text, HasSubstr("<TepHoSo1Ten>one</TepHoSo1Ten>\n <TepHoSo2Ten>two</TepHoSo2Ten>"));
    EXPECT_THAT(text, HasSubstr("<BoSung1GiayTo1Ten>p</BoSung1GiayTo1Ten>"));
    EXPECT_THAT(text, HasSubstr("<CSDL1>land</CSDL1>"));
    EXPECT_THAT(text, Not(HasSubstr("<GiayTo")));
}

TEST(Shape, LeavesTheReferenceAndWhatStandsBeforeTheRecords) {
    EXPECT_EQ(shaped("reference", std::string(dossier)), dossier);
    EXPECT_TRUE(Shape().is_reference());
    EXPECT_THAT(shaped("flat-rows", "<dossier>" + std::string(dossier), 9),
                ::testing::StartsWith("<dossier><HoSo>"));
}

TEST(Shape, HasTheRootOfItsProduct) {
    const Moment at = moment(day_of(2019, 3, 1), 8 * 3'600);
    EXPECT_EQ(Shape().head(at),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<province-export version=\"1\" "
              "province=\"H22\" exported=\"01/03/2019 08:00:00\">\n");
    const auto flat = Shape::load(shapes, "flat-rows");
    EXPECT_THAT(flat->head(at),
                HasSubstr("<DuLieu MaTinh=\"H22\" NgayKetXuat=\"20190301080000\">"));
    EXPECT_EQ(flat->tail(), "</DuLieu>\n");
}

TEST(Shape, NamesTheLineOfAWrongRow) {
    std::string name = (std::filesystem::temp_directory_path() / "shapes-XXXXXX").string();
    const std::filesystem::path folder = ::mkdtemp(name.data());
    const auto loaded = [&](std::string_view text) {
        std::ofstream(folder / "s.csv") << text;
        const auto shape = Shape::load(folder, "s");
        return shape ? std::string() : shape.error().message;
    };
    EXPECT_THAT(loaded("root,,,A\nvalu,a,text,b\n"), HasSubstr("s.csv:2: unknown or repeated row"));
    EXPECT_THAT(loaded("list,a/b,,c/d\nlist,a/b,,e/f\n"),
                HasSubstr("s.csv:2: unknown or repeated"));
    EXPECT_THAT(loaded("record,dossier,,D\n"), HasSubstr("no row for the record 'procedure'"));
    EXPECT_THAT(Shape::load(folder, "none").error().message, HasSubstr("cannot read"));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace dvcsync::year
