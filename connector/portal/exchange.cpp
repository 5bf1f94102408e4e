#include "connector/portal/exchange.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/socket_bytes.h"
#include "connector/portal/transport_streams.h"

namespace dvcsync::portal {

namespace {

using web::http::client::http_client;
using web::http::client::http_client_config;

struct StaleConnection {};

// Goes away with the library's last hold on a request, which is when its connection is free again.
struct Release {
    explicit Release(std::shared_ptr<Call> what) : call(std::move(what)) {}
    ~Release() { call->release(); }
    Release(const Release&) = delete;
    Release& operator=(const Release&) = delete;
    std::shared_ptr<Call> call;
};

// A kept connection must be silent. If it is closed, or holds bytes that nobody asked for (an
// answer left over would be taken for the next one), it is not used. `tls` null: plain. What TLS
// has taken from the socket already does not show there: it reads ahead of the record that it was
// asked for.
void refuse_if_stale(Socket& socket, SSL* tls, Watch& watch) {
    watch.socket = &socket;
    if (!socket.is_open()) return;  // not connected yet: a new one
    char byte = 0;
    const auto got = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool silent = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    const bool read_ahead =
        tls != nullptr && (SSL_pending(tls) > 0 || BIO_ctrl_pending(SSL_get_rbio(tls)) > 0);
    if (silent && !read_ahead) return;
    watch.stale = true;
    throw StaleConnection{};
}

web::http::http_request make_request(const std::shared_ptr<Call>& call,
                                     const std::shared_ptr<Watch>& watch) {
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
        std::make_shared<AnswerBuffer>(call->reply.body, call->request.max_answer));
    request.set_response_stream(concurrency::streams::ostream(answer));
    // The first report comes when the connection stands and the header has left.
    request.set_progress_handler([call, watch, release = std::make_shared<Release>(call)](
                                     web::http::message_direction::direction, std::uint64_t) {
        if (watch->socket != nullptr) call->hold_socket(*watch->socket);
    });
    return request;
}

// The portal says that it closes this connection, which the library overlooks among other words; or
// it sends trailers, of which the library reads two bytes and leaves the rest to the next answer.
bool is_last(const web::http::http_headers& headers) {
    if (headers.has("Trailer")) return true;
    const auto said = headers.find("Connection");
    if (said == headers.end()) return false;
    const auto words = caseless(said->second);
    for (std::size_t at = 0; at < words.size();) {
        const auto end = std::min(words.find(',', at), words.size());
        if (trimmed(std::string_view(words).substr(at, end - at)) == "close") return true;
        at = end + 1;
    }
    return false;
}

// A packed OpenSSL error: the handshake failed for a reason that trying again does not mend.
std::string tls_error(int code) {
    if (ERR_GET_LIB(static_cast<unsigned long>(code)) != ERR_LIB_SSL) return {};
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(code));
    return reason != nullptr ? reason : "TLS error";
}

}  // namespace

bool Call::start() {
    auto unsent = Phase::Unsent;
    return phase.compare_exchange_strong(unsent, Phase::Sent);
}

bool Call::give_up() {
    auto unsent = Phase::Unsent;
    return phase.compare_exchange_strong(unsent, Phase::GivenUp) || unsent == Phase::GivenUp;
}

void Call::hold_socket(Socket& socket) {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0 || ended_) return;
    // Our own descriptor: the number in `socket` may soon stand for another connection.
    socket_ = ::fcntl(socket.native_handle(), F_DUPFD_CLOEXEC, 0);
    received_ = bytes_received(socket_);
    if (shut_) ::shutdown(socket_, SHUT_RDWR);
}

void Call::shut_down() {
    const std::lock_guard lock(mutex_);
    shut_ = true;
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void Call::forget_socket() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

std::size_t Call::received() {
    const std::lock_guard lock(mutex_);
    return socket_ < 0 ? 0 : bytes_received(socket_) - received_;
}

void Call::finish(std::string why, int code) {
    const std::lock_guard lock(mutex_);
    error = std::move(why);
    error_code = code;
    ended_ = true;
    changed_.notify_all();
}

void Call::release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
}

