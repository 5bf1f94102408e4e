// Endpoints, headers, session, envelope, the forms of an answer, batches, reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/sandbox/sessions.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Request request_to(std::string_view path, std::string body) {
    Request request;
    request.method = "POST";
    request.path = path;
    request.content_type = "application/json";
    request.dstcode = "VN:GOV:000.00.00.G22:vpcpdvcprovider";
    request.body = std::move(body);
    return request;
}

constexpr std::string_view kIntegration = "/VXPAdapter/RestService/forward/mapi/integration";

class PortalCalls : public ::testing::Test {
  protected:
    std::string good_body() const {
        return client_.envelope("DongBoHoSoMC", "[" + to_json(good_dossier()) + "]", "False");
    }
    // The good call with one part of its text replaced.
    Client::Answer send_with(std::string_view part, std::string_view other,
                             std::string_view endpoint = "integration") {
        std::string body = good_body();
        const auto at = body.find(part);
        EXPECT_NE(at, std::string::npos) << part;
        return client_.send(endpoint, body.replace(at, part.size(), other));
    }
    std::vector<std::string> violations() const { return broken_rules(client_.portal.holdings()); }

    Client client_;
};

TEST_F(PortalCalls, BothPathPrefixesAreServed) {
    EXPECT_EQ(client_.send(request_to(kIntegration, good_body())).code, 0);
    EXPECT_EQ(client_.send("integration", good_body()).lines.at(0).code, -3);
}

TEST_F(PortalCalls, WrongHttpIsAnsweredByHttp) {
    EXPECT_EQ(client_.send(request_to("/XrdAdapter/RestService/forward/mapi", "{}")).status, 404);
    auto get = request_to(kIntegration, good_body());
    get.method = "GET";
    EXPECT_EQ(client_.send(get).status, 405);
    for (const std::string_view type : {"", "text/json", "application/jsonp", "application/jso"}) {
        auto request = request_to(kIntegration, good_body());
        request.content_type = type;
        EXPECT_EQ(client_.send(request).status, 415) << type;
    }
    auto request = request_to(kIntegration, good_body());
    request.content_type = "Application/JSON;charset=UTF-8";
    EXPECT_EQ(client_.send(request).code, 0);
}

TEST_F(PortalCalls, DestinationCodeComesAsHeaderOrAsQuery) {
    auto request = request_to(kIntegration, good_body());
    request.dstcode = "";
    EXPECT_EQ(client_.send(request).code, -1);
    request.dstcode = "VN:GOV:000.00.00.G22:other";
    EXPECT_EQ(client_.send(request).code, -1);
    EXPECT_THAT(violations(), ElementsAre("envelope.dstcode:code"));
    request.dstcode = "";
    request.query = "providerurl=x&dstcode=VN%3AGOV:000.00.00.G22%3avpcpdvcprovider";
    EXPECT_EQ(client_.send(request).code, 0);
    request.dstcode = "VN:GOV:000.00.00.G22:other";
    EXPECT_EQ(client_.send(request).code, -1);
}

