// What can be said after each way an exchange may fail, over real sockets.
#include "connector/portal/transport.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <thread>

#include "connector/base/limits.h"
#include "tests/unit/portal/support_server.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using Kind = Failure::Kind;

std::unique_ptr<Transport> transport_to(const std::string& url, int in_flight = 1) {
    ClientSettings settings;
    settings.base_url = url;
    settings.in_flight = in_flight;
    auto transport = Transport::open(settings);
    EXPECT_TRUE(transport) << (transport ? "" : transport.error().message);
    return transport ? *std::move(transport) : nullptr;
}

Request post(std::string body = "{}") {
    return {false, "/path", {}, std::move(body)};
}

auto in(std::chrono::milliseconds time) {
    return steady_clock::now() + time;
}

std::string ok_answer(const HttpRequest&) {
    return http(200, R"({"error_code":0})");
}

TEST(Transport, SendsTheBytesAndReturnsTheAnswer) {
    Server server(Server::answering(ok_answer));
    const auto transport = transport_to(server.url());
    auto request = post(R"({"a":"ữ"})");
    request.target = "/forward/mapi?x=1%202";
    request.headers = {{"dstcode", "VN:GOV:G22"},
                       {"Content-Type", "application/json; charset=utf-8"}};
    const auto reply = transport->send(request, in(5s));
    ASSERT_TRUE(reply) << reply.error().reason;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, R"({"error_code":0})");
    const auto seen = server.requests();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].line, "POST /forward/mapi?x=1%202 HTTP/1.1");
    EXPECT_EQ(seen[0].body, R"({"a":"ữ"})");
    EXPECT_EQ(seen[0].headers.at("dstcode"), "VN:GOV:G22");
    EXPECT_EQ(seen[0].headers.at("content-type"), "application/json; charset=utf-8");
    EXPECT_EQ(seen[0].headers.at("content-length"), "11");
    EXPECT_EQ(seen[0].headers.count("transfer-encoding"), 0u);
}

TEST(Transport, KeepsTheConnection) {
    Server server(Server::answering(ok_answer));
    const auto transport = transport_to(server.url());
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(transport->send(post(), in(5s)));
    EXPECT_EQ(server.requests().size(), 50u);
    EXPECT_EQ(server.connections(), 1);
}

TEST(Transport, SendsALargeBodyWhole) {
    Server server(Server::answering(ok_answer));
    const auto transport = transport_to(server.url());
    const std::string body(3'000'000, 'x');
    ASSERT_TRUE(transport->send(post(body), in(10s)));
    ASSERT_EQ(server.requests().size(), 1u);
    EXPECT_TRUE(server.requests()[0].body == body);
}

TEST(Transport, GetHasNoBody) {
    Server server(Server::answering(ok_answer));
    const auto transport = transport_to(server.url());
    ASSERT_TRUE(transport->send({true, "/q?a=b", {}, {}}, in(5s)));
    EXPECT_EQ(server.requests()[0].line, "GET /q?a=b HTTP/1.1");
    EXPECT_EQ(server.requests()[0].headers.count("content-length"), 0u);
}

TEST(Transport, ConnectionClosedAfterTheRequestWasReadIsUnclearAndNeverSentAgain) {
    // The library would repeat the POST silently here: the server must see it once.
    Server server([](Connection& connection) {
        if (const auto first = connection.read()) connection.write(ok_answer(*first));
        if (connection.number == 0)
            connection.read();  // reads the second request, and hangs up
        else
            while (const auto more = connection.read())
                connection.write(ok_answer(*more));
    });
    const auto transport = transport_to(server.url());
    ASSERT_TRUE(transport->send(post("{\"n\":1}"), in(5s)));
    const auto reply = transport->send(post("{\"n\":2}"), in(5s));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Unclear) << reply.error().reason;
    std::this_thread::sleep_for(100ms);
    ASSERT_EQ(server.requests().size(), 2u);
    EXPECT_EQ(server.requests()[1].body, "{\"n\":2}");
    ASSERT_TRUE(
        transport->send(post("{\"n\":3}"), in(5s)));  // and the next one has a new connection
    EXPECT_EQ(server.requests().size(), 3u);
}

