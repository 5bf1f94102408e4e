// What citizens file, as the portal lists and gives it. First the calls over real sockets, then
// every shape that an answer may have.
#include <gmock/gmock.h>

#include "connector/base/limits.h"
#include "connector/portal/answer.h"
#include "tests/unit/portal/support_portal.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using V = Verdict;

constexpr LocalTime march_1 =
    std::chrono::local_days(std::chrono::year(2019) / 3 / 1) + std::chrono::hours(8);
const std::string no_rows = R"({"error_code":0,"result":[]})";

// A full page of the shipped profile, its codes beginning with `first`.
std::string full_page(int first) {
    std::string rows;
    for (int i = first; i < first + 100; ++i)
        rows += std::string(i == first ? "" : ",") + R"({"MaHoSo":"G22-)" + std::to_string(i) +
                R"(","NgayCapNhat":"20190301080000"})";
    return http(200, R"({"error_code":0,"result":[)" + rows + "]}");
}

TEST(News, SendsTheTimeAndThePageInTheProfilesForms) {
    Portal portal([](const HttpRequest&) {
        return http(200, R"({"error_code":0,"result":[)"
                         R"({"MaHoSo":"G22-1","NgayCapNhat":"20190302101112"}]})");
    });
    const auto client = client_for(settings_for(portal.server()));
    const auto news = client->news(march_1, 3);
    ASSERT_TRUE(news) << news.error().message;
    ASSERT_EQ(news->rows.size(), 1u);
    EXPECT_EQ(news->rows[0].code, "G22-1");
    EXPECT_EQ(news->rows[0].at, TimeFormat::compile("yyyyMMddHHmmss")->parse("20190302101112"));
    EXPECT_FALSE(news->more);
    ASSERT_EQ(portal.calls().size(), 1u);
    EXPECT_EQ(portal.calls()[0].line, "POST /mapi/share HTTP/1.1");
    EXPECT_EQ(portal.calls()[0].body,
              R"({"session":"s1","madonvi":"000.00.00.H22","service":"LayDanhSachHoSoMoi",)"
              R"("tu":"20190301080000","trang":"3","sokq":"100"})");
}

TEST(News, APageThatComesAgainAsTheNextOneIsNotBelieved) {
    Portal portal([](const HttpRequest&) { return full_page(1); });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->news(march_1, 1).value().more);
    EXPECT_TRUE(client->news(march_1, 1)) << "the same page may be asked for again";
    const auto second = client->news(march_1, 2);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().verdict, V::Retry);
    EXPECT_EQ(second.error().code, "answer");
    EXPECT_FALSE(second.error().endpoint);
    EXPECT_THAT(second.error().message, HasSubstr("gives page 1 again as page 2"));
    EXPECT_TRUE(client->news(march_1, 1)) << "another walk begins anew";
}

TEST(News, PagesThatDifferGoOnToTheLast) {
    Portal portal([](const HttpRequest& request) {
        if (request.body.find(R"("trang":"1")") != std::string::npos) return full_page(1);
        if (request.body.find(R"("trang":"2")") != std::string::npos) return full_page(101);
        return http(200, no_rows);
    });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->news(march_1, 1).value().more);
    EXPECT_TRUE(client->news(march_1, 2).value().more);
    const auto last = client->news(march_1, 3).value();
    EXPECT_FALSE(last.more);
    EXPECT_THAT(last.rows, IsEmpty());
    EXPECT_FALSE(client->news(march_1, 4).value().more) << "two empty pages are no repetition";
}

TEST(News, AListWithoutEndIsStoppedWithoutACall) {
    Portal portal([](const HttpRequest&) { return http(200, no_rows); });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->news(march_1, limits::news_pages));
    const auto beyond = client->news(march_1, limits::news_pages + 1);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().verdict, V::Misconfigured);
    EXPECT_EQ(beyond.error().code, "pages");
    EXPECT_THAT(beyond.error().message, HasSubstr("page-size"));
    EXPECT_EQ(portal.calls().size(), 1u);
}

