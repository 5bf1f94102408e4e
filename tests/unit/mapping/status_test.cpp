// Every state of a dossier goes out under its own number of the contract (§5), and none under
// another's because "finished" looks better.
#include <gmock/gmock.h>

#include "tests/unit/mapping/folder.h"

namespace dvcsync::mapping::testing {
namespace {

struct Number {
    std::string word;
    std::string number;
};

class ShippedStatus : public ::testing::TestWithParam<Number> {};

TEST_P(ShippedStatus, HasItsOwnNumber) {
    const std::filesystem::path top = DVC_SOURCE_DIR;
    const Folder folder;
    std::filesystem::copy(top / "mappings", folder.path(),
                          std::filesystem::copy_options::recursive);
    folder.write("codes/procedures.csv", content_of(top / "tests/data/mapping/procedures.csv"));
    const auto set = MappingSet::load(folder.path(), "reference", "mapi-2024");
    ASSERT_TRUE(set) << set.error().message;

    std::string xml = content_of(top / "tests/data/mapping/dossier.xml");
    const std::string before = "<status>returned</status>\n  <online";
    const auto at = xml.find(before);
    ASSERT_NE(at, std::string::npos);
    xml.replace(at, before.size(), "<status>" + GetParam().word + "</status>\n  <online");
    const auto record = set->vocabulary().parse("dossier", xml);
    ASSERT_TRUE(record) << record.error().message;
    const auto made = set->plan(Operation::PushDossier)->run(*record);
    ASSERT_TRUE(made) << made.error().text();
    ASSERT_EQ(made->size(), 1U);
    EXPECT_THAT(made->front().json,
                ::testing::HasSubstr(R"("TrangThaiHoSo":")" + GetParam().number + '"'));
}

INSTANTIATE_TEST_SUITE_P(Each, ShippedStatus,
                         ::testing::Values(Number{"registered", "1"}, Number{"received", "2"},
                                           Number{"rejected", "3"}, Number{"processing", "4"},
                                           Number{"supplementing", "5"},
                                           Number{"awaiting-payment", "6"},
                                           Number{"withdrawn", "7"}, Number{"stopped", "8"},
                                           Number{"finished", "9"}, Number{"returned", "10"}),
                         [](const auto& info) { return "Number" + info.param.number; });

}  // namespace
}  // namespace dvcsync::mapping::testing