TEST(Transport, ConnectionClosedWhileIdleIsNoticedBeforeSending) {
    Server server([](Connection& connection) {
        if (const auto request = connection.read()) connection.write(ok_answer(*request));
    });
    const auto transport = transport_to(server.url());
    for (int i = 0; i < 5; ++i) {
        const auto reply = transport->send(post(), in(5s));
        ASSERT_TRUE(reply) << i << ": " << reply.error().reason;
        std::this_thread::sleep_for(30ms);
    }
    EXPECT_EQ(server.requests().size(), 5u);
    EXPECT_EQ(server.connections(), 5);
}

TEST(Transport, BytesLeftOnAKeptConnectionAreNotTakenForTheNextAnswer) {
    // As long as that, or the library would drop the second answer by itself.
    const auto answer = "{\"first\":1}" + std::string(2000, ' ');
    Server server([&answer](Connection& connection) {
        bool first = true;
        while (connection.read()) {
            connection.write(http(200, answer) +
                             (first && connection.number == 0 ? http(200, "{\"stray\":1}") : ""));
            first = false;
        }
    });
    const auto transport = transport_to(server.url());
    ASSERT_TRUE(transport->send(post(), in(5s)));
    std::this_thread::sleep_for(30ms);
    const auto second = transport->send(post(), in(5s));
    ASSERT_TRUE(second) << second.error().reason;
    EXPECT_EQ(second->body, answer);
    EXPECT_EQ(server.connections(), 2);
}

TEST(Transport, RefusedConnectionWasNotSent) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const auto transport =
        transport_to("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    const auto reply = transport->send(post(), in(5s));
    ::close(socket);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::NotSent);
    EXPECT_THAT(reply.error().reason, HasSubstr("cannot be reached"));
}

TEST(Transport, UnknownHostWasNotSent) {
    const auto transport = transport_to("http://no-such-host.invalid:1");
    const auto reply = transport->send(post(), in(5s));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::NotSent);
}

TEST(Transport, SlowBytesEndAtTheDeadlineThoughEachStepIsQuick) {
    Server server([](Connection& connection) {
        if (!connection.read()) return;
        for (const char c : http(200, std::string(1000, ' '))) {
            if (!connection.write(std::string(1, c))) return;
            std::this_thread::sleep_for(20ms);
        }
    });
    const auto transport = transport_to(server.url());
    const auto begin = steady_clock::now();
    const auto reply = transport->send(post(), in(400ms));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Late);
    EXPECT_THAT(reply.error().reason, HasSubstr("deadline"));
    EXPECT_LT(steady_clock::now() - begin, 3s);
}

TEST(Transport, SilenceAfterConnectingEndsAtTheDeadline) {
    Server server([](Connection& connection) {
        while (connection.read()) {
        }
    });
    const auto transport = transport_to(server.url());
    const auto reply = transport->send(post(), in(200ms));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Late);
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST(Transport, AnswerLargerThanTheLimitIsUnclear) {
    Server server(Server::answering(
        [](const HttpRequest&) { return http(200, std::string(limits::max_answer + 1, ' ')); }));
    const auto transport = transport_to(server.url());
    const auto reply = transport->send(post(), in(10s));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Unclear);
    EXPECT_THAT(reply.error().reason, HasSubstr("too large"));
}

TEST(Transport, EndlessChunkedAnswerIsUnclear) {
    Server server([](Connection& connection) {
        if (!connection.read()) return;
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
        while (connection.write(chunk)) {
        }
    });
    const auto transport = transport_to(server.url());
    const auto reply = transport->send(post(), in(10s));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Unclear);
    EXPECT_THAT(reply.error().reason, HasSubstr("too large"));
}

TEST(Transport, RedirectIsReturnedAndNotFollowed) {
    Server server(Server::answering(
        [](const HttpRequest&) { return http(302, "", "Location: /elsewhere\r\n"); }));
    const auto transport = transport_to(server.url());
    const auto reply = transport->send(post(), in(5s));
    ASSERT_TRUE(reply) << reply.error().reason;
    EXPECT_EQ(reply->status, 302);
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST(Transport, InterimAnswerIsUnclearAndPoisonsTheConnection) {
    Server server([](Connection& connection) {
        while (const auto request = connection.read())
            connection.write(connection.number == 0
                                 ? "HTTP/1.1 100 Continue\r\n\r\n" + ok_answer(*request)
                                 : http(200, "{\"second\":1}"));
    });
    const auto transport = transport_to(server.url());
    const auto reply = transport->send(post(), in(5s));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Unclear);
    EXPECT_THAT(reply.error().reason, HasSubstr("HTTP 100"));
    const auto next = transport->send(post(), in(5s));
    ASSERT_TRUE(next) << next.error().reason;
    EXPECT_EQ(next->body, "{\"second\":1}");
    EXPECT_EQ(server.connections(), 2);
}

