#include "connector/cli/text.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "connector/base/text.h"

namespace dvcsync::cli {
namespace {

constexpr std::size_t widest = 100;
constexpr std::size_t narrowest = 40;

}  // namespace

std::size_t text_width() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return widest;
    return std::clamp<std::size_t>(size.ws_col, narrowest, widest);
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    const std::string clean = is_utf8(text) ? without_controls(text) : excerpt(text, text.size());
    std::string out;
    std::size_t column = 0;
    std::size_t at = 0;
    while (at < clean.size()) {
        const std::size_t begin = clean.find_first_not_of(" \t\r\n", at);
        if (begin == std::string::npos) break;
        at = std::min(clean.find_first_of(" \t\r\n", begin), clean.size());
        const std::string_view word = std::string_view(clean).substr(begin, at - begin);
        const std::size_t columns = length(word);
        if (column > 0 && column + 1 + columns > width) {
            out += '\n';
            column = 0;
        }
        if (column == 0) {
            out.append(indent, ' ');
            column = indent;
        } else {
            out += ' ';
            ++column;
        }
        out += word;
        column += columns;
    }
    if (column > 0) out += '\n';
    return out;
}

std::string time_text(const std::optional<UtcTime>& at) {
    return at ? vietnam_text(*at) : "-";
}

std::string count_text(std::size_t count) {
    std::string text = std::to_string(count);
    for (std::size_t at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, 1, ',');
    return text;
}

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count_text(count), what, count == 1 ? "" : "s");
}

std::string bar_text(std::size_t done, std::size_t total) {
    constexpr std::size_t width = 24;
    const std::size_t full = total == 0 ? width : std::min(width, width * done / total);
    return fmt::format("[{}{}]", std::string(full, '#'), std::string(width - full, '.'));
}

bool can_ask() {
    return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

bool says_yes() {
    fmt::print(stderr, "Type \"yes\" to go on (gõ \"yes\" để tiếp tục): ");
    std::fflush(stderr);
    std::string answer;
    std::getline(std::cin, answer);
    return trimmed(answer) == "yes";
}

}  // namespace dvcsync::cli
