// What the tests of the log share.
#pragma once

#include <string>
#include <vector>

#include "connector/audit/merkle.h"
#include "connector/audit/note.h"

namespace dvcsync::audit::test {

inline std::string entry(std::size_t index) {
    return "entry " + std::to_string(index);
}

inline std::vector<Hash> leaves(std::size_t count) {
    std::vector<Hash> hashes;
    for (std::size_t i = 0; i < count; ++i)
        hashes.push_back(leaf_hash(entry(i)));
    return hashes;
}

// A new key each time: no test depends on a stored one.
inline Signer new_signer(std::string_view name = "dvcsync.example/log") {
    return *Signer::from_pem(name, new_private_key());
}

}  // namespace dvcsync::audit::test
