#include "connector/files/staging.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "connector/base/files.h"
#include "connector/base/points.h"
#include "connector/files/base64.h"
#include "connector/files/download.h"
#include "connector/files/part_file.h"
#include "connector/files/types.h"

namespace dvcsync::files {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_record = 200;  // two digests in hexadecimal digits

fs::path record_of(const fs::path& path) {
    return path.string() + ".sha256";
}

std::string record(const Digest& content, const Digest& source) {
    return hex(content) + " " + hex(source) + "\n";
}

tl::unexpected<Error> about(int index, Error error) {
    error.message = fmt::format("file {}: {}", index, error.message);
    return tl::make_unexpected(std::move(error));
}

Result<Staged> described(fs::path path, std::string_view name, Measure measure) {
    DVC_TRY_ASSIGN(kind, examine(name, measure.head));
    return Staged{std::move(path),      measure.size, measure.sha256,
                  std::move(kind.type), kind.program, std::move(kind.program_by),
                  kind.type_differs};
}

// What a run before this one has staged, if it is whole and from the same source.
Result<std::optional<Measure>> found(const fs::path& path, const Digest& source,
                                     std::uint64_t max) {
    std::error_code error;
    const auto is_file = [&](const fs::path& it) {
        return fs::symlink_status(it, error).type() == fs::file_type::regular;
    };
    if (!is_file(path) || !is_file(record_of(path))) return std::nullopt;
    const auto written = read_file(record_of(path), max_record);
    if (!written || !written->ends_with(" " + hex(source) + "\n")) return std::nullopt;
    DVC_TRY_ASSIGN(measure, measure_file(path, max));
    if (*written != record(measure.sha256, source)) return std::nullopt;
    return std::optional<Measure>(std::move(measure));
}

// `fill` writes the content by the sink it is given.
template <class Fill>
Result<Staged> stage(const fs::path& path, std::string_view name, std::string_view source,
                     std::uint64_t max, Fill fill) {
    const Digest from = sha256(source);
    DVC_TRY_ASSIGN(there, found(path, from, max));
    if (there) return described(path, name, *std::move(there));
    DVC_TRY_ASSIGN(part, PartFile::create(path, max));
    DVC_TRY(fill([&](std::string_view bytes) { return part.write(bytes); }));
    DVC_TRY_ASSIGN(measure, std::move(part).publish());
    // After the content: without this record a file is not taken for whole. Syncs both names.
    DVC_TRY(write_atomically(record_of(path), record(measure.sha256, from), 0600));
    reach(Point::FileStaged);
    return described(path, name, std::move(measure));
}

}  // namespace

Result<Staging> Staging::open(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return tl::make_unexpected(file_error("make", folder, errno));
    struct stat facts {};
    if (::lstat(folder.c_str(), &facts) != 0)
        return tl::make_unexpected(file_error("use", folder, errno));
    if (!S_ISDIR(facts.st_mode)) return tl::make_unexpected(file_error("use", folder, ENOTDIR));
    // Also one that was there before: it holds what citizens have entrusted to us.
    if ((facts.st_mode & 07777) != 0700 && ::chmod(folder.c_str(), 0700) != 0)
        return tl::make_unexpected(file_error("protect", folder, errno));
    return Staging(folder);
}

Result<Staged> Staging::keep_base64(int index, std::string_view name, std::string_view base64,
                                    std::uint64_t max) const {
    return stage(folder_ / std::to_string(index), name, base64, max,
                 [&](const Sink& sink) { return decode_base64(base64, sink); })
        .or_else([&](const Error& error) -> Result<Staged> { return about(index, error); });
}

Result<std::optional<Staged>> Staging::fetched(int index, std::string_view name,
                                               std::string_view url, std::uint64_t max) const {
    const fs::path path = folder_ / std::to_string(index);
    auto there = found(path, sha256(url), max);
    if (!there) return about(index, std::move(there.error()));
    if (!*there) return std::nullopt;
    DVC_TRY_ASSIGN(staged, described(path, name, **std::move(there)));
    return std::optional<Staged>(std::move(staged));
}

Result<Staged> Staging::fetch(int index, std::string_view name, std::string_view url,
                              std::uint64_t max, const FetchRules& rules,
                              const std::atomic<bool>& stop) const {
    return stage(folder_ / std::to_string(index), name, url, max,
                 [&](const Sink& sink) { return download(url, max, rules, stop, sink); })
        .or_else([&](const Error& error) -> Result<Staged> { return about(index, error); });
}

Status Staging::drop(int index) const {
    const fs::path path = folder_ / std::to_string(index);
    // The record first: a file without one does not count.
    for (const fs::path& gone : {record_of(path), path})
        if (::unlink(gone.c_str()) != 0 && errno != ENOENT)
            return about(index, file_error("remove", gone, errno));
    return {};
}

Status Staging::remove() const {
    std::error_code error;
    fs::remove_all(folder_, error);
    if (error) return tl::make_unexpected(file_error("remove", folder_, error.value()));
    reach(Point::StagingRemoved);
    return {};
}

}  // namespace dvcsync::files
