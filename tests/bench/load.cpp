// dvc-load: the bare load generator that the full-year benchmark compares dvcsync with.
//
// It prepares every body of the year in memory (the same mapping, the same batches, the same
// envelope), logs in, and only then starts the clock: threads write the bytes to kept TLS
// connections and read the answers, nothing else. No ledger, no cpprestsdk, no per-item outcome:
// the least that any client must do.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "connector/config/config.h"
#include "connector/mapping/mapping.h"
#include "connector/portal/envelope.h"
#include "connector/portal/profile_data.h"
#include "connector/sync/connector.h"

namespace {

using namespace dvcsync;

template <class T>
T value(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
}

// A kept connection to https://127.0.0.1:port, or http.
class Connection {
  public:
    Connection(SSL_CTX* tls, int port) {
        fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(port));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            throw std::runtime_error("connect failed");
        }
        if (tls == nullptr) return;
        ssl_ = SSL_new(tls);
        SSL_set_fd(ssl_, fd_);
        if (SSL_connect(ssl_) != 1) throw std::runtime_error("TLS handshake failed");
    }
    ~Connection() {
        SSL_free(ssl_);
        ::close(fd_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Sends a whole request and returns the body of the answer.
    std::string exchange(std::string_view request) {
        for (std::size_t sent = 0; sent < request.size();) {
            sent += write(request.substr(sent));
        }
        std::size_t head = std::string::npos;
        while ((head = buffer_.find("\r\n\r\n")) == std::string::npos)
            read();
        const std::size_t length = content_length(std::string_view(buffer_).substr(0, head));
        while (buffer_.size() < head + 4 + length)
            read();
        std::string body = buffer_.substr(head + 4, length);
        buffer_.erase(0, head + 4 + length);
        return body;
    }

  private:
    std::size_t write(std::string_view bytes) {
        const auto done = ssl_ != nullptr
                              ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                              : static_cast<int>(::write(fd_, bytes.data(), bytes.size()));
        if (done <= 0) throw std::runtime_error("write failed");
        return static_cast<std::size_t>(done);
    }
    void read() {
        char chunk[16'384];
        const auto got = ssl_ != nullptr ? SSL_read(ssl_, chunk, sizeof chunk)
                                         : static_cast<int>(::read(fd_, chunk, sizeof chunk));
        if (got <= 0) throw std::runtime_error("the server closed the connection");
        buffer_.append(chunk, static_cast<std::size_t>(got));
    }
    static std::size_t content_length(std::string_view head) {
        for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
            const auto at = head.find(name);
            if (at == std::string_view::npos) continue;
            return std::strtoul(std::string(head.substr(at + name.size(), 12)).c_str(), nullptr,
                                10);
        }
        throw std::runtime_error("an answer without Content-Length");
    }

    int fd_ = -1;
    SSL* ssl_ = nullptr;
    std::string buffer_;
};

struct Call {
    std::string request;
    std::size_t items = 0;
};

// Everything that goes out, by operation, in the order of sending.
class Year {
  public:
    Year(const config::Config& config, std::string_view host) : config_(config), host_(host) {
        const auto folder = config.mappings / "portal" / config.profile;
        profile_ = value(portal::read_profile(folder / "profile.xml"));
        settings_ = sync::client_settings(config);
    }

    // The login call needs no session; the session then goes into every other body.
    std::string login_request() const {
        const portal::Values values{*profile_, settings_, {}, {}, {}, {}};
        return request(profile_->login->endpoint,
                       portal::object_of(profile_->login->members, values), values);
    }
    const std::string& session_member() const { return profile_->login->session; }

    std::map<Operation, std::vector<Call>> prepare(std::string_view session) {
        session_ = session;
        const auto mappings =
            value(mapping::MappingSet::load(config_.mappings, config_.vocabulary, config_.profile));
        auto source = value(province::open_drop_folder(
            sync::folder_settings(config_, mappings.vocabulary()), "", system_clock()));
        for (;;) {
            const auto batch = value(source->next(500));
            for (const auto& raw : batch.records) {
                const auto record = value(mappings.vocabulary().parse(raw.kind, raw.xml));
                if (raw.kind == "procedure") add(Operation::PushProcedure, mappings, record);
                if (raw.kind == "dossier") {
                    add(Operation::PushDossier, mappings, record);
                    add(Operation::PushProgress, mappings, record);
                }
            }
            if (batch.end) break;
        }
        for (auto& [code, json] : procedures_) {
            waiting_[Operation::PushProcedure].push_back(std::move(json));
            if (waiting_[Operation::PushProcedure].size() >=
                static_cast<std::size_t>(profile_->push(Operation::PushProcedure)->batch)) {
                flush(Operation::PushProcedure);
            }
        }
        for (const auto operation : all_operations)
            flush(operation);
        return std::move(calls_);
    }

  private:
    void add(Operation operation, const mapping::MappingSet& mappings,
             const mapping::Record& record) {
        auto documents = mappings.plan(operation)->run(record);
        if (!documents) throw std::runtime_error(documents.error().text());
        if (operation == Operation::PushProcedure) {
            // A procedure that a later decision changed stands in two files; only the last is sent.
            procedures_[documents->front().key] = std::move(documents->front().json);
            return;
        }
        auto& waiting = waiting_[operation];
        // The rows of a dossier stay in one call: calls overtake one another, rows must not.
        if (waiting.size() + documents->size() >
            static_cast<std::size_t>(profile_->push(operation)->batch)) {
            flush(operation);
        }
        for (auto& document : *documents) {
            waiting.push_back(std::move(document.json));
            if (waiting.size() >= static_cast<std::size_t>(profile_->push(operation)->batch)) {
                flush(operation);
            }
        }
    }

    void flush(Operation operation) {
        auto& waiting = waiting_[operation];
        if (waiting.empty()) return;
        const auto& push = *profile_->push(operation);
        std::vector<portal::Item> items;
        for (const auto& document : waiting)
            items.push_back({"", document});
        std::optional<bool> updating;
        if (push.updating) updating = false;
        const portal::Values values{*profile_, settings_, session_, push.service, {}, updating};
        calls_[operation].push_back(
            {request(push.endpoint, portal::push_body(push, items, values), values),
             waiting.size()});
        waiting.clear();
    }

    std::string request(const std::string& endpoint, const std::string& body,
                        const portal::Values& values) const {
        const auto target =
            portal::target_of(settings_.endpoints.at(endpoint), profile_->parameters, values);
        std::string head = fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n",
                                       target, host_, body.size());
        for (const auto& [name, text] : portal::headers_of(profile_->parameters, values)) {
            head += fmt::format("{}: {}\r\n", name, text);
        }
        if (head.find("Content-Type") == std::string::npos) {
            head += "Content-Type: application/json\r\n";
        }
        return head + "\r\n" + body;
    }

    const config::Config& config_;
    std::string host_;
    std::shared_ptr<const portal::ProfileData> profile_;
    portal::ClientSettings settings_;
    std::string session_;
    std::map<std::string, std::string> procedures_;
    std::map<Operation, std::vector<std::string>> waiting_;
    std::map<Operation, std::vector<Call>> calls_;
};

