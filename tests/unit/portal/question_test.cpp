// What the portal holds: one dossier, or a page of a list. First the calls over real sockets, then
// every shape that an answer may have.
#include <gmock/gmock.h>

#include "connector/portal/answer.h"
#include "tests/unit/portal/support_portal.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using V = Verdict;

constexpr auto march_1 = std::chrono::local_days(std::chrono::year(2019) / 3 / 1);
constexpr auto april_1 = std::chrono::local_days(std::chrono::year(2019) / 4 / 1);

TEST(Look, TellsWhatThePortalHolds) {
    Portal portal([](const HttpRequest& request) {
        const bool known = request.body.find("\"mahoso\":\"A\"") != std::string::npos;
        return http(200, known ? R"({"error_code":"0","result":[{"MaHoSo":"A","TenTTHC":"x",)"
                                 R"("TrangThaiHoSo":"4","NgayTra":""}]})"
                               : R"({"error_code":"0","result":[]})");
    });
    const auto client = client_for(settings_for(portal.server()));
    const auto held = client->look("A");
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_TRUE(held->known);
    EXPECT_THAT(held->members, ElementsAre(Pair("NgayTra", ""), Pair("TrangThaiHoSo", "4")));
    const auto other = client->look("B");
    ASSERT_TRUE(other) << other.error().message;
    EXPECT_FALSE(other->known);
    EXPECT_EQ(portal.calls().at(0).line, "POST /mapi/share HTTP/1.1");
}

TEST(List, SendsThePeriodAndThePageInTheProfilesForms) {
    Portal portal([](const HttpRequest&) { return http(200, R"({"error_code":0,"result":[]})"); });
    const auto client = client_for(settings_for(portal.server()));
    const auto page = client->list(march_1, april_1, 2);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_THAT(page->rows, IsEmpty());
    EXPECT_FALSE(page->more);
    ASSERT_EQ(portal.calls().size(), 1u);
    EXPECT_EQ(portal.calls()[0].line, "POST /mapi/share HTTP/1.1");
    EXPECT_EQ(portal.calls()[0].body,
              R"({"session":"s1","madonvi":"000.00.00.H22","service":"LayDanhSachHoSo",)"
              R"("tungay":"20190301","denngay":"20190331","trang":"2","sokq":"500"})");
}

// A profile file of its own, with another <list>.
std::string body_of_list(const std::string& attributes) {
    const TemporaryFolder folder;
    const auto file = folder.write("profile.xml", R"(<profile name="p"><endpoint name="e"/>
        <push body="data"><operation name="push-dossier" endpoint="e" batch="1" key="K"/></push>
        <answer code="c"><rule codes="0" outcome="accepted"/></answer>
        <list endpoint="e" page-size="9" rows="r" code="K" )" +
                                                      attributes + R"(>
        <member name="a" from="from"/><member name="b" from="until"/>
        <member name="p" from="page"/></list></profile>)");
    const Server server(
        Server::answering([](const HttpRequest&) { return http(200, R"({"c":0,"r":[]})"); }));
    ClientSettings settings;
    settings.base_url = server.url();
    settings.endpoints = {{"e", "/e"}};
    const auto profile = Profile::load(file);
    EXPECT_TRUE(profile) << (profile ? "" : profile.error().message);
    const auto client = *Client::open(*profile, settings, system_clock());
    EXPECT_TRUE(client->list(march_1, april_1, 1));
    return server.requests().at(0).body;
}

TEST(List, WritesTheEndAsTheProfileSays) {
    EXPECT_EQ(body_of_list(R"(dates="dd/MM/yyyy" until="included")"),
              R"({"a":"01/03/2019","b":"31/03/2019","p":"1"})");
    EXPECT_EQ(body_of_list(R"(dates="dd/MM/yyyy" until="excluded")"),
              R"({"a":"01/03/2019","b":"01/04/2019","p":"1"})");
    EXPECT_EQ(body_of_list(R"(dates="yyyyMMddHHmmss" until="included")"),
              R"({"a":"20190301000000","b":"20190331235959","p":"1"})");
}

