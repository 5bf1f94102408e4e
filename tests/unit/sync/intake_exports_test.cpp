// The order of exports, and whole catalogues.
#include "tests/unit/sync/exports.h"

namespace dvcsync::sync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string version(int steps) {
    return dossier_xml("H22-1", steps);
}

TEST(Exports, AnOlderExportThatIsReadLaterReplacesNothing) {
    Exports office;
    office.drop("a.xml", made("02/06/2019"), version(2));
    EXPECT_EQ(office.read().added, 1u);
    office.drop("b.xml", made("01/06/2019"), version(1) + dossier_xml("H22-2"));
    const auto counts = office.read();
    EXPECT_EQ(counts.outdated, 1u);
    EXPECT_EQ(counts.added, 1u);
    EXPECT_EQ(office.origin("H22-1"), "a.xml");
    office.push();
    EXPECT_THAT(office.portal.codes(Operation::PushProgress), SizeIs(4)) << "two rows each";
    office.drop("c.xml", made("02/06/2019"), version(3));
    EXPECT_EQ(office.read().changed, 1u) << "of the same instant: read last";
}

TEST(Exports, WithinOneBatchTheLaterExportCountsToo) {
    Exports office;
    office.drop("a.xml", made("02/06/2019"), version(2));
    office.drop("b.xml", made("01/06/2019"), version(1));
    office.drop("c.xml", made("03/06/2019"), version(3));
    office.drop("d.xml", made("02/06/2019"), version(4));
    const auto counts = office.read();
    EXPECT_EQ(counts.read, 4u);
    EXPECT_EQ(counts.added, 1u);
    EXPECT_EQ(counts.outdated, 2u);
    EXPECT_EQ(counts.changed, 1u);
    EXPECT_EQ(office.origin("H22-1"), "c.xml");
}

TEST(Exports, WhatALaterExportConfirmsIsNotReplacedByOneBetweenInTheSameBatch) {
    Exports office;
    office.drop("a.xml", made("01/06/2019"), version(1));
    office.read();
    office.drop("b.xml", made("03/06/2019"), version(1));
    office.drop("c.xml", made("02/06/2019"), version(2));
    const auto counts = office.read();
    EXPECT_EQ(counts.unchanged, 1u);
    EXPECT_EQ(counts.outdated, 1u);
    EXPECT_EQ(office.origin("H22-1"), "a.xml");
}

TEST(Exports, WithoutATimeTheLastOneReadCounts) {
    Exports office;
    office.drop("a.xml", made("02/06/2019"), version(2));
    office.drop("b.xml", "", version(1));
    EXPECT_EQ(office.read().changed, 1u);
    EXPECT_EQ(office.origin("H22-1"), "b.xml");
    office.drop("c.xml", "exported=''", version(2));
    const auto counts = office.read();
    EXPECT_EQ(counts.changed, 1u);
    EXPECT_THAT(counts.warnings, IsEmpty()) << "not told is no fault";
}

TEST(Exports, ATimeThatCannotBeReadLosesNoRecordAndIsNamedOnce) {
    Exports office;
    office.drop("a.xml", "exported='31/02/2019 08:00:00'", version(1));
    office.drop("b.xml", made("01/06/2019") + " " + made("02/06/2019"), version(2));
    office.drop("c.xml", "exported='&when;' complete='ho-so'", dossier_xml("H22-2"));
    const auto counts = office.read();
    EXPECT_EQ(counts.added, 2u);
    EXPECT_EQ(counts.changed, 1u);
    EXPECT_THAT(counts.rejected, IsEmpty());
    ASSERT_THAT(counts.warnings, SizeIs(4));
    EXPECT_EQ(counts.warnings[0].file, "a.xml");
    EXPECT_THAT(counts.warnings[0].reason, HasSubstr("'31/02/2019 08:00:00' is not a date"));
    EXPECT_THAT(counts.warnings[1].reason,
                HasSubstr("'exported' of the root element occurs twice"));
    EXPECT_THAT(counts.warnings[2].reason, HasSubstr("reference"));
    EXPECT_THAT(counts.warnings[3].reason, HasSubstr("is not the element of any record"));
    EXPECT_THAT(office.read().warnings, IsEmpty());
}

