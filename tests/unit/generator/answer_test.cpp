// The province's side of submissions: the list for the citizens, what is taken, what is answered.
#include "tests/province/answer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "connector/base/crypto.h"
#include "tests/province/submissions.h"
#include "tests/unit/generator/exported.h"

namespace dvcsync::year {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t part = 3'000;  // dossiers of the year; 16 of them are born on the portal

std::string content(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

Options on_portal() {
    Options options = slice(part);
    options.portal = true;
    return options;
}

class Answers : public testing::Test {
  protected:
    Answers() {
        for (const char* folder : {"inbox/new", "inbox/taken", "drop/in", "drop/done"})
            fs::create_directories(folder_.path / folder);
    }

    std::vector<std::string> listed(Day until = year_end, std::optional<Day> since = {}) {
        SubmissionOptions options;
        options.out = folder_.path / "list.csv";
        options.dossiers = part;
        options.until = until;
        options.since = since;
        const auto count = write_submissions(test_world(), options);
        EXPECT_TRUE(count) << count.error().message;
        std::ifstream in(options.out);
        std::vector<std::string> lines;
        std::string line;
        std::getline(in, line);
        EXPECT_EQ(line, "code,procedure,agency,filed");
        while (std::getline(in, line))
            lines.push_back(line);
        EXPECT_EQ(lines.size(), count.value_or(0));
        return lines;
    }
    // A submission as the connector puts it, with one file.
    fs::path put(const std::string& code, int revision = 1, const std::string& kind = "filing") {
        const fs::path place =
            folder_.path / "inbox/new" / (code + "-r" + std::to_string(revision));
        fs::create_directories(place / "files");
        std::ofstream(place / "files/01-don.pdf") << "%PDF-1.4";
        std::ofstream(place / "submission.xml")
            << "<province-submission version=\"1\" province=\"H22\"><submission><portal-code>"
            << code << "</portal-code><revision>" << revision << "</revision><kind>" << kind
            << "</kind><arrived>02/03/2026 08:00:00</arrived><filed>01/03/2019 0" << revision
            << ":00:00</filed><procedure>1.005129</procedure><agency>000.00.01.H22</agency>"
               "<applicant><account>a-1</account></applicant><components><component><files><file>"
               "<name>files/01-don.pdf</name><size>8</size><sha256>"
            << hex(sha256("%PDF-1.4"))
            << "</sha256></file><file><name/><note>left out</note></file></files></component>"
               "</components><files/></submission></province-submission>";
        return place;
    }
    Result<AnswerSummary> answered(double refuse = 0, double supplement = 0, Day until = year_end) {
        AnswerOptions options;
        options.inbox = folder_.path / "inbox";
        options.drop = folder_.path / "drop";
        options.dossiers = part;
        options.until = until;
        options.refuse = refuse;
        options.supplement = supplement;
        return answer(test_world(), options);
    }
    AnswerSummary told(double refuse = 0, double supplement = 0, Day until = year_end) {
        const auto summary = answered(refuse, supplement, until);
        EXPECT_TRUE(summary) << summary.error().message;
        return summary.value_or(AnswerSummary{});
    }
    // The answers of the file that was written last, by code.
    std::map<std::string, ReadRecord> answers() {
        std::map<std::string, ReadRecord> found;
        each_record(folder_.path / "drop/in", "answer",
                    [&](const ReadRecord& record) { found[record.one("portal-code")] = record; });
        return found;
    }

    TempFolder folder_;
};

TEST_F(Answers, TheListHoldsThoseOfTheExportOnceEachAndCutsByTheDayOfFiling) {
    const auto all = listed();
    EXPECT_EQ(all.size(), 16u);
    const Day middle = day_of(2019, 6, 30);
    const auto first = listed(middle), second = listed(year_end, middle);
    EXPECT_EQ(first.size() + second.size(), all.size());
    EXPECT_FALSE(first.empty());
    std::set<std::string> codes, exported;
    for (const auto& line : all)
        codes.insert(line.substr(0, line.find(',')));
    EXPECT_EQ(codes.size(), all.size());
    const TempFolder out;
    generated(out.path, on_portal());
    each_record(out.path, "dossier", [&](const ReadRecord& record) {
        if (record.leaves.contains("portal-code")) {
            exported.insert(record.one("portal-code"));
            EXPECT_EQ(record.one("filed-at"), "portal");
            EXPECT_EQ(record.one("channel"), "online");
        }
    });
    EXPECT_EQ(exported, codes);
}

TEST_F(Answers, ASubmissionOfTheYearGetsTheCodeAndTheLifeOfItsDossier) {
    const TempFolder out;
    generated(out.path, on_portal());
    for (const auto& line : listed())
        put(line.substr(0, line.find(',')));
    const AnswerSummary summary = told();
    EXPECT_EQ(summary.submissions, 16u);
    EXPECT_EQ(summary.answered, 16u);
    EXPECT_EQ(summary.files, 16u);
    const auto found = answers();
    std::size_t seen = 0;
    each_record(out.path, "dossier", [&](const ReadRecord& record) {
        if (!record.leaves.contains("portal-code")) return;
        ++seen;
        const ReadRecord& told = found.at(record.one("portal-code"));
        EXPECT_EQ(told.one("code"), record.one("code"));
        EXPECT_EQ(told.all("events/event/status").front(), "accepted");
        EXPECT_EQ(told.all("events/event/status").back(), record.one("status"));
        EXPECT_EQ(told.all("events/event/files/file/url").size(), 1u) << "one result, once";
    });
    EXPECT_EQ(seen, 16u);
}

TEST_F(Answers, ALaterAnswerOnlyAppendsAndTheSameAgainTellsTheSame) {
    for (const auto& line : listed())
        put(line.substr(0, line.find(',')));
    const AnswerSummary half = told(0, 0, day_of(2019, 6, 30));
    const auto before = answers();
    fs::rename(folder_.path / "drop/in" / half.file, folder_.path / "drop/done" / half.file);
    const AnswerSummary whole = told();
    EXPECT_GT(whole.events, half.events);
    EXPECT_GT(whole.answered, half.answered);
    const auto after = answers();
    for (const auto& [code, record] : before) {
        const auto& first = record.all("events/event/at");
        const auto& second = after.at(code).all("events/event/at");
        ASSERT_LE(first.size(), second.size());
        EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin()));
    }
    const std::string told_once = content(folder_.path / "drop/in" / whole.file);
    const AnswerSummary again = told();
    EXPECT_EQ(again.file, "answers-2019-12-31-002.xml");
    const std::string told_twice = content(folder_.path / "drop/in" / again.file);
    const auto records = [](const std::string& text) { return text.substr(text.find("<answer>")); };
    EXPECT_EQ(records(told_twice), records(told_once));
    EXPECT_NE(told_twice, told_once) << "the later file says that it was made later";
}

