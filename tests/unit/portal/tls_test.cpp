// Whom the client trusts, and what it says when it does not. Certificates are made for each test.
#include <gmock/gmock.h>

#include <chrono>

#include "connector/base/limits.h"
#include "connector/portal/transport.h"
#include "tests/unit/portal/support_server.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Kind = Failure::Kind;

std::string yes(const HttpRequest&) {
    return http(200, "{}");
}

class TlsTest : public ::testing::Test {
  protected:
    TemporaryFolder folder;
    Authority authority{folder};

    ClientSettings settings_for(const Server& server, const std::string& host = "localhost") {
        ClientSettings settings;
        settings.base_url = server.url(host);
        settings.ca_file = authority.file();
        return settings;
    }

    static tl::expected<Reply, Failure> send(const ClientSettings& settings,
                                             std::chrono::milliseconds limit = 5s) {
        auto transport = Transport::open(settings);
        if (!transport)
            return tl::make_unexpected(Failure{Kind::Unusable, transport.error().message});
        return (*transport)->send({false, "/", {}, "{}"}, std::chrono::steady_clock::now() + limit);
    }

    void expect_untrusted(const Leaf& leaf, const std::string& host, const std::string& words) {
        Server server(Server::answering(yes), authority.issue("server", leaf));
        const auto reply = send(settings_for(server, host));
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().kind, Kind::Untrusted) << reply.error().reason;
        EXPECT_THAT(reply.error().reason, HasSubstr(words));
        EXPECT_TRUE(server.requests().empty());
    }
};

TEST_F(TlsTest, AcceptsTheNameAmongTheAlternativeNames) {
    Server server(Server::answering(yes),
                  authority.issue("server", {.alternative_names = "DNS:x.vn,DNS:localhost"}));
    const auto reply = send(settings_for(server));
    EXPECT_TRUE(reply) << reply.error().reason;
}

TEST_F(TlsTest, AcceptsAnAddressAmongTheAlternativeNames) {
    Server server(Server::answering(yes),
                  authority.issue("server", {.alternative_names = "IP:127.0.0.1"}));
    const auto reply = send(settings_for(server, "127.0.0.1"));
    EXPECT_TRUE(reply) << reply.error().reason;
}

TEST_F(TlsTest, KeepsTheConnectionAndNoticesAClosedOne) {
    Server server(
        [](Connection& connection) {
            for (int i = 0; i < 3; ++i)
                if (connection.read()) connection.write(http(200, "{}"));
        },
        authority.issue("server", {.alternative_names = "DNS:localhost"}));
    auto settings = settings_for(server);
    settings.in_flight = 1;
    const auto transport = *Transport::open(settings);
    for (int i = 0; i < 9; ++i) {
        const auto reply =
            transport->send({false, "/", {}, "{}"}, std::chrono::steady_clock::now() + 5s);
        ASSERT_TRUE(reply) << i << ": " << reply.error().reason;
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(server.connections(), 3);
    EXPECT_EQ(server.requests().size(), 9u);
}

TEST_F(TlsTest, RefusesAnotherHostsCertificate) {
    expect_untrusted({.alternative_names = "DNS:other.vn"}, "localhost", "another host");
}

TEST_F(TlsTest, RefusesAnotherAddress) {
    expect_untrusted({.alternative_names = "DNS:127.0.0.1,IP:127.0.0.2"}, "127.0.0.1",
                     "another host");
}

TEST_F(TlsTest, RefusesANameThatStandsOnlyInTheCommonName) {
    expect_untrusted({.common_name = "localhost"}, "localhost", "another host");
    expect_untrusted({.common_name = "localhost", .alternative_names = "DNS:other.vn"}, "localhost",
                     "another host");
}

TEST_F(TlsTest, RefusesAnExpiredCertificateAndSaysSince) {
    expect_untrusted({.alternative_names = "DNS:localhost", .last_second = -60}, "localhost",
                     "expired on 20");
}

TEST_F(TlsTest, RefusesACertificateOfTheFuture) {
    expect_untrusted({.alternative_names = "DNS:localhost", .first_second = 600}, "localhost",
                     "not valid yet");
}

TEST_F(TlsTest, RefusesAnUnknownAuthority) {
    const Authority other(folder, "other");
    Server server(Server::answering(yes),
                  other.issue("server", {.alternative_names = "DNS:localhost"}));
    const auto reply = send(settings_for(server));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Untrusted);
    EXPECT_THAT(reply.error().reason, HasSubstr("unknown authority"));
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(TlsTest, ShowsItsCertificateWhereOneIsDemanded) {
    const auto own = authority.issue("client", {.common_name = "province"});
    Server server(Server::answering(yes),
                  authority.issue("server", {.alternative_names = "DNS:localhost"}),
                  authority.file());
    auto settings = settings_for(server);
    settings.client_certificate = own.certificate;
    settings.client_key = own.key;
    const auto reply = send(settings);
    EXPECT_TRUE(reply) << reply.error().reason;
}

TEST_F(TlsTest, SaysThatAClientCertificateIsDemandedWhenNoneIsConfigured) {
    Server server(Server::answering(yes),
                  authority.issue("server", {.alternative_names = "DNS:localhost"}),
                  authority.file());
    const auto reply = send(settings_for(server));
    ASSERT_FALSE(reply);
    // With TLS 1.3 the portal's alert may come after our request, and a reset may overtake it: what
    // is certain differs, but the reason tells what to look at.
    EXPECT_THAT(reply.error().reason, HasSubstr("certificate"));
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(TlsTest, SaysThatItsOwnCertificateMayBeRejected) {
    const Authority other(folder, "other");
    const auto own = other.issue("client", {.common_name = "province"});
    Server server(Server::answering(yes),
                  authority.issue("server", {.alternative_names = "DNS:localhost"}),
                  authority.file());
    auto settings = settings_for(server);
    settings.client_certificate = own.certificate;
    settings.client_key = own.key;
    const auto reply = send(settings);
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().reason, HasSubstr("certificate"));
    EXPECT_TRUE(server.requests().empty());
}

// Nothing says why: that the portal has asked for a certificate, as it always does, proves nothing.
TEST_F(TlsTest, AConnectionThatIsMerelyDroppedAccusesNoCertificate) {
    const auto own = authority.issue("client", {.common_name = "province"});
    for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Server server([](Connection& connection) { connection.read(); },
                      authority.issue("server", {.alternative_names = "DNS:localhost"}),
                      authority.file(), newest);
        auto settings = settings_for(server);
        settings.client_certificate = own.certificate;
        settings.client_key = own.key;
        const auto reply = send(settings);
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().kind, Kind::Unclear);
        EXPECT_THAT(reply.error().reason, HasSubstr("the connection broke before an answer"));
        EXPECT_THAT(reply.error().reason, HasSubstr("; if it stays so, "));
        EXPECT_THAT(reply.error().reason, testing::Not(HasSubstr("accepted")));
        EXPECT_EQ(server.requests().size(), 1u);
    }
}

