// Tokens in place of sessions (OAuth2 client credentials), and answers that come with a failing
// HTTP status.
#include <gmock/gmock.h>

#include "connector/base/limits.h"
#include "tests/unit/portal/support_portal.h"
#include "tests/unit/portal/support_profile.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using V = Verdict;

class SetClock final : public Clock {
  public:
    UtcTime now() const override { return system_clock().now(); }
    std::chrono::nanoseconds steady() const override { return steady_.load(); }
    void sleep(Millis how_long) override { steady_ = steady_.load() + how_long; }

  private:
    std::atomic<std::chrono::nanoseconds> steady_{};
};

std::string granted(const std::string& token, const std::string& more = "") {
    return http(200, R"({"access_token":")" + token + R"(","token_type":"Bearer")" + more + "}");
}

// Gives t1, t2 …; everything else is answered by `answer`.
struct TokenPortal {
    std::string token;  // not empty: this instead
    std::string more;   // after the token
    std::string answer = http(200, R"({"code":0,"message":"ok","data":null})");
    std::atomic<int> given{0};
    Server server{Server::answering([this](const HttpRequest& request) {
        if (request.line.find("/token") == std::string::npos) return answer;
        const auto number = std::to_string(++given);
        return token.empty() ? granted("t" + number, more) : token;
    })};
    SetClock clock;

    std::unique_ptr<Client> client() {
        auto settings = token_settings(server.url());
        settings.username = "province & sons";
        settings.password = "s+cret=";
        const auto profile = Profile::load(std::string(DVC_SOURCE_DIR "/") + token_profile);
        EXPECT_TRUE(profile) << (profile ? "" : profile.error().message);
        auto client = Client::open(*profile, settings, clock);
        EXPECT_TRUE(client) << (client ? "" : client.error().message);
        return client ? *std::move(client) : nullptr;
    }
    Outcome push(Client& client) const {
        return client.push(Operation::PushDossier, one, false).at(0);
    }
};

