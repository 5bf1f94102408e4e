// What a file is, by its content and by its name. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::files {

struct Kind {
    std::string type;           // MIME type by content; "application/octet-stream" if unknown
    bool program = false;       // executable or script, by content or by name
    std::string program_by;     // of a program, for people: what makes it one, without its name
    bool type_differs = false;  // the name's extension is known and stands for other types
};

// `head`: the first bytes of the file, all of a file shorter than limits::sniffed_bytes.
// Retry error: the system's table of types cannot be loaded.
Result<Kind> examine(std::string_view name, std::string_view head);

// "pdf" for "application/pdf"; "" for a type that the table does not know.
std::string usual_extension(std::string_view type);

// Every type that the content could be, the most likely first, never empty. In sniff.cpp, with
// libmagic; at most limits::sniffed_bytes are looked at and nothing is unpacked.
Result<std::vector<std::string>> sniff(std::string_view head);

}  // namespace dvcsync::files
