// Every fault on purpose, over real sockets, as a plain client meets it: what comes back, and what
// is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <memory>

#include "tests/sandbox/admin.h"
#include "tests/sandbox/spoil.h"
#include "tests/unit/sandbox/program.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// The portal with one fault for every push of dossiers, and a client that has logged in.
class Spoiled {
  public:
    explicit Spoiled(const std::string& faults, std::vector<std::string> more = {}) {
        std::vector<std::string> options{
            "--plain",      "--faults",         faults, "--fault-services",
            "DongBoHoSoMC", "--fault-late-ms",  "200",  "--fault-slow-ms",
            "400",          "--fault-huge-mib", "1",    "--error-code",
            "number"};
        options.insert(options.end(), more.begin(), more.end());
        program = std::make_unique<Program>(options);
        connect();
        const auto answer = connection->post("login", kLogin);
        const auto at = answer.find("\"session\":\"");
        EXPECT_NE(at, answer.npos) << answer;
        session = answer.substr(at + 11, 32);
    }

    void connect() { connection = std::make_unique<Connection>(program->port); }
    std::string call(std::string_view endpoint, std::string_view service, std::string_view rest) {
        const std::string body = R"({"session":")" + session + R"(","madonvi":"000.00.00.H22",)" +
                                 R"("service":")" + std::string(service) + "\"," +
                                 std::string(rest) + "}";
        return connection->post(endpoint, body);
    }
    // Dossiers of these serials; "" when the connection ends without a whole answer.
    std::string push(const std::vector<int>& serials, std::string_view updating = "False") {
        std::string data;
        for (const int serial : serials)
            data += (data.empty() ? "" : ",") + to_json(good_dossier(code(serial)));
        return call("integration", "DongBoHoSoMC",
                    R"("isUpdating":")" + std::string(updating) + R"(","data":[)" + data + "]");
    }
    std::string ask(int serial) {
        return call("share", "TraCuuHoSo", R"("mahoso":")" + code(serial) + "\"");
    }
    std::string push_step(int serial) {
        return call("integration", "CapNhatTienDoHoSoMC",
                    R"("data":[)" + to_json(good_step(code(serial))) + "]");
    }
    static std::string code(int serial) {
        return "000.00.01.H22-190301-" + std::to_string(1000 + serial);
    }

    std::uint64_t number(const std::string& path, const std::string& key) const {
        std::string error;
        const auto answer = fetch(program->admin, path, error);
        EXPECT_TRUE(answer) << error;
        const auto at = answer->find("\"" + key + "\":");
        EXPECT_NE(at, answer->npos) << key << " in " << *answer;
        return at == answer->npos ? 0 : std::stoull(answer->substr(at + key.size() + 3));
    }
    std::uint64_t held() const { return number("/health", "dossiers"); }
    std::uint64_t injected(const std::string& kind) const { return number("/faults", kind); }
    std::uint64_t report(const std::string& key) const { return number("/report?year=2019", key); }
    std::string administer(const std::string& method, const std::string& path) const {
        const auto colon = program->admin.rfind(':');
        Connection admin(static_cast<std::uint16_t>(std::stoul(program->admin.substr(colon + 1))));
        admin.write(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        return admin.read();
    }

    std::unique_ptr<Program> program;
    std::unique_ptr<Connection> connection;
    std::string session;
};

TEST(Faults, LostBeforeClosesAndKeepsNothing) {
    Spoiled portal("lost-before=1");
    EXPECT_THAT(portal.push({1}), IsEmpty());
    EXPECT_FALSE(portal.connection->was_reset());
    EXPECT_EQ(portal.held(), 0U);
    EXPECT_EQ(portal.injected("lost-before"), 1U);
}

TEST(Faults, LostAfterKeepsAndCloses) {
    Spoiled portal("lost-after=1");
    EXPECT_THAT(portal.push({1}), IsEmpty());
    EXPECT_FALSE(portal.connection->was_reset());
    EXPECT_EQ(portal.held(), 1U);
    EXPECT_EQ(portal.injected("lost-after"), 1U);
}

TEST(Faults, LateKeepsAtOnceAndAnswersLater) {
    Spoiled portal("late=1");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(200));
    EXPECT_EQ(portal.held(), 1U);
}

