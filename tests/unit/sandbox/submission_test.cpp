// Submissions born on the portal: the four services, what is a violation, what counts as a repeat.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/report.h"
#include "tests/sandbox/submission_lines.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Submissions : public ::testing::Test {
  protected:
    void file(std::string_view code = kBorn, std::size_t deeds = 1) {
        ASSERT_TRUE(client_.portal.file(good_submission(code, deeds), false));
    }
    Client::Answer list(std::string_view since, std::string_view page, std::string_view rows) {
        return client_.read("LayDanhSachHoSoMoi", std::string(R"(,"tu":")")
                                                      .append(since)
                                                      .append(R"(","trang":")")
                                                      .append(page)
                                                      .append(R"(","sokq":")")
                                                      .append(rows)
                                                      .append("\""));
    }
    // The codes of a page, in their order.
    std::vector<std::string> codes(std::string_view page, std::string_view rows) {
        Document answer;
        answer.Parse(list("20000101000000", page, rows).raw.c_str());
        std::vector<std::string> found;
        for (const auto& row : answer["result"].GetArray())
            found.emplace_back(row["MaHoSo"].GetString());
        return found;
    }
    Client::Answer fetch(std::string_view code = kBorn) {
        return client_.read("LayHoSoMoi", std::string(R"(,"mahoso":")").append(code).append("\""));
    }
    Client::Answer confirm(std::string_view at = "20190301080000", std::string_view result = "1") {
        Document record = good_confirmation();
        set(record, "NgayXuLy", at);
        set(record, "KetQua", result);
        return client_.send("integration", client_.envelope("XacNhanHoSoMoi", to_json(record), ""));
    }
    Client::Answer tell(std::string_view status, std::string_view at,
                        std::string_view unit_code = "000.00.01.H22-190301-0001",
                        std::string_view code = kBorn) {
        Document record = good_portal_status();
        set(record, "MaHoSo", code);
        set(record, "TrangThai", status);
        set(record, "NgayXuLy", at);
        set(record, "MaHoSoDonVi", unit_code);
        std::string body = client_.envelope("DongBoTrangThaiHoSo", to_json(record), "");
        return client_.send("integration", body.insert(1, R"("type":"2",)"));
    }
    std::vector<std::string> violations() const { return broken_rules(client_.portal.holdings()); }
    std::string report() const { return report_json(client_.portal, 2019); }
    std::size_t event(const std::string& name) const {
        const auto counts = client_.portal.holdings().submissions().figures().counts;
        const auto found = counts.find(name);
        return found == counts.end() ? 0 : found->second;
    }

    Client client_;
};

TEST_F(Submissions, AreListedInTheOrderInWhichTheyCameOut) {
    for (const std::string_view code : {"C-1", "A-2", "B-3"})
        file(code);
    EXPECT_THAT(codes("1", "2"), ElementsAre("C-1", "A-2"));
    EXPECT_THAT(codes("2", "2"), ElementsAre("B-3"));
    EXPECT_THAT(codes("3", "2"), IsEmpty());
    EXPECT_THAT(list("21990101000000", "1", "10").raw, HasSubstr("\"result\":[]"));
}

TEST_F(Submissions, TheListRefusesWhatIsNoQuestion) {
    EXPECT_EQ(list("20190230000000", "1", "10").code, -1);
    EXPECT_EQ(list("20190101", "1", "10").code, -1);
    EXPECT_EQ(list("20190101000000", "0", "10").code, -1);
    EXPECT_EQ(list("20190101000000", "1", "501").code, -1);
    EXPECT_EQ(client_.read("LayDanhSachHoSoMoi", R"(,"trang":"1","sokq":"10")").code, -1);
    EXPECT_EQ(
        client_.read("LayDanhSachHoSoMoi", R"(,"tu":20190101000000,"trang":"1","sokq":"9")").code,
        -1);
    EXPECT_THAT(violations(),
                ElementsAre("envelope.sokq:form", "envelope.trang:form", "envelope.tu:date",
                            "envelope.tu:missing", "envelope.tu:type"));
}

TEST_F(Submissions, AreFetchedWholeAndCountedWhenFetchedAgain) {
    EXPECT_EQ(fetch().code, -4);
    file();
    EXPECT_THAT(fetch().raw, HasSubstr(R"("result":[{"MaHoSo":"G22.99-190301-0001","n":0}])"));
    EXPECT_EQ(event("fetched_again_after_answer"), 0U);
    EXPECT_EQ(fetch().code, 0);
    EXPECT_EQ(event("fetches"), 2U);
    EXPECT_EQ(event("fetched_again_after_answer"), 1U);
}

TEST_F(Submissions, TheSameConfirmationAgainIsAcceptedAndCounted) {
    file();
    fetch();
    EXPECT_EQ(confirm().code, 0);
    EXPECT_THAT(report(), HasSubstr("\"resent_after_answer\":0,"));
    EXPECT_EQ(confirm().code, 0);
    EXPECT_THAT(report(), AllOf(HasSubstr("\"confirmations_after_answer\":1,"),
                                HasSubstr("\"resent_after_answer\":1,")));
    EXPECT_EQ(event("confirmed_again"), 1U);
    EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Submissions, AConfirmationOfWhatNobodyHasSeenOrWithAnotherResultIsAViolation) {
    EXPECT_EQ(confirm().code, -4);
    file();
    EXPECT_EQ(confirm().code, -1);
    fetch();
    EXPECT_EQ(confirm().code, 0);
    EXPECT_EQ(confirm("20190302080000", "0").code, -1);
    EXPECT_THAT(violations(),
                ElementsAre("XacNhanHoSoMoi.KetQua:changed", "XacNhanHoSoMoi.MaHoSo:not-fetched",
                            "XacNhanHoSoMoi.MaHoSo:not-known"));
}