TEST_F(TlsTest, AnAlertIsToldAsTheCause) {
    Server server(Server::answering(yes),
                  authority.issue("server", {.alternative_names = "DNS:localhost"}),
                  authority.file(), TLS1_2_VERSION);
    const auto reply = send(settings_for(server));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Untrusted);
    EXPECT_THAT(reply.error().reason, HasSubstr("the portal rejects our certificate"));
    EXPECT_THAT(reply.error().reason, testing::Not(HasSubstr("if it stays so")));
}

TEST_F(TlsTest, PlainHttpOnTheOtherSideIsASettingToMend) {
    Server server([](Connection& connection) { connection.write(http(400, "speak http")); });
    ClientSettings settings;
    settings.base_url = "https://localhost:" + std::to_string(server.port());
    settings.ca_file = authority.file();
    const auto reply = send(settings);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Untrusted) << reply.error().reason;
}

TEST_F(TlsTest, ConnectionClosedInTheHandshakeWasNotSent) {
    Server server([](Connection&) {});
    ClientSettings settings;
    settings.base_url = "https://localhost:" + std::to_string(server.port());
    settings.ca_file = authority.file();
    const auto reply = send(settings);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::NotSent) << reply.error().reason;
}

TEST_F(TlsTest, SilenceInTheHandshakeWasNotSent) {
    Server server([](Connection& connection) { connection.read(); });
    ClientSettings settings;
    settings.base_url = "https://localhost:" + std::to_string(server.port());
    settings.ca_file = authority.file();
    const auto reply = send(settings, 300ms);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::NotSent) << reply.error().reason;
}

TEST_F(TlsTest, AnEndlessHeaderIsCutOff) {
    Server server(
        [](Connection& connection) {
            if (!connection.read()) return;
            connection.write("HTTP/1.1 200 OK\r\n");
            const std::string line = "X-Fill: " + std::string(8192, 'x') + "\r\n";
            while (connection.write(line)) {
            }
        },
        authority.issue("server", {.alternative_names = "DNS:localhost"}));
    const auto reply = send(settings_for(server), 20s);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Unclear);
    EXPECT_THAT(reply.error().reason, HasSubstr("larger than any limit"));
}

TEST_F(TlsTest, SettingsThatCannotWorkAreRefusedAtTheStart) {
    const auto own = authority.issue("client", {});
    const auto other = authority.issue("other", {});
    const auto words = [&](ClientSettings settings) {
        settings.base_url = "https://localhost";
        const auto transport = Transport::open(settings);
        EXPECT_FALSE(transport);
        return transport ? std::string() : transport.error().message;
    };
    ClientSettings settings;
    EXPECT_THAT(words(settings), HasSubstr("ca_file is missing"));
    settings.ca_file = folder.path() / "none.pem";
    EXPECT_THAT(words(settings), HasSubstr("none.pem"));
    settings.ca_file = own.key;
    EXPECT_THAT(words(settings), HasSubstr("holds no certificate"));
    settings.ca_file = authority.file();
    settings.client_certificate = own.certificate;
    EXPECT_THAT(words(settings), HasSubstr("go together"));
    settings.client_key = own.certificate;
    EXPECT_THAT(words(settings), HasSubstr("no private key"));
    settings.client_key = other.key;
    EXPECT_THAT(words(settings), HasSubstr("is not the key"));
    // Put together here, so that a search for keys in the repository finds none.
    const std::string kind = "ENCRYPTED PRIVATE " + std::string("KEY-----\n");
    settings.client_key =
        folder.write("sealed.key", "-----BEGIN " + kind + "AA==\n-----END " + kind);
    EXPECT_THAT(words(settings), HasSubstr("passphrase"));
}

TEST_F(TlsTest, ReadsWhatACertificateSays) {
    const auto files =
        authority.issue("facts", {.common_name = "Tỉnh Hà Giang", .last_second = 864000});
    const auto facts = read_certificate(files.certificate);
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_EQ(facts->subject, "CN=Tỉnh Hà Giang");
    const auto left = facts->not_after - system_clock().now();
    EXPECT_NEAR(std::chrono::duration<double>(left).count(), 864000, 60);
    EXPECT_FALSE(read_certificate(files.key));
    EXPECT_FALSE(read_certificate(folder.path() / "none.pem"));
}

}  // namespace
}  // namespace dvcsync::portal::test