TEST(Faults, TwiceAnswersTwiceOnTheConnection) {
    Spoiled portal("twice=1");
    const auto answer = portal.push({1});
    EXPECT_THAT(answer, HasSubstr("thành công"));
    EXPECT_EQ(portal.connection->read(), answer);
    EXPECT_EQ(portal.held(), 1U);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
}

TEST(Faults, CloseReusedNeedsAConnectionThatHasServed) {
    Spoiled portal("close-reused=1");
    portal.connect();
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
    EXPECT_EQ(portal.injected("close-reused"), 0U);
    EXPECT_THAT(portal.push({2}), IsEmpty());
    EXPECT_FALSE(portal.connection->was_reset());
    EXPECT_EQ(portal.held(), 2U);
    EXPECT_EQ(portal.injected("close-reused"), 1U);
}

TEST(Faults, HalfBatchKeepsTheFirstHalfAndClosesOrAnswers500) {
    Spoiled portal("half-batch=1");
    EXPECT_THAT(portal.push({1, 2, 3, 4, 5}), IsEmpty());
    EXPECT_EQ(portal.held(), 2U);
    portal.connect();
    EXPECT_THAT(portal.push({6, 7}), StartsWith("HTTP/1.1 500 "));
    EXPECT_EQ(portal.held(), 3U);
    EXPECT_THAT(portal.push({8}), HasSubstr("thành công"));
    EXPECT_EQ(portal.injected("half-batch"), 2U);
    EXPECT_THAT(portal.ask(2), HasSubstr("TrangThaiHoSo"));
    EXPECT_THAT(portal.ask(3), HasSubstr(R"("result":[])"));
}

TEST(Faults, TooManySaysWhenToComeAgainAsSecondsOrAsADate) {
    Spoiled portal("too-many=1", {"--fault-retry-after", "7"});
    const auto first = portal.push({1});
    EXPECT_THAT(first, AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("\r\nRetry-After: 7\r\n")));
    const auto second = portal.push({1});
    EXPECT_THAT(second, StartsWith("HTTP/1.1 429 "));
    const auto at = second.find("\r\nRetry-After: ");
    ASSERT_NE(at, second.npos);
    EXPECT_THAT(second.substr(at + 15, second.find("\r\n", at + 2) - at - 15),
                MatchesRegex("[A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ 20[0-9]+ [0-9]+:[0-9]+:[0-9]+ GMT"));
    EXPECT_EQ(portal.held(), 0U);
}

TEST(Faults, AMomentIsWrittenAsHttpWritesIt) {
    EXPECT_EQ(http_date(std::chrono::system_clock::from_time_t(784'111'777)),
              "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Faults, ServerErrorsComeByTurnsAndKeepNothing) {
    Spoiled portal("server-error=1");
    for (const std::string status : {"500", "502", "503", "504", "500"})
        EXPECT_THAT(portal.push({1}), StartsWith("HTTP/1.1 " + status + " "));
    EXPECT_EQ(portal.held(), 0U);
}

TEST(Faults, ServerErrorKeptKeepsAndAnswers500) {
    Spoiled portal("server-error-kept=1");
    EXPECT_THAT(portal.push({1}), StartsWith("HTTP/1.1 500 "));
    EXPECT_EQ(portal.held(), 1U);
}

TEST(Faults, APageInPlaceOfAnAnswer) {
    const auto is_page = AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("text/html"),
                               HasSubstr("<!DOCTYPE html>"), Not(HasSubstr("error_code")));
    Spoiled portal("html=1");
    EXPECT_THAT(portal.push({1}), is_page);
    EXPECT_EQ(portal.held(), 0U);
    Spoiled keeping("html-kept=1");
    EXPECT_THAT(keeping.push({1}), is_page);
    EXPECT_EQ(keeping.held(), 1U);
}

TEST(Faults, GarbageIsNotJson) {
    Spoiled portal("garbage=1");
    const auto answer = portal.push({1});
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    Document body;
    body.Parse(answer.substr(answer.find("\r\n\r\n") + 4).c_str());
    EXPECT_TRUE(body.HasParseError());
    EXPECT_EQ(portal.held(), 1U);
}

