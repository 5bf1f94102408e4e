#include "connector/console/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connector/base/limits.h"

namespace dvcsync::console {
namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_token(std::string_view text) {
    constexpr std::string_view also = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alphanumeric(c) || also.find(c) != std::string_view::npos;
    });
}

// RFC 3986: what a path may hold.
bool is_path(std::string_view text) {
    constexpr std::string_view also = "/-._~!$&'()*+,;=:@%";
    // Two slashes would begin a host name.
    return text.starts_with('/') && !text.starts_with("//") &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return is_alphanumeric(c) || also.find(c) != std::string_view::npos;
           });
}

bool same(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_blanks(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<Refusal> read_request_line(std::string_view line, Head& head) {
    const Refusal malformed{400, "the request line is malformed"};
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return malformed;
    const auto version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return malformed;
    if (!is_token(line.substr(0, first))) return malformed;
    head.method = line.substr(0, first);
    if (head.method != "GET" && head.method != "POST")
        return Refusal{405, "only GET and POST", 0, true};
    auto target = line.substr(first + 1, last - first - 1);
    target = target.substr(0, target.find('?'));
    if (target.size() > limits::max_request_path) return Refusal{414, "the path is too long"};
    if (!is_path(target) || !percent_decoded(target)) return malformed;
    head.path = target;
    return std::nullopt;
}

std::optional<Refusal> read_length(std::string_view value, std::size_t max_body,
                                   std::optional<std::size_t>& length) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool digits = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
    if (!digits || length) return Refusal{400, "Content-Length is malformed"};
    if (read.ec != std::errc{} || number > max_body)
        return Refusal{413, fmt::format("the body is larger than {} bytes", max_body)};
    length = number;
    return std::nullopt;
}

std::optional<Refusal> read_header(std::string_view line, std::size_t max_body, Head& head,
                                   std::optional<std::size_t>& length) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
        return Refusal{400, "a header is malformed"};
    const auto name = line.substr(0, colon);
    const auto value = without_blanks(line.substr(colon + 1));
    if (std::any_of(value.begin(), value.end(),
                    [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }))
        return Refusal{400, "a header is malformed"};
    // The proxy reads chunks itself. cpprestsdk's reader of chunks trusts the sizes in them.
    if (same(name, "transfer-encoding")) return Refusal{411, "send Content-Length"};
    if (same(name, "content-length")) return read_length(value, max_body, length);
    if (same(name, "expect")) {
        if (!same(value, "100-continue")) return Refusal{417, "only 100-continue"};
        head.expects_continue = true;
    }
    return std::nullopt;
}

std::string_view reason_of(int status) {
    switch (status) {
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 411:
            return "Length Required";
        case 413:
            return "Payload Too Large";
        case 414:
            return "URI Too Long";
        case 417:
            return "Expectation Failed";
        case 431:
            return "Request Header Fields Too Large";
        case 503:
            return "Service Unavailable";
        default:
            return "Bad Request";
    }
}

}  // namespace

Head read_head(std::string_view text, std::size_t max_body) {
    Head head;
    std::optional<std::size_t> length;
    bool first = true;
    while (!head.refusal && !text.empty()) {
        const auto end = text.find("\r\n");
        const auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
        if (line.empty() && !first) break;
        head.refusal =
            first ? read_request_line(line, head) : read_header(line, max_body, head, length);
        first = false;
    }
    head.length = length.value_or(0);
    return head;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        unsigned value = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (digits.size() != 2 || read.ptr != digits.data() + 2) return std::nullopt;
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

std::string answer_of(const Refusal& refusal) {
    return fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
        "{}{}Connection: close\r\n\r\n{}\n",
        refusal.status, reason_of(refusal.status), refusal.text.size() + 1,
        refusal.methods ? "Allow: GET, POST\r\n" : "",
        refusal.retry_after > 0 ? fmt::format("Retry-After: {}\r\n", refusal.retry_after) : "",
        refusal.text);
}

}  // namespace dvcsync::console
