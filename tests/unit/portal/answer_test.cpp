// Every kind of answer, and what becomes of each item.
#include "connector/portal/answer.h"

#include <gmock/gmock.h>

#include "connector/base/limits.h"
#include "connector/portal/retry_after.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using V = Verdict;

const UtcTime now = UtcTime(std::chrono::seconds(1'551'398'400));  // 2019-03-01T00:00:00Z

std::shared_ptr<const ProfileData> profile() {
    static const auto data = *read_profile(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml");
    return data;
}

std::string status_line(const Reply& reply) {
    return std::to_string(reply.status) + " " + reply.body.substr(0, 200);
}

struct Sent {
    Operation operation = Operation::PushDossier;
    bool updating = false;
    std::vector<Item> items = {{"A", R"({"MaHoSo":"A"})"}};
};

const Sent one_new;
const Sent one_update{Operation::PushDossier, true};
const Sent one_row{Operation::PushProgress, false};
const Sent three{
    Operation::PushDossier,
    false,
    {{"A", R"({"MaHoSo":"A"})"}, {"B", R"({"MaHoSo":"B"})"}, {"C", R"({"MaHoSo":"C"})"}}};

// Outcomes, or none if the session has ended.
std::vector<Outcome> outcomes(const Reply& reply, const Sent& sent = one_new,
                              const ProfileData& rules = *profile()) {
    auto reading =
        read_push(rules, *rules.push(sent.operation), reply, sent.items, sent.updating, now);
    if (!reading) return {};
    EXPECT_EQ(reading->size(), sent.items.size());
    return *reading;
}

std::vector<Verdict> verdicts(const Reply& reply, const Sent& sent = one_new) {
    std::vector<Verdict> list;
    for (const auto& outcome : outcomes(reply, sent))
        list.push_back(outcome.verdict);
    return list;
}

Reply ok(std::string body) {
    return {200, std::move(body), {}};
}

struct Case {
    std::string name;
    Reply reply;
    Sent sent;
    std::vector<Verdict> expected;  // empty: the session has ended
};

class AnswerClass : public ::testing::TestWithParam<Case> {};

TEST_P(AnswerClass, GivesTheVerdicts) {
    EXPECT_EQ(verdicts(GetParam().reply, GetParam().sent), GetParam().expected)
        << status_line(GetParam().reply);
}

INSTANTIATE_TEST_SUITE_P(
    OneCode, AnswerClass,
    ::testing::Values(
        Case{"Number0", ok(R"({"error_code":0,"message":""})"), one_new, {V::Accepted}},
        Case{"String0", ok(R"({"error_code":"0"})"), one_new, {V::Accepted}},
        Case{"String00", ok(R"({"error_code":"00"})"), one_new, {V::Accepted}},
        Case{"Blank0", ok(R"( {"error_code":" 0 "} )"), one_new, {V::Accepted}},
        Case{"Double0", ok(R"({"error_code":0.0})"), one_new, {V::Accepted}},
        Case{"General", ok(R"({"error_code":-1,"message":"x"})"), one_new, {V::Refused}},
        Case{"UnknownCode", ok(R"({"error_code":"E77"})"), one_new, {V::Refused}},
        Case{"Order", ok(R"({"error_code":"-5"})"), one_update, {V::Refused}},
        Case{"Exists3",
             ok(R"({"error_code":"3","message":"Hồ sơ A đã tồn tại"})"),
             one_new,
             {V::Exists}},
        Case{"ExistsMinus3",
             ok(R"({"error_code":-3,"message":"Hồ sơ A ĐÃ TỒN TẠI."})"),
             one_new,
             {V::Exists}},
        Case{"Exists0", ok(R"({"error_code":0,"message":"đã tồn tại"})"), one_new, {V::Exists}},
        Case{"ExistsDecomposed",
             ok("{\"error_code\":3,\"message\":\"\u0111a\u0303 to\u0302\u0300n ta\u0323i\"}"),
             one_new,
             {V::Exists}},
        Case{"ExistsWithoutWords", ok(R"({"error_code":3,"message":"x"})"), one_new, {V::Refused}},
        Case{"ExistsToAnUpdate",
             ok(R"({"error_code":0,"message":"đã tồn tại"})"),
             one_update,
             {V::Accepted}},
        Case{"RefusedExistsToAnUpdate",
             ok(R"({"error_code":3,"message":"đã tồn tại"})"),
             one_update,
             {V::Refused}},
        Case{"RowExists",
             ok(R"({"error_code":-3,"message":"Tiến độ đã tồn tại"})"),
             one_row,
             {V::Exists}},
        Case{"Missing",
             ok(R"({"error_code":-4,"message":"Hồ sơ A không tồn tại"})"),
             one_update,
             {V::Missing}},
        Case{"RowMissing",
             ok(R"({"error_code":-4,"message":"Hồ sơ A không tồn tại"})"),
             one_row,
             {V::Missing}},
        Case{"MissingToANewOne",
             ok(R"({"error_code":-4,"message":"không tồn tại"})"),
             one_new,
             {V::Refused}},
        Case{"Session", ok(R"({"error_code":-2,"message":"hết hạn"})"), one_new, {}},
        Case{"BatchAccepted",
             ok(R"({"error_code":0})"),
             three,
             {V::Accepted, V::Accepted, V::Accepted}},
        Case{"BatchRefused", ok(R"({"error_code":-1})"), three, {V::Alone, V::Alone, V::Alone}},
        Case{"BatchExists",
             ok(R"({"error_code":3,"message":"đã tồn tại"})"),
             three,
             {V::Alone, V::Alone, V::Alone}},
        Case{"BatchNoLines",
             ok(R"({"error_code":0,"result":[]})"),
             three,
             {V::Accepted, V::Accepted, V::Accepted}},
        Case{"BatchOtherResult",
             ok(R"({"error_code":0,"result":[{"id":1}]})"),
             three,
             {V::Accepted, V::Accepted, V::Accepted}},
        Case{"BatchSession", ok(R"({"error_code":"-2"})"), three, {}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Unreadable, AnswerClass,
    ::testing::Values(
        Case{"Empty", ok(""), one_new, {V::InDoubt}},
        Case{"Html", ok("<html><body>Đăng nhập</body></html>"), one_new, {V::InDoubt}},
        Case{"Truncated", ok(R"({"error_code":0,"mess)"), one_new, {V::InDoubt}},
        Case{"TwoDocuments", ok(R"({"error_code":0}{"error_code":0})"), one_new, {V::InDoubt}},
        Case{"NoCode", ok(R"({"message":"thành công"})"), one_new, {V::InDoubt}},
        Case{"NullCode", ok(R"({"error_code":null})"), one_new, {V::InDoubt}},
        Case{"BoolCode", ok(R"({"error_code":true})"), one_new, {V::InDoubt}},
        Case{"EmptyCode", ok(R"({"error_code":""})"), one_new, {V::InDoubt}},
        Case{"FractionCode", ok(R"({"error_code":0.5})"), one_new, {V::InDoubt}},
        Case{"HugeCode", ok(R"({"error_code":1e300})"), one_new, {V::InDoubt}},
        Case{
            "ContradictingCodes", ok(R"({"error_code":0,"error_code":-1})"), one_new, {V::InDoubt}},
        Case{"Array", ok(R"([{"error_code":0}])"), one_new, {V::InDoubt}},
        Case{"Scalar", ok("0"), one_new, {V::InDoubt}},
        Case{"Comment", ok(R"({"error_code":0/**/})"), one_new, {V::InDoubt}},
        Case{"LeadingZero", ok(R"({"error_code":00})"), one_new, {V::InDoubt}},
        Case{"BadUtf8", ok("{\"error_code\":0,\"message\":\"\xc3\x28\"}"), one_new, {V::InDoubt}},
        Case{"Overlong", ok("{\"error_code\":0,\"message\":\"\xc0\xaf\"}"), one_new, {V::InDoubt}},
        Case{"Deep", ok(std::string(1'000'000, '[')), one_new, {V::InDoubt}},
        Case{"Batch", ok("garbage"), three, {V::InDoubt, V::InDoubt, V::InDoubt}}),
    [](const auto& info) { return info.param.name; });

const std::string words_exist = R"("message":"đã tồn tại")";

INSTANTIATE_TEST_SUITE_P(
    Lines, AnswerClass,
    ::testing::Values(
        Case{"AllTold",
             ok(R"({"error_code":1,"result":[{"MaHoSo":"A","error_code":0},)"
                R"({"MaHoSo":"B","error_code":"-3",)" +
                words_exist + R"(},{"MaHoSo":"C","error_code":-1}]})"),
             three,
             {V::Accepted, V::Exists, V::Refused}},
        Case{"ByOrderWithoutKeys",
             ok(R"({"error_code":1,"result":[{"error_code":0},)"
                R"({"error_code":-1},{"error_code":0}]})"),
             three,
             {V::Accepted, V::Refused, V::Accepted}},
        Case{"ByKeyInAnotherOrder",
             ok(R"({"error_code":1,"result":[{"MaHoSo":"C","error_code":0},)"
                R"({"MaHoSo":"A","error_code":-1},{"MaHoSo":"B","error_code":0}]})"),
             three,
             {V::Refused, V::Accepted, V::Accepted}},
        Case{"OneLineMissing",
             ok(R"({"error_code":1,"result":[{"MaHoSo":"C","error_code":-1},)"
                R"({"MaHoSo":"A","error_code":0}]})"),
             three,
             {V::Accepted, V::InDoubt, V::Refused}},
        Case{"OnlyTheRefusedTold",
             ok(R"({"error_code":1,"result":[{"MaHoSo":"B","error_code":-1}]})"),
             three,
             {V::InDoubt, V::Refused, V::InDoubt}},
        Case{"FewerLinesWithoutKeys",
             ok(R"({"error_code":1,"result":[{"error_code":0},{"error_code":0}]})"),
             three,
             {V::InDoubt, V::InDoubt, V::InDoubt}},
        Case{"AForeignKeyMakesAllUnclear",
             ok(R"({"error_code":0,"result":[{"MaHoSo":"A","error_code":0},)"
                R"({"MaHoSo":"B","error_code":0},{"MaHoSo":"X","error_code":0}]})"),
             three,
             {V::InDoubt, V::InDoubt, V::InDoubt}},
        Case{"TwoLinesForOne",
             ok(R"({"error_code":1,"result":[{"MaHoSo":"A","error_code":0},)"
                R"({"MaHoSo":"A","error_code":-1},{"MaHoSo":"C","error_code":0}]})"),
             three,
             {V::InDoubt, V::InDoubt, V::Accepted}},
        Case{"ALineWithoutCode",
             ok(R"({"error_code":0,"result":[{"MaHoSo":"A","error_code":0},{"MaHoSo":"B"},)"
                R"({"MaHoSo":"C","error_code":0}]})"),
             three,
             {V::Accepted, V::InDoubt, V::Accepted}},
        Case{"ALineThatIsNoObject",
             ok(R"({"error_code":0,"result":[{"error_code":0},7,{"error_code":0}]})"),
             three,
             {V::Accepted, V::InDoubt, V::Accepted}},
        Case{"ALineAboutTheSession",
             ok(R"({"error_code":1,"result":[{"error_code":0},)"
                R"({"error_code":-2},{"error_code":0}]})"),
             three,
             {V::Accepted, V::Retry, V::Accepted}},
        Case{"ALineOverrulesTheTop",
             ok(R"({"error_code":0,"result":[{"MaHoSo":"A","error_code":-1}]})"),
             one_new,
             {V::Refused}},
        Case{"SessionBeforeLines",
             ok(R"({"error_code":-2,"result":[{"MaHoSo":"A","error_code":0}]})"),
             one_new,
             {}},
        Case{"NoCodeAboveTheLines",
             ok(R"({"result":[{"MaHoSo":"A","error_code":0}]})"),
             one_new,
             {V::InDoubt}}),
    [](const auto& info) { return info.param.name; });

Case http_case(int status, std::vector<Verdict> single) {
    return {"S" + std::to_string(status), {status, "<html>", ""}, one_new, std::move(single)};
}

INSTANTIATE_TEST_SUITE_P(
    Status, AnswerClass,
    ::testing::Values(http_case(201, {V::InDoubt}), http_case(204, {V::InDoubt}),
                      http_case(301, {V::Misconfigured}), http_case(302, {V::Misconfigured}),
                      http_case(307, {V::Misconfigured}), http_case(400, {V::Refused}),
                      http_case(401, {}), http_case(403, {}), http_case(404, {V::Misconfigured}),
                      http_case(405, {V::Misconfigured}), http_case(408, {V::Retry}),
                      http_case(413, {V::Refused}), http_case(415, {V::Misconfigured}),
                      http_case(422, {V::Refused}), http_case(429, {V::Retry}),
                      http_case(500, {V::InDoubt}), http_case(502, {V::InDoubt}),
                      http_case(503, {V::Retry}), http_case(504, {V::InDoubt}),
                      http_case(599, {V::InDoubt}),
                      Case{"BatchOf400", {400, "", ""}, three, {V::Alone, V::Alone, V::Alone}},
                      Case{"BatchOf413", {413, "", ""}, three, {V::Alone, V::Alone, V::Alone}},
                      Case{"BatchOf503", {503, "", ""}, three, {V::Retry, V::Retry, V::Retry}}),
    [](const auto& info) { return info.param.name; });

TEST(Answer, SuccessInTheBodyOfAnErrorStatusIsNoSuccess) {
    EXPECT_THAT(verdicts({500, R"({"error_code":0})", ""}), ElementsAre(V::InDoubt));
}

TEST(Answer, AStatusMayMeanSomethingElseInTheProfile) {
    auto rules = *profile();
    rules.answer.status = {{404, Meaning::Refused}, {500, Meaning::Retry}};
    EXPECT_EQ(outcomes({404, "", ""}, one_new, rules)[0].verdict, V::Refused);
    EXPECT_EQ(outcomes({500, "", "7"}, one_new, rules)[0].retry_after, 7s);
}

TEST(Answer, KeepsThePortalsCodeAndWords) {
    const auto outcome = outcomes(ok(R"({"error_code":"-01","message":"NgayHenTra: thiếu"})"))[0];
    EXPECT_EQ(outcome.code, "-1");
    EXPECT_EQ(outcome.message, "NgayHenTra: thiếu");
    const auto down = outcomes({503, "<html>", ""})[0];
    EXPECT_EQ(down.code, "HTTP 503");
    EXPECT_THAT(down.message, HasSubstr("not available"));
}

TEST(Answer, TellsThePortalsWordsFromOurs) {
    EXPECT_TRUE(outcomes(ok(R"({"error_code":-7,"message":"no"})"))[0].quoted);
    EXPECT_FALSE(outcomes(ok(R"({"error_code":-7})"))[0].quoted);
    EXPECT_FALSE(outcomes(ok("<html>Nguyen Van A</html>"))[0].quoted);
    EXPECT_FALSE(outcomes({503, R"({"error_code":-7,"message":"no"})", {}})[0].quoted);
}

TEST(Answer, CutsEndlessWords) {
    const auto outcome =
        outcomes(ok(R"({"error_code":-1,"message":")" + std::string(100'000, 'x') + "\"}"))[0];
    EXPECT_LE(outcome.message.size(), limits::max_message + 3);
}

TEST(Answer, LinesAreNamedByTheDocumentNotByTheRecord) {
    const Sent sent{
        Operation::PushProcedure,
        false,
        {{"1.005129.000.00.00.H22", R"({"ID":"7","MATTHC":"1.005129","X":[{"MATTHC":"9"}]})"},
         {"2.002492", R"({"ID":"8","MATTHC":"2.002492"})"}}};
    EXPECT_EQ(verdicts(ok(R"({"error_code":1,"result":[{"MATTHC":"2.002492","error_code":0},)"
                          R"({"MATTHC":"1.005129","error_code":-1}]})"),
                       sent),
              (std::vector{V::Refused, V::Accepted}));
}

TEST(Answer, RowsOfOneDossierAreToldByOrder) {
    const Sent sent{Operation::PushProgress,
                    false,
                    {{"A", R"({"MaHoSo":"A","n":1})"}, {"A", R"({"MaHoSo":"A","n":2})"}}};
    EXPECT_EQ(verdicts(ok(R"({"error_code":1,"result":[{"MaHoSo":"A","error_code":0},)"
                          R"({"MaHoSo":"A","error_code":-1}]})"),
                       sent),
              (std::vector{V::Accepted, V::Refused}));
    EXPECT_EQ(verdicts(ok(R"({"error_code":1,"result":[{"MaHoSo":"A","error_code":-1}]})"), sent),
              (std::vector{V::InDoubt, V::InDoubt}));
}

TEST(Answer, APortalWithoutLinesIsReadAsAWhole) {
    auto rules = *profile();
    rules.answer.lines.reset();
    const auto list =
        outcomes(ok(R"({"error_code":-1,"result":[{"MaHoSo":"A","error_code":0}]})"), three, rules);
    for (const auto& outcome : list)
        EXPECT_EQ(outcome.verdict, V::Alone);
}

TEST(Answer, RetryByCodeTakesTheHeaderAlong) {
    auto rules = *profile();
    rules.answer.rules.insert(rules.answer.rules.begin(), Rule{Meaning::Retry, {"99"}, ""});
    const auto outcome = outcomes({200, R"({"error_code":99})", "5"}, one_new, rules)[0];
    EXPECT_EQ(outcome.verdict, V::Retry);
    EXPECT_EQ(outcome.retry_after, 5s);
}

TEST(Answer, ARetryForTheWholeIsTheEndpointsAndForALineTheItems) {
    auto rules = *profile();
    rules.answer.rules.insert(rules.answer.rules.begin(), Rule{Meaning::Retry, {"99"}, ""});
    for (const auto& outcome : outcomes(ok(R"({"error_code":99})"), three, rules))
        EXPECT_TRUE(outcome.endpoint);
    const auto lines = outcomes(
        ok(R"({"error_code":99,"result":[{"error_code":99},{"error_code":0},{"error_code":-1}]})"),
        three, rules);
    EXPECT_EQ(lines[0].verdict, V::Retry);
    for (const auto& outcome : lines)
        EXPECT_FALSE(outcome.endpoint);
}

TEST(Answer, AStatusOfTheProfileIsTheEndpointsIfItIsToBeRepeated) {
    auto rules = *profile();
    rules.answer.status = {{500, Meaning::Retry}, {503, Meaning::Refused}, {502, Meaning::InDoubt}};
    EXPECT_TRUE(outcomes({500, "", ""}, one_new, rules)[0].endpoint);
    EXPECT_FALSE(outcomes({503, "", ""}, one_new, rules)[0].endpoint);
    EXPECT_TRUE(outcomes({502, "", ""}, one_new, rules)[0].endpoint);
}

TEST(Answer, AnAnswerInsideAMessageIsUnwrapped) {
    const auto rules = *read_profile(DVC_SOURCE_DIR "/tests/data/portal/thanhhoa.xml");
    const auto verdict = [&](std::string body) {
        return outcomes(ok(std::move(body)), one_new, *rules)[0].verdict;
    };
    EXPECT_EQ(verdict(R"({"message":"{\"error_code\":\"0\"}"})"), V::Accepted);
    EXPECT_EQ(verdict(R"({"message":"{\"error_code\":\"-1\"}"})"), V::Refused);
    EXPECT_EQ(verdict(R"({"message":"lỗi"})"), V::InDoubt);
    EXPECT_EQ(verdict(R"({"message":""})"), V::InDoubt);
    EXPECT_EQ(verdict(R"({"message":{"error_code":0}})"), V::InDoubt);
    EXPECT_EQ(verdict(R"({"error_code":0})"), V::InDoubt);
}

TEST(LoginAnswer, GivesTheSessionOrTheReason) {
    const auto login = [](const Reply& reply) { return read_login(*profile(), reply, now); };
    const auto session = login(ok(R"({"session":"abc","error_code":"0","message":""})"));
    ASSERT_TRUE(session);
    EXPECT_EQ(session->session, "abc");
    EXPECT_EQ(login(ok(R"({"error_code":-1,"message":"Sai mật khẩu"})")).error().verdict,
              V::Refused);
    EXPECT_EQ(login(ok(R"({"error_code":-2,"message":"x"})")).error().verdict, V::Refused);
    EXPECT_EQ(login({401, "", ""}).error().verdict, V::Refused);
    EXPECT_EQ(login({404, "", ""}).error().verdict, V::Misconfigured);
    EXPECT_EQ(login({302, "", ""}).error().verdict, V::Misconfigured);
    EXPECT_EQ(login({503, "", "2"}).error().retry_after, 2s);
    for (const std::string body :
         {"", "<html>", R"({"error_code":0})", R"({"error_code":0,"session":""})",
          R"({"error_code":0,"session":7})"})
        EXPECT_EQ(login(ok(body)).error().verdict, V::Retry) << body;
}

TEST(AskAnswer, IsYesOnlyWithAResult) {
    const auto ask = [](const Reply& reply) { return read_ask(*profile(), reply, "A", now); };
    const auto known = [&](std::string body) {
        return ask(ok(std::move(body))).value().value().known;
    };
    EXPECT_TRUE(known(R"({"error_code":"0","result":[{"MaHoSo":"A"}]})"));
    EXPECT_TRUE(known(R"({"error_code":0,"message":"đã tồn tại"})"));
    EXPECT_FALSE(known(R"({"error_code":-4,"message":"Hồ sơ không tồn tại"})"));
    EXPECT_EQ(ask(ok(R"({"error_code":-1})")).value().error().verdict, V::Refused);
    EXPECT_EQ(ask(ok("<html>")).value().error().verdict, V::Retry);
    EXPECT_EQ(ask({500, "", ""}).value().error().verdict, V::Retry);
    EXPECT_EQ(ask({404, "", ""}).value().error().verdict, V::Misconfigured);
    EXPECT_FALSE(ask(ok(R"({"error_code":-2})")));  // the session has ended
}

TEST(RetryAfter, SecondsAndDates) {
    EXPECT_EQ(parse_retry_after("120", now), 120s);
    EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
    EXPECT_EQ(parse_retry_after("Fri, 01 Mar 2019 00:01:00 GMT", now), 60s);
    EXPECT_EQ(parse_retry_after("Friday, 01-Mar-19 00:01:00 GMT", now), 60s);
    EXPECT_EQ(parse_retry_after("Fri Mar  1 00:01:00 2019", now), 60s);
}

TEST(RetryAfter, IsNeverNegativeNorEndless) {
    EXPECT_EQ(parse_retry_after("Thu, 28 Feb 2019 00:00:00 GMT", now), 0s);
    EXPECT_EQ(parse_retry_after("86400", now), limits::max_retry_after);
    EXPECT_EQ(parse_retry_after("99999999999999999999999", now), limits::max_retry_after);
    EXPECT_EQ(parse_retry_after("Fri, 01 Mar 2999 00:00:00 GMT", now), limits::max_retry_after);
}

TEST(RetryAfter, WhatCannotBeReadIsNotGuessed) {
    for (const std::string value :
         {"", "soon", "-5", "1.5", "5s", "Fri, 01 Mar 2019", "01/03/2019"})
        EXPECT_EQ(parse_retry_after(value, now), std::nullopt) << value;
}

}  // namespace
}  // namespace dvcsync::portal::test