TEST(Faults, TruncatedIsShorterThanItSays) {
    Spoiled portal("truncated=1");
    EXPECT_THAT(portal.push({1}), IsEmpty());
    const auto came = portal.connection->read_all();
    const auto length = std::stoul(came.substr(came.find("Content-Length: ") + 16));
    const auto body = came.size() - came.find("\r\n\r\n") - 4;
    EXPECT_GT(body, 0U);
    EXPECT_LT(body, length);
    EXPECT_EQ(portal.held(), 1U);
}

TEST(Faults, HugeIsAnAnswerOfManyBytes) {
    Spoiled portal("huge=1");
    const auto answer = portal.push({1});
    EXPECT_GT(answer.size(), std::size_t{1} << 20U);
    Document body;
    body.Parse(answer.substr(answer.find("\r\n\r\n") + 4).c_str());
    ASSERT_FALSE(body.HasParseError());
    EXPECT_EQ(body["error_code"].GetInt(), 0);
    EXPECT_EQ(portal.held(), 1U);
}

TEST(Faults, SessionExpiredEndsTheSessionAndKeepsNothing) {
    Spoiled portal("session-expired=1");
    EXPECT_THAT(portal.push({1}), HasSubstr(R"("error_code":-2)"));
    EXPECT_EQ(portal.held(), 0U);
    // The session is gone for calls that are not spoiled, too.
    EXPECT_THAT(portal.ask(1), HasSubstr(R"("error_code":-2)"));
}

TEST(Faults, SlowTricklesTheWholeAnswer) {
    Spoiled portal("slow=1");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(350));
    EXPECT_EQ(portal.held(), 1U);
}

TEST(Faults, ResetKeepsByTurns) {
    Spoiled portal("reset=1");
    EXPECT_THAT(portal.push({1}), IsEmpty());
    EXPECT_TRUE(portal.connection->was_reset());
    EXPECT_EQ(portal.held(), 1U);
    portal.connect();
    EXPECT_THAT(portal.push({2}), IsEmpty());
    EXPECT_TRUE(portal.connection->was_reset());
    EXPECT_EQ(portal.held(), 1U);
}

TEST(Faults, SpoilLoginsAndQuestionsToo) {
    Spoiled portal("");
    portal.administer("POST", "/faults?spec=server-error%3D1&services=login,TraCuuHoSo");
    EXPECT_THAT(portal.connection->post("login", kLogin), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(portal.ask(1), StartsWith("HTTP/1.1 502 "));
    EXPECT_THAT(portal.push({1}), HasSubstr("thành công"));
    EXPECT_THAT(portal.administer("POST", "/faults?spec="), HasSubstr(R"("server-error":2)"));
    EXPECT_THAT(portal.connection->post("login", kLogin), HasSubstr("session"));
    EXPECT_THAT(portal.administer("POST", "/faults?spec=nonsense=1"),
                AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("lost-before")));
    EXPECT_THAT(portal.administer("POST", "/faults?spec=late=1&seed=x"),
                StartsWith("HTTP/1.1 400 "));
}

TEST(Faults, TheSameSeedSpoilsTheSameCalls) {
    const auto answers = [](const std::string& seed) {
        Spoiled portal("server-error=0.3,too-many=0.2,session-expired=0", {"--fault-seed", seed});
        std::string statuses;
        for (int i = 0; i < 40; ++i)
            statuses += portal.push({i}).substr(9, 4);
        return statuses;
    };
    const auto first = answers("7");
    EXPECT_EQ(answers("7"), first);
    EXPECT_NE(answers("8"), first);
    EXPECT_THAT(first, AllOf(HasSubstr("429"), HasSubstr("500"), HasSubstr("200")));
}

TEST(Faults, AWrongSpecificationIsWrongUse) {
    EXPECT_EQ(Program({"--plain", "--faults", "lost-after"}).wait(), 2);
    EXPECT_EQ(Program({"--plain", "--faults", "late=0.1", "--fault-services", "x"}).wait(), 2);
}

TEST(Repeats, WhatIsSentAgainAfterItsAnswerIsBlind) {
    Spoiled portal("");
    portal.push({1});
    portal.push_step(1);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
    EXPECT_THAT(portal.push({1}), HasSubstr(R"("error_code":-3)"));
    EXPECT_THAT(portal.push_step(1), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("dossiers_as_new_after_answer"), 1U);
    EXPECT_EQ(portal.report("progress_rows_after_answer"), 1U);
    EXPECT_EQ(portal.report("resent_after_answer"), 2U);
    portal.push({1}, "True");
    EXPECT_EQ(portal.report("dossiers_unchanged_after_answer"), 1U);
}

