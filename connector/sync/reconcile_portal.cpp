#include "connector/sync/reconcile_portal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;
using Steady = std::chrono::nanoseconds;

constexpr int tries = 3;           // of one question that is not answered
constexpr int hopeless = 16;       // questions in a row without a useful answer
constexpr Millis nap{200};         // so that a stop is noticed soon
constexpr Millis until_probe{50};  // while another question tries the endpoint out

std::string day(std::chrono::local_days at) {
    return iso_date(Date{at});
}

}  // namespace

PatientPortal::PatientPortal(const PortalCalls& calls, Clock& clock, Millis patience,
                             std::uint64_t seed, const std::atomic<bool>& stop)
    : calls_(calls),
      clock_(clock),
      patience_(patience),
      stop_(stop),
      random_(seed),
      gates_([&calls](std::string_view endpoint) {
          const auto pace = calls.pace(endpoint);
          return GateRules{pace.per_second, pace.burst};
      }) {}

std::string PatientPortal::reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
}

void PatientPortal::give_up(std::string reason) {
    if (given_up_) return;
    reason_ = std::move(reason);
    given_up_ = true;
}

Outcome PatientPortal::ended() const {
    Outcome outcome;
    outcome.verdict = Verdict::Retry;
    outcome.message = given_up_ ? reason() : "stopped";
    return outcome;
}

void PatientPortal::rest(Steady how_long) {
    while (how_long > Steady{0} && !over()) {
        const auto part = std::min<Steady>(how_long, nap);
        clock_.sleep(std::max(Millis{1}, std::chrono::duration_cast<Millis>(part)));
        how_long -= part;
    }
}

bool PatientPortal::wait_turn(Gate& gate, std::uint64_t& stamp) {
    while (!over()) {
        Steady wait{until_probe};
        {
            const std::lock_guard lock(mutex_);
            const Steady now = clock_.steady();
            const auto opens = gate.opens_at(now);
            if (opens && *opens <= now) {
                stamp = gate.give(now);
                return true;
            }
            if (opens) wait = *opens - now;
            if (gate.broken() && opens && *opens - silent_since_ > patience_) {
                give_up(gate.reason());
                return false;
            }
        }
        rest(wait);
    }
    return false;
}

bool PatientPortal::failed(Gate& gate, std::uint64_t stamp, const Outcome& outcome, int attempt) {
    const std::lock_guard lock(mutex_);
    const Steady now = clock_.steady();
    if (outcome.verdict == Verdict::Misconfigured) {
        give_up(outcome.message);
        return false;
    }
    const bool was_broken = gate.broken();
    const bool endpoint = gate.answered(stamp, 1, outcome.endpoint, outcome.retry_after,
                                        outcome.message, random_(), now);
    if (gate.broken() && !was_broken) silent_since_ = now;
    if (endpoint) return true;  // it says nothing against the question
    if (outcome.verdict == Verdict::Retry && attempt < tries) return true;
    if (outcome.verdict != Verdict::Refused && ++failed_in_a_row_ >= hopeless) {
        give_up(fmt::format("the last {} questions had no useful answer: {}", hopeless,
                            outcome.message));
    }
    return false;
}

template <class Call>
auto PatientPortal::patiently(const std::string& endpoint, const Call& call) -> decltype(call()) {
    Gate& gate = [&]() -> Gate& {
        const std::lock_guard lock(mutex_);
        return gates_.at(endpoint);
    }();
    for (int attempt = 1;; ++attempt) {
        std::uint64_t stamp = 0;
        if (!wait_turn(gate, stamp)) return tl::make_unexpected(ended());
        auto answer = call();
        if (answer) {
            const std::lock_guard lock(mutex_);
            gate.answered(stamp, 1, false, std::nullopt, "", random_(), clock_.steady());
            failed_in_a_row_ = 0;
            return answer;
        }
        if (!failed(gate, stamp, answer.error(), attempt)) return answer;
    }
}

tl::expected<portal::Holding, Outcome> PatientPortal::look(std::string_view code) {
    return patiently(calls_.ask_endpoint, [&] { return calls_.look(code); });
}

tl::expected<PatientPortal::Listing, Outcome> PatientPortal::list(std::chrono::local_days from,
                                                                  std::chrono::local_days until) {
    Listing listing;
    const auto distrust = [&](int page, std::string_view what) {
        Outcome outcome;
        outcome.verdict = Verdict::Refused;
        outcome.message = fmt::format(
            "the portal's list of {} to {} cannot be trusted: page {} {}; compare <list> in the "
            "profile with the portal's guide",
            day(from), day(until - std::chrono::days{1}), page, what);
        return tl::make_unexpected(std::move(outcome));
    };
    for (int page = 1;; ++page) {
        if (page > limits::list_pages) return distrust(page, "would not be the last one either");
        auto answer =
            patiently(calls_.list_endpoint, [&] { return calls_.list(from, until, page); });
        if (!answer) return tl::make_unexpected(std::move(answer).error());
        std::size_t fresh = 0;
        for (auto& row : answer->rows) {
            fresh += listing.try_emplace(std::move(row.code), std::move(row.members)).second;
        }
        // A dossier that is filed while we read may push others onto the next page, so a few rows
        // may come twice; a page of nothing but repeats means that the page number is not heeded.
        if (fresh == 0 && !answer->rows.empty()) {
            return distrust(page, "holds nothing but what earlier pages held");
        }
        if (!answer->more) return listing;
        if (answer->rows.empty()) return distrust(page, "is empty, yet more is said to follow");
    }
}

}  // namespace dvcsync::sync
