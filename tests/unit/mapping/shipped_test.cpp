// The mappings that ship with the connector: they load, and make the documents of the contract.
#include <gmock/gmock.h>

#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path source_dir = DVC_SOURCE_DIR;

class Shipped : public ::testing::Test {
  protected:
    // The shipped files with the code table of the test data, which does not change with the year.
    static void SetUpTestSuite() {
        folder_ = new Folder;
        std::filesystem::copy(source_dir / "mappings", folder_->path(),
                              std::filesystem::copy_options::recursive);
        folder_->write("codes/procedures.csv",
                       content_of(source_dir / "tests/data/mapping/procedures.csv"));
        auto set = MappingSet::load(folder_->path(), "reference", "mapi-2024");
        ASSERT_TRUE(set.has_value()) << set.error().message;
        set_ = new MappingSet(*std::move(set));
    }
    static void TearDownTestSuite() {
        delete set_;
        delete folder_;
        set_ = nullptr;
        folder_ = nullptr;
    }
    void SetUp() override { ASSERT_NE(set_, nullptr); }

    static std::string sample(const std::string& name) {
        return content_of(source_dir / "tests/data/mapping" / name);
    }
    // The sample dossier with one piece of it replaced.
    static std::string changed(std::string_view from, std::string_view to) {
        std::string xml = sample("dossier.xml");
        const std::size_t at = xml.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return xml.replace(at, from.size(), to);
    }
    static tl::expected<Summary, Refusal> summary(std::string_view xml,
                                                  std::string_view kind = "dossier") {
        const auto record = set_->vocabulary().parse(kind, xml);
        EXPECT_TRUE(record.has_value()) << record.error().message;
        return set_->vocabulary().summary(*record);
    }
    static std::string local(std::string_view text) {
        const auto at = TimeFormat::compile("yyyy-MM-dd HH:mm:ss")->parse(text);
        return at ? vietnam_text(from_vietnam(*at)) : "?";
    }
    static std::string text(const std::optional<LocalTime>& at) {
        return at ? vietnam_text(from_vietnam(*at)) : "unset";
    }

    static inline Folder* folder_ = nullptr;
    static inline MappingSet* set_ = nullptr;
};

TEST_F(Shipped, TellWhenAnExportWasMade) {
    const auto& vocabulary = set_->vocabulary();
    EXPECT_EQ(vocabulary.export_attributes().time, "exported");
    EXPECT_EQ(vocabulary.export_attributes().complete, "complete");
    const auto at = vocabulary.export_time(" 31/03/2019 23:50:00 ");
    ASSERT_TRUE(at) << at.error();
    EXPECT_EQ(vietnam_text(from_vietnam(*at)), "2019-03-31T23:50:00+07:00");
    EXPECT_EQ(vocabulary.export_time("31/02/2019 23:50:00").error(),
              "'31/02/2019 23:50:00' is not a date of the form dd/MM/yyyy HH:mm:ss");
    EXPECT_EQ(vocabulary.export_time("yesterday").error(),
              "(9 characters) is not a date of the form dd/MM/yyyy HH:mm:ss");
}

TEST_F(Shipped, AProcedureTellsWhatItsDecisionDoes) {
    const auto facts = summary(
        "<procedure><code>1.1</code><state>abolished</state><decision>"
        "<number>7/QĐ</number><action>abolished</action></decision>"
        "</procedure>",
        "procedure");
    ASSERT_TRUE(facts) << facts.error().text();
    EXPECT_EQ(facts->status, "abolished");
    EXPECT_EQ(facts->decision, "7/QĐ");
    EXPECT_EQ(facts->action, "abolished");
}

TEST_F(Shipped, LoadWithTheShippedCodeTablesToo) {
    const auto set = MappingSet::load(source_dir / "mappings", "reference", "mapi-2024");
    ASSERT_TRUE(set.has_value()) << set.error().message;
    for (const Operation operation : all_operations)
        EXPECT_NE(set->plan(operation), nullptr) << to_string(operation);
    EXPECT_EQ(set->vocabulary().kinds().size(), 3u) << "neither computed nor written ones";
}