TEST(Exports, OfAnotherProvinceOrWithAnotherRootNothingIsTaken) {
    Exports office;
    office.drop("a.xml", "province='H99'", version(1));
    office.drop("b.xml", "province='H22'", dossier_xml("H22-2"));
    std::ofstream(office.folder.path() / "drop" / "in" / "c.xml") << "<foo/>\n";
    const auto counts = office.read();
    EXPECT_EQ(counts.read, 1u);
    ASSERT_THAT(counts.rejected, SizeIs(2));
    EXPECT_EQ(counts.rejected[0].file, "a.xml");
    EXPECT_THAT(counts.rejected[0].reason, HasSubstr("H99"));
    EXPECT_EQ(counts.rejected[1].file, "c.xml");
    office.push();
    EXPECT_THAT(office.portal.codes(Operation::PushDossier), ElementsAre("H22-2"));
}

TEST(Exports, AFileWithoutARecordIsNamedOnce) {
    Exports office;
    office.drop("a.xml", "", "");
    const auto counts = office.read();
    ASSERT_THAT(counts.warnings, SizeIs(1));
    EXPECT_EQ(counts.warnings[0].file, "a.xml");
    EXPECT_THAT(counts.warnings[0].reason, HasSubstr("holds no record"));
    EXPECT_THAT(office.read().warnings, IsEmpty());
}

TEST(Exports, ATimeInTheFutureIsNotBelieved) {
    Exports office;  // it is 1 July 2019, 8 o'clock
    office.drop("a.xml", made("02/07/2019"), version(1));
    office.drop("b.xml", made("01/07/2019"), version(2));
    auto counts = office.read();
    EXPECT_THAT(counts.warnings, SizeIs(1));
    EXPECT_EQ(counts.warnings[0].file, "a.xml");
    EXPECT_THAT(counts.warnings[0].reason, HasSubstr("2019-07-01T08:00:00+07:00"));
    EXPECT_EQ(counts.changed, 1u) << "one wrong clock must not hold back what comes after";
    office.drop("c.xml", made("30/06/2019"), version(1));
    EXPECT_EQ(office.read().outdated, 1u) << "less than a day ahead is believed";
}

TEST(Exports, AllFilesOfABatchHaveTheirOwnTimes) {
    Exports office;
    for (int day = 1; day <= 9; ++day)
        office.drop(fmt::format("{}.xml", 10 - day), made(fmt::format("0{}/06/2019", day)),
                    version(day) + dossier_xml(fmt::format("H22-0{}", day)));
    const auto counts = office.read();
    EXPECT_EQ(counts.added, 10u);
    EXPECT_EQ(counts.outdated, 8u) << "the first one read is the newest";
    EXPECT_EQ(office.origin("H22-1"), "1.xml");
    EXPECT_EQ(office.origin("H22-01"), "9.xml");
}

// -- procedures ---------------------------------------------------------------------------------

TEST(Abolition, IsTakenOnlyFromADecisionThatSaysSo) {
    Exports office;
    office.drop("a.xml", "",
                procedure_xml("1.1", "abolished", "abolished") +
                    procedure_xml("1.2", "abolished", "replaced") +
                    procedure_xml("1.3", "abolished", "amended") +
                    procedure_xml("1.4", "abolished", "") +
                    procedure_xml("1.5", "abolished", "abolished", "") +
                    procedure_xml("1.6", "amended", "amended"));
    EXPECT_EQ(office.read().parked, 3u);
    auto parked = office.parked();
    std::sort(parked.begin(), parked.end(),
              [](const auto& a, const auto& b) { return a.code < b.code; });
    ASSERT_THAT(parked, SizeIs(3));
    EXPECT_EQ(parked[0].code, "1.3");
    EXPECT_EQ(parked[0].cause, ledger::Cause::Intake);
    EXPECT_THAT(parked[0].reason, HasSubstr("what its decision does is 'amended'"));
    EXPECT_EQ(parked[1].code, "1.4");
    EXPECT_EQ(parked[2].code, "1.5");
    EXPECT_THAT(parked[2].reason, HasSubstr("no decision is named"));
}

