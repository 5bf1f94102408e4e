// Mapping files that change while a service runs.
#include "connector/sync/rules.h"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::sync {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RulesTest : public ::testing::Test {
  protected:
    RulesTest() {
        config_.mappings = folder_.path() / "mappings";
        config_.vocabulary = "reference";
        config_.profile = "mapi-2024";
        fs::copy(fs::path(DVC_SOURCE_DIR) / "mappings", config_.mappings,
                 fs::copy_options::recursive);
    }
    // Each write is seen, however coarse the file system's clock.
    void write(const std::string& name, const std::string& text) {
        const auto file = config_.mappings / name;
        std::error_code none;
        const auto before = fs::last_write_time(file, none);
        ASSERT_TRUE(write_atomically(file, text, 0644));
        if (!none) fs::last_write_time(file, before + std::chrono::seconds(1));
    }
    std::string text(const std::string& name) const {
        return *read_file(config_.mappings / name, limits::max_mapping_file);
    }
    void append(const std::string& name, const std::string& more) {
        write(name, text(name) + more);
    }

    test::TemporaryFolder folder_;
    config::Config config_;
};

constexpr const char* dossier = "portal/mapi-2024/dossier.xml";
constexpr const char* profile_file = "portal/mapi-2024/profile.xml";

TEST_F(RulesTest, AChangeIsTakenAtTheSecondLookThatSeesIt) {
    auto rules = *Rules::open(config_);
    EXPECT_FALSE(*rules.look());
    const auto before = rules.set().mappings.digest();
    append(dossier, "<!-- another -->\n");
    EXPECT_FALSE(*rules.look()) << "it may still be written";
    EXPECT_EQ(rules.set().mappings.digest(), before);
    EXPECT_TRUE(*rules.look());
    EXPECT_NE(rules.set().mappings.digest(), before);
    EXPECT_FALSE(*rules.look());
}

TEST_F(RulesTest, FilesThatGoOnChangingAreWaitedFor) {
    auto rules = *Rules::open(config_);
    for (int i = 0; i < 5; ++i) {
        append(dossier, "<!-- another -->\n");
        EXPECT_FALSE(*rules.look());
    }
    EXPECT_TRUE(*rules.look());
}

TEST_F(RulesTest, ABrokenFileLeavesTheOldSetInForceAndIsNamed) {
    auto rules = *Rules::open(config_);
    const auto before = rules.set().mappings.digest();
    const auto good = text(dossier);
    write(dossier, good + "<broken>");
    ASSERT_TRUE(rules.look());
    for (int i = 0; i < 3; ++i) {
        const auto looked = rules.look();
        ASSERT_FALSE(looked);
        EXPECT_THAT(looked.error().message, HasSubstr("dossier.xml:"));
        EXPECT_THAT(looked.error().message,
                    HasSubstr("the set " + hex(before).substr(0, 12) + " stays in force"));
        EXPECT_EQ(rules.set().mappings.digest(), before);
    }
    write(dossier, good + "<!-- mended -->\n");
    EXPECT_FALSE(rules.look()) << "until it is taken";
    EXPECT_TRUE(*rules.look());
    EXPECT_NE(rules.set().mappings.digest(), before);
}

TEST_F(RulesTest, ABrokenFileThatIsBroughtBackIsNoTroubleAnyMore) {
    auto rules = *Rules::open(config_);
    const auto good = text(dossier);
    write(dossier, "<mapping");
    ASSERT_TRUE(rules.look());
    ASSERT_FALSE(rules.look());
    write(dossier, good);
    (void)rules.look();
    const auto looked = rules.look();
    ASSERT_TRUE(looked) << looked.error().message;
    EXPECT_FALSE(*looked) << "the same set as before";
}

TEST_F(RulesTest, TheProfileBelongsToTheSet) {
    auto rules = *Rules::open(config_);
    const auto before = rules.set().mappings.digest();
    append(profile_file, "<!-- another -->\n");
    ASSERT_TRUE(rules.look());
    EXPECT_TRUE(*rules.look());
    EXPECT_NE(rules.set().mappings.digest(), before);
    EXPECT_THAT(rules.set().mappings.manifest(), HasSubstr(std::string(" ") + profile_file));
    write(profile_file, "<profile/>");
    ASSERT_TRUE(rules.look());
    const auto looked = rules.look();
    ASSERT_FALSE(looked);
    EXPECT_THAT(looked.error().message, HasSubstr("profile.xml"));
}

TEST_F(RulesTest, AFolderThatIsGoneLeavesTheOldSetInForce) {
    auto rules = *Rules::open(config_);
    fs::rename(config_.mappings, folder_.path() / "elsewhere");
    ASSERT_TRUE(rules.look());
    EXPECT_FALSE(rules.look());
    EXPECT_NE(rules.set().mappings.plan(Operation::PushDossier), nullptr);
    fs::rename(folder_.path() / "elsewhere", config_.mappings);
    EXPECT_FALSE(*rules.look());
}

}  // namespace
}  // namespace dvcsync::sync
