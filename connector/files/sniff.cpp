// The only file that knows libmagic.
#include <fmt/format.h>
#include <magic.h>

#include <memory>

#include "connector/base/limits.h"
#include "connector/files/types.h"

namespace dvcsync::files {
namespace {

struct Close {
    void operator()(magic_set* cookie) const { magic_close(cookie); }
};

// Not unpacked, and without the details of an ELF file: what is not looked at cannot be attacked.
constexpr int flags =
    MAGIC_MIME_TYPE | MAGIC_CONTINUE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF | MAGIC_ERROR;

// One a thread: a cookie serves one thread at a time, and loading the table takes milliseconds.
magic_set* cookie() {
    thread_local const std::unique_ptr<magic_set, Close> made = [] {
        std::unique_ptr<magic_set, Close> fresh(magic_open(flags));
        if (fresh != nullptr && magic_load(fresh.get(), nullptr) != 0) fresh.reset();
        return fresh;
    }();
    return made.get();
}

}  // namespace

Result<std::vector<std::string>> sniff(std::string_view head) {
    magic_set* const magic = cookie();
    if (magic == nullptr)
        return fail(ErrorKind::Retry,
                    "the table of file types (/usr/share/misc/magic.mgc) cannot be loaded; "
                    "install libmagic-mgc, then start again");
    head = head.substr(0, limits::sniffed_bytes);
    const char* const found = magic_buffer(magic, head.data(), head.size());
    std::vector<std::string> types;
    // One a line: "text/plain\012- application/pdf", the line feed written as an octal escape.
    constexpr std::string_view separator = "\\012- ";
    for (std::string_view left = found == nullptr ? "" : found; !left.empty();) {
        const std::size_t end = left.find(separator);
        if (const auto type = left.substr(0, end); type.find('/') != std::string_view::npos)
            types.emplace_back(type);
        left = end == std::string_view::npos ? "" : left.substr(end + separator.size());
    }
    if (types.empty()) types.emplace_back("application/octet-stream");
    return types;
}

}  // namespace dvcsync::files
