// Entries of the trail, and the page that publishes them.
#include "connector/audit/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "connector/audit/canonical.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

using testing::HasSubstr;
using testing::Not;

const UtcTime noon{Millis{1'551'416'400'123}};  // 2019-03-01T05:00:00.123Z

// Everything that can stand in one.
Event full(const std::string& text) {
    Event event;
    event.event = "delivery";
    event.run = 17;
    event.actor = event.code = event.kind = event.agency = event.procedure = text;
    event.operation = event.outcome = "delivered";
    event.portal_code = text;
    event.exchange = 3;
    event.document = event.record = event.sent = event.received = event.set = sha256("x");
    event.status = 200;
    event.endpoint = event.reason = event.selection = text;
    event.items = event.count = event.revision = 2;
    event.event_time = event.queued = event.acknowledged = event.began = event.ended = noon;
    return event;
}

std::vector<std::string> lines_of_page() {
    std::ifstream in(std::string(DVC_SOURCE_DIR) + "/connector/audit/events.md");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

std::set<std::string> members_of(const std::string& entry) {
    std::set<std::string> names;
    const auto parsed = parse_canonical(entry);
    EXPECT_TRUE(parsed) << parsed.error().message << "\n" << entry;
    if (!parsed) return names;
    for (const auto& [name, value] : std::get<Json::Object>(parsed->value))
        names.insert(name);
    return names;
}

TEST(Entry, IsCanonicalWithEveryMember) {
    const std::string entry = entry_of(full("abc"), 41, noon);
    EXPECT_EQ(members_of(entry).size(), 31U);
    EXPECT_THAT(entry, HasSubstr(R"("at":"2019-03-01T05:00:00.123Z")"));
    EXPECT_THAT(entry, HasSubstr(R"("local":"2019-03-01T12:00:00.123+07:00")"));
    EXPECT_THAT(entry, HasSubstr(R"("sequence":41)"));
}

TEST(Entry, LeavesOutWhatHasNoValue) {
    Event event;
    event.event = "run.began";
    EXPECT_EQ(entry_of(event, 0, UtcTime{}),
              R"({"at":"1970-01-01T00:00:00.000Z","event":"run.began",)"
              R"("local":"1970-01-01T07:00:00.000+07:00","sequence":0})");
}

TEST(Entry, IsCanonicalAndBoundedWhateverTheTextsHold) {
    const std::string texts[] = {"\"quoted\\",
                                 "đổi tên \xE2\x82\xAC",
                                 "\x01\x1f\x7f\n\t",
                                 "\xff\xfe broken",
                                 std::string(1 << 20, '"'),
                                 std::string(1, '\0'),
                                 "\xF0\x9F\x98\x80\xEF\xBF\xBF",
                                 std::string(1 << 16, '\x01')};
    for (const std::string& text : texts) {
        const std::string entry = entry_of(full(text), 1, noon);
        EXPECT_LE(entry.size(), limits::max_entry);
        EXPECT_TRUE(check_canonical(entry)) << entry.substr(0, 400);
    }
}

TEST(Entry, WordsOfThePortalNeverPassForACode) {
    Event event;
    event.event = "delivery";
    for (const char* words : {"Nguyen Van A", "0912345678901", "sai mã", "a\"b"}) {
        event.portal_code = words;
        const std::string entry = entry_of(event, 1, noon);
        EXPECT_THAT(entry, HasSubstr(R"("portal_code":"other")"));
        EXPECT_THAT(entry, Not(HasSubstr(words)));
    }
    event.portal_code = "ERR_1.2-x";
    EXPECT_THAT(entry_of(event, 1, noon), HasSubstr(R"("portal_code":"ERR_1.2-x")"));
}

TEST(EventsPage, NamesEveryEventWithAnExampleAndNoOther) {
    std::set<std::string> shown;
    std::set<std::string> members = members_of(entry_of(full("abc"), 41, noon));
    for (const std::string& line : lines_of_page()) {
        if (line.empty() || line.front() != '{') continue;
        const auto entry = parse_canonical(line);
        ASSERT_TRUE(entry) << line;
        shown.insert(*entry->find("event")->text());
        for (const std::string& member : members_of(line))
            EXPECT_TRUE(members.contains(member)) << member;
        EXPECT_THAT(members_of(line), testing::IsSupersetOf({"at", "event", "local", "sequence"}));
    }
    std::set<std::string> expected{person_event("retry")};
    expected.insert(event_names().begin(), event_names().end());
    EXPECT_EQ(shown, expected);
}

TEST(EventsPage, ExplainsEveryMember) {
    std::string page;
    for (const std::string& line : lines_of_page())
        page += line + "\n";
    for (const std::string& member : members_of(entry_of(full("abc"), 41, noon)))
        EXPECT_THAT(page, HasSubstr("`" + member + "`"));
    EXPECT_EQ(person_event("resync start"), "person.resync-start");
    EXPECT_THAT(page, HasSubstr("person.resync-start"));
}

}  // namespace
}  // namespace dvcsync::audit
