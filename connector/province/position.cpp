#include "connector/province/position.h"

#include <fmt/format.h>

#include <charconv>

namespace dvcsync::province {
namespace {

constexpr std::string_view heading = "drop-folder 1\n";

// Takes the text up to `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

template <class Number>
bool read_number(std::string_view& rest, Number& number) {
    const std::string_view part = take(rest, ' ');
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    return error == std::errc() && end == part.data() + part.size() && !part.empty();
}

bool read_file_line(std::string_view line, FileState& file) {
    const std::string_view stage = take(line, ' ');
    if (stage != "o" && stage != "d" && stage != "r") return false;
    file.stage = Stage(stage[0]);
    if (!read_number(line, file.identity.size) || !read_number(line, file.identity.modified))
        return false;
    file.identity.head = take(line, ' ');
    if (!read_number(line, file.mark.offset) || !read_number(line, file.mark.line) ||
        !read_number(line, file.mark.records))
        return false;
    const std::string_view path = take(line, ' ');
    if (path != "-") file.mark.path = path;
    file.name = line;
    return !path.empty() && !file.name.empty() && file.mark.offset <= file.identity.size;
}

}  // namespace

std::string position_text(std::span<const FileState> files) {
    std::string text(heading);
    for (const FileState& file : files)
        text += fmt::format("{} {} {} {} {} {} {} {} {}\n", char(file.stage), file.identity.size,
                            file.identity.modified, file.identity.head, file.mark.offset,
                            file.mark.line, file.mark.records,
                            file.mark.path.empty() ? "-" : file.mark.path, file.name);
    return text;
}

Result<std::vector<FileState>> parse_position(std::string_view text) {
    std::vector<FileState> files;
    if (text.empty()) return files;
    const auto corrupt = [] {
        return fail(ErrorKind::Corrupt,
                    "the stored position of the drop folder is not one this program wrote; restore "
                    "the ledger from a backup");
    };
    if (!text.starts_with(heading) || !text.ends_with('\n')) return corrupt();
    text.remove_prefix(heading.size());
    while (!text.empty()) {
        FileState file;
        if (!read_file_line(take(text, '\n'), file)) return corrupt();
        files.push_back(std::move(file));
    }
    return files;
}

}  // namespace dvcsync::province
