// One hostile callback, to see what the other side makes of it: what came back, and how long it
// took. Bounded in time. Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sandbox/http_client.h"

namespace dvcsandbox {

struct HostileSettings {
    std::string prefix;
    std::chrono::seconds limit{120};   // of the whole
    std::uint64_t huge = 2ULL << 30U;  // bytes of a huge body
};

// deep, huge, slow, pipelined, badutf8, dupkeys or bomb; nothing: no such kind. As JSON:
// {"kind":…,"status":…,"answer":"…","milliseconds":…,"bytes_sent":…,"answers":…}
std::optional<std::string> hostile(const HttpClient& client, const HostileSettings& settings,
                                   std::string_view kind);

}  // namespace dvcsandbox
