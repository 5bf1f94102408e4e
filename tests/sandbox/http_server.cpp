#include "tests/sandbox/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>

namespace dvcsandbox {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

constexpr std::size_t kReadAtOnce = 64U << 10;

// Our Stream as Beast wants to read from it.
struct Reader {
    Stream& stream;

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, error_code& error) {
        for (auto at = boost::asio::buffer_sequence_begin(buffers);
             at != boost::asio::buffer_sequence_end(buffers); ++at) {
            const boost::asio::mutable_buffer buffer(*at);
            if (buffer.size() > 0) return stream.read(buffer.data(), buffer.size(), error);
        }
        error = {};
        return 0;
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        error_code error;
        const auto count = read_some(buffers, error);
        if (error) throw boost::system::system_error(error);
        return count;
    }
};

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Payload Too Large";
        case 415:
            return "Unsupported Media Type";
        case 431:
            return "Request Header Fields Too Large";
        default:
            return "Error";
    }
}

std::string to_bytes(const Reply& reply, bool keep_alive) {
    std::string out;
    out.reserve(160 + reply.body.size());
    fmt::format_to(std::back_inserter(out),
                   "HTTP/1.1 {} {}\r\nServer: dvc-sandbox\r\nContent-Type: {}\r\n"
                   "Content-Length: {}\r\n{}\r\n",
                   reply.status, reason(reply.status), reply.content_type, reply.body.size(),
                   keep_alive ? "" : "Connection: close\r\n");
    out += reply.body;
    return out;
}

int status_of(const error_code& error) {
    if (error == http::error::body_limit) return 413;
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
    if (error == boost::asio::error::timed_out) return 408;
    return 400;
}

std::string text(boost::beast::string_view part) {
    return {part.data(), part.size()};
}

// `body` is moved out of the message.
Request to_request(http::request<http::string_body>& message) {
    Request request;
    const auto target = message.target();
    const auto question = std::min(target.find('?'), target.size());
    request.method = text(message.method_string());
    request.path = text(target.substr(0, question));
    if (question < target.size()) request.query = text(target.substr(question + 1));
    request.content_type = text(message[http::field::content_type]);
    request.dstcode = text(message["dstcode"]);
    request.body = std::move(message.body());
    return request;
}

std::string error_body(int status) {
    return fmt::format(R"({{"error_code":-1,"message":"HTTP {} {}"}})", status, reason(status));
}

}  // namespace

HttpServer::HttpServer(HttpSettings settings, const TlsContext* tls, Handler handler)
    : settings_(std::move(settings)), tls_(tls), handler_(std::move(handler)) {}

HttpServer::~HttpServer() {
    stop();
}

bool HttpServer::start(std::string& error) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(settings_.port);
    if (::inet_pton(AF_INET, settings_.address.c_str(), &address.sin_addr) != 1) {
        error = settings_.address + ": not an IPv4 address";
        return false;
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, name, size) != 0 ||
        ::listen(listener_, SOMAXCONN) != 0 || ::getsockname(listener_, name, &size) != 0) {
        error = fmt::format("{}:{}: {}", settings_.address, settings_.port, std::strerror(errno));
        return false;
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
    return true;
}

void HttpServer::stop() {
    if (stopping_.exchange(true)) return;
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
    if (acceptor_.joinable()) acceptor_.join();
    if (listener_ >= 0) ::close(listener_);
    std::unique_lock lock(mutex_);
    for (const int socket : open_)
        ::shutdown(socket, SHUT_RDWR);
    changed_.wait(lock, [this] { return open_.empty(); });
}

void HttpServer::accept_loop() {
    while (!stopping_) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            // Out of descriptors, or the peer has gone: no reason to end, nor to spin.
            if (!stopping_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
            continue;
        }
        const std::lock_guard lock(mutex_);
        if (open_.size() >= settings_.max_connections) {
            ::close(socket);
            continue;
        }
        open_.insert(socket);
        try {
            std::thread([this, socket] {
                serve(socket);
                // The last act of the thread; stop() waits for it.
                const std::lock_guard done(mutex_);
                forget(socket);
            }).detach();
        } catch (const std::system_error&) {
            forget(socket);  // no more threads to be had: as if there were too many connections
        }
    }
}

// Closed under the lock: a number that is reused at once must not be shut down by stop().
void HttpServer::forget(int socket) {
    open_.erase(socket);
    ::close(socket);
    changed_.notify_all();
}

void HttpServer::serve(int socket) {
    const auto stream = tls_ != nullptr ? tls_->accept(socket) : std::make_unique<Stream>(socket);
    std::string why;
    if (!stream->handshake(why)) {
        if (settings_.verbose) fmt::print(stderr, "TLS handshake refused: {}\n", why);
        return;
    }
    serve_requests(*stream);
}

void HttpServer::serve_requests(Stream& stream) {
    boost::beast::flat_buffer buffer;
    buffer.reserve(kReadAtOnce);  // Beast reads no more at once than there is room
    Reader reader{stream};
    while (!stopping_) {
        Parser parser;
        parser.body_limit(settings_.max_body);
        parser.header_limit(static_cast<std::uint32_t>(settings_.max_header));
        error_code error;
        stream.deadline(Stream::Clock::now() + settings_.idle);
        if (buffer.size() == 0) {
            const auto count = reader.read_some(buffer.prepare(kReadAtOnce), error);
            if (error) return stream.finish(false);
            buffer.commit(count);
        }
        stream.deadline(Stream::Clock::now() + settings_.request);
        http::read_header(reader, buffer, parser, error);
        if (!error && parser.get()[http::field::expect] == "100-continue" &&
            !stream.write("HTTP/1.1 100 Continue\r\n\r\n"))
            return;
        if (!error) http::read(reader, buffer, parser, error);
        if (error) {
            if (error == http::error::end_of_stream || error == http::error::partial_message ||
                error == boost::asio::error::connection_reset)
                return stream.finish(false);
            const int status = status_of(error);
            stream.write(to_bytes({.status = status, .body = error_body(status)}, false));
            return stream.finish(true);
        }
        const bool keep_alive = parser.keep_alive();
        Request request = to_request(parser.get());
        const Reply reply = handler_(request);
        wait_latency();
        stream.deadline(Stream::Clock::now() + settings_.request);
        if (!stream.write(to_bytes(reply, keep_alive)) || !keep_alive)
            return stream.finish(!keep_alive);
    }
}

void HttpServer::wait_latency() {
    auto left = settings_.latency;
    if (settings_.jitter.count() > 0) {
        thread_local std::minstd_rand random(std::random_device{}());
        left += std::chrono::milliseconds(
            std::uniform_int_distribution<std::int64_t>(0, settings_.jitter.count())(random));
    }
    // In slices, so that a stop does not wait for a long latency.
    constexpr std::chrono::milliseconds slice{50};
    for (; left.count() > 0 && !stopping_; left -= slice)
        std::this_thread::sleep_for(std::min(left, slice));
}

}  // namespace dvcsandbox
