// The year's figures from a small set made by hand, the report in both forms, and the journal.
#include "tests/sandbox/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/sandbox/admin.h"
#include "tests/sandbox/contract.h"
#include "tests/sandbox/report.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class YearFigures : public ::testing::Test {
  protected:
    // A dossier received on 1 March 2019 with a step that says when it is due by regulation.
    void dossier(std::string_view code, std::string_view legal_due, std::string_view finished,
                 std::string_view appointment, std::string_view status = "9") {
        Document record = good_dossier(code);
        set(record, "NgayHenTra", appointment);
        set(record, "NgayKetThucXuLy", finished);
        set(record, "NgayTra", "");
        set(record, "TrangThaiHoSo", status);
        set(record, "KenhThucHien", "1");
        put(Service::DongBoHoSoMC, record);
        if (legal_due.empty()) return;
        Document step = good_step(code);
        set(step, "NgayKetThucTheoQuyDinh", legal_due);
        put(Service::CapNhatTienDoHoSoMC, step);
    }
    void procedure(std::string_view code, std::string_view number, std::string_view day,
                   std::string_view action, std::string_view state, std::string_view inter_agency,
                   bool updating = false) {
        Document record = good_procedure(code);
        set(record, "QUYETDINHCONGBO.SOQUYETDINH", number);
        set(record, "QUYETDINHCONGBO.NGAYBANHANH", day);
        set(record, "QUYETDINHCONGBO.LOAICONGBO", action);
        set(record, "TRANGTHAI", state);
        set(record, "LIENTHONG", inter_agency);
        put(Service::DongBoTTHC, record, updating);
    }
    void put(Service service, const Document& record, bool updating = false) {
        const auto answer = take(holdings_, service, record, updating);
        ASSERT_EQ(answer.code, Code::Ok) << answer.message;
    }
    Figures figures(int year = 2019) const { return figures_of(holdings_, year, "000.00.00.H22"); }

    Holdings holdings_{small_list()};
};

TEST_F(YearFigures, DeadlinesCompareDaysByRegulation) {
    // Same day, whatever the hour; early by a day; late by a day with an apology; late without one.
    dossier("000.00.01.H22-190301-0001", "20190320080000", "20190320170000", "20190320080000");
    dossier("000.00.01.H22-190301-0002", "20190320080000", "20190319235959", "20190320080000");
    dossier("000.00.01.H22-190301-0003", "20190320080000", "20190321000000", "20190325170000");
    dossier("000.00.01.H22-190301-0004", "20190320080000", "20190321000000", "20190320170000");
    // Never finished: late when the year is over. With an apology.
    dossier("000.00.01.H22-190301-0005", "20191231170000", "", "20200105170000", "4");
    // No progress: the appointment counts, and there is nothing to apologise against.
    dossier("000.00.01.H22-190301-0006", "", "20190321000000", "20190320170000");
    // Due in another year, and due never.
    dossier("000.00.01.H22-190301-0007", "20200102170000", "20191230000000", "20200102170000");
    dossier("000.00.01.H22-190301-0008", "", "20190321000000", "");
    const auto result = figures();
    EXPECT_EQ(result.received, 8U);
    EXPECT_EQ(result.due, 6U);
    EXPECT_EQ(result.early, 1U);
    EXPECT_EQ(result.on_time, 1U);
    EXPECT_EQ(result.late, 4U);
    EXPECT_EQ(result.late_with_apology, 2U);
    EXPECT_EQ(figures(2020).due, 1U);
    EXPECT_EQ(figures(2020).early, 1U);
    EXPECT_EQ(figures(2020).received, 0U);
}

TEST_F(YearFigures, TheLatestLegalDayOfTheProgressRowsCounts) {
    dossier("000.00.01.H22-190301-0001", "20190320080000", "20190325170000", "20190326080000");
    EXPECT_EQ(figures().late_with_apology, 1U);
    Document moved = good_step("000.00.01.H22-190301-0001", "20190310080000");
    set(moved, "NgayKetThucTheoQuyDinh", "20190326080000");
    put(Service::CapNhatTienDoHoSoMC, moved);
    EXPECT_EQ(figures().early, 1U);
    EXPECT_EQ(figures().late, 0U);
}

TEST_F(YearFigures, ReturnIsTheEndWhereProcessingHasNone) {
    Document record = good_dossier();
    set(record, "NgayKetThucXuLy", "");
    set(record, "NgayTra", "20190320080000");
    set(record, "NgayHenTra", "20190320170000");
    put(Service::DongBoHoSoMC, record);
    EXPECT_EQ(figures().on_time, 1U);
}

