#include "connector/province/markup.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "connector/base/limits.h"

namespace dvcsync::province {
namespace {

// Bytes of names. All bytes above 0x7F count as letters: XML allows most of them, and the parser
// that reads the record decides.
constexpr auto name_bytes = [] {
    std::array<bool, 256> table{};
    for (int c = 0; c < 256; ++c)
        table[std::size_t(c)] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '-' ||
                                c == '.' || c >= 0x80;
    return table;
}();

bool is_name_byte(char c) {
    return name_bytes[static_cast<unsigned char>(c)];
}

bool starts_name(char c) {
    return is_name_byte(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.';
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// A tag that begins at `begin`, its name at `from`. nullopt: the name does not end in the buffer.
struct Name {
    std::string_view text;
    std::size_t end;
    bool bad;
};
std::optional<Name> read_name(std::string_view buffer, std::size_t from) {
    if (!starts_name(buffer[from])) return Name{{}, from, true};
    const std::size_t most = std::min(buffer.size(), from + limits::max_xml_name + 1);
    std::size_t i = from + 1;
    while (i < most && is_name_byte(buffer[i]))
        ++i;
    if (i - from > limits::max_xml_name) return Name{{}, i, true};
    if (i == buffer.size()) return std::nullopt;
    return Name{buffer.substr(from, i - from), i, false};
}

Found end_tag(std::string_view buffer, std::size_t begin) {
    const std::size_t from = begin + 2;
    if (from == buffer.size()) return {Markup::None, begin, begin, {}};
    const auto name = read_name(buffer, from);
    if (!name) return {Markup::None, begin, begin, {}};
    if (name->bad) return {Markup::Bad, begin, name->end, {}};
    std::size_t i = name->end;
    while (i < buffer.size() && is_blank(buffer[i]) && i - begin < limits::max_record)
        ++i;
    if (i == buffer.size()) return {Markup::None, begin, begin, {}};
    if (buffer[i] != '>') return {Markup::Bad, begin, i, name->text};
    return {Markup::End, begin, i + 1, name->text};
}

// The rest of a start tag behind its name. '<' may not stand even inside a quoted value, so a tag
// whose quote or bracket was lost ends at the next one and damages nothing else.
Found attributes(std::string_view buffer, std::size_t begin, std::string_view name,
                 std::size_t from) {
    char quote = 0;
    const std::size_t most = std::min(buffer.size(), begin + limits::max_record);
    for (std::size_t i = from; i < most; ++i) {
        const char c = buffer[i];
        if (c == '<') return {Markup::Bad, begin, i, name};
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return {buffer[i - 1] == '/' ? Markup::Empty : Markup::Start, begin, i + 1, name};
        }
    }
    if (most == buffer.size() && most < begin + limits::max_record)
        return {Markup::None, begin, begin, {}};
    return {Markup::Bad, begin, most, name};
}

Found start_tag(std::string_view buffer, std::size_t begin) {
    const auto name = read_name(buffer, begin + 1);
    if (!name) return {Markup::None, begin, begin, {}};
    if (name->bad) return {Markup::Bad, begin, name->end, {}};
    if (buffer[name->end] == '>') return {Markup::Start, begin, name->end + 1, name->text};
    return attributes(buffer, begin, name->text, name->end);
}

Found exclamation(std::string_view buffer, std::size_t begin) {
    constexpr std::string_view comment = "<!--", cdata = "<![CDATA[";
    const std::string_view rest = buffer.substr(begin, cdata.size());
    if (rest.starts_with(comment)) return {Markup::Comment, begin, begin + comment.size(), {}};
    if (rest == cdata) return {Markup::CData, begin, begin + cdata.size(), {}};
    if (comment.starts_with(rest) || cdata.starts_with(rest))
        return {Markup::None, begin, begin, {}};
    if (starts_name(rest[2])) return {Markup::Doctype, begin, begin + 2, {}};
    return {Markup::Bad, begin, begin + 2, {}};
}

Found question(std::string_view buffer, std::size_t begin) {
    constexpr std::string_view declaration = "<?xml";
    const std::string_view rest = buffer.substr(begin, limits::max_xml_declaration);
    if (declaration.starts_with(rest)) return {Markup::None, begin, begin, {}};
    if (!rest.starts_with(declaration) || !is_blank(rest[declaration.size()]))
        return {Markup::Instruction, begin, begin + 2, {}};
    const std::size_t end = rest.find("?>");
    if (end != std::string_view::npos) return {Markup::XmlDeclaration, begin, begin + end + 2, {}};
    if (rest.size() < limits::max_xml_declaration) return {Markup::None, begin, begin, {}};
    return {Markup::Bad, begin, begin + rest.size(), {}};
}

}  // namespace

Found find_markup(std::string_view buffer, std::size_t from) {
    const void* bracket = from < buffer.size()
                              ? std::memchr(buffer.data() + from, '<', buffer.size() - from)
                              : nullptr;
    if (bracket == nullptr) return {Markup::None, buffer.size(), buffer.size(), {}};
    const std::size_t begin = std::size_t(static_cast<const char*>(bracket) - buffer.data());
    if (begin + 1 == buffer.size()) return {Markup::None, begin, begin, {}};
    switch (buffer[begin + 1]) {
        case '/':
            return end_tag(buffer, begin);
        case '!':
            return exclamation(buffer, begin);
        case '?':
            return question(buffer, begin);
        default:
            return start_tag(buffer, begin);
    }
}

void OpenElements::push(std::string_view name, std::uint64_t place) {
    starts_.push_back(names_.size());
    places_.push_back(place);
    names_ += name;
}

void OpenElements::pop() {
    names_.resize(starts_.back());
    starts_.pop_back();
    places_.pop_back();
}

std::string_view OpenElements::name_at(std::size_t index) const {
    const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] : names_.size();
    return std::string_view(names_).substr(starts_[index], end - starts_[index]);
}

std::string_view OpenElements::top() const {
    return name_at(starts_.size() - 1);
}

std::size_t OpenElements::innermost(std::string_view name) const {
    std::size_t depth = starts_.size();
    while (depth > 0 && name_at(depth - 1) != name)
        --depth;
    return depth;
}

std::string OpenElements::path() const {
    std::string path;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
        if (i > 0) path += '/';
        path += name_at(i);
    }
    return path;
}

}  // namespace dvcsync::province
