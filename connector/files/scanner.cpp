#include "connector/files/scanner.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::files {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t shown_signature = 200;

// A descriptor that is closed at the end.
class Handle {
  public:
    explicit Handle(int fd) : fd_(fd) {}
    ~Handle() {
        if (fd_ >= 0) ::close(fd_);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    operator int() const { return fd_; }

  private:
    int fd_;
};

tl::unexpected<Error> later(std::string_view what) {
    return fail(ErrorKind::Retry,
                fmt::format("the virus scanner {}; see whether clamd runs (systemctl status "
                            "clamav-daemon)",
                            what));
}

// One conversation, all of which must end by the deadline.
class Talk {
  public:
    explicit Talk(int socket) : socket_(socket), deadline_(Clock::now() + limits::scan_deadline) {}

    // False: clamd does not listen any more; it may have answered already.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
            if (count < 0 && !(errno == EAGAIN ? wait(POLLOUT) : errno == EINTR)) return false;
        }
        return true;
    }

    // Up to the zero byte that ends an answer; empty if none comes.
    std::string answer() {
        std::string text;
        char bytes[512];
        while (text.size() < limits::max_scanner_answer) {
            const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
            if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
            if (const auto end = text.find('\0'); end != std::string::npos)
                return text.substr(0, end);
            if (count > 0 || (count < 0 && (errno == EAGAIN ? wait(POLLIN) : errno == EINTR)))
                continue;
            break;
        }
        return {};
    }

    bool late() const { return Clock::now() >= deadline_; }

  private:
    bool wait(short event) const {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
        pollfd one{socket_, event, 0};
        return left.count() > 0 && ::poll(&one, 1, static_cast<int>(left.count())) > 0;
    }

    int socket_;
    Clock::time_point deadline_;
};

Result<Verdict> read_answer(std::string_view answer) {
    constexpr std::string_view subject = "stream: ";
    constexpr std::string_view found = " FOUND";
    if (answer.find("size limit exceeded") != std::string_view::npos)
        return Verdict{ScanResult::NotScanned,
                       "larger than the virus scanner takes (StreamMaxLength in clamd.conf)"};
    if (answer == "stream: OK") return Verdict{ScanResult::Clean, {}};
    if (answer.size() > subject.size() + found.size() && answer.starts_with(subject) &&
        answer.ends_with(found)) {
        answer.remove_prefix(subject.size());
        answer.remove_suffix(found.size());
        return Verdict{ScanResult::Infected, excerpt(answer, shown_signature)};
    }
    return later("reports an error");
}

}  // namespace

Result<Scanner> Scanner::open(std::filesystem::path clamd_socket) {
    if (!clamd_socket.is_absolute() ||
        clamd_socket.native().size() >= sizeof(sockaddr_un::sun_path))
        return fail(ErrorKind::Config,
                    fmt::format("{}: clamd's socket is an absolute path of less than {} bytes "
                                "(LocalSocket in clamd.conf)",
                                clamd_socket.string(), sizeof(sockaddr_un::sun_path)));
    return Scanner(std::move(clamd_socket));
}

Result<Verdict> Scanner::scan(const std::filesystem::path& file) const {
    const Handle content(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (content < 0) return tl::make_unexpected(file_error("read", file, errno));
    const Handle socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.c_str(), socket_.native().size());
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return later("cannot be reached");

    Talk talk(socket);
    bool listens = talk.send(std::string_view("zINSTREAM\0", 10));
    std::string chunk(limits::read_chunk, '\0');
    // Each chunk with its size before it; one of size zero ends the stream.
    for (std::uint32_t size = 1; listens && size != 0;) {
        const ssize_t count = ::read(content, chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return tl::make_unexpected(file_error("read", file, errno));
        size = static_cast<std::uint32_t>(count);
        const std::uint32_t prefix = htonl(size);
        listens = talk.send({reinterpret_cast<const char*>(&prefix), sizeof prefix}) &&
                  talk.send({chunk.data(), size});
    }
    const std::string answer = talk.answer();
    if (!answer.empty()) return read_answer(answer);
    return later(talk.late() ? "does not answer in time" : "broke off");
}

}  // namespace dvcsync::files
