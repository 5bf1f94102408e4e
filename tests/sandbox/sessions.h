// Sessions: given by a login, good for a time and, if set so, for a number of calls. Thread-safe;
// a look-up takes a shared lock only.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tests/sandbox/stores.h"

namespace dvcsandbox {

class Sessions {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t kMaxSessions = 1'000;  // the ones nearest to their end give way

    // `calls` 0: no limit.
    Sessions(std::chrono::milliseconds life, std::uint64_t calls) : life_(life), calls_(calls) {}

    std::string open(Clock::time_point now = Clock::now());
    // Counts as one call of the session. False: missing, unknown or expired.
    bool use(std::string_view session, Clock::time_point now = Clock::now());
    void close(std::string_view session);
    void expire_all();

  private:
    struct Session {
        Clock::time_point end;
        std::atomic<std::uint64_t> used{0};
    };
    const std::chrono::milliseconds life_;
    const std::uint64_t calls_;
    std::shared_mutex mutex_;
    std::unordered_map<std::string, std::unique_ptr<Session>, TextHash, std::equal_to<>> sessions_;
};

}  // namespace dvcsandbox
