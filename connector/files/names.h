// Names for files whose names strangers have chosen. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace dvcsync::files {

// A name that is safe as part of a path, in a shell, on Windows and on a screen: "01-Đơn-xin.pdf".
// It begins with `index` (from 0, at least two digits), so it is unique in its submission, hides no
// file and is no option; then what may stay of `wanted`: Latin letters in NFC, digits, '-', '_';
// then its extension, at most 8 ASCII letters and digits in lower case, or the usual one of `type`
// (a MIME type, may be empty) if it has none. Path parts, control and bidi characters, marks and
// everything else are gone. `wanted` may be any bytes. At most limits::max_file_name bytes, cut
// between characters; never empty.
std::string safe_name(std::string_view wanted, int index, std::string_view type);

// The extension of a name without its dot, in lower case; "" if there is none of at most 8 ASCII
// letters and digits.
std::string extension_of(std::string_view name);

}  // namespace dvcsync::files
