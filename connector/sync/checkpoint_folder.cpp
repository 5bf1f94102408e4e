#include "connector/sync/checkpoint_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"

namespace dvcsync::sync {
namespace {

namespace fs = std::filesystem;

constexpr mode_t file_mode = 0644;  // auditors read: digests and signatures only
constexpr mode_t folder_mode = 0755;
// More than the longest note that we write, which is three lines and a signature.
constexpr std::size_t history_tail = 16u << 10;

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

tl::unexpected<Error> fault(std::string_view verb, const fs::path& path) {
    return tl::make_unexpected(file_error(verb, path, errno));
}

Status make_folder(const fs::path& folder) {
    struct stat facts {};
    if (::mkdir(folder.c_str(), folder_mode) == 0) return {};
    if (errno != EEXIST) return fault("make", folder);
    if (::stat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) return {};
    errno = ENOTDIR;
    return fault("write into", folder);
}

bool write_whole(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace

Result<FolderLock> FolderLock::take(const fs::path& folder) {
    constexpr std::chrono::milliseconds pause{50};
    DVC_TRY(make_folder(folder));
    const fs::path file = folder / "lock";
    FolderLock lock(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    if (lock.fd_ < 0) return fault("write", file);
    for (Millis waited{0}; waited < limits::folder_lock_wait; waited += pause) {
        if (::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
        std::this_thread::sleep_for(pause);
    }
    return fail(ErrorKind::Retry,
                fmt::format("{}: another dvcsync has held it for {} seconds; if it hangs, end it",
                            file.string(), limits::folder_lock_wait.count()));
}

FolderLock::FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FolderLock::~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::optional<std::vector<std::vector<audit::Hash>>>> CheckpointFolder::edge(
    std::uint64_t size, const audit::Hash& root) const {
    std::vector<std::vector<audit::Hash>> edge;
    for (const audit::Tile& tile : audit::edge_of(size)) {
        edge.emplace_back();
        if (tile.width == 0) continue;
        DVC_TRY_ASSIGN(bytes, read_.tile(tile));
        if (!bytes) return std::nullopt;
        auto hashes = audit::parse_tile(*bytes, tile.width);
        if (!hashes) return std::nullopt;
        edge.back() = *std::move(hashes);
    }
    if (audit::edge_root(edge) != root) return std::nullopt;
    return std::optional(std::move(edge));
}

Status CheckpointFolder::make(const fs::path& folder) const {
    std::error_code failed;
    if (fs::is_directory(folder, failed)) return {};
    if (folder.has_parent_path()) DVC_TRY(make(folder.parent_path()));
    return make_folder(folder);
}

Status CheckpointFolder::write(const audit::Tile& tile, std::string_view bytes) {
    const fs::path file = read_.path() / audit::tile_path(tile);
    const fs::path part = file.string() + ".part";
    DVC_TRY(make(file.parent_path()));
    {
        const Descriptor fd(
            ::open(part.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, file_mode));
        if (fd < 0 || !write_whole(fd, bytes)) return fault("write", file);
    }
    if (::rename(part.c_str(), file.c_str()) != 0) return fault("write", file);
    if (tile.width == audit::tile_width) outgrown_.push_back(file.string() + ".p");
    return {};
}

Status CheckpointFolder::publish(std::string_view note) {
    DVC_TRY(make(read_.path()));
    {
        // One for all of them: a year's first sealing writes thousands.
        const Descriptor fd(::open(read_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (fd < 0 || ::syncfs(fd) != 0) return fault("sync", read_.path());
    }
    DVC_TRY(write_atomically(read_.path() / "checkpoint", note, file_mode));
    DVC_TRY(remember(note));
    std::error_code ignored;  // what is left behind does no harm
    for (const fs::path& folder : outgrown_)
        fs::remove_all(folder, ignored);
    outgrown_.clear();
    return {};
}

Status CheckpointFolder::remember(std::string_view note) {
    const fs::path file = read_.path() / "checkpoints.txt";
    const Descriptor fd(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, file_mode));
    if (fd < 0) return fault("write", file);
    const off_t size = ::lseek(fd, 0, SEEK_END);
    const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(history_tail));
    std::string tail(static_cast<std::size_t>(size - begin), '\0');
    if (::pread(fd, tail.data(), tail.size(), begin) != static_cast<ssize_t>(tail.size()))
        return fault("read", file);
    // What a crash has left of a note goes.
    const auto whole = audit::whole_notes(tail);
    const off_t end = begin + static_cast<off_t>(whole);
    const std::string record = std::string(note) + "\n";
    if (std::string_view(tail).substr(0, whole).ends_with(record)) return {};
    if (::ftruncate(fd, end) != 0 || ::lseek(fd, end, SEEK_SET) != end ||
        !write_whole(fd, record) || ::fsync(fd) != 0)
        return fault("write", file);
    return sync_folder(read_.path());
}

Status CheckpointFolder::keep_timestamp(std::uint64_t size, std::string_view answer) {
    const fs::path folder = read_.path() / "timestamps";
    DVC_TRY(make(folder));
    return write_atomically(folder / fmt::format("{}.tsr", size), answer, file_mode);
}

std::optional<UtcTime> CheckpointFolder::last_timestamp() const {
    struct stat facts {};
    // Files are only added there, so the folder's time is that of the last one.
    if (::stat((read_.path() / "timestamps").c_str(), &facts) != 0) return std::nullopt;
    return UtcTime(std::chrono::seconds(facts.st_mtim.tv_sec));
}

std::set<std::string> logs_in(const std::filesystem::path& all) {
    std::set<std::string> names;
    std::error_code failed;
    for (std::filesystem::directory_iterator it(all, failed), end; !failed && it != end;
         it.increment(failed)) {
        std::error_code none;
        for (const char* file : {"checkpoint", "checkpoints.txt", "tile"})
            if (std::filesystem::exists(it->path() / file, none))
                names.insert(it->path().filename().string());
    }
    return names;
}

}  // namespace dvcsync::sync
