// What a drop folder remembers across restarts: the files it has begun or finished reading and that
// still lie in in/, with the place reached in each.
//
// As text: the line "drop-folder 1", then a line a file:
//   <o|d|r> <size> <mtime> <digest> <offset> <line> <records> <path or -> <name>
// o = being read, d = read to its end, r = refused after the last record; mtime in nanoseconds
// since 1970, digest = 16 hexadecimal digits over the first limits::xml_probe bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"
#include "connector/province/file_fault.h"
#include "connector/province/splitter.h"

namespace dvcsync::province {

// Tells a file from another one under the same name.
struct FileIdentity {
    std::uint64_t size = 0;
    std::int64_t modified = 0;
    std::string head;  // digest
    bool operator==(const FileIdentity&) const = default;
};

enum class Stage : char { Open = 'o', Done = 'd', Rejected = 'r' };

struct FileState {
    std::string name;
    FileIdentity identity;
    Stage stage = Stage::Open;
    Mark mark;
    // Not a part of the text:
    std::optional<FileFault> fault;  // Rejected; reading on finds it again
    bool told = false;               // the batch that ended it is stored: it is not told again
};

std::string position_text(std::span<const FileState> files);
// Corrupt error if it is not such a text. The empty text is the beginning.
Result<std::vector<FileState>> parse_position(std::string_view text);

}  // namespace dvcsync::province
