#include "connector/sync/pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/sync/crew.h"
#include "connector/sync/intake.h"
#include "connector/sync/pull_parts.h"
#include "connector/sync/retry.h"

namespace dvcsync::sync {
namespace {

using portal::Outcome;
using portal::Verdict;

constexpr std::chrono::milliseconds look_up_every{200};

class Puller {
  public:
    Puller(const PullParts& parts, const PullRules& rules)
        : parts_(parts),
          ledger_(parts.ledger),
          submissions_(parts.ledger.submissions()),
          rules_(rules),
          random_(rules.seed),
          renewed_(parts.clock.steady()),
          crew_(rules.workers, [this](const Work& work) { return handle(work); }) {}

    Result<PullCounts> run() {
        parts_.progress.begin("submissions", 0);
        DVC_TRY(tidy());
        if (parts_.calls.news) DVC_TRY(list());
        DVC_TRY(work_off());
        parts_.progress.end(counts_.handed);
        return counts_;
    }

  private:
    UtcTime now() const { return parts_.clock.now(); }

    // Files outlive their submission if the run was cut off after it was handed over, and if a
    // person has dismissed it. What cannot be removed costs disk space, no more.
    Status tidy() {
        if (!parts_.gathering.staged) return {};
        const auto staged = parts_.gathering.staged();
        if (!staged || staged->empty()) return {};
        std::set<std::string> wanted;
        // In this order a person's retry meanwhile hides nothing.
        for (const auto stage :
             {ledger::Stage::Held, ledger::Stage::Waiting, ledger::Stage::Received}) {
            ledger::SubmissionFilter filter;
            filter.stage = stage;
            DVC_TRY_ASSIGN(rows, submissions_.list(filter, std::numeric_limits<int>::max()));
            for (const auto& row : rows)
                wanted.insert(staging_key(row.code, row.digest));
        }
        for (const auto& key : *staged)
            if (!wanted.contains(key)) (void)parts_.gathering.forget(key);
        return {};
    }

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
            DVC_TRY(heartbeat());
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
                      failure != nullptr ? failure->message : "", draw(), parts_.clock.steady());
    }

    // No further call is made in this run; what was under way waits.
    void stop(const Outcome& outcome) {
        if (!counts_.stop.empty()) return;
        counts_.stop = outcome.message;
        counts_.settings = outcome.verdict == Verdict::Misconfigured;
    }

    // -- work ----------------------------------------------------------------------------------

    Status work_off() {
        for (;;) {
            DVC_TRY_ASSIGN(given, parts_.stop ? Result<std::size_t>(0) : give());
            auto done = crew_.collect(look_up_every);
            // Before each, for whoever was stopped for longer than the lease finds out here:
            // nothing is put into the inbox beside the run that has taken it over.
            for (auto& one : done) {
                DVC_TRY(heartbeat());
                DVC_TRY(settle(one));
            }
            DVC_TRY(heartbeat());
            parts_.progress.at(counts_.handed);
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
        if (parts_.calls.fetch && counts_.stop.empty() && fetching_.size() < most) {
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
                crew_.give(Work{std::move(row), std::nullopt, stamp});
                ++given;
            }
        }
        if (inbox_works_ && handing_.size() < most) {
            DVC_TRY_ASSIGN(rows, submissions_.due(most, now()));
            for (auto& row : rows) {
                if (handing_.size() == most || !handing_.insert(row.id).second) continue;
                crew_.give(Work{std::nullopt, std::move(row), 0});
                ++given;
            }
        }
        return given;
    }

    // On a worker.
    Worked handle(const Work& work) const {
        Worked done = work.announced ? fetch_one(parts_, *work.announced)
                                     : prepare_one(parts_, rules_.province, *work.submission);
        done.work = work;
        return done;
    }

    Status settle(Worked& done) {
        if (done.work.announced) {
            fetching_.erase(done.work.announced->id);
            return settle_fetched(done);
        }
        handing_.erase(done.work.submission->id);
        return settle_prepared(done);
    }

    Status settle_fetched(Worked& done) {
        const auto& announced = *done.work.announced;
        answered(fetch_gate(), done.work.stamp, done.failed ? &*done.failed : nullptr);
        if (done.failed) {
            ++counts_.waiting;
            if (done.failed->verdict == Verdict::Misconfigured || fetch_gate().broken()) {
                stop(*done.failed);
            }
            return submissions_.announcement_waits(
                announced.id, done.failed->message,
                now() + backoff(announced.attempts + 1, draw(), done.failed->retry_after));
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

    Status settle_prepared(Worked& done) {
        const auto& submission = *done.work.submission;
        if (!done.holds.empty()) {
            ++counts_.held;
            return submissions_.holds(submission.id, done.holds, now());
        }
        if (!done.waits.empty()) return put_off(submission, done.waits);
        auto put = parts_.inbox.put(done.delivery);
        if (!put) {
            // One that cannot be stored says nothing of the next; a wrong path does.
            if (put.error().kind == ErrorKind::Config) {
                inbox_works_ = false;
                counts_.stop = put.error().message;
                counts_.settings = true;
            }
            return put_off(submission, put.error().message);
        }
        const auto hand_over = [&]() -> Status {
            DVC_TRY(submissions_.handed(submission.id, put->place, done.files, now()));
            if (!parts_.mappings.plan(Operation::ConfirmSubmission)) return {};
            const auto receipt = receipt_of(submission, now(), parts_.sealer);
            if (!receipt) return {};
            return ledger_.take(std::array{*receipt}, "receipts", "", now()).map([](const auto&) {
            });
        };
        DVC_TRY(ledger_.together(hand_over));
        ++counts_.handed;
        counts_.files += done.delivery.files.size();
        (void)parts_.gathering.forget(done.key);  // else tidy() does, next time
        return {};
    }

    Status put_off(const ledger::Submission& submission, const std::string& reason) {
        ++counts_.waiting;
        return submissions_.waits(submission.id, reason,
                                  now() + backoff(submission.attempts + 1, draw(), {}), now());
    }

    Status heartbeat() {
        if (parts_.clock.steady() - renewed_ < rules_.lease / 8) return {};
        renewed_ = parts_.clock.steady();
        return ledger_.renew(now(), now() + rules_.lease);
    }

    std::uint64_t draw() {  // splitmix64
        random_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = random_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    const PullParts& parts_;
    ledger::Ledger& ledger_;
    ledger::Submissions& submissions_;
    const PullRules& rules_;
    PullCounts counts_;
    std::uint64_t random_;
    std::chrono::nanoseconds renewed_;
    bool inbox_works_ = true;
    bool paced_ = false;               // at the last look, a fetch was held up by the pace alone
    std::set<std::int64_t> fetching_;  // announcements in hand
    std::set<std::int64_t> handing_;   // submissions in hand
    Crew<Work, Worked> crew_;          // last: its threads use everything above
};

}  // namespace

Result<PullCounts> pull(const PullParts& parts, const PullRules& rules) {
    return Puller(parts, rules).run();
}

}  // namespace dvcsync::sync
