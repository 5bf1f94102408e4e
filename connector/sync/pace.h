// When an endpoint of the portal may be called: a token bucket and a circuit breaker in one gate.
//
// Pure but for its own counters: time and randomness come in. One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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

// The calls that an endpoint may get: at most `burst` tokens, `per_second` more each second. Shared
// by the gates of everything that is called there.
class Bucket {
  public:
    using Steady = std::chrono::nanoseconds;  // Clock::steady()

    Bucket(double per_second, int burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}
    bool limits() const { return per_second_ > 0; }
    Steady full_enough_at(Steady now) const;  // for one call
    void take(double tokens, Steady now);     // more than there are: debt

  private:
    double tokens_at(Steady now) const;

    double per_second_;
    int burst_;
    double tokens_;
    Steady filled_{0};
};

// Why the portal could not be used: in full for whoever looks, and for the log, in which none of
// the portal's own words may stand.
struct Reason {
    Reason() = default;
    Reason(const char* own) : Reason(std::string(own)) {}        // NOLINT(*-explicit-*)
    Reason(std::string own) : text(own), log(std::move(own)) {}  // NOLINT(*-explicit-*)
    Reason(std::string full, std::string logged) : text(std::move(full)), log(std::move(logged)) {}

    std::string text;
    std::string log;
};

// The gate of one service. A task needs a token to start and may make more calls than one. The
// breaker opens after `trips_after` failures in a row; a time that the portal names (Retry-After)
// is kept besides. While the breaker is open nothing goes out; when its time has come one task goes
// as a probe: a success closes the breaker, a failure opens it for longer.
class Gate {
  public:
    using Steady = Bucket::Steady;

    explicit Gate(GateRules rules)
        : Gate(rules, std::make_shared<Bucket>(rules.per_second, rules.burst)) {}
    Gate(GateRules rules, std::shared_ptr<Bucket> bucket)
        : rules_(rules), bucket_(std::move(bucket)) {}

    // The earliest instant at which a task may be given; nullopt: only after the probe in hand has
    // come back.
    std::optional<Steady> opens_at(Steady now) const;
    // A task goes out. Returns a stamp that answered() wants back.
    std::uint64_t give(Steady now);
    // What became of it. `calls` made; failed: the endpoint did not do its part in the last of
    // them. `reason` is kept while the breaker is open. Returns true if the failure is the
    // endpoint's; false if it has served others in this run and is not evidently down: then the
    // fault is with the task's items.
    bool answered(std::uint64_t stamp, std::size_t calls, bool failed, std::optional<Millis> asked,
                  const Reason& reason, std::uint64_t random, Steady now);

    bool broken() const { return broken_; }
    bool paced() const { return bucket_->limits(); }
    const std::string& reason() const { return reason_.text; }
    const Reason& full_reason() const { return reason_; }

  private:
    GateRules rules_;
    std::shared_ptr<Bucket> bucket_;
    std::uint64_t given_ = 0;
    std::uint64_t last_success_ = 0;  // how many had been given when the last success came back
    int failures_ = 0;                // in a row
    int trips_ = 0;                   // in a row
    bool broken_ = false;
    bool probing_ = false;
    Steady again_at_{0};  // while broken_: the next probe
    Steady named_{0};     // the portal asked for peace until then; no success shortens it
    Reason reason_;
};

// The gates of a run: one for each service of an endpoint, because one that is down says nothing of
// the others; the endpoint's pace is theirs together.
class Gates {
  public:
    explicit Gates(std::function<GateRules(std::string_view endpoint)> rules)
        : rules_(std::move(rules)) {}
    Gate& at(const std::string& endpoint, std::string_view service = "");

  private:
    std::function<GateRules(std::string_view)> rules_;
    std::map<std::string, std::shared_ptr<Bucket>> buckets_;
    std::map<std::pair<std::string, std::string>, Gate> gates_;
};

}  // namespace dvcsync::sync
