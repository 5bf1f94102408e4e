// A scripted HTTP or HTTPS server on a real loopback socket. Every wait is bounded.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dvcsync::files::test {

class WebServer;

// One client, after its request has been read.
class Visit {
  public:
    Visit(int socket, SSL* tls, std::string request, const std::atomic<bool>& closing)
        : request(std::move(request)), socket_(socket), tls_(tls), closing_(closing) {}
    bool send(const std::string& bytes);  // false: the client is gone
    // Until the client goes, the server ends, or `seconds` have passed.
    void linger(double seconds);

    const std::string request;  // request line, headers, body

  private:
    int socket_;
    SSL* tls_;
    const std::atomic<bool>& closing_;
};

class WebServer {
  public:
    using Script = std::function<void(Visit&)>;

    explicit WebServer(Script script);
    // TLS with this certificate and its key, both in one PEM file.
    WebServer(Script script, const std::filesystem::path& certificate);
    ~WebServer();
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;

    // Mutual TLS: whoever shows no certificate is sent away.
    void demand_certificate();
    std::string url(const std::string& path = "/f", const std::string& host = "127.0.0.1") const;
    int port() const { return port_; }
    int visits() const { return visits_; }
    std::string last_request() const;

  private:
    void listen();
    void serve(int socket);

    Script script_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, &SSL_CTX_free};
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> visits_{0};
    std::atomic<bool> closing_{false};
    mutable std::mutex mutex_;
    std::string last_request_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

// "HTTP/1.1 200 X", Content-Length, `headers` (each with CRLF), the body.
std::string answer(const std::string& body, int status = 200, const std::string& headers = {});

// Self-signed, with these names ("DNS:localhost,IP:127.0.0.1"), in a PEM file with its key.
std::filesystem::path make_certificate(const std::filesystem::path& file, const std::string& names);

}  // namespace dvcsync::files::test
