// Where a link, or a redirect, must not lead.
#include <gtest/gtest.h>

#include "connector/base/limits.h"
#include "tests/unit/files/fetch_test.h"

namespace dvcsync::files::test {
namespace {

WebServer::Script redirecting(const std::string& target, int status = 302) {
    return
        [=](Visit& visit) { visit.send(answer("gone", status, "Location: " + target + "\r\n")); };
}

// Every form of an address that has fooled a program: allowed by name, refused by where it leads.
TEST_F(FetchTest, PrivateAddressesAreRefusedInEveryForm) {
    WebServer server([](Visit& visit) { visit.send(answer("inside")); });
    rules_.private_addresses = false;
    const std::string port = ":" + std::to_string(server.port());
    for (const std::string host : {"127.0.0.1",
                                   "2130706433",
                                   "0x7f000001",
                                   "0x7f.0.0.1",
                                   "0177.0.0.1",
                                   "017700000001",
                                   "127.1",
                                   "127.0.1",
                                   "0",
                                   "0.0.0.0",
                                   "localhost",
                                   "LOCALHOST",
                                   "localhost.",
                                   "[::1]",
                                   "[::]",
                                   "[0:0:0:0:0:0:0:1]",
                                   "[::ffff:127.0.0.1]",
                                   "[::ffff:7f00:1]",
                                   "[::127.0.0.1]",
                                   "[64:ff9b::127.0.0.1]",
                                   "[2002:7f00:1::]",
                                   "[fd00::1]",
                                   "[ff02::1]",
                                   "[fe80::1]",
                                   "169.254.169.254",
                                   "0xa9fea9fe",
                                   "10.0.0.1",
                                   "172.16.0.1",
                                   "192.168.0.1",
                                   "100.64.0.1",
                                   "224.0.0.1",
                                   "255.255.255.255",
                                   "\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1"}) {
        // Allowed by name in the form that the link is read as.
        rules_.hosts = {host};
        const auto result = fetch("http://" + host + port + "/secret");
        ASSERT_FALSE(result) << host;
        EXPECT_EQ(result.error().kind, ErrorKind::Refused) << host << result.error().message;
        EXPECT_THAT(result.error().message, testing::HasSubstr("an address inside a network"))
            << host;
    }
    EXPECT_EQ(server.visits(), 0);
}

TEST_F(FetchTest, HostsThatAreNotAllowedAreRefusedUnasked) {
    WebServer server([](Visit& visit) { visit.send(answer("x")); });
    rules_.hosts = {"files.example", "*.portal.example"};
    for (const std::string host :
         {"127.0.0.1", "localhost", "example", "evil-files.example", "files.example.evil.example",
          "portal.example", "files.example%2eevil", "[::1]"})
        expect_failure("http://" + host + ":" + std::to_string(server.port()) + "/secret",
                       ErrorKind::Refused, "");
    rules_.hosts = {};
    expect_failure(server.url("/secret"), ErrorKind::Refused, "not among those");
    EXPECT_EQ(server.visits(), 0);
}

TEST_F(FetchTest, AllowedHostsMayBeWrittenInAnyCaseAndWithATrailingDot) {
    WebServer server([](Visit& visit) { visit.send(answer("x")); });
    rules_.hosts = {"LocalHost."};
    EXPECT_TRUE(fetch(server.url("/1", "localhost")));
    EXPECT_TRUE(fetch(server.url("/2", "LOCALHOST")));
    EXPECT_TRUE(fetch(server.url("/3", "localhost.")));
    ASSERT_TRUE(staging_.drop(7));
    // Letters beyond ASCII: allowed in one form, linked in the other; there is no such host.
    rules_.hosts = {
        "*.D\xE1\xBB\x8A"
        "ch.invalid"};
    expect_failure("http://a.xn--dch-llz.invalid/secret", ErrorKind::Retry, "no address");
    expect_failure(
        "http://a.d\xE1\xBB\x8B"
        "ch.invalid/secret",
        ErrorKind::Retry, "no address");
}

TEST_F(FetchTest, WhatIsNoLinkOfTheWebIsRefused) {
    const std::string secret(limits::max_link, 's');
    for (const std::string& url :
         {std::string(), std::string("secret"), std::string("file:///etc/passwd"),
          std::string("ftp://127.0.0.1/secret"), std::string("gopher://127.0.0.1:25/secret"),
          std::string("dict://127.0.0.1/secret"), std::string("javascript:alert(1)"),
          std::string("http://user:secret@127.0.0.1/"), std::string("http://secret@127.0.0.1/"),
          std::string("http://127.0.0.1:99999/"), std::string("http://127.0.0.1:secret/"),
          std::string("http://"), std::string("http://a b/secret"),
          std::string("http://127.0.0.1/a\r\nHost: secret"),
          std::string("http://127.0.0.1/\0s", 20), std::string("http://[::1/secret"),
          "http://127.0.0.1/" + secret})
        expect_failure(url, ErrorKind::Refused, "not an address of the web");
}

TEST_F(FetchTest, PlainHttpNeedsToBeAllowed) {
    WebServer server([](Visit& visit) { visit.send(answer("x")); });
    rules_.plain_http = false;
    expect_failure(server.url("/secret"), ErrorKind::Refused, "plain http is not allowed");
    EXPECT_EQ(server.visits(), 0);
}

TEST_F(FetchTest, PortsOfOtherServicesAreRefused) {
    rules_.private_addresses = false;
    rules_.hosts = {"files.invalid"};
    for (const char* port : {"1", "22", "25", "445", "1023"})
        expect_failure("http://files.invalid:" + std::string(port) + "/secret", ErrorKind::Refused,
                       "port " + std::string(port));
    for (const char* port : {"", ":80", ":443", ":1024", ":8443"})
        expect_failure("http://files.invalid" + std::string(port) + "/secret", ErrorKind::Retry,
                       "no address");
}

TEST_F(FetchTest, RedirectsWithinTheRulesAreFollowed) {
    WebServer last([](Visit& visit) { visit.send(answer("there")); });
    for (const int status : {301, 302, 303, 307, 308}) {
        ASSERT_TRUE(staging_.drop(7));
        WebServer first(redirecting(last.url("/x", "localhost"), status));
        const auto file = fetch(first.url());
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_EQ(content(file->path), "there");
    }
    WebServer relative([](Visit& visit) {
        if (visit.request.starts_with("GET /a/b "))
            visit.send(answer("", 302, "Location: ../c\r\n"));
        if (visit.request.starts_with("GET /c ")) visit.send(answer("relative"));
    });
    ASSERT_TRUE(staging_.drop(7));
    EXPECT_EQ(content(fetch(relative.url("/a/b"))->path), "relative");
}

TEST_F(FetchTest, RedirectsOutOfTheRulesAreRefused) {
    WebServer inside([](Visit& visit) { visit.send(answer("inside")); });
    rules_.hosts = {"127.0.0.1"};
    const std::pair<std::string, std::string> targets[] = {
        {inside.url("/secret", "localhost"), "not among those"},
        {"http://evil.example/secret", "not among those"},
        {"//evil.example/secret", "not among those"},
        {"http://169.254.169.254/latest/secret", "not among those"},
        {"file:///etc/passwd", "not an address of the web"},
        {"gopher://127.0.0.1:25/secret", "not an address of the web"},
        {"http://secret:secret@127.0.0.1/", "not an address of the web"},
    };
    for (const auto& [target, words] : targets) {
        WebServer server(redirecting(target));
        expect_failure(server.url("/secret"), ErrorKind::Refused, words);
    }
    EXPECT_EQ(inside.visits(), 0);
}

TEST_F(FetchTest, WhereARedirectLedIsToldWithoutItsPathAndQuery) {
    rules_.hosts = {"127.0.0.1"};
    WebServer server(redirecting("https://cdn.example:8443/secret/f?token=secret"));
    expect_failure(server.url("/secret"), ErrorKind::Refused,
                   "127.0.0.1: its answer redirects to https://cdn.example:8443, which was not "
                   "followed: cdn.example: this host is not among those that files may be fetched "
                   "from; add it to file_hosts in [inbound]");
}

TEST_F(FetchTest, WhatARuleForbidsIsToldWithItsKey) {
    WebServer server([](Visit& visit) { visit.send(answer("inside")); });
    rules_.plain_http = false;
    expect_failure(server.url("/secret"), ErrorKind::Refused, "allow_plain_http = true in [inb");
    rules_.plain_http = true;
    rules_.private_addresses = false;
    expect_failure(server.url("/secret"), ErrorKind::Refused,
                   "allow_private_addresses = true in [inbound]");
    expect_failure("http://127.0.0.1:25/secret", ErrorKind::Refused,
                   "allow_private_addresses = true in [inbound]");
}

// A host that may not be asked at all is told as that: to open plain http would not help it.
TEST_F(FetchTest, TheHostIsJudgedBeforeTheScheme) {
    rules_.hosts = {"127.0.0.1"};
    rules_.plain_http = false;
    for (const std::string host : {"169.254.169.254", "evil.example", "[::1]:9"})
        expect_failure("http://" + host + "/secret", ErrorKind::Refused, "not among those");
}

TEST_F(FetchTest, RedirectsEnd) {
    WebServer circle(redirecting("/again?secret"));
    expect_failure(circle.url("/secret"), ErrorKind::Retry, "too many redirects");
    EXPECT_EQ(circle.visits(), 1 + rules_.redirects);
    WebServer nowhere([](Visit& visit) { visit.send(answer("", 302)); });
    expect_failure(nowhere.url("/secret"), ErrorKind::Retry, "redirect to nowhere");
    WebServer huge([](Visit& visit) {
        visit.send(
            "HTTP/1.1 302 X\r\nLocation: http://evil.example/\r\n"
            "Content-Length: 99999999999\r\n\r\n");
        while (visit.send(std::string(65'536, 'x'))) {
        }
    });
    expect_failure(huge.url("/secret"), ErrorKind::Refused, "not among those");
}

}  // namespace
}  // namespace dvcsync::files::test
