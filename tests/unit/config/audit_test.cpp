// [audit]: what it means, and every key's fault with its line.
#include <gmock/gmock.h>

#include "tests/unit/config/folder.h"

namespace dvcsync::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Audit : public FolderTest {
  protected:
    static std::string with(std::string_view lines) {
        return sample_with("key_file = \"audit.key\"",
                           fmt::format("key_file = \"audit.key\"\n{}", lines));
    }
    static std::string without() {
        std::string text = sample();
        const std::size_t begin = text.find("\n[audit]");
        text.erase(begin, text.find("\n[mappings]") - begin);
        return text;
    }
};

TEST_F(Audit, the_sample_signs_beside_the_ledger) {
    const auto config = load_text(sample());
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_TRUE(config->audit);
    EXPECT_EQ(config->audit_origin, "dvcsync.hagiang.gov.vn");
    EXPECT_EQ(config->audit_folder, folder / "audit");
    EXPECT_EQ(config->audit_key, folder / "audit.key");
    EXPECT_EQ(config->unsealed_limit, std::chrono::minutes(60));
    EXPECT_EQ(config->timestamp_url, "");
    EXPECT_THAT(config->audit_bodies, IsEmpty());
    EXPECT_EQ(config->keep_bodies_days, 0);
}

TEST_F(Audit, without_the_section_nothing_is_signed) {
    const auto config = load_text(without());
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_FALSE(config->audit);
}

TEST_F(Audit, every_comment_in_the_sample_is_a_line_that_works) {
    std::string text = sample();
    for (const std::string_view line : {"unsealed_limit_minutes = ", "timestamp_url = ",
                                        "timestamp_ca = ", "bodies = ", "keep_bodies_days = "}) {
        const std::size_t at = text.find(fmt::format("\n# {}", line));
        ASSERT_NE(at, std::string::npos) << line;
        text.erase(at + 1, 2);
    }
    write("certs/tsa-ca.pem", "ca");
    const auto config = load_text(text);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->timestamp_url, "https://tsa.example.gov.vn/tsr");
    EXPECT_EQ(config->timestamp_ca, folder / "certs/tsa-ca.pem");
    EXPECT_THAT(config->audit_bodies, ElementsAre("push-dossier", "push-progress"));
}

TEST_F(Audit, a_section_that_is_begun_must_be_complete) {
    EXPECT_THAT(faults(sample_with("origin = \"dvcsync.hagiang.gov.vn\"", "#")),
                HasSubstr("[audit] origin is missing"));
    EXPECT_THAT(faults(sample_with("checkpoint_folder = \"audit\"", "#")),
                HasSubstr("[audit] checkpoint_folder is missing"));
    EXPECT_THAT(faults(sample_with("key_file = \"audit.key\"", "#")),
                HasSubstr("[audit] key_file is missing"));
}

TEST_F(Audit, each_wrong_value_is_told) {
    EXPECT_THAT(faults(sample_with("origin = \"dvcsync.hagiang.gov.vn\"", "origin = \"a b\"")),
                HasSubstr("[audit] origin is not a name of a log"));
    EXPECT_THAT(faults(sample_with("origin = \"dvcsync.hagiang.gov.vn\"", "origin = \"a+b\"")),
                HasSubstr("[audit] origin is not a name of a log"));
    EXPECT_THAT(faults(with("unsealed_limit_minutes = 0")),
                HasSubstr("[audit] unsealed_limit_minutes is 0: use 1–43200"));
    EXPECT_THAT(faults(with("bodies = \"push-dossier login\"")),
                HasSubstr("[audit] bodies names \"login\", which is no exchange with records"));
    EXPECT_THAT(faults(with("keep_bodies_days = -1")), HasSubstr("[audit] keep_bodies_days is -1"));
}

TEST_F(Audit, a_time_stamp_needs_address_and_authority) {
    EXPECT_THAT(faults(with("timestamp_url = \"https://tsa\"")),
                HasSubstr("[audit] timestamp_ca is missing"));
    write("tsa.pem", "ca");
    EXPECT_THAT(faults(with("timestamp_ca = \"tsa.pem\"")),
                HasSubstr("[audit] timestamp_url is missing"));
    EXPECT_THAT(faults(with("timestamp_url = \"tsa\"\ntimestamp_ca = \"tsa.pem\"")),
                HasSubstr("[audit] timestamp_url must begin with https://"));
    EXPECT_THAT(faults(with("timestamp_url = \"https://tsa\"\ntimestamp_ca = \"no.pem\"")),
                HasSubstr("[audit] timestamp_ca names no.pem, which does not exist"));
    const auto config =
        load_text(with("timestamp_url = \"http://tsa\"\ntimestamp_ca = \"tsa.pem\""));
    EXPECT_TRUE(config) << "the answer is signed: plain http does no harm";
}

}  // namespace
}  // namespace dvcsync::config
