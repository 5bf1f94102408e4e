// Rules between the fields of a dossier, what is known and what is not, and progress.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DossierRules : public ::testing::Test {
  protected:
    ItemAnswer send(const Document& record, bool updating = false) {
        return take(holdings_, Service::DongBoHoSoMC, record, updating);
    }
    ItemAnswer send_step(const Document& record) {
        return take(holdings_, Service::CapNhatTienDoHoSoMC, record);
    }
    void expect_refused(std::string_view field, std::string_view value, std::string_view rule) {
        Document record = good_dossier();
        set(record, field, value);
        holdings_.clear();
        EXPECT_EQ(send(record).code, Code::Bad) << value;
        EXPECT_THAT(broken_rules(holdings_), ElementsAre(std::string(rule))) << value;
    }
    std::vector<std::string> notes() const {
        std::vector<std::string> rules;
        for (const auto& [rule, entry] : holdings_.notes().all())
            rules.push_back(rule);
        return rules;
    }

    Holdings holdings_{small_list()};
};

TEST_F(DossierRules, ProcedureMustBeANationalCode) {
    for (const std::string_view code : {"1.005129.000.00.00.H22", "1.005129.01", "9.999999",
                                        "TS_lop1.000.00.00.H22", "1.00512", "1.0051299"})
        expect_refused("MaTTHC", code, "DongBoHoSoMC.MaTTHC:catalogue");
}

TEST_F(DossierRules, DossierCodeIsAgencyDayAndSerial) {
    for (const std::string_view code :
         {"000.00.01.H22", "000.00.01.H22-190230-0001", "000.00.01.H22-190301-", "190301-0001",
          "000.00.01.H22-190301-00a1", "000.00.01-190301-0001", "000.0.01.H22-190301-0001",
          "000.00.01.H22-1903010-0001", "H2-190301-0001", "H22.x-190301-0001"})
        expect_refused("MaHoSo", code, "DongBoHoSoMC.MaHoSo:form");
    for (const std::string_view code : {"000.00.01.H22-190301-0001", "000.00.01.H22-20190301-0001",
                                        "000.00.01.H22-190301-1234567", "H22.1.2-190301-00001",
                                        "H22-190301-1", "000.12.31.H22-190301-0001"})
        EXPECT_EQ(send(good_dossier(code)).code, Code::Ok) << code;
}

TEST_F(DossierRules, NothingEndsBeforeItIsReceived) {
    expect_refused("NgayKetThucXuLy", "20190301075959", "DongBoHoSoMC.NgayKetThucXuLy:order");
    expect_refused("NgayTra", "20190228170000", "DongBoHoSoMC.NgayTra:order");
    expect_refused("NgayHenTra", "20190228170000", "DongBoHoSoMC.NgayHenTra:order");
}

TEST_F(DossierRules, AnAppointmentOnTheDayOfReceptionIsAnAppointment) {
    Document record = good_dossier();
    set(record, "NgayHenTra", "20190301000000");
    EXPECT_EQ(send(record).code, Code::Ok);
}

TEST_F(DossierRules, IdentityNumbersHaveTheLengthOfTheirKind) {
    expect_refused("DinhDanhCHS[].SoDinhDanh", "00000000000",
                   "DongBoHoSoMC.DinhDanhCHS[].SoDinhDanh:form");
    expect_refused("DinhDanhCHS[].LoaiDinhDanh", "2", "DongBoHoSoMC.DinhDanhCHS[].SoDinhDanh:form");
    Document record = good_dossier();
    set(record, "DinhDanhCHS[].LoaiDinhDanh", "2");
    set(record, "DinhDanhCHS[].SoDinhDanh", "000000000");
    holdings_.clear();
    EXPECT_EQ(send(record).code, Code::Ok);
}

