#include "connector/portal/transport.h"

#include <fmt/format.h>
#include <pplx/threadpool.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "connector/base/limits.h"
#include "connector/portal/exchange.h"

namespace dvcsync::portal {

namespace {

using std::chrono::steady_clock;
using Kind = Failure::Kind;
using boost::asio::ip::tcp;

bool is_header_value(std::string_view value) {
    return std::none_of(value.begin(), value.end(),
                        [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

// A place for one exchange at a time, with its own http_client and so its own connection.
struct Lane {
    std::shared_ptr<Watch> watch;
    std::unique_ptr<web::http::client::http_client> client;
    steady_clock::time_point used;
};

// The addresses of a name. cpprestsdk would resolve it too, but it waits as long as the system
// does, and changes sockets behind our back when it tries the next address.
tl::expected<std::vector<std::string>, Failure> resolve(const std::string& host,
                                                        steady_clock::time_point deadline) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address_v4(host, no_address);
    if (!no_address) return std::vector<std::string>{host};

    struct Search {
        explicit Search(boost::asio::io_service& service) : resolver(service) {}
        tcp::resolver resolver;
        std::mutex mutex;
        std::condition_variable changed;
        bool ended = false;
        std::vector<std::string> addresses;
        std::string error = "it has no IPv4 address";
    };
    auto search = std::make_shared<Search>(crossplat::threadpool::shared_instance().service());
    search->resolver.async_resolve(
        tcp::v4(), host, "", [search](const auto& error, const tcp::resolver::results_type& found) {
            const std::lock_guard lock(search->mutex);
            if (error)
                search->error = error.message();
            else
                for (const auto& entry : found)
                    search->addresses.push_back(entry.endpoint().address().to_string());
            search->ended = true;
            search->changed.notify_all();
        });
    std::unique_lock lock(search->mutex);
    if (!search->changed.wait_until(lock, deadline, [&] { return search->ended; }))
        search->error = "no answer from the name server before the deadline";
    if (search->addresses.empty())
        return tl::make_unexpected(
            Failure{Kind::NotSent,
                    fmt::format("the portal's host name cannot be resolved: {}", search->error)});
    return search->addresses;
}

}  // namespace

struct Transport::Impl {
    bool https = false;
    std::string host;
    int port = 0;
    std::string host_header;
    std::shared_ptr<const Tls> tls;  // null: plain HTTP
    std::chrono::milliseconds step_limit{};

    std::mutex mutex;
    std::condition_variable freed;
    std::vector<std::weak_ptr<Call>> given_up;
    std::vector<std::unique_ptr<Lane>> idle;  // the last one used is used next: fewest connections
    int unopened = 0;                         // lanes that were never needed yet
    std::atomic<std::size_t> turn{0};  // moves to the next address when one cannot be reached

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

    // The library still holds a call that was given up, until its pool has noticed.
    void remember(const std::shared_ptr<Call>& call) {
        const std::lock_guard lock(mutex);
        std::erase_if(given_up, [](const auto& one) { return one.expired(); });
        given_up.push_back(call);
    }

    // Lets the pool finish with those calls, within reason: at the end of the program it would stop
    // with their last tasks in its queue and leave them behind.
    void wind_up() {
        idle.clear();
        const auto patience = steady_clock::now() + std::chrono::seconds(2);
        const auto held = [](const auto& one) { return !one.expired(); };
        while (std::any_of(given_up.begin(), given_up.end(), held) &&
               steady_clock::now() < patience)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }

    std::optional<Failure> connect(Lane& lane, steady_clock::time_point deadline) const {
        const auto addresses = resolve(host, deadline);
        if (!addresses) return addresses.error();
        lane.watch = std::make_shared<Watch>();
        try {
            lane.client = make_client(fmt::format("{}://{}:{}", https ? "https" : "http",
                                                  (*addresses)[turn % addresses->size()], port),
                                      step_limit, tls, lane.watch);
        } catch (const std::exception& error) {
            return Failure{Kind::Unusable, error.what()};
        }
        return std::nullopt;
    }

    tl::expected<Reply, Failure> exchange(Lane& lane, const std::shared_ptr<Call>& call,
                                          steady_clock::time_point deadline) {
        if (lane.client && steady_clock::now() - lane.used > limits::idle_connection)
            lane.client.reset();
        if (!lane.client)
            if (auto failure = connect(lane, deadline))
                return tl::make_unexpected(*std::move(failure));
        start(*lane.client, call, lane.watch);
        auto failure = wait(*call, *lane.watch, deadline);
        call->forget_socket();
        if (!failure && call->reply.status < 200)
            failure = Failure{Kind::Unclear,
                              fmt::format("HTTP {} where an answer was due", call->reply.status)};
        if (failure) {
            lane.client.reset();  // whatever is left on this connection is not for us
            if (failure->kind == Kind::NotSent && !lane.watch->stale) ++turn;
            return tl::make_unexpected(*std::move(failure));
        }
        lane.used = steady_clock::now();
        lane.watch->proven = true;
        if (call->last || !call->released()) lane.client.reset();
        return std::move(call->reply);
    }

    static std::optional<Failure> wait(Call& call, const Watch& watch,
                                       steady_clock::time_point deadline) {
        // A healthy exchange ends long before the first look. The looks are for what the library
        // would collect without end before it hands anything on: headers, one chunk.
        constexpr std::chrono::milliseconds look{100};
        const std::size_t most = call.request.max_answer + (1u << 20);
        bool flooded = false;
        bool ended = false;
        while (!ended && !flooded && steady_clock::now() < deadline) {
            call.wait_until(std::min(deadline, steady_clock::now() + look));
            ended = call.ended();
            flooded = !ended && call.received() > most;
        }
        if (ended) {
            if (call.error.empty()) return std::nullopt;
            return explain(call, watch);
        }
        const bool never_left = call.give_up();
        call.shut_down();
        if (flooded && !never_left)
            return Failure{Kind::Unclear, "the portal's answer is larger than any limit"};
        return Failure{never_left ? Kind::NotSent : Kind::Late, "no answer before the deadline"};
    }
};

Transport::Transport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transport::~Transport() {
    impl_->wind_up();
}

Result<std::unique_ptr<Transport>> Transport::open(const ClientSettings& settings) {
    const auto wrong = [&](std::string_view why) {
        return fail(
            ErrorKind::Config,
            fmt::format("[portal] base_url {}; write https://host or https://host:port", why));
    };
    auto impl = std::make_unique<Impl>();
    impl->step_limit = settings.deadline + std::chrono::seconds(1);
    impl->unopened = settings.in_flight;
    try {
        const web::uri base(settings.base_url);
        impl->https = base.scheme() == "https";
        if (!impl->https && base.scheme() != "http")
            return wrong("has neither https:// nor http://");
        if (base.host().empty()) return wrong("names no host");
        if (!base.user_info().empty() || !base.query().empty() || !base.fragment().empty() ||
            (base.path() != "/" && !base.path().empty()))
            return wrong("has more than a host and a port");
        impl->host = base.host();
        if (impl->host.starts_with('['))
            return wrong("is an IPv6 address, which the HTTP library cannot use");
        const int usual = impl->https ? 443 : 80;
        impl->port = base.port() > 0 ? base.port() : usual;
        impl->host_header =
            impl->port == usual ? impl->host : fmt::format("{}:{}", impl->host, impl->port);
    } catch (const std::exception&) {
        return wrong("is not an address");
    }
    if (impl->https) {
        DVC_TRY_ASSIGN(tls, Tls::open(settings, impl->host));
        impl->tls = std::move(tls);
    }
    if (settings.in_flight < 1 || settings.in_flight > limits::max_in_flight)
        return fail(ErrorKind::Config,
                    fmt::format("[portal] in_flight must be from 1 to {}", limits::max_in_flight));
    return std::unique_ptr<Transport>(new Transport(std::move(impl)));
}

tl::expected<Reply, Failure> Transport::send(Request request, steady_clock::time_point deadline) {
    for (const auto& [name, value] : request.headers)
        if (!is_header_value(value))
            return tl::make_unexpected(Failure{
                Kind::Unusable, fmt::format("header {} would hold a control character", name)});
    request.headers.emplace_back("Host", impl_->host_header);
    auto lane = impl_->acquire(deadline);
    if (!lane)
        return tl::make_unexpected(
            Failure{Kind::NotSent, "all connections stayed busy until the deadline"});
    auto call = std::make_shared<Call>(std::move(request));
    auto result = impl_->exchange(*lane, call, deadline);
    if (!result && lane->watch && lane->watch->stale && call->give_up()) {
        // The portal has closed the idle connection and nothing was sent on it: take a new one.
        call = std::make_shared<Call>(call->request);
        result = impl_->exchange(*lane, call, deadline);
    }
    if (!result) impl_->remember(call);
    impl_->release(std::move(lane));
    return result;
}

void initialize() {
    // Every connection would parse the system's bundle of ~140 authorities (30 ms) and trust it
    // too.
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);
    ::setenv("SSL_CERT_DIR", "/dev/null", 1);
    // First in, last out: the pool's threads must be gone before OpenSSL clears up at the end of
    // main, or it leaves their state behind.
    OPENSSL_init_ssl(0, nullptr);
    try {
        crossplat::threadpool::initialize_with_threads(4);
        // The library makes its scheduler at the first call, and does so on one thread from here.
        (void)pplx::get_ambient_scheduler();
    } catch (const std::exception&) {
        // It is running already, so it was sized before: there is nothing left to decide.
    }
}

}  // namespace dvcsync::portal