SSL_CTX* tls_context(const config::Config& config) {
    if (config.base_url.starts_with("http://")) return nullptr;
    SSL_CTX* tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    const bool good =
        SSL_CTX_load_verify_locations(tls, config.ca_file.c_str(), nullptr) == 1 &&
        SSL_CTX_use_certificate_chain_file(tls, config.client_certificate.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls, config.client_key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!good) throw std::runtime_error("the certificates cannot be loaded");
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
    return tls;
}

// The value of a string member, wherever it stands: enough for an answer of our own sandbox.
std::string member(const std::string& json, const std::string& name) {
    const auto at = json.find("\"" + name + "\"");
    const auto open = json.find('"', json.find(':', at) + 1);
    return json.substr(open + 1, json.find('"', open + 1) - open - 1);
}

struct Totals {
    std::atomic<std::size_t> items{0};
    std::atomic<std::size_t> calls{0};
    std::atomic<std::size_t> refused{0};
};

void blast(const std::vector<Call>& calls, SSL_CTX* tls, int port, int in_flight, Totals& totals) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < in_flight; ++i) {
        threads.emplace_back([&] {
            Connection connection(tls, port);
            for (std::size_t at = next++; at < calls.size(); at = next++) {
                const auto answer = connection.exchange(calls[at].request);
                totals.items += calls[at].items;
                ++totals.calls;
                const auto code = answer.find("error_code\":");
                const auto digit = answer.find_first_not_of("\" ", code + 12);
                if (code == std::string::npos || answer[digit] != '0') ++totals.refused;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
}

int run(const std::string& config_file, int in_flight) {
    const auto config = value(config::load(config_file));
    const auto colon = config.base_url.rfind(':');
    const int port = std::atoi(config.base_url.c_str() + colon + 1);
    SSL_CTX* tls = tls_context(config);
    Year year(config, config.base_url.substr(config.base_url.find("//") + 2));
    const std::string session =
        member(Connection(tls, port).exchange(year.login_request()), year.session_member());
    const auto calls = year.prepare(session);

    Totals totals;
    const auto began = std::chrono::steady_clock::now();
    for (const auto operation :
         {Operation::PushProcedure, Operation::PushDossier, Operation::PushProgress}) {
        if (const auto at = calls.find(operation); at != calls.end()) {
            blast(at->second, tls, port, in_flight, totals);
        }
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto dossiers = calls.count(Operation::PushDossier) ? calls.at(Operation::PushDossier)
                                                              : std::vector<Call>{};
    std::size_t count = 0;
    for (const auto& call : dossiers)
        count += call.items;
    fmt::print(R"({{"seconds":{:.3f},"calls":{},"items":{},"refused_calls":{},"dossiers":{},)"
               R"("dossiers_per_second":{:.0f}}})"
               "\n",
               seconds, totals.calls.load(), totals.items.load(), totals.refused.load(), count,
               static_cast<double>(count) / seconds);
    SSL_CTX_free(tls);
    return totals.refused == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(
            stderr,
            "usage: dvc-load DVCSYNC_TOML IN_FLIGHT\n"
            "Posts what the drop folder of that configuration holds to its portal, as fast as "
            "it goes.\nOnly for a sandbox on this machine.\n");
        return 2;
    }
    try {
        return run(argv[1], std::atoi(argv[2]));
    } catch (const std::exception& error) {
        fmt::print(stderr, "dvc-load: {}\n", error.what());
        return 1;
    }
}
