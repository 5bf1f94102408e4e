#include <gmock/gmock.h>

#include <fstream>
#include <set>

#include "tests/unit/generator/exported.h"

namespace dvcsync::year {
namespace {

CatalogueYear full_year() {
    const auto year = plan_catalogue(2019, catalogue_part(test_world().published),
                                     test_world().catalogue, test_world().calendar);
    EXPECT_TRUE(year) << year.error().message;
    return *year;
}

TEST(Catalogue, HoldsRealCodesOnceWithAllThatDossiersNeed) {
    const Catalogue& catalogue = test_world().catalogue;
    std::set<std::string> codes;
    for (const Procedure& procedure : catalogue.procedures) {
        EXPECT_TRUE(codes.insert(procedure.code).second) << procedure.code;
        EXPECT_FALSE(procedure.name.empty());
        EXPECT_FALSE(procedure.components.empty()) << procedure.code;
        EXPECT_FALSE(procedure.results.empty()) << procedure.code;
        EXPECT_FALSE(procedure.legal.empty()) << procedure.code;
        EXPECT_LE(procedure.days, 60) << procedure.code;
    }
    EXPECT_EQ(codes.size(), 2'241u);
}

TEST(Catalogue, DecisionsKeepTheTermsOfTheDecree) {
    const WorkingDays& calendar = test_world().calendar;
    const CatalogueYear year = full_year();
    std::set<std::string> numbers;
    for (const Decision& decision : year.decisions) {
        EXPECT_TRUE(calendar.working(decision.issued)) << decision.number;
        EXPECT_GE(decision.issued, year_begin);
        EXPECT_LE(decision.published, year_end);
        EXPECT_GE(calendar.between(decision.issued, decision.effective), 5) << decision.number;
        EXPECT_LE(calendar.between(decision.issued, decision.published), 5) << decision.number;
        EXPECT_TRUE(numbers.insert(decision.number).second) << decision.number;
    }
    EXPECT_EQ(year.decisions.size(), 46u);
}

TEST(Catalogue, EveryDecisionTouchesSomethingAndNothingIsTouchedTwice) {
    const CatalogueYear year = full_year();
    std::set<std::size_t> used;
    std::set<std::size_t> procedures;
    for (const ProcedureYear& procedure : year.procedures) {
        EXPECT_TRUE(procedures.insert(procedure.procedure).second);
        if (procedure.touched) used.insert(procedure.decision);
    }
    EXPECT_EQ(used.size(), 46u);
}

TEST(Catalogue, AnUnknownFieldIsReportedWithFileAndLine) {
    const TempFolder folder;
    const std::filesystem::path data =
        std::filesystem::path(DVC_SOURCE_DIR) / "tests" / "province" / "data";
    for (const char* name : {"fields.csv", "audiences.csv", "details.jsonl"})
        std::filesystem::copy_file(data / name, folder.path / name);
    std::ofstream(folder.path / "procedures.csv")
        << "code,department,levels,field,kind,decision,publisher,agency,subjects,ways,name\n"
        << "9.999999,TP,province,LV-999,,,,,,direct,A\n";
    const auto loaded = Catalogue::load(folder.path, test_world().phrases);
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, testing::HasSubstr("procedures.csv:2: 9.999999"));
}

TEST(Catalogue, FiguresThatTheCatalogueCannotGiveAreRefused) {
    CatalogueFigures figures = catalogue_part(test_world().published);
    figures.published = 5'000;
    EXPECT_FALSE(plan_catalogue(1, figures, test_world().catalogue, test_world().calendar));
}

}  // namespace
}  // namespace dvcsync::year
