// The portal of 2026: each of its rules refused once and kept once.
#include "tests/sandbox/ministry.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dvcsandbox::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string replaced(std::string text, std::string_view part, std::string_view other) {
    const auto at = text.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return at == std::string::npos ? text : text.replace(at, part.size(), other);
}

class MinistryTest : public ::testing::Test {
  protected:
    static MinistrySettings settings() {
        return {.client = "c", .secret = "s & t", .agency = "000.00.00.H22", .day = "20260609"};
    }
    Reply post(std::string path, std::string body,
               std::string type = "application/json; charset=utf-8") {
        Request request;
        request.method = "POST";
        request.path = std::move(path);
        request.content_type = std::move(type);
        request.authorization = token.empty() ? "" : "Bearer " + token;
        request.body = std::move(body);
        Reply reply = portal.handle(request);
        if (reply.told) reply.told(true);
        return reply;
    }
    void log_in() {
        const auto body = post("/oauth2/token",
                               "grant_type=client_credentials&client_id=c&client_secret=s+%26%20t",
                               "application/x-www-form-urlencoded")
                              .body;
        constexpr std::string_view before = R"("access_token":")";
        const auto at = body.find(before);
        ASSERT_NE(at, std::string::npos) << body;
        token = body.substr(at + before.size(),
                            body.find('"', at + before.size()) - at - before.size());
    }
    std::string code() {
        const auto body = post("/api/GetNextValue", R"({"code":"000.00.00.H22"})").body;
        constexpr std::string_view before = R"("data":")";
        const auto at = body.find(before) + before.size();
        return body.substr(at, body.find('"', at) - at);
    }
    static std::string dossier(const std::string& code) {
        return fmt::format(
            R"({{"MaHoSo":"{}","MaTTHC":"1.005129","MaDichVuCong":"1.005129","ChuHoSo":"A",)"
            R"("LoaiDoiTuong":0,"MaDonViTiepNhan":"000.00.01.H22","NgayNop":"",)"
            R"("NgayTiepNhan":"2019-03-01 08:00:00","ThanhPhanHoSo":[{{"MaThanhPhanHoSo":"",)"
            R"("TenThanhPhanHoSo":"B","SoLuong":1,"LoaiBan":2,"GiayToDinhKem":[]}}],)"
            R"("ThongTinNguoiNop":{{"LoaiDoiTuong":0,"IdDoiTuong":"",)"
            R"("ThongTinChiTiet":{{"TenNguoiNop":"A"}}}}}})",
            code);
    }
    static std::string state(const std::string& code, int status, std::string more = "") {
        return fmt::format(R"([{{"IdHoSo":"","MaHoSo":"{}","TrangThai":{}{}}}])", code, status,
                           more);
    }
    static std::string step(const std::string& code) {
        return fmt::format(R"([{{"IDHoSo":"","MaHoSo":"{}","NguoiXuLy":"A","ThoiDiemXuLy":)"
                           R"("2019-03-01T08:00:00.000","NoiDungXuLy":"B","TrangThai":2}}])",
                           code);
    }

    std::string token;
    Ministry portal{settings()};
};

TEST_F(MinistryTest, ATokenNeedsTheRightClientAndIsNeededForTheRest) {
    EXPECT_EQ(post("/api/GetNextValue", R"({"code":"000.00.00.H22"})").status, 401);
    EXPECT_EQ(post("/oauth2/token",
                   R"({"grant_type":"client_credentials","client_id":"c","client_secret":"x"})")
                  .status,
              401);
    EXPECT_EQ(post("/oauth2/token", R"({"grant_type":"password"})").status, 400);
    log_in();
    EXPECT_EQ(code(), "000.00.00.H22-20260609-0000001");
    EXPECT_EQ(code(), "000.00.00.H22-20260609-0000002");
    token = "x" + token;
    EXPECT_EQ(post("/api/GetNextValue", R"({"code":"000.00.00.H22"})").status, 401);
}

TEST_F(MinistryTest, PathsMethodsTypesAndBodiesAreTheContracts) {
    log_in();
    EXPECT_EQ(post("/api/NoSuchService", "{}").status, 404);
    EXPECT_EQ(post("/oauth2", "{}").status, 404);
    EXPECT_EQ(post("/api/NoiHoSo", "{}", "text/plain").status, 415);
    EXPECT_EQ(post("/api/NoiHoSo", "[]").status, 400);
    EXPECT_EQ(post("/api/NoiHoSo", "{").status, 400);
    EXPECT_EQ(post("/api/CapNhatTrangThai", "{}").status, 400);
    EXPECT_EQ(post("/api/CapNhatTrangThai", "[]").status, 400);
    EXPECT_EQ(post("/api/GetNextValue", R"({"code":"H99"})").status, 400);
}

