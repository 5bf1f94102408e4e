// A scripted HTTP server on a real loopback socket, with or without TLS: each test says byte by
// byte what it does. Every wait is bounded.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/portal/support_certificates.h"

namespace dvcsync::portal::test {

struct HttpRequest {
    std::string line;                            // "POST /path HTTP/1.1"
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

class Connection {
  public:
    Connection(int socket, SSL* tls) : socket_(socket), tls_(tls) {}
    std::optional<HttpRequest> read();     // nullopt: the client has closed, or sent half a request
    bool write(const std::string& bytes);  // false: the client is gone
    // What is written while the connection is corked leaves in one TCP segment at its end.
    void cork(bool on);
    void end_writing();   // close_notify with TLS, else half a close; reading goes on
    void reset_at_end();  // as a machine that has crashed answers
    int number = 0;       // 0 for the first connection of the server

  private:
    bool fill();
    int socket_;
    SSL* tls_;
    std::string buffer_;
};

std::string http(int status, const std::string& body, const std::string& headers = {});

class Server {
  public:
    using Script = std::function<void(Connection&)>;

    // Plain HTTP, or TLS (up to `newest`) with this certificate; with `client_authority`, clients
    // must show theirs.
    explicit Server(Script script);
    Server(Script script, const CertificateFiles& own,
           const std::filesystem::path& client_authority = {}, int newest = TLS1_3_VERSION);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const { return port_; }
    std::string url(const std::string& host = "127.0.0.1") const;
    int connections() const { return connections_; }
    std::vector<HttpRequest> requests() const;  // those that arrived whole

    // Script: one answer for each request, for as long as the client stays.
    static Script answering(std::function<std::string(const HttpRequest&)> answer);
    void note(const HttpRequest& request);

  private:
    void listen();
    void serve(int socket, int number);

    Script script_;
    SSL_CTX* context_ = nullptr;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> connections_{0};
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::vector<HttpRequest> requests_;
    std::vector<int> open_;
    std::vector<std::thread> workers_;
    std::thread acceptor_;
};

}  // namespace dvcsync::portal::test
