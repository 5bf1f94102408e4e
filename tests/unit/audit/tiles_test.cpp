#include "connector/audit/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "connector/audit/bytes.h"
#include "connector/base/limits.h"
#include "tests/unit/audit/audit_test.h"

namespace dvcsync::audit {
namespace {

constexpr auto hashes = Tile::Kind::Hashes;
constexpr auto entries = Tile::Kind::Entries;

TEST(Tiles, PathsAreThoseOfTheSpecification) {
    const std::vector<std::pair<Tile, std::string>> known{
        {{hashes, 0, 0, 256}, "tile/0/000"},
        {{hashes, 0, 1234067, 256}, "tile/0/x001/x234/067"},
        {{hashes, 1, 0, 17}, "tile/1/000.p/17"},
        {{hashes, 63, 999, 255}, "tile/63/999.p/255"},
        {{hashes, 0, 1000, 1}, "tile/0/x001/000.p/1"},
        {{entries, 0, 0, 256}, "tile/entries/000"},
        {{entries, 0, 273, 112}, "tile/entries/273.p/112"},
        {{hashes, 2, limits::max_log_size, 256}, "tile/2/x009/x223/x372/x036/x854/x775/807"},
    };
    for (const auto& [tile, path] : known) {
        EXPECT_EQ(tile_path(tile), path);
        EXPECT_EQ(parse_tile_path(path), tile) << path;
    }
}

TEST(Tiles, OtherSpellingsOfAPathAreRefused) {
    for (const char* bad : {"",
                            "tile",
                            "tile/",
                            "tile/0",
                            "tile/0/",
                            "/tile/0/000",
                            "tile/00/000",
                            "tile/64/000",
                            "tile/-1/000",
                            "tile/0/0",
                            "tile/0/00",
                            "tile/0/0000",
                            "tile/0/x000",
                            "tile/0/x000/001",
                            "tile/0/001/001",
                            "tile/0/x001/x001",
                            "tile/0/000/",
                            "tile/0/000.p",
                            "tile/0/000.p/",
                            "tile/0/000.p/0",
                            "tile/0/000.p/256",
                            "tile/0/000.p/01",
                            "tile/0/000.p/1.p/1",
                            "tile/entries",
                            "tile/entries/",
                            "tile/entries/0/000",
                            "tile/0/../000",
                            "tile/8/0/000",
                            "tile/0/x009/x223/x372/x036/x854/x775/808",
                            "tile/0/x999/x999/x999/x999/x999/x999/x999/999"}) {
        const auto tile = parse_tile_path(bad);
        ASSERT_FALSE(tile) << bad;
        EXPECT_EQ(tile.error().kind, ErrorKind::Corrupt);
    }
}

// C2SP tlog-tiles v0.1.0, "Partial Tiles": a tree of 70,000, and one of 256.
TEST(Tiles, TheExampleTreesHaveTheNamedTiles) {
    std::map<std::pair<int, bool>, int> counts;  // level, full
    const auto tiles = tiles_of(70'000);
    ASSERT_TRUE(tiles);
    for (const Tile& tile : *tiles) {
        if (tile.kind == entries) continue;
        ++counts[{tile.level, tile.width == 256}];
        if (tile.width == 256) continue;
        EXPECT_EQ(tile.width, tile.level == 0 ? 112 : tile.level == 1 ? 17 : 1);
    }
    EXPECT_EQ(
        counts,
        (std::map<std::pair<int, bool>, int>{
            {{0, true}, 273}, {{0, false}, 1}, {{1, true}, 1}, {{1, false}, 1}, {{2, false}, 1}}));
    EXPECT_EQ(*tiles_of(256),
              (std::vector<Tile>{{hashes, 0, 0, 256}, {hashes, 1, 0, 1}, {entries, 0, 0, 256}}));
    EXPECT_EQ(*tiles_of(0), std::vector<Tile>());
}

TEST(Tiles, OnlyWhatChangedSinceIsListed) {
    EXPECT_EQ(*tiles_of(300, 300), std::vector<Tile>());
    EXPECT_EQ(*tiles_of(300, 299), (std::vector<Tile>{{hashes, 0, 1, 44}, {entries, 0, 1, 44}}));
    EXPECT_EQ(*tiles_of(513, 256), (std::vector<Tile>{{hashes, 0, 1, 256},
                                                      {hashes, 0, 2, 1},
                                                      {hashes, 1, 0, 2},
                                                      {entries, 0, 1, 256},
                                                      {entries, 0, 2, 1}}));
    EXPECT_EQ(tiles_of(5, 6).error().kind, ErrorKind::Refused);
    EXPECT_EQ(tiles_of(limits::max_listed_log + 1).error().kind, ErrorKind::Refused);
    EXPECT_TRUE(tiles_of(limits::max_log_size, limits::max_log_size - 1));
}

// Every tile holds what its definition says: MTH(D[(n*256+i)*256^l : (n*256+i+1)*256^l]).
TEST(Tiles, EachHoldsTheRootsThatItsPlaceNames) {
    const auto leaves = test::leaves(70'000);
    std::vector<Tile> made;
    TileBuilder builder([&](const Tile& tile, std::string_view bytes) {
        made.push_back(tile);
        const auto parsed = parse_tile(bytes, tile.width);
        EXPECT_TRUE(parsed);
        const std::size_t covers = std::size_t{1} << (8 * tile.level);
        for (std::size_t i = 0; parsed && i < parsed->size(); ++i)
            EXPECT_EQ((*parsed)[i],
                      root(std::span(leaves).subspan((tile.index * 256 + i) * covers, covers)));
        return Status();
    });
    for (const Hash& leaf : leaves)
        ASSERT_TRUE(builder.append(leaf));
    ASSERT_TRUE(builder.finish());
    auto expected = *tiles_of(leaves.size());
    std::erase_if(expected, [](const Tile& tile) { return tile.kind == entries; });
    std::sort(made.begin(), made.end());
    EXPECT_EQ(made, expected);
}

TEST(Tiles, AnErrorOfTheSinkEndsTheWork) {
    TileBuilder builder([](const Tile&, std::string_view) -> Status {
        return fail(ErrorKind::Retry, "disk full");
    });
    for (const Hash& leaf : test::leaves(255))
        ASSERT_TRUE(builder.append(leaf));
    EXPECT_EQ(builder.finish().error().message, "disk full");
    EXPECT_EQ(builder.append(leaf_hash("x")).error().message, "disk full");
}

TEST(Tiles, ATileOfAnotherSizeIsRefused) {
    EXPECT_TRUE(parse_tile(std::string(64, 'x'), 2));
    EXPECT_FALSE(parse_tile(std::string(64, 'x'), 1));
    EXPECT_FALSE(parse_tile(std::string(63, 'x'), 2));
    EXPECT_FALSE(parse_tile("", 0));
    EXPECT_FALSE(parse_tile(std::string(257 * 32, 'x'), 257));
}

TEST(Bundles, EntriesAreReadBack) {
    const std::vector<std::string> all{"", "một", std::string(limits::max_log_entry, 'x')};
    std::string bundle;
    for (const auto& entry : all)
        ASSERT_TRUE(append_entry(bundle, entry));
    EXPECT_EQ(bundle.substr(0, 4), std::string("\0\0\0\5", 4));
    const auto read = parse_bundle(bundle, 3);
    ASSERT_TRUE(read);
    EXPECT_TRUE(std::equal(read->begin(), read->end(), all.begin(), all.end()));
}

TEST(Bundles, WhatIsCutOrGoesOnOrIsTooLongIsRefused) {
    std::string bundle;
    ASSERT_TRUE(append_entry(bundle, "one"));
    ASSERT_TRUE(append_entry(bundle, "two"));
    for (std::size_t size = 0; size < bundle.size(); ++size)
        EXPECT_FALSE(parse_bundle(bundle.substr(0, size), 2)) << size;
    EXPECT_FALSE(parse_bundle(bundle, 1));
    EXPECT_FALSE(parse_bundle(bundle, 3));
    EXPECT_FALSE(parse_bundle("", 0));
    EXPECT_FALSE(parse_bundle(bundle, 257));
    const auto status = append_entry(bundle, std::string(limits::max_log_entry + 1, 'x'));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::Refused);
}

}  // namespace
}  // namespace dvcsync::audit
