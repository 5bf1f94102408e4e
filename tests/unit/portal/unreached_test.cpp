// A portal that is not reached or not trusted: nothing was sent, so nothing is in doubt. Over real
// sockets; the profile without a login, so that the push itself is what fails.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "tests/unit/portal/support_portal.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using V = Verdict;

Outcome push_to(const ClientSettings& settings) {
    const auto client = client_for(settings, wrapper_profile);
    return client->push(Operation::PushDossier, one, false).at(0);
}

void expect_unreachable(const ClientSettings& settings) {
    const auto outcome = push_to(settings);
    EXPECT_EQ(outcome.verdict, V::Retry) << outcome.message;
    EXPECT_EQ(outcome.code, "unreachable");
    EXPECT_TRUE(outcome.endpoint);
}

// A bound socket of this machine; it listens only if told to.
class Port {
  public:
    Port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address_), size), 0);
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
    }
    ~Port() { ::close(socket_); }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    void listen(int backlog) const { EXPECT_EQ(::listen(socket_, backlog), 0); }
    int connect_without_waiting() const {
        const int caller = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ::connect(caller, reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
        return caller;
    }
    std::string url(const std::string& scheme = "http") const {
        return scheme + "://127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
    }

  private:
    int socket_;
    sockaddr_in address_{};
};

TEST(Unreached, RefusedConnection) {
    const Port port;
    expect_unreachable(wrapper_at(port.url()));
}

TEST(Unreached, UnknownHost) {
    expect_unreachable(wrapper_at("http://no-such-host.invalid:1"));
}

TEST(Unreached, ConnectingTakesTooLong) {
    const Port port;
    port.listen(0);
    // Nobody accepts: with the queue full, further callers get no answer at all.
    std::vector<int> callers;
    for (int i = 0; i < 8; ++i)
        callers.push_back(port.connect_without_waiting());
    auto settings = wrapper_at(port.url());
    settings.deadline = 300ms;
    expect_unreachable(settings);
    for (const int caller : callers)
        ::close(caller);
}

// The system takes the bytes though the portal never reads them: whether it would have is not
// known.
TEST(Unreached, RequestNeverRead) {
    const Port port;
    port.listen(1);
    auto settings = wrapper_at(port.url());
    settings.deadline = 300ms;
    const auto outcome = push_to(settings);
    EXPECT_EQ(outcome.verdict, V::InDoubt);
    EXPECT_EQ(outcome.code, "deadline");
    EXPECT_TRUE(outcome.endpoint);
}

TEST(Unreached, PortalGoneAfterTheLogin) {
    auto server = std::make_unique<Portal>(good);
    const auto client = client_for(settings_for(server->server()));
    ASSERT_TRUE(client->login());
    server.reset();
    const auto outcome = client->push(Operation::PushDossier, one, false).at(0);
    EXPECT_EQ(outcome.verdict, V::Retry);
    EXPECT_EQ(outcome.code, "unreachable");
    EXPECT_TRUE(outcome.endpoint);
}

class Untrusted : public ::testing::Test {
  protected:
    TemporaryFolder folder;
    Authority authority{folder};

    ClientSettings trusting(const std::string& url) const {
        auto settings = wrapper_at(url);
        settings.ca_file = authority.file();
        return settings;
    }

    void expect_a_setting_to_mend(const Server& server, const std::string& words) const {
        expect_a_setting_to_mend(trusting(server.url()), server, words);
    }

    static void expect_a_setting_to_mend(const ClientSettings& settings, const Server& server,
                                         const std::string& words) {
        const auto outcome = push_to(settings);
        EXPECT_EQ(outcome.verdict, V::Misconfigured) << outcome.message;
        EXPECT_EQ(outcome.code, "tls");
        EXPECT_THAT(outcome.message, HasSubstr(words));
        EXPECT_FALSE(outcome.endpoint);
        EXPECT_TRUE(server.requests().empty());
    }

    // A portal that wants certificates of its own authority, and a client with another one's.
    ClientSettings stranger(const Server& server) const {
        const Authority other(folder, "other");
        const auto own = other.issue("client", {.common_name = "province"});
        auto settings = trusting(server.url());
        settings.client_certificate = own.certificate;
        settings.client_key = own.key;
        return settings;
    }

    CertificateFiles certificate(const Leaf& leaf) const { return authority.issue("server", leaf); }
};

TEST_F(Untrusted, ExpiredCertificate) {
    const Server server(Server::answering(good),
                        certificate({.alternative_names = "IP:127.0.0.1", .last_second = -60}));
    expect_a_setting_to_mend(server, "expired on 20");
}

TEST_F(Untrusted, WrongHost) {
    const Server server(Server::answering(good), certificate({.alternative_names = "DNS:x.vn"}));
    expect_a_setting_to_mend(server, "another host");
}

TEST_F(Untrusted, UnknownAuthority) {
    const Authority other(folder, "other");
    const Server server(Server::answering(good),
                        other.issue("server", {.alternative_names = "IP:127.0.0.1"}));
    expect_a_setting_to_mend(server, "unknown authority");
}

TEST_F(Untrusted, ClientCertificateRefused) {
    const Server server(Server::answering(good), certificate({.alternative_names = "IP:127.0.0.1"}),
                        authority.file(), TLS1_2_VERSION);
    expect_a_setting_to_mend(stranger(server), server, "rejects our certificate");
}

// With TLS 1.3 the portal says so after our first bytes have left, and a reset may overtake it.
// Then it cannot be known that nothing was read; the reason tells where to look all the same.
TEST_F(Untrusted, ClientCertificateRefusedAfterTheHandshake) {
    const Server server(Server::answering(good), certificate({.alternative_names = "IP:127.0.0.1"}),
                        authority.file());
    const auto outcome = push_to(stranger(server));
    EXPECT_TRUE(outcome.verdict == V::Misconfigured || outcome.verdict == V::InDoubt ||
                outcome.verdict == V::Retry)
        << to_string(outcome.verdict);
    EXPECT_THAT(outcome.message, HasSubstr("certificate"));
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(Untrusted, HandshakeBrokenOffIsOnlyNotReached) {
    const Server server([](Connection&) {});
    expect_unreachable(trusting("https://127.0.0.1:" + std::to_string(server.port())));
}

TEST_F(Untrusted, SilenceInTheHandshakeIsOnlyNotReached) {
    const Server server([](Connection& connection) { connection.read(); });
    auto settings = trusting("https://127.0.0.1:" + std::to_string(server.port()));
    settings.deadline = 300ms;
    expect_unreachable(settings);
}

}  // namespace
}  // namespace dvcsync::portal::test
