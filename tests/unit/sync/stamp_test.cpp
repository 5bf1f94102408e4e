// Time stamps by HTTP, of a local authority: openssl ts behind a small server.
#include <gmock/gmock.h>

#include <fstream>

#include "connector/audit/evidence.h"
#include "connector/base/files.h"
#include "connector/sync/prove.h"
#include "tests/unit/audit/time_authority.h"
#include "tests/unit/files/web_server.h"
#include "tests/unit/sync/sealed_trail.h"

namespace dvcsync::sync {
namespace {

using audit::test::Authority;
using files::test::Visit;
using files::test::WebServer;
using testing::HasSubstr;

const Authority& authority() {
    static const Authority one("time authority of the tests");
    return one;
}

void stamp(Visit& visit) {
    const auto body = visit.request.find("\r\n\r\n") + 4;
    visit.send(files::test::answer(authority().answer(visit.request.substr(body)), 200,
                                   "Content-Type: application/timestamp-reply\r\n"));
}

class Stamp : public SealedTrail {
  protected:
    Notary stamping(const std::string& url) {
        config::Config config;
        config.audit = true;
        config.audit_origin = "log.example.vn";
        config.audit_folder = outside();
        config.audit_key = folder_ / "audit.key";
        config.timestamp_url = url;
        config.timestamp_ca = folder_ / "time.pem";
        auto notary = Notary::open(config, clock_);
        EXPECT_TRUE(notary) << notary.error().message;
        return *std::move(notary);
    }
    // The authority, and what its https server shows.
    void trust(const fs::path& server = {}) {
        std::ofstream(folder_ / "time.pem")
            << authority().root() << (server.empty() ? "" : *read_file(server, 1 << 20));
    }
};

TEST_F(Stamp, a_checkpoint_gets_a_stamp_that_proof_and_folder_carry) {
    WebServer server(stamp);
    trust();
    fill();
    const auto sealed = stamping(server.url("/tsr")).seal(*ledger_);
    ASSERT_TRUE(sealed) << sealed.error().message;
    EXPECT_TRUE(sealed->stamped) << sealed->stamp_trouble;
    EXPECT_THAT(server.last_request(), HasSubstr("POST /tsr "));
    EXPECT_THAT(server.last_request(), HasSubstr("Content-Type: application/timestamp-query"));
    const auto kept = audit::LogFolder(outside() / "2019").timestamps();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->count(700), 1U);

    const auto proof = prove(trail(), notary().key(), code_of(7));
    ASSERT_TRUE(proof);
    const auto proven = audit::verify_evidence(proof->text, notary().key(), authority().root());
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_TRUE(proven->logs.front().stamp.has_value());
    const Authority stranger("another authority");
    EXPECT_FALSE(audit::verify_evidence(proof->text, notary().key(), stranger.root()));
}

TEST_F(Stamp, https_is_verified_against_the_authorities_that_are_named) {
    const auto certificate = files::test::make_certificate(folder_ / "server.pem", "IP:127.0.0.1");
    WebServer server(stamp, certificate);
    fill();
    trust();
    auto sealed = stamping(server.url()).seal(*ledger_, true);
    ASSERT_TRUE(sealed) << "sealing never waits for a stamp";
    EXPECT_FALSE(sealed->stamped);
    EXPECT_THAT(sealed->stamp_trouble, HasSubstr("certificate is not trusted"));
    trust(certificate);
    sealed = stamping(server.url()).seal(*ledger_, true);
    EXPECT_TRUE(sealed->stamped) << sealed->stamp_trouble;
}

TEST_F(Stamp, what_is_no_stamp_of_the_authority_is_a_warning_and_not_kept) {
    WebServer server([](Visit& visit) { visit.send(files::test::answer("no stamp")); });
    trust();
    fill();
    append(1);
    const auto sealed = stamping(server.url()).seal(*ledger_);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(sealed->added, 1) << "signed all the same";
    EXPECT_FALSE(sealed->stamped);
    EXPECT_NE(sealed->stamp_trouble, "");
    EXPECT_TRUE(audit::LogFolder(outside() / "2019").timestamps()->empty());
}

TEST_F(Stamp, a_stamp_is_asked_for_once_an_hour_and_not_at_once_after_a_failure) {
    int failures = 0;
    WebServer server([&](Visit& visit) {
        ++failures;
        visit.send(files::test::answer("", 503));
    });
    trust();
    fill();
    auto notary = stamping(server.url());
    ASSERT_TRUE(notary.seal(*ledger_));
    ASSERT_TRUE(notary.seal(*ledger_));
    EXPECT_EQ(failures, 1);
    clock_.sleep(std::chrono::minutes(11));
    ASSERT_TRUE(notary.seal(*ledger_));
    EXPECT_EQ(failures, 2);
    ASSERT_TRUE(notary.seal(*ledger_, true)) << "a person may ask at any time";
    EXPECT_EQ(failures, 3);
}

}  // namespace
}  // namespace dvcsync::sync
