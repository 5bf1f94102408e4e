#include "tests/sandbox/admin.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>

#include "tests/sandbox/report.h"
#include "tests/sandbox/stream.h"

namespace dvcsandbox {
namespace {

constexpr int kDefaultYear = 2019;
constexpr std::size_t kMaxAnswer = 64u << 20;

struct Socket {
    int number = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(number); }
};

std::string parameter(std::string_view query, std::string_view name) {
    for (const auto part : split(query, '&'))
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
            return percent_decode(part.substr(name.size() + 1));
    return {};
}

Reply problem(int status, std::string_view text) {
    return {.status = status, .body = fmt::format(R"({{"error":"{}"}})", text)};
}

Reply report(const Portal& portal, const std::string& query) {
    int year = kDefaultYear;
    const auto text = parameter(query, "year");
    if (!text.empty()) {
        if (text.size() != 4 || !digits(text)) return problem(400, "year: four digits");
        std::from_chars(text.data(), text.data() + text.size(), year);
    }
    return {.body = report_json(portal, year)};
}

Reply dossier(const Portal& portal, const std::string& query) {
    auto found = dossier_json(portal, parameter(query, "code"));
    if (!found) return problem(404, "no such dossier");
    return {.body = std::move(*found)};
}

Reply health(const Portal& portal) {
    const Holdings& holdings = portal.holdings();
    return {.body = fmt::format(
                R"({{"status":"ok","dossiers":{},"procedures":{},"statistics_rows":{}}})",
                holdings.dossiers().size(), holdings.procedures().size(),
                holdings.statistics().size())};
}

}  // namespace

Reply administer(Portal& portal, const Request& request, const std::function<void()>& shutdown) {
    const bool get = request.method == "GET";
    const bool post = request.method == "POST";
    if (get && request.path == "/health") return health(portal);
    if (get && request.path == "/report") return report(portal, request.query);
    if (get && request.path == "/dossier") return dossier(portal, request.query);
    if (post && request.path == "/reset") {
        portal.reset();
        return {.body = R"({"status":"ok"})"};
    }
    if (post && request.path == "/shutdown") {
        shutdown();
        return {.body = R"({"status":"stopping"})"};
    }
    return problem(404, "GET /health /report?year= /dossier?code= | POST /reset /shutdown");
}

std::optional<std::string> fetch(const std::string& base, const std::string& path,
                                 std::string& error) {
    constexpr std::string_view scheme = "http://";
    const auto colon = base.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::uint16_t port = 0;
    const bool split_up = base.starts_with(scheme) && colon > scheme.size();
    const auto host = split_up ? base.substr(scheme.size(), colon - scheme.size()) : std::string();
    if (split_up) std::from_chars(base.data() + colon + 1, base.data() + base.size(), port);
    if (port == 0 || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
        error = base + ": http://127.0.0.1:PORT is expected";
        return std::nullopt;
    }
    address.sin_port = htons(port);
    const Socket socket;
    Stream stream(socket.number);
    stream.deadline(Stream::Clock::now() + std::chrono::seconds(60));
    if (::connect(socket.number, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        !stream.write(
            fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, host))) {
        error = base + ": no portal answers there";
        return std::nullopt;
    }
    // Connection: close makes the end of the stream the end of the answer.
    std::string answer;
    boost::system::error_code code;
    std::string part(64U << 10, '\0');
    while (!code && answer.size() < kMaxAnswer)
        answer.append(part, 0, stream.read(part.data(), part.size(), code));
    const auto body = answer.find("\r\n\r\n");
    if (!answer.starts_with("HTTP/1.1 200 ") || body == std::string::npos) {
        error = base + path + ": not answered with 200";
        return std::nullopt;
    }
    return answer.substr(body + 4);
}

}  // namespace dvcsandbox
