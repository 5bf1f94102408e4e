#include "connector/base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace dvcsync {
namespace {

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    operator int() const { return fd_; }

  private:
    int fd_;
};

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(std::size_t(count));
    }
    return true;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

std::string user_name(unsigned user) {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
    return found != nullptr ? found->pw_name : std::to_string(user);
}

std::string rights_advice(const std::filesystem::path& path) {
    std::error_code ignored;
    std::filesystem::path seen = std::filesystem::absolute(path, ignored);
    struct stat facts {};
    while (::stat(seen.c_str(), &facts) != 0 && seen.has_relative_path())
        seen = seen.parent_path();
    const std::string owner = user_name(facts.st_uid);
    return fmt::format(
        "{} belongs to user {} (mode {:04o}), and dvcsync runs as user {}: run it as the user that "
        "owns the files, or mend owner and mode (chown, chmod)",
        seen.string(), owner, facts.st_mode & 07777, user_name(::geteuid()));
}

Error file_error(std::string_view verb, const std::filesystem::path& path, int code) {
    const bool persons_fault = code == ENOENT || code == EACCES || code == EPERM ||
                               code == ENOTDIR || code == EISDIR || code == ELOOP ||
                               code == ENAMETOOLONG;
    // What to do about a disk; the other reasons say it themselves.
    const std::string advice =
        code == EACCES || code == EPERM    ? "; " + rights_advice(path)
        : code == ENOSPC || code == EDQUOT ? "; make room, then start again"
        : code == EROFS ? "; look for disk errors (dmesg), mount it writable, then start again"
        : code == EIO   ? "; look for disk errors (dmesg), then start again"
                        : "";
    return {persons_fault ? ErrorKind::Config : ErrorKind::Retry,
            fmt::format("cannot {} {}: {}{}", verb, path.string(),
                        std::generic_category().message(code), advice)};
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max) {
    // O_NONBLOCK: a pipe under that name must not hold the program.
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat facts {};
    if (fd < 0 || ::fstat(fd, &facts) != 0)
        return tl::make_unexpected(file_error("read", path, errno));
    if (!S_ISREG(facts.st_mode))
        return fail(ErrorKind::Config, "cannot read " + path.string() + ": not a regular file");
    const auto too_large = [&] {
        return fail(ErrorKind::Config,
                    fmt::format("cannot read {}: larger than {} bytes", path.string(), max));
    };
    if (std::size_t(facts.st_size) > max) return too_large();
    std::string content(std::size_t(facts.st_size) + 1, '\0');  // one more sees growth
    std::size_t filled = 0;
    for (;;) {
        const ssize_t count = ::read(fd, content.data() + filled, content.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return tl::make_unexpected(file_error("read", path, errno));
        if (count == 0) break;
        filled += std::size_t(count);
        if (filled > max) return too_large();
        if (filled == content.size()) content.resize(content.size() * 2);
    }
    content.resize(filled);
    return content;
}

Status write_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
    std::string temporary = path.string() + ".XXXXXX";
    int failure = 0;
    {
        const Descriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
        if (fd < 0) return tl::make_unexpected(file_error("write", path, errno));
        if (!write_all(fd, bytes) || ::fchmod(fd, mode) != 0 || ::fsync(fd) != 0) failure = errno;
    }
    if (failure == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) failure = errno;
    if (failure != 0) {
        ::unlink(temporary.c_str());
        return tl::make_unexpected(file_error("write", path, failure));
    }
    return sync_folder(folder_of(path));
}

Status create_secret(const std::filesystem::path& path, std::string_view bytes) {
    // O_EXCL and not write_atomically: of two installations at once, one must be refused.
    const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd < 0 && errno == EEXIST)
        return fail(ErrorKind::Config,
                    path.string() +
                        ": exists already, and is not overwritten: what it protects "
                        "would be lost with it");
    if (fd < 0) return tl::make_unexpected(file_error("create", path, errno));
    if (!write_all(fd, bytes) || ::fsync(fd) != 0) {
        const int reason = errno;
        ::unlink(path.c_str());
        return tl::make_unexpected(file_error("write", path, reason));
    }
    // The name must survive a power cut too, or the first things it protects are lost with it.
    return sync_folder(folder_of(path));
}

Status sync_folder(const std::filesystem::path& folder) {
    const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0 || ::fsync(fd) != 0)
        return tl::make_unexpected(file_error("sync folder", folder, errno));
    return {};
}

}  // namespace dvcsync
