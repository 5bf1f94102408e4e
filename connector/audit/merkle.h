// The Merkle tree over the log's entries: roots, proofs, and their verification.
//
// Source: RFC 6962, section 2.1 (tree and proofs), RFC 9162, sections 2.1.3.2 and 2.1.4.2 (how they
// are verified); SHA-256. Indices count from 0. Pure functions and plain values; a value may be
// used by one thread at a time. Errors: Refused if what is asked has no answer (an index outside
// the tree), Corrupt if something does not verify.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/error.h"

namespace dvcsync::audit {

using Hash = Digest;
using Proof = std::vector<Hash>;  // from the leaf's side to the root's

// The two are told apart by their first byte, so no entry can pass for a node.
Hash leaf_hash(std::string_view entry);
Hash node_hash(const Hash& left, const Hash& right);
// The root of a tree without entries: SHA-256 of nothing.
Hash empty_root();

// What must be kept of a tree so that it can grow: its size and the roots of its complete subtrees
// from the left, largest first (one for each 1 in the binary form of the size).
class Frontier {
  public:
    // Precondition: size() < limits::max_log_size.
    void append(const Hash& leaf);
    std::uint64_t size() const { return size_; }
    Hash root() const;

    // For a database row: size (8 bytes, big-endian), the subtrees' roots, the tree's root. The
    // last serves as a check sum: anything changed or cut does not parse (Corrupt).
    std::string serialise() const;
    static Result<Frontier> parse(std::string_view bytes);

    bool operator==(const Frontier&) const = default;

  private:
    std::uint64_t size_ = 0;
    std::vector<Hash> subtrees_;
};

Hash root(std::span<const Hash> leaves);

// The whole tree in memory (64 bytes an entry): appending costs two hashes, a proof or the root of
// any earlier size O(log n).
class ProofBuilder {
  public:
    ProofBuilder() = default;
    explicit ProofBuilder(std::span<const Hash> leaves);
    void append(const Hash& leaf);
    std::uint64_t size() const { return levels_.empty() ? 0 : levels_[0].size(); }

    // Refused unless size <= size().
    Result<Hash> root(std::uint64_t size) const;
    // That entry `index` is in the tree of the first `size` entries. Refused unless index < size.
    Result<Proof> inclusion(std::uint64_t index, std::uint64_t size) const;
    // That the first `size` entries begin with the first `old_size`. Refused unless
    // 0 < old_size <= size: of the empty tree there is nothing to prove.
    Result<Proof> consistency(std::uint64_t old_size, std::uint64_t size) const;

  private:
    Hash range(std::uint64_t begin, std::uint64_t end) const;
    Status within(std::uint64_t size) const;
    // levels_[h][i] is the root of the entries i * 2^h up to (i + 1) * 2^h.
    std::vector<std::vector<Hash>> levels_;
};

// One proof over leaves at hand; use a ProofBuilder for more than one.
Result<Proof> inclusion_proof(std::span<const Hash> leaves, std::uint64_t index);
Result<Proof> consistency_proof(std::span<const Hash> leaves, std::uint64_t old_size,
                                std::uint64_t size);

// Corrupt unless the proof binds the leaf at `index` to the root of the tree of `size` entries.
Status verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                        std::span<const Hash> proof, const Hash& root);
// Corrupt unless the proof shows that the newer tree begins with the whole older one. Refused if
// the older is empty: everything begins with nothing, so such a proof would prove nothing.
Status verify_consistency(std::uint64_t old_size, std::uint64_t new_size, const Hash& old_root,
                          const Hash& new_root, std::span<const Hash> proof);

}  // namespace dvcsync::audit
