#include "connector/province/folder_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <utility>

#include "connector/base/crypto.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/base/text.h"
#include "connector/province/markup_text.h"
#include "connector/province/splitter.h"

namespace dvcsync::province {
namespace {

namespace fs = std::filesystem;

std::int64_t modified(const struct stat& facts) {
    return std::int64_t(facts.st_mtim.tv_sec) * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

bool same_file(const struct stat& facts, const FileIdentity& identity) {
    return std::uint64_t(facts.st_size) == identity.size && modified(facts) == identity.modified;
}

// A writer uses "name.part" or ".name" until it renames the file.
bool is_ours(std::string_view name) {
    return !name.starts_with('.') && caseless(name).ends_with(".xml") && is_utf8(name) &&
           std::none_of(name.begin(), name.end(), [](char c) { return c >= 0 && c < 0x20; });
}

tl::unexpected<Error> retry(Error error) {
    error.kind = ErrorKind::Retry;
    return tl::make_unexpected(std::move(error));
}

// Drops a comment or instruction that stands at the end.
bool drop_last(std::string_view& text, std::string_view open, std::string_view close) {
    if (!text.ends_with(close)) return false;
    const std::size_t begin = text.rfind(open);
    if (begin == std::string_view::npos) return false;
    text = text.substr(0, begin);
    return true;
}

}  // namespace

Result<std::vector<std::string>> list_files(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code vanished;
        if (!entry->is_symlink(vanished) && entry->is_regular_file(vanished) &&
            is_ours(entry->path().filename().string()))
            names.push_back(entry->path().filename().string());
    }
    if (error) return retry(file_error("read", folder, error.value()));
    std::sort(names.begin(), names.end());
    return names;
}

std::string_view series_of(std::string_view name) {
    return name.substr(0, name.find_first_of("0123456789"));
}

bool closes_root(std::string_view tail, std::string_view root) {
    do {
        tail = trimmed(tail);
    } while (drop_last(tail, "<!--", "-->") || drop_last(tail, "<?", "?>"));
    const std::size_t begin = tail.rfind('<');
    if (root.empty() || begin == std::string_view::npos || !tail.ends_with('>')) return false;
    std::string_view tag = tail.substr(begin + 1, tail.size() - begin - 2);
    if (tag.starts_with('/')) return trimmed(tag.substr(1)) == root;
    if (!tag.ends_with('/')) return false;
    tag.remove_suffix(1);  // an export of nothing: <root …/>
    return tag.substr(0, tag.find_first_of(" \t\r\n")) == root;
}

Result<std::optional<FolderFile>> FolderFile::open(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ELOOP)) return std::nullopt;
    if (fd < 0) return retry(file_error("read", path, errno));
    FolderFile file(fd, path);
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) return retry(file_error("read", path, errno));
    if (!S_ISREG(facts.st_mode)) return std::nullopt;
    file.identity_.size = std::uint64_t(facts.st_size);
    file.identity_.modified = modified(facts);
    std::string buffer(limits::xml_probe, '\0');
    DVC_TRY_ASSIGN(head, file.read(0, buffer));
    file.identity_.head = hex(sha256(head)).substr(0, 16);
    return file;
}

FolderFile::FolderFile(FolderFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      identity_(std::move(other.identity_)) {}

FolderFile::~FolderFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::string_view> FolderFile::read(std::uint64_t offset, std::string& buffer) const {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const ssize_t count =
            ::pread(fd_, buffer.data() + filled, buffer.size() - filled, off_t(offset + filled));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return retry(file_error("read", path_, errno));
        if (count == 0) break;
        filled += std::size_t(count);
    }
    struct stat facts {};
    if (::fstat(fd_, &facts) != 0) return retry(file_error("read", path_, errno));
    if (!same_file(facts, identity_) || offset + filled > identity_.size)
        return fail(ErrorKind::Retry, fmt::format("{} was written to while it was read; it will be "
                                                  "read again",
                                                  path_.string()));
    return std::string_view(buffer).substr(0, filled);
}