TEST(Repeats, WhatIsSentAgainInDoubtHasAReason) {
    for (const std::string fault : {"lost-after", "late", "close-reused", "server-error-kept",
                                    "html-kept", "garbage", "truncated", "huge", "slow", "reset"}) {
        Spoiled portal("");
        portal.administer("POST", "/faults?spec=" + fault + "=1");
        portal.push({1});
        portal.administer("POST", "/faults?spec=");
        portal.connect();
        EXPECT_EQ(portal.held(), 1U) << fault;
        EXPECT_THAT(portal.push({1}), HasSubstr(R"("error_code":-3)")) << fault;
        EXPECT_EQ(portal.report("resent_after_answer"), 0U) << fault;
        EXPECT_EQ(portal.report("resent_without_asking"), 1U) << fault;
        // Now the client has been told.
        portal.push({1});
        EXPECT_EQ(portal.report("resent_after_answer"), 1U) << fault;
    }
}

TEST(Repeats, AProgressRowIsToldApartByItsOwnAnswer) {
    Spoiled portal("");
    portal.push({1});
    portal.administer("POST", "/faults?spec=lost-after=1&services=CapNhatTienDoHoSoMC");
    EXPECT_THAT(portal.push_step(1), IsEmpty());
    portal.administer("POST", "/faults?spec=");
    portal.connect();
    EXPECT_THAT(portal.push_step(1), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("progress_rows_in_doubt"), 1U);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
}

TEST(Repeats, WhoHasAskedKnowsAndSendsAnUpdate) {
    Spoiled portal("");
    portal.administer("POST", "/faults?spec=lost-after=1");
    portal.push({1});
    portal.administer("POST", "/faults?spec=");
    portal.connect();
    EXPECT_THAT(portal.ask(1), HasSubstr("TrangThaiHoSo"));
    EXPECT_THAT(portal.push({1}, "True"), HasSubstr("thành công"));
    EXPECT_EQ(portal.report("resent_without_asking"), 0U);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
    EXPECT_EQ(portal.report("dossiers_unchanged_in_doubt"), 1U);
    EXPECT_EQ(portal.report("dossiers_unchanged_after_answer"), 0U);
    // Sending it as new after all would be blind: the question was answered.
    portal.push({1});
    EXPECT_EQ(portal.report("resent_after_answer"), 1U);
}

TEST(Repeats, AProcedureThatIsKnownIsSentAsNewForNothing) {
    Spoiled portal("");
    const auto push = [&] {
        return portal.call(
            "integration", "DongBoTTHC",
            R"("isUpdating":"False","data":[)" + to_json(good_procedure("1.000005")) + "]");
    };
    portal.administer("POST", "/faults?spec=lost-after=1");
    EXPECT_THAT(push(), IsEmpty());
    portal.administer("POST", "/faults?spec=");
    portal.connect();
    EXPECT_THAT(push(), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("procedures_as_new_in_doubt"), 1U);
    push();
    EXPECT_EQ(portal.report("procedures_as_new_after_known"), 1U);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
}

TEST(Repeats, AClientThatDidNotWaitHasNoAnswer) {
    Spoiled portal("", {"--latency-ms", "300"});
    const std::string body = R"({"session":")" + portal.session +
                             R"(","madonvi":"000.00.00.H22","service":"DongBoHoSoMC",)" +
                             R"("isUpdating":"False","data":[)" +
                             to_json(good_dossier(Spoiled::code(1))) + "]}";
    portal.connection->write(
        "POST /XrdAdapter/RestService/forward/mapi/integration HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/json\r\ndstcode: VN:GOV:000.00.00.G22:vpcpdvcprovider\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    ::usleep(100'000);
    portal.connect();  // gives the other connection up
    ::usleep(400'000);
    EXPECT_EQ(portal.held(), 1U);
    EXPECT_THAT(portal.push({1}), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
    EXPECT_EQ(portal.report("dossiers_as_new_in_doubt"), 1U);
}

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
