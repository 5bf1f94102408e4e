// Carries a fault out on a reply: what is sent in place of it, and how. Pure functions apart from
// the clock, thread-safe.
#pragma once

#include <chrono>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/injector.h"

namespace dvcsandbox {

struct SpoilSettings {
    std::chrono::milliseconds late{2'000};      // before a late answer
    std::chrono::milliseconds slow{2'000};      // over which a slow answer is spread
    std::chrono::seconds retry_after{1};        // told with 429
    std::size_t huge = std::size_t{64} << 20U;  // bytes added to a huge answer
};

// The call is carried out, and what it brings is kept, although its answer will be spoiled.
bool carries_out(const Injector::Drawn& drawn);

// `reply` is the answer to a call that was carried out, or an empty one if it was not.
void spoil(Reply& reply, const Injector::Drawn& drawn, const SpoilSettings& settings);

// "Sun, 06 Nov 1994 08:49:37 GMT", as HTTP writes a moment.
std::string http_date(std::chrono::system_clock::time_point moment);

}  // namespace dvcsandbox
