// Writes a log as files, for a verifier in another language: sample FOLDER.
//
// key, checkpoint, checkpoint.old, tile/…, proof/<index>.tlog-proof, and consistency (hashes in
// Base64, one a line, from the old checkpoint to the new).
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "connector/audit/bytes.h"
#include "connector/audit/proof.h"
#include "connector/audit/tiles.h"

namespace {

namespace fs = std::filesystem;
using namespace dvcsync;
using namespace dvcsync::audit;

constexpr std::uint64_t size = 70'000;  // the specification's example: partial tiles at each level
constexpr std::uint64_t old_size = 66'666;
const std::string log_name = "dvcsync.example/log/2026";

template <class T>
T need(Result<T> result) {
    if (result) return *std::move(result);
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
}

std::string entry(std::uint64_t index) {
    return fmt::format(R"({{"code":"H{}","event":"delivered","seq":{}}})", index % 1000, index);
}

Status write(const fs::path& path, std::string_view bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out << bytes;
    out.close();
    if (out.good()) return {};
    return fail(ErrorKind::Retry, "cannot write " + path.string());
}

Status write_log(const fs::path& folder) {
    ProofBuilder tree;
    TileBuilder tiles([&](const Tile& tile, std::string_view bytes) {
        return write(folder / tile_path(tile), bytes);
    });
    for (std::uint64_t i = 0; i < size; ++i) {
        tree.append(leaf_hash(entry(i)));
        DVC_TRY(tiles.append(leaf_hash(entry(i))));
    }
    DVC_TRY(tiles.finish());
    for (const Tile& tile : need(tiles_of(size))) {
        if (tile.kind != Tile::Kind::Entries) continue;
        std::string bundle;
        const std::uint64_t first = tile.index * tile_width;
        for (std::uint64_t i = first; i < first + static_cast<std::uint64_t>(tile.width); ++i)
            DVC_TRY(append_entry(bundle, entry(i)));
        DVC_TRY(write(folder / tile_path(tile), bundle));
    }

    const auto signer = need(Signer::from_pem(log_name, new_private_key()));
    const Checkpoint before{log_name, old_size, need(tree.root(old_size)), {}};
    const Checkpoint now{log_name, size, need(tree.root(size)), {}};
    const auto consistency = need(tree.consistency(old_size, size));
    const auto note = need(sign_next_checkpoint(before, now, consistency, signer));
    DVC_TRY(write(folder / "key", signer.verifier().text()));
    DVC_TRY(write(folder / "checkpoint.old", need(sign_first_checkpoint(before, signer))));
    DVC_TRY(write(folder / "checkpoint", note));
    std::string lines;
    for (const Hash& hash : consistency)
        lines += base64(view(hash)) + '\n';
    DVC_TRY(write(folder / "consistency", lines));
    for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256},
                                      std::uint64_t{65'536}, size - 1}) {
        const LogProof proof{"note", index, need(tree.inclusion(index, size)), note};
        DVC_TRY(
            write(folder / "proof" / fmt::format("{}.tlog-proof", index), need(proof_text(proof))));
    }
    return {};
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "usage: audit_sample FOLDER\n");
        return 2;
    }
    const auto written = write_log(words[1]);
    if (!written) std::fprintf(stderr, "%s\n", written.error().message.c_str());
    return written ? 0 : 1;
}
