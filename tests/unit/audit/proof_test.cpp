#include "connector/audit/proof.h"

#include <gtest/gtest.h>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"
#include "tests/unit/audit/audit_test.h"

namespace dvcsync::audit {
namespace {

const std::string log_name = "dvcsync.example/log";

class LogProofTest : public ::testing::Test {
  protected:
    LogProof proof_of(std::uint64_t index) const {
        return {{}, index, *inclusion_proof(leaves_, index), checkpoint_};
    }
    Status verifies(const LogProof& proof, std::string_view entry) const {
        const auto checkpoint = verify_proof(proof, entry, trusted_, log_name);
        if (!checkpoint) return tl::make_unexpected(checkpoint.error());
        EXPECT_EQ(checkpoint->size, leaves_.size());
        return {};
    }

    const Signer signer_ = test::new_signer(log_name);
    const std::vector<VerifierKey> trusted_{signer_.verifier()};
    const std::vector<Hash> leaves_ = test::leaves(11);
    const std::string checkpoint_ =
        *sign_first_checkpoint({log_name, leaves_.size(), root(leaves_), {}}, signer_);
};

TEST_F(LogProofTest, EveryEntryIsProvedByOneFileOfItsOwn) {
    for (std::uint64_t index = 0; index < leaves_.size(); ++index) {
        const auto text = proof_text(proof_of(index));
        ASSERT_TRUE(text);
        const auto read = parse_proof(*text);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, proof_of(index));
        EXPECT_TRUE(verifies(*read, test::entry(index)));
        EXPECT_FALSE(verifies(*read, test::entry(index + 1)));
    }
}

// The layout of the example of C2SP tlog-proof (https://c2sp.org/tlog-proof), whose signatures are
// abridged there.
TEST_F(LogProofTest, TheTextHasTheLinesOfTheSpecification) {
    auto proof = proof_of(10);
    proof.extra = "evidence";
    const auto text = *proof_text(proof);
    const std::string expected = "c2sp.org/tlog-proof@v1\nextra ZXZpZGVuY2U=\nindex 10\n" +
                                 base64(view(proof.path[0])) + '\n' + base64(view(proof.path[1])) +
                                 "\n\n" + checkpoint_;
    EXPECT_EQ(proof.path.size(), 2u);
    EXPECT_EQ(text, expected.substr(0, text.size()));
    EXPECT_EQ(parse_proof(text), proof);
}

TEST_F(LogProofTest, AProofOfTheOnlyEntryHasNoHashes) {
    const auto leaf = leaf_hash("only");
    const LogProof proof{{}, 0, {}, *sign_first_checkpoint({log_name, 1, leaf, {}}, signer_)};
    EXPECT_EQ(parse_proof(*proof_text(proof)), proof);
    EXPECT_TRUE(verify_proof(proof, "only", trusted_, log_name));
}

TEST_F(LogProofTest, WhatWasChangedDoesNotVerify) {
    auto proof = proof_of(3);
    proof.index = 2;
    EXPECT_FALSE(verifies(proof, test::entry(3)));
    proof = proof_of(3);
    proof.path[0][0] ^= 1;
    EXPECT_FALSE(verifies(proof, test::entry(3)));
    proof = proof_of(3);
    proof.checkpoint = *sign_first_checkpoint({log_name, leaves_.size(), root(leaves_), {}},
                                              test::new_signer(log_name));
    EXPECT_FALSE(verifies(proof, test::entry(3)));
    const auto other = verify_proof(proof_of(3), test::entry(3), trusted_, "dvcsync.example/other");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, ErrorKind::Corrupt);
}

TEST_F(LogProofTest, WhatDoesNotHaveTheFormIsRefused) {
    const std::string hash = base64(view(leaves_[0])) + '\n';
    const std::string head = "c2sp.org/tlog-proof@v1\n";
    ASSERT_TRUE(parse_proof(head + "index 0\n" + hash + '\n' + checkpoint_));
    for (const std::string& bad :
         {std::string(), head, head + "index 0\n", head + "index 0\n" + hash,
          head + "index 0\n" + hash + '\n', "c2sp.org/tlog-proof@v2\nindex 0\n\n" + checkpoint_,
          head + "index 00\n\n" + checkpoint_, head + "index -1\n\n" + checkpoint_,
          head + "index\n\n" + checkpoint_, head + "Index 0\n\n" + checkpoint_,
          head + "extra \nindex 0\n\n" + checkpoint_, head + "extra ??\nindex 0\n\n" + checkpoint_,
          head + "index 0\nextra YQ==\n\n" + checkpoint_, head + "index 0\nYQ==\n\n" + checkpoint_,
          head + "index 0\n" + hash + checkpoint_, head + "index 0\n\n\n" + checkpoint_,
          head + "index 0\n\nnot a checkpoint"}) {
        const auto proof = parse_proof(bad);
        ASSERT_FALSE(proof) << bad;
        EXPECT_EQ(proof.error().kind, ErrorKind::Corrupt);
    }
}

TEST_F(LogProofTest, LimitsHoldOnItsHashesAndItsSize) {
    auto proof = proof_of(0);
    proof.path.assign(limits::max_inclusion_proof, leaves_[0]);
    ASSERT_TRUE(proof_text(proof));
    proof.path.push_back(leaves_[0]);
    EXPECT_EQ(proof_text(proof).error().kind, ErrorKind::Refused);
    proof = proof_of(0);
    proof.extra.assign(limits::max_log_proof, 'x');
    EXPECT_EQ(proof_text(proof).error().kind, ErrorKind::Refused);
    proof.checkpoint = "nothing";
    EXPECT_EQ(proof_text(proof).error().kind, ErrorKind::Refused);
}

}  // namespace
}  // namespace dvcsync::audit
