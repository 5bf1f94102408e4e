#include "tests/sandbox/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <stdexcept>

namespace dvcsandbox {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMaxAnswer = 1U << 20U;

// Connected, or -1. A kernel that waits for an answer gives up after ten seconds.
int connect_to(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return -1;
    int connected = -1;
    for (const addrinfo* at = found; at != nullptr && connected < 0; at = at->ai_next) {
        const int socket = ::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval limit{10, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (::connect(socket, at->ai_addr, at->ai_addrlen) == 0)
            connected = socket;
        else
            ::close(socket);
    }
    ::freeaddrinfo(found);
    return connected;
}

}  // namespace

HttpClient::HttpClient(const CallTarget& target) {
    std::string_view rest = target.url;
    const bool secure = rest.starts_with("https://");
    if (!secure && !rest.starts_with("http://"))
        throw std::runtime_error(target.url + ": http://host:port or https://host:port");
    rest.remove_prefix(secure ? 8 : 7);
    const auto colon = rest.rfind(':');
    if (rest.empty() || rest.find('/') != rest.npos || colon == 0)
        throw std::runtime_error(target.url + ": a host and a port, without a path");
    host_ = rest.substr(0, colon);
    port_ = colon == rest.npos ? (secure ? "443" : "80") : std::string(rest.substr(colon + 1));
    if (secure) tls_ = std::make_unique<TlsClient>(target.ca, target.certificate, target.key);
}

std::string HttpClient::head(const std::string& path, std::uint64_t length) const {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/json; charset=utf-8\r\n"
        "Accept: application/json\r\nContent-Length: {}\r\n",
        path, host_, port_, length);
}

HttpClient::Answer HttpClient::read_answer(Stream& stream) {
    boost::beast::flat_buffer buffer;
    StreamReader reader{stream};
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMaxAnswer);
    boost::system::error_code error;
    http::read(reader, buffer, parser, error);
    if (error) return {.body = error.message()};
    return {static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

HttpClient::Answer HttpClient::with_connection(std::chrono::milliseconds limit,
                                               const Use& use) const {
    const int socket = connect_to(host_, port_);
    if (socket < 0) return {.body = "no connection"};
    Answer answer;
    {
        const auto stream = tls_ ? tls_->connect(socket, host_) : std::make_unique<Stream>(socket);
        stream->deadline(Stream::Clock::now() + limit);
        std::string why;
        if (stream->handshake(why)) {
            answer = use(*stream);
            stream->finish(false);
        } else {
            answer.body = "TLS: " + why;
        }
    }
    ::close(socket);
    return answer;
}

HttpClient::Answer HttpClient::post(const std::string& path, std::string_view body,
                                    std::chrono::milliseconds limit) const {
    return with_connection(limit, [&](Stream& stream) {
        const std::string start = head(path, body.size()) + "Connection: close\r\n\r\n";
        // An answer may come although not everything was taken: too large, for instance.
        if (!stream.write(start) || !stream.write(body))
            if (Answer early = read_answer(stream); early.status != 0) return early;
        return read_answer(stream);
    });
}

}  // namespace dvcsandbox
