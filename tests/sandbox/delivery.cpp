#include "tests/sandbox/delivery.h"

#include <fmt/format.h>

#include <algorithm>

namespace dvcsandbox {
namespace {

constexpr std::size_t kPieces = 20;  // of an answer that trickles
constexpr std::size_t kPadAtOnce = 256U << 10U;

bool trickle(Stream& stream, std::string_view bytes, std::chrono::milliseconds over,
             const Pause& pause) {
    const auto size = bytes.size() / kPieces + 1;
    while (!bytes.empty()) {
        pause(over / kPieces);
        const auto piece = bytes.substr(0, size);
        if (!stream.write(piece)) return false;
        bytes.remove_prefix(piece.size());
    }
    return true;
}

// Two records of TLS that arrive together: nobody is to blame who could not see the second coming,
// but whoever looks at what has arrived before the next call sees it.
bool twice(Stream& stream, std::string_view bytes) {
    stream.hold_back(true);
    const bool sent = stream.write(bytes) && stream.write(bytes);
    stream.hold_back(false);
    return sent;
}

bool pad(Stream& stream, std::size_t size) {
    const std::string blanks(std::min(size, kPadAtOnce), ' ');
    while (size > 0) {
        const auto count = std::min(size, blanks.size());
        if (!stream.write(std::string_view(blanks).substr(0, count))) return false;
        size -= count;
    }
    return true;
}

}  // namespace

std::string_view reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 302:
            return "Found";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Payload Too Large";
        case 415:
            return "Unsupported Media Type";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Error";
    }
}

std::string to_bytes(const Reply& reply, bool keep_alive) {
    std::string out;
    out.reserve(200 + reply.body.size());
    fmt::format_to(std::back_inserter(out),
                   "HTTP/1.1 {} {}\r\nServer: dvc-sandbox\r\nContent-Type: {}\r\n"
                   "Content-Length: {}\r\n{}",
                   reply.status, reason(reply.status), reply.content_type,
                   reply.body.size() + reply.padding, keep_alive ? "" : "Connection: close\r\n");
    if (!reply.retry_after.empty())
        fmt::format_to(std::back_inserter(out), "Retry-After: {}\r\n", reply.retry_after);
    if (!reply.location.empty())
        fmt::format_to(std::back_inserter(out), "Location: {}\r\n", reply.location);
    out += "\r\n";
    out += reply.body;
    return out;
}

bool deliver(Stream& stream, const Reply& reply, bool keep_alive, std::chrono::milliseconds limit,
             const Pause& pause) {
    if (reply.manner == Manner::Close) return false;
    if (reply.manner == Manner::Reset) {
        stream.reset_on_close();
        return false;
    }
    if (reply.wait.count() > 0 && reply.manner != Manner::Trickle) pause(reply.wait);
    stream.deadline(Stream::Clock::now() + limit + reply.wait);
    const std::string bytes = to_bytes(reply, keep_alive);
    switch (reply.manner) {
        case Manner::Twice:
            return twice(stream, bytes);
        case Manner::Trickle:
            return trickle(stream, bytes, reply.wait, pause);
        case Manner::Padded:
            return stream.write(bytes) && pad(stream, reply.padding);
        case Manner::Cut:
            stream.write(std::string_view(bytes).substr(0, bytes.size() - reply.body.size() / 2));
            return false;
        default:
            return stream.write(bytes);
    }
}

}  // namespace dvcsandbox
