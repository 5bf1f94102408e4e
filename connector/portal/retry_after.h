// The Retry-After header (RFC 9110 §10.2.3).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "connector/base/time.h"

namespace dvcsync::portal {

// Delta seconds or an HTTP date (its three forms); never negative, at most limits::max_retry_after.
// nullopt: absent or unreadable.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, UtcTime now);

}  // namespace dvcsync::portal
