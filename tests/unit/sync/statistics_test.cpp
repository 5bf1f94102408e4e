#include "connector/sync/statistics.h"

#include "tests/unit/sync/office.h"

namespace dvcsync::sync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(Statistics, SumsAndPercentagesAgreeWithTheirParts) {
    const ledger::MonthFigures figures{"000.00.01.H22", "Sở A & B", 100, 20, 61, 2, 50, 7};
    const auto xml = statistics_xml(figures, 2019, 3);
    EXPECT_THAT(xml, HasSubstr("<agency-name>Sở A &amp; B</agency-name>"));
    EXPECT_THAT(xml, HasSubstr("<total>120</total><done>63</done>"));
    EXPECT_THAT(xml, HasSubstr("<done-on-time-percent>96.83</done-on-time-percent>"));
    EXPECT_THAT(xml, HasSubstr("<done-late-percent>3.17</done-late-percent>"));
    EXPECT_THAT(xml, HasSubstr("<open>57</open>"));
    EXPECT_THAT(xml, HasSubstr("<open-in-time-percent>87.72</open-in-time-percent>"));
}

TEST(Statistics, OneAgencysMonthHasOneCode) {
    EXPECT_EQ(statistics_code({"000.00.01.H22", "", 0, 0, 0, 0, 0, 0}, 2019, 3),
              "000.00.01.H22/2019-03");
}

TEST(Statistics, AMonthWithoutWorkHasZeroPercentAndNotNotANumber) {
    const auto xml = statistics_xml({"000.00.02.H22", "B", 0, 0, 0, 0, 0, 0}, 2019, 12);
    EXPECT_THAT(xml, HasSubstr("<done-on-time-percent>0</done-on-time-percent>"));
    EXPECT_THAT(xml, HasSubstr("<open-late-percent>0</open-late-percent>"));
}

TEST(Statistics, RoundsHalfUpAndWritesWholePercentsShort) {
    const auto all = statistics_xml({"A", "A", 8, 0, 8, 0, 0, 0}, 2019, 1);
    EXPECT_THAT(all, HasSubstr("<done-on-time-percent>100</done-on-time-percent>"));
    const auto eighth = statistics_xml({"A", "A", 16, 0, 1, 15, 0, 0}, 2019, 1);
    EXPECT_THAT(eighth, HasSubstr("<done-on-time-percent>6.25</done-on-time-percent>"));
    EXPECT_THAT(eighth, HasSubstr("<done-late-percent>93.75</done-late-percent>"));
}

// A dossier of March with another agency, or another month of receipt.
std::string told(const std::string& agency, const std::string& month) {
    std::string xml = dossier_xml("H22-1");
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"000.00.01.H22", agency},
                                   {"/03/2019", "/" + month + "/2019"}}) {
        for (auto at = xml.find(from); at != std::string::npos; at = xml.find(from, at + to.size()))
            xml.replace(at, from.size(), to);
    }
    return xml;
}

class StatisticsOffice : public Office {
  public:
    // The codes that the portal was sent figures of.
    std::vector<std::string> send(const std::string& dossier) {
        drop(fmt::format("{}.xml", ++files_), dossier);
        read();
        return send();
    }
    std::vector<std::string> send() {
        portal.seen.clear();
        const auto taken = take_statistics(*ledger, *sealer, clock);
        EXPECT_TRUE(taken) << (taken ? "" : taken.error().message);
        push({Operation::PushStatistics});
        return portal.codes(Operation::PushStatistics);
    }
    ledger::MonthFigures figures(const std::string& agency, int month) const {
        const auto rows = ledger->month(2019, month);
        for (const auto& row : *rows) {
            if (row.agency == agency) return row;
        }
        ADD_FAILURE() << agency << " has no figures";
        return {};
    }

  private:
    int files_ = 0;
};

TEST(Statistics, AnAgencyThatLosesItsLastDossierOfAMonthTellsThePortalZeroOnce) {
    StatisticsOffice office;
    EXPECT_THAT(office.send(told("000.00.01.H22", "03")), ElementsAre("000.00.01.H22/2019-03"));
    EXPECT_THAT(office.send(told("000.00.02.H22", "03")),
                UnorderedElementsAre("000.00.01.H22/2019-03", "000.00.02.H22/2019-03"));
    const auto row = office.figures("000.00.01.H22", 3);
    EXPECT_EQ(row.received + row.carried_over + row.open_in_time + row.open_late, 0U);
    EXPECT_THAT(office.send(), IsEmpty()) << "once is enough";
}

TEST(Statistics, AMonthBeforeTheFirstDossierOrAfterTheLastIsCorrectedToo) {
    for (const std::string moved : {"02", "04"}) {
        StatisticsOffice office;
        office.send(told("000.00.01.H22", "03"));
        office.send(told("000.00.01.H22", moved));
        EXPECT_THAT(office.portal.codes(Operation::PushStatistics),
                    UnorderedElementsAre("000.00.01.H22/2019-03", "000.00.01.H22/2019-" + moved));
        EXPECT_EQ(office.figures("000.00.01.H22", 3).received, 0U);
        EXPECT_THAT(office.send(), IsEmpty());
    }
}

}  // namespace
}  // namespace dvcsync::sync
