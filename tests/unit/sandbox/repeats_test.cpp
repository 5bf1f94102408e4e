// What comes again, and what comes in the wrong order, as the report counts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/figures.h"
#include "tests/sandbox/report.h"
#include "tests/unit/sandbox/records.h"

namespace dvcsandbox::testing {
namespace {

using Kind = Repeats::Kind;

class RepeatedRecords : public ::testing::Test {
  protected:
    std::uint64_t count(Service service, Kind kind, Again again) const {
        return client_.portal.holdings().repeats().get(service, kind, again);
    }
    std::uint64_t report(const char* key) const {
        Document report;
        report.Parse(report_json(client_.portal, 2019).c_str());
        return report[key].GetUint64();
    }
    Client client_;
};

TEST_F(RepeatedRecords, ADossierThatChangesIsNotARepeat) {
    Document dossier = good_dossier();
    client_.push("DongBoHoSoMC", {&dossier});
    set(dossier, "GhiChu", "khác");
    client_.push("DongBoHoSoMC", {&dossier}, "True");
    EXPECT_EQ(count(Service::DongBoHoSoMC, Kind::Unchanged, Again::AfterAnswer), 0U);
    client_.push("DongBoHoSoMC", {&dossier}, "True");
    EXPECT_EQ(count(Service::DongBoHoSoMC, Kind::Unchanged, Again::AfterAnswer), 1U);
    EXPECT_EQ(report("resent_after_answer"), 0U);
    EXPECT_EQ(report("older_after_newer"), 0U);
}

TEST_F(RepeatedRecords, AVersionThatWasReplacedIsOlder) {
    Document dossier = good_dossier();
    client_.push("DongBoHoSoMC", {&dossier});
    Document newer = good_dossier();
    set(newer, "GhiChu", "khác");
    client_.push("DongBoHoSoMC", {&newer}, "True");
    EXPECT_EQ(client_.push("DongBoHoSoMC", {&dossier}, "True").code, 0);
    EXPECT_EQ(report("older_after_newer"), 1U);
    EXPECT_EQ(client_.portal.holdings().repeats().earlier_versions(), 1U);
    const auto notes = client_.portal.holdings().notes().all();
    EXPECT_TRUE(notes.contains("DongBoHoSoMC.(…):earlier"));
}

TEST_F(RepeatedRecords, WhatIsRefusedAsOlderIsCounted) {
    const Document dossier = good_dossier();
    const Document late = good_step(kCode, "20190303090000");
    const Document early = good_step(kCode, "20190302090000");
    client_.push("DongBoHoSoMC", {&dossier});
    client_.push("CapNhatTienDoHoSoMC", {&late});
    EXPECT_EQ(client_.push("CapNhatTienDoHoSoMC", {&early}).lines.at(0).code, -5);
    EXPECT_EQ(report("older_after_newer"), 1U);
}

TEST_F(RepeatedRecords, AProcedureTooIsSentAsNewOnce) {
    const Document procedure = good_procedure();
    client_.push("DongBoTTHC", {&procedure});
    client_.push("DongBoTTHC", {&procedure}, "True");
    EXPECT_EQ(count(Service::DongBoTTHC, Kind::Unchanged, Again::AfterAnswer), 1U);
    EXPECT_EQ(report("resent_after_answer"), 0U);
    client_.push("DongBoTTHC", {&procedure});
    EXPECT_EQ(report("resent_after_answer"), 1U);
}

TEST_F(RepeatedRecords, OfABatchThatWasRefusedWholeNothingWasTold) {
    Client client({.answer_form = AnswerForm::Whole});
    const Document first = good_dossier("000.00.01.H22-190301-0001");
    Document bad = good_dossier("000.00.01.H22-190301-0002");
    set(bad, "HinhThuc", "5");
    client.push("DongBoHoSoMC", {&first, &bad});
    EXPECT_EQ(client.push("DongBoHoSoMC", {&first}).code, 0);
    EXPECT_EQ(client.portal.holdings().repeats().get(Service::DongBoHoSoMC, Kind::AsNew,
                                                     Again::AfterAnswer),
              0U);
    client.push("DongBoHoSoMC", {&first});
    EXPECT_EQ(client.portal.holdings().repeats().get(Service::DongBoHoSoMC, Kind::AsNew,
                                                     Again::AfterAnswer),
              1U);
}

TEST_F(RepeatedRecords, AStepInTwoRenderingsLooksAlike) {
    const Document dossier = good_dossier();
    const Document step = good_step();
    Document again = good_step();
    set(again, "NoiDungXuLy", "khác");
    client_.push("DongBoHoSoMC", {&dossier});
    client_.push("CapNhatTienDoHoSoMC", {&step});
    EXPECT_EQ(report("look_alike_progress_rows"), 0U);
    EXPECT_EQ(client_.push("CapNhatTienDoHoSoMC", {&again}).code, 0);
    EXPECT_EQ(report("look_alike_progress_rows"), 1U);
    EXPECT_EQ(report("duplicate_progress_rows_kept"), 0U);
}

TEST_F(RepeatedRecords, AreForgottenWithEverythingElse) {
    const Document dossier = good_dossier();
    client_.push("DongBoHoSoMC", {&dossier});
    client_.push("DongBoHoSoMC", {&dossier});
    client_.portal.reset();
    EXPECT_EQ(report("resent_after_answer"), 0U);
}

}  // namespace
}  // namespace dvcsandbox::testing
