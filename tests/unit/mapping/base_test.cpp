// Profiles that stand on another one.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/mapping/mapping.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::mapping {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Base : public ::testing::Test {
  protected:
    Base() {
        fs::copy(fs::path(DVC_SOURCE_DIR) / "mappings", folder_.path(),
                 fs::copy_options::recursive);
    }
    void write(const std::string& name, const std::string& text) {
        const auto file = folder_.path() / "portal" / name;
        fs::create_directories(file.parent_path());
        ASSERT_TRUE(write_atomically(file, text, 0644));
    }
    Result<MappingSet> load(const std::string& profile) const {
        return MappingSet::load(folder_.path(), "reference", profile);
    }
    std::string error_of(const std::string& profile) const {
        const auto set = load(profile);
        return set ? "" : set.error().message;
    }

    test::TemporaryFolder folder_;
};

TEST_F(Base, GivesWhatTheFolderLacksAndIsOfTheSet) {
    write("mine/profile.xml", R"(<profile name="mine" base="mapi-2024"/>)");
    const auto set = load("mine");
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_NE(set->plan(Operation::PushDossier), nullptr);
    EXPECT_NE(set->reading("submission"), nullptr);
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mapi-2024/dossier.xml\n"));
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mapi-2024/profile.xml\n"));
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mine/profile.xml\n"));
}

TEST_F(Base, AFileOfTheSameNameTakesThePlaceOfTheBasesOne) {
    const auto set = load("mapi-2020");
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mapi-2020/dossier.xml\n"));
    EXPECT_THAT(set->manifest(), Not(HasSubstr(" portal/mapi-2024/dossier.xml\n")));
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mapi-2024/progress.xml\n"));
    EXPECT_NE(set->digest(), load("mapi-2024")->digest());
}

TEST_F(Base, ThatIsNotThereOrStandsOnItselfIsAFaultOfTheFile) {
    write("mine/profile.xml", "<profile name=\"mine\"\n base=\"mapi-2034\"/>");
    EXPECT_THAT(error_of("mine"), HasSubstr("portal/mine/profile.xml:1: base=\"mapi-2034\": there "
                                            "is no such profile beside this one"));
    write("mine/profile.xml", R"(<profile name="mine" base="../mapi-2024"/>)");
    EXPECT_THAT(error_of("mine"), HasSubstr("there is no such profile"));
    write("mine/profile.xml", R"(<profile name="mine" base="mine"/>)");
    EXPECT_THAT(error_of("mine"),
                HasSubstr("mine/profile.xml: it stands on more than 4 other profiles, or on "
                          "itself"));
}

TEST_F(Base, MayStandOnAnotherAndTheNearestFileCounts) {
    write("mine/profile.xml", R"(<profile name="mine" base="mapi-2020"/>)");
    const auto set = load("mine");
    ASSERT_TRUE(set);
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mapi-2020/dossier.xml\n"));
    EXPECT_THAT(set->manifest(), Not(HasSubstr(" portal/mapi-2024/dossier.xml\n")));
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mapi-2024/shared.xml\n"));
    EXPECT_THAT(set->manifest(), HasSubstr(" portal/mapi-2024/profile.xml\n"));
}

TEST_F(Base, AFaultInABorrowedFileNamesThatFile) {
    write("mine/profile.xml", R"(<profile name="mine" base="mapi-2024"/>)");
    write("mapi-2024/progress.xml", "<mapping");
    EXPECT_THAT(error_of("mine"), HasSubstr("portal/mapi-2024/progress.xml:"));
}

}  // namespace
}  // namespace dvcsync::mapping
