// What --seed, --until, --since, --dossiers and --faults promise, on slices of the year.
#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "connector/base/crypto.h"
#include "tests/province/count.h"
#include "tests/unit/generator/exported.h"

namespace dvcsync::year {
namespace {

std::map<std::string, std::string> digests(const std::filesystem::path& folder) {
    std::map<std::string, std::string> digests;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        digests[entry.path().filename().string()] = hex(sha256(text.str()));
    }
    return digests;
}

const Day june = day_of(2019, 6, 30);
const Day september = day_of(2019, 9, 30);

TEST(Export, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
    const TempFolder first, second, other;
    generated(first.path, slice(800));
    generated(second.path, slice(800));
    Options options = slice(800);
    options.seed = 7;
    generated(other.path, options);
    EXPECT_EQ(digests(first.path), digests(second.path));
    EXPECT_NE(digests(first.path), digests(other.path));
}

TEST(Export, ASliceKeepsTheShapeForAnySeedAndSize) {
    const auto agencies =
        std::filesystem::path(DVC_SOURCE_DIR) / "mappings" / "codes" / "agencies.csv";
    for (const auto& [seed, dossiers, procedures] :
         {std::tuple{2019u, 3'000u, 0u}, std::tuple{1u, 500u, 400u}, std::tuple{42u, 120u, 250u}}) {
        const TempFolder folder;
        Options options = slice(dossiers);
        options.seed = seed;
        options.procedures = procedures;
        const Summary summary = generated(folder.path, options);
        const auto counted = count_exports(folder.path, 2019, agencies);
        ASSERT_TRUE(counted) << counted.error().message;
        Figures wanted = summary.wanted;
        // A small slice does not reach every commune.
        wanted.communes = counted->all.communes;
        EXPECT_EQ(as_lines(counted->all), as_lines(wanted)) << seed << ' ' << dossiers;
    }
}

TEST(Export, AnEarlierStateIsAPrefixOfALaterOne) {
    const TempFolder early_folder, late_folder;
    Options options = slice(2'500);
    generated(late_folder.path, options);
    options.until = june;
    generated(early_folder.path, options);
    std::map<std::string, ReadRecord> early, late;
    each_record(early_folder.path, "dossier",
                [&](const ReadRecord& record) { early[record.one("code")] = record; });
    each_record(late_folder.path, "dossier",
                [&](const ReadRecord& record) { late[record.one("code")] = record; });
    std::size_t grown = 0;
    for (const auto& [code, record] : late)
        EXPECT_EQ(early.contains(code), sortable(record.one("received")) < "20190701") << code;
    for (const auto& [code, before] : early) {
        const ReadRecord& after = late.at(code);
        for (const char* path : {"steps/step/id", "steps/step/at", "steps/step/content",
                                 "steps/step/status", "steps/step/person"}) {
            const auto& first = before.all(path);
            const auto& second = after.all(path);
            ASSERT_LE(first.size(), second.size()) << code;
            EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin())) << code << path;
        }
        // Nothing of the future is known.
        for (const auto& [path, texts] : before.leaves)
            for (const std::string& text : texts)
                if (path == "finished" || path == "returned" || path == "refused" ||
                    path.ends_with("/at") || path.ends_with("/completed") ||
                    path.ends_with("/sent") || path.ends_with("/back")) {
                    EXPECT_LT(sortable(text), "20190701") << code << ' ' << path;
                }
        std::string latest;
        for (const std::string& due : before.all("steps/step/due"))
            latest = std::max(latest, sortable(due));
        EXPECT_EQ(latest, sortable(before.one("legal-due"))) << code;
        if (before.all("steps/step/id").size() < after.all("steps/step/id").size()) ++grown;
    }
    EXPECT_GT(grown, 20u);
}

TEST(Export, ChangesAreExactlyTheRecordsThatDiffer) {
    const TempFolder before_folder, after_folder, changes_folder;
    Options options = slice(2'500);
    options.until = june;
    generated(before_folder.path, options);
    options.until = september;
    generated(after_folder.path, options);
    options.since = june;
    const Summary summary = generated(changes_folder.path, options);
    const auto before = raw_dossiers(before_folder.path);
    const auto after = raw_dossiers(after_folder.path);
    const auto changes = raw_dossiers(changes_folder.path);
    std::map<std::string, std::string> differing;
    std::size_t old_ones = 0;
    for (const auto& [code, record] : after) {
        const auto old = before.find(code);
        if (old != before.end() && old->second == record) continue;
        differing[code] = record;
        if (old != before.end()) ++old_ones;
    }
    EXPECT_EQ(changes, differing);
    EXPECT_EQ(summary.dossiers, differing.size());
    EXPECT_GT(old_ones, 20u);  // changes, not only new records
    EXPECT_GT(differing.size(), old_ones);
}

TEST(Export, ChangesNeverTakeTheNameOfAnEarlierFile) {
    const TempFolder before, changes;
    Options options = slice(600);
    options.until = june;
    generated(before.path, options);
    options.until = year_end;
    options.since = june;
    generated(changes.path, options);
    const auto names = digests(before.path);
    for (const auto& [name, digest] : digests(changes.path))
        EXPECT_FALSE(names.contains(name)) << name;
}

TEST(Export, TheCatalogueGrowsWithItsDecisions) {
    const TempFolder folder;
    Options options = slice(200);
    options.until = june;
    generated(folder.path, options);
    std::set<std::string> decisions;
    each_record(folder.path, "procedure", [&](const ReadRecord& record) {
        const std::string published = record.one("decision/published");
        EXPECT_LT(published.substr(6, 4) + published.substr(3, 2), "201907") << record.one("code");
        if (record.one("decision/issued").ends_with("2019"))
            decisions.insert(record.one("decision/number"));
    });
    EXPECT_GT(decisions.size(), 10u);
    EXPECT_LT(decisions.size(), 46u);
}

TEST(Export, FilesAreCompleteOrNotThere) {
    const TempFolder folder;
    generated(folder.path, slice(200));
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
        EXPECT_EQ(entry.path().extension(), ".xml");
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        EXPECT_TRUE(text.str().ends_with("</province-export>\n")) << entry.path();
    }
}

TEST(Export, FaultsAreListedAndLieBesideGoodRecords) {
    const TempFolder good_folder, bad_folder;
    generated(good_folder.path, slice(600));
    Options options = slice(600);
    options.faults = 10;
    EXPECT_EQ(generated(bad_folder.path, options).faults, 10u);
    const auto good = raw_dossiers(good_folder.path);
    const auto all = raw_dossiers(bad_folder.path);
    EXPECT_EQ(all.size(), good.size() + 10);
    std::stringstream list;
    list << std::ifstream(bad_folder.path / "faults.json").rdbuf();
    for (const auto& [code, record] : all) {
        const bool listed = list.str().find("\"" + code + "\"") != std::string::npos;
        EXPECT_EQ(listed, !good.contains(code)) << code;
        if (!listed) {
            EXPECT_EQ(record, good.at(code));
        }
    }
    for (const char* mark : {"lost-in-the-archive", "31/02/2019", "<agency-name/>", "</info>"})
        EXPECT_EQ(std::count_if(all.begin(), all.end(),
                                [&](const auto& item) {
                                    return !good.contains(item.first) &&
                                           item.second.find(mark) != std::string::npos;
                                }),
                  2)
            << mark;
}

TEST(Export, ImpossibleOptionsAreRefusedWithAReason) {
    const TempFolder folder;
    Options options = slice(100);
    options.out = folder.path;
    options.since = year_end;
    const auto backwards = generate(test_world(), options, {});
    ASSERT_FALSE(backwards);
    EXPECT_THAT(backwards.error().message, testing::HasSubstr("--since"));
    options = slice(100);
    options.out = folder.path;
    options.procedures = 1'000'000;
    EXPECT_FALSE(generate(test_world(), options, {}));
}

}  // namespace
}  // namespace dvcsync::year