TEST(List, GoesOnWhileThePagesAreFull) {
    Portal portal([](const HttpRequest& request) {
        const bool first = request.body.find(R"("trang":"1")") != std::string::npos;
        std::string rows;
        for (int i = 0; i < (first ? 500 : 3); ++i)
            rows += std::string(i == 0 ? "" : ",") + R"({"MaHoSo":")" + std::to_string(i) + "\"}";
        return http(200, R"({"error_code":0,"result":[)" + rows + "]}");
    });
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_TRUE(client->list(march_1, april_1, 1).value().more);
    const auto last = client->list(march_1, april_1, 2).value();
    EXPECT_FALSE(last.more);
    EXPECT_EQ(last.rows.size(), 3u);
}

TEST(List, AnEmptyPeriodNeedsNoCall) {
    Portal portal(good);
    const auto client = client_for(settings_for(portal.server()));
    EXPECT_THAT(client->list(april_1, april_1, 1).value().rows, IsEmpty());
    EXPECT_TRUE(portal.calls().empty());
}

TEST(List, APortalWithoutTheServiceRefuses) {
    Portal portal([](const HttpRequest&) {
        return http(200, R"({"error_code":"-1","message":"service không hợp lệ"})");
    });
    const auto client = client_for(settings_for(portal.server()));
    const auto page = client->list(march_1, april_1, 1);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().verdict, V::Refused);
    EXPECT_THAT(page.error().message, HasSubstr("service"));
}

TEST(Questions, AProfileWithoutThemSaysSo) {
    Server server(Server::answering(good));
    auto settings = wrapper_at(server.url());
    const auto client = client_for(settings, wrapper_profile);
    EXPECT_EQ(client->look("A").error().verdict, V::Misconfigured);
    EXPECT_EQ(client->list(march_1, april_1, 1).error().verdict, V::Refused);
    EXPECT_TRUE(server.requests().empty());
}

TEST(Questions, RenewTheSessionLikeAPush) {
    for (const auto& ended : {http(200, R"({"error_code":-2})"), http(401, "")}) {
        Portal portal([&](const HttpRequest& request) {
            const bool old = request.body.find("\"s1\"") != std::string::npos;
            return old ? ended : http(200, R"({"error_code":0,"result":[{"MaHoSo":"A"}]})");
        });
        const auto client = client_for(settings_for(portal.server()));
        EXPECT_TRUE(client->look("A").value().known);
        EXPECT_EQ(client->list(march_1, april_1, 1).value().rows.size(), 1u);
        EXPECT_EQ(portal.logins, 2);
    }
}

TEST(Questions, AreNeverInDoubtAndTellTheEndpointsTrouble) {
    struct Case {
        std::string answer;
        V verdict;
        bool endpoint;
    };
    const std::vector<Case> cases{
        {http(500, ""), V::Retry, false},
        {http(502, ""), V::Retry, true},
        {http(503, ""), V::Retry, true},
        {http(504, ""), V::Retry, true},
        {http(429, ""), V::Retry, true},
        {http(408, ""), V::Retry, true},
        {http(404, ""), V::Misconfigured, false},
        {http(302, ""), V::Misconfigured, false},
        {http(401, ""), V::Retry, true},  // with a new session too
        {http(200, R"({"error_code":-2})"), V::Retry, true},
        {http(200, "<html>"), V::Retry, false},
        {"no HTTP at all\r\n\r\n", V::Retry, false},
    };
    for (const auto& one : cases) {
        Portal portal([&](const HttpRequest&) { return one.answer; });
        const auto client = client_for(settings_for(portal.server()));
        const auto held = client->look("A").error();
        const auto page = client->list(march_1, april_1, 1).error();
        for (const auto& outcome : {held, page}) {
            EXPECT_EQ(outcome.verdict, one.verdict) << one.answer << to_string(outcome.verdict);
            EXPECT_EQ(outcome.endpoint, one.endpoint) << one.answer;
        }
    }
}