TEST_F(PortalCalls, WhatIsNotOneJsonObjectIsRefused) {
    for (std::string body : {"", "[]", "\"x\"", "{", "{}x", "{'a':1}", "{\"a\":01}", "{\"a\":1,}",
                             "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{/**/}"}) {
        const auto answer = client_.send("integration", body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_EQ(answer.code, -1) << body;
    }
    EXPECT_EQ(client_.send("integration", good_body() + std::string("\0x", 2)).status, 400);
    const std::string deep(200'000, '[');
    EXPECT_EQ(client_.send("integration", "{\"a\":" + deep).status, 400);
    EXPECT_THAT(violations(), ElementsAre("envelope.body:json"));
}

TEST_F(PortalCalls, LoginNeedsExactlyTheRightTwo) {
    EXPECT_EQ(client_.session.size(), 32U);
    for (const std::string_view body :
         {R"({"username":"u","password":"x"})", R"({"username":"x","password":"p"})",
          R"({"username":"u"})", R"({"username":"u","password":1})", R"({})",
          R"({"username":"u","password":"p","more":"x"})"}) {
        const auto answer = client_.send("login", std::string(body));
        EXPECT_EQ(answer.code, -1) << body;
        EXPECT_THAT(answer.raw, Not(HasSubstr("session")));
    }
}

TEST_F(PortalCalls, ASessionIsNeeded) {
    EXPECT_EQ(send_with(client_.session, "00000000000000000000000000000000").code, -2);
    EXPECT_EQ(send_with(client_.session, "").code, -2);
    EXPECT_EQ(send_with("\"session\":", "\"sesion\":").code, -2);
    EXPECT_EQ(send_with("\"" + client_.session + "\"", "7").code, -2);
    EXPECT_EQ(client_.portal.holdings().dossiers().size(), 0U);
}

TEST_F(PortalCalls, AnEnvelopeIsComplete) {
    EXPECT_EQ(send_with("000.00.00.H22\"", "000.00.00.H23\"").code, -1);
    EXPECT_EQ(send_with("\"service\":\"DongBoHoSoMC\"", "\"service\":\"DongBoHoSo\"").code, -1);
    EXPECT_EQ(send_with("\"isUpdating\":\"False\"", "\"isUpdating\":false").code, -1);
    EXPECT_EQ(send_with("\"isUpdating\":\"False\"", "\"isUpdating\":\"false\"").code, -1);
    EXPECT_EQ(send_with("\"isUpdating\":\"False\",", "").code, -1);
    EXPECT_EQ(send_with("\"isUpdating\":", "\"x\":\"\",\"isUpdating\":").code, -1);
    EXPECT_EQ(send_with("\"isUpdating\":", "\"madonvi\":\"000.00.00.H22\",\"isUpdating\":").code,
              -1);
    EXPECT_EQ(send_with("\"data\":", "\"data\":[],\"data\":").code, -1);
    EXPECT_EQ(send_with("\"data\":", "\"dat\":").code, -1);
    EXPECT_THAT(violations(), ElementsAre("envelope.(…):unknown", "envelope.data:missing",
                                          "envelope.data:repeated", "envelope.isUpdating:code",
                                          "envelope.isUpdating:missing", "envelope.isUpdating:type",
                                          "envelope.madonvi:code", "envelope.madonvi:repeated",
                                          "envelope.service:code"));
    EXPECT_EQ(client_.portal.holdings().dossiers().size(), 0U);
}

TEST_F(PortalCalls, IsUpdatingIsAbsentWhereTheServiceHasNone) {
    for (const std::string_view service : {"CapNhatTienDoHoSoMC", "DongBoThongKeHoSo"})
        EXPECT_EQ(client_.send("integration", client_.envelope(service, "[{}]", "False")).code, -1);
    EXPECT_THAT(violations(), ElementsAre("envelope.isUpdating:unknown"));
}

TEST_F(PortalCalls, AServiceAnswersAtItsOwnEndpointOnly) {
    EXPECT_EQ(client_.send("share", good_body()).code, -1);
    const std::string read = client_.envelope("LayDanhSachTTHC", "[]", "");
    EXPECT_EQ(client_.send("integration", read).code, -1);
    EXPECT_THAT(violations(), ElementsAre("envelope.service:endpoint"));
}

TEST_F(PortalCalls, DataHasTheShapeOfItsService) {
    EXPECT_EQ(client_.send("integration", client_.envelope("DongBoHoSoMC", "{}", "False")).code,
              -1);
    EXPECT_EQ(client_.send("integration", client_.envelope("DongBoHoSoMC", "[]", "False")).code,
              -1);
    const auto wrong_item =
        client_.send("integration", client_.envelope("DongBoHoSoMC", "[7]", "False"));
    EXPECT_EQ(wrong_item.lines.at(0).code, -1);
    EXPECT_THAT(violations(), ElementsAre("DongBoHoSoMC.data[]:type", "envelope.data:empty",
                                          "envelope.data:type"));
}

TEST_F(PortalCalls, TheStatusOfAPortalDossierIsOneObject) {
    const auto send = [&](std::string_view type) {
        std::string body =
            client_.envelope("DongBoTrangThaiHoSo", to_json(good_portal_status()), "");
        body.insert(1, "\"type\":\"" + std::string(type) + "\",");
        return client_.send("integration", body);
    };
    client_.portal.file(good_submission(), false);
    const auto answer = send("2");
    EXPECT_EQ(answer.code, 0);
    EXPECT_THAT(answer.lines, IsEmpty());
    EXPECT_EQ(send("1").code, -1);
    EXPECT_EQ(client_.send("integration", client_.envelope("DongBoTrangThaiHoSo", "[]", "")).code,
              -1);
    EXPECT_EQ(client_.portal.holdings().submissions().figures().by_status.at(5), 1U);
}

TEST(PortalSessions, EndAfterTheirTimeAndAfterTheirCalls) {
    using std::chrono::seconds;
    const auto start = Sessions::Clock::now();
    Sessions by_time(seconds(10), 0);
    const auto first = by_time.open(start);
    EXPECT_TRUE(by_time.use(first, start + seconds(9)));
    EXPECT_FALSE(by_time.use(first, start + seconds(10)));
    Sessions by_calls(seconds(10), 2);
    const auto second = by_calls.open(start);
    EXPECT_TRUE(by_calls.use(second, start));
    EXPECT_TRUE(by_calls.use(second, start));
    EXPECT_FALSE(by_calls.use(second, start));
    EXPECT_NE(by_calls.open(start), second);
}

TEST(PortalSessions, AreBounded) {
    const auto start = Sessions::Clock::now();
    Sessions sessions(std::chrono::seconds(10), 0);
    const auto oldest = sessions.open(start);
    for (std::size_t i = 0; i < Sessions::kMaxSessions; ++i)
        sessions.open(start + std::chrono::seconds(1));
    EXPECT_FALSE(sessions.use(oldest, start + std::chrono::seconds(1)));
}

TEST(PortalAnswers, ErrorCodeComesInTheFormThatIsSet) {
    const auto raw = [](CodeForm form) {
        Client client({.code_form = form});
        const auto answer = client.push("DongBoHoSoMC", {});
        return client.read("LayDanhSachTTHC", "").raw.substr(0, 18) + answer.raw.substr(0, 18);
    };
    EXPECT_EQ(raw(CodeForm::Number), R"({"error_code":0,"m{"error_code":-1,")");
    EXPECT_EQ(raw(CodeForm::String), R"({"error_code":"0",{"error_code":"-1")");
    EXPECT_EQ(raw(CodeForm::Padded), R"({"error_code":"00"{"error_code":"-1")");
}

TEST(PortalAnswers, MixedAlternatesByCall) {
    Client client;
    const bool first = client.read("LayDanhSachTTHC", "").code_is_string;
    EXPECT_EQ(client.read("LayDanhSachTTHC", "").code_is_string, !first);
    EXPECT_EQ(client.read("LayDanhSachTTHC", "").code_is_string, first);
}

TEST(PortalAnswers, EachItemHasItsLineInOrder) {
    Client client;
    const Document first = good_dossier("000.00.01.H22-190301-0001");
    const Document second = good_dossier("000.00.01.H22-190301-0002");
    Document bad = good_dossier("000.00.01.H22-190301-0003");
    set(bad, "HinhThuc", "5");
    const auto all = client.push("DongBoHoSoMC", {&first});
    EXPECT_EQ(all.code, 0);
    EXPECT_THAT(all.message, HasSubstr("thành công"));
    ASSERT_EQ(all.lines.size(), 1U);
    EXPECT_EQ(all.lines[0].key, "000.00.01.H22-190301-0001");

    const auto some = client.push("DongBoHoSoMC", {&first, &bad, &second});
    EXPECT_EQ(some.code, 1);
    ASSERT_EQ(some.lines.size(), 3U);
    EXPECT_EQ(some.lines[0].code, -3);
    EXPECT_EQ(some.lines[1].code, -1);
    EXPECT_THAT(some.lines[1].message, HasSubstr("HinhThuc"));
    EXPECT_EQ(some.lines[1].key, "000.00.01.H22-190301-0003");
    EXPECT_EQ(some.lines[2].code, 0);
    EXPECT_EQ(client.portal.holdings().dossiers().size(), 2U);
}

class WholeBatches : public ::testing::Test {
  protected:
    Client client_{{.answer_form = AnswerForm::Whole}};
};

TEST_F(WholeBatches, OneBadItemRefusesAllAndKeepsNothing) {
    const Document first = good_dossier("000.00.01.H22-190301-0001");
    Document bad = good_dossier("000.00.01.H22-190301-0002");
    set(bad, "HinhThuc", "5");
    const auto answer = client_.push("DongBoHoSoMC", {&first, &bad});
    EXPECT_EQ(answer.code, -1);
    EXPECT_THAT(answer.lines, IsEmpty());
    EXPECT_THAT(answer.message, HasSubstr("1/2"));
    EXPECT_EQ(client_.portal.holdings().dossiers().size(), 0U);
    EXPECT_EQ(client_.portal.holdings().items().get(Service::DongBoHoSoMC, Code::Ok), 0U);
    EXPECT_EQ(client_.push("DongBoHoSoMC", {&first}).code, 0);
}

TEST_F(WholeBatches, AKnownOneRefusesAllToo) {
    const Document first = good_dossier("000.00.01.H22-190301-0001");
    const Document second = good_dossier("000.00.01.H22-190301-0002");
    client_.push("DongBoHoSoMC", {&first});
    EXPECT_EQ(client_.push("DongBoHoSoMC", {&second, &first}).code, -1);
    EXPECT_EQ(client_.portal.holdings().dossiers().size(), 1U);
    const auto alone = client_.push("DongBoHoSoMC", {&first});
    EXPECT_EQ(alone.code, -3);
    EXPECT_THAT(alone.message, HasSubstr("đã tồn tại"));
}

TEST_F(WholeBatches, EveryKindOfRecordIsTakenBack) {
    Document dossier = good_dossier();
    const Document procedure = good_procedure();
    const Document statistics = good_statistics();
    const Document step = good_step();
    client_.push("DongBoHoSoMC", {&dossier});
    client_.push("DongBoTTHC", {&procedure});
    client_.push("DongBoThongKeHoSo", {&statistics});
    client_.push("CapNhatTienDoHoSoMC", {&step});

    const Document later = good_step(kCode, "20190305080000");
    EXPECT_EQ(client_.push("CapNhatTienDoHoSoMC", {&later, &step}).code, -1);
    set(dossier, "LoaiDoiTuong", "2");
    set(dossier, "TrangThaiHoSo", "9");
    const Document unknown = good_dossier("000.00.01.H22-190301-0009");
    Document twice = good_dossier();
    set(twice, "TrangThaiHoSo", "4");
    EXPECT_EQ(client_.push("DongBoHoSoMC", {&dossier, &twice, &unknown}, "True").code, -1);
    Document amended = good_procedure();
    set(amended, "TRANGTHAI", "2");
    const Document unknown_procedure = good_procedure("2.002492");
    EXPECT_EQ(client_.push("DongBoTTHC", {&amended, &unknown_procedure}, "True").code, -1);
    EXPECT_EQ(client_.push("DongBoTTHC", {&unknown_procedure, &procedure}, "False").code, -1);
    Document replaced = good_statistics();
    set(replaced, "TenDonVi", "Tên khác");
    Document other_month = good_statistics();
    set(other_month, "Thang", "4");
    Document wrong = good_statistics();
    set(wrong, "Thang", "13");
    EXPECT_EQ(client_.push("DongBoThongKeHoSo", {&replaced, &other_month, &wrong}).code, -1);

    const Holdings& holdings = client_.portal.holdings();
    EXPECT_EQ(holdings.dossiers().find(kCode)->status, 10);
    EXPECT_EQ(holdings.dossiers().find(kCode)->versions, 1U);
    EXPECT_EQ(holdings.dossiers().find(kCode)->steps.size(), 1U);
    EXPECT_EQ(holdings.procedures().size(), 1U);
    EXPECT_EQ(holdings.procedures().find("1.005129")->state, 1);
    EXPECT_EQ(holdings.statistics().size(), 1U);
    holdings.statistics().each([](const MonthOfAgency&, const Statistics& row) {
        EXPECT_EQ(row.agency_name, "Sở Tư pháp");
    });
}

TEST(PortalBatches, AreBounded) {
    Client client({.max_batch = 2});
    const Document a = good_dossier("000.00.01.H22-190301-0001");
    const Document b = good_dossier("000.00.01.H22-190301-0002");
    const Document c = good_dossier("000.00.01.H22-190301-0003");
    EXPECT_EQ(client.push("DongBoHoSoMC", {&a, &b, &c}).code, -1);
    EXPECT_THAT(broken_rules(client.portal.holdings()), ElementsAre("envelope.data:members"));
    EXPECT_EQ(client.push("DongBoHoSoMC", {&a, &b}).code, 0);
}

TEST(PortalReads, AnswerFromWhatIsHeld) {
    Client client;
    const Document dossier = good_dossier();
    const Document procedure = good_procedure();
    const Document statistics = good_statistics();
    const std::string question = R"(,"mahoso":"000.00.01.H22-190301-0001")";
    EXPECT_THAT(client.read("TraCuuHoSo", question).raw, HasSubstr(R"("result":[])"));
    client.push("DongBoHoSoMC", {&dossier});
    client.push("DongBoTTHC", {&procedure});
    client.push("DongBoThongKeHoSo", {&statistics});
    EXPECT_THAT(client.read("TraCuuHoSo", question).raw, HasSubstr(R"("TrangThaiHoSo":"10")"));
    EXPECT_THAT(client.read("LayThuTuc", R"(,"maTTHC":"1.005129")").raw,
                HasSubstr(to_json(procedure)));
    EXPECT_THAT(client.read("LayThuTuc", R"(,"maTTHC":"2.002492")").raw, HasSubstr("Bốn"));
    EXPECT_THAT(client.read("LayThuTuc", R"(,"maTTHC":"9.999999")").raw,
                HasSubstr(R"("result":[])"));
    EXPECT_THAT(client.read("LayDanhSachTTHC", "").raw, HasSubstr(R"(Hai, \"ba\")"));
    EXPECT_THAT(client.read("LayDanhMucLinhVuc", "").raw, HasSubstr("LV-1"));
    EXPECT_THAT(client.read("LayDanhMucCoQuan", "").raw, HasSubstr("Sở Tư pháp"));
    EXPECT_EQ(client.read("LayDanhMucCoQuan", R"(,"mahoso":"x")").code, -1);
    EXPECT_EQ(client.read("TraCuuHoSo", "").code, -1);
    EXPECT_EQ(client.read("LayQDCB", "").code, -1);
}

TEST(PortalReads, TechnicalIdIsTheSameForTheSamePerson) {
    Client client({.code_form = CodeForm::Number});
    const auto ask = [&](std::string_view number) {
        return client.read("TraCuuTechID",
                           R"(,"provider":"wso2is","mstorcmnd":")" + std::string(number) + "\"");
    };
    EXPECT_EQ(ask("000000000000").raw, ask("000000000000").raw);
    EXPECT_NE(ask("000000000000").raw, ask("000000001").raw);
    EXPECT_EQ(ask("0000000000-001").code, 0);
    EXPECT_EQ(ask("12345").code, -1);
    EXPECT_EQ(ask("0000000000-0a1").code, -1);
    EXPECT_EQ(client.read("TraCuuTechID", R"(,"provider":"x","mstorcmnd":"000000000")").code, -1);
}

TEST(PortalThreads, ManyCallersLoseAndDoubleNothing) {
    Client client;
    constexpr int kCallers = 4;
    constexpr int kDossiers = 100;
    std::vector<std::thread> callers;
    callers.reserve(kCallers);
    for (int caller = 0; caller < kCallers; ++caller)
        callers.emplace_back([&client] {
            // All send the same: each record is accepted exactly once.
            for (int i = 0; i < kDossiers; ++i) {
                const auto code = "000.00.01.H22-190301-" + std::to_string(1000 + i);
                const Document dossier = good_dossier(code);
                const Document step = good_step(code);
                client.push("DongBoHoSoMC", {&dossier});
                client.push("CapNhatTienDoHoSoMC", {&step});
            }
        });
    for (auto& caller : callers)
        caller.join();
    const Holdings& holdings = client.portal.holdings();
    EXPECT_EQ(holdings.dossiers().size(), std::size_t{kDossiers});
    for (const auto service : {Service::DongBoHoSoMC, Service::CapNhatTienDoHoSoMC}) {
        EXPECT_EQ(holdings.items().get(service, Code::Ok), std::uint64_t{kDossiers});
        EXPECT_EQ(holdings.items().get(service, Code::Exists),
                  std::uint64_t{kDossiers} * (kCallers - 1));
    }
}

class Wrapper : public ::testing::Test {
  protected:
    static PortalSettings settings() {
        PortalSettings settings;
        settings.wrapper = true;
        return settings;
    }
    Client::Answer send(std::string_view query, std::string body) {
        auto request = request_to("/api/SynsTTHCC/DongBoHoSoMC", std::move(body));
        request.dstcode = {};
        request.query = query;
        return client_.send(request);
    }

    Client client_{settings()};
    const std::string new_ = "MaDinhDanhDV=000.00.00.H22&isUpdating=False";
};

TEST_F(Wrapper, TakesABareArrayWithoutASession) {
    const auto dossiers = "[" + to_json(good_dossier()) + "]";
    EXPECT_EQ(send(new_, dossiers).lines.at(0).code, 0);
    EXPECT_EQ(send(new_, dossiers).lines.at(0).code, -3);
    EXPECT_EQ(send("isUpdating=True&MaDinhDanhDV=000.00.00.H22", dossiers).code, 0);
}

TEST_F(Wrapper, RefusesWhatIsNotItsForm) {
    const auto dossiers = "[" + to_json(good_dossier()) + "]";
    for (const std::string query : {"", "MaDinhDanhDV=000.00.00.H22", "isUpdating=False",
                                    "MaDinhDanhDV=000.00.00.H22&isUpdating=false",
                                    "MaDinhDanhDV=000.00.00.H22&isUpdating=False&isUpdating=True",
                                    "MaDinhDanhDV=000.00.00.H22&isUpdating=False&session=x",
                                    "MaDinhDanhDV=000.00.00.H23&isUpdating=False"})
        EXPECT_EQ(send(query, dossiers).code, -1) << query;
    EXPECT_EQ(send(new_, to_json(good_dossier())).status, 400);
    EXPECT_EQ(send(new_, "[]").status, 400);
    EXPECT_EQ(send(new_, "[{]").status, 400);
    EXPECT_EQ(client_.send("integration", "{}").status, 404);
    EXPECT_EQ(client_.portal.holdings().dossiers().size(), 0U);
}

}  // namespace
}  // namespace dvcsandbox::testing
