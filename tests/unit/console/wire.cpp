#include "tests/unit/console/wire.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "connector/console/socket.h"

namespace dvcsync::console::test {

using std::chrono::steady_clock;

namespace {

bool wait_for(int fd, short events, steady_clock::time_point until) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd one{fd, events, 0};
    return left.count() > 0 && ::poll(&one, 1, static_cast<int>(left.count())) > 0;
}

}  // namespace

Answer answer_in(const std::string& bytes) {
    Answer answer;
    const auto blank = bytes.find("\r\n\r\n");
    if (!bytes.starts_with("HTTP/1.1 ") || blank == std::string::npos) return answer;
    std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
    answer.headers = bytes.substr(0, blank + 2);
    answer.body = bytes.substr(blank + 4);
    return answer;
}

Caller::Caller(int port) {
    Socket socket = connect_to_loopback(port);
    fd_ = ::dup(socket.fd());
}

Caller::~Caller() {
    ::close(fd_);
}

bool Caller::say(std::string_view bytes) {
    const auto until = steady_clock::now() + std::chrono::seconds(20);
    while (!bytes.empty()) {
        if (!wait_for(fd_, POLLOUT, until)) return false;
        const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Caller::finish() {
    ::shutdown(fd_, SHUT_WR);
}

std::string Caller::hear(std::chrono::milliseconds patience) {
    const auto until = steady_clock::now() + patience;
    std::string heard;
    std::array<char, 65536> buffer;
    while (wait_for(fd_, POLLIN, until)) {
        const auto size = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (size <= 0) break;
        heard.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return heard;
}

std::string Caller::hear_some(std::size_t count) {
    const auto until = steady_clock::now() + std::chrono::seconds(10);
    std::string heard(count, '\0');
    std::size_t have = 0;
    while (have < count && wait_for(fd_, POLLIN, until)) {
        const auto size = ::recv(fd_, heard.data() + have, count - have, 0);
        if (size <= 0) break;
        have += static_cast<std::size_t>(size);
    }
    heard.resize(have);
    return heard;
}

std::string post(std::string_view path, std::string_view body) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", path,
                       body.size(), body);
}

Answer call(int port, std::string_view request) {
    Caller caller(port);
    caller.say(request);
    return answer_in(caller.hear());
}

}  // namespace dvcsync::console::test
