#include "connector/config/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::config {
namespace {

using testing::HasSubstr;

TEST(Nearest, finds_the_key_that_was_meant) {
    const std::array<std::string_view, 3> keys{"in_flight", "username", "profile"};
    EXPECT_EQ(nearest("inflight", keys), "in_flight");
    EXPECT_EQ(nearest("user_name", keys), "username");
    EXPECT_EQ(nearest("profil", keys), "profile");
}

TEST(Nearest, finds_nothing_for_another_word) {
    const std::array<std::string_view, 2> keys{"in_flight", "username"};
    EXPECT_EQ(nearest("velocity", keys), "");
    EXPECT_EQ(nearest("", keys), "");
    EXPECT_EQ(nearest(std::string(100'000, 'u'), keys), "");
    EXPECT_EQ(nearest("username", {}), "");
}

TEST(BaseUrl, accepts_a_host_with_or_without_a_port) {
    for (const char* url : {"https://portal.example", "https://10.0.0.1:8443", "https://[::1]:443",
                            "https://[fd00::7]", "https://a-b.c:1", "https://a:65535"})
        EXPECT_EQ(base_url_fault(url, false), "") << url;
    EXPECT_EQ(base_url_fault("http://10.1.2.3", true), "");
}

TEST(BaseUrl, refuses_everything_else_and_says_why) {
    const auto fault = [](const char* url) { return base_url_fault(url, false); };
    EXPECT_THAT(fault("http://portal.example"), HasSubstr("allow_plain_http"));
    EXPECT_THAT(fault("portal.example"), HasSubstr("does not begin with https://"));
    EXPECT_THAT(fault("ftp://portal.example"), HasSubstr("does not begin with https://"));
    EXPECT_THAT(fault("https://"), HasSubstr("host name"));
    EXPECT_THAT(fault("https://a b"), HasSubstr("host name"));
    EXPECT_THAT(fault("https://user:word@host"), HasSubstr("user name or password"));
    EXPECT_THAT(fault("https://host/"), HasSubstr("after the host"));
    EXPECT_THAT(fault("https://host/path"), HasSubstr("[portal.endpoints]"));
    EXPECT_THAT(fault("https://host?x=1"), HasSubstr("after the host"));
    for (const char* url : {"https://host:", "https://host:0", "https://host:65536",
                            "https://host:+1", "https://host:123456"})
        EXPECT_THAT(fault(url), HasSubstr("port")) << url;
}

TEST(FileFault, tells_a_file_that_may_not_be_reached_from_one_that_is_not_there) {
    const test::TemporaryFolder folder;
    const auto file = folder.write("key", "x");
    EXPECT_THAT(file_fault(folder.path() / "none"), HasSubstr("does not exist"));
    ::chmod(folder.path().c_str(), 0);
    const bool root = ::getuid() == 0;  // who may reach everything: it steps down for a moment
    ASSERT_TRUE(!root || ::seteuid(65534) == 0);
    const std::string fault = file_fault(file);
    ASSERT_TRUE(!root || ::seteuid(0) == 0);
    ::chmod(folder.path().c_str(), 0700);
    EXPECT_THAT(fault, HasSubstr("may not reach"));
    EXPECT_THAT(fault, HasSubstr(folder.path().string() + " belongs to user "));
}

TEST(PlainName, lets_no_name_leave_its_folder) {
    EXPECT_EQ(plain_name_fault("mapi-2.1_b"), "");
    for (const char* name : {"../mapi", "/etc", ".hidden", "..", "a/b", "a b", "tên"})
        EXPECT_NE(plain_name_fault(name), "") << name;
}

}  // namespace
}  // namespace dvcsync::config
