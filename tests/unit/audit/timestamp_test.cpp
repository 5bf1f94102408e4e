// Against a local authority: the program `openssl ts` with certificates made for the test.
#include "connector/audit/timestamp.h"

#include <gtest/gtest.h>

#include <chrono>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "tests/unit/audit/time_authority.h"

namespace dvcsync::audit {
namespace {

using test::Authority;

const Authority& authority() {
    static const Authority one("time authority of the tests");
    return one;
}

const Hash digest = sha256("checkpoint");

TEST(Timestamp, AStampOfALocalAuthorityVerifiesAndTellsItsTimeAndNumber) {
    const auto request = make_timestamp_request(digest);
    const auto answer = authority().answer(request.der);
    const auto stamp = verify_timestamp(answer, digest, authority().root(), request.nonce);
    ASSERT_TRUE(stamp) << stamp.error().message;
    const auto age = system_clock().now() - stamp->time;
    EXPECT_LT(age, std::chrono::minutes{5});
    EXPECT_GT(age, -std::chrono::minutes{5});
    EXPECT_EQ(stamp->policy, "1.2.3.4.1");
    EXPECT_EQ(stamp->serial.size(), 2u);
    EXPECT_TRUE(verify_timestamp(answer, digest, authority().root()));
}

TEST(Timestamp, TheProgramOpensslVerifiesTheSameAnswer) {
    const auto answer = authority().answer(make_timestamp_request(digest).der);
    authority().folder().write("kept.tsr", answer);
    const std::string verify =
        "openssl ts -verify -in kept.tsr -CAfile root.pem -digest " + hex(digest);
    EXPECT_EQ(authority().status_of(verify), 0);
    EXPECT_NE(authority().status_of(verify.substr(0, verify.size() - 2) + "00"), 0);
}

TEST(Timestamp, WithoutAuthoritiesJunkAndTheStampOfAnotherFileAreFound) {
    const auto answer = authority().answer(make_timestamp_request(digest).der);
    EXPECT_TRUE(check_timestamp_digest(answer, digest));
    EXPECT_FALSE(check_timestamp_digest(answer, sha256("another checkpoint")));
    EXPECT_FALSE(check_timestamp_digest("junk", digest));
    EXPECT_FALSE(check_timestamp_digest(answer.substr(0, answer.size() - 1), digest));
}

TEST(Timestamp, EachNumberIsNewAndSoIsEachNonce) {
    const auto first = make_timestamp_request(digest);
    const auto second = make_timestamp_request(digest);
    EXPECT_NE(first.nonce, second.nonce);
    const auto root = authority().root();
    const auto one = verify_timestamp(authority().answer(first.der), digest, root);
    const auto two = verify_timestamp(authority().answer(second.der), digest, root);
    ASSERT_TRUE(one && two);
    EXPECT_NE(one->serial, two->serial);
}

void corrupt(const Result<Timestamp>& stamp, std::string_view says) {
    ASSERT_FALSE(stamp);
    EXPECT_EQ(stamp.error().kind, ErrorKind::Corrupt);
    EXPECT_NE(stamp.error().message.find(says), std::string::npos) << stamp.error().message;
}

TEST(Timestamp, AnotherDigestNonceOrAuthorityDoesNotVerify) {
    const auto request = make_timestamp_request(digest);
    const auto answer = authority().answer(request.der);
    const auto root = authority().root();
    corrupt(verify_timestamp(answer, sha256("other"), root), "message imprint mismatch");
    corrupt(verify_timestamp(answer, digest, root, request.nonce + 1), "nonce");
    const Authority stranger("another time authority");
    corrupt(verify_timestamp(answer, digest, stranger.root()), "does not verify");
    EXPECT_TRUE(verify_timestamp(answer, digest, stranger.root() + root));
}

TEST(Timestamp, AnyChangedByteIsFound) {
    const auto answer = authority().answer(make_timestamp_request(digest).der);
    const auto root = authority().root();
    const auto original = verify_timestamp(answer, digest, root);
    ASSERT_TRUE(original);
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        std::string changed = answer;
        changed[i] = static_cast<char>(changed[i] ^ 0x10);
        const auto stamp = verify_timestamp(changed, digest, root);
        // Bytes that no signature covers may change, but never what the stamp says.
        EXPECT_EQ(stamp ? stamp->time : original->time, original->time) << i;
        accepted += stamp ? 1 : 0;
        EXPECT_FALSE(verify_timestamp(answer.substr(0, i), digest, root)) << i;
    }
    EXPECT_LT(accepted, answer.size() / 10);
    corrupt(verify_timestamp(answer + '\0', digest, root), "not an answer");
}

TEST(Timestamp, ARefusalOfTheAuthorityIsToldAsOne) {
    // SHA-384 is not among the digests that the authority takes.
    ASSERT_EQ(authority().status_of("openssl ts -query -data root.pem -sha384 -out other.tsq"), 0);
    const auto request = *read_file(authority().folder().path() / "other.tsq", 4096);
    const auto stamp = verify_timestamp(authority().answer(request), digest, authority().root());
    ASSERT_FALSE(stamp);
    EXPECT_EQ(stamp.error().kind, ErrorKind::Refused);
    EXPECT_NE(stamp.error().message.find("status 2"), std::string::npos) << stamp.error().message;
}

TEST(Timestamp, AStampOverAnotherKindOfDigestIsRefused) {
    ASSERT_EQ(authority().status_of("openssl ts -query -data root.pem -sha512 -out other.tsq"), 0);
    const auto request = *read_file(authority().folder().path() / "other.tsq", 4096);
    corrupt(verify_timestamp(authority().answer(request), digest, authority().root()), "SHA-256");
}

TEST(Timestamp, AuthoritiesThatAreNoCertificatesAreAFaultOfTheSettings) {
    const auto answer = authority().answer(make_timestamp_request(digest).der);
    const auto root = authority().root();
    for (const std::string& bad :
         {std::string(), std::string("no certificate"), root.substr(0, root.size() / 2),
          root + "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
        const auto stamp = verify_timestamp(answer, digest, bad);
        ASSERT_FALSE(stamp);
        EXPECT_EQ(stamp.error().kind, ErrorKind::Config);
    }
}

}  // namespace
}  // namespace dvcsync::audit
