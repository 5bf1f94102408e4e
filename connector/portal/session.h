// The session that all calls share. Thread-safe.
#pragma once

#include <chrono>
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
    struct Granted {
        std::string text;
        // On the steady clock: not to be used any more; nullopt: as long as it works.
        std::optional<std::chrono::nanoseconds> until;
    };
    using Login = std::function<tl::expected<Granted, Outcome>()>;

    // The session; logs in if there is none, or if it is past its end at `now`. One login at a
    // time: whoever comes meanwhile waits for it and shares its result, success or failure, so a
    // portal in trouble gets one login, not N.
    tl::expected<Ticket, Outcome> get(const Login& login, std::chrono::nanoseconds now = {});

    // The portal says that this session has ended. Ignored if a newer one has replaced it already.
    void end(std::uint64_t number);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool busy_ = false;
    std::uint64_t attempts_ = 0;  // logins that have ended, well or not
    std::optional<Ticket> ticket_;
    std::optional<std::chrono::nanoseconds> until_;
    std::optional<Outcome> failure_;  // of the last login
};

}  // namespace dvcsync::portal
