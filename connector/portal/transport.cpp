#include "connector/portal/transport.h"

#include <utility>

// http_client.h needs <utility> first.
#include <cpprest/http_client.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <pplx/threadpool.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "connector/base/limits.h"
#include "connector/portal/tls.h"
#include "connector/portal/transport_streams.h"

namespace dvcsync::portal {

namespace {

using std::chrono::steady_clock;
using web::http::client::http_client;
using web::http::client::http_client_config;
using Socket = boost::asio::ip::tcp::socket;

// What is known of a connection from the callbacks that cpprestsdk and OpenSSL make.
struct Watch {
    TlsTrace tls;
    std::atomic<bool> stale{
        false};  // the kept connection was found closed before anything was sent
};

struct StaleConnection {};

// A kept connection must be silent. If it is closed, or holds bytes that nobody asked for (an
// answer left over would be taken for the next one), it is not used.
void refuse_if_stale(Socket& socket, Watch& watch) {
    if (!socket.is_open()) return;  // not connected yet: a new one
    char byte = 0;
    const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    watch.stale = true;
    throw StaleConnection{};
}

// One exchange. Shared with cpprestsdk's tasks, so it outlives a caller who gave up.
struct Call {
    explicit Call(Request what) : request(std::move(what)) {}

    // The point of no return is the first byte of the body: a POST without it is nothing.
    enum class Phase { Unsent, Sent, GivenUp };
    bool start() {
        auto unsent = Phase::Unsent;
        return phase.compare_exchange_strong(unsent, Phase::Sent);
    }
    bool give_up() {
        auto unsent = Phase::Unsent;
        return phase.compare_exchange_strong(unsent, Phase::GivenUp) || unsent == Phase::GivenUp;
    }

    void finish(std::string why, int code) {
        const std::lock_guard lock(mutex);
        error = std::move(why);
        error_code = code;
        ended = true;
        changed.notify_all();
    }

    Request request;
    Reply reply;
    std::atomic<Phase> phase{Phase::Unsent};
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    std::string error;  // empty: the answer came whole
    int error_code = 0;
};

// A place for one exchange at a time, with its own http_client and so its own connection.
struct Lane {
    std::shared_ptr<Watch> watch;
    std::unique_ptr<http_client> client;
    steady_clock::time_point used;
    bool proven = false;  // an exchange has ended well on this connection
};

bool is_header_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(),
                        [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

web::http::http_request make_request(const std::shared_ptr<Call>& call) {
    web::http::http_request request(call->request.get ? web::http::methods::GET
                                                      : web::http::methods::POST);
    request.set_request_uri(web::uri(call->request.target));
    if (!call->request.get) {
        // The stream holds the call, and the call the bytes.
        const concurrency::streams::streambuf<std::uint8_t> body(
            std::make_shared<BodyBuffer>(call->request.body, [call] { return call->start(); }));
        request.set_body(concurrency::streams::istream(body), call->request.body.size(),
                         "application/json");
    }
    for (const auto& [name, value] : call->request.headers) {
        request.headers().remove(name);
        request.headers().add(name, value);
    }
    const concurrency::streams::streambuf<std::uint8_t> answer(
        std::make_shared<AnswerBuffer>(call->reply.body, limits::max_answer));
    request.set_response_stream(concurrency::streams::ostream(answer));
    return request;
}

// Starts the exchange; call->finish() is called at its end, whatever happens.
void start(http_client& client, const std::shared_ptr<Call>& call,
           const pplx::cancellation_token& token) {
    try {
        client.request(make_request(call), token)
            .then([call](web::http::http_response response) {
                call->reply.status = response.status_code();
                const auto wait = response.headers().find("Retry-After");
                if (wait != response.headers().end()) call->reply.retry_after = wait->second;
                return response.content_ready();
            })
            .then([call](const pplx::task<web::http::http_response>& done) {
                try {
                    done.get();
                    call->finish({}, 0);
                } catch (const web::http::http_exception& error) {
                    call->finish(error.what(), error.error_code().value());
                } catch (const std::exception& error) {
                    call->finish(error.what(), 0);
                } catch (...) {
                    call->finish("stopped", 0);
                }
            });
    } catch (const std::exception& error) {
        call->finish(error.what(), 0);
    } catch (...) {
        call->finish("stopped", 0);
    }
}

// A packed OpenSSL error: the handshake failed for a reason that trying again does not mend.
std::string tls_error(int code) {
    if (ERR_GET_LIB(static_cast<unsigned long>(code)) != ERR_LIB_SSL) return {};
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(code));
    return reason != nullptr ? reason : "TLS error";
}

Failure explain(const Call& call, const Watch& watch, bool proven) {
    using Kind = Failure::Kind;
    const bool unsent = call.phase != Call::Phase::Sent && call.reply.status == 0;
    const bool answered = call.reply.status != 0;
    if (unsent) {
        if (auto refusal = watch.tls.refusal(); !refusal.empty())
            return {Kind::Untrusted, std::move(refusal)};
        if (watch.tls.alert() >= 0) return {Kind::Untrusted, alert_words(watch.tls.alert())};
        if (auto reason = tls_error(call.error_code); !reason.empty())
            return {Kind::Untrusted, fmt::format("no TLS with the portal: {}", reason)};
        return {Kind::NotSent, fmt::format("the portal cannot be reached: {}", call.error)};
    }
    // TLS 1.3 lets the client write before the portal has judged its certificate; the alert then
    // says that it never let the connection in.
    if (!answered && !proven && alert_rejects_handshake(watch.tls.alert()))
        return {Kind::Untrusted, alert_words(watch.tls.alert())};
    auto reason = answered ? fmt::format("the answer was cut: {}", call.error)
                           : fmt::format("the connection broke before an answer: {}", call.error);
    if (!answered && !proven && watch.tls.certificate_requested())
        reason += "; the portal asks for a client certificate and none is configured";
    return {Kind::Unclear, std::move(reason)};
}

}  // namespace

struct Transport::Impl {
    std::string base;
    std::unique_ptr<Tls> tls;  // null: plain HTTP
    std::chrono::milliseconds step_limit{};

