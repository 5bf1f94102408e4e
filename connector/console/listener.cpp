#include "connector/console/listener.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "connector/console/gate.h"
#include "connector/console/server.h"

namespace dvcsync::console {
namespace {

Reply come_again() {
    return {503,
            "text/plain; charset=utf-8",
            "too much at once\n",
            {},
            {{"Retry-After", std::to_string(limits::come_again)}}};
}

std::string new_pass() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

struct Listener::Impl {
    ListenerSettings settings;
    Handler handler;
    std::unique_ptr<Gate> gate;
    std::unique_ptr<Server> server;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Exchange> waiting;
    bool closing = false;
    std::atomic<std::uint64_t> put_off{0};
    std::vector<std::thread> workers;

    // Called on the library's threads: must not wait.
    void take(Exchange exchange) {
        if (exchange.request.path == "/health" && exchange.request.method == "GET")
            return exchange.answer({200, "text/plain; charset=utf-8", "ok\n", {}, {}});
        {
            const std::lock_guard lock(mutex);
            if (!closing && waiting.size() < settings.max_waiting) {
                waiting.push_back(std::move(exchange));
                wake.notify_one();
                return;
            }
        }
        ++put_off;
        exchange.answer(come_again());
    }

    void work() {
        while (true) {
            std::unique_lock lock(mutex);
            wake.wait(lock, [this] { return closing || !waiting.empty(); });
            if (closing) return;
            const Exchange exchange = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            exchange.answer(reply_to(exchange.request));
        }
    }

    Reply reply_to(const Request& request) const {
        try {
            return handler(request);
        } catch (...) {
            // Without its words: they may quote the request.
            spdlog::error("the handler of a request has failed; it was answered with 500");
        }
        return {500, "text/plain; charset=utf-8", "internal fault\n", {}, {}};
    }
};

Result<std::unique_ptr<Listener>> Listener::open(ListenerSettings settings, Handler handler) {
    auto impl = std::make_shared<Impl>();
    impl->settings = settings;
    impl->handler = std::move(handler);
    // The port first: whether it can be had is what may go wrong.
    DVC_TRY_ASSIGN(gate, Gate::open(settings));
    const std::string pass = new_pass();
    DVC_TRY_ASSIGN(server, Server::open(pass, [inner = impl](Exchange exchange) {
                       inner->take(std::move(exchange));
                   }));
    // A circle, until close() lets go of the server; one that is left behind keeps what it needs.
    gate->start(server->port(), pass);
    impl->gate = std::move(gate);
    impl->server = std::move(server);
    for (int i = 0; i < settings.workers; ++i)
        impl->workers.emplace_back([inner = impl.get()] { inner->work(); });
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() {
    close();
}

int Listener::port() const {
    return impl_->gate->port();
}

ListenerCounts Listener::counts() const {
    return {impl_->gate->connections(), impl_->gate->refused(),
            impl_->gate->busy() + impl_->put_off};
}

void Listener::close() {
    if (!impl_->server) return;
    const auto patience = std::chrono::steady_clock::now() + limits::listener_closing;
    impl_->gate->stop_taking();
    std::deque<Exchange> left;
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->closing = true;
        left.swap(impl_->waiting);
    }
    impl_->wake.notify_all();
    for (auto& worker : impl_->workers)
        worker.join();
    for (const auto& exchange : left) {
        ++impl_->put_off;
        exchange.answer(come_again());
    }
    // What is answered may be on its way to its reader.
    while (impl_->gate->open_connections() > 0 && std::chrono::steady_clock::now() < patience)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    impl_->gate->close();
    if (!impl_->server->close(limits::listener_closing))
        spdlog::warn("the listener has not come to its end; it is left behind");
    impl_->server.reset();
}

}  // namespace dvcsync::console
