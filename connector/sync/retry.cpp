#include "connector/sync/retry.h"

#include <algorithm>

namespace dvcsync::sync {

Millis backoff(int attempt, std::uint64_t random, std::optional<Millis> asked) {
    if (asked) return std::clamp(*asked, Millis{0}, backoff_cap);
    const int doublings = std::clamp(attempt - 1, 0, 20);
    const auto longest = std::min(backoff_cap, backoff_base * (std::int64_t{1} << doublings));
    return Millis{
        static_cast<std::int64_t>(random % static_cast<std::uint64_t>(longest.count() + 1))};
}

}  // namespace dvcsync::sync
