// When to try again. Pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "connector/base/time.h"

namespace dvcsync::sync {

// Exponential backoff with full jitter: a random wait in [0, min(cap, 2 s · 2^(attempt-1))], so
// that items which failed together do not come back together. `random` is any 64 random bits. A
// wait that the portal asked for is honoured, but never beyond the cap.
Millis backoff(int attempt, std::uint64_t random, std::optional<Millis> asked);

inline constexpr Millis backoff_base{2'000};
inline constexpr Millis backoff_cap{std::chrono::hours{1}};

}  // namespace dvcsync::sync
