#include "connector/base/legacy_text.h"

#include <gtest/gtest.h>
#include <iconv.h>

#include "connector/base/csv.h"
#include "connector/base/syllable.h"
#include "connector/base/text.h"

namespace dvcsync {
namespace {

const std::filesystem::path source = DVC_SOURCE_DIR;

// Public texts: names of laws, of procedures, of communes.
const std::string_view sentences[] = {
    "Luật Đất đai ngày 18 tháng 01 năm 2024",
    "Nghị định về thực hiện thủ tục hành chính theo cơ chế một cửa, một cửa liên thông",
    "Cấp giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất",
    "Uỷ ban nhân dân xã Thài Phìn Tủng, huyện Đồng Văn, tỉnh Hà Giang",
    "Đăng ký khai sinh có yếu tố nước ngoài",
    "Thị trấn Việt Quang, huyện Bắc Quang",
    "Quyết định công bố danh mục thủ tục hành chính được sửa đổi, bổ sung",
};

// The C library's own tables, as an independent witness.
std::string iconv_bytes(std::string_view text, const char* page) {
    const auto way = iconv_open(page, "UTF-8");
    std::string in(text), out(text.size() * 4, '\0');
    char* from = in.data();
    char* to = out.data();
    std::size_t left = in.size(), room = out.size();
    EXPECT_EQ(iconv(way, &from, &left, &to, &room), 0u) << text;
    EXPECT_EQ(iconv(way, nullptr, nullptr, &to, &room), 0u);
    iconv_close(way);
    out.resize(out.size() - room);
    return out;
}

std::string as_latin1(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += char(0xC0 | byte >> 6);
            text += char(0x80 | (byte & 0x3F));
        }
    }
    return text;
}

TEST(LegacyText, ReadsTcvn3AsTheStandardHasIt) {
    for (const auto sentence : sentences) {
        const auto text = as_latin1(iconv_bytes(sentence, "TCVN5712-1"));
        EXPECT_EQ(from_code_page(text, CodePage::Tcvn3), sentence);
        EXPECT_TRUE(may_be_legacy(text)) << text;
        EXPECT_EQ(legacy_code_page(text), CodePage::Tcvn3) << text;
        EXPECT_EQ(legacy_code_page_of_bytes(iconv_bytes(sentence, "TCVN5712-1")), CodePage::Tcvn3);
    }
}

TEST(LegacyText, ReadsWindows1258WithItsCombiningMarks) {
    for (const auto sentence : sentences) {
        const auto text = as_latin1(iconv_bytes(sentence, "CP1258"));
        EXPECT_EQ(from_code_page(text, CodePage::Windows1258), sentence);
        EXPECT_EQ(legacy_code_page(text), CodePage::Windows1258) << text;
    }
}

// Typed in VNI by hand, with the table of the VNI company.
TEST(LegacyText, ReadsVni) {
    const std::pair<std::string_view, std::string_view> known[] = {
        {"Nguyeãn Vaên", "Nguyễn Văn"},
        {"Luaät Ñaát ñai ngaøy 18 thaùng 01 naêm 2024", "Luật Đất đai ngày 18 tháng 01 năm 2024"},
        {"UÛy ban nhaân daân tænh Haø Giang", "Ủy ban nhân dân tỉnh Hà Giang"},
        {"Ñaêng kyù khai sinh coù yeáu toá nöôùc ngoaøi", "Đăng ký khai sinh có yếu tố nước ngoài"},
        {"thuû tuïc ñöôïc söûa ñoåi, boå sung", "thủ tục được sửa đổi, bổ sung"},
        {"THÒ TRAÁN VIEÄT QUANG, XAÕ LUÕNG CUÙ", "THỊ TRẤN VIỆT QUANG, XÃ LŨNG CÚ"},
        {"quyeàn sôû höõu nhaø ôû, giaáy chöùng nhaän", "quyền sở hữu nhà ở, giấy chứng nhận"},
        {"Vónh Phuùc, Phuù Thoï, Caàn Thô, Quaûng Trò", "Vĩnh Phúc, Phú Thọ, Cần Thơ, Quảng Trị"},
        {"kyõ thuaät, thuyû lôïi, boä ñoäi, baûo hieåm", "kỹ thuật, thuỷ lợi, bộ đội, bảo hiểm"},
        {"daân soá, baéc, naèm, haúng, daãn, ñaëc bieät, chaün",
         "dân số, bắc, nằm, hẳng, dẫn, đặc biệt, chẵn"},
    };
    for (const auto& [typed, meant] : known) {
        EXPECT_EQ(from_code_page(typed, CodePage::Vni), meant);
        EXPECT_EQ(legacy_code_page(typed), CodePage::Vni) << typed;
        EXPECT_TRUE(may_be_legacy(typed)) << typed;
    }
}