TEST_F(MinistryTest, ADossierIsCreatedOnceUnderACodeThatWasGiven) {
    log_in();
    const auto mine = code();
    EXPECT_THAT(post("/api/NoiHoSo", dossier("000.00.00.H22-20260609-0000009")).body,
                HasSubstr("not-given"));
    EXPECT_EQ(post("/api/NoiHoSo", dossier(mine)).status, 200);
    const auto again = post("/api/NoiHoSo", dossier(mine));
    EXPECT_EQ(again.status, 400);
    EXPECT_THAT(again.body, HasSubstr("đã tồn tại"));
    code();
    const auto report = portal.report(2019);
    for (const char* const part :
         {R"("dossiers_held":1)", R"("received":1)", R"("codes_given":2)", R"("codes_unused":1)",
          R"("dossiers_without_state":1)", R"("resent_after_answer":1)",
          R"("duplicates_refused":{"dossiers":1)", "NoiHoSo.MaHoSo:not-given"})
        EXPECT_THAT(report, HasSubstr(part));
}

TEST_F(MinistryTest, EachRuleOfADossierIsKept) {
    log_in();
    const auto mine = code();
    const std::tuple<const char*, const char*, const char*> rules[] = {
        {R"("LoaiDoiTuong":0,"MaDon)", R"("LoaiDoiTuong":"0","MaDon)", "LoaiDoiTuong:type"},
        {R"("LoaiDoiTuong":0,"MaDon)", R"("LoaiDoiTuong":3,"MaDon)", "LoaiDoiTuong:code"},
        {R"("ChuHoSo":"A",)", "", "ChuHoSo:missing"},
        {R"("ChuHoSo":"A")", R"("ChuHoSo":" ")", "ChuHoSo:empty"},
        {"2019-03-01 08:00:00", "20190301080000", "NgayTiepNhan:time"},
        {"2019-03-01 08:00:00", "2019-02-30 08:00:00", "NgayTiepNhan:time"},
        {R"("LoaiBan":2)", R"("LoaiBan":5)", "ThanhPhanHoSo[].LoaiBan:code"},
        {R"("SoLuong":1)", R"("SoLuong":0)", "ThanhPhanHoSo[].SoLuong:code"},
        {R"("NgayNop":"")", R"("NgayNopX":"")", "NgayNopX:unknown"},
        {R"("NgayNop":"")", R"("ChuHoSo":"C")", "ChuHoSo:twice"},
        {"1.005129", "1.0051", "MaTTHC:code"},
        {R"("GiayToDinhKem":[])",
         R"("GiayToDinhKem":[{"IdGiayTo":"1","TenGiayTo":"B","HashTepTin":"00"}])", "not-uploaded"},
    };
    for (const auto& [part, other, rule] : rules) {
        const auto reply = post("/api/NoiHoSo", replaced(dossier(mine), part, other));
        EXPECT_EQ(reply.status, 400) << rule;
        EXPECT_THAT(reply.body, HasSubstr(rule));
        EXPECT_THAT(portal.report(2019), HasSubstr(rule));
    }
    EXPECT_EQ(post("/api/NoiHoSo", dossier(mine)).status, 200);
}

TEST_F(MinistryTest, AStateIsOfADossierThatIsThere) {
    log_in();
    const auto mine = code();
    EXPECT_EQ(post("/api/CapNhatTrangThai", state(mine, 4)).status, 404);
    post("/api/NoiHoSo", dossier(mine));
    EXPECT_EQ(post("/api/CapNhatTrangThai", state(mine, 4)).status, 200);
    EXPECT_THAT(portal.report(2019), HasSubstr(R"("by_status":{"4":1})"));
    EXPECT_THAT(portal.report(2019), HasSubstr(R"("dossiers_without_state":0)"));
    EXPECT_EQ(post("/api/CapNhatTrangThai", state(mine, 11)).status, 400);
    const std::string fees = R"(,"DanhSachLePhi":[{"Gia":"1"}])";
    EXPECT_EQ(post("/api/CapNhatTrangThai", state(mine, 4, fees)).status, 400);
    for (const int status : {5, 6, 9})
        EXPECT_EQ(post("/api/CapNhatTrangThai", state(mine, status, fees)).status, 200);
    // Of several, each has its line.
    const auto two =
        post("/api/CapNhatTrangThai", replaced(state(mine, 9), "]", "," + state("X", 9).substr(1)));
    EXPECT_EQ(two.status, 200);
    EXPECT_THAT(two.body, HasSubstr(R"({"code":1)"));
    EXPECT_THAT(two.body, HasSubstr(R"({"MaHoSo":"X","code":-4)"));
}