TEST_F(Submissions, ASupplementComesOutWhenTheFilingIsConfirmed) {
    file(kBorn, 2);
    EXPECT_THAT(fetch().raw, HasSubstr("\"n\":0"));
    confirm();
    EXPECT_THAT(fetch().raw, HasSubstr("\"n\":1"));
    EXPECT_EQ(confirm("20190302080000").code, 0);
    EXPECT_EQ(event("confirmations"), 2U);
    EXPECT_EQ(event("confirmed_again"), 0U);
}

TEST_F(Submissions, StatusesKeepTheirOrderAndTheCodeOfTheProvince) {
    EXPECT_EQ(tell("2", "20190301080000").code, -4);
    file();
    EXPECT_EQ(tell("2", "20190301080000").code, 0);
    EXPECT_EQ(tell("2", "20190301080000").code, -3);
    EXPECT_EQ(tell("4", "20190228080000").code, -5);
    EXPECT_EQ(tell("4", "20190302080000", "000.00.01.H22-190301-0002").code, -1);
    EXPECT_EQ(tell("4", "20190302080000", "").code, -1);
    EXPECT_EQ(tell("5", "20190302080000", "").code, 0);
    EXPECT_EQ(tell("9", "20190303080000").code, 0);
    EXPECT_THAT(violations(), ElementsAre("DongBoTrangThaiHoSo.MaHoSo:not-known",
                                          "DongBoTrangThaiHoSo.MaHoSoDonVi:changed",
                                          "DongBoTrangThaiHoSo.MaHoSoDonVi:empty",
                                          "DongBoTrangThaiHoSo.NgayXuLy:order"));
    const auto figures = client_.portal.holdings().submissions().figures();
    EXPECT_EQ(figures.linked, 1U);
    EXPECT_EQ(figures.finished_with_result, 1U);
    EXPECT_THAT(report(), HasSubstr("\"portal_statuses_after_answer\":1,"));
}

TEST_F(Submissions, AreNotSentAsOrdinaryDossiers) {
    file();
    tell("2", "20190301080000");
    const Document dossier = good_dossier("000.00.01.H22-190301-0001");
    EXPECT_EQ(client_.push("DongBoHoSoMC", {&dossier}).lines.at(0).code, -1);
    EXPECT_THAT(violations(), ElementsAre("DongBoHoSoMC.MaHoSo:portal-born"));
    const Document other = good_dossier("000.00.01.H22-190301-0002");
    EXPECT_EQ(client_.push("DongBoHoSoMC", {&other}).lines.at(0).code, 0);
}

TEST_F(Submissions, AreShownWithoutPersonalData) {
    file();
    fetch();
    tell("9", "20190301080000");
    const auto shown = submission_json(*client_.portal.holdings().submissions().find(kBorn));
    EXPECT_THAT(shown, AllOf(HasSubstr(R"("MaHoSoDonVi":"000.00.01.H22-190301-0001")"),
                             HasSubstr(R"("fetched":true)"), HasSubstr(R"("TrangThai":"9")"),
                             HasSubstr(R"("result_link":true)"), Not(HasSubstr("ChuHoSo"))));
    const auto table = report_table(report());
    ASSERT_TRUE(table);
    EXPECT_THAT(*table, HasSubstr("submissions born on the portal"));
}

TEST_F(Submissions, ListsAreSpoiledByTheSeed) {
    for (int i = 100; i < 140; ++i)
        file("N-" + std::to_string(i));
    const auto page = [&](const std::string& faults, std::string_view number) {
        std::string error;
        const auto plan = parse_plan(faults, "", 1, error);
        EXPECT_TRUE(plan) << error;
        client_.portal.injector().use(plan.value_or(InjectionPlan{}));
        return codes(number, "10");
    };
    const auto first = page("", "1");
    const auto second = page("", "2");
    EXPECT_EQ(page("citizen-repeat=1", "2"), first);
    const auto mixed = page("citizen-reorder=1", "2");
    EXPECT_NE(mixed, second);
    EXPECT_THAT(mixed, ::testing::UnorderedElementsAreArray(second));
    const auto skipped = page("citizen-skip=1", "2");
    EXPECT_EQ(skipped.size(), 10U);
    EXPECT_NE(skipped, second);
    EXPECT_EQ(skipped.back(), "N-120");  // the first of the next page has moved up
    const auto shifted = page("citizen-shift=1", "2");
    EXPECT_NE(shifted.front(), second.front());
    EXPECT_EQ(page("", "2"), second);
    EXPECT_EQ(client_.portal.injector().citizen_counts()[0], 1U);
}

}  // namespace
}  // namespace dvcsandbox::testing