TEST(Fetch, GivesTheObjectByteByByte) {
    const std::string object =
        "{ \"MaHoSo\" : \"G22-1\",\n\t\"LePhi\":1.50e2,\"TenTTHC\":\"C\\u1ea5p \\/ đổi\","
        "\"EformThongTinChiTiet\":{\"b\":[{\"x\":[]}],\"a\":null} }";
    for (const auto& result : {object, "[" + object + "]", " [ " + object + " ] "}) {
        Portal portal([&](const HttpRequest&) {
            return http(200, R"({"error_code":0,"result":)" + result + "}");
        });
        const auto client = client_for(settings_for(portal.server()));
        const auto fetched = client->fetch("G22-1");
        ASSERT_TRUE(fetched) << fetched.error().message;
        EXPECT_EQ(fetched->json, object);
        EXPECT_EQ(portal.calls().at(0).line, "POST /mapi/share HTTP/1.1");
        EXPECT_EQ(portal.calls().at(0).body,
                  R"({"session":"s1","madonvi":"000.00.00.H22","service":"LayHoSoMoi",)"
                  R"("mahoso":"G22-1"})");
    }
}

TEST(Fetch, HasRoomForFilesWhereOtherAnswersHaveNot) {
    const std::string large(limits::max_answer + (2u << 20), 'A');
    Portal portal([&](const HttpRequest&) {
        return http(200,
                    R"({"error_code":0,"result":[{"MaHoSo":"A","Base64":")" + large + R"("}]})");
    });
    const auto client = client_for(settings_for(portal.server()));
    const auto fetched = client->fetch("A");
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_GT(fetched->json.size(), large.size());
    const auto news = client->news(march_1, 1);
    ASSERT_FALSE(news);
    EXPECT_EQ(news.error().verdict, V::Retry);
}

TEST(Fetch, AnAnswerBeyondItsOwnLimitIsCut) {
    const auto answer = http(200, std::string(limits::max_submission_answer + 1, ' '));
    Portal portal([&](const HttpRequest&) { return answer; });
    auto settings = settings_for(portal.server());
    settings.deadline = std::chrono::seconds(30);
    const auto fetched = client_for(settings)->fetch("A");
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().verdict, V::Retry);
    EXPECT_EQ(fetched.error().code, "connection");
}

TEST(Fetch, ACodeThatThePortalDoesNotKnowIsRefused) {
    for (const auto* body : {R"({"error_code":-4,"message":"không tồn tại"})",
                             R"({"error_code":"-4"})", R"({"error_code":0,"result":[]})"}) {
        Portal portal([&](const HttpRequest&) { return http(200, body); });
        const auto fetched = client_for(settings_for(portal.server()))->fetch("A");
        ASSERT_FALSE(fetched) << body;
        EXPECT_NE(fetched.error().verdict, V::Retry) << body;
        EXPECT_EQ(fetched.error().verdict, V::Refused) << body;
    }
}

TEST(Submissions, AProfileWithoutThemSaysSo) {
    const Server server(Server::answering(good));
    const auto client = client_for(wrapper_at(server.url()), wrapper_profile);
    EXPECT_EQ(client->news(march_1, 1).error().verdict, V::Refused);
    EXPECT_EQ(client->fetch("A").error().verdict, V::Refused);
    EXPECT_TRUE(server.requests().empty());
    EXPECT_FALSE(client->profile().can_pull());
}

TEST(Submissions, RenewTheSessionAndAreNeverInDoubt) {
    Portal portal([](const HttpRequest& request) {
        if (request.body.find("\"s1\"") != std::string::npos)
            return http(200, R"({"error_code":-2})");
        if (request.body.find("LayHoSoMoi") != std::string::npos) return http(504, "");
        return http(200, no_rows);
    });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->news(march_1, 1));
    EXPECT_EQ(portal.logins, 2);
    const auto fetched = client->fetch("A");
    ASSERT_FALSE(fetched);
    EXPECT_EQ(fetched.error().verdict, V::Retry);
    EXPECT_TRUE(fetched.error().endpoint);
}

