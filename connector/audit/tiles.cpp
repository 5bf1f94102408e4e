#include "connector/audit/tiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

constexpr std::size_t group_digits = 3;  // of a tile's index in one part of its path
constexpr std::uint64_t group_size = 1'000;
constexpr std::uint64_t max_level = 63;
constexpr std::size_t entry_head = 2;  // bytes of an entry's length
constexpr std::string_view folder = "tile/";
constexpr std::string_view entries_folder = "entries/";
constexpr std::string_view partial_mark = ".p/";

tl::unexpected<Error> corrupt(std::string message) {
    return fail(ErrorKind::Corrupt, std::move(message));
}

std::string index_path(std::uint64_t index) {
    std::string path = fmt::format("{:03}", index % group_size);
    while ((index /= group_size) != 0)
        path = fmt::format("x{:03}/", index % group_size) + path;
    return path;
}

// "x001/x234/067", in the one spelling that index_path() gives.
std::optional<std::uint64_t> parse_index(std::string_view path) {
    std::uint64_t index = 0;
    for (std::string_view rest = path; !rest.empty();) {
        if (rest.starts_with('x')) rest.remove_prefix(1);
        for (std::size_t i = 0; i < group_digits; ++i) {
            if (i >= rest.size() || rest[i] < '0' || rest[i] > '9') return std::nullopt;
            if (index > limits::max_log_size / 10) return std::nullopt;
            index = index * 10 + static_cast<std::uint64_t>(rest[i] - '0');
        }
        rest.remove_prefix(group_digits);
        if (rest.starts_with('/')) rest.remove_prefix(1);
    }
    if (index > limits::max_log_size || index_path(index) != path) return std::nullopt;
    return index;
}

void list(std::vector<Tile>& tiles, Tile::Kind kind, int level, std::uint64_t hashes,
          std::uint64_t had) {
    // What was full before is as it was; a partial one grew, unless nothing came.
    if (hashes == had) return;
    for (std::uint64_t index = had / tile_width; index * tile_width < hashes; ++index)
        tiles.push_back(
            {kind, level, index,
             static_cast<int>(std::min<std::uint64_t>(tile_width, hashes - index * tile_width))});
}

}  // namespace

std::string tile_path(const Tile& tile) {
    std::string path(folder);
    path += tile.kind == Tile::Kind::Entries ? std::string(entries_folder)
                                             : fmt::format("{}/", tile.level);
    path += index_path(tile.index);
    if (tile.width != tile_width) path += fmt::format("{}{}", partial_mark, tile.width);
    return path;
}

Result<Tile> parse_tile_path(std::string_view path) {
    const auto bad = [&] {
        return corrupt(fmt::format("\"{}\" is not the path of a tile", excerpt(path, 80)));
    };
    std::string_view rest = path;
    if (!rest.starts_with(folder)) return bad();
    rest.remove_prefix(folder.size());
    Tile tile;
    if (rest.starts_with(entries_folder)) {
        tile.kind = Tile::Kind::Entries;
        rest.remove_prefix(entries_folder.size());
    } else {
        const std::size_t slash = rest.find('/');
        const auto level = decimal(rest.substr(0, slash), max_level);
        if (!level || slash == std::string_view::npos) return bad();
        tile.level = static_cast<int>(*level);
        rest.remove_prefix(slash + 1);
    }
    if (const std::size_t mark = rest.find(partial_mark); mark != std::string_view::npos) {
        const auto width = decimal(rest.substr(mark + partial_mark.size()), tile_width - 1);
        if (!width || *width == 0) return bad();
        tile.width = static_cast<int>(*width);
        rest = rest.substr(0, mark);
    }
    const auto index = parse_index(rest);
    if (!index || rest.empty()) return bad();
    tile.index = *index;
    return tile;
}

Result<std::vector<Tile>> tiles_of(std::uint64_t size, std::uint64_t since) {
    if (since > size)
        return fail(ErrorKind::Refused,
                    fmt::format("a log of {} entries cannot follow one of {}", size, since));
    if (size > limits::max_log_size || size - since > limits::max_listed_log)
        return fail(ErrorKind::Refused, fmt::format("the tiles of more than {} entries are not "
                                                    "listed at once",
                                                    limits::max_listed_log));
    std::vector<Tile> tiles;
    std::uint64_t had = since;
    int level = 0;
    for (std::uint64_t hashes = size; hashes > 0; hashes /= tile_width, had /= tile_width)
        list(tiles, Tile::Kind::Hashes, level++, hashes, had);
    list(tiles, Tile::Kind::Entries, 0, size, since);
    return tiles;
}