// -- the whole catalogue ------------------------------------------------------------------------

std::string whole(const std::string& day) {
    return made(day) + " complete=\"procedure\"";
}

class Catalogue : public ::testing::Test {
  protected:
    // 12 procedures that the portal shows.
    Catalogue() {
        office_.drop("0.xml", made("01/05/2019"), procedures(12));
        office_.read();
        office_.push({Operation::PushProcedure});
        EXPECT_EQ(office_.ledger->catalogue_change()->published, 12u);
    }
    static std::string procedures(int count) {
        std::string all;
        for (int i = 1; i <= count; ++i)
            all += procedure_xml(fmt::format("1.{}", 100 + i));
        return all;
    }
    IntakeCounts read(const std::string& name, const std::string& attributes,
                      const std::string& records) {
        office_.drop(name, attributes, records);
        return office_.read();
    }
    std::optional<CatalogueHold> hold() {
        const auto hold = catalogue_hold(*office_.ledger);
        EXPECT_TRUE(hold) << hold.error().message;
        return *hold;
    }

    Exports office_;
};

TEST_F(Catalogue, WhatItLacksIsReportedAndKept) {
    EXPECT_EQ(hold(), std::nullopt);
    EXPECT_THAT(read("1.xml", made("01/06/2019"), procedures(2)).catalogues, IsEmpty())
        << "an export of changes lacks nothing";
    const auto counts = read("2.xml", whole("02/06/2019"), procedures(2) + procedure_xml("1.999"));
    const CatalogueFile found{"2.xml", 3, 12, 10};
    EXPECT_THAT(counts.catalogues, ElementsAre(found));
    EXPECT_EQ(hold(), found);
    office_.reopen();
    EXPECT_EQ(hold(), found) << "a later run knows";
    EXPECT_EQ(office_.ledger->catalogue_change()->abolishing, 0u)
        << "nothing is abolished by absence";
    EXPECT_THAT(read("3.xml", whole("03/06/2019"), procedures(12)).catalogues, SizeIs(1));
    EXPECT_EQ(hold(), std::nullopt) << "a whole one makes up for it";
}

TEST_F(Catalogue, AnEmptyOneLacksEverything) {
    EXPECT_THAT(read("1.xml", whole("02/06/2019"), "").catalogues,
                ElementsAre(CatalogueFile{"1.xml", 0, 12, 12}));
    EXPECT_EQ(hold()->missing, 12u);
}

TEST_F(Catalogue, WhatAPersonAgreedToDoesNotHoldAgain) {
    read("1.xml", whole("02/06/2019"), procedures(2));
    ASSERT_TRUE(hold());
    ASSERT_TRUE(clear_catalogue_hold(*office_.ledger, office_.clock.now()));
    EXPECT_EQ(hold(), std::nullopt);
    read("2.xml", whole("03/06/2019"), procedures(2));
    EXPECT_EQ(hold(), std::nullopt) << "the same ten";
    read("3.xml", whole("04/06/2019"), procedures(1));
    EXPECT_EQ(hold()->missing, 11u);
    read("4.xml", whole("05/06/2019"), procedures(12));
    read("5.xml", whole("06/06/2019"), procedures(2));
    EXPECT_EQ(hold()->missing, 10u) << "they had come back meanwhile";
}

TEST(Exports, AVersionThatALaterExportStillHoldsIsNotReplacedByOneFromBetween) {
    Exports office;
    const auto first = dossier_xml("H22-1", 1, "processing", "as it was");
    office.drop("1.xml", made("01/06/2019"), first);
    office.read();
    office.drop("2.xml", made("03/06/2019"), first);
    EXPECT_EQ(office.read().unchanged, 1u);
    office.drop("3.xml", made("02/06/2019"), dossier_xml("H22-1", 1, "processing", "for a day"));
    EXPECT_EQ(office.read().outdated, 1u) << "held up on its way";
    EXPECT_EQ(office.origin("H22-1"), "1.xml");
}

