// The inbox as a folder.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <limits>
#include <system_error>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/province/inbox.h"

namespace dvcsync::province {
namespace {

namespace fs = std::filesystem;

// The group of the inbox is that of the province's program, and goes on to what is made in it: to
// rename a folder away one must be able to write into it.
constexpr mode_t folder_mode = 02770;
constexpr mode_t file_mode = 0640;  // the province's program reads them by its group

// The code itself where it is a plain name, so that people find it; its digest where it is not.
std::string stem(const Delivery& delivery) {
    const auto plain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
    };
    const bool usable = !delivery.code.empty() && delivery.code.size() <= limits::max_code &&
                        delivery.code.front() != '.' &&
                        std::all_of(delivery.code.begin(), delivery.code.end(), plain);
    return (usable ? delivery.code : hex(sha256(delivery.code)).substr(0, 40)) + "-r";
}

std::string folder_name(const Delivery& delivery) {
    return stem(delivery) + std::to_string(delivery.revision);
}

Status make_folder(const fs::path& folder) {
    if (::mkdir(folder.c_str(), folder_mode) != 0)
        return errno == EEXIST ? Status{} : tl::make_unexpected(file_error("make", folder, errno));
    // Whatever the umask.
    if (::chmod(folder.c_str(), folder_mode) != 0)
        return tl::make_unexpected(file_error("set the mode of", folder, errno));
    return {};
}

Status sync_file(const fs::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return tl::make_unexpected(file_error("open", file, errno));
    const int failed = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (failed != 0) return tl::make_unexpected(file_error("write", file, failed));
    return {};
}

// A second name for the same bytes; a copy where staging lies on another disk.
Status lay(const fs::path& from, const fs::path& to) {
    if (::link(from.c_str(), to.c_str()) != 0) {
        if (errno != EXDEV && errno != EPERM && errno != EMLINK)
            return tl::make_unexpected(file_error("lay out", to, errno));
        std::error_code error;
        fs::copy_file(from, to, error);
        if (error) return tl::make_unexpected(file_error("write", to, error.value()));
    }
    if (::chmod(to.c_str(), file_mode) != 0)
        return tl::make_unexpected(file_error("set the mode of", to, errno));
    return sync_file(to);
}

// The names are made safe before they come here; a fault there must not write outside.
Status check_name(const Delivery& delivery, const InboxFile& file) {
    constexpr std::string_view folder = "files/";
    const std::string_view name = file.name;
    const std::string_view last = name.substr(std::min(folder.size(), name.size()));
    if (name.starts_with(folder) && !last.empty() && last != "." && last != ".." &&
        last.find('/') == std::string_view::npos && last.find('\0') == std::string_view::npos)
        return {};
    return fail(ErrorKind::Config,
                fmt::format("a file of {} has a name that leaves its folder", delivery.code));
}

Result<bool> is_there(const fs::path& path) {
    std::error_code error;
    const auto status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::not_found) return false;
    if (error) return tl::make_unexpected(file_error("look at", path, error.value()));
    return true;
}

// The digest stands in the last line. A key of an older program has none, and is nobody's.
std::string key_text(const Delivery& delivery) {
    return fmt::format("{} {}\n{}\n", delivery.code, delivery.revision, hex(delivery.digest));
}

Result<bool> is_key_of(const fs::path& key, const Digest& digest) {
    constexpr std::size_t longest = 1u << 20;
    DVC_TRY_ASSIGN(text, read_file(key, longest));
    return text.ends_with(fmt::format("\n{}\n", hex(digest)));
}

class DropInbox final : public Inbox {
  public:
    explicit DropInbox(fs::path root) : root_(std::move(root)) {}

