// Every vector of tests/data/merkle (see its README.md for where they are from).
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>

#include "connector/audit/bytes.h"
#include "connector/base/files.h"

namespace dvcsync::audit {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

constexpr std::size_t max_vector_file = 64 << 10;

std::vector<fs::path> vectors(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& file :
         fs::recursive_directory_iterator(fs::path(DVC_SOURCE_DIR) / "tests/data/merkle" / folder))
        if (file.path().extension() == ".json") files.push_back(file.path());
    return files;
}

// A hash of the vector. Some have one of another length: nullopt, which the type refuses.
std::optional<Hash> hash_in(const element& vector, const char* key) {
    const auto bytes = from_base64(std::string_view(vector[key]));
    // "don't care 1": stands for any hash, so the digest of it may stand for it.
    if (bytes && bytes->starts_with("don't care")) return sha256(*bytes);
    return bytes ? hash_of(*bytes) : std::nullopt;
}

std::optional<Proof> proof_in(const element& vector) {
    Proof proof;
    if (vector["proof"].is_null()) return proof;
    for (const element hash : simdjson::dom::array(vector["proof"])) {
        const auto read = hash_from_base64(std::string_view(hash));
        if (!read) return std::nullopt;
        proof.push_back(*read);
    }
    return proof;
}

// A negative number of the vectors is the same bits without a sign.
std::uint64_t number_in(const element& vector, const char* key) {
    return vector[key].is_uint64() ? std::uint64_t(vector[key])
                                   : static_cast<std::uint64_t>(std::int64_t(vector[key]));
}

bool included(const element& vector) {
    const auto leaf = hash_in(vector, "leafHash");
    const auto root = hash_in(vector, "root");
    const auto proof = proof_in(vector);
    return leaf && root && proof &&
           verify_inclusion(*leaf, number_in(vector, "leafIdx"), number_in(vector, "treeSize"),
                            *proof, *root);
}

bool consistent(const element& vector) {
    const auto before = hash_in(vector, "root1");
    const auto after = hash_in(vector, "root2");
    const auto proof = proof_in(vector);
    return before && after && proof &&
           verify_consistency(number_in(vector, "size1"), number_in(vector, "size2"), *before,
                              *after, *proof);
}

// How many were tried, and how many of those verify.
std::pair<int, int> try_all(const fs::path& folder, bool (*verifies)(const element&)) {
    simdjson::dom::parser parser;
    std::pair<int, int> counts{};
    for (const auto& file : vectors(folder)) {
        const auto text = read_file(file, max_vector_file);
        element vector;
        if (!text || parser.parse(*text).get(vector) != simdjson::SUCCESS) {
            ADD_FAILURE() << file << " cannot be read";
            continue;
        }
        const bool good = verifies(vector);
        EXPECT_EQ(good, !bool(vector["wantErr"])) << file;
        ++counts.first;
        counts.second += good ? 1 : 0;
    }
    return counts;
}

TEST(Vectors, EveryInclusionVectorAgrees) {
    EXPECT_EQ(try_all("inclusion", included), std::pair(98, 6));
}

TEST(Vectors, EveryConsistencyVectorAgrees) {
    EXPECT_EQ(try_all("consistency", consistent), std::pair(98, 6));
}

}  // namespace
}  // namespace dvcsync::audit
