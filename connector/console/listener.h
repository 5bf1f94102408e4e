// A bounded HTTP listener on the loopback address, for what stands behind a reverse proxy.
//
// Three parts: the gate (gate.h) takes connections and lets nothing in that breaks a limit; the
// server (server.h) is cpprestsdk's listener; worker threads call the handler. One request a
// connection: every answer says "Connection: close".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connector/base/error.h"
#include "connector/base/limits.h"

namespace dvcsync::console {

struct Request {
    std::string method;  // GET or POST
    std::string path;    // percent-decoded once, without the query; may hold any byte
    std::string body;
};

struct Reply {
    int status = 200;
    std::string content_type;  // "": application/octet-stream; none without a body
    std::string body;
    std::filesystem::path file;  // not empty: its bytes are the body; a regular file
    std::vector<std::pair<std::string, std::string>> headers;
};

// Called by worker threads, several at once. An exception is answered with 500.
using Handler = std::function<Reply(const Request&)>;

struct ListenerSettings {
    int port = 0;  // on 127.0.0.1; 0: any free one
    std::size_t max_head = limits::max_request_head;
    std::size_t max_body = limits::max_callback_body;
    std::size_t max_bodies = limits::max_bodies_at_once;
    std::size_t max_connections = limits::max_requests_at_once;
    std::size_t max_waiting = limits::max_waiting_requests;
    int workers = limits::listener_workers;
    std::chrono::milliseconds head_deadline = limits::request_head_deadline;
    std::chrono::milliseconds body_deadline = limits::request_body_deadline;
    std::chrono::milliseconds answer_deadline = limits::request_answer_deadline;
    std::chrono::milliseconds reader_silence = limits::reader_silence;
};

// Requests since the start.
struct ListenerCounts {
    std::uint64_t connections = 0;
    std::uint64_t refused = 0;  // by the gate: too large, too slow, malformed
    std::uint64_t busy = 0;     // told to come again
};

class Listener {
  public:
    // Listens when it returns. GET /health is answered with 200 "ok" without the handler. Config
    // error: the port is taken, or may not be used.
    static Result<std::unique_ptr<Listener>> open(ListenerSettings settings, Handler handler);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int port() const;
    ListenerCounts counts() const;

    // Takes no more connections, lets the handlers that run come to their end, answers what waits
    // with 503, and ends within limits::listener_closing and the longest handler. Once; must be
    // done before main returns. The destructor does it, too.
    void close();

  private:
    struct Impl;
    explicit Listener(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace dvcsync::console
