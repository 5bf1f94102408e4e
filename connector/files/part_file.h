// A file on its way into the staging folder: hashed while it is written, whole or not there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "connector/base/crypto.h"
#include "connector/base/error.h"

namespace dvcsync::files {

struct Measure {
    std::uint64_t size = 0;
    Digest sha256{};
    std::string head;  // the first limits::sniffed_bytes
};

// Takes the measure of bytes as they pass. OpenSSL stays inside part_file.cpp.
class Meter {
  public:
    Meter();
    Meter(Meter&&) noexcept;
    ~Meter();
    void add(std::string_view bytes);
    std::uint64_t size() const { return measure_.size; }
    Measure finish() &&;

  private:
    struct Hash;
    std::unique_ptr<Hash> hash_;
    Measure measure_;
};

// The measure of a regular file of at most `max` bytes (a larger one: Refused). Errors as
// dvcsync::file_error(), symbolic links are not followed.
Result<Measure> measure_file(const std::filesystem::path& path, std::uint64_t max);

// "<path>.part" until publish() renames it to `path`; removed if that is not reached. One thread.
class PartFile {
  public:
    // Replaces a part that a crash has left. Mode 0600.
    static Result<PartFile> create(const std::filesystem::path& path, std::uint64_t max);
    PartFile(PartFile&& other) noexcept;
    PartFile& operator=(PartFile&&) = delete;
    ~PartFile();

    // Refused error when it grows beyond max, Retry when the disk refuses; nothing more may be
    // written then.
    Status write(std::string_view bytes);
    // Durable content under the final name; the name is durable once the folder is synced.
    Result<Measure> publish() &&;

  private:
    PartFile(int fd, std::filesystem::path path, std::uint64_t max)
        : fd_(fd), path_(std::move(path)), max_(max) {}
    std::filesystem::path part() const { return path_.string() + ".part"; }

    int fd_;
    std::filesystem::path path_;
    std::uint64_t max_;
    Meter meter_;
};

Error too_large(std::uint64_t max);

}  // namespace dvcsync::files