    std::mutex mutex;
    std::condition_variable freed;
    std::vector<std::unique_ptr<Lane>> idle;  // the last one used is used next: fewest connections
    int unopened = 0;                         // lanes that were never needed yet

    std::unique_ptr<Lane> acquire(steady_clock::time_point deadline) {
        std::unique_lock lock(mutex);
        if (!freed.wait_until(lock, deadline, [&] { return !idle.empty() || unopened > 0; }))
            return nullptr;
        if (idle.empty()) {
            --unopened;
            return std::make_unique<Lane>();
        }
        auto lane = std::move(idle.back());
        idle.pop_back();
        return lane;
    }

    void release(std::unique_ptr<Lane> lane) {
        const std::lock_guard lock(mutex);
        idle.push_back(std::move(lane));
        freed.notify_one();
    }

    void connect(Lane& lane) const {
        lane.watch = std::make_shared<Watch>();
        lane.proven = false;
        http_client_config config;
        config.set_max_redirects(0);
        config.set_timeout(step_limit);
        const auto watch = lane.watch;
        if (tls) {
            config.set_tlsext_sni_enabled(!tls->host_is_address());
            config.set_ssl_context_callback([this, watch](boost::asio::ssl::context& context) {
                tls->apply(context.native_handle(), &watch->tls);
            });
            config.set_nativehandle_options([watch](web::http::client::native_handle handle) {
                auto* stream = static_cast<boost::asio::ssl::stream<Socket&>*>(handle);
                refuse_if_stale(stream->next_layer(), *watch);
            });
        } else {
            config.set_nativehandle_options([watch](web::http::client::native_handle handle) {
                refuse_if_stale(*static_cast<Socket*>(handle), *watch);
            });
        }
        lane.client = std::make_unique<http_client>(web::uri(base), config);
    }

    tl::expected<Reply, Failure> exchange(Lane& lane, const std::shared_ptr<Call>& call,
                                          steady_clock::time_point deadline) const {
        if (lane.client && steady_clock::now() - lane.used > limits::idle_connection)
            lane.client.reset();
        try {
            if (!lane.client) connect(lane);
        } catch (const std::exception& error) {
            return tl::make_unexpected(Failure{Failure::Kind::Unusable, error.what()});
        }
        lane.watch->tls.restart();
        pplx::cancellation_token_source stop;
        start(*lane.client, call, stop.get_token());
        auto failure = wait(*call, lane, deadline, stop);
        if (!failure && call->reply.status < 200)
            failure = Failure{Failure::Kind::Unclear,
                              fmt::format("HTTP {} where an answer was due", call->reply.status)};
        if (failure) {
            lane.client.reset();  // whatever is left on this connection is not for us
            return tl::make_unexpected(*std::move(failure));
        }
        lane.used = steady_clock::now();
        lane.proven = true;
        return std::move(call->reply);
    }