TEST_F(MinistryTest, ADossierNamesFilesThatWereUploadedWithTheirHash) {
    const auto form = [](const std::string& name, const std::string& content) {
        return "--B\r\nContent-Disposition: form-data; name=\"file\"" + name + "\r\n\r\n" +
               content + "\r\n--B--\r\n";
    };
    const std::string type = "multipart/form-data; boundary=B";
    const std::string named = R"(; filename="a.pdf")";
    EXPECT_EQ(post("/api/UploadFile", form(named, "x"), type).status, 401);
    log_in();
    EXPECT_EQ(post("/api/UploadFile", "{}").status, 400) << "not JSON";
    EXPECT_EQ(post("/api/UploadFile", form("", "x"), type).status, 400) << "no file";
    EXPECT_EQ(post("/api/UploadFile", form(named, ""), type).status, 400) << "empty";
    EXPECT_EQ(post("/api/UploadFile", form(R"(; filename="a")", "x"), type).status, 400);
    const auto taken = post("/api/UploadFile", form(named, "x"), type);
    EXPECT_EQ(taken.status, 200);
    const std::string id = "7e900000-0000-4000-8000-000000000001";
    const std::string hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    EXPECT_THAT(taken.body, HasSubstr(R"("IdTepTin":")" + id + R"(","HashTepTin":")" + hash));
    const auto mine = code();
    const auto with = [&](const std::string& file, const std::string& sum) {
        return post("/api/NoiHoSo",
                    replaced(dossier(mine), R"("GiayToDinhKem":[])",
                             fmt::format(R"("GiayToDinhKem":[{{"IdGiayTo":"{}","MaKetQua":"",)"
                                         R"("TenGiayTo":"A","HashTepTin":"{}"}}])",
                                         file, sum)))
            .body;
    };
    EXPECT_THAT(with("F-1", hash), HasSubstr("not-uploaded"));
    EXPECT_THAT(with(id, "0000"), HasSubstr("HashTepTin:other"));
    EXPECT_THAT(portal.report(2019),
                HasSubstr(R"("files_taken":1,"files_named":0,"files_unused":1)"));
    EXPECT_THAT(with(id, hash), HasSubstr(R"({"code":0)"));
    EXPECT_THAT(portal.report(2019),
                HasSubstr(R"("files_taken":1,"files_named":1,"files_unused":0)"));
}

TEST_F(MinistryTest, AStepIsKeptOnce) {
    log_in();
    const auto mine = code();
    EXPECT_EQ(post("/api/CapNhatTienTrinh", step(mine)).status, 404);
    post("/api/NoiHoSo", dossier(mine));
    EXPECT_EQ(post("/api/CapNhatTienTrinh", step(mine)).status, 200);
    EXPECT_THAT(post("/api/CapNhatTienTrinh", step(mine)).body, HasSubstr("đã tồn tại"));
    EXPECT_EQ(
        post("/api/CapNhatTienTrinh", replaced(step(mine), "08:00:00.000", "08:00:00")).status,
        400);
    EXPECT_THAT(portal.report(2019), HasSubstr(R"("progress_rows":1)"));
    EXPECT_THAT(portal.report(2019), HasSubstr(R"("resent_after_answer":1)"));
}

TEST_F(MinistryTest, OneAnswerForAllWhereItIsSetSo) {
    auto whole = settings();
    whole.whole_answers = whole.string_codes = true;
    Ministry other(whole);
    Request request;
    request.method = "POST";
    request.path = "/oauth2/token";
    request.content_type = "application/json";
    request.body = R"({"grant_type":"client_credentials","client_id":"c","client_secret":"s & t"})";
    const auto body = other.handle(request).body;
    EXPECT_THAT(body, HasSubstr(R"("expires_in":3600)"));
    request.authorization = "Bearer " + body.substr(17, 32);
    request.path = "/api/CapNhatTrangThai";
    request.body = replaced(state("X", 9), "]", "," + state("Y", 9).substr(1));
    const auto reply = other.handle(request);
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr(R"({"code":"-1")"));
    EXPECT_THAT(reply.body, HasSubstr(R"("data":null)"));
}

}  // namespace
}  // namespace dvcsandbox::testing
