// Files of submissions, from a real server into a real folder.
#include "connector/sync/gather.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connector/base/limits.h"
#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/files/web_server.h"

namespace dvcsync::sync {
namespace {

using files::test::Visit;
using files::test::WebServer;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class Gather : public testing::Test {
  protected:
    Gather() {
        settings_.staging = folder_.path();
        settings_.fetch.hosts = {"127.0.0.1"};
        settings_.fetch.private_addresses = true;
        settings_.fetch.plain_http = true;
        settings_.fetch.silence = std::chrono::milliseconds(300);
        settings_.max_file = 1u << 20;
        settings_.max_submission = 2u << 20;
    }
    Gathered gather(const std::vector<std::string>& urls, bool in_time,
                    ledger::Without without = ledger::Without::Nothing) {
        mapping::National document;
        for (const auto& url : urls) {
            mapping::NationalFile file;
            file.name = "don.txt";
            file.url = url;
            document.files.push_back(file);
        }
        return gathering_of(settings_, stop_).gather("key", document, without, [in_time] {
            return in_time;
        });
    }

    test::TemporaryFolder folder_;
    GatherSettings settings_;
    std::atomic<bool> stop_{false};
};

std::vector<std::string> urls_of(const WebServer& server, int count) {
    std::vector<std::string> urls;
    for (int i = 0; i < count; ++i)
        urls.push_back(server.url(fmt::format("/{}", i)));
    return urls;
}

TEST_F(Gather, EachTryBringsOneFileMoreWhenTheTimeIsOver) {
    WebServer server([](Visit& visit) { visit.send(files::test::answer("a file\n")); });
    const auto urls = urls_of(server, 3);
    for (int visits = 1; visits < 3; ++visits) {
        const auto gathered = gather(urls, false);
        EXPECT_TRUE(gathered.cut);
        EXPECT_EQ(gathered.waits + gathered.holds, "") << "it is no failure";
        EXPECT_EQ(server.visits(), visits);
    }
    const auto whole = gather(urls, false);
    EXPECT_FALSE(whole.cut);
    EXPECT_THAT(whole.contents, SizeIs(3));
    EXPECT_EQ(whole.files[2].name.substr(0, 8), "files/03") << "in the document's order";
    EXPECT_EQ(server.visits(), 3);
}

TEST_F(Gather, InTimeAllComeAtOneTry) {
    WebServer server([](Visit& visit) { visit.send(files::test::answer("a file\n")); });
    EXPECT_THAT(gather(urls_of(server, 3), true).contents, SizeIs(3));
}

TEST_F(Gather, OneThatNeverComesDoesNotKeepTheOthersAwayForEver) {
    WebServer server([](Visit& visit) {
        if (visit.request.starts_with("GET /0 ")) return visit.linger(10);
        visit.send(files::test::answer("a file\n"));
    });
    const auto urls = urls_of(server, 3);
    // By chance another one is the first each time: that the silent one is it 60 times is nothing
    // that happens.
    Gathered gathered;
    for (int tries = 0; tries < 60; ++tries) {
        gathered = gather(urls, false, ledger::Without::Missing);
        if (!gathered.cut) break;
    }
    EXPECT_FALSE(gathered.cut);
    EXPECT_THAT(gathered.contents, SizeIs(2));
    EXPECT_THAT(gathered.files[0].note, HasSubstr("left out by a person"));
}

// File 1 is a program, file 2 is not there now, file 3 is well.
void one_of_each(Visit& visit) {
    if (visit.request.starts_with("GET /0 ")) return (void)visit.send(files::test::answer("#!/x"));
    if (visit.request.starts_with("GET /1 ")) return (void)visit.send(files::test::answer("", 404));
    visit.send(files::test::answer("a file\n"));
}

TEST_F(Gather, WhatBreaksARuleAndWhatHasNotComeAreToldApart) {
    WebServer server(one_of_each);
    const auto gathered = gather(urls_of(server, 3), true);
    EXPECT_THAT(gathered.holds, StartsWith("file 1: it is a program"));
    EXPECT_EQ(gathered.waits, "file 2: 127.0.0.1: there is no file behind the link now (HTTP 404)");
}

TEST_F(Gather, AHeldOneThatIsReleasedWaitsForWhatMayStillCome) {
    WebServer server(one_of_each);
    const auto held = gather(urls_of(server, 3), true, ledger::Without::Forbidden);
    EXPECT_EQ(held.holds, "");
    EXPECT_THAT(held.waits, StartsWith("file 2: "));
    const auto gone = gather(urls_of(server, 3), true, ledger::Without::Missing);
    EXPECT_EQ(gone.holds + gone.waits, "");
    EXPECT_THAT(gone.contents, SizeIs(1));
    EXPECT_THAT(gone.files[0].note, StartsWith("left out by a person's decision: it is a program"));
    // Neither the file's number again, for the XML has it, nor a promise that nobody will keep.
    EXPECT_EQ(gone.files[1].note,
              "left out by a person's decision: 127.0.0.1: there is no file behind the link now "
              "(HTTP 404)");
}

TEST_F(Gather, NobodyNeedsToDoWithoutFilesBecauseTheScannerIsAway) {
    WebServer server([](Visit& visit) { visit.send(files::test::answer("a file\n")); });
    settings_.scanner = folder_.path() / "no-clamd";
    const auto gathered = gather(urls_of(server, 2), true, ledger::Without::Missing);
    EXPECT_THAT(gathered.waits, HasSubstr("virus scanner"));
}

TEST_F(Gather, FilesThatTheReasonHasNoRoomForAreCounted) {
    WebServer server([](Visit& visit) { visit.send(files::test::answer("", 404)); });
    const auto gathered = gather(urls_of(server, 60), true);
    EXPECT_LT(gathered.waits.size(), limits::max_message / 2);
    EXPECT_THAT(gathered.waits, testing::ContainsRegex("; and [0-9]+ more$"));
}

TEST_F(Gather, AStopIsNoFailureOfAFile) {
    WebServer server([this](Visit& visit) {
        stop_ = true;
        visit.linger(10);
    });
    settings_.fetch.silence = std::chrono::seconds(10);
    const auto gathered = gather(urls_of(server, 2), true);
    EXPECT_TRUE(gathered.cut);
    EXPECT_EQ(gathered.waits + gathered.holds, "");
}

TEST_F(Gather, AllFilesTogetherAreCapped) {
    WebServer server([](Visit& visit) { visit.send(files::test::answer(std::string(700, 'x'))); });
    settings_.max_submission = 2'000;
    const auto gathered = gather(urls_of(server, 3), true);
    EXPECT_THAT(gathered.holds, HasSubstr("larger than"));
}

}  // namespace
}  // namespace dvcsync::sync
