#include "connector/console/head.h"

#include <gtest/gtest.h>

namespace dvcsync::console {
namespace {

constexpr std::size_t most = 1'000;

int refused(std::string_view head) {
    const auto read = read_head(head, most);
    return read.refusal ? read.refusal->status : 0;
}
std::string with(std::string_view header) {
    return "POST /a HTTP/1.1\r\n" + std::string(header) + "\r\n\r\n";
}

TEST(Head, TellsMethodPathAndLength) {
    const auto head = read_head(
        "POST /a/b%20c?query=1 HTTP/1.1\r\nhost: x\r\ncontent-LENGTH: \t12 \r\n\r\n", most);
    ASSERT_FALSE(head.refusal);
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.path, "/a/b%20c");
    EXPECT_EQ(head.length, 12u);
    EXPECT_FALSE(head.expects_continue);
}

TEST(Head, LengthIsDigitsOnceAndNoMoreThanTheLimit) {
    EXPECT_EQ(refused(with("Content-Length: 1000")), 0);
    EXPECT_EQ(refused(with("Content-Length: 1001")), 413);
    EXPECT_EQ(refused(with("Content-Length: 99999999999999999999999999")), 413);
    for (const char* wrong : {"-1", "+1", "1 1", "0x10", "", "1,1"})
        EXPECT_EQ(refused(with(std::string("Content-Length: ") + wrong)), 400) << wrong;
    EXPECT_EQ(refused(with("Content-Length: 1\r\nContent-Length: 1")), 400);
}

TEST(Head, ChunksAreRefusedSoThatNoTwoReadersDiffer) {
    EXPECT_EQ(refused(with("Transfer-Encoding: chunked")), 411);
    EXPECT_EQ(refused(with("Content-Length: 1\r\ntransfer-encoding: identity")), 411);
}

TEST(Head, OnlyTwoMethods) {
    EXPECT_EQ(refused("GET / HTTP/1.0\r\n\r\n"), 0);
    for (const char* method : {"PUT", "HEAD", "TRACE", "OPTIONS", "get", "CONNECT"})
        EXPECT_EQ(refused(std::string(method) + " / HTTP/1.1\r\n\r\n"), 405) << method;
}

TEST(Head, MalformedRequestLinesAndHeadersAreRefused) {
    for (const char* line :
         {"", "GET", "GET /", "GET  HTTP/1.1", "GET / HTTP/2.0", "GET / http/1.1",
          "GET http://host/ HTTP/1.1", "GET //host/health HTTP/1.1", "GET /%zz HTTP/1.1",
          "GET /%1 HTTP/1.1", "GET /a b HTTP/1.1", "GET /\x80 HTTP/1.1", "GET * HTTP/1.1",
          "G\x01T / HTTP/1.1", "GET /\"<> HTTP/1.1"})
        EXPECT_EQ(refused(std::string(line) + "\r\n\r\n"), 400) << line;
    for (const char* header :
         {"no colon", ": no name", "na me: x", " folded: x", "a: \x01", "a: b\nc: d", "name : x"})
        EXPECT_EQ(refused(with(header)), 400) << header;
    EXPECT_EQ(refused("GET /" + std::string(1'024, 'a') + " HTTP/1.1\r\n\r\n"), 414);
    EXPECT_EQ(refused(with("Expect: something")), 417);
}

TEST(Head, PercentIsDecodedOnce) {
    EXPECT_EQ(percent_decoded("/a%2fb%252F"), "/a/b%2F");
    EXPECT_EQ(percent_decoded("%00"), std::string(1, '\0'));
    for (const char* wrong : {"%", "%1", "%g0", "%0g", "%-1", "a%"})
        EXPECT_EQ(percent_decoded(wrong), std::nullopt) << wrong;
}

TEST(Head, ARefusalIsAWholeAnswer) {
    EXPECT_EQ(answer_of({503, "later", 7}),
              "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Length: 6\r\nRetry-After: 7\r\nConnection: close\r\n\r\nlater\n");
    EXPECT_NE(answer_of({405, "no", 0, true}).find("Allow: GET, POST\r\n"), std::string::npos);
}

}  // namespace
}  // namespace dvcsync::console