TileBuilder::TileBuilder(Sink sink) : sink_(std::move(sink)) {}

TileBuilder::TileBuilder(Sink sink, std::uint64_t size, std::vector<std::vector<Hash>> edge)
    : sink_(std::move(sink)) {
    for (auto& hashes : edge) {
        size /= tile_width;
        levels_.push_back({size, std::move(hashes)});
    }
}

Status TileBuilder::append(const Hash& leaf) {
    return add(0, leaf);
}

Status TileBuilder::give(std::size_t level, const Level& tile) {
    std::string bytes;
    for (const Hash& hash : tile.hashes)
        bytes += view(hash);
    return sink_({Tile::Kind::Hashes, static_cast<int>(level), tile.index,
                  static_cast<int>(tile.hashes.size())},
                 bytes);
}

Status TileBuilder::add(std::size_t level, const Hash& hash) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].hashes.push_back(hash);
    if (levels_[level].hashes.size() < tile_width) return {};
    Level full;
    std::swap(full.hashes, levels_[level].hashes);
    full.index = levels_[level].index++;
    DVC_TRY(give(level, full));
    return add(level + 1, root(full.hashes));
}

Status TileBuilder::finish() {
    for (std::size_t level = 0; level < levels_.size(); ++level) {
        if (!levels_[level].hashes.empty()) DVC_TRY(give(level, levels_[level]));
    }
    return {};
}

std::vector<Tile> edge_of(std::uint64_t size) {
    std::vector<Tile> edge;
    for (int level = 0; size > 0; ++level, size /= tile_width)
        edge.push_back(
            {Tile::Kind::Hashes, level, size / tile_width, static_cast<int>(size % tile_width)});
    return edge;
}

Hash edge_root(const std::vector<std::vector<Hash>>& edge) {
    std::optional<Hash> right;  // what stands right of the level at hand
    for (const auto& hashes : edge) {
        // The hashes of a level are roots of complete trees of one size, the rest is smaller.
        std::vector<Hash> nodes = hashes;
        std::size_t width = nodes.size();
        for (; width > 0; width /= 2) {
            // A lone one at the end is complete at this height and pairs with what is right of it.
            if (width % 2 == 1) {
                const Hash& lone = nodes[width - 1];
                right = right ? node_hash(lone, *right) : lone;
            }
            for (std::size_t i = 0; i + 1 < width; i += 2)
                nodes[i / 2] = node_hash(nodes[i], nodes[i + 1]);
        }
    }
    return right.value_or(empty_root());
}

Result<std::vector<Hash>> parse_tile(std::string_view bytes, int width) {
    if (width < 1 || width > tile_width ||
        bytes.size() != static_cast<std::size_t>(width) * sizeof(Hash))
        return corrupt(
            fmt::format("a tile of {} hashes cannot be {} bytes long", width, bytes.size()));
    std::vector<Hash> hashes;
    for (; !bytes.empty(); bytes.remove_prefix(sizeof(Hash)))
        hashes.push_back(*hash_of(bytes.substr(0, sizeof(Hash))));
    return hashes;
}

Status append_entry(std::string& bundle, std::string_view entry) {
    if (entry.size() > limits::max_log_entry)
        return fail(ErrorKind::Refused, fmt::format("an entry of {} bytes does not fit the log: {} "
                                                    "at most",
                                                    entry.size(), limits::max_log_entry));
    put_big_endian(bundle, entry.size(), entry_head);
    bundle += entry;
    return {};
}

Result<std::vector<std::string_view>> parse_bundle(std::string_view bytes, int width) {
    if (width < 1 || width > tile_width)
        return corrupt(fmt::format("a bundle cannot hold {} entries", width));
    std::vector<std::string_view> entries;
    for (int i = 0; i < width; ++i) {
        const std::size_t size =
            bytes.size() < entry_head ? 0 : big_endian(bytes.substr(0, entry_head));
        if (bytes.size() < entry_head + size)
            return corrupt(fmt::format("the bundle is cut short in its entry {}", i));
        entries.push_back(bytes.substr(entry_head, size));
        bytes.remove_prefix(entry_head + size);
    }
    if (!bytes.empty())
        return corrupt(fmt::format("the bundle goes on after its {} entries", width));
    return entries;
}

}  // namespace dvcsync::audit
