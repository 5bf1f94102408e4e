#include "tests/sandbox/national_list.h"

#include <fmt/format.h>

#include "tests/sandbox/text.h"

namespace dvcsandbox {
namespace {

// The next field of a line; quotes as in RFC 4180, without line breaks inside.
std::optional<std::string> take_field(std::string_view& line) {
    std::string field;
    if (!line.starts_with('"')) {
        const auto end = std::min(line.find(','), line.size());
        field = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
        return field;
    }
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] != '"') {
            field += line[i];
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
            field += line[i++];
        } else {
            line.remove_prefix(std::min(i + 2, line.size()));
            return field;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<NationalList> NationalList::load(const std::string& file, std::string& error) {
    const auto content = dvcsandbox::read_file(file);
    if (!content) {
        error = fmt::format("{}: cannot be read", file);
        return std::nullopt;
    }
    auto list = parse(*content, error);
    if (!list) error = fmt::format("{}: {}", file, error);
    return list;
}

std::optional<NationalList> NationalList::parse(std::string_view csv, std::string& error) {
    NationalList list;
    std::size_t number = 0;
    for (std::string_view line : split(csv, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (++number == 1) {
            if (line == "code,name") continue;
            error = "line 1: the header must be code,name";
            return std::nullopt;
        }
        if (line.empty()) continue;
        const auto code = take_field(line);
        const auto name = take_field(line);
        if (!code || !name || !national_procedure(*code) || !line.empty()) {
            error = fmt::format("line {}: a code d.dddddd and a name are expected", number);
            return std::nullopt;
        }
        if (!list.by_code_.emplace(*code, list.size()).second) {
            error = fmt::format("line {}: code {} occurs twice", number, *code);
            return std::nullopt;
        }
        list.rows_.push_back({*code, *name});
    }
    return list;
}

std::optional<std::uint32_t> NationalList::find(std::string_view code) const {
    const auto found = by_code_.find(std::string(code));
    if (found == by_code_.end()) return std::nullopt;
    return found->second;
}

}  // namespace dvcsandbox