Result<FolderFile::Verdict> FolderFile::examine(const DropFolderSettings& settings,
                                                UtcTime now) const {
    std::string buffer(limits::xml_probe, '\0');
    DVC_TRY_ASSIGN(head, read(0, buffer));
    // A copy over the network may set the size first and fill the zeros later.
    const bool unwritten = head.starts_with('\0');
    Splitter probe(settings.shapes, settings.root_element);
    probe.feed(head);
    RawRecord first;
    const bool broken = probe.next(first) == Splitter::Step::Broken;
    const std::string root = probe.root();
    if (broken && !unwritten) return Verdict{Readiness::Unusable, probe.fault(), {}, {}};

    const std::uint64_t from = identity_.size - std::min(identity_.size, limits::xml_probe + 0ul);
    DVC_TRY_ASSIGN(tail, read(from, buffer));
    if (closes_root(tail, root)) {
        if (auto foreign = other_province(probe.root_tag(), settings)) {
            foreign->line = probe.root_line();
            return Verdict{Readiness::Unusable, *std::move(foreign), {}, {}};
        }
        return Verdict{Readiness::Complete, {}, {}, root_facts(probe.root_tag(), settings)};
    }
    const UtcTime written{std::chrono::floor<Millis>(std::chrono::nanoseconds(identity_.modified))};
    if (written + settings.stale_after <= now)
        return Verdict{Readiness::Unusable, {FileFault::Kind::Stale, 0, {}}, {}, {}};
    return Verdict{Readiness::Incomplete,
                   {},
                   root.empty() ? std::string("it is empty or does not begin as XML yet")
                                : "it does not end with </" + excerpt(root) + "> yet",
                   {}};
}

std::optional<FileFault> other_province(std::string_view start_tag,
                                        const DropFolderSettings& settings) {
    if (settings.province_attribute.empty()) return std::nullopt;
    const auto value = attribute_of(start_tag, settings.province_attribute);
    const std::string_view told = value ? trimmed(*value) : std::string_view();
    if (value && (told.empty() || told == settings.province)) return std::nullopt;
    // What is no code is not shown: it may be anybody's name.
    const bool code = value && told.size() <= limits::max_code &&
                      std::all_of(told.begin(), told.end(), [](unsigned char c) {
                          return std::isalnum(c) != 0 || c == '.' || c == '-';
                      });
    return FileFault{FileFault::Kind::OtherProvince, 0,
                     fmt::format("{}={} ≠ \"{}\"", settings.province_attribute,
                                 code ? fmt::format("\"{}\"", told) : "?", settings.province)};
}

RootFacts root_facts(std::string_view start_tag, const DropFolderSettings& settings) {
    RootFacts facts;
    const auto read = [&](const std::string& name, std::string& into) {
        if (name.empty()) return;
        auto value = attribute_of(start_tag, name);
        if (value) {
            into = trimmed(*value);
        } else if (facts.fault.empty()) {
            facts.fault =
                fmt::format("the attribute '{}' of the root element {}", name, value.error());
        }
    };
    read(settings.exported_attribute, facts.exported);
    read(settings.complete_attribute, facts.complete);
    return facts;
}

Result<std::vector<std::string>> codes_in(const FolderFile& file,
                                          const DropFolderSettings& settings,
                                          const RecordShape& shape) {
    std::vector<std::string> codes;
    Splitter splitter(settings.shapes, settings.root_element);
    std::string buffer(limits::read_chunk, '\0');
    std::uint64_t offset = 0;
    RawRecord record;
    for (;;) {
        const auto step = splitter.next(record);
        if (step == Splitter::Step::Record) {
            if (record.kind == shape.kind && !record.code.empty())
                codes.push_back(std::move(record.code));
            continue;
        }
        if (step != Splitter::Step::More) break;
        DVC_TRY_ASSIGN(bytes, file.read(offset, buffer));
        offset += bytes.size();
        splitter.feed(bytes);
        if (offset == file.identity().size) splitter.finish();
    }
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    return codes;
}

Status put_away(const fs::path& folder, const FileState& file, const fs::path& target,
                std::string_view explanation) {
    const fs::path from = folder / file.name;
    struct stat facts {};
    if (::lstat(from.c_str(), &facts) != 0) {
        if (errno == ENOENT) return {};
        return tl::make_unexpected(file_error("move", from, errno));
    }
    if (!same_file(facts, file.identity)) return {};  // another one came under its name
    std::string name = file.name;
    std::error_code ignored;
    for (int number = 1; fs::exists(fs::symlink_status(target / name, ignored)); ++number)
        name = fmt::format("{}.{}", file.name, number);
    // The reason first: after a crash in between, the file is refused again and the reason
    // replaced.
    if (!explanation.empty()) {
        DVC_TRY(write_atomically(target / (name + ".reason.txt"), explanation, 0640));
        reach(Point::ReasonInPlace);
    }
    if (::rename(from.c_str(), (target / name).c_str()) != 0)
        return tl::make_unexpected(file_error("move", from, errno));
    reach(Point::FileMoved);
    return {};
}

}  // namespace dvcsync::province
