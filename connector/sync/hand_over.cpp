// From the ledger to the province: files, XML, inbox.
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "connector/base/limits.h"
#include "connector/sync/crew.h"
#include "connector/sync/pull.h"
#include "connector/sync/pull_parts.h"
#include "connector/sync/retry.h"

namespace dvcsync::sync {
namespace {

constexpr std::chrono::milliseconds look_up_every{200};
constexpr std::string_view time_over =
    "the time that a run has for files was over; the next run goes on with it";

class HandOver {
  public:
    HandOver(const PullParts& parts, const PullRules& rules, PullCounts& counts)
        : parts_(parts),
          ledger_(parts.ledger),
          submissions_(parts.ledger.submissions()),
          rules_(rules),
          counts_(counts),
          draw_(rules.seed),
          heart_(parts, rules.lease),
          ends_(parts.clock.steady() + rules.time_for_files),
          crew_(rules.workers, [this](Work&& work) {
              return prepare_one(parts_, rules_.province, std::move(work),
                                 [this] { return in_time(); });
          }) {}

    Status run() {
        parts_.progress.begin("submissions handed over", 0);
        DVC_TRY(tidy());
        for (bool more = true; more;) {
            DVC_TRY_ASSIGN(given, give());
            auto done = crew_.collect(look_up_every);
            // Before each, for whoever was stopped for longer than the lease finds out here:
            // nothing is put into the inbox beside the run that has taken it over.
            for (auto& one : done) {
                DVC_TRY(heart_.beat());
                DVC_TRY(settle(one));
            }
            DVC_TRY(heart_.beat());
            parts_.progress.at(counts_.handed);
            more = given > 0 || !done.empty() || crew_.open() > 0;
        }
        parts_.progress.end(counts_.handed);
        return in_time() || parts_.stop ? Status{} : leave_the_rest();
    }

  private:
    UtcTime now() const { return parts_.clock.now(); }
    bool in_time() const { return parts_.clock.steady() < ends_; }

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

    // Hands out what is due and not in hand, no more than is begun at once: nobody's turn passes in
    // a queue.
    Result<std::size_t> give() {
        const std::size_t most = static_cast<std::size_t>(std::max(rules_.workers, 1));
        std::size_t given = 0;
        if (parts_.stop || !inbox_works_ || !in_time() || in_hand_.size() >= most) return given;
        DVC_TRY_ASSIGN(rows, submissions_.due(2 * most, now()));
        for (auto& row : rows) {
            if (in_hand_.size() >= most) break;
            if (in_hand_.contains(row.id)) continue;
            // What is too large beside the others waits until it fits; those behind it do not.
            if (const auto size = sizes_.find(row.id); size != sizes_.end() && !fits(size->second))
                continue;
            DVC_TRY_ASSIGN(sealed, submissions_.sealed(row.id));
            sizes_[row.id] = sealed.size();
            if (!fits(sealed.size())) continue;
            in_hand_.insert(row.id);
            bytes_in_hand_ += sealed.size();
            crew_.give(Work{std::nullopt, std::move(row), std::move(sealed), 0});
            ++given;
        }
        return given;
    }

    bool fits(std::size_t size) const {
        return bytes_in_hand_ == 0 || bytes_in_hand_ + size <= rules_.payloads_in_hand;
    }

    // What had no turn keeps its place in line, and says why it waits.
    Status leave_the_rest() {
        DVC_TRY_ASSIGN(rows, submissions_.due(std::numeric_limits<int>::max(), now()));
        return ledger_.together([&]() -> Status {
            for (const auto& row : rows) {
                if (row.stage == ledger::Stage::Received)
                    DVC_TRY(submissions_.put_off(row.id, time_over, row.next_at, now()));
            }
            counts_.left = rows.size();
            return {};
        });
    }

    Status settle(Worked& done) {
        const auto& submission = *done.work.submission;
        in_hand_.erase(submission.id);
        bytes_in_hand_ -= sizes_.extract(submission.id).mapped();
        if (!done.holds.empty()) {
            ++counts_.held;
            return submissions_.holds(submission.id, done.holds, now());
        }
        if (!done.waits.empty()) return try_later(submission, done.waits);
        if (done.cut) {
            if (parts_.stop) return {};
            // It has had its turn: those that have not come first in the next run.
            return submissions_.put_off(submission.id, time_over, now(), now());
        }
        auto put = parts_.inbox.put(done.delivery);
        if (!put) {
            // One that cannot be stored says nothing of the next; a wrong path does.
            if (put.error().kind == ErrorKind::Config) {
                inbox_works_ = false;
                counts_.stop = put.error().message;
                counts_.settings = true;
            }
            return try_later(submission, put.error().message);
        }
        // Its number stands in the XML, too: so it is made ready once more, its files are there.
        if (put->instead != 0) return submissions_.renumber(submission.id, put->instead, now());
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

    Status try_later(const ledger::Submission& submission, const std::string& reason) {
        ++counts_.waiting;
        return submissions_.waits(submission.id, reason,
                                  now() + backoff(submission.attempts + 1, draw_(), {}), now());
    }

    const PullParts& parts_;
    ledger::Ledger& ledger_;
    ledger::Submissions& submissions_;
    const PullRules& rules_;
    PullCounts& counts_;
    Draw draw_;
    Heart heart_;
    const std::chrono::nanoseconds ends_;  // of Clock::steady(): no file is begun after it
    bool inbox_works_ = true;
    std::set<std::int64_t> in_hand_;             // submissions
    std::map<std::int64_t, std::size_t> sizes_;  // of their payloads, and of those that did not fit
    std::size_t bytes_in_hand_ = 0;
    Crew<Work, Worked> crew_;  // last: its threads use everything above
};

}  // namespace

Status hand_over(const PullParts& parts, const PullRules& rules, PullCounts& counts) {
    return HandOver(parts, rules, counts).run();
}

}  // namespace dvcsync::sync
