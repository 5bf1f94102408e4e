// One file of the drop folder: is it ours, is it complete, which one is it; reading it; putting it
// away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"
#include "connector/province/file_fault.h"
#include "connector/province/position.h"
#include "connector/province/source.h"

namespace dvcsync::province {

// Names in `folder` that are meant for us, in name order. Retry error if it cannot be read.
Result<std::vector<std::string>> list_files(const std::filesystem::path& folder);

// Files of one series are told apart by what follows the first digit of their names:
// "dossiers-2019-03-01.xml" belongs to "dossiers-".
std::string_view series_of(std::string_view name);

// True if `tail` ends with the end of the element `root`, blanks, comments and instructions aside.
bool closes_root(std::string_view tail, std::string_view root);

// What the root element of an export says of the whole file.
struct RootFacts {
    std::string exported;
    std::string complete;
    std::string fault;  // not empty: the attributes cannot be read, and count as absent
};
RootFacts root_facts(std::string_view start_tag, const DropFolderSettings& settings);

// nullopt: the root element names our province, or none.
std::optional<FileFault> other_province(std::string_view start_tag,
                                        const DropFolderSettings& settings);

// An open regular file. Movable, not thread-safe.
class FolderFile {
  public:
    // nullopt: gone, or not a regular file (symbolic links are not followed). Retry error: may not
    // be read now.
    static Result<std::optional<FolderFile>> open(const std::filesystem::path& path);

    FolderFile(FolderFile&& other) noexcept;
    FolderFile& operator=(FolderFile&&) = delete;
    ~FolderFile();

    const FileIdentity& identity() const { return identity_; }
    // Up to buffer.size() bytes at `offset`, less only at the end. Retry error if the file is not
    // the same as when it was opened.
    Result<std::string_view> read(std::uint64_t offset, std::string& buffer) const;

    enum class Readiness { Complete, Incomplete, Unusable };
    struct Verdict {
        Readiness readiness{};
        FileFault fault;     // Unusable
        std::string reason;  // Incomplete
        RootFacts root;      // Complete
    };
    // Looks at the head and the tail. Retry error as for read().
    Result<Verdict> examine(const DropFolderSettings& settings, UtcTime now) const;

  private:
    FolderFile(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

    int fd_;
    std::filesystem::path path_;
    FileIdentity identity_;
};

// The codes of the file's records of one shape, each once, in order; those that can be read without
// parsing. Retry error as for read().
Result<std::vector<std::string>> codes_in(const FolderFile& file,
                                          const DropFolderSettings& settings,
                                          const RecordShape& shape);

// Moves `folder`/`name` to `target` under that name, or with ".1", ".2" … if it is taken, unless it
// is no longer the file that `identity` describes. `explanation`, if not empty, is put beside it.
// The move is durable once both folders are synced.
Status put_away(const std::filesystem::path& folder, const FileState& file,
                const std::filesystem::path& target, std::string_view explanation);

}  // namespace dvcsync::province