TEST(Submissions, AReceiptAndAStatusAreOneObjectEach) {
    Portal portal([](const HttpRequest& request) {
        const bool again = request.body.find("again") != std::string::npos;
        return http(200, again ? R"({"error_code":-3,"message":"Bản ghi đã tồn tại"})"
                               : R"({"error_code":0})");
    });
    const auto client = client_for(settings_for(portal.server()));
    const auto push = [&](Operation operation, std::string_view document) {
        const std::vector<Item> items{{"A", document}};
        return client->push(operation, items, false).at(0).verdict;
    };
    EXPECT_EQ(push(Operation::ConfirmSubmission, R"({"MaHoSo":"A"})"), V::Accepted);
    EXPECT_EQ(push(Operation::PushStatus, R"({"MaHoSo":"A"})"), V::Accepted);
    EXPECT_EQ(push(Operation::PushStatus, R"({"MaHoSo":"A","NoiDung":"again"})"), V::Exists);
    const auto calls = portal.calls();
    ASSERT_EQ(calls.size(), 3u);
    EXPECT_EQ(calls[0].line, "POST /mapi/integration HTTP/1.1");
    EXPECT_EQ(calls[0].body,
              R"({"session":"s1","madonvi":"000.00.00.H22","service":"XacNhanHoSoMoi",)"
              R"("data":{"MaHoSo":"A"}})");
    EXPECT_EQ(calls[1].body,
              R"({"session":"s1","madonvi":"000.00.00.H22","service":"DongBoTrangThaiHoSo",)"
              R"("type":"2","data":{"MaHoSo":"A"}})");
}

// -- shapes of the answers --------------------------------------------------------------------

std::shared_ptr<const ProfileData> mapi() {
    static const auto data = *read_profile(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml");
    return data;
}

const UtcTime now = UtcTime(std::chrono::seconds(1'551'398'400));

struct Shape {
    std::string name;
    std::string result;  // of an answer with code 0, the comma and the member's name with it
    std::string told;    // what was read, or a part of the reason
};

Reply answer_with(const std::string& result) {
    return {200, R"({"error_code":"0")" + result + "}", {}};
}

void expect_unclear(const Outcome& outcome, const std::string& reason) {
    EXPECT_EQ(outcome.verdict, V::Retry);
    EXPECT_EQ(outcome.code, "answer");
    EXPECT_FALSE(outcome.endpoint);
    EXPECT_THAT(outcome.message, HasSubstr(reason));
}

class NewsShape : public ::testing::TestWithParam<Shape> {};

TEST_P(NewsShape, IsBounded) {
    auto small = *mapi();
    small.submissions->list.page_size = 3;
    const auto told = read_news(small, answer_with(GetParam().result), now);
    ASSERT_TRUE(told);
    if (!*told) return expect_unclear(told->error(), GetParam().told);
    const auto& news = told->value();
    std::string words = news.more ? "more" : "last";
    for (const auto& row : news.rows)
        words +=
            " " + row.code + (row.at ? "@" + small.submissions->list.dates.format(*row.at) : "");
    if (news.unnamed != 0) words += " unnamed=" + std::to_string(news.unnamed);
    if (news.undated != 0) words += " undated=" + std::to_string(news.undated);
    EXPECT_EQ(words, GetParam().told);
}

INSTANTIATE_TEST_SUITE_P(
    Each, NewsShape,
    ::testing::Values(
        Shape{"Empty", R"(,"result":[])", "last"},
        Shape{"Dated", R"(,"result":[{"MaHoSo":" A ","NgayCapNhat":"20190301080000"}])",
              "last A@20190301080000"},
        Shape{"Undated", R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"B","NgayCapNhat":""}])",
              "last A B"},
        Shape{"Full", R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"B"},{"MaHoSo":"A"}])", "more A B A"},
        Shape{"OneWithoutCode", R"(,"result":[{"MaHoSo":"A"},{"x":1},{"MaHoSo":[]}])",
              "more A unnamed=2"},
        Shape{"OneOverlong",
              R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":")" + std::string(101, 'x') + "\"}]",
              "last A unnamed=1"},
        Shape{"OneUnprintable", R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"B\u0000\u0007"}])",
              "last A unnamed=1"},
        Shape{"OneNoObject", R"(,"result":["B",{"MaHoSo":"A"}])", "last A unnamed=1"},
        Shape{"OneWithAWrongTime",
              R"(,"result":[{"MaHoSo":"A","NgayCapNhat":"20190301080000"},)"
              R"({"MaHoSo":"B","NgayCapNhat":"01/03/2019"},{"MaHoSo":"C","NgayCapNhat":{}}])",
              "more A@20190301080000 B C undated=1"},
        Shape{"NoneWithCode", R"(,"result":[{"x":1},{"MaHoSo":""}])",
              "lists 2 submissions, none with a code in \"MaHoSo\""},
        Shape{"NoneWithATime", R"(,"result":[{"MaHoSo":"A","NgayCapNhat":"2019-03-01"}])",
              "none with a time like yyyyMMddHHmmss in \"NgayCapNhat\""},
        Shape{"TooMany",
              R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"B"},{"MaHoSo":"C"},{"MaHoSo":"D"}])",
              "lists 4 submissions, more than the 3"},
        Shape{"NoResult", "", "has no list"}, Shape{"Null", R"(,"result":null)", "has no list"},
        Shape{"Object", R"(,"result":{"MaHoSo":"A"})", "has no list"},
        Shape{"ResultTwice", R"(,"result":[],"result":[])", "has no list"}),
    [](const auto& info) { return info.param.name; });

