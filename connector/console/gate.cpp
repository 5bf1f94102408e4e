#include "connector/console/gate.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <list>
#include <system_error>
#include <vector>

#include "connector/console/link.h"

namespace dvcsync::console {

// What the thread does.
class Gate::Loop {
  public:
    Loop(Gate& gate, LinkRules rules) : gate_(gate), rules_(std::move(rules)) {}

    void run() {
        while (!gate_.stopping_) {
            wait();
            const auto now = Link::Steady::now();
            std::size_t at = first_link;
            for (auto link = links_.begin(); link != links_.end(); at += 2) {
                const bool goes_on =
                    (*link)->step(polled_[at].revents, polled_[at + 1].revents, now) &&
                    (gate_.taking_ || !(*link)->incomplete());
                link = goes_on ? std::next(link) : links_.erase(link);
            }
            if ((polled_[1].revents & POLLIN) != 0) take();
            gate_.open_ = links_.size();
            gate_.refused_ = rules_.refused;
            gate_.busy_ = rules_.busy;
        }
        links_.clear();
        gate_.open_ = 0;
    }

  private:
    static constexpr std::size_t first_link = 2;

    void wait() {
        // At the limit, callers wait in the system's queue.
        const bool room = gate_.taking_ && links_.size() < rules_.settings.max_connections;
        polled_.assign(
            {{gate_.wake_.fd(), POLLIN, 0}, {room ? gate_.listening_.fd() : -1, POLLIN, 0}});
        auto wake = Link::Steady::now() + std::chrono::hours(1);
        for (const auto& link : links_) {
            // poll() tells of errors even where nothing is waited for, over and over.
            const short caller = link->caller_events();
            const short inner = link->inner_events();
            polled_.push_back({caller != 0 ? link->caller() : -1, caller, 0});
            polled_.push_back({inner != 0 ? link->inner() : -1, inner, 0});
            wake = std::min(wake, link->deadline());
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - Link::Steady::now());
        ::poll(polled_.data(), polled_.size(),
               static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if ((polled_[0].revents & POLLIN) != 0) {
            eventfd_t count = 0;
            ::eventfd_read(gate_.wake_.fd(), &count);
        }
    }

    void take() {
        Socket caller(
            ::accept4(gate_.listening_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (caller) {
            ++gate_.connections_;
            links_.push_back(std::make_unique<Link>(std::move(caller), rules_));
        } else if (errno == EMFILE || errno == ENFILE) {
            // The queue stays readable: without a rest this would spin.
            ::poll(nullptr, 0, 100);
        }
    }

    Gate& gate_;
    LinkRules rules_;
    std::list<std::unique_ptr<Link>> links_;
    std::vector<pollfd> polled_;
};

Result<std::unique_ptr<Gate>> Gate::open(const ListenerSettings& settings) {
    Socket listening = listen_on_loopback(settings.port);
    if (!listening) {
        const int code = errno;
        return fail(ErrorKind::Config,
                    fmt::format("cannot listen on 127.0.0.1:{}: {}{}", settings.port,
                                std::generic_category().message(code),
                                code == EADDRINUSE ? "; end the other program, or choose another "
                                                     "port"
                                                   : ""));
    }
    Socket wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!wake) return fail(ErrorKind::Retry, "no more files may be opened");
    return std::unique_ptr<Gate>(new Gate(settings, std::move(listening), std::move(wake)));
}

Gate::Gate(ListenerSettings settings, Socket listening, Socket wake)
    : settings_(settings),
      listening_(std::move(listening)),
      wake_(std::move(wake)),
      port_(port_of(listening_)) {}

Gate::~Gate() {
    close();
}

void Gate::start(int inner_port, std::string pass) {
    thread_ = std::thread([this, rules = LinkRules{settings_, inner_port, std::move(pass)}] {
        Loop(*this, rules).run();
    });
}

void Gate::stop_taking() {
    taking_ = false;
    ::eventfd_write(wake_.fd(), 1);
}

void Gate::close() {
    stopping_ = true;
    ::eventfd_write(wake_.fd(), 1);
    if (thread_.joinable()) thread_.join();
    listening_.close();
}

}  // namespace dvcsync::console