TEST_F(Answers, StrangersAreAcceptedRefusedOrAskedForMore) {
    put("A-1");
    told(0, 0);
    EXPECT_EQ(answers().at("A-1").one("events/event/status"), "accepted");
    EXPECT_EQ(answers().at("A-1").one("account"), "a-1");
    EXPECT_FALSE(answers().at("A-1").one("code").empty());
    told(1, 0);
    EXPECT_EQ(answers().at("A-1").one("events/event/status"), "refused");
    EXPECT_EQ(answers().at("A-1").one("code"), "") << "what is refused gets no number";
    told(0, 1);
    EXPECT_EQ(answers().at("A-1").one("events/event/status"), "supplement");
    put("A-1", 2, "supplement");
    EXPECT_EQ(told(0, 1).revisions, 2u);
    EXPECT_THAT(answers().at("A-1").all("events/event/status"),
                ElementsAre("supplement", "accepted"));
    put("A-1", 3, "withdrawal");
    told(0, 1);
    EXPECT_THAT(answers().at("A-1").all("events/event/status"),
                ElementsAre("supplement", "accepted", "withdrawn"));
    EXPECT_THAT(answers().at("A-1").all("events/event/id"), ElementsAre("1", "2", "3"));
}

TEST_F(Answers, ANoticeIsTakenAndNotAnswered) {
    put("notice-0123456789abcdef", 1, "notice");
    const AnswerSummary summary = told();
    EXPECT_EQ(summary.submissions, 1u);
    EXPECT_EQ(summary.answered, 0u);
    EXPECT_TRUE(summary.file.empty());
    EXPECT_TRUE(fs::is_empty(folder_.path / "drop/in"));
}

TEST_F(Answers, WhatIsNotAsItsXmlSaysIsRefusedAndStays) {
    const auto refused = [&](const fs::path& place, const char* why) {
        const auto done = answered();
        ASSERT_FALSE(done) << why;
        EXPECT_THAT(done.error().message, HasSubstr(why));
        EXPECT_THAT(done.error().message, HasSubstr(place.filename().string()));
        EXPECT_TRUE(fs::exists(place));
        fs::remove_all(place);
    };
    fs::path place = put("A-1");
    std::ofstream(place / "files/01-don.pdf") << "%PDF-1.5";
    refused(place, "SHA-256");
    place = put("A-2");
    std::ofstream(place / "files/01-don.pdf") << "%PDF-1.4\n";
    refused(place, "size");
    place = put("A-3");
    fs::remove(place / "files/01-don.pdf");
    refused(place, "missing");
    place = put("A-4");
    std::ofstream(place / "files/02.pdf") << "x";
    refused(place, "does not name");
    place = put("A-5");
    fs::remove(place / "submission.xml");
    refused(place, "submission.xml");
    place = put("A-6", 2);
    EXPECT_THAT(answered().error().message, HasSubstr("A-6: its revisions are not 1 to 1"));
}

TEST_F(Answers, TwiceTheSameIsAnError) {
    put("A-1");
    told();
    const fs::path place = put("A-1");
    const auto done = answered();
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("was taken already"));
    EXPECT_TRUE(fs::exists(place));
}

}  // namespace
}  // namespace dvcsync::year