TEST_F(DossierRules, OddButRealOrdersAreKeptAndNoted) {
    Document record = good_dossier();
    set(record, "NgayTra", "20190317090000");
    set(record, "NgayNopHoSo", "20190302000000");
    set(record, "DanhSachHoSoBoSung[].NgayTiepNhanBoSung", "20190304080000");
    EXPECT_EQ(send(record).code, Code::Ok);
    EXPECT_THAT(notes(),
                ElementsAre("DongBoHoSoMC.DanhSachHoSoBoSung[].NgayTiepNhanBoSung:order",
                            "DongBoHoSoMC.NgayTiepNhan:order", "DongBoHoSoMC.NgayTra:order"));
    EXPECT_THAT(broken_rules(holdings_), IsEmpty());
}

TEST_F(DossierRules, AStatusWithoutItsDateIsKeptAndNoted) {
    Document record = good_dossier();
    for (const std::string_view field : {"NgayTra", "NgayKetThucXuLy", "NgayTuChoi"})
        remove(record, field);
    EXPECT_EQ(send(record).code, Code::Ok);
    set(record, "TrangThaiHoSo", "3");
    EXPECT_EQ(send(record, true).code, Code::Ok);
    EXPECT_THAT(notes(),
                ElementsAre("DongBoHoSoMC.NgayKetThucXuLy:status", "DongBoHoSoMC.NgayTra:status",
                            "DongBoHoSoMC.NgayTuChoi:status"));
}

TEST_F(DossierRules, NewIsRefusedForWhatIsKnownAndUpdateForWhatIsNot) {
    const auto unknown = send(good_dossier(), true);
    EXPECT_EQ(unknown.code, Code::NotKnown);
    EXPECT_THAT(unknown.message, HasSubstr("Hồ sơ 000.00.01.H22-190301-0001 không tồn tại"));
    EXPECT_EQ(send(good_dossier()).code, Code::Ok);
    const auto known = send(good_dossier());
    EXPECT_EQ(known.code, Code::Exists);
    EXPECT_THAT(known.message, HasSubstr("Hồ sơ 000.00.01.H22-190301-0001 đã tồn tại"));
    EXPECT_EQ(send(good_dossier(), true).code, Code::Ok);
    EXPECT_EQ(holdings_.dossiers().size(), 1U);
    EXPECT_EQ(holdings_.dossiers().find(kCode)->versions, 2U);
}

TEST_F(DossierRules, AnOlderStateDoesNotReplaceANewerOne) {
    ASSERT_EQ(send(good_dossier()).code, Code::Ok);
    for (const std::string_view lost : {"NgayTra", "DanhSachHoSoBoSung"}) {
        Document older = good_dossier();
        set(older, "TrangThaiHoSo", "4");
        remove(older, "NgayTra");
        remove(older, lost);
        EXPECT_EQ(send(older, true).code, Code::Older) << lost;
    }
    EXPECT_EQ(holdings_.dossiers().find(kCode)->status, 10);
}

TEST_F(DossierRules, ACorrectedDateIsNotOlder) {
    ASSERT_EQ(send(good_dossier()).code, Code::Ok);
    Document corrected = good_dossier();
    set(corrected, "NgayTra", "20190318170000");
    EXPECT_EQ(send(corrected, true).code, Code::Ok);
    EXPECT_EQ(holdings_.dossiers().find(kCode)->returned, 20190318170000);
}

TEST_F(DossierRules, ADossierTakenUpAgainIsNewer) {
    Document finished = good_dossier();
    remove(finished, "NgayTra");
    set(finished, "TrangThaiHoSo", "9");
    ASSERT_EQ(send(finished).code, Code::Ok);
    Document reopened = good_dossier();
    remove(reopened, "NgayTra");
    remove(reopened, "NgayKetThucXuLy");
    set(reopened, "TrangThaiHoSo", "5");
    set(reopened, "DanhSachHoSoBoSung[].NgayTiepNhanBoSung", "20190320080000");
    EXPECT_EQ(send(reopened, true).code, Code::Ok);
}

TEST_F(DossierRules, TheDigestIsOfTheBytesSent) {
    const Document record = good_dossier();
    ASSERT_EQ(send(record).code, Code::Ok);
    EXPECT_EQ(holdings_.dossiers().find(kCode)->digest, sha256(to_json(record)));
}

