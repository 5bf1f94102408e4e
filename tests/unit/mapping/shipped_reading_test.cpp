// The shipped readings: the portal's submissions become the province's XML, byte for byte, and the
// province's answers become what the portal takes.
#include <gmock/gmock.h>

#include "connector/mapping/reading.h"
#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path source_dir = DVC_SOURCE_DIR;

std::string sample(const std::string& name) {
    return content_of(source_dir / "tests/data/mapping" / name);
}

LocalTime moment(std::string_view text) {
    return *TimeFormat::compile("yyyy-MM-dd HH:mm:ss")->parse(text);
}

class ShippedReading : public ::testing::Test {
  protected:
    void SetUp() override {
        auto set = MappingSet::load(source_dir / "mappings", "reference", "mapi-2024");
        ASSERT_TRUE(set) << set.error().message;
        set_ = *std::move(set);
    }

    const Reading& reading(const std::string& name) const {
        const auto* const found = set_.reading(name);
        EXPECT_NE(found, nullptr) << name;
        return *found;
    }
    // Every file as if it were staged, the second one as if it could not be had.
    std::string written(const std::string& name, const std::string& json, int revision = 1) const {
        const auto national = reading(name).read(json);
        if (!national) return "not read: " + national.error().text();
        Handing handing{national->code.empty() ? "notice-0123456789abcdef" : national->code,
                        revision,
                        moment("2026-03-01 08:16:00"),
                        "H22",
                        {}};
        for (std::size_t i = 0; i < national->files.size(); ++i)
            handing.files.push_back(i == 1
                                        ? StagedFile{"", 0, {}, "", false, "not there"}
                                        : StagedFile{"files/0" + std::to_string(i + 1) + "-a", 12,
                                                     Digest{0xAB}, "application/pdf", i == 0, ""});
        const auto xml = reading(name).write(json, handing);
        return xml ? *xml : "not written: " + xml.error().text();
    }
    static std::string changed(std::string text, std::string_view from, std::string_view to) {
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return at == std::string::npos ? text : text.replace(at, from.size(), to);
    }
    tl::expected<Summary, Refusal> summary(std::string_view kind, std::string_view xml) const {
        const auto record = set_.vocabulary().parse(kind, xml);
        EXPECT_TRUE(record) << record.error().message;
        return set_.vocabulary().summary(*record);
    }

    MappingSet set_;
};

TEST_F(ShippedReading, EachSampleBecomesExactlyItsXml) {
    EXPECT_EQ(written("submission", sample("submission-callback.json")), sample("submission.xml"));
    EXPECT_EQ(written("promotion", sample("promotion.json")), sample("promotion.xml"));
    EXPECT_EQ(written("payment", sample("payment.json")), sample("payment.xml"));
    EXPECT_EQ(written("tax-notice", sample("tax-notice.json")), sample("tax-notice.xml"));
    EXPECT_EQ(written("withdrawal", sample("withdrawal.json")), sample("withdrawal.xml"));
}

TEST_F(ShippedReading, TellsTheConnectorWhatItMustKnow) {
    const auto national = reading("submission").read(sample("submission-callback.json"));
    ASSERT_TRUE(national) << national.error().text();
    EXPECT_EQ(national->code, "G22.99.1-260301-000001");
    EXPECT_EQ(national->kind, "filing");
    EXPECT_EQ(national->procedure, "1.005129");
    EXPECT_EQ(national->agency, "H22.1");
    EXPECT_EQ(national->filed, moment("2026-03-01 08:15:00"));
    ASSERT_EQ(national->files.size(), 3u) << "a file without id, name, address and bytes is none";
    EXPECT_EQ(national->files[0].id, "g1");
    EXPECT_EQ(national->files[0].name, "Đơn.pdf");
    EXPECT_EQ(national->files[0].url, "https://files.example.vn/f/2");
    EXPECT_EQ(national->files[0].hash, "AB");
    EXPECT_EQ(national->files[1].base64, "iVBORw==");
    EXPECT_EQ(national->files[2].url, "https://files.example.vn/f/1");
    EXPECT_EQ(national->files[2].name, "Tờ khai");
    EXPECT_EQ(reading("payment").read(sample("payment.json"))->kind, "payment");
    EXPECT_EQ(reading("withdrawal").read(sample("withdrawal.json"))->kind, "withdrawal");
    const auto notice = reading("tax-notice").read(sample("tax-notice.json"));
    ASSERT_TRUE(notice);
    EXPECT_EQ(notice->code, "");
    EXPECT_EQ(notice->kind, "notice");
    EXPECT_EQ(set_.reading("none"), nullptr);
}

