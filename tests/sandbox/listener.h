// The socket that takes connections. It can be closed for a while: connections are then refused,
// as by a machine that is up with nothing running, while the port stays ours. wake() from any
// thread, all else from one.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace dvcsandbox {

class Listener {
  public:
    Listener() = default;
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // `port` 0: any free one. False: `error` says why.
    bool open(const std::string& address, std::uint16_t port, std::string& error);
    std::uint16_t port() const { return port_; }
    // The next connection; below 0: failed, or woken.
    int accept();
    void wake();
    // After this, open_again() is to be tried until it succeeds.
    void refuse();
    bool open_again();

  private:
    bool bind(std::uint16_t port);

    std::mutex mutex_;  // over socket_, for wake()
    int socket_ = -1;
    bool bound_ = false;
    std::string address_;
    std::uint16_t port_ = 0;
};

}  // namespace dvcsandbox