TEST_F(YearFigures, OnlineToResultNeedsChannelEndAndWholeResult) {
    int number = 0;
    const auto online = [&](std::string_view field, std::string_view value) {
        Document record = good_dossier("000.00.01.H22-190301-" + std::to_string(1000 + number++));
        if (!field.empty()) set(record, field, value);
        put(Service::DongBoHoSoMC, record);
        return figures().online_to_result;
    };
    EXPECT_EQ(online("", ""), 1U);
    EXPECT_EQ(online("TrangThaiHoSo", "9"), 2U);
    EXPECT_EQ(online("TrangThaiHoSo", "4"), 2U);
    EXPECT_EQ(online("KenhThucHien", "1"), 2U);
    EXPECT_EQ(online("KenhThucHien", ""), 2U);
    EXPECT_EQ(online("DanhSachGiayToKetQua[].MaGiayToKetQua", ""), 2U);
    EXPECT_EQ(online("DanhSachGiayToKetQua[].DuongDanTepTinKetQua", ""), 2U);
}

TEST_F(YearFigures, AgenciesAreToldByTheCodeOfTheDossier) {
    for (const std::string_view agency :
         {"000.00.01.H22", "000.00.01.H22", "000.00.19.H22", "000.00.31.H22", "000.00.41.H22",
          "000.01.31.H22", "000.02.31.H22", "000.01.41.H22", "000.00.42.H22", "000.00.01.H60"}) {
        static int number = 0;
        dossier(std::string(agency) + "-190301-" + std::to_string(1000 + number++), "",
                "20190321000000", "20190320170000");
    }
    const auto result = figures();
    EXPECT_THAT(result.central_agencies, ElementsAre("000.00.01.H22", "000.00.19.H22"));
    EXPECT_THAT(result.districts, ElementsAre("000.00.31.H22", "000.00.41.H22"));
    EXPECT_EQ(result.communes.size(), 3U);
    EXPECT_EQ(result.by_agency.at("000.00.01.H22"), 2U);
    EXPECT_EQ(result.by_month.at("2019-03"), 10U);
    EXPECT_EQ(result.by_status.at("9"), 10U);
}

TEST_F(YearFigures, ProceduresCountByTheirLatestDecision) {
    procedure("1.000178", "1/QĐ", "20190110", "1", "1", "1");
    procedure("1.005129", "1/QĐ", "20190110", "1", "1", "0");
    procedure("1.005129", "2/QĐ", "20190210", "2", "2", "1", true);
    procedure("2.002492", "7/QĐ", "20180101", "1", "1", "1");
    procedure("2.002492", "3/QĐ", "20190310", "4", "0", "1", true);
    procedure("3.000001.000.00.00.H22", "8/QĐ", "20181231", "2", "2", "0");
    procedure("3.000002.000.00.00.H22", "2/QĐ", "20190210", "3", "1", "0");
    const auto result = figures();
    EXPECT_EQ(result.decisions, 3U);
    EXPECT_EQ(result.procedures_new, 1U);
    EXPECT_EQ(result.procedures_amended, 1U);
    EXPECT_EQ(result.procedures_replaced, 1U);
    EXPECT_EQ(result.procedures_abolished, 1U);
    EXPECT_EQ(result.published, 4U);
    EXPECT_EQ(result.inter_agency, 2U);
    EXPECT_EQ(result.procedures, 5U);
    EXPECT_EQ(figures(2018).decisions, 2U);
}

TEST_F(YearFigures, StatisticsAreSummedOverTheYear) {
    put(Service::DongBoThongKeHoSo, good_statistics());
    Document april = good_statistics();
    set(april, "Thang", "4");
    put(Service::DongBoThongKeHoSo, april);
    Document other_year = good_statistics();
    set(other_year, "Nam", "2018");
    put(Service::DongBoThongKeHoSo, other_year);
    EXPECT_EQ(figures().statistics_rows, 2U);
    EXPECT_EQ(figures().statistics.received, 180);
    EXPECT_EQ(figures().statistics.open_late, 20);
}

class PortalReport : public ::testing::Test {
  protected:
    Reply get(std::string_view path, std::string_view query = {}, std::string_view method = "GET") {
        Request request;
        request.method = method;
        request.path = path;
        request.query = query;
        return administer(client_.portal, request,
                          {.shutdown = [this] { stopped_ = true; },
                           .begin_outage = {},
                           .outage_calls = [] { return std::uint64_t{0}; },
                           .serve_with = {},
                           .citizens = &citizens_});
    }
    void fill() {
        const Document dossier = good_dossier();
        const Document step = good_step();
        const Document statistics = good_statistics();
        Document bad = good_dossier("000.00.01.H22-190301-0002");
        set(bad, "HinhThuc", "7");
        client_.push("DongBoHoSoMC", {&dossier, &bad, &dossier});
        client_.push("CapNhatTienDoHoSoMC", {&step, &step});
        client_.push("DongBoThongKeHoSo", {&statistics});
    }
    Client client_;
    Citizens citizens_{client_.portal,
                       {.files_url = "http://127.0.0.1:1/files/", .callbacks = std::nullopt}};
    bool stopped_ = false;
};