TEST_F(ShippedReading, ASupplementIsToldByEitherRoad) {
    const auto& submission = reading("submission");
    const auto kind = [&](const std::string& json) {
        const auto national = submission.read(json);
        return national ? national->kind : national.error().text();
    };
    const std::string callback = sample("submission-callback.json");
    const std::string poll = sample("submission-poll.json");
    EXPECT_EQ(kind(changed(callback, "\"isUpdating\": false", "\"isUpdating\": true")),
              "supplement");
    EXPECT_EQ(kind(changed(poll, "\"isUpdating\": false", "\"isUpdating\": \"True\"")),
              "supplement");
    EXPECT_EQ(kind(changed(poll, "\"isUpdating\": false,", "")), "filing");
    EXPECT_EQ(kind(changed(poll, "\"isUpdating\": false", "\"isUpdating\": \"often\"")),
              "/isUpdating: is neither true nor false");
}

TEST_F(ShippedReading, OneContentHasOneDigestOnBothRoads) {
    const auto& submission = reading("submission");
    const std::string callback = sample("submission-callback.json");
    const auto digest = submission.digest(callback);
    ASSERT_TRUE(digest);
    EXPECT_EQ(submission.digest(sample("submission-poll.json")), digest);
    EXPECT_EQ(submission.digest(changed(callback, "\"isUpdating\": false", "\"isUpdating\": true")),
              digest);
    EXPECT_EQ(submission.digest(changed(callback, "\"SoLuong\": 1", "\"SoLuong\": \"1\"")), digest);
    EXPECT_NE(submission.digest(changed(callback, "\"SoLuong\": 1", "\"SoLuong\": 3")), digest);
    EXPECT_NE(submission.digest(changed(callback, "\"x\": [true]", "\"x\": [false]")), digest)
        << "what no rule names counts too";
    EXPECT_NE(reading("withdrawal").digest(callback), digest);
    EXPECT_FALSE(submission.digest("[]"));
    EXPECT_FALSE(submission.digest("{"));
}

TEST_F(ShippedReading, WhatIsRequiredIsAskedForAtOnceTheRestWhenItIsWritten) {
    const std::string callback = sample("submission-callback.json");
    EXPECT_EQ(written("submission", changed(callback, "G22.99.1-260301-000001", " ")),
              "not read: MaHoSoQG: required, but empty");
    EXPECT_EQ(written("submission", "{\"service\":\"NhanHoSo\"}"),
              "not read: MaHoSoQG: required, but empty");
    EXPECT_EQ(written("payment", "{\"service\":\"NhanChungTuThueDat\"}"),
              "not read: data: required, but there is no such object");
    EXPECT_EQ(written("submission", changed(callback, "20260301081500", "20260331 1230")),
              "not written: NgayNop: (13 characters) is not a date of the form yyyyMMddHHmmss");
    EXPECT_THAT(written("submission",
                        changed(callback, "\"LoaiDoiTuong\": \"1\"", "\"LoaiDoiTuong\": \"9\"")),
                HasSubstr("not written: LoaiDoiTuong: code '9' is not in codes 'applicant-kind'"));
    EXPECT_THAT(written("submission", changed(callback, "\"LoaiBan\": 2", "\"LoaiBan\": 7")),
                HasSubstr("ThanhPhanHoSo[1].LoaiBan: code '7' has no <code>"));
    EXPECT_EQ(written("submission", changed(callback, "\"Đơn\"", "[]")),
              "not written: ThanhPhanHoSo[1].TenThanhPhanHoSo: is an object or list, but a text is "
              "expected");
    EXPECT_EQ(written("submission", changed(callback, "G22.99.1-260301-000001", "G22\\n1")),
              "not read: MaHoSoQG: holds control characters");
    EXPECT_THAT(
        written("submission", changed(callback, "G22.99.1-260301-000001", std::string(101, 'x'))),
        HasSubstr("MaHoSoQG: is 101 characters, at most 100 are allowed"));
    EXPECT_EQ(written("submission", changed(callback, "\"https://files.example.vn/f/2\"", "{}")),
              "not read: ThanhPhanHoSo[1].GiayToDinhKem[1].URL: is an object or list, but a text "
              "is expected");
}