TEST(Transport, TruncatedBodyIsUnclear) {
    Server server([](Connection& connection) {
        if (connection.read())
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"error_code\":0");
    });
    const auto transport = transport_to(server.url());
    const auto reply = transport->send(post(), in(5s));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::Unclear);
    EXPECT_THAT(reply.error().reason, HasSubstr("cut"));
}

TEST(Transport, WhatIsNotHttpIsUnclear) {
    for (const std::string bytes : {"SSH-2.0-OpenSSH\r\n\r\n", "\r\n\r\n", "HTTP/1.1\r\n\r\n"}) {
        Server server([&bytes](Connection& connection) {
            if (connection.read()) connection.write(bytes);
        });
        const auto transport = transport_to(server.url());
        const auto reply = transport->send(post(), in(5s));
        ASSERT_FALSE(reply) << bytes;
        EXPECT_EQ(reply.error().kind, Kind::Unclear) << bytes;
    }
}

TEST(Transport, HeaderValueWithALineBreakIsNeverSent) {
    Server server(Server::answering(ok_answer));
    const auto transport = transport_to(server.url());
    const std::vector<std::string> values{"a\r\nX-Evil: 1", "a\nb", std::string("a\0b", 3),
                                          "a\x7f"};
    for (const auto& value : values) {
        auto request = post();
        request.headers = {{"dstcode", value}};
        const auto reply = transport->send(request, in(5s));
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().kind, Kind::Unusable);
    }
    EXPECT_TRUE(server.requests().empty());
}

TEST(Transport, WaitsForAFreeConnectionAndGivesUpUnsent) {
    std::promise<void> release;
    const auto released = release.get_future().share();
    Server server([released](Connection& connection) {
        while (const auto request = connection.read()) {
            released.wait_for(5s);
            connection.write(ok_answer(*request));
        }
    });
    const auto transport = transport_to(server.url(), 1);
    auto first = std::async(std::launch::async, [&] { return transport->send(post(), in(5s)); });
    std::this_thread::sleep_for(50ms);
    const auto second = transport->send(post(), in(100ms));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Kind::NotSent);
    EXPECT_THAT(second.error().reason, HasSubstr("busy"));
    release.set_value();
    EXPECT_TRUE(first.get());
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST(Transport, ManyThreadsShareTheLanes) {
    Server server(
        Server::answering([](const HttpRequest& request) { return http(200, request.body); }));
    const auto transport = transport_to(server.url(), 4);
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const auto body = "{\"n\":" + std::to_string(t * 100 + i) + "}";
                const auto reply = transport->send(post(body), in(10s));
                if (reply && reply->body == body) ++right;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(right, 400);
    EXPECT_EQ(server.requests().size(), 400u);
    EXPECT_LE(server.connections(), 4);
}

TEST(Transport, AnIdleConnectionIsDroppedAfterItsLease) {
    Server server(Server::answering(ok_answer));
    const auto transport = transport_to(server.url());
    ASSERT_TRUE(transport->send(post(), in(5s)));
    std::this_thread::sleep_for(limits::idle_connection + 200ms);
    ASSERT_TRUE(transport->send(post(), in(5s)));
    EXPECT_EQ(server.connections(), 2);
}

TEST(TransportSettings, ASentenceForEveryWrongBaseUrl) {
    for (const std::string url : {"", "portal", "ftp://portal", "http://", "https://user:pw@portal",
                                  "http://portal/path", "http://portal?x", "http:// portal"}) {
        ClientSettings settings;
        settings.base_url = url;
        const auto transport = Transport::open(settings);
        ASSERT_FALSE(transport) << url;
        EXPECT_EQ(transport.error().kind, ErrorKind::Config);
        EXPECT_THAT(transport.error().message, HasSubstr("base_url")) << url;
    }
}

TEST(TransportSettings, InFlightHasLimits) {
    for (const int in_flight : {0, limits::max_in_flight + 1}) {
        ClientSettings settings;
        settings.base_url = "http://127.0.0.1:1";
        settings.in_flight = in_flight;
        EXPECT_FALSE(Transport::open(settings));
    }
}

}  // namespace
}  // namespace dvcsync::portal::test
