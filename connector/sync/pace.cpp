#include "connector/sync/pace.h"

#include <algorithm>

#include "connector/sync/retry.h"

namespace dvcsync::sync {
namespace {

double seconds(Bucket::Steady span) {
    return std::chrono::duration<double>(span).count();
}

}  // namespace

double Bucket::tokens_at(Steady now) const {
    const double gained = per_second_ * seconds(std::max(Steady{0}, now - filled_));
    return std::min<double>(burst_, tokens_ + gained);
}

Bucket::Steady Bucket::full_enough_at(Steady now) const {
    const double missing = limits() ? 1 - tokens_at(now) : 0;
    if (missing <= 0) return now;
    // A microsecond more, so that rounding never says "now" a moment too early.
    const auto wait = std::chrono::duration<double>(missing / per_second_);
    return now + std::chrono::duration_cast<Steady>(wait) + Steady{1'000};
}

void Bucket::take(double tokens, Steady now) {
    tokens_ = tokens_at(now) - tokens;
    filled_ = now;
}

std::optional<Gate::Steady> Gate::opens_at(Steady now) const {
    if (broken_ && probing_) return std::nullopt;
    return std::max({now, named_, broken_ ? again_at_ : now, bucket_->full_enough_at(now)});
}

std::uint64_t Gate::give(Steady now) {
    bucket_->take(1, now);
    if (broken_) probing_ = true;
    return ++given_;
}

bool Gate::answered(std::uint64_t stamp, std::size_t calls, bool failed,
                    std::optional<Millis> asked, const Reason& reason, std::uint64_t random,
                    Steady now) {
    bucket_->take(static_cast<double>(calls) - 1, now);
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
        reason_ = {};
        return false;
    }
    const bool others_passed = last_success_ >= stamp;
    if (others_passed && !asked) return false;
    ++failures_;
    if (failures_ < rules_.trips_after && !asked && !broken_) return last_success_ == 0;
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

Gate& Gates::at(const std::string& endpoint, std::string_view service) {
    const std::pair key{endpoint, std::string(service)};
    if (const auto found = gates_.find(key); found != gates_.end()) return found->second;
    const GateRules rules = rules_(endpoint);
    auto& bucket = buckets_[endpoint];
    if (!bucket) bucket = std::make_shared<Bucket>(rules.per_second, rules.burst);
    return gates_.emplace(key, Gate(rules, bucket)).first->second;
}

}  // namespace dvcsync::sync