    static std::optional<Failure> wait(Call& call, const Lane& lane,
                                       steady_clock::time_point deadline,
                                       pplx::cancellation_token_source& stop) {
        // A healthy exchange ends long before the first look.
        constexpr std::chrono::milliseconds look{100};
        constexpr std::size_t most = limits::max_answer + (1u << 20);
        std::unique_lock lock(call.mutex);
        bool flooded = false;
        while (!call.ended && !flooded && steady_clock::now() < deadline) {
            call.changed.wait_until(lock, std::min(deadline, steady_clock::now() + look));
            flooded = lane.watch->tls.received() > most;
        }
        if (call.ended) {
            if (call.error.empty()) return std::nullopt;
            return explain(call, *lane.watch, lane.proven);
        }
        lock.unlock();
        const bool never_left = call.give_up();
        stop.cancel();
        const std::string reason = flooded ? "the portal's answer is larger than any limit"
                                           : "no answer before the deadline";
        // A GET has no body and so no such point, but asking twice does no harm.
        if (never_left) return Failure{Failure::Kind::NotSent, reason};
        return Failure{Failure::Kind::Unclear, reason};
    }
};

Transport::Transport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transport::~Transport() = default;

Result<std::unique_ptr<Transport>> Transport::open(const ClientSettings& settings) {
    const auto wrong = [&](std::string_view why) {
        return fail(ErrorKind::Config, fmt::format("[portal] base_url {}; write https://host or "
                                                   "https://host:port",
                                                   why));
    };
    auto impl = std::make_unique<Impl>();
    impl->step_limit = settings.deadline + std::chrono::seconds(1);
    impl->unopened = settings.in_flight;
    try {
        const web::uri base(settings.base_url);
        const bool https = base.scheme() == "https";
        if (!https && base.scheme() != "http") return wrong("has neither https:// nor http://");
        if (base.host().empty()) return wrong("names no host");
        if (!base.user_info().empty() || !base.query().empty() || !base.fragment().empty() ||
            (base.path() != "/" && !base.path().empty()))
            return wrong("has more than a host and a port");
        impl->base = base.to_string();
        if (https) {
            auto host = base.host();
            if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
            DVC_TRY_ASSIGN(tls, Tls::open(settings, std::move(host)));
            impl->tls = std::move(tls);
        }
    } catch (const std::exception&) {
        return wrong("is not an address");
    }
    if (settings.in_flight < 1 || settings.in_flight > limits::max_in_flight)
        return fail(ErrorKind::Config,
                    fmt::format("[portal] in_flight must be from 1 to {}", limits::max_in_flight));
    return std::unique_ptr<Transport>(new Transport(std::move(impl)));
}

tl::expected<Reply, Failure> Transport::send(Request request, steady_clock::time_point deadline) {
    for (const auto& [name, value] : request.headers)
        if (!is_header_value(value))
            return tl::make_unexpected(
                Failure{Failure::Kind::Unusable,
                        fmt::format("header {} would hold a control character", name)});
    auto lane = impl_->acquire(deadline);
    if (!lane)
        return tl::make_unexpected(
            Failure{Failure::Kind::NotSent, "all connections stayed busy until the deadline"});
    auto call = std::make_shared<Call>(std::move(request));
    auto result = impl_->exchange(*lane, call, deadline);
    if (!result && lane->watch && lane->watch->stale && call->give_up()) {
        // The portal has closed the idle connection and nothing was sent on it: take a new one.
        call = std::make_shared<Call>(call->request);
        result = impl_->exchange(*lane, call, deadline);
    }
    impl_->release(std::move(lane));
    return result;
}

void initialize() {
    // Every connection would parse the system's bundle of ~140 authorities (30 ms) and trust it
    // too.
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);
    ::setenv("SSL_CERT_DIR", "/dev/null", 1);
    try {
        crossplat::threadpool::initialize_with_threads(4);
    } catch (const std::exception&) {
        // It is running already, so it was sized before: there is nothing left to decide.
    }
}

}  // namespace dvcsync::portal
