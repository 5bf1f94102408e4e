#include "connector/audit/checkpoint.h"

#include <gtest/gtest.h>

#include "connector/audit/bytes.h"
#include "tests/unit/audit/audit_test.h"

namespace dvcsync::audit {
namespace {

const std::string log_name = "dvcsync.example/log";

// The example of C2SP tlog-checkpoint v1.0.0 (https://c2sp.org/tlog-checkpoint, CC BY 4.0).
constexpr std::string_view example =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1"
    "gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

Checkpoint of(std::span<const Hash> leaves) {
    return {log_name, leaves.size(), root(leaves), {}};
}

std::string noted(const std::string& text, const Signer& signer) {
    return *sign_note(text, signer);
}

TEST(Checkpoint, TheExampleOfTheSpecificationIsRead) {
    const auto checkpoint = parse_checkpoint(example);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
    EXPECT_EQ(checkpoint->size, 20852163u);
    EXPECT_EQ(base64(view(checkpoint->root)), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    EXPECT_TRUE(checkpoint->extensions.empty());
    EXPECT_EQ(*checkpoint_text(*checkpoint) + '\n', example.substr(0, example.find("— ")));
}

TEST(Checkpoint, WhatIsSignedIsReadBackOnlyForItsLogAndKey) {
    const auto signer = test::new_signer();
    const std::vector trusted{signer.verifier()};
    auto checkpoint = of(test::leaves(5));
    checkpoint.extensions = {"closed 2026", "bản cuối"};
    const auto note = sign_first_checkpoint(checkpoint, signer);
    ASSERT_TRUE(note);
    EXPECT_EQ(verify_checkpoint(*note, trusted, log_name), checkpoint);
    EXPECT_EQ(parse_checkpoint(*note), checkpoint);
    EXPECT_FALSE(verify_checkpoint(*note, trusted, "dvcsync.example/other"));
    const std::vector others{test::new_signer().verifier()};
    EXPECT_FALSE(verify_checkpoint(*note, others, log_name));
}

TEST(Checkpoint, WhatDoesNotHaveTheFormIsRefusedAlthoughItIsSigned) {
    const auto signer = test::new_signer();
    const std::string hash = base64(view(leaf_hash("x")));
    ASSERT_TRUE(parse_checkpoint(noted("o\n1\n" + hash + "\n", signer)));
    for (const std::string text :
         {"o\n1\n", "o\n\n", "\n1\n", "o\n01\n", "o\n-1\n", "o\n+1\n", "o\n1 \n", "o\n0x1\n",
          "o\n9223372036854775808\n", "o\n99999999999999999999\n", "o\n0\n"}) {
        const auto bad =
            parse_checkpoint(noted(text + (text == "o\n1\n" ? "" : hash + "\n"), signer));
        ASSERT_FALSE(bad) << text;
        EXPECT_EQ(bad.error().kind, ErrorKind::Corrupt);
    }
    for (const std::string& rest :
         {hash.substr(1), hash.substr(0, 40), hash + "A", " " + hash, hash + "\n\next"})
        EXPECT_FALSE(parse_checkpoint(noted("o\n1\n" + rest + "\n", signer))) << rest;
}

TEST(Checkpoint, BrokenLinesAreNotWritten) {
    const auto good = of(test::leaves(2));
    for (const auto& change : std::vector<void (*)(Checkpoint&)>{
             [](Checkpoint& c) { c.origin.clear(); }, [](Checkpoint& c) { c.origin = "a\nb"; },
             [](Checkpoint& c) { c.extensions = {""}; },
             [](Checkpoint& c) { c.extensions = {"a\nb"}; },
             [](Checkpoint& c) { c.extensions.assign(1'000, "x"); },
             [](Checkpoint& c) { c.size = 0; },
             [](Checkpoint& c) { c.size = ~std::uint64_t{0}; }}) {
        auto bad = good;
        change(bad);
        const auto text = checkpoint_text(bad);
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().kind, ErrorKind::Refused);
    }
}

TEST(Checkpoint, OnlyALogThatGrewIsSignedAgain) {
    const auto signer = test::new_signer();
    const auto all = test::leaves(9);
    const std::span<const Hash> leaves(all);
    for (std::size_t old = 0; old <= all.size(); ++old) {
        const auto before = of(leaves.first(old));
        const Proof proof = old == 0 ? Proof() : *consistency_proof(all, old, all.size());
        Frontier frontier;
        for (const Hash& leaf : leaves.first(old))
            frontier.append(leaf);
        EXPECT_TRUE(sign_next_checkpoint(before, of(all), proof, signer)) << old;
        EXPECT_TRUE(sign_next_checkpoint(before, of(all), frontier, leaves.subspan(old), signer));
    }
}

void refused(const Result<std::string>& note, std::string_view says) {
    ASSERT_FALSE(note);
    EXPECT_EQ(note.error().kind, ErrorKind::Refused);
    EXPECT_NE(note.error().message.find(says), std::string::npos) << note.error().message;
}

TEST(Checkpoint, ALogThatWasRolledBackForkedOrSwappedIsNotSigned) {
    const auto signer = test::new_signer();
    const auto all = test::leaves(9);
    const std::span<const Hash> leaves(all);
    const auto before = of(leaves.first(6));
    const auto proof = *consistency_proof(all, 6, 9);
    Frontier at_six;
    for (const Hash& leaf : leaves.first(6))
        at_six.append(leaf);

    refused(sign_next_checkpoint(of(all), before, proof, signer), "shrank");
    auto forked = all;
    forked[1] = leaf_hash("another");
    refused(sign_next_checkpoint(before, of(forked), *consistency_proof(forked, 6, 9), signer),
            "was signed before");
    refused(sign_next_checkpoint(before, of(all), {}, signer), "proof");
    auto other = of(all);
    other.origin = "dvcsync.example/other";
    refused(sign_next_checkpoint(before, other, proof, signer), "cannot follow");
    auto same_size = before;
    same_size.root = leaf_hash("another");
    refused(sign_next_checkpoint(before, same_size, {}, signer), "was signed before");

    refused(sign_next_checkpoint(before, of(all), at_six, leaves.subspan(7), signer),
            "do not lead");
    refused(sign_next_checkpoint(before, of(forked), at_six, leaves.subspan(6), signer),
            "do not lead");
    at_six.append(leaf_hash("another"));
    refused(sign_next_checkpoint(before, of(all), at_six, leaves.subspan(6), signer),
            "is not the one that was signed");
    refused(sign_next_checkpoint(before, other, at_six, leaves.subspan(6), signer), "is not");
    refused(sign_next_checkpoint({log_name, 0, leaf_hash("x"), {}}, of(all), {}, signer), "empty");
}

}  // namespace
}  // namespace dvcsync::audit