TEST(Token, IsAskedForByAFormAndSentInAHeader) {
    TokenPortal portal;
    const auto client = portal.client();
    EXPECT_EQ(portal.push(*client).verdict, V::Accepted);
    const auto requests = portal.server.requests();
    ASSERT_EQ(requests.size(), 2u);
    EXPECT_EQ(requests[0].headers.at("content-type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(requests[0].body,
              "grant_type=client_credentials&client_id=province%20%26%20sons&client_secret="
              "s%2Bcret%3D");
    EXPECT_FALSE(requests[0].headers.contains("authorization"));
    EXPECT_EQ(requests[1].headers.at("content-type"), "application/json");
    EXPECT_EQ(requests[1].headers.at("authorization"), "Bearer t1");
    EXPECT_EQ(requests[1].body, R"([{"MaHoSo":"A"}])");
}

TEST(Token, IsRenewedBeforeItEnds) {
    TokenPortal portal;
    portal.more = R"(,"expires_in":100)";
    const auto client = portal.client();
    EXPECT_EQ(portal.push(*client).verdict, V::Accepted);
    portal.clock.sleep(Millis{89'000});
    EXPECT_EQ(portal.push(*client).verdict, V::Accepted);
    EXPECT_EQ(portal.given, 1);
    portal.clock.sleep(Millis{1'000});  // a tenth of its life is left
    EXPECT_EQ(portal.push(*client).verdict, V::Accepted);
    EXPECT_EQ(portal.given, 2);
    EXPECT_EQ(portal.server.requests().back().headers.at("authorization"), "Bearer t2");
}

TEST(Token, OfAShortLifeServesAtLeastOneCall) {
    TokenPortal portal;
    portal.more = R"(,"expires_in":"1")";
    const auto client = portal.client();
    EXPECT_EQ(portal.push(*client).verdict, V::Accepted);
    portal.clock.sleep(Millis{499});
    EXPECT_EQ(portal.push(*client).verdict, V::Accepted);
    EXPECT_EQ(portal.given, 1);
    portal.clock.sleep(Millis{1});
    EXPECT_EQ(portal.push(*client).verdict, V::Accepted);
    EXPECT_EQ(portal.given, 2);
}

TEST(Token, WithoutAnEndOrWithOneThatMakesNoSenseLastsUntilThePortalEndsIt) {
    for (const std::string more : {"", R"(,"expires_in":0)", R"(,"expires_in":-5)",
                                   R"(,"expires_in":"soon")", R"(,"expires_in":99999999999)"}) {
        TokenPortal portal;
        portal.more = more;
        const auto client = portal.client();
        EXPECT_EQ(portal.push(*client).verdict, V::Accepted) << more;
        portal.clock.sleep(Millis{1'000'000'000});
        EXPECT_EQ(portal.push(*client).verdict, V::Accepted) << more;
        EXPECT_EQ(portal.given, 1) << more;
    }
}

TEST(Token, ThatThePortalRefusesIsRenewedOnce) {
    TokenPortal portal;
    portal.answer = http(401, R"({"code":401,"message":"token expired"})");
    const auto client = portal.client();
    EXPECT_EQ(portal.push(*client).verdict, V::Retry);
    EXPECT_EQ(portal.given, 1 + limits::session_renewals);
}

TEST(Token, OfWrongCredentialsIsASettingToMendAndNamesNoSecret) {
    for (const int status : {400, 401, 403}) {
        TokenPortal portal;
        portal.token = http(status, R"({"error":"invalid_client"})");
        const auto client = portal.client();
        const auto outcome = portal.push(*client);
        EXPECT_EQ(outcome.verdict, V::Misconfigured);
        EXPECT_THAT(outcome.message, HasSubstr("username (client id)"));
        EXPECT_THAT(outcome.message, Not(HasSubstr("s+cret")));
        const auto login = client->login();
        ASSERT_FALSE(login);
        EXPECT_EQ(login.error().kind, ErrorKind::Refused);
    }
}

TEST(Token, ThatCannotBeReadIsOnlyARetry) {
    for (const auto& answer :
         {http(200, ""), http(200, "<html>"), http(200, R"({"access_token":""})"),
          http(200, R"({"access_token":7})"), http(200, R"({"session":"x"})"),
          granted(R"(a\r\nX-Evil: 1)"), granted("with blank"), granted("đ"),
          granted(std::string(limits::max_token + 1, 'a')), http(500, ""), http(502, ""),
          http(503, "")}) {
        TokenPortal portal;
        portal.token = answer;
        const auto client = portal.client();
        EXPECT_EQ(portal.push(*client).verdict, V::Retry) << answer.substr(0, 80);
        EXPECT_EQ(portal.server.requests().size(), 1u);  // nothing but the login has left
    }
}

struct Failing {
    int status;
    std::string body;
    Verdict verdict;
    std::string code;
};
class FailingStatus : public ::testing::TestWithParam<Failing> {};

TEST_P(FailingStatus, IsReadAsTheContractsAnswerWhereItIsOne) {
    TokenPortal portal;
    portal.answer = http(GetParam().status, GetParam().body);
    const auto client = portal.client();
    const auto outcome = portal.push(*client);
    EXPECT_EQ(outcome.verdict, GetParam().verdict);
    EXPECT_EQ(outcome.code, GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Each, FailingStatus,
    ::testing::Values(
        Failing{400, R"({"code":7,"message":"known"})", V::Exists, "7"},
        Failing{404, R"({"code":"8","message":"later"})", V::Retry, "8"},
        Failing{400, R"({"code":5,"message":"no"})", V::Refused, "5"},
        // Status and code contradict each other.
        Failing{400, R"({"code":0,"message":"ok"})", V::InDoubt, "0"},
        Failing{404, R"({"code":5,"data":[{"MaHoSo":"A","code":0}]})", V::InDoubt, "0"},
        Failing{404, R"({"code":5,"data":[{"MaHoSo":"A","code":7}]})", V::Exists, "7"},
        Failing{400, "<html>", V::Refused, "HTTP 400"},
        Failing{404, "", V::Misconfigured, "HTTP 404"},
        // Not among the statuses: a gateway's words are not the portal's.
        Failing{502, R"({"code":7,"message":"known"})", V::InDoubt, "HTTP 502"},
        Failing{422, R"({"code":7,"message":"known"})", V::Refused, "HTTP 422"}),
    [](const auto& info) {
        return "S" + std::to_string(info.param.status) + "_" + std::to_string(info.index);
    });

const std::string whole = R"(<profile name="p">
<endpoint name="token"/>
<parameter name="Authorization" in="header" from="session" prefix="Bearer "/>
<login endpoint="token" session="t" expires="e" body="form" answer="token">
<member name="client_id" from="username"/></login>
<push body="data"><operation name="push-dossier" endpoint="token" batch="1" key="k"/></push>
<answer code="c" message="m" statuses="400"><rule codes="0" outcome="accepted"/></answer>
</profile>)";

TEST(TokenProfile, IsWhole) {
    const TemporaryFolder folder;
    const auto profile = Profile::load(folder.write("profile.xml", whole));
    EXPECT_TRUE(profile) << profile.error().message;
}

TEST(TokenProfile, FaultsAreNamed) {
    expect_fault(whole, {"", R"(body="form")", R"(body="xml")", "4: body=\"xml\": say"});
    expect_fault(whole, {"", R"(answer="token")", R"(answer="none")", "4: answer=\"none\": say"});
    expect_fault(whole, {"", R"(from="session" prefix)", R"(value="x" prefix)",
                         "3: prefix=\"…\" goes with from=\"…\""});
    expect_fault(whole, {"", R"(statuses="400")", R"(statuses="200")",
                         "7: statuses: \"200\" is not an HTTP status from 400 to 599"});
}

}  // namespace
}  // namespace dvcsync::portal::test
