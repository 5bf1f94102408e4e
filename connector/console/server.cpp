#include "connector/console/server.h"

#include <cpprest/filestream.h>
#include <cpprest/http_listener.h>
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <string_view>
#include <thread>
#include <vector>

#include "connector/console/head.h"
#include "connector/console/socket.h"

namespace dvcsync::console {
namespace {

using web::http::http_request;
using web::http::http_response;
using web::http::experimental::listener::http_listener;

// A failed task that nobody looks at ends the process.
void forget(const pplx::task<void>& task) {
    task.then([](const pplx::task<void>& done) {
        try {
            done.get();
        } catch (...) {  // NOLINT(bugprone-empty-catch): the caller has gone
        }
    });
}

bool is_header(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// The library makes its table of reason phrases with the first answer, on whichever thread that is.
// Its other threads are safe: the table is a local static. But the guard of that static is tested
// inside the library, where the thread sanitizer does not look. Made here, the table is older than
// all that read it, and everybody can see that.
void make_reason_phrases() {
    static const std::string made = http_response(web::http::status_codes::OK).to_string();
}

http_response response_of(const Reply& reply) {
    http_response response(static_cast<web::http::status_code>(reply.status));
    response.headers().add("Connection", "close");
    for (const auto& [name, value] : reply.headers) {
        if (!is_header(name) || !is_header(value)) return response_of({500, "", "", {}, {}});
        response.headers().add(name, value);
    }
    if (!reply.file.empty()) {
        auto file = concurrency::streams::file_stream<std::uint8_t>::open_istream(
                        reply.file.string(), std::ios::in)
                        .get();
        const auto size = file.streambuf().size();
        response.set_body(file, size, reply.content_type);
    } else if (!reply.body.empty()) {
        response.set_body(reply.body, reply.content_type.empty() ? "application/octet-stream"
                                                                 : reply.content_type);
    }
    return response;
}

void send(const http_request& request, const Reply& reply) {
    try {
        forget(request.reply(response_of(reply)));
    } catch (...) {
        try {
            // The file cannot be read, or is there no longer.
            http_response response(reply.file.empty() ? 500 : 404);
            response.headers().add("Connection", "close");
            forget(request.reply(response));
        } catch (...) {  // NOLINT(bugprone-empty-catch): it is answered already
        }
    }
}

}  // namespace

struct Server::Impl {
    std::string pass;
    std::function<void(Exchange)> take;
    int port = 0;
    std::unique_ptr<http_listener> listener;

    void on_request(const http_request& request) const {
        const auto& headers = request.headers();
        const auto found = headers.find("X-Gate");
        if (found == headers.end() || found->second != pass)
            return send(request, {403, {}, {}, {}, {}});
        auto path = percent_decoded(request.request_uri().path());
        if (!path) return send(request, {400, {}, {}, {}, {}});
        const auto take_it = take;
        request.extract_vector().then([request, take_it, path = *std::move(path)](
                                          const pplx::task<std::vector<unsigned char>>& body) {
            try {
                const auto bytes = body.get();
                take_it({{request.method(), path, std::string(bytes.begin(), bytes.end())},
                         [request](const Reply& reply) { send(request, reply); }});
            } catch (...) {
                // The caller has gone before its body was whole.
                send(request, {400, {}, {}, {}, {}});
            }
        });
    }
};

Result<std::unique_ptr<Server>> Server::open(std::string pass, std::function<void(Exchange)> take) {
    make_reason_phrases();
    auto impl = std::make_shared<Impl>();
    impl->pass = std::move(pass);
    impl->take = std::move(take);
    // The library cannot say which port it was given, so it is told one that was free just now.
    constexpr int tries = 20;
    std::string why = "no port is free";
    for (int i = 0; i < tries && !impl->listener; ++i) {
        impl->port = port_of(listen_on_loopback(0));
        if (impl->port <= 0) break;
        try {
            auto listener =
                std::make_unique<http_listener>(fmt::format("http://127.0.0.1:{}/", impl->port));
            const auto handle = [inner = impl.get()](const http_request& request) {
                try {
                    inner->on_request(request);
                } catch (...) {
                    send(request, {500, {}, {}, {}, {}});
                }
            };
            listener->support(handle);
            listener->open().get();
            impl->listener = std::move(listener);
        } catch (const std::exception& error) {
            why = error.what();
        }
    }
    if (!impl->listener)
        return fail(ErrorKind::Retry,
                    fmt::format("cannot listen on the loopback address: {}", why));
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
    close(limits::listener_closing);
}

int Server::port() const {
    return impl_->port;
}

bool Server::close(std::chrono::milliseconds patience) {
    if (std::exchange(closed_, true)) return true;
    // The library waits for its connections inside this call, without a limit.
    std::promise<void> closed;
    auto end = closed.get_future();
    std::thread closing([impl = impl_, closed = std::move(closed)]() mutable {
        try {
            impl->listener->close().get();
        } catch (...) {  // NOLINT(bugprone-empty-catch): it is closed, one way or another
        }
        closed.set_value();
    });
    const bool in_time = end.wait_for(patience) == std::future_status::ready;
    in_time ? closing.join() : closing.detach();
    return in_time;
}

}  // namespace dvcsync::console
