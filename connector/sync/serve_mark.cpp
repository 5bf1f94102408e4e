#include "connector/sync/serve_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace dvcsync::sync {
namespace {

std::string name_of(const std::filesystem::path& ledger_file) {
    return ledger_file.string() + ".serve";
}

// A lock of the open file, so that looking for it takes nothing and disturbs nobody.
struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

}  // namespace

ServeMark::ServeMark(const std::filesystem::path& ledger_file, int port)
    : fd_(::open(name_of(ledger_file).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    if (fd_ < 0) return;
    auto lock = whole_file();
    const std::string text = std::to_string(port) + "\n";
    if (::fcntl(fd_, F_OFD_SETLK, &lock) == 0 && ::ftruncate(fd_, 0) == 0 &&
        ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
        return;
    ::close(fd_);
    fd_ = -1;
}

ServeMark::~ServeMark() {
    if (fd_ >= 0) ::close(fd_);
}

std::optional<int> ServeMark::port(const std::filesystem::path& ledger_file) {
    const int fd = ::open(name_of(ledger_file).c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    auto lock = whole_file();
    std::array<char, 16> text{};
    const bool held = ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    const auto size = held ? ::pread(fd, text.data(), text.size(), 0) : 0;
    ::close(fd);
    int port = 0;
    if (size <= 0 || std::from_chars(text.data(), text.data() + size, port).ec != std::errc())
        return std::nullopt;
    return port;
}

}  // namespace dvcsync::sync
