#include "tests/sandbox/multipart.h"

#include <gtest/gtest.h>

namespace dvcsandbox::testing {
namespace {

const std::string type = "multipart/form-data; boundary=B";

TEST(Multipart, GivesItsPartsAsTheyAre) {
    const std::string body =
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
        "--B\r\ncontent-disposition: form-data; name=\"f\"; filename=\"x.pdf\"\r\n"
        "Content-Type: application/pdf\r\n\r\n" +
        std::string("\r\n--\0B", 7) + "\r\n--B--\r\n";
    const auto parts = parts_of(type, body);
    ASSERT_TRUE(parts);
    ASSERT_EQ(parts->size(), 2U);
    EXPECT_EQ(parts->at(0).name, "a");
    EXPECT_FALSE(parts->at(0).filename);
    EXPECT_EQ(parts->at(0).content, "1");
    EXPECT_EQ(parts->at(1).filename, "x.pdf");
    EXPECT_EQ(parts->at(1).content_type, "application/pdf");
    EXPECT_EQ(parts->at(1).content, std::string_view("\r\n--\0B", 7));
}

TEST(Multipart, IsNothingWhereItsFormIsBroken) {
    const std::string part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    EXPECT_TRUE(parts_of(type, "--B" + part + "--B--"));
    EXPECT_FALSE(parts_of("application/json", "--B" + part + "--B--"));
    EXPECT_FALSE(parts_of("multipart/form-data; boundary=", "--" + part + "----"));
    EXPECT_FALSE(parts_of(type, "--B" + part + "--B"));
    EXPECT_FALSE(parts_of(type, "--B" + part + "--B--more"));
    EXPECT_FALSE(parts_of(type, "--C" + part + "--C--"));
    EXPECT_FALSE(parts_of(type, "--B" + part));
    EXPECT_FALSE(parts_of(type, "--B\r\nX: y\r\n\r\n1\r\n--B--"));
    EXPECT_FALSE(parts_of(type, "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--"));
    EXPECT_FALSE(parts_of(type, ""));
}

}  // namespace
}  // namespace dvcsandbox::testing
