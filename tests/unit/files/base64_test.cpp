#include "connector/files/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace dvcsync::files {
namespace {

Result<std::string> decoded(std::string_view text) {
    std::string all;
    DVC_TRY(decode_base64(text, [&](std::string_view bytes) {
        all += bytes;
        return Status();
    }));
    return all;
}

TEST(Base64, DecodesTheExamplesOfTheStandard) {
    EXPECT_EQ(decoded("").value(), "");
    EXPECT_EQ(decoded("Zg==").value(), "f");
    EXPECT_EQ(decoded("Zm8=").value(), "fo");
    EXPECT_EQ(decoded("Zm9v").value(), "foo");
    EXPECT_EQ(decoded("Zm9vYmFy").value(), "foobar");
    EXPECT_EQ(decoded("+/+/").value(), "\xfb\xff\xbf");
}

TEST(Base64, BlanksAndLineEndsMayStandAnywhere) {
    EXPECT_EQ(decoded(" Zm9\r\nvY\tm F\ny \n").value(), "foobar");
    EXPECT_EQ(decoded("Z g = \n = ").value(), "f");
}

TEST(Base64, AnythingElseIsRefusedWithItsPlace) {
    const std::pair<const char*, const char*> wrong[] = {
        {"Zg=", "character 4"},  // padding cut
        {"Zg", "character 3"},   // no padding
        {"Z", "character 2"},
        {"=", "character 1"},
        {"Z===", "character 2"},
        {"Zg==Zg==", "character 5"},
        {"Zg=a", "character 4"},
        {"Zm9v=", "character 5"},
        {"Zm9-", "character 4"},  // the alphabet of links
        {"Zm9_", "character 4"},
        {"Zh==", "character 4"},  // spare bits
        {"Zm9=", "character 4"},
        {"data:x;base64,Zm9v", "character 5"},
        {"Zm9\xE1\xBA\xA1", "character 4"},
    };
    for (const auto& [text, place] : wrong) {
        const auto result = decoded(text);
        ASSERT_FALSE(result) << text;
        EXPECT_EQ(result.error().kind, ErrorKind::Refused) << text;
        EXPECT_NE(result.error().message.find(place), std::string::npos)
            << text << ": " << result.error().message;
    }
}

TEST(Base64, IsHandedOnInPartsAndEndsWithTheSinksError) {
    const std::string text(4 * 100'000, 'A');
    std::size_t largest = 0;
    std::size_t sum = 0;
    ASSERT_TRUE(decode_base64(text, [&](std::string_view bytes) {
        largest = std::max(largest, bytes.size());
        sum += bytes.size();
        return Status();
    }));
    EXPECT_EQ(sum, 300'000U);
    EXPECT_LE(largest, 48U << 10);

    int calls = 0;
    const auto ended = decode_base64(text, [&](std::string_view) -> Status {
        ++calls;
        return fail(ErrorKind::Retry, "full");
    });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().message, "full");
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace dvcsync::files
