// What is sent again, told apart by the answers that were delivered, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/sandbox/spoiled.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Repeats, WhatIsSentAgainAfterItsAnswerIsBlind) {
    Spoiled portal("");
    portal.push({1});
    portal.push_step(1);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
    EXPECT_THAT(portal.push({1}), HasSubstr(R"("error_code":-3)"));
    EXPECT_THAT(portal.push_step(1), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("dossiers_as_new_after_answer"), 1U);
    EXPECT_EQ(portal.report("progress_rows_after_answer"), 1U);
    EXPECT_EQ(portal.report("resent_after_answer"), 2U);
    portal.push({1}, "True");
    EXPECT_EQ(portal.report("dossiers_unchanged_after_answer"), 1U);
}

TEST(Repeats, WhatIsSentAgainInDoubtHasAReason) {
    for (const std::string fault : {"lost-after", "late", "close-reused", "server-error-kept",
                                    "html-kept", "garbage", "truncated", "huge", "slow", "reset"}) {
        Spoiled portal("");
        portal.administer("POST", "/faults?spec=" + fault + "=1");
        portal.push({1});
        portal.administer("POST", "/faults?spec=");
        portal.connect();
        EXPECT_EQ(portal.held(), 1U) << fault;
        EXPECT_THAT(portal.push({1}), HasSubstr(R"("error_code":-3)")) << fault;
        EXPECT_EQ(portal.report("resent_after_answer"), 0U) << fault;
        EXPECT_EQ(portal.report("resent_without_asking"), 1U) << fault;
        // Now the client has been told.
        portal.push({1});
        EXPECT_EQ(portal.report("resent_after_answer"), 1U) << fault;
    }
}

TEST(Repeats, AProgressRowIsToldApartByItsOwnAnswer) {
    Spoiled portal("");
    portal.push({1});
    portal.administer("POST", "/faults?spec=lost-after=1&services=CapNhatTienDoHoSoMC");
    EXPECT_THAT(portal.push_step(1), IsEmpty());
    portal.administer("POST", "/faults?spec=");
    portal.connect();
    EXPECT_THAT(portal.push_step(1), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("progress_rows_in_doubt"), 1U);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
}

TEST(Repeats, WhoHasAskedKnowsAndSendsAnUpdate) {
    Spoiled portal("");
    portal.administer("POST", "/faults?spec=lost-after=1");
    portal.push({1});
    portal.administer("POST", "/faults?spec=");
    portal.connect();
    EXPECT_THAT(portal.ask(1), HasSubstr("TrangThaiHoSo"));
    EXPECT_THAT(portal.push({1}, "True"), HasSubstr("thành công"));
    EXPECT_EQ(portal.report("resent_without_asking"), 0U);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
    EXPECT_EQ(portal.report("dossiers_unchanged_in_doubt"), 1U);
    EXPECT_EQ(portal.report("dossiers_unchanged_after_answer"), 0U);
    // Sending it as new after all would be blind: the question was answered.
    portal.push({1});
    EXPECT_EQ(portal.report("resent_after_answer"), 1U);
}

TEST(Repeats, AProcedureThatIsKnownIsSentAsNewForNothing) {
    Spoiled portal("");
    const auto push = [&] {
        return portal.call(
            "integration", "DongBoTTHC",
            R"("isUpdating":"False","data":[)" + to_json(good_procedure("1.000005")) + "]");
    };
    portal.administer("POST", "/faults?spec=lost-after=1");
    EXPECT_THAT(push(), IsEmpty());
    portal.administer("POST", "/faults?spec=");
    portal.connect();
    EXPECT_THAT(push(), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("procedures_as_new_in_doubt"), 1U);
    push();
    EXPECT_EQ(portal.report("procedures_as_new_after_known"), 1U);
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
}

TEST(Repeats, AClientThatDidNotWaitHasNoAnswer) {
    Spoiled portal("", {"--latency-ms", "300"});
    const std::string body = R"({"session":")" + portal.session +
                             R"(","madonvi":"000.00.00.H22","service":"DongBoHoSoMC",)" +
                             R"("isUpdating":"False","data":[)" +
                             to_json(good_dossier(Spoiled::code(1))) + "]}";
    portal.connection->write(
        "POST /XrdAdapter/RestService/forward/mapi/integration HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/json\r\ndstcode: VN:GOV:000.00.00.G22:vpcpdvcprovider\r\n"
        "Content-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    ::usleep(100'000);
    portal.connect();  // gives the other connection up
    ::usleep(400'000);
    EXPECT_EQ(portal.held(), 1U);
    EXPECT_THAT(portal.push({1}), HasSubstr(R"("error_code":-3)"));
    EXPECT_EQ(portal.report("resent_after_answer"), 0U);
    EXPECT_EQ(portal.report("dossiers_as_new_in_doubt"), 1U);
}

}  // namespace
}  // namespace dvcsandbox::testing
