// Procedures with their decisions, and monthly statistics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CatalogueRules : public ::testing::Test {
  protected:
    ItemAnswer send(const Document& record, bool updating = false) {
        return take(holdings_, Service::DongBoTTHC, record, updating);
    }
    static Document decided(std::string_view number, std::string_view day, std::string_view action,
                            std::string_view state) {
        Document record = good_procedure();
        set(record, "QUYETDINHCONGBO.SOQUYETDINH", number);
        set(record, "QUYETDINHCONGBO.NGAYBANHANH", day);
        set(record, "QUYETDINHCONGBO.LOAICONGBO", action);
        set(record, "TRANGTHAI", state);
        return record;
    }
    Holdings holdings_{small_list()};
};

TEST_F(CatalogueRules, NewIsRefusedForWhatIsKnownAndUpdateForWhatIsNot) {
    const auto unknown = send(good_procedure(), true);
    EXPECT_EQ(unknown.code, Code::NotKnown);
    EXPECT_THAT(unknown.message, HasSubstr("Thủ tục 1.005129 không tồn tại"));
    EXPECT_EQ(send(good_procedure()).code, Code::Ok);
    const auto known = send(good_procedure());
    EXPECT_EQ(known.code, Code::Exists);
    EXPECT_THAT(known.message, HasSubstr("Thủ tục 1.005129 đã tồn tại"));
    EXPECT_EQ(send(good_procedure(), true).code, Code::Ok);
    EXPECT_EQ(holdings_.procedures().find("1.005129")->versions, 2U);
}

TEST_F(CatalogueRules, ACodeIsNationalOrCarriesItsAgency) {
    EXPECT_EQ(send(good_procedure("9.999999")).code, Code::Bad);
    EXPECT_THAT(broken_rules(holdings_), ElementsAre("DongBoTTHC.MATTHC:catalogue"));
    EXPECT_EQ(send(good_procedure("1.005129.01")).code, Code::Bad);
    EXPECT_EQ(send(good_procedure("TS_lop1.000.00.00.H22")).code, Code::Bad);
    EXPECT_EQ(send(good_procedure("3.000181.000.00.00.H22")).code, Code::Ok);
}

TEST_F(CatalogueRules, OnlyADecisionThatAbolishesAbolishes) {
    EXPECT_EQ(send(decided("1/QĐ", "20190110", "2", "0")).code, Code::Bad);
    EXPECT_EQ(send(decided("1/QĐ", "20190110", "4", "1")).code, Code::Bad);
    EXPECT_THAT(broken_rules(holdings_), ElementsAre("DongBoTTHC.TRANGTHAI:decision"));
    EXPECT_EQ(send(decided("1/QĐ", "20190110", "4", "0")).code, Code::Ok);
}

TEST_F(CatalogueRules, AnOlderDecisionDoesNotReplaceANewerOne) {
    EXPECT_EQ(send(decided("1/QĐ", "20190110", "1", "1")).code, Code::Ok);
    EXPECT_EQ(send(decided("2/QĐ", "20190210", "2", "2"), true).code, Code::Ok);
    EXPECT_EQ(send(decided("1/QĐ", "20190110", "1", "1"), true).code, Code::Older);
    EXPECT_EQ(holdings_.procedures().find("1.005129")->decisions.size(), 2U);
    EXPECT_EQ(holdings_.procedures().find("1.005129")->state, 2);
}

TEST_F(CatalogueRules, ADecisionToldAgainIsOneDecision) {
    EXPECT_EQ(send(decided("1/QĐ", "20190110", "1", "1")).code, Code::Ok);
    EXPECT_EQ(send(decided("1/QĐ", "20190110", "2", "2"), true).code, Code::Ok);
    const auto held = holdings_.procedures().find("1.005129");
    ASSERT_EQ(held->decisions.size(), 1U);
    EXPECT_EQ(held->decisions[0].action, 2);
}

class StatisticsRules : public ::testing::Test {
  protected:
    ItemAnswer send(const Document& record) {
        return take(holdings_, Service::DongBoThongKeHoSo, record);
    }
    void expect_refused(std::string_view field, std::string_view value,
                        const std::vector<std::string>& rules) {
        Document record = good_statistics();
        set(record, field, value);
        holdings_.clear();
        EXPECT_EQ(send(record).code, Code::Bad) << field;
        EXPECT_THAT(broken_rules(holdings_), ::testing::ElementsAreArray(rules)) << field;
    }
    Holdings holdings_{small_list()};
};

