// Every fault on purpose, over real sockets, as a plain client meets it: what comes back, and what
// is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/spoil.h"
#include "tests/unit/sandbox/spoiled.h"

namespace dvcsandbox::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

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

}  // namespace
}  // namespace dvcsandbox::testing
