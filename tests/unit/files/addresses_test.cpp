#include "connector/files/addresses.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <fstream>
#include <string>

#include "connector/files/fetch_rules.h"
#include "tests/unit/files/folder.h"
#include "tests/unit/files/web_server.h"

namespace dvcsync::files {
namespace {

bool open_to_all(const std::string& text) {
    sockaddr_storage storage{};
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1)
        storage.ss_family = AF_INET;
    else if (::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1)
        storage.ss_family = AF_INET6;
    else
        ADD_FAILURE() << "not an address: " << text;
    return is_public(reinterpret_cast<const sockaddr&>(storage));
}

TEST(Addresses, OfThePublicInternet) {
    for (const char* text :
         {"1.1.1.1",       "9.255.255.255",   "11.0.0.0",        "100.63.255.255", "100.128.0.0",
          "126.0.0.1",     "128.0.0.1",       "169.253.255.255", "169.255.0.0",    "172.15.255.255",
          "172.32.0.0",    "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
          "203.0.112.255", "203.0.114.0",     "223.255.255.255", "2400:cb00::1",   "2a00:1450::1",
          "2001:200::1"})
        EXPECT_TRUE(open_to_all(text)) << text;
}

TEST(Addresses, InsideANetworkOrForSpecialUse) {
    for (const char* text : {"0.0.0.0",
                             "0.1.2.3",
                             "10.0.0.0",
                             "10.255.255.255",
                             "100.64.0.0",
                             "100.127.255.255",
                             "127.0.0.1",
                             "127.255.255.255",
                             "169.254.169.254",
                             "169.254.0.1",
                             "172.16.0.0",
                             "172.31.255.255",
                             "192.0.0.192",
                             "192.0.2.1",
                             "192.88.99.1",
                             "192.168.0.0",
                             "192.168.255.255",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.1",
                             "224.0.0.1",
                             "239.255.255.255",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::ffff:127.0.0.1",
                             "::ffff:8.8.8.8",
                             "::127.0.0.1",
                             "64:ff9b::7f00:1",
                             "64:ff9b:1::a00:1",
                             "100::1",
                             "2001::1",
                             "2001:db8::1",
                             "2002:7f00:1::",
                             "3fff::1",
                             "fc00::1",
                             "fd00:ec2::254",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1",
                             "4000::1"})
        EXPECT_FALSE(open_to_all(text)) << text;
}

TEST(Addresses, OtherFamiliesAreNotPublic) {
    sockaddr local{};
    local.sa_family = AF_UNIX;
    EXPECT_FALSE(is_public(local));
}

TEST(Hosts, FitTheirRuleAndNoOther) {
    EXPECT_TRUE(host_fits("files.example", "files.example"));
    EXPECT_FALSE(host_fits("afiles.example", "files.example"));
    EXPECT_FALSE(host_fits("a.files.example", "files.example"));
    EXPECT_TRUE(host_fits("a.example", "*.example"));
    EXPECT_TRUE(host_fits("b.a.example", "*.example"));
    EXPECT_FALSE(host_fits("example", "*.example"));
    EXPECT_FALSE(host_fits(".example", "*.example"));
    EXPECT_FALSE(host_fits("aexample", "*.example"));
    EXPECT_FALSE(host_fits("files.example.evil", "*.example"));
    EXPECT_FALSE(host_fits("10.0.0.1", "*.0.0.1")) << "an address is below nothing";
}

TEST(Rules, ThatNoHostCanFitAreNamed) {
    FetchRules rules;
    rules.hosts = {"files.example", "*.Example.VN.", "8.8.8.8", "[2606:4700::1]",
                   "d\xE1\xBB\x8B"
                   "chv\xE1\xBB\xA5.vn"};
    EXPECT_TRUE(check_hosts(rules));
    for (const char* wrong : {"", "*", "*.", "https://files.example", "files.example:443", "a/b",
                              "user@files.example", "a b", "a*.example", "*.*.example", ".."}) {
        rules.hosts = {"files.example", wrong};
        const auto status = check_hosts(rules);
        ASSERT_FALSE(status) << wrong;
        EXPECT_EQ(status.error().kind, ErrorKind::Config);
        EXPECT_NE(status.error().message.find('"' + std::string(wrong) + '"'), std::string::npos);
    }
}

TEST(Rules, ThatWouldNeverBeFetchedFromAreNamed) {
    for (const char* inside : {"127.0.0.1", "2130706433", "10.1.2.3", "192.168.0.9", "[::1]",
                               "[fd00::1]", "169.254.169.254", "localhost", "a.localhost"}) {
        FetchRules rules;
        rules.hosts = {inside};
        const auto status = check_hosts(rules);
        ASSERT_FALSE(status) << inside;
        EXPECT_EQ(status.error().kind, ErrorKind::Config);
        EXPECT_NE(status.error().message.find("allow_private_addresses = true"), std::string::npos);
        rules.private_addresses = true;
        EXPECT_TRUE(check_hosts(rules)) << inside;
    }
}

TEST(Rules, AuthoritiesAreCertificates) {
    const test::Folder folder;
    EXPECT_TRUE(check_authorities(""));
    EXPECT_TRUE(check_authorities(test::make_certificate(folder.path() / "ca.pem", "DNS:a.vn")));
    const auto text = folder.path() / "text.pem";
    std::ofstream(text) << "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n";
    for (const auto& [file, words] :
         {std::pair{folder.path() / "none.pem", "none.pem cannot be read"},
          std::pair{text, "text.pem holds no certificate; it should hold the authorities"}}) {
        const auto status = check_authorities(file);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().kind, ErrorKind::Config);
        EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
    }
}

}  // namespace
}  // namespace dvcsync::files
