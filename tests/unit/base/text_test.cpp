#include "connector/base/text.h"

#include <gtest/gtest.h>

namespace dvcsync {
namespace {

// "Sở Tài nguyên" and "Đường Nguyễn Huệ" composed and decomposed.
constexpr std::string_view composed = "Sở Tài nguyên, Đường Nguyễn Huệ";
constexpr std::string_view decomposed =
    "So\u031B\u0309 Ta\u0300i nguye\u0302n, \u0110u\u031Bo\u031B\u0300ng Nguye\u0302\u0303n "
    "Hue\u0323\u0302";

TEST(Utf8, AcceptsWhatIsWellFormed) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("plain ASCII that is longer than eight bytes"));
    EXPECT_TRUE(is_utf8(composed));
    EXPECT_TRUE(is_utf8("\xED\x9F\xBF\xEE\x80\x80"));              // either side of the surrogates
    EXPECT_TRUE(is_utf8("\xF4\x8F\xBF\xBF"));                      // U+10FFFF
    EXPECT_TRUE(is_utf8("\xF0\x90\x80\x80\xE0\xA0\x80\xC2\x80"));  // the lowest of each length
    EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Utf8, NamesTheFirstByteThatIsNot) {
    const auto at = [](std::string_view bytes) {
        return invalid_utf8_at(std::string("0123456789") + std::string(bytes)) - 10;
    };
    EXPECT_EQ(at("\xC0\x80"), 0u);          // overlong NUL
    EXPECT_EQ(at("\xC1\xBF"), 0u);          // overlong
    EXPECT_EQ(at("\xE0\x9F\xBF"), 0u);      // overlong
    EXPECT_EQ(at("\xF0\x8F\xBF\xBF"), 0u);  // overlong
    EXPECT_EQ(at("ab\xED\xA0\x80"), 2u);    // surrogate
    EXPECT_EQ(at("ab\xED\xBF\xBF"), 2u);    // surrogate
    EXPECT_EQ(at("\xF4\x90\x80\x80"), 0u);  // above U+10FFFF
    EXPECT_EQ(at("\xF5\x80\x80\x80"), 0u);
    EXPECT_EQ(at("\xFF"), 0u);
    EXPECT_EQ(at("\x80"), 0u);  // a lone continuation
    EXPECT_EQ(at("\xC3"), 0u);  // cut short
    EXPECT_EQ(at("\xE1\xBB"), 0u);
    EXPECT_EQ(at("\xE1\xBBz"), 0u);
    EXPECT_EQ(at("\xF0\x9F\x98"), 0u);
    EXPECT_EQ(at("ở\xE1"), 3u);
    EXPECT_EQ(invalid_utf8_at(composed), std::string_view::npos);
}

TEST(Nfc, ComposesAndLeavesTheRest) {
    EXPECT_NE(composed, decomposed);
    EXPECT_EQ(nfc(decomposed), composed);
    EXPECT_EQ(nfc(composed), composed);
    EXPECT_EQ(nfc("abc"), "abc");
    EXPECT_EQ(nfc("Å"), "\u00C5");  // ANGSTROM SIGN: a composed letter that changes
    EXPECT_EQ(nfc("e\u0323\u0302"), "ệ");
    EXPECT_EQ(nfc("e\u0302\u0323"), "ệ");  // marks in the other order
    EXPECT_EQ(nfc("ê\u0323"), "ệ");        // half composed
    EXPECT_EQ(nfc("\u2018a\u2019 \u2026"), "\u2018a\u2019 \u2026");
    EXPECT_EQ(nfc("日本"), "日本");
}

