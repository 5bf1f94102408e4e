#include "connector/sync/pace.h"

#include <algorithm>

#include "connector/sync/retry.h"

namespace dvcsync::sync {
namespace {

double seconds(Gate::Steady span) {
    return std::chrono::duration<double>(span).count();
}

}  // namespace

double Gate::tokens_at(Steady now) const {
    const double gained = rules_.per_second * seconds(std::max(Steady{0}, now - filled_));
    return std::min<double>(rules_.burst, tokens_ + gained);
}

std::optional<Gate::Steady> Gate::opens_at(Steady now) const {
    if (broken_ && probing_) return std::nullopt;
    Steady at = std::max(now, broken_ ? std::max(again_at_, named_) : named_);
    if (rules_.per_second > 0) {
        const double missing = 1 - tokens_at(now);
        if (missing > 0) {
            // A microsecond more, so that rounding never says "now" a moment too early.
            const auto wait = std::chrono::duration<double>(missing / rules_.per_second);
            at = std::max(at, now + std::chrono::duration_cast<Steady>(wait) + Steady{1'000});
        }
    }
    return at;
}

std::uint64_t Gate::give(Steady now) {
    tokens_ = tokens_at(now) - 1;
    filled_ = now;
    if (broken_) probing_ = true;
    return ++given_;
}

bool Gate::answered(std::uint64_t stamp, std::size_t calls, bool failed,
                    std::optional<Millis> asked, const std::string& reason, std::uint64_t random,
                    Steady now) {
    tokens_ = tokens_at(now) - (static_cast<double>(calls) - 1);
    filled_ = now;
    if (!failed) {
        // A task that made no call tells nothing of the endpoint.
        if (calls == 0) {
            probing_ = false;
            return false;
        }
        last_success_ = given_;
        failures_ = 0;
        trips_ = 0;
        broken_ = false;
        probing_ = false;
        reason_.clear();
        return false;
    }
    const bool others_passed = last_success_ >= stamp;
    if (others_passed && !asked) return false;
    ++failures_;
    if (failures_ < rules_.trips_after && !asked && !broken_) return true;
    // Failures of tasks that went out before the breaker opened must not open it for longer.
    if (broken_ && !probing_ && !asked) return true;
    probing_ = false;
    broken_ = true;
    ++trips_;
    reason_ = reason;
    // Half of the wait is certain, so that a probe never comes at once; the rest is jitter.
    if (asked) {
        named_ = std::max<Steady>(named_, now + backoff(trips_, random, asked));
    } else {
        const Millis wait = backoff_base / 2 + backoff(trips_, random, std::nullopt) / 2;
        again_at_ = std::max<Steady>(again_at_, now + wait);
    }
    return true;
}

Gate& Gates::at(const std::string& endpoint) {
    const auto found = gates_.find(endpoint);
    if (found != gates_.end()) return found->second;
    return gates_.emplace(endpoint, Gate(rules_(endpoint))).first->second;
}

}  // namespace dvcsync::sync
