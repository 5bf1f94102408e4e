// The log as files: hashes in tiles of 256, entries in bundles of 256, as any static web server or
// a folder can hold them.
//
// Source: C2SP tlog-tiles v0.1.0 (https://c2sp.org/tlog-tiles). Pure functions, thread-safe; a
// TileBuilder belongs to one thread. Errors: Corrupt for what does not parse, Refused for what the
// format cannot hold.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/audit/merkle.h"

namespace dvcsync::audit {

inline constexpr int tile_width = 256;

// One tile or entry bundle. At level 0 a tile holds leaf hashes; at level 1 and above the root of a
// full tile of the level below in each place.
struct Tile {
    enum class Kind : std::uint8_t { Hashes, Entries };
    Kind kind = Kind::Hashes;
    int level = 0;            // 0–63; always 0 of Entries
    std::uint64_t index = 0;  // within its level, at most limits::max_log_size
    int width = tile_width;   // 1–256; less than 256 only at the right edge of the tree

    auto operator<=>(const Tile&) const = default;
};

// tile/0/x001/x234/067, tile/1/000.p/17, tile/entries/000.p/5: relative, with forward slashes.
std::string tile_path(const Tile& tile);
Result<Tile> parse_tile_path(std::string_view path);

// Every tile and bundle of a log of `size` entries, in the order of their kind, level and index.
// With `since`, only those that a log of `since` entries lacks or has narrower. Refused if more
// than limits::max_listed_log entries would have to be listed.
Result<std::vector<Tile>> tiles_of(std::uint64_t size, std::uint64_t since = 0);

// Makes the tiles of hashes from the leaves in one pass, in 8 KB a level. `sink` gets each full
// tile as soon as it is full; its first error ends append().
class TileBuilder {
  public:
    using Sink = std::function<Status(const Tile&, std::string_view bytes)>;
    explicit TileBuilder(Sink sink);
    // Goes on with a log of `size` entries. `edge` gives the hashes of its partial tiles; they are
    // believed, so compare edge_root() with what is known first.
    TileBuilder(Sink sink, std::uint64_t size, std::vector<std::vector<Hash>> edge);
    Status append(const Hash& leaf);
    // Gives the partial tiles of the right edge. More leaves may follow.
    Status finish();

  private:
    struct Level {
        std::uint64_t index = 0;  // of the tile being filled
        std::vector<Hash> hashes;
    };
    Status add(std::size_t level, const Hash& hash);
    Status give(std::size_t level, const Level& tile);
    Sink sink_;
    std::vector<Level> levels_;
};

// The partial tiles at the right edge of a log, by ascending level; a level whose tiles are all
// full has none, which is told by width 0.
std::vector<Tile> edge_of(std::uint64_t size);
// The root of the log that has these hashes in the partial tiles of its right edge.
Hash edge_root(const std::vector<std::vector<Hash>>& edge);

// The hashes of a tile. Corrupt unless it has exactly `width`.
Result<std::vector<Hash>> parse_tile(std::string_view bytes, int width);

// Appends one entry to a bundle: its length in two bytes, big-endian, and its bytes. Refused if it
// is longer than limits::max_log_entry.
Status append_entry(std::string& bundle, std::string_view entry);
// The entries, as parts of `bytes`. Corrupt unless there are exactly `width`.
Result<std::vector<std::string_view>> parse_bundle(std::string_view bytes, int width);

}  // namespace dvcsync::audit