TEST(Questions, EndAtTheDeadline) {
    Server server([](Connection& connection) {
        while (const auto request = connection.read())
            if (is_login(*request))
                connection.write(http(200, R"({"session":"s","error_code":0})"));
    });
    auto settings = settings_for(server);
    settings.deadline = 300ms;
    const auto client = client_for(settings);
    const auto begin = std::chrono::steady_clock::now();
    const auto held = client->look("A");
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().verdict, V::Retry);
    EXPECT_TRUE(held.error().endpoint);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(Look, AsksAWrapperByGet) {
    Server server(Server::answering([](const HttpRequest& request) {
        const bool known = request.line.find("mahoso=A%201") != std::string::npos;
        return http(200, known ? R"({"message":"{\"error_code\":0,\"result\":[{}]}"})"
                               : R"({"message":"{\"error_code\":0,\"result\":[]}"})");
    }));
    ClientSettings settings;
    settings.base_url = server.url();
    settings.endpoints = {{"push", "/push"}, {"ask", "/KetNoiMotCuaQuocGia/TraCuu"}};
    const auto client = client_for(settings, "tests/data/portal/thanhhoa.xml");
    EXPECT_TRUE(client->look("A 1").value().known);
    EXPECT_FALSE(client->look("B").value().known);
    EXPECT_EQ(server.requests().at(0).line,
              "GET /KetNoiMotCuaQuocGia/TraCuu?mahoso=A%201 HTTP/1.1");
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
    std::string told;    // "known …", "unknown", "rows …" or a part of the reason
};

std::string words_of(const std::map<std::string, std::string>& members) {
    std::string words;
    for (const auto& [name, value] : members)
        words += " " + name + "=" + value;
    return words;
}

Reply answer_with(const std::string& result) {
    return {200, R"({"error_code":"0","message":"")" + result + "}", {}};
}

class LookShape : public ::testing::TestWithParam<Shape> {};

TEST_P(LookShape, IsReadStrictly) {
    const auto told = read_ask(*mapi(), answer_with(GetParam().result), "A", now);
    ASSERT_TRUE(told);
    if (*told) {
        const auto& held = told->value();
        EXPECT_EQ((held.known ? "known" : "unknown") + words_of(held.members), GetParam().told);
    } else {
        EXPECT_EQ(told->error().verdict, V::Retry);
        EXPECT_EQ(told->error().code, "answer");
        EXPECT_FALSE(told->error().endpoint);
        EXPECT_THAT(told->error().message, HasSubstr(GetParam().told));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, LookShape,
    ::testing::Values(
        Shape{"NoResult", "", "unknown"}, Shape{"Null", R"(,"result":null)", "unknown"},
        Shape{"EmptyText", R"(,"result":" ")", "unknown"},
        Shape{"EmptyList", R"(,"result":[])", "unknown"},
        Shape{"EmptyObject", R"(,"result":{})", "unknown"},
        Shape{"OneRow", R"(,"result":[{"MaHoSo":"A","NgayTra":"20190301080000"}])",
              "known NgayTra=20190301080000"},
        Shape{"OneObject", R"(,"result":{"MaHoSo":" A ","TrangThaiHoSo":10})",
              "known TrangThaiHoSo=10"},
        Shape{"Unset", R"(,"result":[{"NgayTra":null,"NgayHenTra":""}])",
              "known NgayHenTra= NgayTra="},
        Shape{"Unnamed", R"(,"result":[{"TrangThaiHoSo":"9"}])", "known TrangThaiHoSo=9"},
        Shape{"NothingCompared", R"(,"result":[{"x":{"y":1}}])", "known"},
        Shape{"AmongOthers",
              R"(,"result":[{"MaHoSo":"B","TrangThaiHoSo":"1"},)"
              R"({"MaHoSo":"A","TrangThaiHoSo":"2"}])",
              "known TrangThaiHoSo=2"},
        Shape{"MemberTwice", R"(,"result":[{"NgayTra":"1","NgayTra":"2","TrangThaiHoSo":"2"}])",
              "known TrangThaiHoSo=2"},
        Shape{"ResultTwice", R"(,"result":[],"result":[{"MaHoSo":"A"}])", "twice"},
        Shape{"Stranger", R"(,"result":[{"MaHoSo":"B"}])", "another dossier"},
        Shape{"TwoRows", R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"A"}])", "speaks twice"},
        Shape{"TwoUnnamed", R"(,"result":[{"x":1},{"x":2}])", "speaks twice"},
        Shape{"Text", R"(,"result":"A")", "holds no dossier"},
        Shape{"Number", R"(,"result":1)", "holds no dossier"},
        Shape{"ListOfText", R"(,"result":["A"])", "something else"},
        Shape{"ObjectAsStatus", R"(,"result":[{"MaHoSo":"A","TrangThaiHoSo":{"id":1}}])",
              "no plain value in \"TrangThaiHoSo\""},
        Shape{"FractionAsStatus", R"(,"result":[{"MaHoSo":"A","TrangThaiHoSo":1.5}])",
              "no plain value"}),
    [](const auto& info) { return info.param.name; });