TEST_F(Shipped, MakeTheDossierOfTheContract) {
    EXPECT_EQ(run(*set_, sample("dossier.xml")), sample("dossier.jsonl"));
}

TEST_F(Shipped, MakeOneProgressRowForEachStep) {
    EXPECT_EQ(run(*set_, sample("dossier.xml"), Operation::PushProgress), sample("progress.jsonl"));
    const auto record = set_->vocabulary().parse("dossier", sample("dossier.xml"));
    const auto rows = set_->plan(Operation::PushProgress)->run(*record);
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->at(0).key, "S1");
    EXPECT_EQ(rows->at(2).key, "S3");
    EXPECT_EQ(set_->plan(Operation::PushDossier)->run(*record)->at(0).key,
              "000.00.01.H22-190301-0001");
}

TEST_F(Shipped, MakeTheProcedureOfTheContract) {
    EXPECT_EQ(run(*set_, sample("procedure.xml"), Operation::PushProcedure, "procedure"),
              sample("procedure.jsonl"));
}

TEST_F(Shipped, MakeTheStatisticsOfTheContract) {
    EXPECT_EQ(run(*set_, sample("statistics.xml"), Operation::PushStatistics, "statistics"),
              sample("statistics.jsonl"));
    const auto record = set_->vocabulary().parse("statistics", sample("statistics.xml"));
    EXPECT_EQ(set_->plan(Operation::PushStatistics)->run(*record)->at(0).key,
              "000.00.01.H22-2019-3");
}

TEST_F(Shipped, SummariseADossier) {
    const auto facts = summary(sample("dossier.xml"));
    ASSERT_TRUE(facts.has_value()) << facts.error().text();
    EXPECT_EQ(facts->code, "000.00.01.H22-190301-0001");
    EXPECT_EQ(facts->agency, "000.00.01.H22");
    EXPECT_EQ(facts->procedure, "1.005129.000.00.00.H22");
    EXPECT_EQ(facts->status, "returned");
    EXPECT_EQ(text(facts->received), local("2019-03-01 08:00:00"));
    EXPECT_EQ(text(facts->due), local("2019-03-18 17:00:00")) << "by regulation, not by apology";
    EXPECT_EQ(text(facts->finished), local("2019-03-19 10:00:00"));
    EXPECT_EQ(text(facts->event), local("2019-03-19 15:30:00"));
    EXPECT_TRUE(facts->send);
    EXPECT_TRUE(facts->online);
    EXPECT_TRUE(facts->online_result);
    EXPECT_TRUE(facts->apology);
    EXPECT_EQ(facts->steps, 3u);
}

TEST_F(Shipped, OnlineResultNeedsCodeAndLink) {
    EXPECT_FALSE(summary(changed("<code>KQ.G01.1</code>", "<code/>"))->online_result);
    EXPECT_FALSE(summary(changed("<url>https://kho.example.vn/r/1</url>", ""))->online_result);
    EXPECT_FALSE(summary(changed("<channel>online", "<channel>post"))->online_result);
    EXPECT_FALSE(summary(changed("<status>returned</status>\n  <online",
                                 "<status>processing</status>\n  <online"))
                     ->online_result);
}

TEST_F(Shipped, ADraftIsNotSent) {
    const auto facts = summary(
        "<dossier><code>H22-190301-1</code><agency>H22</agency>"
        "<received/><status>draft</status></dossier>");
    ASSERT_TRUE(facts.has_value()) << facts.error().text();
    EXPECT_FALSE(facts->send);
    EXPECT_FALSE(facts->received.has_value());
}

TEST_F(Shipped, ASummaryNamesAllItsFaults) {
    const auto facts = summary(
        "<dossier><code/><agency>H22</agency><status>lost</status>"
        "<received>2019-03-01</received>"
        "<steps><step><at>yesterday</at></step></steps></dossier>");
    ASSERT_FALSE(facts.has_value());
    const std::string reasons = facts.error().text();
    EXPECT_THAT(reasons, HasSubstr("code: required, but empty"));
    EXPECT_THAT(reasons, HasSubstr("status: 'lost' is not among the words 'status' of "));
    EXPECT_THAT(reasons, HasSubstr("received: '2019-03-01' is not a date of the form dd/MM/yyyy"));
    EXPECT_THAT(reasons, HasSubstr("steps/step/at: <steps/step/at> (9 characters) is not a date"));
}