TEST_F(Catalogue, WhatADecisionAbolishesIsNotMissing) {
    read("1.xml", made("01/06/2019"),
         procedure_xml("1.112", "abolished", "abolished") +
             procedure_xml("1.111", "abolished", "amended"));
    EXPECT_THAT(read("2.xml", whole("02/06/2019"), procedures(10)).catalogues,
                ElementsAre(CatalogueFile{"2.xml", 10, 12, 1}));
}

TEST_F(Catalogue, AnOlderOneThatIsReadLaterSaysNothing) {
    read("1.xml", whole("03/06/2019"), procedures(12));
    EXPECT_THAT(read("2.xml", whole("02/06/2019"), procedures(1)).catalogues, IsEmpty());
    EXPECT_EQ(hold(), std::nullopt);
    read("3.xml", "complete='procedure'", procedures(1));
    EXPECT_EQ(hold()->missing, 11u) << "of an unknown time: read last";
}

TEST_F(Catalogue, OneThatDoublesACodeStillLacksTheOthers) {
    EXPECT_THAT(read("1.xml", whole("02/06/2019"),
                     procedures(1) + procedures(1) + procedures(1) + procedures(1))
                    .catalogues,
                ElementsAre(CatalogueFile{"1.xml", 1, 12, 11}));
}

TEST_F(Catalogue, WhatIsFoundIsKeptWithTheBatchOrTheBatchIsNotTaken) {
    ASSERT_TRUE(office_.ledger->take({}, catalogue_source, "damaged", office_.clock.now()));
    const std::string before = *office_.ledger->position(drop_folder_source);
    office_.drop("1.xml", whole("02/06/2019"), procedures(13));
    EXPECT_EQ(office_.read_from(*office_.open()).error().kind, ErrorKind::Corrupt);
    EXPECT_EQ(*office_.ledger->position(drop_folder_source), before);
    EXPECT_EQ(*office_.ledger->records("procedure"), 12u);
}

// The process dies after the batch was stored, before the file was moved; a person looks meanwhile.
TEST_F(Catalogue, ACrashDoesNotUndoWhatAPersonAgreedTo) {
    office_.drop("1.xml", whole("02/06/2019"), procedures(2));
    class Dying final : public province::Source {
      public:
        explicit Dying(std::unique_ptr<province::Source> real) : real_(std::move(real)) {}
        Result<province::Batch> next(std::size_t max) override { return real_->next(max); }
        Status acknowledge(const std::string&) override {
            return fail(ErrorKind::Retry, "the process is gone");
        }
        Result<std::vector<province::RejectedFile>> incomplete() override {
            return real_->incomplete();
        }
        Result<std::size_t> waiting_files() override { return real_->waiting_files(); }

      private:
        std::unique_ptr<province::Source> real_;
    } dying(office_.open());
    EXPECT_FALSE(office_.read_from(dying));
    EXPECT_EQ(hold()->missing, 10u) << "stored with the batch";
    ASSERT_TRUE(clear_catalogue_hold(*office_.ledger, office_.clock.now()));
    EXPECT_THAT(office_.read().catalogues, IsEmpty());
    EXPECT_EQ(hold(), std::nullopt);
}

TEST_F(Catalogue, WhatThisProgramDidNotWriteIsCorrupt) {
    for (const char* text : {"x", "1 2 3", "1 1 1 1 1 - ", "2 1 1 1 1 - a.xml",
                             "1 1 1 -1 1 - a.xml", "1 1 1 1 1 noon a.xml"}) {
        ASSERT_TRUE(office_.ledger->take({}, catalogue_source, text, office_.clock.now()));
        const auto hold = catalogue_hold(*office_.ledger);
        ASSERT_FALSE(hold) << text;
        EXPECT_EQ(hold.error().kind, ErrorKind::Corrupt);
    }
}

}  // namespace
}  // namespace dvcsync::sync
