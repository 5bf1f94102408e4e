// The session that all calls share. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "connector/portal/portal.h"

namespace dvcsync::portal {

class Session {
  public:
    struct Ticket {
        std::string text;
        std::uint64_t number = 0;  // which login it came from
    };
    using Login = std::function<tl::expected<std::string, Outcome>()>;

    // The session; logs in if there is none. One login at a time: whoever comes meanwhile waits for
    // it and shares its result, success or failure, so a portal in trouble gets one login, not N.
    tl::expected<Ticket, Outcome> get(const Login& login);

    // The portal says that this session has ended. Ignored if a newer one has replaced it already.
    void end(std::uint64_t number);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool busy_ = false;
    std::uint64_t attempts_ = 0;  // logins that have ended, well or not
    std::optional<Ticket> ticket_;
    std::optional<Outcome> failure_;  // of the last login
};

}  // namespace dvcsync::portal
