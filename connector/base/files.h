// Reading and writing small files safely. Pure functions over the file system, thread-safe.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync {

// The whole content of a regular file of at most `max` bytes. Config error naming the path if it is
// missing, not a regular file, larger, or may not be read.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t max);

// Replaces `path` by `bytes` so that a crash leaves the old content or the new, never a part: a
// temporary file beside it, fsync, rename, fsync of the folder. Retry error (nothing was changed)
// if the disk refuses; Config error if the folder is missing or not writable.
Status write_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

// Writes a new file of mode 0600, durably, that never replaces another: what a lost secret protects
// is lost with it. Config error if there is one already; otherwise as write_atomically().
Status create_secret(const std::filesystem::path& path, std::string_view bytes);

// Makes renames inside `folder` durable.
Status sync_folder(const std::filesystem::path& folder);

// The login name of a user, or the number if there is none.
std::string user_name(unsigned user);

// "<path> belongs to user root (mode 0600), and dvcsync runs as user office: …": whose the path is,
// or the nearest folder above it that can be looked at, and what to do about rights.
std::string rights_advice(const std::filesystem::path& path);

// "cannot <verb> <path>: <what the system said>", Config where a person must mend the path or its
// rights, Retry otherwise; with what to do about rights and disks. `code` is errno.
Error file_error(std::string_view verb, const std::filesystem::path& path, int code);

}  // namespace dvcsync
