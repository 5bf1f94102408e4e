// The tree against the definition in RFC 6962, section 2.1, written down here as it stands there.
#include "connector/audit/merkle.h"

#include <gtest/gtest.h>

#include <bit>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"
#include "tests/unit/audit/audit_test.h"

namespace dvcsync::audit {
namespace {

using Leaves = std::span<const Hash>;

Hash mth(Leaves d) {
    if (d.empty()) return sha256({});
    if (d.size() == 1) return d[0];
    const std::size_t k = std::bit_floor(d.size() - 1);
    return node_hash(mth(d.first(k)), mth(d.subspan(k)));
}

Proof joined(Proof proof, const Hash& last) {
    proof.push_back(last);
    return proof;
}

Proof path(std::size_t m, Leaves d) {
    if (d.size() == 1) return {};
    const std::size_t k = std::bit_floor(d.size() - 1);
    return m < k ? joined(path(m, d.first(k)), mth(d.subspan(k)))
                 : joined(path(m - k, d.subspan(k)), mth(d.first(k)));
}

Proof subproof(std::size_t m, Leaves d, bool whole) {
    if (m == d.size()) return whole ? Proof{} : Proof{mth(d)};
    const std::size_t k = std::bit_floor(d.size() - 1);
    return m <= k ? joined(subproof(m, d.first(k), whole), mth(d.subspan(k)))
                  : joined(subproof(m - k, d.subspan(k), false), mth(d.first(k)));
}

// The leaves of the examples in RFC 9162, section 2.1.5: d0 to d6.
TEST(Merkle, TheExampleTreeOfTheStandardHasTheNamedProofs) {
    const auto d = test::leaves(7);
    const Hash a = d[0], b = d[1], c = d[2], e = d[4], f = d[5], j = d[6];
    const Hash g = node_hash(a, b), h = node_hash(c, d[3]), i = node_hash(e, f);
    const Hash k = node_hash(g, h), l = node_hash(i, j);
    EXPECT_EQ(root(d), node_hash(k, l));
    EXPECT_EQ(inclusion_proof(d, 0), (Proof{b, h, l}));
    EXPECT_EQ(inclusion_proof(d, 3), (Proof{c, g, l}));
    EXPECT_EQ(inclusion_proof(d, 4), (Proof{f, j, k}));
    EXPECT_EQ(inclusion_proof(d, 6), (Proof{i, k}));
    EXPECT_EQ(consistency_proof(d, 3, 7), (Proof{c, d[3], g, l}));
    EXPECT_EQ(consistency_proof(d, 4, 7), (Proof{l}));
    EXPECT_EQ(consistency_proof(d, 6, 7), (Proof{i, j, k}));
}

TEST(Merkle, AnEmptyTreeHasTheDigestOfNothingAsItsRoot) {
    constexpr auto digest_of_nothing =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    EXPECT_EQ(hex(empty_root()), digest_of_nothing);
    EXPECT_EQ(Frontier().root(), empty_root());
    EXPECT_EQ(ProofBuilder().root(0), empty_root());
}

TEST(Merkle, AnEntryThatLooksLikeANodeHashesDifferently) {
    const auto d = test::leaves(2);
    std::string node(1, '\1');
    (node += view(d[0])) += view(d[1]);
    EXPECT_NE(leaf_hash(node), node_hash(d[0], d[1]));
}

TEST(Merkle, EveryRootAndProofUpTo70EntriesIsTheOneDefinedAndVerifies) {
    const auto all = test::leaves(70);
    const ProofBuilder builder(all);
    Frontier frontier;
    for (std::size_t size = 1; size <= all.size(); ++size) {
        const auto d = Leaves(all).first(size);
        frontier.append(all[size - 1]);
        const Hash top = mth(d);
        ASSERT_EQ(frontier.root(), top);
        ASSERT_EQ(root(d), top);
        ASSERT_EQ(builder.root(size), top);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = builder.inclusion(index, size);
            ASSERT_EQ(proof, path(index, d));
            ASSERT_TRUE(verify_inclusion(d[index], index, size, *proof, top));
        }
        for (std::size_t old = 1; old <= size; ++old) {
            const auto proof = builder.consistency(old, size);
            ASSERT_EQ(proof, subproof(old, d, true));
            ASSERT_TRUE(verify_consistency(old, size, mth(d.first(old)), top, *proof));
        }
    }
}

TEST(Merkle, AProofFitsNoOtherIndexSizeLeafOrRoot) {
    const auto d = test::leaves(13);
    const ProofBuilder builder(d);
    const Hash top = root(d);
    for (std::size_t index = 0; index < d.size(); ++index) {
        const auto proof = *builder.inclusion(index, d.size());
        for (std::size_t other = 0; other < d.size(); ++other) {
            if (other == index) continue;
            EXPECT_FALSE(verify_inclusion(d[index], other, d.size(), proof, top));
            EXPECT_FALSE(verify_inclusion(d[other], index, d.size(), proof, top));
        }
        EXPECT_FALSE(verify_inclusion(d[index], index, d.size(), proof, d[0]));
        EXPECT_FALSE(verify_inclusion(d[index], index, index, proof, top));
        Proof changed = proof;
        changed.front()[5] ^= 1;
        EXPECT_FALSE(verify_inclusion(d[index], index, d.size(), changed, top));
        changed = proof;
        changed.pop_back();
        EXPECT_FALSE(verify_inclusion(d[index], index, d.size(), changed, top));
        changed = joined(proof, top);
        EXPECT_FALSE(verify_inclusion(d[index], index, d.size(), changed, top));
    }
}

TEST(Merkle, AForkedOrCutLogIsNotConsistent) {
    const auto d = test::leaves(13);
    auto forked = d;
    forked[2] = leaf_hash("another");
    for (std::size_t old = 3; old < d.size(); ++old) {
        const auto proof = *consistency_proof(forked, old, forked.size());
        const Hash before = root(Leaves(d).first(old));
        const auto status = verify_consistency(old, d.size(), before, root(forked), proof);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().kind, ErrorKind::Corrupt);
        EXPECT_FALSE(verify_consistency(d.size(), old, root(d), before, proof));
    }
}

