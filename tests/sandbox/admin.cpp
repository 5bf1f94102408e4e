#include "tests/sandbox/admin.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>

#include "tests/sandbox/report.h"
#include "tests/sandbox/stream.h"
#include "tests/sandbox/submission_lines.h"

namespace dvcsandbox {
namespace {

constexpr int kDefaultYear = 2019;
constexpr std::size_t kMaxAnswer = 64u << 20;
constexpr std::chrono::seconds kMaxOutage{86'400};

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
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    writer.StartObject();
    writer.Key("error");
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    writer.EndObject();
    return {.status = status, .body = {buffer.GetString(), buffer.GetSize()}};
}

template <class Report>
Reply report(const std::string& query, Report make) {
    int year = kDefaultYear;
    const auto text = parameter(query, "year");
    if (!text.empty()) {
        if (text.size() != 4 || !digits(text)) return problem(400, "year: four digits");
        std::from_chars(text.data(), text.data() + text.size(), year);
    }
    return {.body = make(year)};
}

Reply dossier(const Portal& portal, const std::string& query) {
    auto found = dossier_json(portal, parameter(query, "code"));
    if (!found) return problem(404, "no such dossier");
    return {.body = std::move(*found)};
}

Reply health(const Portal& portal, const Controls& controls) {
    const Holdings& holdings = portal.holdings();
    return {.body =
                fmt::format(R"({{"status":"ok","dossiers":{},"procedures":{},"statistics_rows":{},)"
                            R"("submissions":{},"callbacks_waiting":{}}})",
                            holdings.dossiers().size(), holdings.procedures().size(),
                            holdings.statistics().size(), holdings.submissions().size(),
                            controls.citizens->callbacks_waiting())};
}

std::string faults_json(const Injector& injector, const Controls& controls) {
    const auto plan = injector.plan();
    const auto counts = injector.counts();
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    writer.StartObject();
    writer.Key("spec");
    writer.String(plan.spec.c_str());
    writer.Key("seed");
    writer.Uint64(plan.seed);
    writer.Key("outage_calls");
    writer.Uint64(controls.outage_calls());
    writer.Key("injected");
    writer.StartObject();
    for (std::size_t i = 1; i < kInjections; ++i) {
        const auto name = name_of(static_cast<Injection>(i));
        writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
        writer.Uint64(counts[i]);
    }
    const auto citizen = injector.citizen_counts();
    for (std::size_t i = 0; i < kCitizenFaults; ++i) {
        const auto name = name_of(static_cast<CitizenFault>(i));
        writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
        writer.Uint64(citizen[i]);
    }
    writer.EndObject();
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

template <class Number>
bool read_number(std::string_view text, Number& value) {
    return digits(text) &&
           std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
}

Reply set_faults(Injector& injector, const std::string& query, const Controls& controls) {
    std::uint64_t seed = 1;
    const auto given = parameter(query, "seed");
    if (!given.empty() && !read_number(given, seed))
        return problem(400, "seed: a number is expected");
    std::string error;
    auto plan = parse_plan(parameter(query, "spec"), parameter(query, "services"), seed, error);
    if (!plan) return problem(400, error);
    injector.use(std::move(*plan));
    return {.body = faults_json(injector, controls)};
}

Reply outage(const std::string& query, const Controls& controls) {
    unsigned seconds = 0;
    if (!read_number(parameter(query, "seconds"), seconds) || seconds > kMaxOutage.count())
        return problem(400, fmt::format("seconds: 0 to {}", kMaxOutage.count()));
    const auto how = parameter(query, "how");
    if (how != "refuse" && how != "503" && how != "hang")
        return problem(400, "how: refuse, 503 or hang");
    controls.begin_outage(how == "refuse" ? Outage::Refuse
                          : how == "503"  ? Outage::Unavailable
                                          : Outage::Hang,
                          std::chrono::seconds(seconds));
    return {.body = R"({"status":"ok"})"};
}

Reply certificate(const std::string& query, const Controls& controls) {
    const auto error = controls.serve_with(parameter(query, "file"), parameter(query, "key"));
    if (!error.empty()) return problem(400, error);
    return {.body = R"({"status":"ok"})"};
}

Reply submission(const Portal& portal, const std::string& query) {
    const auto found = portal.holdings().submissions().find(parameter(query, "code"));
    if (!found) return problem(404, "no such submission");
    return {.body = submission_json(*found)};
}

Reply answer_or(const std::optional<std::string>& answer, const std::string& error) {
    return answer ? Reply{.body = *answer} : problem(400, error);
}

Reply file(const std::string& query, const Controls& controls) {
    std::string error;
    const auto answer = controls.citizens->file(query, error);
    return answer_or(answer, error);
}

Reply be_hostile(const std::string& query, const Controls& controls) {
    std::uint64_t seconds = 120;
    std::uint64_t mib = 2048;
    const auto read = [&](std::string_view name, std::uint64_t& value) {
        const auto given = parameter(query, name);
        return given.empty() || (read_number(given, value) && value > 0 && value <= 10'000);
    };
    if (!read("seconds", seconds) || !read("mib", mib))
        return problem(400, "seconds and mib: 1 to 10000");
    std::string error;
    const auto answer = controls.citizens->hostile(parameter(query, "kind"), seconds, mib, error);
    return answer_or(answer, error);
}

}  // namespace

Reply administer(Portal& portal, const Request& request, const Controls& controls) {
    const bool get = request.method == "GET";
    const bool post = request.method == "POST";
    if (get && request.path == "/health") return health(portal, controls);
    if (get && request.path == "/report")
        return report(request.query, [&](int year) { return report_json(portal, year); });
    if (get && request.path == "/dossier") return dossier(portal, request.query);
    if (post && request.path == "/reset") {
        portal.reset();
        return {.body = R"({"status":"ok"})"};
    }
    if (post && request.path == "/shutdown") {
        controls.shutdown();
        return {.body = R"({"status":"stopping"})"};
    }
    if (get && request.path == "/faults") return {.body = faults_json(portal.injector(), controls)};
    if (post && request.path == "/faults")
        return set_faults(portal.injector(), request.query, controls);
    if (get && request.path == "/submission") return submission(portal, request.query);
    if (get && request.path == "/submissions")
        return {.body = submissions_json(portal.holdings().submissions())};
    if (post && request.path == "/citizen") return file(request.query, controls);
    if (post && request.path == "/citizen/hostile") return be_hostile(request.query, controls);
    if (post && request.path == "/outage") return outage(request.query, controls);
    if (post && request.path == "/certificate") return certificate(request.query, controls);
    return problem(404,
                   "GET /health /report?year= /dossier?code= /faults /submission?code= "
                   "/submissions | POST /reset /shutdown /faults?spec=&seed=&services= "
                   "/outage?seconds=&how= /certificate?file=&key= /citizen?count=&seed=… "
                   "/citizen/hostile?kind=");
}

Reply administer(Ministry& ministry, const Request& request, const Controls& controls) {
    const bool get = request.method == "GET";
    const bool post = request.method == "POST";
    if (get && request.path == "/health") return {.body = ministry.health()};
    if (get && request.path == "/report")
        return report(request.query, [&](int year) { return ministry.report(year); });
    if (post && request.path == "/reset") {
        ministry.reset();
        return {.body = R"({"status":"ok"})"};
    }
    if (post && request.path == "/shutdown") {
        controls.shutdown();
        return {.body = R"({"status":"stopping"})"};
    }
    if (get && request.path == "/faults")
        return {.body = faults_json(ministry.injector(), controls)};
    if (post && request.path == "/faults")
        return set_faults(ministry.injector(), request.query, controls);
    if (post && request.path == "/outage") return outage(request.query, controls);
    return problem(404,
                   "GET /health /report?year= /faults | POST /reset /shutdown "
                   "/faults?spec=&seed=&services= /outage?seconds=&how=");
}

std::optional<std::string> fetch(const std::string& base, const std::string& path,
                                 std::string& error, std::string_view method) {
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
        !stream.write(fmt::format(
            "{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method,
            path, host))) {
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
