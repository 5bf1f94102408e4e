// A small HTTP/1.1 server: one thread per connection, keep-alive, bounded in connections, sizes and
// time. bind(), start() and stop() from one thread, begin_outage() and drop_connections() from any;
// the handler is called from many at once.
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

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/listener.h"
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

// How a portal is away. In none of them is anything kept of a call.
enum class Outage : std::uint8_t {
    None,
    Refuse,       // connections are refused, those that were open end
    Unavailable,  // every call is answered with HTTP 503
    Hang,         // calls are read and not answered; the connection ends with the outage
};

class HttpServer {
  public:
    using Handler = std::function<Reply(Request&)>;

    // `tls` null: plain HTTP. It must outlive the server.
    HttpServer(HttpSettings settings, const TlsContext* tls, Handler handler);
    ~HttpServer();

    // Takes the port; connections wait until start(). False: `error` says why (in use …).
    bool bind(std::string& error);
    void start();
    std::uint16_t port() const { return listener_.port(); }
    // Ends every connection and waits for their threads. Calls under way lose their answer.
    void stop();

    // Replaces an outage that lasts; Outage::None or no length ends it.
    void begin_outage(Outage how, std::chrono::milliseconds length);
    // Calls that met an outage; connections that were refused cannot be counted.
    std::uint64_t outage_calls() const { return outage_calls_; }
    // Calls under way lose their answer.
    void drop_connections();

  private:
    void accept_loop();
    void stay_closed();
    void forget(int socket);  // under the lock
    void serve(int socket);
    void serve_requests(Stream& stream);
    Manner answer(Stream& stream, Request& request, bool keep_alive, bool confused);
    Outage outage() const;
    void pause(std::chrono::milliseconds length) const;
    std::chrono::milliseconds latency() const;

    const HttpSettings settings_;
    const TlsContext* const tls_;
    const Handler handler_;
    Listener listener_;
    std::thread acceptor_;
    std::atomic<bool> stopping_{false};
    std::atomic<Outage> outage_{Outage::None};
    std::atomic<Stream::Clock::time_point> outage_end_{};
    std::atomic<std::uint64_t> outage_calls_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<int> open_;  // sockets, to wake their threads
};

}  // namespace dvcsandbox
