#include "tests/sandbox/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace dvcsandbox {

Listener::~Listener() {
    if (socket_ >= 0) ::close(socket_);
}

bool Listener::open(const std::string& address, std::uint16_t port, std::string& error) {
    in_addr checked{};
    if (::inet_pton(AF_INET, address.c_str(), &checked) != 1) {
        error = address + ": not an IPv4 address";
        return false;
    }
    address_ = address;
    sockaddr_in name{};
    socklen_t size = sizeof name;
    if (!bind(port) || ::listen(socket_, SOMAXCONN) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
        error = fmt::format("{}:{}: {}", address, port, std::strerror(errno));
        return false;
    }
    port_ = ntohs(name.sin_port);
    return true;
}

int Listener::accept() {
    // A wake that comes just before the socket listens again is lost: look up now and then.
    constexpr int look_up_ms = 500;
    pollfd state{socket_, POLLIN, 0};
    if (::poll(&state, 1, look_up_ms) <= 0) return -1;
    return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
}

void Listener::wake() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void Listener::refuse() {
    // A socket that is bound but does not listen keeps the port and refuses connections.
    bind(port_);
}

bool Listener::open_again() {
    return (bound_ || bind(port_)) && ::listen(socket_, SOMAXCONN) == 0;
}

bool Listener::bind(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    if (const int old = std::exchange(socket_, -1); old >= 0) ::close(old);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    ::inet_pton(AF_INET, address_.c_str(), &name.sin_addr);
    bound_ =
        socket_ >= 0 && ::bind(socket_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
    return bound_;
}

}  // namespace dvcsandbox
