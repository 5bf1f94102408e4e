// LayDanhSachHoSo: the dossiers of a period, page by page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DossierList : public ::testing::Test {
  protected:
    void hold(std::string_view code, std::string_view received) {
        Document dossier = good_dossier(code);
        for (const std::string_view date : {"NgayKetThucXuLy", "NgayTra", "NgayHenTra"})
            set(dossier, date, "");
        set(dossier, "NgayTiepNhan", received);
        EXPECT_EQ(client_.push("DongBoHoSoMC", {&dossier}).code, 0);
    }
    Client::Answer ask(std::string_view from, std::string_view until, std::string_view page,
                       std::string_view rows) {
        std::string members;
        for (const auto& [name, value] :
             {std::pair{"tungay", from}, {"denngay", until}, {"trang", page}, {"sokq", rows}})
            members.append(",\"").append(name).append("\":\"").append(value).append("\"");
        return client_.read("LayDanhSachHoSo", members);
    }
    std::vector<std::string> codes(std::string_view from, std::string_view until,
                                   std::string_view page = "1", std::string_view rows = "500") {
        Document answer;
        answer.Parse(ask(from, until, page, rows).raw.c_str());
        std::vector<std::string> found;
        for (const auto& row : answer["result"].GetArray())
            found.emplace_back(row["MaHoSo"].GetString());
        return found;
    }
    Client client_;
};

TEST_F(DossierList, BothDaysAreIncluded) {
    hold("000.00.01.H22-190228-0001", "20190228235959");
    hold("000.00.01.H22-190301-0001", "20190301000000");
    hold("000.00.01.H22-190331-0001", "20190331235959");
    hold("000.00.01.H22-190401-0001", "20190401000000");
    EXPECT_THAT(codes("20190301", "20190331"),
                ElementsAre("000.00.01.H22-190301-0001", "000.00.01.H22-190331-0001"));
    EXPECT_THAT(codes("20190301", "20190301"), ElementsAre("000.00.01.H22-190301-0001"));
    EXPECT_THAT(codes("20200101", "20201231"), IsEmpty());
}

TEST_F(DossierList, ComesInPagesInTheOrderOfReception) {
    hold("000.00.01.H22-190301-0003", "20190301100000");
    hold("000.00.01.H22-190301-0001", "20190301120000");
    hold("000.00.01.H22-190301-0002", "20190301110000");
    hold("000.00.01.H22-190301-0000", "20190301110000");
    EXPECT_THAT(codes("20190301", "20190301", "1", "3"),
                ElementsAre("000.00.01.H22-190301-0003", "000.00.01.H22-190301-0000",
                            "000.00.01.H22-190301-0002"));
    EXPECT_THAT(codes("20190301", "20190301", "2", "3"), ElementsAre("000.00.01.H22-190301-0001"));
    EXPECT_THAT(codes("20190301", "20190301", "3", "3"), IsEmpty());
}

TEST_F(DossierList, RowsSayWhatCanBeCompared) {
    const Document dossier = good_dossier();
    client_.push("DongBoHoSoMC", {&dossier});
    const auto answer = ask("20190101", "20191231", "1", "10").raw;
    for (const char* member : {"MaHoSo", "TrangThaiHoSo", "NgayTiepNhan", "NgayHenTra",
                               "NgayKetThucXuLy", "NgayTra", "MaTTHC"})
        EXPECT_THAT(answer, HasSubstr(std::string("\"") + member + "\":\"")) << member;
}

TEST_F(DossierList, AsksForARealPeriodAndASensiblePage) {
    EXPECT_EQ(ask("20190301", "20190331", "1", "500").code, 0);
    for (const auto& [from, until, page, rows] :
         {std::array{"20190230", "20190331", "1", "10"},
          {"20190301", "2019-03-31", "1", "10"},
          {"20190301000000", "20190331", "1", "10"},
          {"20190331", "20190301", "1", "10"},
          {"20190301", "20190331", "0", "10"},
          {"20190301", "20190331", "-1", "10"},
          {"20190301", "20190331", "1", "0"},
          {"20190301", "20190331", "1", "501"},
          {"20190301", "20190331", "1", "99999999999999999999"},
          {"", "20190331", "1", "10"}})
        EXPECT_EQ(ask(from, until, page, rows).code, -1) << from << until << page << rows;
    EXPECT_EQ(client_.read("LayDanhSachHoSo", R"(,"tungay":"20190301","denngay":"20190301")").code,
              -1);
    EXPECT_THAT(
        broken_rules(client_.portal.holdings()),
        ElementsAre("envelope.denngay:date", "envelope.denngay:order", "envelope.sokq:form",
                    "envelope.sokq:missing", "envelope.trang:form", "envelope.trang:missing",
                    "envelope.tungay:date", "envelope.tungay:empty"));
}

}  // namespace
}  // namespace dvcsandbox::testing
