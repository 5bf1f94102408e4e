// The real program over real sockets: mutual TLS, keep-alive, limits, administration, a clean end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "tests/sandbox/admin.h"
#include "tests/unit/sandbox/program.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> mutual_tls() {
    const auto& made = certificates();
    return {"--cert",      made.path("server.pem"), "--key",  made.path("server.key"),
            "--client-ca", made.path("ca.pem"),     "--port", "0"};
}

TEST(TlsServer, ServesAClientWithTheRightCertificateOnOneConnection) {
    Program program(mutual_tls());
    ASSERT_NE(program.port, 0);
    Connection connection(program.port);
    ASSERT_TRUE(connection.secure(certificates(), "ca", "client"));
    const auto answer = connection.post("login", kLogin);
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200 OK"));
    const auto at = answer.find("\"session\":\"");
    ASSERT_NE(at, answer.npos);
    const auto session = answer.substr(at + 11, 32);
    Document dossier = good_dossier();
    for (const std::string_view updating : {"False", "True"}) {
        const std::string body = R"({"session":")" + session +
                                 R"(","madonvi":"000.00.00.H22","service":"DongBoHoSoMC",)" +
                                 R"("isUpdating":")" + std::string(updating) + R"(","data":[)" +
                                 to_json(dossier) + "]}";
        EXPECT_THAT(connection.post("integration", body), HasSubstr("thành công")) << updating;
    }
    std::string error;
    const auto report = fetch(program.admin, "/report?year=2019", error);
    ASSERT_TRUE(report) << error;
    EXPECT_THAT(*report, HasSubstr("\"received\":1,"));
    EXPECT_EQ(program.terminate(), 0);
}

TEST(TlsServer, RefusesAClientWithoutACertificate) {
    Program program(mutual_tls());
    Connection connection(program.port);
    const bool shaken = connection.secure(certificates(), "ca", "");
    EXPECT_TRUE(!shaken || connection.post("login", kLogin).empty());
    Connection older(program.port);
    EXPECT_FALSE(older.secure(certificates(), "ca", "", TLS1_2_VERSION));
}

TEST(TlsServer, RefusesAClientOfAnotherAuthority) {
    Program program(mutual_tls());
    Connection connection(program.port);
    const bool shaken = connection.secure(certificates(), "ca", "stranger");
    EXPECT_TRUE(!shaken || connection.post("login", kLogin).empty());
}

TEST(TlsServer, IsRefusedByAClientThatTrustsAnotherAuthority) {
    Program program(mutual_tls());
    Connection connection(program.port);
    EXPECT_FALSE(connection.secure(certificates(), "other-ca", "client"));
}

TEST(TlsServer, SpeaksNothingOlderThanTls12) {
    Program program(mutual_tls());
    Connection old(program.port);
    EXPECT_FALSE(old.secure(certificates(), "ca", "client", TLS1_1_VERSION));
    Connection good(program.port);
    EXPECT_TRUE(good.secure(certificates(), "ca", "client", TLS1_2_VERSION));
    EXPECT_THAT(good.post("login", kLogin), HasSubstr("session"));
}

TEST(TlsServer, GoesOnAfterRubbishInPlaceOfAHandshake) {
    Program program(mutual_tls());
    Connection plain(program.port);
    EXPECT_THAT(plain.post("login", kLogin), Not(HasSubstr("session")));
    Connection good(program.port);
    ASSERT_TRUE(good.secure(certificates(), "ca", "client"));
    EXPECT_THAT(good.post("login", kLogin), HasSubstr("session"));
}

TEST(TlsServer, WithoutClientAuthorityNeedsNoClientCertificate) {
    const auto& made = certificates();
    Program program({"--cert", made.path("server.pem"), "--key", made.path("server.key")});
    Connection connection(program.port);
    ASSERT_TRUE(connection.secure(made, "ca", ""));
    EXPECT_THAT(connection.post("login", kLogin), HasSubstr("session"));
}

TEST(HttpServer, RefusesWhatIsTooLargeOrNotHttp) {
    Program program({"--plain", "--max-body", "1000"});
    EXPECT_THAT(Connection(program.port).post("login", std::string(2000, ' ')),
                HasSubstr("HTTP/1.1 413"));
    EXPECT_THAT(
        Connection(program.port).post("login", kLogin, "X: " + std::string(20'000, 'x') + "\r\n"),
        HasSubstr("HTTP/1.1 431"));
    Connection rubbish(program.port);
    rubbish.write("hello\r\n\r\n");
    EXPECT_THAT(rubbish.read(), HasSubstr("HTTP/1.1 400"));
    EXPECT_THAT(Connection(program.port).post("login", kLogin), HasSubstr("session"));
}

TEST(HttpServer, BoundsConnections) {
    Program program({"--plain", "--max-connections", "2"});
    Connection first(program.port);
    Connection second(program.port);
    EXPECT_THAT(first.post("login", kLogin), HasSubstr("session"));
    EXPECT_THAT(second.post("login", kLogin), HasSubstr("session"));
    Connection third(program.port);
    char byte = 0;
    EXPECT_TRUE(!third.connected() || third.read().empty()) << byte;
    EXPECT_THAT(first.post("login", kLogin), HasSubstr("session"));
}

TEST(HttpServer, AnswersExpectContinueAndClosesWhenAsked) {
    Program program({"--plain"});
    Connection connection(program.port);
    const auto answer =
        connection.post("login", kLogin, "Expect: 100-continue\r\nConnection: close\r\n");
    EXPECT_THAT(answer, HasSubstr("100 Continue"));
    EXPECT_THAT(answer, HasSubstr("session"));
    EXPECT_THAT(connection.read(), ::testing::IsEmpty());
}

TEST(HttpServer, AddsTheLatencyThatIsSet) {
    Program program({"--plain", "--latency-ms", "80", "--jitter-ms", "10"});
    Connection connection(program.port);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(connection.post("login", kLogin), HasSubstr("session"));
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(80));
}

TEST(HttpServer, EndsWhileCallsAreUnderWay) {
    Program program({"--plain", "--latency-ms", "600000"});
    Connection idle(program.port);
    Connection busy(program.port);
    busy.write(
        "POST /XrdAdapter/RestService/forward/mapi/login HTTP/1.1\r\nContent-Length: 2\r\n"
        "Content-Type: application/json\r\n\r\n{}");
    ::usleep(200'000);
    EXPECT_EQ(program.terminate(), 0);
}

TEST(HttpServer, EndsByRequestOfTheAdministration) {
    Program program({"--plain"});
    const auto colon = program.admin.rfind(':');
    Connection admin(static_cast<std::uint16_t>(std::stoul(program.admin.substr(colon + 1))));
    admin.write("POST /shutdown HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(program.wait(), 0);
}

TEST(HttpServer, DoesNotStartWithoutWhatItNeeds) {
    const auto& made = certificates();
    EXPECT_EQ(Program({}).wait(), 2);
    EXPECT_EQ(Program({"--plain", "--nonsense"}).wait(), 2);
    EXPECT_EQ(Program({"--cert", made.path("client.pem"), "--key", made.path("server.key")}).wait(),
              1);
    EXPECT_EQ(Program({"--plain", "--procedures", "/nonexistent"}).wait(), 1);
    Program first({"--plain"});
    EXPECT_EQ(Program({"--plain", "--port", std::to_string(first.port)}).wait(), 1);
}

}  // namespace
}  // namespace dvcsandbox::testing
