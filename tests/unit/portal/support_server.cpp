#include "tests/unit/portal/support_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "connector/portal/portal.h"
#include "gtest/gtest.h"

namespace dvcsync::portal::test {

namespace {

// As main does, before the first connection.
class Initialized : public ::testing::Environment {
  public:
    void SetUp() override { initialize(); }
};
const auto* const initialized = ::testing::AddGlobalTestEnvironment(new Initialized);

thread_local Server* serving = nullptr;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    });
    return text;
}

}  // namespace

bool Connection::fill() {
    char bytes[16384];
    const auto got = tls_ != nullptr ? SSL_read(tls_, bytes, sizeof bytes)
                                     : static_cast<int>(::recv(socket_, bytes, sizeof bytes, 0));
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
}

std::optional<HttpRequest> Connection::read() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return std::nullopt;
    HttpRequest request;
    std::size_t at = buffer_.find("\r\n");
    request.line = buffer_.substr(0, at);
    while (at < end) {
        const auto start = at + 2;
        at = buffer_.find("\r\n", start);
        const auto colon = buffer_.find(':', start);
        const auto value = buffer_.find_first_not_of(' ', colon + 1);
        request.headers[lower(buffer_.substr(start, colon - start))] =
            buffer_.substr(value, at - value);
    }
    buffer_.erase(0, end + 4);
    const auto length = request.headers.find("content-length");
    const auto size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (buffer_.size() < size)
        if (!fill()) return std::nullopt;
    request.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    serving->note(request);
    return request;
}

bool Connection::write(const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto left = bytes.size() - done;
        const auto sent =
            tls_ != nullptr
                ? SSL_write(tls_, bytes.data() + done, static_cast<int>(left))
                : static_cast<int>(::send(socket_, bytes.data() + done, left, MSG_NOSIGNAL));
        if (sent <= 0) return false;
        done += static_cast<std::size_t>(sent);
    }
    return true;
}

void Connection::cork(bool on) {
    const int value = on ? 1 : 0;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

void Connection::end_writing() {
    if (tls_ != nullptr)
        SSL_shutdown(tls_);
    else
        ::shutdown(socket_, SHUT_WR);
}

void Connection::reset_at_end() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::string http(int status, const std::string& body, const std::string& headers) {
    return "HTTP/1.1 " + std::to_string(status) +
           " Words\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
           body;
}

Server::Server(Script script) : script_(std::move(script)) {
    listen();
}

Server::Server(Script script, const CertificateFiles& own,
               const std::filesystem::path& client_authority, int newest)
    : script_(std::move(script)), context_(SSL_CTX_new(TLS_server_method())) {
    if (SSL_CTX_use_certificate_file(context_, own.certificate.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_, own.key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("test server: no certificate");
    SSL_CTX_set_max_proto_version(context_, newest);
    if (!client_authority.empty()) {
        SSL_CTX_load_verify_file(context_, client_authority.c_str());
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    listen();
}

void Server::listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("test server: cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0 || stopping_) {
                if (socket >= 0) ::close(socket);
                return;
            }
            const int number = connections_++;
            const timeval limit{10, 0};
            ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
            ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
            const int on = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const std::lock_guard lock(mutex_);
            open_.push_back(socket);
            workers_.emplace_back([this, socket, number] { serve(socket, number); });
        }
    });
}

void Server::serve(int socket, int number) {
    serving = this;
    // OpenSSL writes without MSG_NOSIGNAL. Only here: the client must do without this.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    SSL* tls = nullptr;
    if (context_ != nullptr) {
        tls = SSL_new(context_);
        SSL_set_fd(tls, socket);
    }
    if (tls == nullptr || SSL_accept(tls) == 1) {
        Connection connection(socket, tls);
        connection.number = number;
        script_(connection);
    }
    SSL_free(tls);
    ERR_clear_error();
    const std::lock_guard lock(mutex_);
    open_.erase(std::find(open_.begin(), open_.end(), socket));
    ::close(socket);
}

Server::~Server() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : open_)
            ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& worker : workers_)
        worker.join();
    ::close(listener_);
    SSL_CTX_free(context_);
}

std::string Server::url(const std::string& host) const {
    return (context_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_);
}

void Server::note(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
}

std::vector<HttpRequest> Server::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

Server::Script Server::answering(std::function<std::string(const HttpRequest&)> answer) {
    return [answer = std::move(answer)](Connection& connection) {
        while (const auto request = connection.read())
            if (!connection.write(answer(*request))) return;
    };
}

}  // namespace dvcsync::portal::test
