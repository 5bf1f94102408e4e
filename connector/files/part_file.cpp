#include "connector/files/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "connector/base/files.h"
#include "connector/base/limits.h"

namespace dvcsync::files {
namespace {

// A digest that cannot be computed leaves nothing to go on with, as in base/crypto.cpp.
void require(bool ok) {
    if (!ok) std::abort();
}

}  // namespace

struct Meter::Hash {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Hash() { require(context && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }
    ~Hash() { EVP_MD_CTX_free(context); }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;
};

Meter::Meter() : hash_(std::make_unique<Hash>()) {}
Meter::Meter(Meter&&) noexcept = default;
Meter::~Meter() = default;

void Meter::add(std::string_view bytes) {
    require(EVP_DigestUpdate(hash_->context, bytes.data(), bytes.size()) == 1);
    measure_.size += bytes.size();
    measure_.head += bytes.substr(0, limits::sniffed_bytes - measure_.head.size());
}

Measure Meter::finish() && {
    require(EVP_DigestFinal_ex(hash_->context, measure_.sha256.data(), nullptr) == 1);
    return std::move(measure_);
}

Error too_large(std::uint64_t max) {
    return {ErrorKind::Refused, fmt::format("larger than the {} bytes that are allowed", max)};
}

Result<Measure> measure_file(const std::filesystem::path& path, std::uint64_t max) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return tl::make_unexpected(file_error("read", path, errno));
    Meter meter;
    std::string buffer(limits::read_chunk, '\0');
    for (;;) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        const int failure = errno;
        if (count > 0) meter.add({buffer.data(), static_cast<std::size_t>(count)});
        if (count > 0 && meter.size() <= max) continue;
        ::close(fd);
        if (count < 0) return tl::make_unexpected(file_error("read", path, failure));
        if (meter.size() > max) return tl::make_unexpected(too_large(max));
        return std::move(meter).finish();
    }
}

Result<PartFile> PartFile::create(const std::filesystem::path& path, std::uint64_t max) {
    const std::string part = path.string() + ".part";
    // Removed and made anew, so that what is there is ours, with our rights.
    ::unlink(part.c_str());
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return tl::make_unexpected(file_error("write", part, errno));
    return PartFile(fd, path, max);
}

PartFile::PartFile(PartFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      max_(other.max_),
      meter_(std::move(other.meter_)) {}

PartFile::~PartFile() {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(part().c_str());
}

Status PartFile::write(std::string_view bytes) {
    if (bytes.size() > max_ - meter_.size()) return tl::make_unexpected(too_large(max_));
    meter_.add(bytes);
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return tl::make_unexpected(file_error("write", part(), errno));
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<Measure> PartFile::publish() && {
    if (::fsync(fd_) != 0) return tl::make_unexpected(file_error("write", part(), errno));
    if (::rename(part().c_str(), path_.c_str()) != 0)
        return tl::make_unexpected(file_error("rename", part(), errno));
    ::close(std::exchange(fd_, -1));
    return std::move(meter_).finish();
}

}  // namespace dvcsync::files
