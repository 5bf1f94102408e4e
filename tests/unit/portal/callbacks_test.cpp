// What the portal calls by itself: the paths, the bodies, the answers.
#include "connector/portal/callbacks.h"

#include <gmock/gmock.h>
#include <rapidjson/document.h>

#include <chrono>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/portal.h"

namespace dvcsync::portal::test {
namespace {

using ::testing::ElementsAre;
using Body = Callbacks::Body;
using Kind = Callbacks::Kind;
using Said = Callbacks::Said;
using What = Callbacks::Body::What;

const std::string forward = "/XrdAdapter/RestService/forward/";

const Callbacks& mapi() {
    static const auto callbacks =
        *Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml")->callbacks();
    return callbacks;
}

Body body_of(const std::string& callback, std::string_view body) {
    const auto match = mapi().match(forward + callback);
    EXPECT_TRUE(match) << callback;
    return match ? match->reading_for(body) : Body{};
}

TEST(CallbackPath, IsKnownUnderEveryPrefix) {
    for (const std::string prefix :
         {"/XrdAdapter/RestService/forward/", "/VXPAdapter/RestService/forward/"}) {
        EXPECT_EQ(mapi().match(prefix + "nhanhsdvcqg").value().kind(), Kind::Reading);
        EXPECT_EQ(mapi().match(prefix + "addtthcKhuyenMai").value().kind(), Kind::Reading);
        EXPECT_EQ(mapi().match(prefix + "nhantbthuedvcqg").value().kind(), Kind::Reading);
        EXPECT_EQ(mapi().match(prefix + "search/call").value().kind(), Kind::Question);
        const auto file = mapi().match(prefix + "downloadfile/5f0A-b");
        EXPECT_EQ(file.value().kind(), Kind::File);
        EXPECT_EQ(file->id(), "5f0A-b");
        EXPECT_EQ(file->name(), "downloadfile");
    }
}

TEST(CallbackPath, NothingElseMatches) {
    for (const auto& path : std::vector<std::string>{
             "", "/", "nhanhsdvcqg", "/nhanhsdvcqg", forward, forward + "nhanhsdvcqg/",
             forward + "NhanHSDVCQG", forward + "nhanhsdvcqg2", forward + "/nhanhsdvcqg",
             forward + "search", forward + "search/call/1", "/x" + forward + "nhanhsdvcqg",
             "/XrdAdapter/RestService/forward", "/xrdadapter/RestService/forward/nhanhsdvcqg"})
        EXPECT_FALSE(mapi().match(path)) << path;
}

TEST(CallbackPath, TheIdOfAFileIsNoPath) {
    const auto file = forward + "downloadfile";
    EXPECT_TRUE(mapi().match(file + "/" + std::string(limits::max_download_id, 'a')));
    for (const auto& rest : std::vector<std::string>{
             "", "/", "/..", "/../x", "/a/b", "/a.pdf", "/a%2f", "/a b", "/a\n", "/đ", "x",
             "/" + std::string(limits::max_download_id + 1, 'a'), std::string("/a\0b", 4)})
        EXPECT_FALSE(mapi().match(file + rest)) << rest;
}

TEST(CallbackBody, IsReadByItsService) {
    const auto filing = body_of("nhanhsdvcqg", R"({"service":"NhanHoSo","isUpdating":false,)"
                                               R"("data":{"MaTTHC":"1.0","MaHoSoQG":" G22-1 "}})");
    EXPECT_EQ(filing.what, What::Known);
    EXPECT_EQ(filing.reading, "submission");
    EXPECT_EQ(filing.service, "NhanHoSo");
    EXPECT_EQ(filing.code, "G22-1");
    const auto payment =
        body_of("nhanhsdvcqg", R"({"data":{"MaHoSo":"G22-2"},"service":"NhanChungTuThueDat"})");
    EXPECT_EQ(payment.reading, "payment");
    EXPECT_EQ(payment.code, "G22-2") << "the second place, where the first has nothing";
    const auto flat = body_of("addtthcKhuyenMai", R"({"MaHoSo":"G22-3","service":"any"})");
    EXPECT_EQ(flat.reading, "promotion");
    EXPECT_EQ(flat.code, "G22-3");
    const auto notice = body_of("nhantbthuedvcqg", R"({"service":"NhanThongBaoThueDat"})");
    EXPECT_EQ(notice.reading, "tax-notice");
    EXPECT_EQ(notice.code, "");
}

TEST(CallbackBody, AnUnknownServiceIsNamedAndBounded) {
    const auto unknown =
        body_of("nhanhsdvcqg", R"({"service":"Khac\u0007","data":{"MaHoSoQG":"G22-1"}})");
    EXPECT_EQ(unknown.what, What::UnknownService);
    EXPECT_EQ(unknown.service, "Khac ");
    EXPECT_EQ(unknown.code, "G22-1");
    EXPECT_EQ(unknown.reading, "");
    const auto endless =
        body_of("nhanhsdvcqg", R"({"service":"NhanHoSo)" + std::string(1u << 20, 'x') + "\"}");
    EXPECT_EQ(endless.what, What::UnknownService);
    EXPECT_LE(length(endless.service), limits::max_service_name);
    for (const auto* body : {"{}", R"({"service":null})", R"({"service":{"a":1}})",
                             R"({"data":{"service":"NhanHoSo"}})", R"({"service":""})"})
        EXPECT_EQ(body_of("nhanhsdvcqg", body).what, What::UnknownService) << body;
}

TEST(CallbackBody, ACodeThatCannotBeOneIsNone) {
    const auto code_of = [](const std::string& json) {
        return body_of("addtthcKhuyenMai", R"({"MaHoSo":)" + json + "}").code;
    };
    EXPECT_EQ(code_of("12"), "12");
    EXPECT_EQ(code_of("\"" + std::string(limits::max_code, 'x') + "\""),
              std::string(limits::max_code, 'x'));
    EXPECT_EQ(code_of("\"" + std::string(limits::max_code + 1, 'x') + "\""), "");
    EXPECT_EQ(code_of("\"" + std::string(1u << 20, 'x') + "\""), "");
    EXPECT_EQ(code_of(R"("a\u0000b")"), "");
    EXPECT_EQ(code_of(R"("a\nb")"), "");
    for (const auto* json : {"null", "true", "[]", R"(["A"])", R"({"a":"A"})", R"(" ")"})
        EXPECT_EQ(code_of(json), "") << json;
}

TEST(CallbackBody, AQuestionNamesItsDossier) {
    const auto asked = body_of("search/call", R"({"madonvi":"","service":"x","masohoso":"H22-1"})");
    EXPECT_EQ(asked.what, What::Known);
    EXPECT_EQ(asked.reading, "search");
    EXPECT_EQ(asked.code, "H22-1");
    EXPECT_EQ(body_of("search/call", "{}").code, "");
    EXPECT_EQ(body_of("search/call", "x").what, What::Unparsable);
}

struct Bad {
    std::string name;
    std::string body;
    std::string reason;
};

class UnparsableBody : public ::testing::TestWithParam<Bad> {};

TEST_P(UnparsableBody, IsSaidToBe) {
    const auto begin = std::chrono::steady_clock::now();
    for (const auto* callback : {"nhanhsdvcqg", "addtthcKhuyenMai", "search/call"}) {
        const auto body = body_of(callback, GetParam().body);
        EXPECT_EQ(body.what, What::Unparsable);
        EXPECT_EQ(body.reason, GetParam().reason);
        EXPECT_EQ(body.code + body.service + body.reading, "");
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

std::string deep(std::size_t levels) {
    return R"({"data":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

INSTANTIATE_TEST_SUITE_P(
    Each, UnparsableBody,
    ::testing::Values(
        Bad{"Empty", "", "is empty"}, Bad{"Blank", " \n", "is not JSON"},
        Bad{"Html", "<html>", "is not JSON"}, Bad{"Cut", R"({"service":"NhanHoSo")", "is not JSON"},
        Bad{"Trailing", R"({"service":"NhanHoSo"} x)", "is not JSON"},
        Bad{"TwoDocuments", "{}{}", "is not JSON"},
        Bad{"TrailingComma", R"({"a":1,})", "is not JSON"}, Bad{"Comment", "{/**/}", "is not JSON"},
        Bad{"SingleQuotes", "{'a':1}", "is not JSON"},
        Bad{"NotANumber", R"({"a":NaN})", "is not JSON"},
        Bad{"NumberBeyondAll", R"({"a":1e999})", "is not JSON"},
        Bad{"LeadingZero", R"({"a":01})", "is not JSON"},
        Bad{"BadUtf8", "{\"a\":\"\xff\"}", "is not JSON"},
        Bad{"BadUtf8InAName", "{\"\xc3\":1}", "is not JSON"},
        Bad{"HalfASurrogate", R"({"a":"\ud800"})", "is not JSON"},
        Bad{"ControlCharacter", "{\"a\":\"\x01\"}", "is not JSON"},
        Bad{"ZeroByte", std::string("{}\0{", 4), "is not JSON"},
        Bad{"ByteOrderMark", "\xef\xbb\xbf{}", "is not JSON"},
        Bad{"Array", "[]", "is not a JSON object"}, Bad{"Text", R"("a")", "is not a JSON object"},
        Bad{"Number", "1", "is not a JSON object"}, Bad{"Null", "null", "is not a JSON object"},
        Bad{"TenThousandArrays", deep(10'000), "is nested deeper than 64"},
        Bad{"OneTooDeep", deep(limits::max_json_depth), "is nested deeper than 64"},
        Bad{"MillionsOfOpenArrays", R"({"a":)" + std::string(20u << 20, '['),
            "is nested deeper than 64"},
        Bad{"MemberTwice", R"({"service":"NhanHoSo","service":"RutHoSo"})",
            "holds an object with one member twice"},
        Bad{"MemberTwiceByEscape", R"({"service":"NhanHoSo","servic\u0065":"RutHoSo"})",
            "holds an object with one member twice"},
        Bad{"MemberTwiceInside", R"({"data":[{"x":{"a":1,"b":2,"a":1}}]})",
            "holds an object with one member twice"}),
    [](const auto& info) { return info.param.name; });

TEST(CallbackBody, AsDeepAsTheLimitIsRead) {
    EXPECT_EQ(body_of("addtthcKhuyenMai", deep(limits::max_json_depth - 1)).what, What::Known);
}

TEST(CallbackBody, MillionsOfMembersCostNoMoreThanTheirText) {
    std::string body = R"({"MaHoSo":"A")";
    for (int i = 0; i < 1'000'000; ++i)
        body += ",\"" + std::to_string(i) + "\":{}";
    body += "}";
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(body_of("addtthcKhuyenMai", body).code, "A");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(CallbackBody, LongNumbersAreJson) {
    const auto body =
        body_of("addtthcKhuyenMai", R"({"a":1e300,"b":-0.0,"c":123456789012345678901234567890})");
    EXPECT_EQ(body.what, What::Known);
}

TEST(CallbackAnswer, SaysWhatTheProfileSays) {
    const auto object = [](Said said, std::string_view reason = {}) {
        const auto reply = mapi().answer(said, "G22-1", reason);
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
        EXPECT_EQ(reply.retry_after, 0);
        return reply.body;
    };
    EXPECT_EQ(object(Said::Accepted),
              R"({"error_code":0,"message":"G22-1| Tiếp nhận thành công"})");
    EXPECT_EQ(object(Said::Duplicate), R"({"error_code":1,"message":"G22-1| Hồ sơ đã tồn tại"})");
    EXPECT_EQ(object(Said::Refused, "MaHoSo empty"),
              R"({"error_code":-1,"message":"MaHoSo empty"})");
    EXPECT_EQ(object(Said::UnknownService),
              R"({"error_code":-1,"message":"service not supported"})");
    EXPECT_EQ(object(Said::Unanswered), R"({"error_code":"-1","message":"masohoso not found"})");
}

TEST(CallbackAnswer, HasAStatusWhereThereIsNothingToTell) {
    const auto unparsable = mapi().answer(Said::Unparsable);
    EXPECT_EQ(unparsable.status, 500);
    EXPECT_EQ(unparsable.body, "request body incorrect");
    EXPECT_EQ(unparsable.content_type, "text/plain; charset=utf-8");
    const auto missing = mapi().answer(Said::NotFound);
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.body + missing.content_type, "");
    EXPECT_EQ(mapi().answer(Said::TooLarge).status, 413);
    const auto later = mapi().answer(Said::Unavailable);
    EXPECT_EQ(later.status, 503);
    EXPECT_EQ(later.retry_after, 30);
}

TEST(CallbackAnswer, IsJsonWhateverTheCodeHolds) {
    for (const std::string code : {"a\"b", "a\\", "{reason}", "a\",\"error_code\":7,\"x\":\"",
                                   "line\nbreak", "\x01\x1f", "đ"}) {
        const auto reply = mapi().answer(Said::Accepted, code, "no");
        rapidjson::Document document;
        ASSERT_FALSE(document.Parse(reply.body.data(), reply.body.size()).HasParseError()) << code;
        ASSERT_EQ(document.MemberCount(), 2u) << reply.body;
        EXPECT_EQ(document["error_code"].GetInt(), 0);
        EXPECT_EQ(document["message"].GetString(), excerpt(code, 100) + "| Tiếp nhận thành công");
    }
    EXPECT_EQ(mapi().answer(Said::Refused, "A", "\xff").body, R"({"error_code":-1,"message":""})");
    const auto endless = mapi().answer(Said::Refused, "A", std::string(1u << 20, 'x'));
    EXPECT_LT(endless.body.size(), limits::max_message + 100);
}

TEST(Callbacks, NameTheMappingsThatTheyNeed) {
    EXPECT_THAT(mapi().readings(),
                ElementsAre("payment", "promotion", "submission", "tax-notice", "withdrawal"));
    EXPECT_THAT(mapi().question_answers(), ElementsAre("search"));
}

TEST(Callbacks, OutliveTheirProfile) {
    std::optional<Callbacks::Match> match;
    {
        const auto profile = Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml");
        match = profile->callbacks()->match(forward + "nhanhsdvcqg");
    }
    ASSERT_TRUE(match);
    EXPECT_EQ(match->reading_for(R"({"service":"RutHoSo"})").reading, "withdrawal");
}

TEST(Callbacks, AProfileMayHaveNone) {
    const auto profile = Profile::load(DVC_SOURCE_DIR "/tests/data/portal/hagiang.xml");
    ASSERT_TRUE(profile);
    EXPECT_FALSE(profile->callbacks());
}

}  // namespace
}  // namespace dvcsync::portal::test
