// The counter against small files written by hand: it must be right on its own.
#include "tests/province/count.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/unit/generator/exported.h"

namespace dvcsync::year {
namespace {

struct Sample {
    std::string code = "000.00.01.H22-190301-0001";
    std::string due = "08/03/2019 17:00:00";
    std::string legal_due = "08/03/2019 17:00:00";
    std::string finished = "";
    std::string status = "processing";
    std::string more = "";  // elements after the status
};

std::string dossier(const Sample& s) {
    return "<dossier><code>" + s.code + "</code><agency>" + s.code.substr(0, 13) +
           "</agency><channel>online</channel><received>01/03/2019 08:00:00</received><due>" +
           s.due + "</due><legal-due>" + s.legal_due + "</legal-due><finished>" + s.finished +
           "</finished><status>" + s.status + "</status>" + s.more + "</dossier>";
}

class Counting : public testing::Test {
  protected:
    void file(const std::string& name, const std::string& records,
              const std::string& exported = "31/12/2019 23:50:00") {
        std::ofstream(folder_.path / name)
            << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<province-export version=\"1\" "
               "province=\"H22\" exported=\""
            << exported << "\">\n"
            << records << "\n</province-export>\n";
    }
    Result<Counted> count() const {
        return count_exports(
            folder_.path, 2019,
            std::filesystem::path(DVC_SOURCE_DIR) / "mappings" / "codes" / "agencies.csv");
    }
    Figures figures() const {
        const auto counted = count();
        if (!counted) ADD_FAILURE() << counted.error().message;
        return counted ? counted->all : Figures{};
    }
    TempFolder folder_;
};

TEST_F(Counting, ComparesDaysNotHours) {
    file("a.xml", dossier({.finished = "07/03/2019 23:59:59", .status = "finished"}) +
                      dossier({.code = "000.00.01.H22-190301-0002",
                               .finished = "08/03/2019 20:00:00",
                               .status = "finished"}) +
                      dossier({.code = "000.00.01.H22-190301-0003",
                               .finished = "09/03/2019 00:00:01",
                               .status = "finished"}));
    const Figures counted = figures();
    EXPECT_EQ(counted.received, 3u);
    EXPECT_EQ(counted.due, 3u);
    EXPECT_EQ(counted.early, 1u);
    EXPECT_EQ(counted.on_time, 1u);
    EXPECT_EQ(counted.late, 1u);
    EXPECT_EQ(counted.late_with_apology, 0u);
}

TEST_F(Counting, WhatWasBornOnThePortalIsCountedApart) {
    const std::string portal = "<portal-code>P-1</portal-code>";
    file("a.xml",
         dossier({}) + dossier({.code = "000.00.01.H22-190301-0002", .more = portal}) +
             dossier({.code = "000.00.02.H22-190301-0001", .more = portal}) +
             dossier({.code = "000.00.02.H22-190301-0003", .more = "<portal-code></portal-code>"}) +
             dossier({.code = "000.00.03.H22-190301-0001", .more = portal}));
    const auto counted = count();
    ASSERT_TRUE(counted) << counted.error().message;
    EXPECT_EQ(counted->all.received, 5u);
    EXPECT_EQ(counted->born_on_portal.received, 3u);
    EXPECT_EQ(counted->born_on_portal.due, 3u);
    EXPECT_EQ(counted->all.central_agencies, 3u);
    EXPECT_EQ(counted->born_on_portal.central_agencies, 1u) << "two of them received others too";
    EXPECT_THAT(as_json(*counted), testing::HasSubstr("\"communes\":0,\"born_on_portal\":{"));
}

TEST_F(Counting, FilesOfComponentsAreThoseWithALinkThatAreNotDeleted) {
    file("a.xml",
         dossier({.more = "<components><component><url>https://a/1</url><deleted/></component>"
                          "<component><url>https://a/2</url><deleted>yes</deleted></component>"
                          "<component><url></url><deleted>no</deleted></component>"
                          "<component><url>https://a/1</url></component></components>"}) +
             dossier({.code = "000.00.01.H22-190301-0002", .more = "<components/>"}));
    const auto counted = count();
    ASSERT_TRUE(counted) << counted.error().message;
    EXPECT_EQ(counted->component_files, 2u);
    EXPECT_THAT(as_json(*counted), testing::HasSubstr("\"component_files\":2"));
}

TEST_F(Counting, AnOpenDossierIsLateOnceItsDayHasPassed) {
    file("a.xml", dossier({}), "08/03/2019 23:50:00");
    EXPECT_EQ(figures().late, 0u);
    file("a.xml", dossier({}), "09/03/2019 23:50:00");
    EXPECT_EQ(figures().late, 1u);
}

TEST_F(Counting, AnApologyCountsOnlyWithALaterAppointment) {
    const std::string letter = "<apologies><apology><number>1</number></apology></apologies>";
    file("a.xml", dossier({.more = letter}));
    EXPECT_EQ(figures().late_with_apology, 0u);
    file("a.xml", dossier({.due = "15/03/2019 17:00:00", .more = letter}));
    EXPECT_EQ(figures().late_with_apology, 1u);
    file("a.xml", dossier({.due = "15/03/2019 17:00:00"}));
    EXPECT_EQ(figures().late_with_apology, 0u);
}

TEST_F(Counting, OnlineToResultNeedsCodeAndLinkOfOneResult) {
    const auto with = [](const std::string& results) {
        return dossier({.finished = "07/03/2019 08:00:00",
                        .status = "returned",
                        .more = "<results>" + results + "</results>"});
    };
    file("a.xml",
         with("<result><url>u</url><code/></result><result><url/><code>c</code></result>"));
    EXPECT_EQ(figures().online_to_result, 0u);
    file("a.xml", with("<result><url>u</url><code><![CDATA[c]]></code></result>"));
    EXPECT_EQ(figures().online_to_result, 1u);
}

TEST_F(Counting, TheNewestVersionOfARecordWins) {
    file("a.xml", dossier({.finished = "07/03/2019 08:00:00", .status = "finished"}));
    file("b.xml", dossier({.finished = "11/03/2019 08:00:00", .status = "finished"}));
    const Figures counted = figures();
    EXPECT_EQ(counted.received, 1u);
    EXPECT_EQ(counted.early, 0u);
    EXPECT_EQ(counted.late, 1u);
}

TEST_F(Counting, ProceduresCountByTheDecisionOfTheYear) {
    const auto procedure = [](const std::string& code, const std::string& state,
                              const std::string& number, const std::string& issued,
                              const std::string& action) {
        return "<procedure><code>" + code + "</code><state>" + state +
               "</state><inter-agency>yes</inter-agency><decision><number>" + number +
               "</number><issued>" + issued + "</issued><action>" + action +
               "</action></decision></procedure>";
    };
    file("p.xml", procedure("1.000001", "public", "1/QĐ-UBND", "02/01/2019", "new") +
                      procedure("1.000002", "abolished", "1/QĐ-UBND", "02/01/2019", "abolished") +
                      procedure("1.000003", "amended", "2/QĐ-UBND", "03/12/2019", "amended") +
                      procedure("1.000004", "public", "9/QĐ-UBND", "28/12/2018", "new"));
    const Figures counted = figures();
    EXPECT_EQ(counted.decisions, 2u);
    EXPECT_EQ(counted.procedures_new, 1u);
    EXPECT_EQ(counted.procedures_amended, 1u);
    EXPECT_EQ(counted.procedures_abolished, 1u);
    EXPECT_EQ(counted.published, 3u);
    EXPECT_EQ(counted.inter_agency, 3u);
}

TEST_F(Counting, AFileThatIsNotXmlIsNamedWithItsLine) {
    file("a.xml", "<dossier><code>x</dossier>");
    const auto counted = count();
    ASSERT_FALSE(counted);
    EXPECT_THAT(counted.error().message, testing::HasSubstr("a.xml:3: not well-formed"));
}

TEST_F(Counting, AWrongDateIsNamedWithItsRecord) {
    file("a.xml", dossier({.finished = "31/02/2019 08:00:00"}));
    const auto counted = count();
    ASSERT_FALSE(counted);
    EXPECT_THAT(counted.error().message,
                testing::HasSubstr("000.00.01.H22-190301-0001: <finished> is not a date"));
}

TEST_F(Counting, AnEmptyFolderIsAnErrorNotAnEmptyYear) {
    EXPECT_FALSE(count());
}

}  // namespace
}  // namespace dvcsync::year
