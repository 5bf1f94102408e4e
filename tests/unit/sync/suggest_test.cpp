// Which national codes a local one may be, and the row that a person accepts.
#include "connector/sync/suggest.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace dvcsync::sync {
namespace {

using ::testing::HasSubstr;

class Suggest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "suggest-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    void TearDown() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::filesystem::path file(std::string_view text) const {
        std::ofstream(folder_ / "t.csv", std::ios::binary) << text;
        return folder_ / "t.csv";
    }
    static std::string text(const std::filesystem::path& path) {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::filesystem::path folder_;
};

TEST_F(Suggest, ListsEveryCodeOfTheSameNameAndSortsByFieldAndAgency) {
    std::vector<NationalProcedure> all;
    for (int i = 0; i < 10; ++i)
        all.push_back({"2.00000" + std::to_string(i), "Hỗ trợ  phát triển sản xuất cộng đồng.",
                       i == 7 ? "Nông nghiệp" : "Khác", "Sở"});
    all.push_back({"1.000001", "Hỗ trợ phát triển sản xuất", "Nông nghiệp", "Sở"});
    all.push_back({"1.000002", "Cấp hộ chiếu", "Nông nghiệp", "Sở"});
    Untranslated wanted;
    wanted.name = "hỗ trợ phát triển sản xuất cộng đồng.";
    wanted.field = "Nông nghiệp";
    wanted.agency = "Sở";
    const auto found = candidates(wanted, all, 3);
    ASSERT_EQ(found.size(), 10u) << "more than were asked for, for they all have the name";
    EXPECT_EQ(found.front().procedure->code, "2.000007");
    EXPECT_EQ(found.front().score, 100);
    EXPECT_LT(found.back().score, 100);
    const auto wide = candidates(wanted, all, 30);
    ASSERT_EQ(wide.size(), 11u) << "a name that has nothing in common is none";
    EXPECT_EQ(wide.back().procedure->code, "1.000001");
    EXPECT_TRUE(candidates(Untranslated{}, all, 3).empty());
}

TEST_F(Suggest, ComparesNamesInOneForm) {
    const std::vector<NationalProcedure> all{{"1", "Cấp giấy", "", ""}};
    Untranslated wanted;
    wanted.name =
        "CA\xcc\x82\xcc\x81p\xc2\xa0 giấy";  // decomposed, and a blank that does not break
    const auto found = candidates(wanted, all, 1);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().score, 70);
}

TEST_F(Suggest, AnAcceptedRowSaysWhoWhenAndWhyAndKeepsTheRest) {
    const std::string before = "local,note,national,valid_to\n# kept\na,\"x, y\",1,\n";
    const mapping::CodesFile table{file(before), "local", "national"};
    ledger::Act act;
    act.actor = "binh";
    act.reason = "QĐ 1";
    const UtcTime now{std::chrono::sys_days{std::chrono::year(2026) / 7 / 1}};
    ASSERT_TRUE(accept_code(table, "b.01", "1.000001", act, now));
    EXPECT_EQ(text(table.file), before + "# 2026-07-01, binh: QĐ 1\nb.01,,1.000001,\n");
    const auto twice = accept_code(table, "a", "2", act, now);
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().message, HasSubstr("t.csv:3: 'a' stands there already, as '1'"));
    for (const char* code : {"", " a", "#a", "a,b", "a\"b", "a\nb"})
        EXPECT_FALSE(accept_code(table, code, "2", act, now)) << code;
    EXPECT_FALSE(accept_code({table.file, "local", "none"}, "c", "2", act, now));
    EXPECT_EQ(text(table.file), before + "# 2026-07-01, binh: QĐ 1\nb.01,,1.000001,\n");
}

TEST_F(Suggest, AListWithoutItsColumnsIsToldWithItsFile) {
    const auto list = load_national(file("code,name,field\n1,a,b\n"));
    ASSERT_FALSE(list);
    EXPECT_THAT(list.error().message, HasSubstr("t.csv:1: has no column 'agency'"));
}

}  // namespace
}  // namespace dvcsync::sync
