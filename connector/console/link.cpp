#include "connector/console/link.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace dvcsync::console {
namespace {

constexpr std::size_t window = 64u << 10;
// A connection that is closed with bytes unread is reset, and the caller may lose the answer.
constexpr std::chrono::milliseconds lingering{1'000};
constexpr std::size_t most_thrown_away = 1u << 20;

enum class Moved { Some, Nothing, End };

Moved receive(int socket, std::string& into, std::size_t most) {
    std::array<char, 16u << 10> buffer;
    const auto size = ::recv(socket, buffer.data(), std::min(most, buffer.size()), 0);
    if (size > 0) into.append(buffer.data(), static_cast<std::size_t>(size));
    if (size > 0) return Moved::Some;
    return size < 0 && (errno == EAGAIN || errno == EINTR) ? Moved::Nothing : Moved::End;
}

Moved send(int socket, std::string& from) {
    const auto size = ::send(socket, from.data(), from.size(), MSG_NOSIGNAL);
    if (size > 0) from.erase(0, static_cast<std::size_t>(size));
    if (size > 0) return Moved::Some;
    return size < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN) ? Moved::Nothing
                                                                                : Moved::End;
}

}  // namespace

Link::Link(Socket caller, LinkRules& rules) : rules_(rules), caller_(std::move(caller)) {
    enter(Phase::Head, rules_.settings.head_deadline);
}

Link::~Link() {
    rules_.bodies -= announced_;
}

void Link::enter(Phase phase, std::chrono::milliseconds patience) {
    phase_ = phase;
    deadline_ = Steady::now() + patience;
}

short Link::caller_events() const {
    short events = 0;
    if (phase_ == Phase::Head || phase_ == Phase::Linger ||
        (phase_ == Phase::Body && to_inner_.size() < window))
        events |= POLLIN;
    if (!to_caller_.empty()) events |= POLLOUT;
    return events;
}

short Link::inner_events() const {
    short events = 0;
    if (inner_ && to_caller_.size() < window) events |= POLLIN;
    if (inner_ && !to_inner_.empty()) events |= POLLOUT;
    return events;
}

bool Link::step(short caller, short inner, Steady::time_point now) {
    if ((inner & POLLOUT) != 0) write_inner();
    if ((inner & (POLLIN | POLLHUP | POLLERR)) != 0) read_inner();
    if ((caller & POLLOUT) != 0 && !write_caller(now)) return false;
    if ((caller & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_caller()) return false;
    // All is said.
    if ((phase_ == Phase::Answer || phase_ == Phase::Refusal) && !inner_ && to_caller_.empty()) {
        ::shutdown(caller_.fd(), SHUT_WR);
        enter(Phase::Linger, lingering);
    }
    return now < deadline_ || overdue();
}

// False: the link is over.
bool Link::overdue() {
    if (phase_ == Phase::Head && !head_.empty())
        refuse({408, "the request did not come in time"});
    else if (phase_ == Phase::Body)
        refuse({408, "the body did not come in time"});
    else if (phase_ == Phase::Answer && !answered_)
        refuse({503, "no answer in time", limits::come_again});
    else
        return false;
    return true;
}

void Link::refuse(const Refusal& refusal) {
    ++(refusal.status == 503 ? rules_.busy : rules_.refused);
    inner_.close();
    to_inner_.clear();
    to_caller_ = answer_of(refusal);
    enter(Phase::Refusal, rules_.settings.reader_silence);
}

bool Link::read_caller() {
    if (phase_ == Phase::Head) return take_head();
    if (phase_ == Phase::Body) {
        const std::size_t before = to_inner_.size();
        const Moved moved = receive(caller_.fd(), to_inner_, body_left_);
        if (moved == Moved::End) return false;
        body_left_ -= to_inner_.size() - before;
        if (body_left_ == 0) enter(Phase::Answer, rules_.settings.answer_deadline);
        return true;
    }
    if (phase_ == Phase::Linger) {
        std::string waste;
        const Moved moved = receive(caller_.fd(), waste, window);
        thrown_away_ += waste.size();
        return moved != Moved::End && thrown_away_ < most_thrown_away;
    }
    return true;  // POLLHUP, POLLERR: the next write says what it means
}

bool Link::take_head() {
    constexpr std::string_view end = "\r\n\r\n";
    const std::size_t looked_at = head_.size() < end.size() ? 0 : head_.size() - end.size();
    const Moved moved = receive(caller_.fd(), head_, rules_.settings.max_head + 1 - head_.size());
    if (moved == Moved::End) return false;
    const std::size_t found = head_.find(end, looked_at);
    if (found != std::string::npos) {
        const Head head = read_head(std::string_view(head_).substr(0, found + end.size()),
                                    rules_.settings.max_body);
        head_.erase(0, found + end.size());
        head.refusal ? refuse(*head.refusal) : let_in(head);
    } else if (head_.size() > rules_.settings.max_head) {
        refuse({431, "the head of the request is too large"});
    }
    return true;
}

void Link::let_in(const Head& head) {
    if (rules_.bodies + head.length > rules_.settings.max_bodies)
        return refuse({503, "too much at once", limits::come_again});
    inner_ = connect_to_loopback(rules_.inner_port);
    if (!inner_) return refuse({503, "too much at once", limits::come_again});
    announced_ = head.length;
    rules_.bodies += announced_;
    to_inner_ = fmt::format(
        "{} {} HTTP/1.1\r\nHost: gate\r\nContent-Length: {}\r\nConnection: close\r\n"
        "X-Gate: {}\r\n\r\n",
        head.method, head.path, head.length, rules_.pass);
    // What follows the body on the same connection is not ours to answer.
    const std::size_t here = std::min(head_.size(), head.length);
    to_inner_.append(head_, 0, here);
    body_left_ = head.length - here;
    head_.clear();
    if (body_left_ == 0) return enter(Phase::Answer, rules_.settings.answer_deadline);
    if (head.expects_continue) to_caller_ = "HTTP/1.1 100 Continue\r\n\r\n";
    enter(Phase::Body, rules_.settings.body_deadline);
}

void Link::write_inner() {
    // A server that has closed has also answered; read_inner sees to that.
    if (send(inner_.fd(), to_inner_) == Moved::End) to_inner_.clear();
}

void Link::read_inner() {
    if (!inner_ || to_caller_.size() >= window) return;
    const std::size_t before = to_caller_.size();
    const Moved moved = receive(inner_.fd(), to_caller_, window);
    if (to_caller_.size() > before && phase_ == Phase::Body) {
        body_left_ = 0;  // answered before all of it has come
        enter(Phase::Answer, rules_.settings.answer_deadline);
    }
    if (to_caller_.size() > before) answered_ = true;
    if (moved != Moved::End) return;
    inner_.close();
    to_inner_.clear();
    if (!answered_) refuse({503, "no answer", limits::come_again});
}

bool Link::write_caller(Steady::time_point now) {
    const Moved moved = send(caller_.fd(), to_caller_);
    // The time for an answer is up to its first byte; then a reader must go on reading.
    if (moved == Moved::Some && answered_) deadline_ = now + rules_.settings.reader_silence;
    return moved != Moved::End;
}

}  // namespace dvcsync::console
