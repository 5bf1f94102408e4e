// [uploads]: where the province's files are fetched for a portal that wants to have them.
#include <gmock/gmock.h>

#include "tests/unit/config/folder.h"

namespace dvcsync::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Uploads : public FolderTest {
  protected:
    static std::string with(std::string_view lines) {
        return sample_with("[uploads]", fmt::format("[uploads]\n{}", lines));
    }
};

TEST_F(Uploads, the_sample_fetches_from_no_host) {
    const auto config = load_text(sample());
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->uploads.file_hosts, IsEmpty());
    EXPECT_FALSE(config->uploads.private_addresses);
    EXPECT_FALSE(config->uploads.plain_http);
    EXPECT_TRUE(config->uploads.file_ca.empty());
    EXPECT_EQ(config->uploads.max_file_mib, 20);
}

TEST_F(Uploads, its_keys_are_its_own_and_not_those_of_inbound) {
    write("ca.pem", "ca");
    const auto config = load_text(
        with("file_hosts = \"kho.a.vn, *.b.vn\"\nfile_ca = \"ca.pem\"\n"
             "allow_private_addresses = true\nallow_plain_http = true\nmax_file_mib = 7"));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_THAT(config->uploads.file_hosts, ElementsAre("kho.a.vn", "*.b.vn"));
    EXPECT_EQ(config->uploads.file_ca, folder / "ca.pem");
    EXPECT_TRUE(config->uploads.private_addresses);
    EXPECT_TRUE(config->uploads.plain_http);
    EXPECT_EQ(config->uploads.max_file_mib, 7);
    EXPECT_THAT(config->file_hosts, IsEmpty());
    EXPECT_FALSE(config->private_addresses);
    EXPECT_EQ(config->max_file_mib, 100);
}

TEST_F(Uploads, faults_are_told_with_their_line) {
    for (const auto& [line, fault] : std::initializer_list<std::pair<const char*, const char*>>{
             {"max_file_mib = 0", "[uploads] max_file_mib"},
             {"max_file_mib = 201", "[uploads] max_file_mib"},
             {"file_ca = \"none.pem\"", "[uploads] file_ca"},
             {"file_host = \"a\"", "[uploads] has no key file_host: did you mean file_hosts?"}}) {
        const auto config = load_text(with(line));
        ASSERT_FALSE(config) << line;
        EXPECT_THAT(config.error().message, HasSubstr(fault)) << line;
    }
}

}  // namespace
}  // namespace dvcsync::config