TEST(LegacyText, RecognisesNamesThatAreShort) {
    EXPECT_EQ(legacy_code_page("NguyÔn V¨n"), CodePage::Tcvn3);
    EXPECT_EQ(legacy_code_page("V¨n"), CodePage::Tcvn3);
    EXPECT_EQ(legacy_code_page("Nguyeãn Vaên"), CodePage::Vni);
    EXPECT_EQ(legacy_code_page("§ang xö lý"), CodePage::Tcvn3);
}

TEST(LegacyText, AMixtureIsRecognisedToo) {
    EXPECT_EQ(legacy_code_page("Ông Nguyễn V¨n, xã Đồng Văn"), CodePage::Tcvn3);
    EXPECT_EQ(legacy_code_page("Tỉnh Hà Giang: Uûy ban nhaân daân"), CodePage::Vni);
}

TEST(LegacyText, UnicodeIsLeftAlone) {
    for (const auto sentence : sentences) {
        EXPECT_EQ(legacy_code_page(sentence), std::nullopt) << sentence;
        for (const auto page : {CodePage::Tcvn3, CodePage::Vni, CodePage::Windows1258})
            EXPECT_EQ(from_code_page(sentence, page), sentence);
    }
    EXPECT_EQ(from_code_page("ASCII, 12", CodePage::Vni), "ASCII, 12");
}

TEST(LegacyText, ForeignAndMinorityNamesAreNoCodePage) {
    for (const char* name : {"Müller",
                             "Société Générale",
                             "São Tomé",
                             "Curaçao",
                             "Björn Ångström",
                             "El Niño",
                             "naïve café",
                             "Y Wôn Niê",
                             "Krông Búk",
                             "H'Mông",
                             "Köln",
                             "Đăk Nông",
                             "Giàng A Páo",
                             "Cà phê Buôn Ma Thuột",
                             "20 °C, 5 m² × 3",
                             "« Điều 5 »",
                             "§ 3 Luật",
                             "Windows® 10",
                             "½ suất",
                             "a·b",
                             "Noël",
                             "Sèo Lèng, Lào Và, Sính",
                             "Zürich",
                             "Ðà Nẵng"})
        EXPECT_EQ(legacy_code_page(name), std::nullopt) << name;
}

TEST(LegacyText, NoPublicNameIsTakenForACodePage) {
    std::size_t read = 0;
    std::size_t suspected = 0;
    for (const char* file : {"tests/sandbox/data/national_procedures.csv",
                             "tests/province/data/procedures.csv", "mappings/codes/communes.csv",
                             "mappings/codes/agencies.csv", "tests/province/data/phrases.csv"}) {
        const auto table = read_csv(source / file);
        ASSERT_TRUE(table) << table.error().message;
        for (const auto& row : table->rows)
            for (const auto& cell : row.cells) {
                ++read;
                suspected += may_be_legacy(cell);
                EXPECT_EQ(legacy_code_page(cell), std::nullopt) << file << ":" << row.line;
                EXPECT_EQ(legacy_code_page(nfc(cell)), std::nullopt) << file << ":" << row.line;
            }
    }
    EXPECT_GT(read, 10'000u);
    EXPECT_LT(suspected * 50, read) << "the quick test lets too much pass to be quick";
}

TEST(LegacyText, EveryPublicNameSurvivesTheWayThroughACodePage) {
    const auto table = read_csv(source / "mappings/codes/communes.csv");
    ASSERT_TRUE(table);
    for (const auto& row : table->rows) {
        const std::string& name = row.cells[1];
        const std::string small = caseless(name);  // VN3 has no capitals with a tone
        EXPECT_EQ(from_code_page(as_latin1(iconv_bytes(small, "TCVN5712-1")), CodePage::Tcvn3),
                  small);
        EXPECT_EQ(from_code_page(as_latin1(iconv_bytes(name, "CP1258")), CodePage::Windows1258),
                  name);
    }
}

TEST(LegacyText, CodePagesHaveWords) {
    for (const auto page : {CodePage::Tcvn3, CodePage::Vni, CodePage::Windows1258})
        EXPECT_EQ(code_page_of(word_of(page)), page);
    EXPECT_EQ(code_page_of("utf-8"), std::nullopt);
}

TEST(Syllable, KnowsInitialsRhymesAndTones) {
    for (const char* word :
         {"nghiêng", "Quyết", "giấy", "gì", "ỦY", "thuỷ", "khuya", "đường", "ăn"})
        EXPECT_TRUE(is_syllable(word, Spelling::Strict)) << word;
    for (const char* word : {"quyet\u0323\u0301", "bla", "đđ", "hoăn­g", "tt", "", "Krông", "yiê"})
        EXPECT_FALSE(is_syllable(word, Spelling::Plain)) << word;
    EXPECT_TRUE(is_syllable("côt", Spelling::Plain));
    EXPECT_FALSE(is_syllable("côt", Spelling::Strict)) << "a stop needs its tone";
    EXPECT_FALSE(is_syllable("kà", Spelling::Strict)) << "k stands before e, ê, i and y";
}

}  // namespace
}  // namespace dvcsync
