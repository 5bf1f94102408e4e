#include "tests/unit/files/web_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace dvcsync::files::test {
namespace {

// As main does: OpenSSL writes to sockets that the other side has closed.
class Quiet : public ::testing::Environment {
  public:
    void SetUp() override { ::signal(SIGPIPE, SIG_IGN); }
};
const auto* const quiet = ::testing::AddGlobalTestEnvironment(new Quiet);

// Head, and the body that it announces.
bool is_whole(const std::string& request) {
    const auto head = request.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto length = request.find("Content-Length: ");
    const std::size_t body = length < head ? std::stoul(request.substr(length + 16)) : 0;
    return request.size() >= head + 4 + body;
}

void need(bool ok) {
    if (!ok) throw std::runtime_error("the test server cannot be set up");
}

}  // namespace

bool Visit::send(const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const int left = static_cast<int>(bytes.size() - done);
        const auto sent =
            tls_ != nullptr
                ? SSL_write(tls_, bytes.data() + done, left)
                : static_cast<int>(::send(socket_, bytes.data() + done, left, MSG_NOSIGNAL));
        if (sent <= 0) return false;
        done += static_cast<std::size_t>(sent);
    }
    return !closing_;
}

void Visit::linger(double seconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    pollfd one{socket_, POLLRDHUP, 0};
    while (!closing_ && std::chrono::steady_clock::now() < until)
        if (::poll(&one, 1, 10) != 0) return;
}

WebServer::WebServer(Script script) : script_(std::move(script)) {
    listen();
}

WebServer::WebServer(Script script, const std::filesystem::path& certificate)
    : script_(std::move(script)), context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
    need(SSL_CTX_use_certificate_file(context_.get(), certificate.c_str(), SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_use_PrivateKey_file(context_.get(), certificate.c_str(), SSL_FILETYPE_PEM) == 1);
    listen();
}

void WebServer::demand_certificate() {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

void WebServer::listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    need(::bind(listener_, general, size) == 0 && ::listen(listener_, 16) == 0 &&
         ::getsockname(listener_, general, &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
        for (;;) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            ++visits_;
            const timeval limit{5, 0};
            ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
            ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
            threads_.emplace_back([this, socket] { serve(socket); });
        }
    });
}

void WebServer::serve(int socket) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(
        context_ != nullptr ? SSL_new(context_.get()) : nullptr, &SSL_free);
    if (tls != nullptr) SSL_set_fd(tls.get(), socket);
    if (tls == nullptr || SSL_accept(tls.get()) == 1) {
        std::string request;
        char bytes[4096];
        while (!is_whole(request)) {
            const auto got = tls != nullptr
                                 ? SSL_read(tls.get(), bytes, sizeof bytes)
                                 : static_cast<int>(::recv(socket, bytes, sizeof bytes, 0));
            if (got <= 0) break;
            request.append(bytes, static_cast<std::size_t>(got));
        }
        {
            const std::lock_guard lock(mutex_);
            last_request_ = request;
        }
        Visit visit(socket, tls.get(), request, closing_);
        script_(visit);
    }
    ::close(socket);
}

WebServer::~WebServer() {
    closing_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& thread : threads_)
        thread.join();
    ::close(listener_);
}

std::string WebServer::url(const std::string& path, const std::string& host) const {
    return (context_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_) +
           path;
}

std::string WebServer::last_request() const {
    const std::lock_guard lock(mutex_);
    return last_request_;
}

std::string answer(const std::string& body, int status, const std::string& headers) {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
           body;
}

std::filesystem::path make_certificate(const std::filesystem::path& file,
                                       const std::string& names) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
    X509* const certificate = made.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>("files of a test"), -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_EXTENSION* const extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    need(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
    need(X509_sign(certificate, key.get(), EVP_sha256()) != 0);
    std::FILE* const out = std::fopen(file.c_str(), "w");
    need(out != nullptr && PEM_write_X509(out, certificate) == 1 &&
         PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    std::fclose(out);
    return file;
}

}  // namespace dvcsync::files::test
