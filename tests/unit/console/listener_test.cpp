#include "connector/console/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "connector/base/crypto.h"
#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/console/wire.h"

namespace dvcsync::console {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::answer_in;
using test::call;
using test::Caller;
using test::post;

// Says what it got: method, path, size and digest of the body.
Reply echo(const Request& request) {
    return {200,
            "text/plain",
            fmt::format("{} {} {} {}", request.method, request.path, request.body.size(),
                        hex(sha256(request.body))),
            {},
            {}};
}
std::string echoed(std::string_view method, std::string_view path, std::string_view body) {
    return echo({std::string(method), std::string(path), std::string(body)}).body;
}

std::unique_ptr<Listener> listen(Handler handler, ListenerSettings settings = {}) {
    auto listener = Listener::open(settings, std::move(handler));
    EXPECT_TRUE(listener) << (listener ? "" : listener.error().message);
    return listener ? *std::move(listener) : nullptr;
}

// Holds handlers back until it is opened.
class Barrier {
  public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait_for(lock, 20s, [this] { return open_; });
    }
    bool reached_by(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [&] { return waiting_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int waiting_ = 0;
};

TEST(Listener, HandsOverMethodPathAndBodyAndBringsTheReply) {
    const auto listener = listen(echo);
    auto answer = call(listener->port(), post("/a/b", "hello"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, echoed("POST", "/a/b", "hello"));
    EXPECT_NE(answer.headers.find("Connection: close\r\n"), std::string::npos);
    EXPECT_NE(answer.headers.find("Content-Type: text/plain\r\n"), std::string::npos);
    answer = call(listener->port(), "GET /c?secret=1 HTTP/1.0\r\n\r\n");
    EXPECT_EQ(answer.body, echoed("GET", "/c", ""));
    EXPECT_EQ(listener->counts().connections, 2u);
    EXPECT_EQ(listener->counts().refused, 0u);
}

TEST(Listener, AnswersHealthByItself) {
    const auto listener = listen([](const Request&) -> Reply { throw std::logic_error("no"); });
    const auto answer = call(listener->port(), "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "ok\n");
}

TEST(Listener, BringsStatusHeadersAndAnEmptyBody) {
    const auto listener = listen([](const Request& request) -> Reply {
        if (request.path == "/forged") return {200, "", "", {}, {{"A", "b\r\nc: d"}}};
        return {503, "", "", {}, {{"Retry-After", "17"}}};
    });
    auto answer = call(listener->port(), post("/", ""));
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.headers.find("Retry-After: 17\r\n"), std::string::npos);
    EXPECT_NE(answer.headers.find("Content-Length: 0\r\n"), std::string::npos);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(call(listener->port(), post("/forged", "")).status, 500);
}

TEST(Listener, AnExceptionOfTheHandlerIsA500AndNothingMore) {
    const auto listener = listen([](const Request& request) -> Reply {
        if (request.path == "/odd") throw 7;
        throw std::runtime_error("the secret inside");
    });
    for (const char* path : {"/", "/odd"}) {
        const auto answer = call(listener->port(), post(path, "x"));
        EXPECT_EQ(answer.status, 500);
        EXPECT_EQ(answer.body, "internal fault\n");
    }
}

TEST(Listener, PathsAreDecodedOnceAndNeverResolved) {
    const auto listener = listen(echo);
    const auto path_of = [&](std::string_view path) {
        return call(listener->port(), post(path, "")).body;
    };
    EXPECT_EQ(path_of("/a/..%2f..%2Fetc/passwd"), echoed("POST", "/a/../../etc/passwd", ""));
    EXPECT_EQ(path_of("/a/../b"), echoed("POST", "/a/../b", ""));
    EXPECT_EQ(path_of("/%252e%252e/"), echoed("POST", "/%2e%2e/", ""));
    EXPECT_EQ(path_of("/a%00b"), echoed("POST", std::string("/a\0b", 4), ""));
    EXPECT_EQ(path_of("/%E1%BA%BF"), echoed("POST", "/\xE1\xBA\xBF", ""));
}

TEST(Listener, BodiesPassAsTheyAre) {
    const auto listener = listen(echo);
    std::string bytes;
    for (int i = 0; i < 100'000; ++i)
        bytes += static_cast<char>(i % 251);
    EXPECT_EQ(call(listener->port(), post("/", bytes)).body, echoed("POST", "/", bytes));
    const std::string deep(1'000'000, '[');
    EXPECT_EQ(call(listener->port(), post("/", deep)).body, echoed("POST", "/", deep));
    const std::string large(32u << 20, 'x');
    EXPECT_EQ(call(listener->port(), post("/", large)).body, echoed("POST", "/", large));
}

TEST(Listener, ABodyAnnouncedTooLargeIsRefusedBeforeItComes) {
    const auto listener = listen(echo);
    Caller caller(listener->port());
    caller.say("POST / HTTP/1.1\r\nContent-Length: 2147483648\r\n\r\n");
    const auto began = steady_clock::now();
    EXPECT_EQ(answer_in(caller.hear_some(200)).status, 413);
    EXPECT_LT(steady_clock::now() - began, 2s);
}

TEST(Listener, WhoSendsOnAfterARefusalIsCutOff) {
    const auto listener = listen(echo);
    Caller caller(listener->port());
    caller.say("POST / HTTP/1.1\r\nContent-Length: 2147483648\r\n\r\n");
    const std::string megabyte(1u << 20, 'x');
    int taken = 0;
    while (taken < 2'048 && caller.say(megabyte))
        ++taken;
    EXPECT_LT(taken, 64);
}

TEST(Listener, ChunkedBodiesAreRefusedWithoutBeingRead) {
    const auto listener = listen(echo);
    for (const char* chunk :
         {"5\r\nhello\r\n0\r\n\r\n", "-2\r\nxx", "7ffffffe\r\n", "fffffffff\r\n"}) {
        const auto answer =
            call(listener->port(), std::string("POST / HTTP/1.1\r\nHost: x\r\n"
                                               "Transfer-Encoding: chunked\r\n\r\n") +
                                       chunk);
        EXPECT_EQ(answer.status, 411) << chunk;
    }
    EXPECT_EQ(call(listener->port(), post("/", "x")).status, 200);
}

TEST(Listener, EndlessHeadersAreRefused) {
    const auto listener = listen(echo);
    Caller caller(listener->port());
    caller.say("GET / HTTP/1.1\r\n");
    const std::string header = "X-Padding: " + std::string(1'000, 'x') + "\r\n";
    for (int i = 0; i < 17; ++i)
        caller.say(header);
    EXPECT_EQ(answer_in(caller.hear()).status, 431);
}

TEST(Listener, SlowHeadersAreCutByTheClock) {
    const auto listener = listen(echo, {.head_deadline = 300ms});
    Caller caller(listener->port());
    const auto began = steady_clock::now();
    for (const char byte : std::string_view("GET / HT")) {
        caller.say({&byte, 1});
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_EQ(answer_in(caller.hear()).status, 408);
    EXPECT_LT(steady_clock::now() - began, 5s);
    Caller silent(listener->port());
    EXPECT_EQ(silent.hear(), "");
}

TEST(Listener, SlowBodiesAreCutByTheClockHoweverTheyTrickle) {
    std::atomic<int> handled{0};
    const auto listener = listen(
        [&](const Request& request) {
            ++handled;
            return echo(request);
        },
        {.body_deadline = 400ms});
    Caller caller(listener->port());
    caller.say("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n");
    const auto began = steady_clock::now();
    for (int i = 0; i < 100 && caller.say("x") && steady_clock::now() - began < 600ms; ++i)
        std::this_thread::sleep_for(20ms);
    EXPECT_EQ(answer_in(caller.hear()).status, 408);
    EXPECT_LT(steady_clock::now() - began, 5s);
    EXPECT_EQ(handled, 0);
    EXPECT_EQ(listener->counts().refused, 1u);
}

TEST(Listener, ACallerThatLeavesInTheMiddleOfItsBodyReachesNobody) {
    std::atomic<int> handled{0};
    const auto listener = listen([&](const Request& request) {
        ++handled;
        return echo(request);
    });
    for (int i = 0; i < 20; ++i) {
        Caller caller(listener->port());
        caller.say("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nhalf");
    }
    EXPECT_EQ(call(listener->port(), post("/", "x")).status, 200);
    EXPECT_EQ(handled, 1);
}

TEST(Listener, OneRequestAConnectionEvenIfMoreWereSent) {
    const auto listener = listen(echo);
    Caller caller(listener->port());
    caller.say(post("/1", "a") + post("/2", "b") + post("/3", "c"));
    const std::string heard = caller.hear();
    EXPECT_EQ(answer_in(heard).body, echoed("POST", "/1", "a"));
    EXPECT_EQ(heard.find("/2"), std::string::npos);
}

TEST(Listener, AnswersExpectContinue) {
    const auto listener = listen(echo);
    Caller caller(listener->port());
    caller.say("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(caller.hear_some(25), "HTTP/1.1 100 Continue\r\n\r\n");
    caller.say("body");
    EXPECT_EQ(answer_in(caller.hear()).body, echoed("POST", "/", "body"));
}

TEST(Listener, ACallerThatHasNothingMoreToSayStillGetsItsAnswer) {
    const auto listener = listen(echo);
    Caller caller(listener->port());
    caller.say(post("/", "body"));
    caller.finish();
    EXPECT_EQ(answer_in(caller.hear()).status, 200);
}

TEST(Listener, FiftyAtOnceAreAllAnswered) {
    const auto listener = listen(echo);
    std::atomic<int> right{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 50; ++i)
        callers.emplace_back([&, i] {
            const std::string body(static_cast<std::size_t>(i) * 1'000, 'x');
            const std::string path = fmt::format("/{}", i);
            if (call(listener->port(), post(path, body)).body == echoed("POST", path, body))
                ++right;
        });
    for (auto& caller : callers)
        caller.join();
    EXPECT_EQ(right, 50);
}

TEST(Listener, SlowCallersDoNotHoldUpOthers) {
    const auto listener = listen(echo);
    std::vector<std::unique_ptr<Caller>> slow;
    for (int i = 0; i < 60; ++i) {
        slow.push_back(std::make_unique<Caller>(listener->port()));
        slow.back()->say("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n");
    }
    const auto began = steady_clock::now();
    EXPECT_EQ(call(listener->port(), post("/", "x")).status, 200);
    EXPECT_LT(steady_clock::now() - began, 2s);
}

TEST(Listener, WhatNoWorkerCanTakeIsToldToComeAgain) {
    Barrier barrier;
    const auto listener = listen(
        [&](const Request& request) {
            barrier.pass();
            return echo(request);
        },
        {.max_waiting = 1, .workers = 1});
    Caller first(listener->port());
    first.say(post("/1", ""));
    ASSERT_TRUE(barrier.reached_by(1));
    Caller second(listener->port());
    Caller third(listener->port());
    second.say(post("/2", ""));
    third.say(post("/3", ""));
    // One of them waits, the other is sent away at once.
    const auto until = steady_clock::now() + 10s;
    while (listener->counts().busy == 0 && steady_clock::now() < until)
        std::this_thread::sleep_for(5ms);
    EXPECT_EQ(listener->counts().busy, 1u);
    barrier.open();
    EXPECT_EQ(answer_in(first.hear()).status, 200);
    const auto a = answer_in(second.hear());
    const auto b = answer_in(third.hear());
    EXPECT_EQ(a.status + b.status, 200 + 503);
    EXPECT_NE((a.status == 503 ? a : b).headers.find("Retry-After: 10\r\n"), std::string::npos);
}

TEST(Listener, BodiesTogetherHaveALimitToo) {
    const auto listener = listen(echo, {.max_bodies = 1'500});
    {
        Caller first(listener->port());
        first.say("POST / HTTP/1.1\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
        EXPECT_FALSE(first.hear_some(25).empty());
        EXPECT_EQ(call(listener->port(), post("/", std::string(600, 'x'))).status, 503);
        EXPECT_EQ(call(listener->port(), post("/", std::string(400, 'x'))).status, 200);
    }
    int status = 503;
    for (int i = 0; i < 200 && status == 503; ++i)
        status = call(listener->port(), post("/", std::string(600, 'x'))).status;
    EXPECT_EQ(status, 200);
}

TEST(Listener, ConnectionsBeyondTheLimitWaitTheirTurn) {
    const auto listener = listen(echo, {.max_connections = 2, .head_deadline = 500ms});
    Caller a(listener->port());
    Caller b(listener->port());
    Caller c(listener->port());
    c.say(post("/", "x"));
    // The two silent ones are cut off, then there is room.
    EXPECT_EQ(answer_in(c.hear()).status, 200);
}

TEST(Listener, AHandlerThatTakesTooLongIsAnsweredForAndDoesNotMindIt) {
    Barrier barrier;
    const auto listener = listen(
        [&](const Request& request) {
            barrier.pass();
            return echo(request);
        },
        {.answer_deadline = 200ms});
    const auto answer = call(listener->port(), post("/", "x"));
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.headers.find("Retry-After"), std::string::npos);
    barrier.open();
}

TEST(Listener, ATakenPortIsAConfigurationError) {
    const auto listener = listen(echo);
    const auto second = Listener::open({.port = listener->port()}, echo);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::Config);
    EXPECT_NE(second.error().message.find(std::to_string(listener->port())), std::string::npos);
}

TEST(Listener, ClosesWhileCallersAreInEveryPhase) {
    Barrier barrier;
    auto listener = listen(
        [&](const Request& request) {
            barrier.pass();
            return echo(request);
        },
        {.workers = 2});
    const int port = listener->port();
    Caller silent(port);
    Caller head(port);
    head.say("POST / HT");
    Caller body(port);
    body.say("POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nx");
    Caller handled(port);
    handled.say(post("/1", ""));
    Caller also(port);
    also.say(post("/2", ""));
    ASSERT_TRUE(barrier.reached_by(2));
    Caller waiting(port);
    waiting.say(post("/3", ""));
    std::this_thread::sleep_for(100ms);
    const auto began = steady_clock::now();
    std::thread closing([&] { listener->close(); });
    std::this_thread::sleep_for(100ms);
    barrier.open();
    closing.join();
    EXPECT_LT(steady_clock::now() - began, 5s);
    // What was in hand is answered as it deserves, what waited is told to come again.
    EXPECT_EQ(answer_in(handled.hear()).status, 200);
    EXPECT_EQ(answer_in(also.hear()).status, 200);
    EXPECT_EQ(answer_in(waiting.hear()).status, 503);
    EXPECT_EQ(body.hear(), "");
    EXPECT_EQ(silent.hear(), "");
    listener->close();  // again: nothing
    // The port is free for the next.
    EXPECT_TRUE(Listener::open({.port = port}, echo));
}

TEST(Listener, OpensAndClosesOverAndOver) {
    for (int i = 0; i < 10; ++i) {
        const auto listener = listen(echo);
        EXPECT_EQ(call(listener->port(), post("/", "x")).status, 200);
    }
}

class ListenerFiles : public testing::Test {
  protected:
    dvcsync::test::TemporaryFolder folder_;
};

TEST_F(ListenerFiles, AreStreamedWhole) {
    std::string bytes;
    for (int i = 0; i < 3'000'000; ++i)
        bytes += static_cast<char>(i % 249);
    const auto file = folder_.path() / "result";
    std::ofstream(file, std::ios::binary) << bytes;
    const auto listener = listen([&](const Request&) -> Reply {
        return {200, "application/octet-stream", "", file, {}};
    });
    const auto answer = call(listener->port(), "GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.headers.find("Content-Length: 3000000\r\n"), std::string::npos);
    EXPECT_TRUE(answer.body == bytes);
    std::filesystem::resize_file(file, 0);
    EXPECT_EQ(call(listener->port(), "GET /f HTTP/1.1\r\nHost: x\r\n\r\n").body, "");
}

TEST_F(ListenerFiles, MayBeLargerThanMemoryShouldHold) {
    const auto file = folder_.path() / "large";
    std::ofstream(file).close();
    std::filesystem::resize_file(file, 150u << 20);
    const auto listener = listen([&](const Request&) -> Reply {
        return {200, "application/octet-stream", "", file, {}};
    });
    Caller caller(listener->port());
    caller.say("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(caller.hear(60s).size() > (150u << 20), true);
}

TEST_F(ListenerFiles, ThatAreGoneAreNotFound) {
    const auto listener = listen([&](const Request&) -> Reply {
        return {200, "application/octet-stream", "", folder_.path() / "gone", {}};
    });
    EXPECT_EQ(call(listener->port(), "GET /f HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
}

TEST_F(ListenerFiles, AReaderThatStopsReadingIsCutOff) {
    const auto file = folder_.path() / "large";
    std::ofstream(file).close();
    std::filesystem::resize_file(file, 150u << 20);
    const auto listener = listen(
        [&](const Request&) -> Reply {
            return {200, "application/octet-stream", "", file, {}};
        },
        {.reader_silence = 300ms});
    Caller caller(listener->port());
    caller.say("GET /f HTTP/1.1\r\nHost: x\r\n\r\n");
    std::this_thread::sleep_for(1'500ms);
    EXPECT_LT(caller.hear(20s).size(), 100u << 20);
}

}  // namespace
}  // namespace dvcsync::console
