#include "connector/audit/canonical.h"

#include <gtest/gtest.h>

#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

// RFC 8785, section 3.2.2 and 3.2.3, the example without its fractions.
TEST(Canonical, TheExampleOfTheStandardIsWrittenAlike) {
    const Json json(Json::Object{
        {"string", "\xE2\x82\xAC$\x0F\nA'B\"\\\\\"/"},
        {"literals", Json::Array{nullptr, true, false}},
    });
    const std::string expected =
        "{\"literals\":[null,true,false],\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/"
        "\"}";
    EXPECT_EQ(canonical_json(json), expected);
    EXPECT_EQ(parse_canonical(expected), json);
}

// RFC 8785, section 3.2.3: the order of the keys.
TEST(Canonical, KeysStandInTheOrderOfTheirUtf16Units) {
    const Json json(Json::Object{{"\xE2\x82\xAC", "Euro Sign"},
                                 {"\r", "Carriage Return"},
                                 {"\xEF\xAC\xB3", "Hebrew Letter Dalet With Dagesh"},
                                 {"1", "One"},
                                 {"\xF0\x9F\x98\x80", "Emoji: Grinning Face"},
                                 {"\xC2\x80", "Control"},
                                 {"\xC3\xB6", "Latin Small Letter O With Diaeresis"}});
    const std::string expected =
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
        "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
        "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
        "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}";
    EXPECT_EQ(canonical_json(json), expected);
    EXPECT_EQ(parse_canonical(expected), json);
}

TEST(Canonical, WhatIsWrittenIsReadBack) {
    const std::vector<Json> values{nullptr,
                                   true,
                                   0,
                                   -1,
                                   max_json_integer,
                                   -max_json_integer,
                                   "",
                                   "H24.19.08-190301-0001",
                                   "Đã trả kết quả \x7F",
                                   std::string("\0\b\t\n\f\r\x1f\"\\/", 10),
                                   Json::Array{},
                                   Json::Object{},
                                   Json::Object{{"a", Json::Array{1, "x", Json::Object{{"", 0}}}}}};
    for (const Json& value : values) {
        const auto text = canonical_json(value);
        ASSERT_TRUE(text);
        EXPECT_EQ(parse_canonical(*text), value) << *text;
        EXPECT_TRUE(check_canonical(*text)) << *text;
    }
}

TEST(Canonical, AnySecondSpellingIsRefusedWithItsPlace) {
    for (const char* bad : {R"()",
                            R"( 1)",
                            R"(1 )",
                            R"({"a": 1})",
                            R"({"b":1,"a":2})",
                            R"({"a":1,"a":1})",
                            R"([1,])",
                            R"([1 ,2])",
                            R"({"a":1,})",
                            R"({,"a":1})",
                            R"({"a"})",
                            R"({a:1})",
                            R"([)",
                            R"({)",
                            R"(["a)",
                            R"(01)",
                            R"(-0)",
                            R"(-)",
                            R"(+1)",
                            R"(1.0)",
                            R"(1e3)",
                            R"(9007199254740992)",
                            R"(-9007199254740992)",
                            R"(nul)",
                            R"(True)",
                            R"(NaN)",
                            R"("\/")",
                            R"("\u0041")",
                            R"("\u000a")",
                            R"("\u000F")",
                            R"("\u001)",
                            R"("\u00e9")",
                            R"("\ud83d\ude00")",
                            R"("\x")",
                            "\"\t\"",
                            "\"\xFF\"",
                            "\"\xED\xA0\x80\"",
                            "[\"\\",
                            "\xEF\xBB\xBF"
                            "1",
                            R"('a')",
                            R"(1//)",
                            R"({"\ufb33":1})"}) {
        const auto status = check_canonical(bad);
        ASSERT_FALSE(status) << bad;
        EXPECT_EQ(status.error().kind, ErrorKind::Corrupt);
        EXPECT_TRUE(status.error().message.starts_with("not canonical JSON at byte "));
        EXPECT_FALSE(parse_canonical(bad)) << bad;
    }
    EXPECT_EQ(check_canonical(R"({"b":1,"a":2})").error().message,
              "not canonical JSON at byte 10: keys out of order");
}

TEST(Canonical, EscapedKeysAreOrderedByWhatTheyMean) {
    EXPECT_TRUE(check_canonical(R"({"\u0000":1,"\t":1,"\n":1," ":1,"\"":1,"\\":1})"));
    EXPECT_FALSE(check_canonical(R"({"\n":1,"\t":1})"));
    EXPECT_FALSE(check_canonical(R"({"\\":1,"\"":1})"));
}

TEST(Canonical, DeepNestingIsRefusedBothWays) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(check_canonical(nested(limits::max_json_depth)));
    EXPECT_FALSE(check_canonical(nested(limits::max_json_depth + 1)));
    EXPECT_FALSE(check_canonical(std::string(1'000'000, '[')));
    auto deepest = *parse_canonical(nested(limits::max_json_depth));
    EXPECT_TRUE(canonical_json(deepest));
    EXPECT_FALSE(canonical_json(Json::Array{deepest}));
}

TEST(Canonical, WhatHasNoCanonicalFormIsNotWritten) {
    for (const Json& bad : {Json(max_json_integer + 1), Json(-max_json_integer - 1), Json("\xFF"),
                            Json(Json::Object{{"\xFF", 1}})}) {
        const auto text = canonical_json(bad);
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().kind, ErrorKind::Refused);
    }
}

TEST(Canonical, MembersAreFoundByName) {
    const auto json = *parse_canonical(R"({"code":"A","seq":7})");
    EXPECT_EQ(*json.find("code")->text(), "A");
    EXPECT_EQ(*json.find("seq")->number(), 7);
    EXPECT_EQ(json.find("none"), nullptr);
    EXPECT_EQ(json.find("seq")->text(), nullptr);
    EXPECT_EQ(json.find("seq")->find("x"), nullptr);
}

}  // namespace
}  // namespace dvcsync::audit
