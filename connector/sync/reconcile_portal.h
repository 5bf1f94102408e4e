// Questions to the portal at the pace that it bears, from several threads. Internal to the module.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "connector/base/time.h"
#include "connector/sync/call.h"
#include "connector/sync/pace.h"

namespace dvcsync::sync {

// Waits its turn at the endpoint's gate before every call, tries a question again that was not
// answered, and gives the portal up when it cannot be used or stays silent for longer than
// `patience`. Thread-safe. Once given up, or after a stop, every question fails at once.
class PatientPortal {
  public:
    using Listing = std::unordered_map<std::string, std::map<std::string, std::string>>;

    PatientPortal(const PortalCalls& calls, Clock& clock, Millis patience, std::uint64_t seed,
                  const std::atomic<bool>& stop);

    tl::expected<portal::Holding, portal::Outcome> look(std::string_view code);
    // All the pages of a period, members by code. Refused: the portal does not offer the list, or
    // its pages cannot be trusted (one repeats others, or they do not end); the message says so.
    tl::expected<Listing, portal::Outcome> list(std::chrono::local_days from,
                                                std::chrono::local_days until);

    // No further question will be answered: given up, or stopped.
    bool over() const { return given_up_ || stop_; }
    bool given_up() const { return given_up_; }
    std::string reason() const;  // why it was given up

  private:
    template <class Call>
    auto patiently(const std::string& endpoint, const Call& call) -> decltype(call());
    // Waits until the gate lets a question through. False: over.
    bool wait_turn(Gate& gate, std::uint64_t& stamp);
    // What a failure means for the questions after it. True: the same question may go again.
    bool failed(Gate& gate, std::uint64_t stamp, const portal::Outcome& outcome, int attempt);
    void rest(std::chrono::nanoseconds how_long);
    void give_up(std::string reason);  // with the mutex held
    portal::Outcome ended() const;

    const PortalCalls& calls_;
    Clock& clock_;
    Millis patience_;
    const std::atomic<bool>& stop_;
    mutable std::mutex mutex_;  // guards what follows
    std::mt19937_64 random_;
    Gates gates_;
    std::chrono::nanoseconds silent_since_{0};  // while a gate is broken
    int failed_in_a_row_ = 0;                   // questions that were answered, but not usefully
    std::string reason_;
    std::atomic<bool> given_up_{false};
};

}  // namespace dvcsync::sync
