// Codes that the portal gives, and an operation with two forms: for what is new, and for what the
// portal knows.
#include <gmock/gmock.h>

#include <mutex>

#include "tests/unit/portal/support_portal.h"
#include "tests/unit/portal/support_profile.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::HasSubstr;
using V = Verdict;

// Gives a token, and answers everything else with `answer`.
struct Tokens {
    std::mutex mutex;  // of text: the server reads it on a thread of its own
    std::string text = http(200, R"({"code":0,"message":"ok","data":null})");
    Server server{Server::answering([this](const HttpRequest& request) {
        const std::lock_guard lock(mutex);
        return request.line.find("/token") != std::string::npos
                   ? http(200, R"({"access_token":"t"})")
                   : text;
    })};
    std::unique_ptr<Client> client = client_for(token_settings(server.url()), token_profile);
    void say(std::string answer) {
        const std::lock_guard lock(mutex);
        text = std::move(answer);
    }
};

TEST(KnownForm, GoesToAServiceOfItsOwn) {
    Tokens portal;
    const auto& profile = portal.client->profile();
    EXPECT_TRUE(profile.has_known_form(Operation::PushDossier));
    EXPECT_FALSE(profile.has_known_form(Operation::PushProgress));
    EXPECT_EQ(profile.batch(Operation::PushDossier), 5);
    EXPECT_EQ(profile.batch(Operation::PushDossier, true), 9);
    portal.client->push(Operation::PushDossier, one, false);
    portal.client->push(Operation::PushDossier, one, true);
    const auto requests = portal.server.requests();
    ASSERT_EQ(requests.size(), 3u);
    EXPECT_THAT(requests[1].line, HasSubstr("/new"));
    EXPECT_THAT(requests[2].line, HasSubstr("/known"));
}

TEST(KnownForm, ExistsIsAnAnswerToWhatIsNewAndMissingToWhatIsKnown) {
    Tokens portal;
    const auto verdict = [&](bool updating) {
        return portal.client->push(Operation::PushDossier, one, updating).at(0).verdict;
    };
    portal.say(http(400, R"({"code":7,"message":"there"})"));
    EXPECT_EQ(verdict(false), V::Exists);
    EXPECT_NE(verdict(true), V::Exists);
    portal.say(http(404, R"({"code":9,"message":"not there"})"));
    EXPECT_EQ(verdict(true), V::Missing);
    EXPECT_NE(verdict(false), V::Missing);
}

TEST(NextCode, ComesOutOfTheAnswer) {
    Tokens portal;
    portal.say(http(200, R"({"code":0,"message":"","data":{"value":" H22-20260609-0000001 "}})"));
    const auto given = portal.client->next_code();
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->code, "H22-20260609-0000001");
    EXPECT_EQ(portal.server.requests().back().body, R"({"code":"H22"})");
    portal.say(http(200, R"({"code":0,"message":"","data":{"value":42}})"));
    EXPECT_EQ(portal.client->next_code()->code, "42");
}

TEST(NextCode, IsNeverGuessed) {
    Tokens portal;
    for (const std::string data :
         {R"(null)", R"("H22-1")", R"({})", R"({"value":""})", R"({"value":null})",
          R"({"value":["a"]})", R"({"value":"a b"})", R"({"value":"a\"b"})", R"({"value":"ô"})"}) {
        portal.say(http(200, R"({"code":0,"message":"","data":)" + data + "}"));
        const auto given = portal.client->next_code();
        ASSERT_FALSE(given) << data;
        EXPECT_EQ(given.error().verdict, V::Retry) << data;
        EXPECT_EQ(given.error().code, "answer") << data;
    }
    portal.say(http(
        200, R"({"code":0,"message":"","data":{"value":")" + std::string(300, 'x') + R"("}})"));
    EXPECT_FALSE(portal.client->next_code());
}

TEST(NextCode, AnAnswerThatIsLostOrSaysNoGivesNone) {
    Tokens portal;
    for (const auto& [answer, verdict] :
         {std::pair(http(200, R"({"code":5,"message":"no"})"), V::Refused),
          std::pair(http(200, "<html>"), V::Retry), std::pair(std::string(), V::Retry),
          std::pair(http(500, ""), V::Retry), std::pair(http(503, ""), V::Retry)}) {
        portal.say(answer);
        const auto given = portal.client->next_code();
        ASSERT_FALSE(given) << answer;
        EXPECT_EQ(given.error().verdict, verdict) << answer;
    }
}

TEST(NextCode, IsMisconfiguredWhereTheProfileHasNone) {
    const auto client = client_for(wrapper_at("http://127.0.0.1:1"), wrapper_profile);
    EXPECT_EQ(client->next_code().error().verdict, V::Misconfigured);
}

const std::string whole = R"(<profile name="p">
  <endpoint name="a"/>
  <push body="data">
    <operation name="push-dossier" endpoint="a" batch="1" key="K"/>
    <operation name="push-dossier" known="yes" endpoint="a" batch="9" key="K"/>
  </push>
  <next-code endpoint="a" code="data"/>
  <answer code="c"><rule codes="0" outcome="accepted"/></answer>
</profile>
)";

class KnownFormFault : public ::testing::TestWithParam<Faulty> {};

TEST_P(KnownFormFault, IsToldWithFileAndLine) {
    expect_fault(whole, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Each, KnownFormFault,
    ::testing::Values(
        Faulty{"KnownOnly",
               R"(    <operation name="push-dossier" endpoint="a" batch="1" key="K"/>)", "",
               R"(3: operation "push-dossier" known="yes" needs one without known)"},
        Faulty{"Twice", R"(batch="1" key="K"/>)", R"(batch="1" key="K" known="yes"/>)",
               R"(5: operation "push-dossier" stands here twice)"},
        Faulty{"Updating", R"(batch="9" key="K")", R"(batch="9" key="K" updating="yes")",
               R"(3: operation "push-dossier": updating="yes" says nothing)"},
        Faulty{"OfRows", R"(name="push-dossier" known="yes")",
               R"(name="push-progress" known="yes")",
               R"(5: known="yes" is for what goes as one document)"},
        Faulty{"NoCode", R"(code="data")", "", R"(7: )"},
        Faulty{"EmptyStep", R"(code="data")", R"(code="data//x")",
               R"(7: code="data//x": members from the outside in)"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace dvcsync::portal::test
