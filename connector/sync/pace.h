// When an endpoint of the portal may be called: a token bucket and a circuit breaker in one gate.
//
// Pure but for its own counters: time and randomness come in. One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "connector/base/time.h"

namespace dvcsync::sync {

// How an endpoint is treated. `per_second` 0: no limit of calls.
struct GateRules {
    double per_second = 0;
    int burst = 1;
    int trips_after = 5;  // tasks in a row that the endpoint failed; then only probes go
};

// The bucket holds at most `burst` tokens and gains `per_second`; a task needs one to start and may
// make more calls than one, which puts the bucket into debt. The breaker opens after `trips_after`
// failures in a row, or at once if the portal named a time (Retry-After). While it is open nothing
// goes out; when its time has come one task goes as a probe: a success closes the breaker, a
// failure opens it for longer.
class Gate {
  public:
    using Steady = std::chrono::nanoseconds;  // Clock::steady()

    explicit Gate(GateRules rules) : rules_(rules), tokens_(rules.burst) {}

    // The earliest instant at which a task may be given; nullopt: only after the probe in hand has
    // come back.
    std::optional<Steady> opens_at(Steady now) const;
    // A task goes out. Returns a stamp that answered() wants back.
    std::uint64_t give(Steady now);
    // What became of it. `calls` made; failed: the endpoint did not do its part in the last of
    // them. `reason` is kept while the breaker is open. Returns true if the failure is the
    // endpoint's, false if other tasks got through since this one went out (then the fault is with
    // the task's items).
    bool answered(std::uint64_t stamp, std::size_t calls, bool failed, std::optional<Millis> asked,
                  const std::string& reason, std::uint64_t random, Steady now);

    bool broken() const { return broken_; }
    bool paced() const { return rules_.per_second > 0; }
    const std::string& reason() const { return reason_; }

  private:
    double tokens_at(Steady now) const;

    GateRules rules_;
    double tokens_;
    Steady filled_{0};
    std::uint64_t given_ = 0;
    std::uint64_t last_success_ = 0;  // how many had been given when the last success came back
    int failures_ = 0;                // in a row
    int trips_ = 0;                   // in a row
    bool broken_ = false;
    bool probing_ = false;
    Steady again_at_{0};  // while broken_: the next probe
    Steady named_{0};     // the portal asked for peace until then; no success shortens it
    std::string reason_;
};

// The gates of a run, by endpoint.
class Gates {
  public:
    explicit Gates(std::function<GateRules(std::string_view endpoint)> rules)
        : rules_(std::move(rules)) {}
    Gate& at(const std::string& endpoint);

  private:
    std::function<GateRules(std::string_view)> rules_;
    std::map<std::string, Gate> gates_;
};

}  // namespace dvcsync::sync