TEST(Merkle, FromAnEmptyTreeNothingIsProved) {
    const auto d = test::leaves(3);
    EXPECT_EQ(consistency_proof(d, 0, 3).error().kind, ErrorKind::Refused);
    EXPECT_EQ(verify_consistency(0, 3, empty_root(), root(d), {}).error().kind, ErrorKind::Refused);
    EXPECT_EQ(verify_consistency(0, 0, empty_root(), empty_root(), {}).error().kind,
              ErrorKind::Refused);
}

TEST(Merkle, WhatIsNotThereIsRefusedByName) {
    const ProofBuilder builder(test::leaves(5));
    EXPECT_EQ(builder.root(6).error().kind, ErrorKind::Refused);
    EXPECT_EQ(builder.inclusion(5, 5).error().message, "entry 5 is not in a log of 5 entries");
    EXPECT_EQ(builder.inclusion(0, 6).error().kind, ErrorKind::Refused);
    EXPECT_EQ(builder.consistency(4, 3).error().kind, ErrorKind::Refused);
}

TEST(Frontier, ItIsTheSameAfterItWasStored) {
    Frontier frontier;
    for (const Hash& leaf : test::leaves(70)) {
        const auto stored = Frontier::parse(frontier.serialise());
        ASSERT_TRUE(stored);
        ASSERT_EQ(*stored, frontier);
        frontier.append(leaf);
    }
    EXPECT_EQ(frontier.serialise().size(), 8 + 32 * (3 + 1));  // 70 is 1000110 in binary
}

TEST(Frontier, AnyChangedByteOrCutIsFound) {
    Frontier frontier;
    for (const Hash& leaf : test::leaves(11))
        frontier.append(leaf);
    const std::string stored = frontier.serialise();
    for (std::size_t i = 0; i < stored.size(); ++i) {
        for (const int bit : {1, 128}) {
            std::string changed = stored;
            changed[i] = static_cast<char>(changed[i] ^ bit);
            EXPECT_FALSE(Frontier::parse(changed)) << i;
        }
        const auto cut = Frontier::parse(stored.substr(0, i));
        ASSERT_FALSE(cut);
        EXPECT_EQ(cut.error().kind, ErrorKind::Corrupt);
    }
    EXPECT_FALSE(Frontier::parse(stored + '\0'));
}

}  // namespace
}  // namespace dvcsync::audit