TEST(Comparable, FoldsBlanksOfEveryKind) {
    EXPECT_EQ(comparable("  Sở\r\n\tTài\u00A0\u00A0nguyên \u3000"), "Sở Tài nguyên");
    EXPECT_EQ(comparable("a\u2003b\u2028c\u202Fd\u205Fe\u0085f\u1680g"), "a b c d e f g");
    EXPECT_EQ(comparable(decomposed), composed);
    EXPECT_EQ(comparable(" \u00A0\n"), "");
    EXPECT_EQ(comparable("Nguyễn\nVăn\r\n An"), "Nguyễn Văn An");  // line breaks inside names
    EXPECT_EQ(comparable("\uFEFFĐang\u200B xử\u2060 lý\u200D"), "Đang xử lý");
}

TEST(Caseless, LowersVietnameseCapitals) {
    EXPECT_EQ(caseless("  ĐÃ  TỒN TẠI "), "đã tồn tại");
    EXPECT_EQ(caseless("ĐA\u0303 TO\u0302\u0300N TA\u0323I"), "đã tồn tại");
    EXPECT_EQ(caseless("ABC xyz 1"), "abc xyz 1");
    EXPECT_NE(caseless("đã"), caseless("da"));
}

TEST(Length, CountsCodePointsOfTheComposedForm) {
    EXPECT_EQ(length(""), 0u);
    EXPECT_EQ(length("abc"), 3u);
    EXPECT_EQ(length("Nguyễn"), 6u);
    EXPECT_EQ(length("Nguye\u0302\u0303n"), 6u);
    EXPECT_EQ(length(decomposed), length(composed));
    EXPECT_EQ(length("\U0001F600"), 1u);
}

TEST(Trimmed, TakesAsciiBlanksOffBothEnds) {
    EXPECT_EQ(trimmed(" \t\r\n\v\fa b \n"), "a b");
    EXPECT_EQ(trimmed("   "), "");
    EXPECT_EQ(trimmed(""), "");
    EXPECT_EQ(trimmed("\u00A0a"), "\u00A0a");
}

TEST(WithoutControls, KeepsTabsAndLineBreaksOnly) {
    EXPECT_EQ(without_controls(std::string_view("a\0b\x01\x1F\x7F"
                                                "c",
                                                7)),
              "abc");
    EXPECT_EQ(without_controls("a\tb\r\nc"), "a\tb\r\nc");
    EXPECT_EQ(without_controls("a\uFFFEb\uFFFFc\uFDD0d\uFDEFe\U0001FFFEf\U0010FFFFg"), "abcdefg");
    EXPECT_EQ(without_controls("a\uFFFDb\uFEFFc\uFDCFd\uFDF0e\U0001F600f"),
              "a\uFFFDb\uFEFFc\uFDCFd\uFDF0e\U0001F600f");
    EXPECT_EQ(without_controls("Sở\u2028Nội vụ\u200B"), "Sở\u2028Nội vụ\u200B");
    EXPECT_EQ(without_controls("a\u0080b\u009Fc\u00A0d"), "abc\u00A0d");
    EXPECT_EQ(without_controls(composed), composed);
    EXPECT_EQ(without_controls("\xC2"), "\xC2");
}

TEST(Excerpt, CutsBetweenCharactersAndMarksTheCut) {
    EXPECT_EQ(excerpt("Nguyễn", 6), "Nguyễn");
    EXPECT_EQ(excerpt("Nguyễn Huệ", 6), "Nguyễ…");
    EXPECT_EQ(excerpt("Nguyễn Huệ", 1), "…");
    EXPECT_EQ(excerpt("Nguyễn", 0), "");
    EXPECT_EQ(excerpt("", 5), "");
    EXPECT_EQ(excerpt("a\nb\x01\u0085z"), "a b  z");
    EXPECT_EQ(excerpt("a\xFFz\xC3"), "a\uFFFDz\uFFFD");
    EXPECT_EQ(length(excerpt(std::string(100, 'x'))), 40u);
    EXPECT_TRUE(is_utf8(excerpt("\xE1\xBB\xE1\xBB\x9F", 2)));
}

}  // namespace
}  // namespace dvcsync
