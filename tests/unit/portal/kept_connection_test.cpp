// When a connection that was kept may carry the next call, and when it must not: plain, with TLS
// 1.2 and with TLS 1.3, over real sockets.
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "connector/portal/transport.h"
#include "tests/unit/portal/support_server.h"

namespace dvcsync::portal::test {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

struct Way {
    std::string name;
    int newest = 0;  // version of TLS; 0: plain
};

// The library reads a header in pieces of 512 bytes and drops what it has read too much. An answer
// that is longer lets nothing that follows it be dropped in this way.
const std::string padding(2000, ' ');

std::string echo(const HttpRequest& request) {
    return http(200, request.body + padding);
}

const std::string stray = http(200, "{\"stray\":1}");

class KeptConnection : public ::testing::TestWithParam<Way> {
  protected:
    using First = std::function<void(Connection&, const HttpRequest&)>;

    // The first call of the first connection is answered by `first`, all others as they should be,
    // for as long as the client stays.
    void serve(First first) {
        auto script = [first = std::move(first)](Connection& connection) {
            bool special = connection.number == 0;
            while (const auto request = connection.read()) {
                if (special)
                    first(connection, *request);
                else if (!connection.write(echo(*request)))
                    return;
                special = false;
            }
        };
        ClientSettings settings;
        if (GetParam().newest == 0) {
            server = std::make_unique<Server>(std::move(script));
        } else {
            server = std::make_unique<Server>(
                std::move(script), authority.issue("server", {.alternative_names = "IP:127.0.0.1"}),
                std::filesystem::path{}, GetParam().newest);
            settings.ca_file = authority.file();
        }
        settings.base_url = server->url();
        settings.in_flight = 1;
        auto opened = Transport::open(settings);
        ASSERT_TRUE(opened) << opened.error().message;
        transport = *std::move(opened);
    }

    void expect_answered(const std::string& body) {
        const auto reply =
            transport->send({false, "/", {}, body}, std::chrono::steady_clock::now() + 5s);
        ASSERT_TRUE(reply) << body << ": " << reply.error().reason;
        EXPECT_EQ(reply->status, 200);
        EXPECT_THAT(reply->body, StartsWith(body));
    }

    // Three calls, each with its own answer and seen once, on so many connections.
    void expect_calls_on(int connections, std::chrono::milliseconds pause = 0ms) {
        ASSERT_NO_FATAL_FAILURE(expect_answered("{\"n\":1}"));
        std::this_thread::sleep_for(pause);
        ASSERT_NO_FATAL_FAILURE(expect_answered("{\"n\":2}"));
        ASSERT_NO_FATAL_FAILURE(expect_answered("{\"n\":3}"));
        EXPECT_EQ(server->connections(), connections);
        EXPECT_EQ(server->requests().size(), 3u);
    }

    TemporaryFolder folder;
    Authority authority{folder};
    std::unique_ptr<Server> server;
    std::unique_ptr<Transport> transport;
};

TEST_P(KeptConnection, IsUsedAgainIfItIsSilent) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.write(echo(request));
    });
    expect_calls_on(1, 50ms);
}

TEST_P(KeptConnection, WithASecondAnswerInTheSameRecordIsLeft) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.write(echo(request) + stray);
    });
    expect_calls_on(2);
}

TEST_P(KeptConnection, WithASecondAnswerInTheNextRecordOfTheSegmentIsLeft) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.cork(true);
        connection.write(echo(request));
        connection.write(stray);
        connection.cork(false);
    });
    expect_calls_on(2);
}

TEST_P(KeptConnection, OnWhichASecondAnswerComesLaterIsLeft) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.write(echo(request));
        std::this_thread::sleep_for(50ms);
        connection.write(stray);
    });
    expect_calls_on(2, 200ms);
}

TEST_P(KeptConnection, ThatThePortalEndsWithTheAnswerIsLeft) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.cork(true);
        connection.write(echo(request));
        connection.end_writing();
        connection.cork(false);
    });
    expect_calls_on(2, 50ms);
}

TEST_P(KeptConnection, ThatThePortalEndsLaterIsLeft) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.write(echo(request));
        std::this_thread::sleep_for(50ms);
        connection.end_writing();
    });
    expect_calls_on(2, 200ms);
}

TEST_P(KeptConnection, IsNotKeptIfThePortalSaysThatItCloses) {
    for (const std::string words : {"close", "Close", "keep-alive, close", "close, x-hop"}) {
        SCOPED_TRACE(words);
        serve([&words](Connection& connection, const HttpRequest& request) {
            connection.write(http(200, request.body, "Connection: " + words + "\r\n"));
        });
        expect_calls_on(2);
    }
}

TEST_P(KeptConnection, IsNotKeptWithHttp10) {
    serve([](Connection& connection, const HttpRequest& request) {
        auto answer = echo(request);
        connection.write(answer.replace(0, 8, "HTTP/1.0"));
    });
    expect_calls_on(2);
}

// Body in two chunks, then the end of chunks with what is given.
std::string chunked(const std::string& body, const std::string& trailers,
                    const std::string& headers = {}) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + headers + "\r\n7\r\n" + body +
           "\r\n7d0\r\n" + padding + "\r\n0\r\n" + trailers + "\r\n";
}

TEST_P(KeptConnection, IsUsedAgainAfterChunks) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.write(chunked(request.body, ""));
    });
    expect_calls_on(1, 50ms);
}

TEST_P(KeptConnection, WithTrailersAfterTheChunksIsLeft) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.write(chunked(request.body, "X-Sum: " + std::string(10'000, '1') + "\r\n"));
    });
    expect_calls_on(2);
}

// The library takes the first two bytes of the trailers for the end of the answer; the others would
// come before the next one.
TEST_P(KeptConnection, OnWhichTrailersWereAnnouncedIsNotKept) {
    serve([](Connection& connection, const HttpRequest& request) {
        const auto answer = chunked(request.body, "X-Sum: 1\r\n", "Trailer: X-Sum\r\n");
        const auto late = answer.size() - std::string_view("Sum: 1\r\n\r\n").size();
        connection.write(answer.substr(0, late));
        std::this_thread::sleep_for(100ms);
        connection.write(answer.substr(late));
    });
    expect_calls_on(2);
}

TEST_P(KeptConnection, IsNotNeededForAnAnswerThatEndsWithIt) {
    serve([](Connection& connection, const HttpRequest& request) {
        connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + request.body + padding);
        connection.end_writing();
    });
    expect_calls_on(2);
}

INSTANTIATE_TEST_SUITE_P(Over, KeptConnection,
                         ::testing::Values(Way{"Plain"}, Way{"Tls12", TLS1_2_VERSION},
                                           Way{"Tls13", TLS1_3_VERSION}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace dvcsync::portal::test
