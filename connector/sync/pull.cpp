#include "connector/sync/pull.h"

#include <algorithm>
#include <set>
#include <utility>

#include "connector/sync/crew.h"
#include "connector/sync/pull_parts.h"
#include "connector/sync/retry.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;

constexpr std::chrono::milliseconds look_up_every{200};

class Puller {
  public:
    Puller(const PullParts& parts, const PullRules& rules, PullCounts& counts)
        : parts_(parts),
          ledger_(parts.ledger),
          submissions_(parts.ledger.submissions()),
          rules_(rules),
          counts_(counts),
          draw_(rules.seed),
          heart_(parts, rules.lease),
          crew_(rules.workers, [this](Work&& work) { return fetch_one(parts_, std::move(work)); }) {
    }

    Status run() {
        parts_.progress.begin("submissions fetched", 0);
        if (parts_.calls.news) DVC_TRY(list());
        if (parts_.calls.fetch) DVC_TRY(fetch());
        parts_.progress.end(counts_.fetched);
        return {};
    }

  private:
    UtcTime now() const { return parts_.clock.now(); }

    // -- the list ------------------------------------------------------------------------------

    // The position moves only when the list was read to its end, and never beyond our own clock:
    // what a wrong stamp would skip is never listed again.
    Status list() {
        DVC_TRY_ASSIGN(stored, ledger_.position(submissions_source));
        const LocalTime from = list_from(stored, parts_.calls.overlap);
        std::optional<LocalTime> newest;
        Gate& gate = parts_.gates.at(parts_.calls.news_endpoint, "news");
        for (int page = 1; !parts_.stop; ++page) {
            wait_for(gate);
            const auto stamp = gate.give(parts_.clock.steady());
            auto news = parts_.calls.news(from, page);
            answered(gate, stamp, news ? nullptr : &news.error());
            if (!news) {
                stop(news.error());
                return {};
            }
            std::vector<ledger::Announcement> rows;
            for (auto& row : news->rows) {
                if (row.at && (!newest || *newest < *row.at)) newest = row.at;
                rows.push_back({std::move(row.code),
                                row.at ? announced_stamp(*row.at, to_vietnam(now())) : ""});
            }
            counts_.listed += rows.size();
            if (!rows.empty()) {
                DVC_TRY_ASSIGN(added, submissions_.announce(rows, now()));
                counts_.announced += added;
            }
            DVC_TRY(heart_.beat());
            if (news->more) continue;
            if (!newest) return {};
            const LocalTime reached = std::min(*newest, to_vietnam(now()));
            const std::string position = stamp_of(reached);
            if (position <= stored) return {};
            return ledger_.take({}, submissions_source, position, now()).map([](const auto&) {});
        }
        return {};
    }

    void wait_for(const Gate& gate) {
        const auto opens = gate.opens_at(parts_.clock.steady());
        const auto wait = opens ? *opens - parts_.clock.steady() : std::chrono::nanoseconds(0);
        if (wait > wait.zero())
            parts_.clock.sleep(std::chrono::duration_cast<Millis>(wait) + Millis{1});
    }

    void answered(Gate& gate, std::uint64_t stamp, const Outcome* failure) {
        const bool endpoints = failure != nullptr && failure->endpoint;
        gate.answered(stamp, 1, endpoints, failure != nullptr ? failure->retry_after : std::nullopt,
                      failure != nullptr ? failure->message : "", draw_(), parts_.clock.steady());
    }

    // No further call is made in this run; what was under way waits.
    void stop(const Outcome& outcome) {
        if (!counts_.stop.empty()) return;
        counts_.stop = outcome.message;
        counts_.settings = outcome.verdict == Verdict::Misconfigured;
    }

    // -- what it announces ---------------------------------------------------------------------

    Status fetch() {
        for (;;) {
            DVC_TRY_ASSIGN(given, parts_.stop ? Result<std::size_t>(0) : give());
            auto done = crew_.collect(look_up_every);
            for (auto& one : done)
                DVC_TRY(settle(one));
            DVC_TRY(heart_.beat());
            parts_.progress.at(counts_.fetched);
            if (given > 0 || !done.empty() || crew_.open() > 0) continue;
            // Only the pace holds it up, not the portal's state: that is for the next run.
            if (!paced_ || parts_.stop) return {};
            wait_for(fetch_gate());
        }
    }

    Gate& fetch_gate() { return parts_.gates.at(parts_.calls.fetch_endpoint, "fetch"); }

    // Hands out what is due and not in hand.
    Result<std::size_t> give() {
        const std::size_t most = 2 * static_cast<std::size_t>(std::max(rules_.workers, 4));
        std::size_t given = 0;
        paced_ = false;
        if (!counts_.stop.empty() || fetching_.size() >= most) return given;
        DVC_TRY_ASSIGN(rows, submissions_.announced(most, now()));
        Gate& gate = fetch_gate();
        for (auto& row : rows) {
            if (fetching_.size() == most || fetching_.contains(row.id)) continue;
            const auto opens = gate.opens_at(parts_.clock.steady());
            if (!opens || *opens > parts_.clock.steady()) {
                paced_ = opens && !gate.broken() && gate.paced();
                break;
            }
            fetching_.insert(row.id);
            const auto stamp = gate.give(parts_.clock.steady());
            crew_.give(Work{std::move(row), std::nullopt, {}, stamp});
            ++given;
        }
        return given;
    }

    Status settle(Worked& done) {
        const auto& announced = *done.work.announced;
        fetching_.erase(announced.id);
        answered(fetch_gate(), done.work.stamp, done.failed ? &*done.failed : nullptr);
        if (done.failed) {
            ++counts_.waiting;
            if (done.failed->verdict == Verdict::Misconfigured || fetch_gate().broken()) {
                stop(*done.failed);
            }
            return submissions_.announcement_waits(
                announced.id, done.failed->message,
                now() + backoff(announced.attempts + 1, draw_(), done.failed->retry_after));
        }
        DVC_TRY_ASSIGN(arrived, submissions_.receive(done.arrival, now(), announced.id));
        ++counts_.fetched;
        ++(arrived.novelty == ledger::Novelty::First      ? counts_.first
           : arrived.novelty == ledger::Novelty::Revision ? counts_.revisions
                                                          : counts_.duplicates);
        if (arrived.novelty != ledger::Novelty::Duplicate && !done.arrival.fault.empty()) {
            ++counts_.held;
        }
        return {};
    }

    const PullParts& parts_;
    ledger::Ledger& ledger_;
    ledger::Submissions& submissions_;
    const PullRules& rules_;
    PullCounts& counts_;
    Draw draw_;
    Heart heart_;
    bool paced_ = false;               // at the last look, a fetch was held up by the pace alone
    std::set<std::int64_t> fetching_;  // announcements in hand
    Crew<Work, Worked> crew_;          // last: its threads use everything above
};

}  // namespace

Status pull(const PullParts& parts, const PullRules& rules, PullCounts& counts) {
    return Puller(parts, rules, counts).run();
}

}  // namespace dvcsync::sync