TEST_F(PortalReport, SaysWhatIsHeldAndWhatWasRefused) {
    fill();
    const auto reply = get("/report", "year=2019");
    Document report;
    report.Parse(reply.body.c_str());
    ASSERT_FALSE(report.HasParseError());
    for (const char* key : {"received", "due", "early", "on_time", "late", "late_with_apology",
                            "online_to_result", "decisions", "procedures_new", "procedures_amended",
                            "procedures_replaced", "procedures_abolished", "published",
                            "inter_agency", "central_agencies", "districts", "communes"})
        EXPECT_TRUE(report.HasMember(key) && report[key].IsUint64()) << key;
    EXPECT_EQ(report["received"].GetUint(), 1U);
    EXPECT_EQ(report["progress_rows"].GetUint(), 1U);
    EXPECT_EQ(report["duplicate_progress_rows_kept"].GetUint(), 0U);
    EXPECT_EQ(report["statistics"]["received"].GetUint(), 90U);
    EXPECT_EQ(report["calls"]["DongBoHoSoMC"]["1"].GetUint(), 1U);
    EXPECT_EQ(report["calls"]["login"]["0"].GetUint(), 1U);
    EXPECT_EQ(report["items"]["DongBoHoSoMC"]["-1"].GetUint(), 1U);
    EXPECT_EQ(report["refused"]["-3"].GetUint(), 2U);
    EXPECT_EQ(report["duplicates_refused"]["dossiers"].GetUint(), 1U);
    EXPECT_EQ(report["duplicates_refused"]["progress_rows"].GetUint(), 1U);
    EXPECT_STREQ(report["violations"][0]["rule"].GetString(), "DongBoHoSoMC.HinhThuc:code");
    EXPECT_STREQ(report["violations"][0]["examples"][0].GetString(), "000.00.01.H22-190301-0002");

    const auto table = report_table(reply.body);
    ASSERT_TRUE(table);
    EXPECT_THAT(*table, HasSubstr("dossiers received                                     1"));
    EXPECT_THAT(*table, HasSubstr("DongBoHoSoMC.HinhThuc:code"));
    EXPECT_FALSE(report_table("{}"));
    EXPECT_FALSE(report_table("<html>"));
}

TEST_F(PortalReport, ADossierIsShownWithoutPersonalData) {
    fill();
    const auto reply = get("/dossier", "code=000.00.01.H22-190301-0001");
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, HasSubstr(R"("ThoiDiemXuLy":"20190302090000")"));
    EXPECT_THAT(reply.body, HasSubstr(hex(sha256(to_json(good_dossier())))));
    EXPECT_THAT(reply.body, ::testing::Not(HasSubstr("Người nộp")));
    EXPECT_EQ(get("/dossier", "code=000.00.01.H22-190301-0002").status, 404);
}

TEST_F(PortalReport, AdministrationHasNoOtherDoors) {
    EXPECT_EQ(get("/").status, 404);
    EXPECT_EQ(get("/reset").status, 404);
    EXPECT_EQ(get("/report", "year=19").status, 400);
    EXPECT_EQ(get("/report").status, 200);
    EXPECT_THAT(get("/health").body, HasSubstr(R"("status":"ok")"));
    EXPECT_EQ(get("/submission", "code=x").status, 404);
    EXPECT_EQ(get("/citizen", "count=x", "POST").status, 400);
    EXPECT_EQ(get("/citizen", "roads=both", "POST").status, 400);
    EXPECT_EQ(get("/citizen/hostile", "kind=deep", "POST").status, 400);
    get("/shutdown", {}, "POST");
    EXPECT_TRUE(stopped_);
}

TEST_F(PortalReport, ResetForgetsEverythingAndEverySession) {
    fill();
    get("/reset", {}, "POST");
    EXPECT_EQ(client_.portal.holdings().dossiers().size(), 0U);
    EXPECT_THAT(broken_rules(client_.portal.holdings()), IsEmpty());
    const Document dossier = good_dossier();
    EXPECT_EQ(client_.push("DongBoHoSoMC", {&dossier}).code, -2);
}

