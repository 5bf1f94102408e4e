#include "tests/sandbox/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <random>
#include <system_error>

#include "tests/sandbox/delivery.h"

namespace dvcsandbox {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

constexpr std::size_t kReadAtOnce = 64U << 10;
constexpr std::chrono::milliseconds kMoment{10};
constexpr std::chrono::milliseconds kSlice{50};
const Reply kUnavailable{
    .status = 503, .body = "down for maintenance\n", .content_type = "text/plain"};

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
    request.authorization = text(message["Authorization"]);
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

bool HttpServer::bind(std::string& error) {
    return listener_.open(settings_.address, settings_.port, error);
}

void HttpServer::start() {
    acceptor_ = std::thread([this] { accept_loop(); });
}

void HttpServer::stop() {
    if (stopping_.exchange(true)) return;
    listener_.wake();
    if (acceptor_.joinable()) acceptor_.join();
    drop_connections();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_.empty(); });
}

void HttpServer::begin_outage(Outage how, std::chrono::milliseconds length) {
    outage_end_ = Stream::Clock::now() + length;
    outage_ = how;
    if (outage() != Outage::Refuse) return;
    listener_.wake();
    drop_connections();
}

void HttpServer::drop_connections() {
    const std::lock_guard lock(mutex_);
    for (const int socket : open_)
        ::shutdown(socket, SHUT_RDWR);
}

Outage HttpServer::outage() const {
    return Stream::Clock::now() < outage_end_.load() ? outage_.load() : Outage::None;
}

void HttpServer::accept_loop() {
    while (!stopping_) {
        if (outage() == Outage::Refuse) stay_closed();
        const int socket = listener_.accept();
        if (socket < 0) {
            // Out of descriptors, woken, or the peer has gone: no reason to end, nor to spin.
            pause(kMoment);
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

void HttpServer::stay_closed() {
    listener_.refuse();
    while (!stopping_ && (outage() == Outage::Refuse || !listener_.open_again()))
        pause(kMoment);
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
    StreamReader reader{stream};
    bool reused = false;
    bool confused = false;
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
        request.reused = reused;
        const Manner manner = answer(stream, request, keep_alive, confused);
        // What is meant to be cut off ends without a good-bye.
        if (manner == Manner::Cut || manner == Manner::Close || manner == Manner::Reset) return;
        if (!keep_alive) return stream.finish(true);
        reused = true;
        confused = confused || manner == Manner::Twice;
    }
}

// What has become of it: Close when nothing more can be sent.
Manner HttpServer::answer(Stream& stream, Request& request, bool keep_alive, bool confused) {
    const Outage away = outage();
    if (away != Outage::None) ++outage_calls_;
    if (away == Outage::Hang) {
        while (outage() == Outage::Hang && !stopping_ && !stream.peer_gone())
            pause(kSlice);
        return Manner::Close;
    }
    const Reply reply = away == Outage::Unavailable ? kUnavailable : handler_(request);
    pause(latency());
    // After an answer that came twice the client may take the second for the answer to this call.
    const bool sure = reply.told && !confused && !stream.peer_gone();
    if (sure) reply.told(true);
    const bool sent = deliver(stream, reply, keep_alive, settings_.request,
                              [this](auto length) { pause(length); });
    if (sure && !sent) reply.told(false);
    const bool meant = reply.manner == Manner::Cut || reply.manner == Manner::Reset;
    return sent || meant ? reply.manner : Manner::Close;
}

// In slices, so that a stop does not wait for it.
void HttpServer::pause(std::chrono::milliseconds length) const {
    for (auto left = length; left.count() > 0 && !stopping_; left -= kSlice)
        std::this_thread::sleep_for(std::min(left, kSlice));
}

std::chrono::milliseconds HttpServer::latency() const {
    if (settings_.jitter.count() == 0) return settings_.latency;
    thread_local std::minstd_rand random(std::random_device{}());
    return settings_.latency +
           std::chrono::milliseconds(
               std::uniform_int_distribution<std::int64_t>(0, settings_.jitter.count())(random));
}

}  // namespace dvcsandbox
