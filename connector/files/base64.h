// Base64 as files come in (RFC 4648, 4), read strictly: the standard alphabet, padded, the spare
// bits zero; blanks, tabs and line ends may stand anywhere. Pure, thread-safe.
#pragma once

#include <functional>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync::files {

// Calls `sink` with the bytes, part by part (48 KiB at most), so a large file is never in memory
// twice; ends with its first error. Refused error that names the place of what is not Base64.
Status decode_base64(std::string_view text, const std::function<Status(std::string_view)>& sink);

}  // namespace dvcsync::files
