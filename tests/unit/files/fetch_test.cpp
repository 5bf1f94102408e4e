// Fetching from a real server that behaves, or does not.
#include "tests/unit/files/fetch_test.h"

#include <cstdlib>
#include <thread>

#include "connector/base/limits.h"

namespace dvcsync::files::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

WebServer::Script answering(const std::string& bytes) {
    return [bytes](Visit& visit) { visit.send(bytes); };
}

TEST_F(FetchTest, BringsTheFileWholeWithItsDigestAndType) {
    const std::string body = "%PDF-1.4\n" + std::string(300'000, 'x');
    WebServer server(answering(answer(body)));
    const auto file = fetch(server.url("/secret?token=secret"));
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(content(file->path), body);
    EXPECT_EQ(file->size, body.size());
    EXPECT_EQ(file->sha256, sha256(body));
    EXPECT_EQ(file->type, "application/pdf");
    EXPECT_FALSE(file->program);
    EXPECT_FALSE(file->type_differs);
    EXPECT_THAT(server.last_request(), HasSubstr("GET /secret?token=secret HTTP/1.1\r\n"));
    for (const char* never : {"Accept-Encoding", "Cookie", "Authorization", "Referer"})
        EXPECT_THAT(server.last_request(), Not(HasSubstr(never)));
}

TEST_F(FetchTest, TakesChunksAndBodiesThatEndWithTheConnection) {
    WebServer chunks(
        answering("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
    EXPECT_EQ(content(fetch(chunks.url())->path), "abcde");
    WebServer open_end(answering("HTTP/1.1 200 X\r\n\r\nabc"));
    EXPECT_EQ(content(fetch(open_end.url())->path), "abc");
    WebServer empty(answering(answer("")));
    EXPECT_EQ(fetch(empty.url())->size, 0U);
}

TEST_F(FetchTest, LinksMayHoldBlanksAndLettersBeyondAscii) {
    WebServer server(answering(answer("x")));
    ASSERT_TRUE(fetch(" " + server.url("/\xC4\x90\xC6\xA1n xin.pdf") + "\n"));
    EXPECT_THAT(server.last_request(),
                testing::ContainsRegex("GET /%[cC]4%90%[cC]6%[aA]1n%20xin.pdf "));
}

TEST_F(FetchTest, NothingIsUnpacked) {
    // What a gzip bomb looks like from outside.
    const std::string packed("\x1f\x8b\x08\0\0\0\0\0\0\3\x4b\x04\0\x43\xbe\xb7\xe8\1\0\0\0", 21);
    WebServer server(answering(answer(packed, 200, "Content-Encoding: gzip\r\n")));
    const auto file = fetch(server.url());
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(content(file->path), packed);
    EXPECT_EQ(file->type, "application/gzip");
    EXPECT_TRUE(file->type_differs);
}

TEST_F(FetchTest, AnyOtherAnswerIsTriedAgainLater) {
    for (const int status : {201, 204, 206, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503}) {
        WebServer server(answering(answer(status == 204 || status == 304 ? "" : "sorry", status)));
        expect_failure(server.url("/secret"), ErrorKind::Retry, std::to_string(status));
    }
    WebServer endless([](Visit& visit) {
        visit.send("HTTP/1.1 404 X\r\n\r\n");
        while (visit.send(std::string(65'536, 'x'))) {
        }
    });
    expect_failure(endless.url("/secret"), ErrorKind::Retry, "no file behind the link now");
}

TEST_F(FetchTest, NoAnswerIsTriedAgainLater) {
    std::string gone;
    {
        WebServer server(answering(""));
        expect_failure(server.url("/secret"), ErrorKind::Retry, "127.0.0.1");
        gone = server.url("/secret");
    }
    expect_failure(gone, ErrorKind::Retry, "cannot be connected to");
    rules_.hosts = {"*.invalid"};
    expect_failure("http://files.invalid/secret", ErrorKind::Retry, "leads to no address");
    rules_.hosts = {"127.0.0.1"};
    WebServer ancient(answering("secret words, not HTTP\n"));
    expect_failure(ancient.url("/secret"), ErrorKind::Retry, "127.0.0.1");
}

TEST_F(FetchTest, ABodyShorterThanAnnouncedIsTriedAgain) {
    WebServer server(answering("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nabc"));
    expect_failure(server.url("/secret"), ErrorKind::Retry, "before the file was whole");
    WebServer chunks(answering("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"));
    expect_failure(chunks.url("/secret"), ErrorKind::Retry, "127.0.0.1");
}

TEST_F(FetchTest, ABodyAnnouncedTooLargeIsRefusedAtOnce) {
    WebServer server([](Visit& visit) {
        visit.send("HTTP/1.1 200 X\r\nContent-Length: 2147483648\r\n\r\n");
        visit.linger(10);
    });
    expect_failure(server.url("/secret"), ErrorKind::Refused, "larger than the 1000 bytes", 1'000);
}

TEST_F(FetchTest, ABodyThatGrowsTooLargeIsCutThere) {
    std::atomic<std::size_t> sent{0};
    WebServer server([&](Visit& visit) {
        visit.send("HTTP/1.1 200 X\r\n\r\n");
        while (visit.send(std::string(65'536, 'x')))
            sent += 65'536;
    });
    expect_failure(server.url("/secret"), ErrorKind::Refused, "larger than the 1000 bytes", 1'000);
    EXPECT_LT(sent, 64U << 20);
    WebServer exact(answering(answer(std::string(1'000, 'x'))));
    EXPECT_TRUE(fetch(exact.url(), 1'000));
}

TEST_F(FetchTest, EndlessHeadersEnd) {
    WebServer server([](Visit& visit) {
        visit.send("HTTP/1.1 200 X\r\n");
        while (visit.send("X: " + std::string(1'000, 'y') + "\r\n")) {
        }
    });
    expect_failure(server.url("/secret"), ErrorKind::Retry, "not a sensible one");
}

TEST_F(FetchTest, SilenceEndsIt) {
    rules_.silence = milliseconds(300);
    for (const std::string& before :
         {std::string(), std::string("HTTP/1.1 200 X\r\n"),
          std::string("HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nabc")}) {
        WebServer server([&](Visit& visit) {
            visit.send(before);
            visit.linger(10);
        });
        expect_failure(server.url("/secret"), ErrorKind::Retry, "sends nothing");
    }
}

TEST_F(FetchTest, SlowBytesEndIt) {
    const auto drip = [](Visit& visit) {
        visit.send("HTTP/1.1 200 X\r\nContent-Length: 90000\r\n\r\n");
        while (visit.send("x"))
            std::this_thread::sleep_for(milliseconds(50));
    };
    rules_.silence = milliseconds(500);
    WebServer slow(drip);
    expect_failure(slow.url("/secret"), ErrorKind::Retry, "too slowly");
    // Enough to look alive, too little to wait for: a quarter of limits::least_bytes_per_second.
    WebServer stream([](Visit& visit) {
        visit.send("HTTP/1.1 200 X\r\nContent-Length: 900000\r\n\r\n");
        while (visit.send(std::string(limits::least_bytes_per_second / 80, 'x')))
            std::this_thread::sleep_for(milliseconds(50));
    });
    expect_failure(stream.url("/secret"), ErrorKind::Retry, "too slowly");
    rules_.silence = milliseconds(10'000);
    rules_.deadline = milliseconds(500);
    WebServer late(drip);
    expect_failure(late.url("/secret"), ErrorKind::Retry, "within the time allowed");
}

TEST_F(FetchTest, StoppingEndsItSoon) {
    WebServer server([&](Visit& visit) {
        visit.send("HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nabc");
        stop_ = true;
        visit.linger(10);
    });
    const auto begin = std::chrono::steady_clock::now();
    expect_failure(server.url("/secret"), ErrorKind::Retry, "stopped");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1'500));
}

TEST_F(FetchTest, ProxiesOfTheEnvironmentAreNotUsed) {
    for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY"})
        ::setenv(name, "http://127.0.0.1:1", 1);
    WebServer server(answering(answer("x")));
    EXPECT_TRUE(fetch(server.url()));
    for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY"})
        ::unsetenv(name);
}

class TlsFetchTest : public FetchTest {
  protected:
    std::filesystem::path certificate(const std::string& name, const std::string& names) {
        return make_certificate(folder_.path() / name, names);
    }
};

TEST_F(TlsFetchTest, BringsTheFileFromOneWhoseAuthorityIsGiven) {
    rules_.plain_http = false;
    rules_.ca_file = certificate("a.pem", "DNS:localhost,IP:127.0.0.1");
    WebServer server(answering(answer("x")), rules_.ca_file);
    const auto file = fetch(server.url());
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(content(file->path), "x");
}

TEST_F(TlsFetchTest, ACertificateThatIsNotTrustedIsTriedAgainAndGetsNoRequest) {
    const auto unknown = certificate("a.pem", "DNS:localhost,IP:127.0.0.1");
    WebServer server(answering(answer("x")), unknown);
    expect_failure(server.url("/secret"), ErrorKind::Retry, "certificate is not trusted");
    rules_.ca_file = certificate("b.pem", "DNS:other.example");
    WebServer other(answering(answer("x")), rules_.ca_file);
    expect_failure(other.url("/secret"), ErrorKind::Retry, "certificate is not trusted");
    EXPECT_EQ(server.last_request() + other.last_request(), "");
}

TEST_F(TlsFetchTest, AHostThatAsksForACertificateIsNamedAsSuch) {
    rules_.ca_file = certificate("a.pem", "DNS:localhost,IP:127.0.0.1");
    WebServer server(answering(answer("x")), rules_.ca_file);
    server.demand_certificate();
    expect_failure(server.url("/secret"), ErrorKind::Retry,
                   "it asks for a client certificate (mutual TLS), and files are fetched without");
}

TEST_F(TlsFetchTest, ARedirectNeverLeadsDownToHttp) {
    rules_.ca_file = certificate("a.pem", "DNS:localhost,IP:127.0.0.1");
    WebServer plain(answering(answer("x")));
    const std::string header = "Location: " + plain.url("/secret") + "\r\n";
    WebServer server(answering(answer("", 302, header)), rules_.ca_file);
    for (const bool allowed : {true, false}) {
        rules_.plain_http = allowed;
        expect_failure(server.url("/secret"), ErrorKind::Refused, "from https down to http");
        EXPECT_THAT(fetch(server.url("/secret")).error().message,
                    testing::Not(testing::HasSubstr("allow_plain_http")))
            << "whoever redirects must not bring us to open it";
    }
    EXPECT_EQ(plain.visits(), 0);
}

}  // namespace
}  // namespace dvcsync::files::test
