// Writes the folder of one log outside the ledger: tiles, checkpoint, history, time stamps. What
// lies there, and how it is read: connector/audit/log_folder.h. One writer at a time: FolderLock.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connector/audit/log_folder.h"
#include "connector/audit/tiles.h"
#include "connector/base/time.h"

namespace dvcsync::sync {

// Held until destroyed; the system frees it when the process dies.
class FolderLock {
  public:
    // Makes the folder if it is missing. Retry error: another process held it all the time.
    static Result<FolderLock> take(const std::filesystem::path& folder);
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

  private:
    explicit FolderLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

class CheckpointFolder {
  public:
    explicit CheckpointFolder(std::filesystem::path folder) : read_(std::move(folder)) {}
    const audit::LogFolder& read() const { return read_; }

    // The hashes of the right edge of a log of that size and root; nullopt: the tiles are not
    // there, or not those of this log.
    Result<std::optional<std::vector<std::vector<audit::Hash>>>> edge(
        std::uint64_t size, const audit::Hash& root) const;

    // Durable only with the next publish().
    Status write(const audit::Tile& tile, std::string_view bytes);
    // Makes the tiles durable, then the checkpoint takes the place of the last one, then it joins
    // the history: after a crash at any point every checkpoint has its tiles.
    Status publish(std::string_view note);
    // Adds to the history what publish() was cut off from; no error if it is there.
    Status remember(std::string_view note);
    Status keep_timestamp(std::uint64_t size, std::string_view answer);
    // When the last one was kept.
    std::optional<UtcTime> last_timestamp() const;

  private:
    Status make(const std::filesystem::path& folder) const;
    audit::LogFolder read_;
    std::vector<std::filesystem::path> outgrown_;  // partial tiles that a full one replaces
};

// The names of the logs that lie in the folder of all logs; none if it is not there.
std::set<std::string> logs_in(const std::filesystem::path& all);

}  // namespace dvcsync::sync
