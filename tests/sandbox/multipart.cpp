#include "tests/sandbox/multipart.h"

#include <algorithm>

namespace dvcsandbox {
namespace {

constexpr std::string_view kBreak = "\r\n";

// The value of `name="…"` behind a ';'.
std::optional<std::string> quoted(std::string_view header, std::string_view name) {
    const std::string start = "; " + std::string(name) + "=\"";
    const auto at = header.find(start);
    if (at == header.npos) return std::nullopt;
    const auto from = at + start.size();
    const auto end = header.find('"', from);
    if (end == header.npos) return std::nullopt;
    return std::string(header.substr(from, end - from));
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string_view boundary_of(std::string_view content_type) {
    constexpr std::string_view type = "multipart/form-data; boundary=";
    if (!content_type.starts_with(type)) return {};
    auto boundary = content_type.substr(type.size());
    if (boundary.size() >= 2 && boundary.front() == '"' && boundary.back() == '"')
        boundary = boundary.substr(1, boundary.size() - 2);
    return boundary.size() <= 70 ? boundary : std::string_view{};
}

std::optional<Part> part_of(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return std::nullopt;
    Part part;
    part.content = bytes.substr(end + 4);
    bool named = false;
    for (auto head = bytes.substr(0, end + 2); !head.empty();) {
        const auto line = head.substr(0, head.find(kBreak));
        head.remove_prefix(line.size() + kBreak.size());
        const auto colon = line.find(": ");
        if (colon == line.npos) return std::nullopt;
        const auto name = lower(line.substr(0, colon));
        const auto value = line.substr(colon + 2);
        if (name == "content-type") part.content_type = value;
        if (name != "content-disposition") continue;
        const auto field = quoted(value, "name");
        if (!value.starts_with("form-data;") || !field) return std::nullopt;
        part.name = *field;
        part.filename = quoted(value, "filename");
        named = true;
    }
    return named ? std::optional(part) : std::nullopt;
}

}  // namespace

std::optional<std::vector<Part>> parts_of(std::string_view content_type, std::string_view body) {
    const auto boundary = boundary_of(content_type);
    if (boundary.empty()) return std::nullopt;
    const std::string first = "--" + std::string(boundary);
    const std::string next = "\r\n" + first;
    if (!body.starts_with(first)) return std::nullopt;
    body.remove_prefix(first.size());
    std::vector<Part> parts;
    while (!body.starts_with("--")) {
        const auto end = body.find(next);
        if (!body.starts_with(kBreak) || end == body.npos) return std::nullopt;
        const auto part = part_of(body.substr(kBreak.size(), end - kBreak.size()));
        if (!part) return std::nullopt;
        parts.push_back(*part);
        body.remove_prefix(end + next.size());
    }
    return body == "--" || body == "--\r\n" ? std::optional(parts) : std::nullopt;
}

}  // namespace dvcsandbox