class FetchShape : public ::testing::TestWithParam<Shape> {};

TEST_P(FetchShape, IsReadStrictly) {
    const auto told = read_fetch(*mapi(), answer_with(GetParam().result), "A", now);
    ASSERT_TRUE(told);
    if (*told)
        EXPECT_EQ(told->value(), GetParam().told);
    else if (told->error().verdict == V::Refused)
        EXPECT_THAT(told->error().message, HasSubstr(GetParam().told));
    else
        expect_unclear(told->error(), GetParam().told);
}

std::string nested(std::size_t levels) {
    return R"(,"result":{"x":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

INSTANTIATE_TEST_SUITE_P(
    Each, FetchShape,
    ::testing::Values(
        Shape{"Object", R"(,"result": {"MaHoSo":"A","b":[{}]} )", R"({"MaHoSo":"A","b":[{}]})"},
        Shape{"OneOfAList", R"(,"result":[{"MaHoSo":" A"}])", R"({"MaHoSo":" A"})"},
        Shape{"Unnamed", R"(,"result":[{"x":{"MaHoSo":"B"}}])", R"({"x":{"MaHoSo":"B"}})"},
        Shape{"ManyMembersBefore", R"(,"a":{"result":[]},"result":[{"y":1}])", R"({"y":1})"},
        Shape{"Stranger", R"(,"result":[{"MaHoSo":"B"}])", "another submission"},
        Shape{"EmptyList", R"(,"result":[])", "holds no submission of this code"},
        Shape{"TwoOfThem", R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"A"}])", "holds 2 submissions"},
        Shape{"Text", R"(,"result":"{}")", "holds no submission where one was due"},
        Shape{"ListOfText", R"(,"result":["A"])", "holds no submission where one was due"},
        Shape{"ListInAList", R"(,"result":[[{"MaHoSo":"A"}]])", "where one was due"},
        Shape{"Null", R"(,"result":null)", "where one was due"},
        Shape{"NoResult", "", "has no \"result\""},
        Shape{"ResultTwice", R"(,"result":[{"a":1}],"result":[{"a":2}])", "one member twice"},
        Shape{"MemberTwiceInside", R"(,"result":{"x":{"a":1,"b":2,"a":3}})", "one member twice"},
        Shape{"Deep", nested(10'000), "is nested deeper than 64"},
        Shape{"Cut", R"(,"result":[{"MaHoSo":"A")", "not JSON"}),
    [](const auto& info) { return info.param.name; });

TEST(FetchShape, AsDeepAsTheLimitIsRead) {
    // Root and result are two of the levels.
    EXPECT_TRUE(*read_fetch(*mapi(), answer_with(nested(limits::max_json_depth - 2)), "A", now));
    EXPECT_FALSE(*read_fetch(*mapi(), answer_with(nested(limits::max_json_depth - 1)), "A", now));
}

TEST(FetchShape, OfAWrappedAnswerIsTakenFromTheTextInside) {
    auto wrapped = *mapi();
    wrapped.answer.wrapped = "message";
    const Reply reply{
        200, R"({"message":"{\"error_code\":0,\"result\":[{\"a\":\"\\\"\"}]}","result":[{}]})", {}};
    const auto told = read_fetch(wrapped, reply, "A", now);
    ASSERT_TRUE(told && *told);
    EXPECT_EQ(told->value(), R"({"a":"\""})");
}

}  // namespace
}  // namespace dvcsync::portal::test
