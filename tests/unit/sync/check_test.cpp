#include "connector/sync/check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "connector/console/socket.h"
#include "connector/province/inbox.h"
#include "connector/sync/check_inbound.h"
#include "connector/sync/serve_mark.h"
#include "tests/unit/base/temporary_folder.h"

namespace dvcsync::sync {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const UtcTime noon = from_vietnam(std::chrono::local_days{std::chrono::year{2026} / 11 / 23} +
                                  std::chrono::hours{12});

Light light_after(std::chrono::days left) {
    return certificate_finding("our certificate", "client.pem", noon + left, noon).light;
}

TEST(CertificateFinding, IsGreenWhileItIsFarFromItsEnd) {
    EXPECT_EQ(light_after(std::chrono::days{400}), Light::Green);
    EXPECT_EQ(light_after(std::chrono::days{certificate_warning_days}), Light::Green);
}

TEST(CertificateFinding, IsYellowInItsLastDays) {
    EXPECT_EQ(light_after(std::chrono::days{certificate_warning_days - 1}), Light::Yellow);
    EXPECT_EQ(light_after(std::chrono::days{0} + std::chrono::days{1}), Light::Yellow);
}

TEST(CertificateFinding, IsRedOnceItHasEndedAndSaysWhatToRead) {
    const auto finding = certificate_finding("our certificate", "client.pem", noon, noon);
    EXPECT_EQ(finding.light, Light::Red);
    EXPECT_THAT(finding.text, HasSubstr("client.pem"));
    EXPECT_THAT(finding.text, HasSubstr("certs/README.md"));
}

TEST(Check, NamesAConfigurationThatIsNotThereAndGoesNoFurther) {
    const auto findings = check("/nowhere/dvcsync.toml", system_clock());
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings.front().light, Light::Red);
    EXPECT_THAT(findings.front().text, HasSubstr("/nowhere/dvcsync.toml"));
}

// What check finds of a service for callbacks.
class CheckServe : public ::testing::Test {
  protected:
    CheckServe() {
        config_.file = "/p/dvcsync.toml";
        config_.lines = {{"serve.port", 5},
                         {"serve.downloads", 6},
                         {"inbound.file_hosts", 3},
                         {"inbound.file_ca", 4},
                         {"inbound.inbox", 2}};
        config_.inbound = config_.serve = true;
        config_.inbox_folder = folder_.path() / "inbox";
        config_.staging = folder_.path() / "staging";
        config_.ledger_file = folder_.path() / "ledger.db";
        config_.downloads = folder_.path() / "downloads";
        config_.mappings = DVC_SOURCE_DIR "/mappings";
        config_.profile = "mapi-2024";
        config_.listen_port = 0;
        EXPECT_TRUE(province::create_drop_inbox(config_.inbox_folder));
        std::filesystem::create_directory(config_.downloads);
    }
    // The findings that are not green, one a line.
    std::string troubles() {
        std::string all;
        for (const auto& one : check_inbound(config_))
            if (one.light != Light::Green)
                all += (one.light == Light::Red ? "red " : "yellow ") + one.text + "\n";
        return all;
    }

    dvcsync::test::TemporaryFolder folder_;
    config::Config config_;
};

TEST_F(CheckServe, IsContentWithWhatIsInOrder) {
    std::ofstream(config_.downloads / "4f1c-9b") << "x";
    EXPECT_EQ(troubles(), "");
}

TEST_F(CheckServe, APortOfAnotherProgramIsNamedAndItsOwnServiceIsNot) {
    const auto other = console::listen_on_loopback(0);
    config_.listen_port = console::port_of(other);
    EXPECT_THAT(troubles(), HasSubstr(fmt::format("red /p/dvcsync.toml:5: [serve] port: dvcsync "
                                                  "serve could not listen on 127.0.0.1:{}",
                                                  config_.listen_port)));
    const ServeMark mark(config_.ledger_file, config_.listen_port);
    EXPECT_EQ(troubles(), "");
    ++config_.listen_port;
    const auto second = console::listen_on_loopback(config_.listen_port);
    if (second) {
        EXPECT_THAT(troubles(), HasSubstr("could not listen")) << "the service has another one";
    }
}

TEST_F(CheckServe, DownloadsHoldResultsAndNothingElse) {
    std::ofstream(config_.downloads / "result.pdf") << "x";
    EXPECT_THAT(troubles(), HasSubstr("yellow /p/dvcsync.toml:6: [serve] downloads: "));
    std::filesystem::create_directory(config_.downloads / "folder");
    EXPECT_THAT(troubles(), HasSubstr("holds 1 folders or links: this is no folder of results"));
    config_.downloads = "/etc";
    EXPECT_THAT(troubles(), HasSubstr("red /p/dvcsync.toml:6: [serve] downloads: /etc: holds"));
}