void Call::wait_until(std::chrono::steady_clock::time_point at) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, at, [&] { return ended_ && released_; });
}

bool Call::ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
}

bool Call::released() {
    const std::lock_guard lock(mutex_);
    return released_;
}

std::unique_ptr<http_client> make_client(const std::string& base,
                                         std::chrono::milliseconds step_limit,
                                         const std::shared_ptr<const Tls>& tls,
                                         const std::shared_ptr<Watch>& watch) {
    http_client_config config;
    config.set_max_redirects(0);
    config.set_timeout(step_limit);
    config.set_tlsext_sni_enabled(false);  // it would name the address; see name_host
    if (tls) {
        // The bare pointer: the client's configuration, which holds these functions, holds the
        // watch.
        watch->tls.on_handshake = [bare = watch.get()] {
            const auto call = bare->call.lock();
            if (call && bare->socket != nullptr) call->hold_socket(*bare->socket);
        };
        config.set_ssl_context_callback([tls, watch](boost::asio::ssl::context& context) {
            tls->apply(context.native_handle(), &watch->tls);
        });
        config.set_nativehandle_options([tls, watch](web::http::client::native_handle handle) {
            auto* stream = static_cast<boost::asio::ssl::stream<Socket&>*>(handle);
            refuse_if_stale(stream->next_layer(), stream->native_handle(), *watch);
            if (!stream->next_layer().is_open()) tls->name_host(stream->native_handle());
        });
    } else {
        config.set_nativehandle_options([watch](web::http::client::native_handle handle) {
            refuse_if_stale(*static_cast<Socket*>(handle), nullptr, *watch);
        });
    }
    return std::make_unique<http_client>(web::uri(base), config);
}

void start(http_client& client, const std::shared_ptr<Call>& call,
           const std::shared_ptr<Watch>& watch) {
    watch->call = call;
    watch->tls.restart();
    try {
        client.request(make_request(call, watch))
            .then([call](web::http::http_response response) {
                call->reply.status = response.status_code();
                call->last = is_last(response.headers());
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

Failure explain(const Call& call, const Watch& watch) {
    using Kind = Failure::Kind;
    const bool answered = call.reply.status != 0;
    // A portal that does not like our certificate should say so with an alert, but not all do, and
    // a reset may overtake one. No more than a place to look at: mostly a line was just cut.
    const std::string hint =
        !answered && !watch.proven && watch.tls.certificate_requested()
            ? "; if it stays so, see client_certificate in [portal]: the portal asks for one, and "
              "has not said what is wrong"
            : "";
    if (call.phase != Call::Phase::Sent && !answered) {
        if (auto refusal = watch.tls.refusal(); !refusal.empty())
            return {Kind::Untrusted, std::move(refusal)};
        if (watch.tls.alert() >= 0) return {Kind::Untrusted, alert_words(watch.tls.alert())};
        if (auto reason = tls_error(call.error_code); !reason.empty())
            return {Kind::Untrusted, fmt::format("no TLS with the portal: {}", reason)};
        return {
            Kind::NotSent,
            fmt::format("the portal cannot be reached; check base_url, network and firewall: {}{}",
                        call.error, hint)};
    }
    // TLS 1.3 lets the client write before the portal has judged its certificate; the alert then
    // says that it never let the connection in.
    if (!answered && !watch.proven && alert_rejects_handshake(watch.tls.alert()))
        return {Kind::Untrusted, alert_words(watch.tls.alert())};
    if (answered) return {Kind::Unclear, fmt::format("the answer was cut: {}", call.error)};
    // The library wanted to send again on a new connection, which the body does not allow.
    const bool closed = call.error.find("rewind") != std::string::npos;
    return {Kind::Unclear, fmt::format("the connection broke before an answer: {}{}",
                                       closed ? "the portal closed it" : call.error, hint)};
}

}  // namespace dvcsync::portal