    // The key is written once everything is laid out, and the folder is published by renaming it
    // away: so a key without a laid-out folder means that the province has had it. What was laid
    // out and marked was acknowledged to the portal, too: it is published, whatever is put now.
    Result<Put> put(const Delivery& delivery) override {
        const std::string name = folder_name(delivery);
        const fs::path building = root_ / ".building" / name, key = root_ / ".keys" / name,
                       place = root_ / "new" / name;
        DVC_TRY_ASSIGN(marked, is_there(key));
        if (marked) {
            DVC_TRY_ASSIGN(built, is_there(building));
            DVC_TRY_ASSIGN(same, is_key_of(key, delivery.digest));
            if (built) DVC_TRY(publish(building, place));
            if (same) return Put{!built, place.string()};
            DVC_TRY_ASSIGN(instead, free_revision(delivery));
            return Put{false, "", instead};
        }
        DVC_TRY(build(delivery, building));
        reach(Point::InboxBuilt);
        DVC_TRY(write_atomically(key, key_text(delivery), file_mode));
        reach(Point::InboxMarked);
        DVC_TRY(publish(building, place));
        return Put{false, place.string()};
    }

    Status check() override {
        std::string missing;
        for (const char* part : {"new", ".building", ".keys"}) {
            std::error_code error;
            if (!fs::is_directory(root_ / part, error))
                missing += (missing.empty() ? "" : ", ") + (root_ / part).string();
        }
        if (!missing.empty())
            return fail(
                ErrorKind::Config,
                fmt::format("of the inbox {} {} missing: make what is missing (mode 2770), "
                            "or mend [inbound] inbox_folder",
                            missing, missing.find(", ") == std::string::npos ? "is" : "are"));
        for (const char* part : {"new", ".building", ".keys"})
            if (::access((root_ / part).c_str(), W_OK | X_OK) != 0)
                return tl::make_unexpected(file_error("write into", root_ / part, errno));
        return {};
    }

  private:
    static Status build(const Delivery& delivery, const fs::path& building) {
        std::error_code error;
        fs::remove_all(building, error);  // a part that a crash has left
        if (error) return tl::make_unexpected(file_error("remove", building, error.value()));
        DVC_TRY(make_folder(building));
        if (!delivery.files.empty()) {
            DVC_TRY(make_folder(building / "files"));
            for (const auto& file : delivery.files) {
                DVC_TRY(check_name(delivery, file));
                DVC_TRY(lay(file.content, building / file.name));
            }
            DVC_TRY(sync_folder(building / "files"));
        }
        DVC_TRY(write_atomically(building / "submission.xml", delivery.xml, file_mode));
        return sync_folder(building.parent_path());
    }

    Status publish(const fs::path& building, const fs::path& place) const {
        if (::rename(building.c_str(), place.c_str()) != 0)
            return tl::make_unexpected(file_error("publish", place, errno));
        DVC_TRY(sync_folder(root_ / "new"));
        DVC_TRY(sync_folder(root_ / ".building"));
        reach(Point::InboxPublished);
        return {};
    }

    // See Put::instead. Keys tell it, for the province takes folders away; reading through all of
    // them is worth it, since this is rare.
    Result<int> free_revision(const Delivery& delivery) const {
        const std::string begins = stem(delivery);
        int last = delivery.revision;
        std::error_code error;
        auto entry = fs::directory_iterator(root_ / ".keys", error);
        for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
            const std::string name = entry->path().filename().string();
            if (!name.starts_with(begins)) continue;
            const char* const end = name.data() + name.size();
            int revision = 0;
            const auto read = std::from_chars(name.data() + begins.size(), end, revision);
            if (read.ec == std::errc{} && read.ptr == end &&
                revision < std::numeric_limits<int>::max())
                last = std::max(last, revision);
        }
        if (error) return tl::make_unexpected(file_error("read", root_ / ".keys", error.value()));
        DVC_TRY_ASSIGN(
            same, is_key_of(root_ / ".keys" / (begins + std::to_string(last)), delivery.digest));
        return same ? last : last + 1;
    }

    fs::path root_;
};

}  // namespace

Status create_drop_inbox(const fs::path& root) {
    std::error_code error;
    fs::create_directories(root.parent_path(), error);
    for (const fs::path& folder :
         {root, root / "new", root / "taken", root / ".building", root / ".keys"})
        DVC_TRY(make_folder(folder));
    return {};
}

Result<std::unique_ptr<Inbox>> open_drop_inbox(const fs::path& root) {
    auto inbox = std::make_unique<DropInbox>(root);
    DVC_TRY(inbox->check());
    return inbox;
}

}  // namespace dvcsync::province
