#include "connector/portal/session.h"

namespace dvcsync::portal {

tl::expected<Session::Ticket, Outcome> Session::get(const Login& login,
                                                    std::chrono::nanoseconds now) {
    std::unique_lock lock(mutex_);
    // Only before the loop: what a login gives is used once, however short its life is.
    if (ticket_ && until_ && now >= *until_) ticket_.reset();
    while (!ticket_) {
        if (!busy_) {
            busy_ = true;
            lock.unlock();
            auto result = login();
            lock.lock();
            busy_ = false;
            ++attempts_;
            failure_.reset();
            if (result) {
                ticket_ = Ticket{std::move(result->text), attempts_};
                until_ = result->until;
            } else {
                failure_ = std::move(result).error();
            }
            changed_.notify_all();
            if (failure_) return tl::make_unexpected(*failure_);
        } else {
            const auto seen = attempts_;
            changed_.wait(lock, [&] { return attempts_ != seen; });
            if (failure_) return tl::make_unexpected(*failure_);
        }
    }
    return *ticket_;
}

void Session::end(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    if (ticket_ && ticket_->number == number) ticket_.reset();
}

}  // namespace dvcsync::portal