TEST_F(StatisticsRules, SumsMustAgree) {
    const std::string service = "DongBoThongKeHoSo.";
    expect_refused("SoNhanTrongKy", "91", {service + "TongSoXuLy:sum"});
    expect_refused("SoTonKyTruoc", "9", {service + "TongSoXuLy:sum"});
    expect_refused("TongXuLyDungHan", "41",
                   {service + "PhanTramXuLyDungHan:share", service + "TongDaXuLy:sum"});
    expect_refused("TongXuLyTreHan", "19",
                   {service + "PhanTramXuLyTreHan:share", service + "TongDaXuLy:sum"});
    expect_refused("TongChuaXuLyTrongHan", "31",
                   {service + "PhanTramChuaXuLyTrongHan:share", service + "TongChuaXuLy:sum"});
    expect_refused("TongChuaXuLyTreHan", "11",
                   {service + "PhanTramChuaXuLyTreHan:share", service + "TongChuaXuLy:sum"});
}

TEST_F(StatisticsRules, DoneAndOpenMakeTheTotal) {
    Document record = good_statistics();
    set(record, "TongSoXuLy", "101");
    set(record, "SoNhanTrongKy", "91");
    EXPECT_EQ(send(record).code, Code::Bad);
    EXPECT_THAT(broken_rules(holdings_), ElementsAre("DongBoThongKeHoSo.TongSoXuLy:sum"));
}

TEST_F(StatisticsRules, PercentagesAreRoundedOrCutShares) {
    for (const std::string_view good : {"66.67", "66.66", "66.7", "66.6", "67", "66"}) {
        Document record = good_statistics();
        set(record, "PhanTramXuLyDungHan", good);
        EXPECT_EQ(send(record).code, Code::Ok) << good;
    }
    for (const std::string_view bad : {"66.65", "66.68", "66.5", "65", "68", "0", "100"})
        expect_refused("PhanTramXuLyDungHan", bad, {"DongBoThongKeHoSo.PhanTramXuLyDungHan:share"});
    // A share without remainder has one value in each form.
    for (const std::string_view bad : {"74", "76", "74.9", "75.1", "74.99", "75.01"})
        expect_refused("PhanTramChuaXuLyTrongHan", bad,
                       {"DongBoThongKeHoSo.PhanTramChuaXuLyTrongHan:share"});
}

TEST_F(StatisticsRules, AShareOfNothingIsNothingOrAll) {
    Document record = good_statistics();
    for (const std::string_view field :
         {"SoNhanTrongKy", "SoTonKyTruoc", "TongSoXuLy", "TongDaXuLy", "TongXuLyDungHan",
          "PhanTramXuLyDungHan", "TongXuLyTreHan", "PhanTramXuLyTreHan", "TongChuaXuLy",
          "TongChuaXuLyTrongHan", "PhanTramChuaXuLyTrongHan", "TongChuaXuLyTreHan",
          "PhanTramChuaXuLyTreHan"})
        set(record, field, "0");
    EXPECT_EQ(send(record).code, Code::Ok);
    set(record, "PhanTramXuLyDungHan", "100.00");
    EXPECT_EQ(send(record).code, Code::Ok);
    set(record, "PhanTramXuLyDungHan", "50");
    EXPECT_EQ(send(record).code, Code::Bad);
}

TEST_F(StatisticsRules, TheSameMonthOfTheSameAgencyIsReplaced) {
    send(good_statistics());
    Document again = good_statistics();
    set(again, "SoNhanTrongKy", "80");
    set(again, "SoTonKyTruoc", "20");
    EXPECT_EQ(send(again).code, Code::Ok);
    EXPECT_EQ(holdings_.statistics().size(), 1U);
    Document other = good_statistics();
    set(other, "Thang", "4");
    EXPECT_EQ(send(other).code, Code::Ok);
    EXPECT_EQ(holdings_.statistics().size(), 2U);
    holdings_.statistics().each([](const MonthOfAgency& key, const Statistics& row) {
        EXPECT_EQ(row.received, key.month == 3 ? 80 : 90);
    });
}

}  // namespace
}  // namespace dvcsandbox::testing
