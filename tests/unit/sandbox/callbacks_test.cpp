// The portal calls a province back that is played by a small server in the test.
#include "tests/sandbox/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <thread>

#include "tests/sandbox/admin.h"
#include "tests/sandbox/http_server.h"
#include "tests/unit/sandbox/spoiled.h"

namespace dvcsandbox::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// Answers each callback, and remembers how often each body came.
class Province {
  public:
    using Answering = std::function<Reply(int times)>;  // this body has come so often, from 1

    explicit Province(Answering answering, const TlsContext* tls = nullptr)
        : answering_(std::move(answering)),
          server_({.max_body = 4U << 20U}, tls,
                  [this](Request& request) { return answer(request); }) {
        std::string error;
        EXPECT_TRUE(server_.bind(error)) << error;
        server_.start();
    }

    std::string url(const std::string& scheme = "http") const {
        return scheme + "://127.0.0.1:" + std::to_string(server_.port());
    }
    std::vector<std::string> bodies() const {  // in the order of their first coming
        const std::lock_guard lock(mutex_);
        return bodies_;
    }
    int most() const {
        const std::lock_guard lock(mutex_);
        int most = 0;
        for (const auto& [body, times] : times_)
            most = std::max(most, times);
        return most;
    }
    std::string path() const {
        const std::lock_guard lock(mutex_);
        return path_;
    }

    static Reply acknowledge(int times) {
        return {.body = times == 1 ? R"({"error_code":0,"message":"x| Tiếp nhận thành công"})"
                                   : R"({"error_code":"1","message":"x| Hồ sơ đã tồn tại"})"};
    }

  private:
    Reply answer(const Request& request) {
        int times = 0;
        {
            const std::lock_guard lock(mutex_);
            path_ = request.path;
            times = ++times_[request.body];
            if (times == 1) bodies_.push_back(request.body);
        }
        return answering_(times);
    }

    const Answering answering_;
    mutable std::mutex mutex_;
    std::string path_;
    std::vector<std::string> bodies_;
    std::map<std::string, int> times_;
    HttpServer server_;
};

class CallingBack : public ::testing::Test {
  protected:
    void begin(const std::string& url, const std::string& faults = "") {
        std::string error;
        injector_.use(*parse_plan(faults, "", 1, error));
        callbacks_ = std::make_unique<Callbacks>(
            CallbackSettings{.target = {.url = url}, .first_pause = milliseconds(10)}, store_,
            injector_, [this](const std::string& code, std::size_t deed, bool as_new) {
                store_.acknowledged(code, deed, as_new);
            });
        store_.on_callback([this](const auto& code, auto deed) { callbacks_->send(code, deed); });
    }
    void file(const std::string& code, std::size_t deeds = 1, bool ahead = false) {
        Submission made = good_submission(code, deeds);
        for (std::size_t i = 0; i < deeds; ++i) {
            made.deeds[i].road = Road::Callback;
            made.deeds[i].callback = "nhanhsdvcqg";
            made.deeds[i].body = made.deeds[i].document;
        }
        EXPECT_TRUE(store_.file(std::move(made), ahead));
    }
    // Until nothing is waiting, ten seconds at most.
    void settle() {
        for (int i = 0; i < 1000 && callbacks_->waiting() > 0; ++i)
            std::this_thread::sleep_for(milliseconds(10));
        EXPECT_EQ(callbacks_->waiting(), 0U);
    }
    std::size_t event(const std::string& name) { return store_.figures().counts[name]; }

    SubmissionStore store_;
    Injector injector_;
    std::unique_ptr<Callbacks> callbacks_;
};

TEST_F(CallingBack, EveryDeedComesInOrderAndOnce) {
    Province province(Province::acknowledge);
    begin(province.url());
    for (int i = 0; i < 20; ++i)
        file("C-" + std::to_string(i), 2);
    settle();
    EXPECT_EQ(province.bodies().size(), 40U);
    EXPECT_EQ(province.most(), 1);
    EXPECT_EQ(province.path(), "/XrdAdapter/RestService/forward/nhanhsdvcqg");
    EXPECT_EQ(store_.figures().reached, 20U);
    EXPECT_EQ(event("callbacks_answered_0"), 40U);
    callbacks_.reset();
}

TEST_F(CallingBack, ASupplementWaitsForTheFilingUnlessItComesEarly) {
    Province province(Province::acknowledge);
    begin(province.url());
    file("C-1", 2);
    settle();
    EXPECT_THAT(province.bodies().at(0), HasSubstr("\"n\":0"));
    EXPECT_THAT(province.bodies().at(1), HasSubstr("\"n\":1"));
    callbacks_.reset();
    Province other(Province::acknowledge);
    begin(other.url());
    file("C-2", 2, true);
    settle();
    EXPECT_EQ(other.bodies().size(), 2U);
    callbacks_.reset();
}

TEST_F(CallingBack, WhatIsNotAcknowledgedComesAgain) {
    Province province([](int times) -> Reply {
        if (times == 1) return {.status = 503, .body = "later"};
        if (times == 2) return {.body = R"({"error_code":-1,"message":"no"})"};
        if (times == 3) return {.body = "not json"};
        if (times == 4) return {.manner = Manner::Close};
        return {.body = R"({"error_code":0,"message":""})"};
    });
    begin(province.url());
    file("C-1");
    settle();
    EXPECT_EQ(province.most(), 5);
    EXPECT_EQ(event("callbacks_http_503"), 1U);
    EXPECT_EQ(event("callbacks_answered_-1"), 1U);
    EXPECT_EQ(event("callbacks_http_200"), 1U);
    EXPECT_EQ(event("callbacks_without_answer"), 1U);
    EXPECT_EQ(event("callbacks_answered_0"), 1U);
    callbacks_.reset();
}

