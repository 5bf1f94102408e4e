// A portal that is away, and one with another certificate, as the administration makes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include "tests/unit/sandbox/spoiled.h"

namespace dvcsandbox::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Outages, RefuseEndsConnectionsAndTakesNoneUntilItIsOver) {
    Spoiled portal("");
    EXPECT_THAT(portal.administer("POST", "/outage?seconds=60&how=refuse"), HasSubstr("ok"));
    EXPECT_THAT(portal.connection->read_all(), IsEmpty());
    ::usleep(50'000);
    EXPECT_FALSE(Connection(portal.program->port).connected());
    EXPECT_THAT(portal.administer("POST", "/outage?seconds=0&how=refuse"), HasSubstr("ok"));
    ::usleep(200'000);
    portal.connect();
    EXPECT_TRUE(portal.connection->connected());
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
}

TEST(Outages, EndByThemselves) {
    Spoiled portal("");
    portal.administer("POST", "/outage?seconds=1&how=refuse");
    ::usleep(100'000);
    EXPECT_FALSE(Connection(portal.program->port).connected());
    ::usleep(1'200'000);
    portal.connect();
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
    EXPECT_EQ(portal.program->terminate(), 0);
}

TEST(Outages, UnavailableAnswers503AndKeepsNothing) {
    Spoiled portal("");
    portal.administer("POST", "/outage?seconds=60&how=503");
    EXPECT_THAT(portal.push({1}), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(portal.held(), 0U);
    EXPECT_EQ(portal.number("/faults", "outage_calls"), 1U);
    portal.administer("POST", "/outage?seconds=0&how=503");
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
}

TEST(Outages, HangReadsAndDoesNotAnswer) {
    Spoiled portal("");
    portal.administer("POST", "/outage?seconds=1&how=hang");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(portal.push({1}), IsEmpty());
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(800));
    EXPECT_EQ(portal.held(), 0U);
    portal.connect();
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
}

TEST(Outages, AreAskedForInFull) {
    Spoiled portal("");
    for (const std::string query : {"", "seconds=1", "how=hang", "seconds=x&how=hang",
                                    "seconds=1&how=x", "seconds=999999&how=hang"})
        EXPECT_THAT(portal.administer("POST", "/outage?" + query), StartsWith("HTTP/1.1 400 "))
            << query;
}

TEST(Certificates, CanBeReplacedWhileThePortalRuns) {
    const auto& made = certificates();
    Spoiled portal("");  // plain: has no certificate to replace
    EXPECT_THAT(portal.administer("POST", "/certificate?file=x&key=y"),
                StartsWith("HTTP/1.1 400 "));
    portal.program = std::make_unique<Program>(std::vector<std::string>{
        "--cert", made.path("server.pem"), "--key", made.path("server.key")});
    const auto serve_with = [&](const std::string& name) {
        return portal.administer("POST", "/certificate?file=" + made.path(name + ".pem") +
                                             "&key=" + made.path(name + ".key"));
    };
    const auto verdict = [&] {
        Connection connection(portal.program->port);
        const bool shaken = connection.secure(made, "ca", "", 0, "127.0.0.1");
        EXPECT_EQ(shaken, connection.verdict() == X509_V_OK);
        return connection.verdict();
    };
    EXPECT_EQ(verdict(), X509_V_OK);
    Connection open(portal.program->port);
    ASSERT_TRUE(open.secure(made, "ca", ""));

    EXPECT_THAT(serve_with("expired"), HasSubstr("ok"));
    EXPECT_THAT(open.post("login", kLogin), IsEmpty());  // connections end with the certificate
    EXPECT_EQ(verdict(), X509_V_ERR_CERT_HAS_EXPIRED);
    EXPECT_THAT(serve_with("wrong-host"), HasSubstr("ok"));
    EXPECT_EQ(verdict(), X509_V_ERR_IP_ADDRESS_MISMATCH);
    EXPECT_THAT(serve_with("stranger"), HasSubstr("ok"));
    EXPECT_THAT(verdict(), AnyOf(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                                 X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE));
    EXPECT_THAT(serve_with("nonexistent"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(serve_with("server"), HasSubstr("ok"));
    EXPECT_EQ(verdict(), X509_V_OK);
}

}  // namespace
}  // namespace dvcsandbox::testing
