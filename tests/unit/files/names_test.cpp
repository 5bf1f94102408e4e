// Names that strangers choose, friendly ones and hostile ones.
#include "connector/files/names.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::files {
namespace {

TEST(SafeName, KeepsWhatAPersonReads) {
    EXPECT_EQ(safe_name("Đơn xin cấp giấy phép.pdf", 1, "application/pdf"),
              "01-Đơn-xin-cấp-giấy-phép.pdf");
    EXPECT_EQ(safe_name("scan_2.JPG", 12, "image/jpeg"), "12-scan_2.jpg");
    EXPECT_EQ(safe_name("a", 100, ""), "100-a");
}

TEST(SafeName, IsOneForComposedAndDecomposedLetters) {
    EXPECT_EQ(safe_name("\xC4\x90\x6F\xCC\x9B\x6E.pdf", 1, ""), "01-Đơn.pdf");
    // The mark's letter is not the one before it once something between them is gone.
    EXPECT_EQ(safe_name("a\xE2\x80\xAE\xCC\x81.pdf", 1, ""), "01-a.pdf");
}

TEST(SafeName, TakesTheExtensionOfTheTypeWhenThereIsNone) {
    EXPECT_EQ(safe_name("don", 1, "application/pdf"), "01-don.pdf");
    EXPECT_EQ(safe_name("don.pdf", 1, "image/png"), "01-don.pdf");
    EXPECT_EQ(safe_name("", 3, "image/jpeg"), "03-file.jpg");
    EXPECT_EQ(safe_name("", 3, "application/octet-stream"), "03-file");
    EXPECT_EQ(safe_name("don.not an extension", 3, ""), "03-don-not-an-extension");
}

struct Hostile {
    std::string wanted;
    std::string safe;
};

TEST(SafeName, DisarmsKnownTricks) {
    const std::vector<Hostile> all = {
        {"../../etc/passwd", "01-passwd"},
        {"C:\\Windows\\System32\\cmd.exe", "01-cmd.exe"},
        {"/", "01-file"},
        {"..", "01-file"},
        {".", "01-file"},
        {".htaccess", "01-file.htaccess"},
        {"-rf.pdf", "01-rf.pdf"},
        {"CON", "01-CON"},
        {"nul.txt", "01-nul.txt"},
        {"a.exe. ", "01-a.exe"},
        {"a.exe...", "01-a.exe"},
        {"hoadon.exe.pdf", "01-hoadon-exe.pdf"},
        {"don\xE2\x80\xAE"
         "fdp.exe",
         "01-don-fdp.exe"},  // looks like donexe.pdf
        {"a\nb\rc\td.pdf", "01-a-b-c-d.pdf"},
        {std::string("a\0b.pdf", 7), "01-a-b.pdf"},
        {"$(reboot);`id`|x&y.pdf", "01-reboot-id-x-y.pdf"},
        {"%2e%2e%2fx.pdf", "01-2e-2e-2fx.pdf"},
        {"a:stream.pdf", "01-a-stream.pdf"},
        {"<script>.html", "01-script.html"},
        {"\xC0\xAE\xC0\xAE/x.pdf", "01-x.pdf"},  // an overlong "../"
        {"\xEF\xBB\xBF"
         "don.pdf",
         "01-don.pdf"},
        {"\xE6\x96\x87\xE4\xBB\xB6.pdf", "01-file.pdf"},
        {"a\xCC\x81\xCC\x81\xCC\x81\xCC\x81.pdf", "01-á.pdf"},
    };
    for (const auto& [wanted, safe] : all)
        EXPECT_EQ(safe_name(wanted, 1, ""), safe) << wanted;
}

TEST(SafeName, CutsBetweenCharactersAndKeepsTheExtension) {
    for (std::size_t count = 50; count < 90; ++count) {
        std::string wanted;
        for (std::size_t i = 0; i < count; ++i)
            wanted += "ộ";  // three bytes
        const std::string name = safe_name(wanted + ".docx", 7, "");
        EXPECT_LE(name.size(), limits::max_file_name);
        EXPECT_GE(name.size(), std::min(3 * count, limits::max_file_name - 10));
        EXPECT_TRUE(is_utf8(name));
        EXPECT_TRUE(name.ends_with(".docx"));
    }
}

TEST(SafeName, OfAnyLengthIsCutQuickly) {
    const std::string name = safe_name(std::string(10u << 20, 'a') + ".pdf", 1, "");
    EXPECT_EQ(name.size(), limits::max_file_name);
    EXPECT_TRUE(name.ends_with("a.pdf"));
}

// What has to hold whatever the name.
void expect_safe(const std::string& name, int index, const std::string& wanted) {
    SCOPED_TRACE(hex(reinterpret_cast<const std::uint8_t*>(wanted.data()), wanted.size()));
    ASSERT_FALSE(name.empty());
    EXPECT_LE(name.size(), limits::max_file_name);
    EXPECT_TRUE(is_utf8(name));
    EXPECT_EQ(name, nfc(name));
    EXPECT_EQ(name.find_first_of(std::string("/\\:*?\"<>| $`&;'%\0", 17)), std::string::npos);
    for (const char c : name)
        EXPECT_TRUE(static_cast<unsigned char>(c) > 0x1f && c != 0x7f);
    EXPECT_EQ(name, without_controls(name));
    EXPECT_TRUE(name.front() >= '0' && name.front() <= '9');
    EXPECT_NE(name.back(), '.');
    EXPECT_EQ(name.find(".."), std::string::npos);
    for (const std::string bidi : {"\xE2\x80\xAA", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\x8F"})
        EXPECT_EQ(name.find(bidi), std::string::npos);
    EXPECT_EQ(safe_name(name, index, "").find(name.substr(0, 2)), 0U);
    EXPECT_EQ(extension_of(name), name.rfind('.') == std::string::npos ? "" : extension_of(name));
}

TEST(SafeName, HoldsItsPromisesForAnyBytes) {
    const std::vector<std::string> pieces = {
        "a",
        "Z",
        ".",
        "..",
        "/",
        "\\",
        " ",
        "-",
        "ộ",
        "Đ",
        "e",
        "\xCC\x81",
        "\xCC\xA3",
        "\xE2\x80\xAE",
        "\n",
        "\x7f",
        "\xC2\x85",
        "\xff",
        "\xF0\x9F\x98\x80",
        "exe",
        ".pdf",
        "CON",
        ":",
        "%00",
        "*",
        "0",
        "_",
        "\xE1\xBA",
        "~",
        "\xEF\xBC\x8F",
    };
    std::mt19937 random(20250701);
    std::set<std::string> names;
    constexpr int rounds = 20'000;
    for (int round = 0; round < rounds; ++round) {
        std::string wanted;
        const std::size_t count = random() % (round % 50 == 0 ? 400 : 12);
        for (std::size_t i = 0; i < count; ++i)
            wanted += random() % 8 == 0 ? std::string(1, static_cast<char>(random()))
                                        : pieces[random() % pieces.size()];
        const std::string name = safe_name(wanted, round, round % 2 == 0 ? "image/png" : "");
        expect_safe(name, round, wanted);
        names.insert(name);
        if (HasFailure()) return;
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(rounds)) << "the index makes them unique";
}

}  // namespace
}  // namespace dvcsync::files