TEST_F(ShippedReading, RefusalsHoldNothingPersonal) {
    std::string json = sample("submission-callback.json");
    json = changed(json, "\"LoaiDinhDanh\": \"1\"", "\"LoaiDinhDanh\": \"002000000001\"");
    json = changed(json, "\"HinhThuc\": \"1\"", "\"HinhThuc\": \"Nguyễn Thử\"");
    json = changed(json, "20260301081500", "Nguyễn Thử");
    const std::string refusal = written("submission", json);
    EXPECT_THAT(refusal, HasSubstr("LoaiDinhDanh: code (12 characters)"));
    for (const char* const personal : {"Nguyễn", "002000000001", "0900000000"})
        EXPECT_THAT(refusal, Not(HasSubstr(personal)));
}

TEST_F(ShippedReading, AHandingMustFitItsDocument) {
    const auto xml =
        reading("withdrawal")
            .write(sample("withdrawal.json"), Handing{"C", 1, {}, "H22", {StagedFile{}}});
    ASSERT_FALSE(xml);
    EXPECT_EQ(xml.error().text(), "files: 1 are handed over, but the document names 0");
}

TEST_F(ShippedReading, AnAnswerBecomesOneStatusRowForEachEvent) {
    EXPECT_EQ(run(set_, sample("answer.xml"), Operation::PushStatus, "answer"),
              sample("status.jsonl"));
    const auto facts = summary("answer", sample("answer.xml"));
    ASSERT_TRUE(facts) << facts.error().text();
    EXPECT_EQ(facts->code, "G22.99.1-260301-000001");
    EXPECT_EQ(facts->portal_code, facts->code);
    EXPECT_EQ(facts->local_code, "H22.1-260301-0001");
    EXPECT_EQ(facts->agency, "H22.1");
    EXPECT_EQ(facts->status, "finished") << "of the last event";
    EXPECT_EQ(facts->event, moment("2026-03-05 15:30:00"));
    EXPECT_EQ(facts->steps, 2u);
}

TEST_F(ShippedReading, OnlyARefusalOrSupplementGoesWithoutTheProvincesCode) {
    const std::string none =
        changed(sample("answer.xml"), "<code>H22.1-260301-0001</code>", "<code/>");
    EXPECT_THAT(run(set_, none, Operation::PushStatus, "answer"),
                HasSubstr("refused: events[1].MaHoSoDonVi: required, but <code> is empty"));
    const auto numbered = [&](const char* word) {
        return run(set_,
                   "<answer><portal-code>G</portal-code><events><event><id>1</id><status>" +
                       std::string(word) +
                       "</status><at>01/03/2026 09:00:00</at></event></events></answer>",
                   Operation::PushStatus, "answer");
    };
    EXPECT_THAT(numbered("supplement"), HasSubstr("\"TrangThai\":\"5\""));
    EXPECT_THAT(numbered("refused"), HasSubstr("\"TrangThai\":\"11\""));
    EXPECT_THAT(numbered("stopped"), HasSubstr("MaHoSoDonVi: required"));
}

TEST_F(ShippedReading, AReceiptConfirmsARevision) {
    EXPECT_EQ(run(set_, sample("receipt.xml"), Operation::ConfirmSubmission, "receipt"),
              sample("receipt.jsonl"));
    const auto record = set_.vocabulary().parse("receipt", sample("receipt.xml"));
    EXPECT_EQ(set_.plan(Operation::ConfirmSubmission)->run(*record)->front().key,
              "G22.99.1-260301-000001-2");
}

TEST_F(ShippedReading, ADossierAnswersTheQuestionForIt) {
    const auto* const plan = set_.answer("search");
    ASSERT_NE(plan, nullptr);
    EXPECT_EQ(set_.answer("searching"), nullptr);
    const auto record = set_.vocabulary().parse(
        "dossier",
        "<dossier><code>000.00.01.H22-190301-0001</code><portal-code>G1</portal-code>"
        "<agency>H22</agency><applicant><kind>citizen</kind></applicant>"
        "<return-way>direct</return-way><status>returned</status></dossier>");
    ASSERT_TRUE(record);
    const auto made = plan->run(*record);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_EQ(made->front().json + "\n", sample("search.jsonl"));
    const auto facts = set_.vocabulary().summary(*record);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->portal_code, "G1");
}

}  // namespace
}  // namespace dvcsync::mapping::testing