class ListShape : public ::testing::TestWithParam<Shape> {};

TEST_P(ListShape, IsReadStrictly) {
    auto small = *mapi();
    small.list->page_size = 2;
    const auto told = read_list(small, answer_with(GetParam().result), now);
    ASSERT_TRUE(told);
    if (*told) {
        std::string words = told->value().more ? "more" : "last";
        for (const auto& row : told->value().rows)
            words += " " + row.code + ":" + words_of(row.members);
        EXPECT_EQ(words, GetParam().told);
    } else {
        EXPECT_EQ(told->error().verdict, V::Retry);
        EXPECT_EQ(told->error().code, "answer");
        EXPECT_THAT(told->error().message, HasSubstr(GetParam().told));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, ListShape,
    ::testing::Values(
        Shape{"Empty", R"(,"result":[])", "last"},
        Shape{"One", R"(,"result":[{"MaHoSo":" A","TrangThaiHoSo":"4","TenTTHC":"x"}])",
              "last A: TrangThaiHoSo=4"},
        Shape{"Full", R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"B","NgayTra":null}])",
              "more A: B: NgayTra="},
        Shape{"TooMany", R"(,"result":[{"MaHoSo":"A"},{"MaHoSo":"B"},{"MaHoSo":"C"}])",
              "lists 3 dossiers, more than the 2"},
        Shape{"NoResult", "", "has no list"}, Shape{"Null", R"(,"result":null)", "has no list"},
        Shape{"Text", R"(,"result":"")", "has no list"},
        Shape{"Object", R"(,"result":{"data":[]})", "has no list"},
        Shape{"ResultTwice", R"(,"result":[],"result":[])", "has no list"},
        Shape{"NoObject", R"(,"result":["A"])", "without \"MaHoSo\""},
        Shape{"NoCode", R"(,"result":[{"TrangThaiHoSo":"4"}])", "without \"MaHoSo\""},
        Shape{"EmptyCode", R"(,"result":[{"MaHoSo":"  "}])", "without \"MaHoSo\""},
        Shape{"CodeTwice", R"(,"result":[{"MaHoSo":"A","MaHoSo":"B"}])", "without \"MaHoSo\""},
        Shape{"EndlessCode", R"(,"result":[{"MaHoSo":")" + std::string(101, 'x') + "\"}]",
              "endless \"MaHoSo\""},
        Shape{"ListAsDate", R"(,"result":[{"MaHoSo":"A","NgayTra":[]}])", "no plain value"}),
    [](const auto& info) { return info.param.name; });

TEST(ListAnswer, OtherCodesAreNotAnEmptyList) {
    const auto list = [](const std::string& json) {
        return read_list(*mapi(), {200, json, {}}, now);
    };
    EXPECT_EQ(list(R"({"error_code":-4,"message":"không tồn tại"})").value().error().verdict,
              V::Refused);
    EXPECT_EQ(list(R"({"error_code":0,"message":"đã tồn tại","result":[]})").value()->rows.size(),
              0u);
    EXPECT_FALSE(list(R"({"error_code":-2})"));  // the session has ended
}

}  // namespace
}  // namespace dvcsync::portal::test
