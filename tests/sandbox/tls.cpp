#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "tests/sandbox/stream.h"

namespace dvcsandbox {
namespace {

constexpr std::size_t kMaxRecord = 16U << 10;

std::string last_error() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "connection closed" : reason;
}

class TlsStream : public Stream {
  public:
    // `host` null: the server's side; otherwise whom the certificate must name.
    TlsStream(int socket, SSL_CTX* context, const std::string* host = nullptr)
        : Stream(socket), ssl_(SSL_new(context)), client_(host != nullptr) {
        if (ssl_ == nullptr) return;
        SSL_set_fd(ssl_, socket);
        if (host == nullptr) return;
        auto* const wanted = SSL_get0_param(ssl_);
        if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host->c_str()) != 1) {
            X509_VERIFY_PARAM_set1_host(wanted, host->c_str(), 0);
            SSL_set_tlsext_host_name(ssl_, host->c_str());
        }
    }
    ~TlsStream() override { SSL_free(ssl_); }

    bool handshake(std::string& reason) override {
        const auto end = Clock::now() + std::chrono::seconds(10);
        while (ssl_ != nullptr) {
            const int result = client_ ? SSL_connect(ssl_) : SSL_accept(ssl_);
            if (result == 1) return true;
            if (!may_try_again(result)) break;
            if (Clock::now() > end) {
                reason = "handshake timed out";
                return false;
            }
        }
        reason = last_error();
        return false;
    }

  protected:
    long receive(void* data, std::size_t size) override {
        ERR_clear_error();
        const int count = SSL_read(ssl_, data, static_cast<int>(std::min(size, kMaxRecord)));
        if (count > 0) return count;
        again_ = may_try_again(count);
        return SSL_get_error(ssl_, count) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
    }

    long send(const void* data, std::size_t size) override {
        ERR_clear_error();
        const int count = SSL_write(ssl_, data, static_cast<int>(std::min(size, kMaxRecord)));
        again_ = count <= 0 && may_try_again(count);
        return count > 0 ? count : -1;
    }

    void say_goodbye() override {
        ERR_clear_error();
        if (SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
        ERR_clear_error();
    }

  private:
    // The socket's tick comes out of OpenSSL as "wants to read" or "wants to write".
    bool may_try_again(int result) {
        const int error = SSL_get_error(ssl_, result);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    }

    SSL* ssl_;
    const bool client_;
};

[[noreturn]] void unusable(const std::string& file) {
    throw std::runtime_error(file + ": " + last_error());
}

std::shared_ptr<SSL_CTX> bare_context(const SSL_METHOD* method) {
    std::shared_ptr<SSL_CTX> made(SSL_CTX_new(method), SSL_CTX_free);
    SSL_CTX* const context = made.get();
    if (context == nullptr) throw std::runtime_error("TLS: " + last_error());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(
        context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    return made;
}

void show(SSL_CTX* context, const std::string& certificate, const std::string& key) {
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        unusable(certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) unusable(key);
    if (SSL_CTX_check_private_key(context) != 1) unusable(key);
}

std::shared_ptr<SSL_CTX> new_context(const std::string& certificate, const std::string& key,
                                     const std::string& client_ca) {
    auto made = bare_context(TLS_server_method());
    SSL_CTX* const context = made.get();
    // A record's header and body with one system call.
    SSL_CTX_set_read_ahead(context, 1);
    const unsigned char session_context[] = "dvc-sandbox";
    SSL_CTX_set_session_id_context(context, session_context, sizeof session_context - 1);
    show(context, certificate, key);
    if (client_ca.empty()) return made;
    if (SSL_CTX_load_verify_locations(context, client_ca.c_str(), nullptr) != 1)
        unusable(client_ca);
    auto* names = SSL_load_client_CA_file(client_ca.c_str());
    if (names == nullptr) unusable(client_ca);
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return made;
}

}  // namespace

TlsClient::TlsClient(const std::string& ca, const std::string& certificate, const std::string& key)
    : context_(bare_context(TLS_client_method())) {
    SSL_CTX* const context = context_.get();
    const bool trusted = ca.empty()
                             ? SSL_CTX_set_default_verify_paths(context) == 1
                             : SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) == 1;
    if (!trusted) unusable(ca);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (!certificate.empty()) show(context, certificate, key);
}

std::unique_ptr<Stream> TlsClient::connect(int socket, const std::string& host) const {
    return std::make_unique<TlsStream>(socket, context_.get(), &host);
}

TlsContext::TlsContext(const std::string& certificate, const std::string& key,
                       const std::string& client_ca)
    : client_ca_(client_ca), context_(new_context(certificate, key, client_ca)) {}

void TlsContext::serve_with(const std::string& certificate, const std::string& key) {
    auto context = new_context(certificate, key, client_ca_);
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
}

std::unique_ptr<Stream> TlsContext::accept(int socket) const {
    const std::lock_guard lock(mutex_);
    return std::make_unique<TlsStream>(socket, context_.get());  // OpenSSL counts its users
}

}  // namespace dvcsandbox
