#include "connector/audit/merkle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

constexpr char leaf_prefix = 0;
constexpr char node_prefix = 1;

// The largest power of two below `size`: where RFC 6962 splits a tree. Precondition: size > 1.
std::uint64_t split(std::uint64_t size) {
    return std::bit_floor(size - 1);
}

}  // namespace

Hash leaf_hash(std::string_view entry) {
    thread_local std::string input;  // an allocation an entry would cost as much as the hash
    input.assign(1, leaf_prefix);
    input.append(entry);
    return sha256(input);
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<char, 1 + 2 * sizeof(Hash)> input{node_prefix};
    std::copy(left.begin(), left.end(), input.begin() + 1);
    std::copy(right.begin(), right.end(), input.begin() + 1 + sizeof(Hash));
    return sha256({input.data(), input.size()});
}

Hash empty_root() {
    return sha256({});
}

void Frontier::append(const Hash& leaf) {
    Hash node = leaf;
    // Each trailing 1 of the size is a complete subtree as large as the one that just closed.
    for (std::uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
        node = node_hash(subtrees_.back(), node);
        subtrees_.pop_back();
    }
    subtrees_.push_back(node);
    ++size_;
}

Hash Frontier::root() const {
    if (subtrees_.empty()) return empty_root();
    Hash right = subtrees_.back();
    for (auto left = subtrees_.rbegin() + 1; left != subtrees_.rend(); ++left)
        right = node_hash(*left, right);
    return right;
}

std::string Frontier::serialise() const {
    std::string bytes;
    put_big_endian(bytes, size_, sizeof(size_));
    for (const Hash& subtree : subtrees_)
        bytes += view(subtree);
    return bytes += view(root());
}

Result<Frontier> Frontier::parse(std::string_view bytes) {
    const auto broken = fail(ErrorKind::Corrupt, "the stored edge of the log's tree is damaged");
    constexpr std::size_t head = sizeof(std::uint64_t);
    if (bytes.size() < head) return broken;
    Frontier frontier;
    frontier.size_ = big_endian(bytes.substr(0, head));
    const auto subtrees = static_cast<std::size_t>(std::popcount(frontier.size_));
    if (frontier.size_ > limits::max_log_size ||
        bytes.size() != head + (subtrees + 1) * sizeof(Hash))
        return broken;
    for (std::size_t i = 0; i < subtrees; ++i)
        frontier.subtrees_.push_back(*hash_of(bytes.substr(head + i * sizeof(Hash), sizeof(Hash))));
    if (view(frontier.root()) != bytes.substr(bytes.size() - sizeof(Hash))) return broken;
    return frontier;
}

Hash root(std::span<const Hash> leaves) {
    Frontier frontier;
    for (const Hash& leaf : leaves)
        frontier.append(leaf);
    return frontier.root();
}

ProofBuilder::ProofBuilder(std::span<const Hash> leaves) {
    for (const Hash& leaf : leaves)
        append(leaf);
}

void ProofBuilder::append(const Hash& leaf) {
    Hash node = leaf;
    for (std::size_t height = 0;; ++height) {
        if (height == levels_.size()) levels_.emplace_back();
        auto& level = levels_[height];
        level.push_back(node);
        if (level.size() % 2 != 0) return;
        node = node_hash(level[level.size() - 2], level.back());
    }
}

// The root of entries begin up to end, where begin is a multiple of a power of two that is at least
// end - begin: true of every subtree that RFC 6962 names.
Hash ProofBuilder::range(std::uint64_t begin, std::uint64_t end) const {
    const auto complete = [&](std::uint64_t from, int height) {
        return levels_[static_cast<std::size_t>(height)][from >> height];
    };
    int height = std::countr_zero(end - begin);
    end -= std::uint64_t{1} << height;
    Hash node = complete(end, height);
    while (end > begin) {
        height = std::countr_zero(end - begin);
        end -= std::uint64_t{1} << height;
        node = node_hash(complete(end, height), node);
    }
    return node;
}

Status ProofBuilder::within(std::uint64_t size) const {
    if (size <= this->size()) return {};
    return fail(
        ErrorKind::Refused,
        fmt::format("the log has {} entries, not {}: name a smaller size", this->size(), size));
}

Result<Hash> ProofBuilder::root(std::uint64_t size) const {
    DVC_TRY(within(size));
    return size == 0 ? empty_root() : range(0, size);
}

Result<Proof> ProofBuilder::inclusion(std::uint64_t index, std::uint64_t size) const {
    DVC_TRY(within(size));
    if (index >= size)
        return fail(ErrorKind::Refused,
                    fmt::format("entry {} is not in a log of {} entries", index, size));
    Proof proof;
    std::uint64_t begin = 0;
    for (std::uint64_t end = size; end - begin > 1;) {
        const std::uint64_t middle = begin + split(end - begin);
        if (index < middle) {
            proof.push_back(range(middle, end));
            end = middle;
        } else {
            proof.push_back(range(begin, middle));
            begin = middle;
        }
    }
    std::reverse(proof.begin(), proof.end());  // found from the root down
    return proof;
}

Result<Proof> ProofBuilder::consistency(std::uint64_t old_size, std::uint64_t size) const {
    DVC_TRY(within(size));
    if (old_size == 0 || old_size > size)
        return fail(ErrorKind::Refused,
                    fmt::format("there is no proof that a log of {} entries begins with {}", size,
                                old_size));
    Proof proof;
    std::uint64_t begin = 0;
    std::uint64_t end = size;
    while (end != old_size) {
        const std::uint64_t middle = begin + split(end - begin);
        if (old_size <= middle) {
            proof.push_back(range(middle, end));
            end = middle;
        } else {
            proof.push_back(range(begin, middle));
            begin = middle;
        }
    }
    // What is left is a subtree of the old tree. The verifier has it if it is the whole of it.
    if (begin != 0) proof.push_back(range(begin, end));
    std::reverse(proof.begin(), proof.end());
    return proof;
}

Result<Proof> inclusion_proof(std::span<const Hash> leaves, std::uint64_t index) {
    return ProofBuilder(leaves).inclusion(index, leaves.size());
}

Result<Proof> consistency_proof(std::span<const Hash> leaves, std::uint64_t old_size,
                                std::uint64_t size) {
    return ProofBuilder(leaves).consistency(old_size, size);
}

}  // namespace dvcsync::audit
