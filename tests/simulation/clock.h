// The simulated clock: stands still unless somebody waits or is slow, and its wall time can be put
// forward and back as an administrator or a time server does. Thread-safe.
#pragma once

#include <atomic>

#include "connector/base/time.h"

namespace dvcsync::simulation {

class SimulatedClock final : public Clock {
  public:
    explicit SimulatedClock(UtcTime begin) : wall_(begin.time_since_epoch().count()) {}

    UtcTime now() const override { return UtcTime{Millis{wall_.load()}}; }
    std::chrono::nanoseconds steady() const override { return Millis{steady_.load()}; }
    void sleep(Millis how_long) override {
        wall_ += how_long.count();
        steady_ += how_long.count();
    }
    // Wall time only: what is measured with steady() does not notice.
    void jump(Millis by) { wall_ += by.count(); }

  private:
    std::atomic<std::int64_t> wall_;
    std::atomic<std::int64_t> steady_{0};
};

}  // namespace dvcsync::simulation
