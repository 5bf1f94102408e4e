#include "connector/files/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string>

#include "connector/base/files.h"

namespace dvcsync::files {
namespace {

namespace fs = std::filesystem;

struct CloseArchive {
    void operator()(archive* open) const { archive_write_free(open); }
};
struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

struct TarWriter::Impl {
    fs::path file;
    fs::path part;
    int fd = -1;
    std::unique_ptr<archive, CloseArchive> out;
    bool finished = false;

    ~Impl() {
        out.reset();
        if (fd >= 0) ::close(fd);
        if (!finished) ::unlink(part.c_str());
    }
    tl::unexpected<Error> fault() const {
        const int code = archive_errno(out.get());
        // Below 0 and unknown numbers are the library's own: the form has no room for it.
        if (code > 0 && code != ERANGE) return tl::make_unexpected(file_error("write", file, code));
        const char* const said = archive_error_string(out.get());
        return fail(ErrorKind::Refused,
                    fmt::format("{}: {}", file.string(), said == nullptr ? "cannot be" : said));
    }
    Status begin(std::string_view name, std::uint64_t size) const {
        const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), std::string(name).c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0644);
        archive_entry_set_mtime(entry.get(), 0, 0);
        archive_entry_set_uid(entry.get(), 0);
        archive_entry_set_gid(entry.get(), 0);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
        if (archive_write_header(out.get(), entry.get()) != ARCHIVE_OK) return fault();
        return {};
    }
    Status data(std::string_view bytes) const {
        const auto written = archive_write_data(out.get(), bytes.data(), bytes.size());
        if (written != static_cast<la_ssize_t>(bytes.size())) return fault();
        return {};
    }
};

TarWriter::TarWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter::~TarWriter() = default;

Result<TarWriter> TarWriter::create(const fs::path& file) {
    auto impl = std::make_unique<Impl>();
    impl->file = file;
    impl->part = file.string() + ".part";
    impl->fd = ::open(impl->part.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
    if (impl->fd < 0) return tl::make_unexpected(file_error("write", file, errno));
    impl->out.reset(archive_write_new());
    if (impl->out == nullptr || archive_write_set_format_ustar(impl->out.get()) != ARCHIVE_OK ||
        archive_write_open_fd(impl->out.get(), impl->fd) != ARCHIVE_OK)
        return fail(ErrorKind::Bug, "the archive library cannot be set up");
    return TarWriter(std::move(impl));
}

Status TarWriter::add(std::string_view name, std::string_view bytes) {
    DVC_TRY(impl_->begin(name, bytes.size()));
    return impl_->data(bytes);
}

Status TarWriter::add_file(std::string_view name, const fs::path& from) {
    std::error_code failed;
    const auto size = fs::file_size(from, failed);
    std::ifstream in(from, std::ios::binary);
    if (failed || !in) return tl::make_unexpected(file_error("read", from, errno));
    DVC_TRY(impl_->begin(name, size));
    std::array<char, 65'536> buffer;
    for (std::uint64_t left = size; left > 0;) {
        in.read(buffer.data(), buffer.size());
        const auto count = static_cast<std::size_t>(in.gcount());
        if (count == 0) return tl::make_unexpected(file_error("read", from, EIO));
        DVC_TRY(impl_->data({buffer.data(), count}));
        left -= std::min<std::uint64_t>(left, count);
    }
    return {};
}

Status TarWriter::finish() {
    if (archive_write_close(impl_->out.get()) != ARCHIVE_OK) return impl_->fault();
    if (::fsync(impl_->fd) != 0 || ::rename(impl_->part.c_str(), impl_->file.c_str()) != 0)
        return tl::make_unexpected(file_error("write", impl_->file, errno));
    impl_->finished = true;
    return sync_folder(impl_->file.has_parent_path() ? impl_->file.parent_path() : ".");
}

}  // namespace dvcsync::files