TEST_F(CallingBack, DuplicatesComeAfterOneAnotherAndAtOnce) {
    Province province(Province::acknowledge);
    begin(province.url(), "citizen-callback-twice=1,citizen-callback-at-once=1");
    file("C-1");
    settle();
    EXPECT_EQ(province.most(), 3);
    EXPECT_EQ(event("callbacks_answered_1"), 2U);
    EXPECT_EQ(store_.figures().taken_twice, 0U);
    callbacks_.reset();
}

TEST_F(CallingBack, TwoAnswersThatItIsNewAreTold) {
    Province province([](int) -> Reply { return {.body = R"({"error_code":0,"message":""})"}; });
    begin(province.url(), "citizen-callback-twice=1");
    file("C-1");
    settle();
    EXPECT_EQ(store_.figures().taken_twice, 1U);
    callbacks_.reset();
}

TEST_F(CallingBack, MutualTlsIsSpoken) {
    std::signal(SIGPIPE, SIG_IGN);  // as the program does: OpenSSL writes without MSG_NOSIGNAL
    const auto& made = certificates();
    const TlsContext tls(made.path("server.pem"), made.path("server.key"), made.path("ca.pem"));
    Province province(Province::acknowledge, &tls);
    const HttpClient good({.url = province.url("https"),
                           .ca = made.path("ca.pem"),
                           .certificate = made.path("client.pem"),
                           .key = made.path("client.key")});
    EXPECT_EQ(good.post("/x", "{}", milliseconds(5000)).status, 200);
    const HttpClient stranger({.url = province.url("https"), .ca = made.path("other-ca.pem")});
    EXPECT_EQ(stranger.post("/x", "{}", milliseconds(5000)).status, 0);
    const HttpClient nameless({.url = province.url("https"), .ca = made.path("ca.pem")});
    EXPECT_EQ(nameless.post("/x", "{}", milliseconds(5000)).status, 0);
}

TEST(HttpClients, RefuseAnAddressThatIsNone) {
    EXPECT_THROW(HttpClient({.url = "ftp://x:1"}), std::runtime_error);
    EXPECT_THROW(HttpClient({.url = "http://x:1/path"}), std::runtime_error);
    EXPECT_EQ(HttpClient({.url = "http://127.0.0.1:1"}).post("/", "", milliseconds(500)).status, 0);
}

TEST(Hostile, EveryKindEndsWithAnAnswerInBoundedTime) {
    Province province(Province::acknowledge);
    const HttpClient client({.url = province.url()});
    const auto ask = [&](std::string_view kind) {
        return hostile(client,
                       {.prefix = "/p/", .limit = std::chrono::seconds(1), .huge = 64U << 20U},
                       kind)
            .value_or("");
    };
    for (const std::string_view kind : {"deep", "badutf8", "dupkeys", "bomb"})
        EXPECT_THAT(ask(kind), HasSubstr("\"status\":200")) << kind;
    EXPECT_THAT(ask("huge"), HasSubstr("\"status\":413"));
    EXPECT_THAT(ask("slow"), HasSubstr("still read when the time was over"));
    EXPECT_THAT(ask("pipelined"), HasSubstr("\"answers\":50"));
    EXPECT_EQ(ask("kind"), "");
}

// The real program from the outside: files, callbacks and the list at once, and a restart.
TEST(CitizenProgram, FilesCallsBackServesFilesAndRemembers) {
    Province province(Province::acknowledge);
    const auto journal = certificates().folder / "citizen-journal";
    std::filesystem::remove(journal);
    const std::vector<std::string> options{
        "--plain",
        "--callback-url",
        province.url(),
        "--journal",
        journal,
        "--citizen",
        "count=6&roads=both&base64=0&supplements=0&withdrawals=0"};
    std::string error;
    std::string file_id;
    {
        Program program(options);
        ASSERT_NE(program.port, 0);
        for (int i = 0; i < 200 && province.bodies().size() < 6; ++i)
            std::this_thread::sleep_for(milliseconds(20));
        EXPECT_EQ(province.bodies().size(), 6U);
        const auto settled = [&] {
            return fetch(program.admin, "/health", error)
                .value_or("")
                .ends_with(R"("callbacks_waiting":0})");
        };
        for (int i = 0; i < 200 && !settled(); ++i)
            std::this_thread::sleep_for(milliseconds(20));
        const auto more = fetch(program.admin, "/citizen?count=3&seed=2", error, "POST");
        ASSERT_TRUE(more) << error;
        EXPECT_THAT(*more, HasSubstr(R"("filed":3,"known":0)"));
        const auto all = fetch(program.admin, "/submissions", error).value_or("");
        const auto code = all.substr(all.find("G22.99"), 24);
        const auto one = fetch(program.admin, "/submission?code=" + code, error).value_or("");
        const auto at = one.find(R"("id":")");
        ASSERT_NE(at, one.npos) << one;
        file_id = one.substr(at + 6, one.find('"', at + 6) - at - 6);
        Connection connection(program.port);
        connection.write("GET /files/" + file_id + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_THAT(connection.read(), HasSubstr("HTTP/1.1 200 OK"));
        EXPECT_THAT(fetch(program.admin, "/report?year=2019", error).value_or(""),
                    HasSubstr(R"("submissions":{"filed":9,)"));
    }
    Program again({"--plain", "--journal", journal});
    const auto report = fetch(again.admin, "/report?year=2019", error).value_or("");
    EXPECT_THAT(report, HasSubstr(R"("submissions":{"filed":9,)"));
    EXPECT_THAT(report, HasSubstr(R"("reached_the_province":6,)"));
}

}  // namespace
}  // namespace dvcsandbox::testing
