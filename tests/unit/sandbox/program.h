// The real program in a process of its own, and a plain client of it, for the tests of the sandbox.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dvcsandbox::testing {

inline constexpr std::string_view kLogin = R"({"username":"u","password":"p"})";

// Certificates made for one test run, in a folder that goes with it.
class Certificates {
  public:
    Certificates();
    ~Certificates();

    std::string path(std::string_view file) const { return folder / file; }
    std::filesystem::path folder;

  private:
    void authority(const std::string& name);
    void leaf(const std::string& name, const std::string& ca, const std::string& more);
};
const Certificates& certificates();

class Program {
  public:
    // `dvc-sandbox serve` with these options, and user "u", password "p".
    explicit Program(std::vector<std::string> options);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    bool running();
    // Exit status after SIGTERM; -1 if it does not end within five seconds.
    int terminate();
    int wait();

    std::uint16_t port = 0;
    std::string admin;  // http://127.0.0.1:…

  private:
    std::filesystem::path ready_;
    pid_t pid_ = -1;
    int status_ = 0;
};

// A connection of a client, plain or TLS, that reads for at most ten seconds.
class Connection {
  public:
    explicit Connection(std::uint16_t port);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // With TLS 1.3 a refused client certificate shows at the first read, so true says little.
    // `host` "": the name in the server's certificate is not looked at.
    bool secure(const Certificates& certificates, const std::string& ca, const std::string& name,
                int max_version = 0, const std::string& host = "");
    // Why the server's certificate was refused, as OpenSSL numbers it.
    long verdict() const { return SSL_get_verify_result(ssl_); }
    void write(std::string_view bytes);
    // One answer with its header, and nothing of what follows; "" when the connection ends before.
    std::string read();
    // Whatever still comes until the connection ends.
    std::string read_all();
    std::string post(std::string_view endpoint, std::string_view body, std::string_view more = "");
    bool connected() const { return connected_; }
    // How the last read ended.
    bool was_reset() const { return was_reset_; }

  private:
    bool receive();  // into rest_

    int socket_;
    bool connected_ = false;
    bool was_reset_ = false;
    std::string rest_;  // read, and not yet given out
    SSL_CTX* context_ = nullptr;
    SSL* ssl_ = nullptr;
};

}  // namespace dvcsandbox::testing