TEST_F(CheckServe, EveryMissingPartOfTheInboxIsNamedAtOnce) {
    for (const char* part : {"new", ".keys"})
        std::filesystem::remove_all(config_.inbox_folder / part);
    EXPECT_THAT(troubles(), AllOf(HasSubstr("red /p/dvcsync.toml:2: [inbound] inbox: "),
                                  HasSubstr("inbox/new, "), HasSubstr("inbox/.keys are missing")));
}

TEST_F(CheckServe, FileHostsAndTheirAuthorityAreNamedWithTheirKeys) {
    config_.file_hosts = {"10.0.0.7"};
    EXPECT_THAT(troubles(), HasSubstr("red /p/dvcsync.toml:3: [inbound] file_hosts: \"10.0.0.7\" "
                                      "is inside a network"));
    config_.private_addresses = true;
    config_.file_ca = folder_.path() / "ca.pem";
    std::ofstream(config_.file_ca) << "no certificate";
    EXPECT_THAT(troubles(), HasSubstr("red /p/dvcsync.toml:4: [inbound] file_ca: "));
}

TEST(Misfit, TellsWhichFilesTheProfileNamesInVain) {
    const std::filesystem::path source = DVC_SOURCE_DIR;
    const auto profile = portal::Profile::load(source / "mappings/portal/mapi-2024/profile.xml");
    const auto load = [&](const std::string& name) {
        return *mapping::MappingSet::load(source / "mappings", "reference", name);
    };
    ASSERT_TRUE(profile);
    EXPECT_THAT(missing_files(*profile, load("mapi-2024")), testing::IsEmpty());
    const auto lines = missing_files(*profile, load("dvc-2026"));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("there is no reading-submission.xml")));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("the question stays unanswered")));
}

TEST(Misfit, TellsWhatCannotGoOutAlthoughProfileAndMappingsAreEachRight) {
    const std::filesystem::path source = DVC_SOURCE_DIR;
    const auto profile = [&](const std::string& file) {
        auto loaded = portal::Profile::load(source / file);
        EXPECT_TRUE(loaded) << file;
        return *loaded;
    };
    const auto set = [&](const std::string& name) {
        return *mapping::MappingSet::load(source / "mappings", "reference", name);
    };
    const auto two_forms = profile("tests/data/portal/token.xml");
    const auto common = profile("mappings/portal/mapi-2024/profile.xml");
    const auto newest = profile("mappings/portal/dvc-2026/profile.xml");
    EXPECT_THAT(misfit(two_forms, set("mapi-2024"), Operation::PushDossier),
                HasSubstr("no mapping with known=\"yes\" makes it"));
    EXPECT_THAT(misfit(common, set("dvc-2026"), Operation::PushDossier),
                HasSubstr("has no such form of the operation"));
    EXPECT_THAT(misfit(common, set("dvc-2026"), Operation::PushProgress),
                HasSubstr("has no <next-code>"));
    // The files of dvc-2026 go to a portal that tells no hash of them, and to one that takes none.
    const test::TemporaryFolder folder;
    const auto changed = [&](const std::string& from, const std::string& to) {
        std::ifstream in(source / "mappings/portal/dvc-2026/profile.xml");
        std::string text{std::istreambuf_iterator<char>(in), {}};
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
        std::ofstream(folder.path() / "profile.xml") << text;
        auto loaded = portal::Profile::load(folder.path() / "profile.xml");
        EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
        return *loaded;
    };
    EXPECT_THAT(misfit(changed(R"( hash="data/HashTepTin" check="sha-256")", ""), set("dvc-2026"),
                       Operation::PushDossier),
                HasSubstr("has no hash="));
    EXPECT_TRUE(names_files(set("dvc-2026"), Operation::PushDossier));
    EXPECT_FALSE(names_files(set("dvc-2026"), Operation::PushProgress));
    EXPECT_FALSE(names_files(set("mapi-2024"), Operation::PushDossier));
    for (const auto operation : all_operations) {
        EXPECT_EQ(misfit(newest, set("dvc-2026"), operation), "");
        EXPECT_EQ(misfit(common, set("mapi-2024"), operation), "");
    }
}

}  // namespace
}  // namespace dvcsync::sync
