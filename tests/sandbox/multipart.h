// A form of several parts (RFC 7578), as the portal of 2026 takes files. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dvcsandbox {

struct Part {
    std::string name;
    std::optional<std::string> filename;  // nullopt: not a file
    std::string content_type;
    std::string_view content;  // of the body
};

// Nothing when the content type is another, or the body is no such form.
std::optional<std::vector<Part>> parts_of(std::string_view content_type, std::string_view body);

}  // namespace dvcsandbox
