// The gate: takes connections on the loopback address and lets a request through to the server
// behind it only when it keeps every limit.
//
// cpprestsdk's listener has neither limits nor timers, does not show its sockets, and trusts the
// sizes of chunks. So what it gets is written by the gate: a head of its own making, then exactly
// as many bytes as were announced. One thread, non-blocking sockets; bodies are handed on as they
// come, with 64 KiB a direction held here.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "connector/base/error.h"
#include "connector/console/listener.h"
#include "connector/console/socket.h"

namespace dvcsync::console {

class Gate {
  public:
    // Binds the port, so that nobody else can have it; connections wait until start().
    static Result<std::unique_ptr<Gate>> open(const ListenerSettings& settings);
    ~Gate();  // closes
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    int port() const { return port_; }
    // Requests go to 127.0.0.1:`inner_port` with `pass` in the header X-Gate.
    void start(int inner_port, std::string pass);
    // From here no connection is taken; requests that are whole go on, others end.
    void stop_taking();
    std::size_t open_connections() const { return open_; }
    void close();  // ends what is left

    std::uint64_t connections() const { return connections_; }
    std::uint64_t refused() const { return refused_; }
    std::uint64_t busy() const { return busy_; }

  private:
    class Loop;
    Gate(ListenerSettings settings, Socket listening, Socket wake);

    const ListenerSettings settings_;
    Socket listening_;
    Socket wake_;
    const int port_;
    std::atomic<bool> taking_{true};
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> open_{0};
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::atomic<std::uint64_t> busy_{0};
    std::thread thread_;
};

}  // namespace dvcsync::console
