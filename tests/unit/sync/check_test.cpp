#include "connector/sync/check.h"

#include <gmock/gmock.h>

namespace dvcsync::sync {
namespace {

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

}  // namespace
}  // namespace dvcsync::sync
