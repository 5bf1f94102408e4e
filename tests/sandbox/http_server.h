// A small HTTP/1.1 server: one thread per connection, keep-alive, bounded in connections, sizes and
// time. start() and stop() from one thread; the handler is called from many at once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "tests/sandbox/portal.h"
#include "tests/sandbox/stream.h"

namespace dvcsandbox {

struct HttpSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::size_t max_connections = 512;
    std::size_t max_body = 32u << 20;
    std::size_t max_header = 16u << 10;
    std::chrono::milliseconds idle = std::chrono::seconds(75);     // between two requests
    std::chrono::milliseconds request = std::chrono::seconds(30);  // to read one; to send an answer
    std::chrono::milliseconds latency{0};                          // added to every answer
    std::chrono::milliseconds jitter{0};                           // plus up to this
    bool verbose = false;
};

class HttpServer {
  public:
    using Handler = std::function<Reply(Request&)>;

    // `tls` null: plain HTTP. It must outlive the server.
    HttpServer(HttpSettings settings, const TlsContext* tls, Handler handler);
    ~HttpServer();

    // False: `error` says why (address in use …).
    bool start(std::string& error);
    std::uint16_t port() const { return port_; }
    // Ends every connection and waits for their threads. Calls under way lose their answer.
    void stop();

  private:
    void accept_loop();
    void forget(int socket);  // under the lock
    void serve(int socket);
    void serve_requests(Stream& stream);
    void wait_latency();

    const HttpSettings settings_;
    const TlsContext* const tls_;
    const Handler handler_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread acceptor_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<int> open_;  // sockets, to wake their threads
};

}  // namespace dvcsandbox