TEST_F(Shipped, SummariseAProcedure) {
    const auto facts = summary(sample("procedure.xml"), "procedure");
    ASSERT_TRUE(facts.has_value()) << facts.error().text();
    EXPECT_EQ(facts->code, "1.005129");
    EXPECT_EQ(facts->status, "amended");
    EXPECT_EQ(facts->decision, "123/QĐ-UBND");
    EXPECT_EQ(facts->action, "amended");
    EXPECT_EQ(text(facts->decided), local("2019-01-25 00:00:00"));
    EXPECT_TRUE(facts->inter_agency);
}

TEST_F(Shipped, TheProcedureCodeIsTheOneOfTheDayOfReception) {
    std::string xml = changed("1.005129.000.00.00.H22", "1.000111.01");
    EXPECT_THAT(run(*set_, xml), HasSubstr("\"MaTTHC\":\"1.000222\""));
    xml.replace(xml.find("<received>01/03/2019"), 20, "<received>28/02/2019");
    EXPECT_THAT(run(*set_, xml), HasSubstr("\"MaTTHC\":\"1.000111\""));
}

TEST_F(Shipped, OneIdentityIsSentOnlyIfThePortalHasANumberForIt) {
    EXPECT_THAT(run(*set_, changed("<identity-kind>cccd", "<identity-kind>cmnd")),
                HasSubstr("\"DinhDanhCHS\":[{\"LoaiDinhDanh\":\"2\",\"SoDinhDanh\":"));
    EXPECT_THAT(run(*set_, changed("<identity-kind>cccd", "<identity-kind>tax")),
                HasSubstr("\"DinhDanhCHS\":[]"));
    EXPECT_THAT(run(*set_, changed("<identity>002000000001</identity>", "<identity/>")),
                HasSubstr("\"DinhDanhCHS\":[]"));
}

TEST_F(Shipped, ARejectedDossierNeedsNoAppointment) {
    std::string xml = changed("<due>20/03/2019 17:00:00</due>", "<due/>");
    EXPECT_THAT(run(*set_, xml), HasSubstr("NgayHenTra: required, but <due> is empty"));
    const std::string status = "<status>returned</status>\n  <online";
    xml.replace(xml.find(status), status.size(), "<status>rejected</status>\n  <online");
    EXPECT_THAT(run(*set_, xml), HasSubstr("\"NgayHenTra\":\"\",\"TrangThaiHoSo\":\"3\""));
}

TEST_F(Shipped, ABadDossierIsRefusedWithAllItsFaultsAndNoName) {
    std::string xml = changed("<procedure>1.005129.000.00.00.H22", "<procedure>9.999999");
    const auto replace = [&](std::string_view from, std::string_view to) {
        xml.replace(xml.find(from), from.size(), to);
    };
    replace("<received>01/03/2019 08:00:00", "<received>31/02/2019 08:00:00");
    replace("<return-way>direct", "<return-way>");
    replace("<amount>150000", "<amount>150.000");
    replace("<id>7</id>", "<id>BS-7</id>");
    const std::string refusal = run(*set_, xml);
    EXPECT_THAT(refusal, HasSubstr("MaTTHC: code '9.999999'"));
    EXPECT_THAT(refusal, HasSubstr("NgayTiepNhan: '31/02/2019 08:00:00' is not a date"));
    EXPECT_THAT(refusal, HasSubstr("HinhThuc: required, but <return-way> is empty"));
    EXPECT_THAT(refusal, HasSubstr("DanhSachLePhi[1].Gia: <fees/fee/amount> is not a whole"));
    EXPECT_THAT(refusal, HasSubstr("DanhSachHoSoBoSung[1].HoSoBoSungId: <supplements/supplement/id>"
                                   " is not a whole number"));
    for (const char* const personal : {"Nguyễn", "Trần", "0900000000", "002000000001"})
        EXPECT_THAT(refusal, ::testing::Not(HasSubstr(personal)));
}

}  // namespace
}  // namespace dvcsync::mapping::testing