TEST_F(DossierRules, ProgressNeedsItsDossier) {
    const auto answer = send_step(good_step());
    EXPECT_EQ(answer.code, Code::NotKnown);
    EXPECT_THAT(answer.message, HasSubstr("Hồ sơ 000.00.01.H22-190301-0001 không tồn tại"));
    send(good_dossier());
    EXPECT_EQ(send_step(good_step()).code, Code::Ok);
}

TEST_F(DossierRules, TheSameProgressRowAgainIsRefusedAndCounted) {
    send(good_dossier());
    EXPECT_EQ(send_step(good_step()).code, Code::Ok);
    EXPECT_EQ(send_step(good_step(kCode, "20190303090000")).code, Code::Ok);
    Document again = good_step();
    EXPECT_EQ(send_step(again).code, Code::Exists);
    // The same row with its members in another order and an empty one left out.
    Document plain = good_step(kCode, "20190304090000");
    set(plain, "ChucDanh", "");
    EXPECT_EQ(send_step(plain).code, Code::Ok);
    remove(plain, "ChucDanh");
    set(plain, "MaHoSo", kCode);
    EXPECT_EQ(send_step(plain).code, Code::Exists);
    EXPECT_EQ(holdings_.dossiers().find(kCode)->steps.size(), 3U);
    EXPECT_EQ(holdings_.items().get(Service::CapNhatTienDoHoSoMC, Code::Exists), 2U);
}

TEST_F(DossierRules, ARowThatDiffersInOneFieldIsAnotherRow) {
    send(good_dossier());
    send_step(good_step());
    for (const std::string_view field : {"NguoiXuLy", "ChucDanh", "PhongBanXuLy", "NoiDungXuLy"}) {
        Document other = good_step();
        set(other, field, "khác");
        EXPECT_EQ(send_step(other).code, Code::Ok) << field;
    }
}

TEST_F(DossierRules, ProgressGoesForwardInTime) {
    send(good_dossier());
    send_step(good_step(kCode, "20190302090000"));
    EXPECT_EQ(send_step(good_step(kCode, "20190302085959")).code, Code::Older);
    Document same_moment = good_step(kCode, "20190302090000");
    set(same_moment, "NoiDungXuLy", "bước khác");
    EXPECT_EQ(send_step(same_moment).code, Code::Ok);
}

TEST_F(DossierRules, AnOddOrderOfStatusesIsKeptAndNoted) {
    send(good_dossier());
    const auto step = [&](std::string_view at, std::string_view status) {
        Document record = good_step(kCode, at);
        set(record, "TrangThai", status);
        return send_step(record).code;
    };
    for (const auto& [at, status] :
         std::vector<std::pair<std::string_view, std::string_view>>{{"20190302080000", "2"},
                                                                    {"20190302090000", "4"},
                                                                    {"20190303080000", "5"},
                                                                    {"20190304080000", "4"},
                                                                    {"20190305080000", "9"},
                                                                    {"20190306080000", "10"}})
        EXPECT_EQ(step(at, status), Code::Ok);
    EXPECT_THAT(notes(), IsEmpty());
    EXPECT_EQ(step("20190307080000", "2"), Code::Ok);
    EXPECT_THAT(notes(), ElementsAre("CapNhatTienDoHoSoMC.TrangThai:order"));
}

TEST_F(DossierRules, AnUpdateKeepsTheProgressRows) {
    send(good_dossier());
    send_step(good_step());
    send(good_dossier(), true);
    EXPECT_EQ(holdings_.dossiers().find(kCode)->steps.size(), 1U);
    EXPECT_EQ(send_step(good_step()).code, Code::Exists);
}

TEST_F(DossierRules, ViolationsKeepTheFirstTwentyCodes) {
    for (int i = 0; i < 30; ++i) {
        Document record = good_dossier("000.00.01.H22-190301-" + std::to_string(1000 + i));
        set(record, "HinhThuc", "9");
        send(record);
    }
    const auto entry = holdings_.violations().all().at("DongBoHoSoMC.HinhThuc:code");
    EXPECT_EQ(entry.count, 30U);
    EXPECT_EQ(entry.examples.size(), 20U);
    EXPECT_THAT(entry.examples, Contains("000.00.01.H22-190301-1000"));
}

}  // namespace
}  // namespace dvcsandbox::testing
