// The whole year, written and read back: its figures, and the rules that every record must keep.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "connector/base/text.h"
#include "tests/province/count.h"
#include "tests/unit/generator/exported.h"

namespace dvcsync::year {
namespace {

class FullYear : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder_ = std::make_unique<TempFolder>();
        Options options;
        options.by_month = true;
        generated(folder_->path, options);
    }
    static void TearDownTestSuite() { folder_.reset(); }
    static inline std::unique_ptr<TempFolder> folder_;
};

TEST_F(FullYear, CountsToThePublishedFiguresToTheDigit) {
    const auto counted = count_exports(
        folder_->path, 2019,
        std::filesystem::path(DVC_SOURCE_DIR) / "mappings" / "codes" / "agencies.csv");
    ASSERT_TRUE(counted) << counted.error().message;
    EXPECT_EQ(as_lines(counted->all), as_lines(test_world().published));
    EXPECT_EQ(counted->all.received, 94'954u);
    EXPECT_EQ(counted->all.due, 87'561u);
    EXPECT_EQ(counted->all.late_with_apology, 9'570u);
}

// One pass over the year; each rule has its own message.
TEST_F(FullYear, EveryDossierKeepsTheRulesOfTheVocabularyAndTheContract) {
    const std::set<std::string> ended{"finished", "returned", "rejected", "withdrawn", "stopped"};
    std::set<std::string> codes;
    std::size_t online = 0, ended_early_next_year = 0, moved = 0, odd = 0;
    std::set<std::string> days;
    each_record(folder_->path, "dossier", [&](const ReadRecord& record) {
        const std::string code = record.one("code");
        ASSERT_TRUE(codes.insert(code).second) << code;
        ASSERT_EQ(code.substr(0, 13), record.one("agency")) << code;
        for (const char* path : {"procedure", "procedure-name", "field-code", "field-name",
                                 "agency-name", "applicant/kind", "applicant/name", "received",
                                 "due", "legal-due", "return-way", "status", "channel"})
            ASSERT_FALSE(record.one(path).empty()) << code << ' ' << path;
        ASSERT_LE(length(record.one("summary")), 1'000u) << code;
        ASSERT_LE(length(record.one("procedure-name")), 2'000u) << code;
        ASSERT_LE(length(record.one("note")), 2'000u) << code;

        const std::string received = sortable(record.one("received"));
        const std::string finished = sortable(record.one("finished"));
        const std::string legal = sortable(record.one("legal-due"));
        days.insert(received.substr(0, 8));
        ASSERT_EQ(code.substr(14, 6), received.substr(2, 6)) << code;
        ASSERT_LE(sortable(record.one("submitted")), received) << code;
        ASSERT_GE(sortable(record.one("due")), legal) << code;
        ASSERT_EQ(!finished.empty(), ended.contains(record.one("status"))) << code;
        if (!record.one("returned").empty()) {
            ASSERT_GE(sortable(record.one("returned")), finished) << code;
        }

        const auto& at = record.all("steps/step/at");
        const auto& due = record.all("steps/step/due");
        const auto& status = record.all("steps/step/status");
        ASSERT_FALSE(at.empty()) << code;
        std::string latest;
        for (std::size_t i = 0; i < at.size(); ++i) {
            if (i > 0) {
                ASSERT_LE(sortable(at[i - 1]), sortable(at[i])) << code;
            }
            ASSERT_LE(sortable(at[i]), "20191231235000") << code;
            if (i < due.size()) latest = std::max(latest, sortable(due[i]));
        }
        ASSERT_EQ(latest, legal) << code;
        ASSERT_EQ(sortable(due.back()), legal) << code;
        ASSERT_EQ(status.back(), record.one("status")) << code;
        for (const char* path : {"steps/step/person", "steps/step/content"})
            for (const std::string& text : record.all(path))
                ASSERT_FALSE(text.empty()) << code;
        for (const std::string& person : record.all("steps/step/person"))
            ASSERT_LE(length(person), 50u) << code;
        for (const std::string& after : record.all("apologies/apology/due-after"))
            ASSERT_GT(sortable(after).substr(0, 8), legal.substr(0, 8)) << code;

        if (record.one("channel") == "online") ++online;
        if (legal > "2020" && !finished.empty()) ++ended_early_next_year;
        if (!record.one("supplements/supplement/due-after").empty()) ++moved;
        if (status.size() > 1 && status.back() == "returned" &&
            status[status.size() - 2] != "finished")
            ++odd;
    });
    EXPECT_EQ(codes.size(), 94'954u);
    EXPECT_GT(online, 1'500u);  // more are filed online than end online
    EXPECT_GT(ended_early_next_year, 500u);
    EXPECT_GT(moved, 2'000u);
    EXPECT_GT(odd, 500u);
    // Received on every working day of the year, worked Saturdays too, and on no other.
    std::set<std::string> working;
    for (Day day = year_begin; day <= year_end; ++day) {
        if (!test_world().calendar.working(day)) continue;
        std::string text = iso_date(date_of(day));
        text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
        working.insert(text);
    }
    EXPECT_EQ(days, working);
    EXPECT_TRUE(days.contains("20190105"));
    EXPECT_TRUE(days.contains("20190504"));
}

// What needs many records, but not all of them.
class LargeSlice : public testing::Test {
  protected:
    void SetUp() override { generated(folder_.path, slice(20'000)); }
    TempFolder folder_;
};

TEST_F(LargeSlice, EveryDossierIsReceivedUnderAProcedurePublishedThatDay) {
    struct Window {
        std::string from = "2018", until = "2021";
    };
    std::map<std::string, Window> windows;
    const auto day = [](const std::string& date) {
        return date.substr(6, 4) + date.substr(3, 2) + date.substr(0, 2);
    };
    each_record(folder_.path, "procedure", [&](const ReadRecord& record) {
        Window& window = windows[record.one("code")];
        const std::string action = record.one("decision/action");
        const std::string published = day(record.one("decision/published"));
        if (action == "new") window.from = published;
        if (action == "abolished") window.until = published;
    });
    ASSERT_EQ(windows.size(), 2'241u);
    each_record(folder_.path, "dossier", [&](const ReadRecord& record) {
        const auto found = windows.find(record.one("procedure").substr(0, 8));
        ASSERT_NE(found, windows.end()) << record.one("code");
        const std::string received = sortable(record.one("received")).substr(0, 8);
        ASSERT_LE(found->second.from, received) << record.one("code");
        ASSERT_GT(found->second.until, received) << record.one("code");
    });
}

TEST_F(LargeSlice, TheTextIsAsDirtyAsReality) {
    std::map<std::string, std::size_t> found;
    const std::map<std::string, std::string> marks{
        {"CDATA", "<![CDATA["},
        {"comment", "<!--"},
        {"ampersand", "&amp;"},
        {"quote", "&quot;"},
        {"apostrophe", "&apos;"},
        {"less", "&lt;"},
        {"closed empty", "<note/>"},
        {"open empty", "<note></note>"},
        {"suffix", ".000.00.00.H22</procedure>"},
        {"short suffix", ".01</procedure>"},
        {"end tag in a comment", "<!-- thẻ </dossier>"},
        {"decomposed", "\xcc\x81"},  // a combining acute accent
    };
    std::stringstream text;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path))
        text << std::ifstream(entry.path()).rdbuf();
    const std::string all = text.str();
    for (const auto& [name, mark] : marks)
        EXPECT_NE(all.find(mark), std::string::npos) << name;
    std::size_t composed = 0, decomposed = 0, broken = 0, longest = 0, absent = 0;
    each_record(folder_.path, "dossier", [&](const ReadRecord& record) {
        const std::string name = record.one("procedure-name");
        ++(nfc(name) == name ? composed : decomposed);
        if (name.find('\n') != std::string::npos) ++broken;
        longest = std::max(longest, length(name));
        if (!record.leaves.contains("note")) ++absent;
    });
    EXPECT_GT(composed, 10'000u);
    EXPECT_GT(decomposed, 300u);
    EXPECT_GT(broken, 100u);
    EXPECT_GE(longest, 900u);
    EXPECT_GT(absent, 3'000u);
}

TEST_F(LargeSlice, PersonalNumbersAreOfRangesThatWereNeverIssued) {
    each_record(folder_.path, "dossier", [](const ReadRecord& record) {
        const std::string kind = record.one("applicant/identity-kind");
        const std::string identity = record.one("applicant/identity");
        if (kind == "cccd") {
            ASSERT_EQ(identity.size(), 12u);
            ASSERT_TRUE(identity.starts_with("0028") || identity.starts_with("0029"));
        } else if (kind == "cmnd") {
            ASSERT_EQ(identity.size(), 9u);
            ASSERT_TRUE(identity.starts_with("39"));
        } else if (kind == "tax") {
            ASSERT_TRUE(identity.size() == 10 || identity.size() == 14);
            ASSERT_TRUE(identity.starts_with("5199"));
        } else {
            ASSERT_TRUE(identity.empty());
        }
    });
}

}  // namespace
}  // namespace dvcsync::year
