// A file descriptor that is closed at the end. Not thread-safe.
#pragma once

#include <unistd.h>

#include <utility>

namespace dvcsync::console {

class Socket {
  public:
    Socket() = default;
    explicit Socket(int fd) : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Socket() { close(); }

    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

  private:
    int fd_ = -1;
};

// A listening socket on 127.0.0.1:`port` (0: any free one), non-blocking; none: errno says why.
Socket listen_on_loopback(int port);
int port_of(const Socket& socket);  // that it is bound to
// A connection to 127.0.0.1:`port`, non-blocking, perhaps not established yet; none: errno says
// why.
Socket connect_to_loopback(int port);

}  // namespace dvcsync::console