class PortalJournal : public ::testing::Test {
  protected:
    PortalJournal() {
        std::string name = std::filesystem::temp_directory_path() / "dvc-sandbox-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        file_ = folder_ / "journal";
    }
    ~PortalJournal() override { std::filesystem::remove_all(folder_); }

    // A portal that starts with the journal.
    std::unique_ptr<Client> start(Journal::Replay& replay, std::string& error) {
        auto client = std::make_unique<Client>();
        if (!client->portal.open_journal(file_, replay, error)) return nullptr;
        return client;
    }
    std::filesystem::path folder_;
    std::filesystem::path file_;
};

TEST_F(PortalJournal, ARestartedPortalHoldsTheSame) {
    std::string error;
    std::string before;
    {
        Journal::Replay replay;
        const auto client = start(replay, error);
        const Document dossier = good_dossier();
        const Document bad = good_dossier("x");
        const Document step = good_step();
        const Document procedure = good_procedure();
        client->push("DongBoHoSoMC", {&dossier, &bad});
        client->push("DongBoHoSoMC", {&dossier}, "True");
        client->push("CapNhatTienDoHoSoMC", {&step});
        client->push("DongBoTTHC", {&procedure});
        before = *dossier_json(client->portal, kCode);
    }
    // A crash in the middle of a line: the line is lost, and later ones are whole again.
    std::ofstream(file_, std::ios::app) << R"({"service":"DongBo)";
    for (int restart = 0; restart < 2; ++restart) {
        Journal::Replay replay;
        const auto client = start(replay, error);
        ASSERT_NE(client, nullptr) << error;
        EXPECT_EQ(replay.accepted, static_cast<std::size_t>(4 + restart));
        EXPECT_EQ(replay.refused, 0U);
        EXPECT_EQ(dossier_json(client->portal, kCode).value_or("").substr(0, before.size() - 2),
                  before.substr(0, before.size() - 2));
        EXPECT_EQ(client->portal.holdings().procedures().size(), 1U);
        const Document step = good_step(kCode, "20190303080000");
        client->push("CapNhatTienDoHoSoMC", {&step});
    }
}

TEST_F(PortalJournal, AForeignFileIsNotTakenForAJournal) {
    std::ofstream(file_) << "hello\n";
    Journal::Replay replay;
    std::string error;
    EXPECT_EQ(start(replay, error), nullptr);
    EXPECT_THAT(error, HasSubstr("line 1"));
    std::ifstream in(file_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "hello\n");
}

TEST_F(PortalJournal, ResetEmptiesIt) {
    Journal::Replay replay;
    std::string error;
    const auto client = start(replay, error);
    const Document dossier = good_dossier();
    client->push("DongBoHoSoMC", {&dossier});
    EXPECT_GT(std::filesystem::file_size(file_), 0U);
    client->portal.reset();
    EXPECT_EQ(std::filesystem::file_size(file_), 0U);
}

TEST(NationalCatalogue, TheShippedListIsWhole) {
    std::string error;
    const auto list = NationalList::load(DVC_SANDBOX_DATA_DIR "/national_procedures.csv", error);
    ASSERT_TRUE(list) << error;
    EXPECT_EQ(list->size(), 2642U);
    EXPECT_TRUE(list->find("1.000178"));
    EXPECT_FALSE(list->find("1.000178.000.00.00.H22"));
}

TEST(NationalCatalogue, FaultsNameTheirLine) {
    std::string error;
    for (const auto& [csv, wanted] : std::vector<std::pair<std::string, std::string>>{
             {"code;name\n", "line 1"},
             {"code,name\n1.000178,a\n1.00017,b\n", "line 3"},
             {"code,name\n1.000178,a\n1.000178,b\n", "line 3"},
             {"code,name\n1.000178,\"a\n", "line 2"},
             {"code,name\n1.000178,a,b\n", "line 2"}}) {
        EXPECT_FALSE(NationalList::parse(csv, error)) << csv;
        EXPECT_THAT(error, HasSubstr(wanted)) << csv;
    }
    EXPECT_FALSE(NationalList::load("/nonexistent", error));
    EXPECT_THAT(error, HasSubstr("/nonexistent"));
}

TEST(ContractPage, TheReadmeHoldsEveryTableAsEnforced) {
    const auto readme = read_file(DVC_SOURCE_DIR "/tests/sandbox/README.md");
    ASSERT_TRUE(readme);
    const std::string page = contract_page();
    for (const auto line : split(page, '\n'))
        EXPECT_THAT(*readme, HasSubstr(std::string(line)));
}

}  // namespace
}  // namespace dvcsandbox::testing
