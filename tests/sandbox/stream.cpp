#include "tests/sandbox/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>

namespace dvcsandbox {
namespace {

// A blocked call wakes this often to look at the deadline.
constexpr timeval kTick{0, 500'000};
constexpr auto kDrain = std::chrono::seconds(1);
constexpr std::size_t kDrainBytes = 4u << 20;

}  // namespace

Stream::Stream(int socket) : socket_(socket) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kTick, sizeof kTick);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kTick, sizeof kTick);
}

bool Stream::handshake(std::string&) {
    return true;
}

std::size_t Stream::read(void* data, std::size_t size, boost::system::error_code& error) {
    for (;;) {
        const long count = receive(data, size);
        if (count > 0) {
            error = {};
            // Slow bytes: the deadline holds although every single read succeeds.
            if (Clock::now() > deadline_) error = boost::asio::error::timed_out;
            return error ? 0 : static_cast<std::size_t>(count);
        }
        if (count == 0) {
            error = boost::asio::error::eof;
            return 0;
        }
        if (!again_) {
            error = boost::asio::error::connection_reset;
            return 0;
        }
        if (Clock::now() > deadline_) {
            error = boost::asio::error::timed_out;
            return 0;
        }
    }
}

bool Stream::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const long count = send(bytes.data(), bytes.size());
        if (count > 0)
            bytes.remove_prefix(static_cast<std::size_t>(count));
        else if (count == 0 || !again_ || Clock::now() > deadline_)
            return false;
    }
    return true;
}

void Stream::hold_back(bool on) {
    const int value = on ? 1 : 0;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

bool Stream::peer_gone() const {
    pollfd state{socket_, POLLRDHUP, 0};
    return ::poll(&state, 1, 0) > 0;
}

bool Stream::readable() const {
    pollfd state{socket_, POLLIN | POLLRDHUP, 0};
    return ::poll(&state, 1, 0) > 0;
}

void Stream::reset_on_close() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Stream::finish(bool drain) {
    say_goodbye();
    ::shutdown(socket_, SHUT_WR);
    if (!drain) return;
    std::array<char, (16U << 10)> waste{};
    const auto end = Clock::now() + kDrain;
    for (std::size_t total = 0; total < kDrainBytes && Clock::now() < end;) {
        const auto count = ::recv(socket_, waste.data(), waste.size(), 0);
        if (count <= 0) break;
        total += static_cast<std::size_t>(count);
    }
}

long Stream::receive(void* data, std::size_t size) {
    const auto count = ::recv(socket_, data, size, 0);
    again_ = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return count;
}

long Stream::send(const void* data, std::size_t size) {
    const auto count = ::send(socket_, data, size, MSG_NOSIGNAL);
    again_ = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return count;
}

}  // namespace dvcsandbox
