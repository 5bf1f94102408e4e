// The verifiers know nothing of how proofs are built: they follow RFC 9162 step by step.
#include <fmt/format.h>

#include "connector/audit/merkle.h"

namespace dvcsync::audit {
namespace {

tl::unexpected<Error> wrong(std::string message) {
    return fail(ErrorKind::Corrupt, std::move(message));
}

}  // namespace

Status verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                        std::span<const Hash> proof, const Hash& root) {
    if (index >= size)
        return wrong(fmt::format("entry {} cannot be in a log of {} entries", index, size));
    std::uint64_t node = index;
    std::uint64_t last = size - 1;
    Hash hash = leaf;
    for (const Hash& sibling : proof) {
        if (last == 0)
            return wrong(fmt::format("the proof of entry {} is longer than its path", index));
        if ((node & 1) != 0 || node == last) {
            hash = node_hash(sibling, hash);
            // A right edge that is no pair goes up unchanged until it is a right child.
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if (last != 0) return wrong(fmt::format("the proof of entry {} is cut short", index));
    if (hash != root)
        return wrong(
            fmt::format("entry {} is not in the log of {} entries with this root: the "
                        "entry, its place or the proof was changed",
                        index, size));
    return {};
}

Status verify_consistency(std::uint64_t old_size, std::uint64_t new_size, const Hash& old_root,
                          const Hash& new_root, std::span<const Hash> proof) {
    if (old_size == 0)
        return fail(ErrorKind::Refused,
                    "nothing follows from a proof of consistency with an empty log");
    if (old_size > new_size)
        return wrong(fmt::format("the log shrank from {} entries to {}", old_size, new_size));
    const auto forked = [&] {
        return wrong(
            fmt::format("the log of {} entries does not begin with the log of {} entries "
                        "that was signed before: entries were changed or removed",
                        new_size, old_size));
    };
    if (old_size == new_size) {
        if (!proof.empty()) return wrong("a proof between equal sizes must be empty");
        if (old_root != new_root) return forked();
        return {};
    }
    std::uint64_t node = old_size - 1;
    std::uint64_t last = new_size - 1;
    while ((node & 1) != 0) {
        node >>= 1;
        last >>= 1;
    }
    // A complete old tree is a node of the new one, and the proof leaves it out.
    auto next = proof.begin();
    if (node != 0 && next == proof.end()) return wrong("the proof of consistency is empty");
    Hash old_hash = node == 0 ? old_root : *next++;
    Hash new_hash = old_hash;
    for (; next != proof.end(); ++next) {
        if (last == 0) return wrong("the proof of consistency is too long");
        if ((node & 1) != 0 || node == last) {
            old_hash = node_hash(*next, old_hash);
            new_hash = node_hash(*next, new_hash);
            while ((node & 1) == 0 && node != 0) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, *next);
        }
        node >>= 1;
        last >>= 1;
    }
    if (last != 0) return wrong("the proof of consistency is cut short");
    if (old_hash != old_root || new_hash != new_root) return forked();
    return {};
}

}  // namespace dvcsync::audit
