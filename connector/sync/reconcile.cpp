#include "connector/sync/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <unordered_set>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/sync/reconcile_judge.h"
#include "connector/sync/reconcile_portal.h"

namespace dvcsync::sync {
namespace {

using ledger::Held;
using ledger::Slice;
using std::chrono::days;
using std::chrono::local_days;

constexpr std::string_view covers =
    "compared are only dossiers, not their steps, nor procedures or statistics";

// A dossier that differs, to be looked at once more at the end.
struct Candidate {
    Held held;  // without its payload
    Judged judged;
};

local_days day_of(UtcTime at) {
    return std::chrono::floor<days>(to_vietnam(at));
}

class Reconciler {
  public:
    Reconciler(ledger::Ledger& ledger, const PortalCalls& calls, const Judge& judge, Clock& clock,
               const ReconcileRules& rules, Progress& progress, const std::atomic<bool>& stop)
        : ledger_(ledger),
          calls_(calls),
          judge_(judge),
          rules_(rules),
          progress_(progress),
          stop_(stop),
          portal_(calls, clock, rules.patience, rules.seed, stop) {}

    Result<ReconcileReport> run() {
        DVC_TRY_ASSIGN(in_slice, size_of_slice());
        in_slice_ = in_slice;
        target_ = rules_.sample > 0 ? std::min(rules_.sample, in_slice_) : in_slice_;
        std::string note = why_not_listed();
        if (note.empty()) {
            start();
            DVC_TRY_ASSIGN(refused, by_list());
            note = refused;
        }
        if (!note.empty()) {
            start();
            report_.note = std::move(note);
            DVC_TRY(one_by_one());
        }
        DVC_TRY(confirm());
        report_.note.insert(0, report_.note.empty() ? covers : fmt::format("{}; ", covers));
        finish();
        return std::move(report_);
    }

  private:
    Result<std::size_t> size_of_slice() {
        if (!rules_.slice.codes.empty()) {  // some of them may not be in the ledger at all
            DVC_TRY_ASSIGN(known, by_code(rules_.slice.codes));
            return known.size();
        }
        DVC_TRY_ASSIGN(preview, ledger_.preview_resync(rules_.slice));
        return preview.matching;
    }

    // Why the portal's list is not used; "": it is.
    std::string why_not_listed() const {
        constexpr std::string_view cost = "; what only the portal holds cannot be found this way";
        if (!calls_.can_list)
            return fmt::format("the profile has no <list>: asked one by one{}", cost);
        if (!calls_.can_ask) return "";
        if (!rules_.slice.codes.empty()) return "asked one by one, as the dossiers were named";
        if (rules_.sample > 0) return fmt::format("a sample was asked for one by one{}", cost);
        return "";
    }

    void start() {
        report_ = {};
        candidates_.clear();
        elsewhere_.clear();
        rows_.clear();
        walked_ = counted_ = chosen_ = 0;
        random_.seed(rules_.seed);
        complete_ = true;
        progress_.begin("dossiers compared", target_);
    }

    // -- one by one -------------------------------------------------------------------------------

    Status one_by_one() {
        std::unordered_set<std::string> absent(rules_.slice.codes.begin(),
                                               rules_.slice.codes.end());
        const auto seen = [&](const Held& held) { absent.erase(held.code); };
        DVC_TRY(walk(rules_.slice, false, seen, asked()));
        for (const auto& code : absent) {
            const auto answer = portal_.look(code);
            if (!answer) {
                if (portal_.over()) complete_ = false;
                report_.add(about(code, Match::NotAsked, excerpt(answer.error().message, 200)),
                            false);
            } else if (answer->known) {
                report_.add(about(code, Match::Unknown, ""), true);
            } else {
                ++report_.nowhere;
            }
        }
        return {};
    }

    static Difference about(const std::string& code, Match match, std::string reason) {
        return {
            code, Place{std::string(agency_of(code)), std::nullopt}, match, {}, std::move(reason)};
    }

    // -- by the portal's list ---------------------------------------------------------------------

    // "": done, or ended early. Otherwise why the list cannot be used.
    Result<std::string> by_list() {
        report_.listed = true;
        DVC_TRY_ASSIGN(span, period());
        if (span) {
            report_.from = Date{span->first};
            report_.to = Date{span->second - days{1}};
            for (local_days from = span->first; from < span->second && complete_;) {
                const Date date{from};
                const local_days next{(date.year() / date.month() + std::chrono::months{1}) / 1};
                const local_days until = std::min(next, span->second);
                DVC_TRY_ASSIGN(refused, month(from, until));
                if (!refused.empty()) return refused;
                from = until;
            }
        }
        if (complete_ && !rules_.slice.received_from && !rules_.slice.received_until) {
            // Dossiers without a receipt lie in no month.
            DVC_TRY(walk(
                rules_.slice, true, [](const Held&) {}, listed()));
        }
        return std::string();
    }

    Result<std::optional<std::pair<local_days, local_days>>> period() {
        std::optional<std::pair<local_days, local_days>> result;
        const auto& slice = rules_.slice;
        DVC_TRY_ASSIGN(span, ledger_.span());
        if (!span && !(slice.received_from && slice.received_until)) return result;
        const auto from = day_of(slice.received_from ? *slice.received_from : span->first);
        const auto last =
            day_of(slice.received_until ? *slice.received_until - Millis{1} : span->second);
        result.emplace(from, last + days{1});
        return result;
    }

    Result<std::string> month(local_days from, local_days until) {
        auto listing = portal_.list(from, until);
        if (!listing) {
            complete_ = false;
            if (listing.error().verdict == portal::Verdict::Refused) {
                if (calls_.can_ask) {
                    return fmt::format(
                        "{}: asked one by one instead; what only the portal holds "
                        "cannot be found this way",
                        excerpt(listing.error().message, 400));
                }
            }
            if (!portal_.over()) failure_ = excerpt(listing.error().message, 400);
            return std::string();
        }
        rows_ = *std::move(listing);
        Slice slice = rules_.slice;
        slice.received_from = from_vietnam(from);
        slice.received_until = from_vietnam(until);
        std::vector<std::string> seen;
        DVC_TRY(walk(
            slice, false, [&](const Held& held) { seen.push_back(held.code); }, listed()));
        for (const auto& code : seen)
            rows_.erase(code);
        if (complete_) DVC_TRY(strangers(slice));
        rows_.clear();
        return std::string();
    }

    Question asked() {
        return [this](const Held& held) { return portal_.look(held.code); };
    }

    // The portal's list as an answer to a question.
    Question listed() {
        return [this](const Held& held) -> Answer {
            const auto row = rows_.find(held.code);
            if (row != rows_.end()) return portal::Holding{true, row->second};
            const auto moved = elsewhere_.find(held.code);
            if (moved != elsewhere_.end()) return portal::Holding{true, moved->second};
            return portal::Holding{};
        };
    }

    // What the portal lists for a month and the ledger's month does not have: unknown to us, or
    // received in another month as the ledger has it.
    Status strangers(const Slice& month) {
        std::vector<std::string> codes;
        for (const auto& [code, members] : rows_) {
            const bool foreign =
                !rules_.slice.agency.empty() && agency_of(code) != rules_.slice.agency;
            const auto& named = rules_.slice.codes;
            if (foreign ||
                (!named.empty() && std::find(named.begin(), named.end(), code) == named.end())) {
                continue;
            }
            codes.push_back(code);
        }
        for (std::size_t at = 0; at < codes.size(); at += limits::walk_batch) {
            DVC_TRY_ASSIGN(known, by_code({codes.data() + at,
                                           std::min(limits::walk_batch, codes.size() - at)}));
            for (std::size_t i = at; i < std::min(codes.size(), at + limits::walk_batch); ++i) {
                stranger(codes[i], known, month);
            }
        }
        return {};
    }

    using ByCode = std::unordered_map<std::string, Held>;

    void stranger(const std::string& code, const ByCode& known, const Slice& month) {
        const auto found = known.find(code);
        if (found != known.end()) {
            const auto received = found->second.received;
            const bool here =
                received && *received >= *month.received_from && *received < *month.received_until;
            if (!here) elsewhere_[code] = std::move(rows_[code]);
        } else if (rules_.slice.procedure.empty()) {  // the portal's procedure is not ours to judge
            const Date date{day_of(*month.received_from)};
            report_.add({code,
                         {std::string(agency_of(code)), date.year() / date.month()},
                         Match::Unknown,
                         {},
                         {}},
                        true);
        }
    }

    Result<ByCode> by_code(std::span<const std::string> codes) {
        Slice slice;
        slice.kind = rules_.slice.kind;
        slice.codes.assign(codes.begin(), codes.end());
        ByCode found;
        DVC_TRY_ASSIGN(held, ledger_.walk(slice, false, 0, codes.size()));
        for (auto& one : held) {
            std::string code = one.code;
            found.emplace(std::move(code), std::move(one));
        }
        return found;
    }

    // -- both ways --------------------------------------------------------------------------------

    template <class Seen>
    Status walk(const Slice& slice, bool undated, const Seen& seen, const Question& question) {
        std::int64_t after = 0;
        for (;;) {
            DVC_TRY_ASSIGN(held, ledger_.walk(slice, undated, after, limits::walk_batch));
            if (held.empty()) return {};
            after = held.back().record;
            std::vector<Held> chosen;
            for (auto& one : held) {
                seen(one);
                if (choose()) chosen.push_back(std::move(one));
            }
            std::vector<Judged> judged(chosen.size());
            in_parallel(chosen.size(), rules_.workers, [&](std::size_t i) {
                judged[i] = judge_.judge(chosen[i], question, report_.listed);
            });
            for (std::size_t i = 0; i < chosen.size(); ++i)
                settle(chosen[i], std::move(judged[i]));
            progress_.at(counted_);
            if (stop_ || (!report_.listed && portal_.over())) {
                complete_ = false;
                return {};
            }
        }
    }

    // Selection sampling: exactly `target_` of the slice, each with the same chance.
    bool choose() {
        if (rules_.sample == 0) return true;
        const std::size_t left = in_slice_ > walked_ ? in_slice_ - walked_ : 1;
        ++walked_;
        const bool taken = random_() % left < target_ - chosen_;
        chosen_ += taken ? 1 : 0;
        return taken;
    }

    void settle(Held& held, Judged judged) {
        // Not reached: finish() counts it.
        if (judged.match == Match::NotAsked && !report_.listed && portal_.over()) return;
        ++counted_;
        if (judged.match == Match::Missing || judged.match == Match::Stale) {
            held.sealed.clear();
            candidates_.push_back({std::move(held), std::move(judged)});
        } else {
            tell(held, std::move(judged));
        }
    }

    void tell(const Held& held, Judged judged) {
        report_.add({held.code, place_of(held), judged.match, std::move(judged.members),
                     std::move(judged.reason), judged.mendable},
                    judged.at_portal);
    }

    // -- once more --------------------------------------------------------------------------------

    // A list is some minutes old by now, and a run beside us may have sent a newer version: what
    // differs is looked at again as the ledger has it now, and the portal is asked for it.
    Status confirm() {
        progress_.end(counted_);
        if (candidates_.empty()) return {};
        progress_.begin("differences looked at again", candidates_.size());
        for (std::size_t at = 0; at < candidates_.size(); at += limits::walk_batch) {
            const auto count = std::min(limits::walk_batch, candidates_.size() - at);
            std::vector<std::string> codes;
            for (std::size_t i = at; i < at + count; ++i)
                codes.push_back(candidates_[i].held.code);
            DVC_TRY_ASSIGN(now, by_code(codes));
            std::vector<Judged> judged(count);
            in_parallel(count, rules_.workers,
                        [&](std::size_t i) { judged[i] = again(at + i, now); });
            for (std::size_t i = 0; i < count; ++i)
                tell(candidates_[at + i].held, std::move(judged[i]));
            progress_.at(at + count);
        }
        progress_.end(candidates_.size());
        // What the list showed was not asked for again: it may be a run's work beside us.
        if (report_.listed && portal_.over()) complete_ = false;
        return {};
    }

    Judged again(std::size_t index, const ByCode& now) {
        const Candidate& candidate = candidates_[index];
        const auto found = now.find(candidate.held.code);
        if (found == now.end()) return candidate.judged;
        const Held& held = found->second;
        const auto unsent = not_sent(held);
        const bool at_portal = candidate.judged.at_portal;
        if (unsent && !owed(held)) return {*unsent, {}, {}, at_portal};
        const bool ask = report_.listed
                             ? index < limits::confirmed_differences
                             : held.version != candidate.held.version || !candidate.judged.mendable;
        if (ask && calls_.can_ask && !portal_.over()) {
            Judged judged = judge_.judge(held, asked(), false);
            if (judged.match != Match::NotAsked) return judged;
        }
        if (elsewhere_.contains(held.code)) {
            return judge_.judge(held, listed(), false);
        }
        if (unsent && candidate.judged.match == Match::Missing) return lost(*unsent);
        if (unsent) return {*unsent, {}, {}, at_portal};
        return candidate.judged;
    }

    void finish() {
        report_.sort();
        if (complete_) return;
        report_.unreached = target_ - std::min(target_, counted_);
        report_.found[static_cast<std::size_t>(Match::NotAsked)] += report_.unreached;
        report_.portal_failed = !failure_.empty() || portal_.given_up();
        report_.stop = !failure_.empty()    ? failure_
                       : portal_.given_up() ? excerpt(portal_.reason(), 400)
                                            : "stopped before the end";
    }

    ledger::Ledger& ledger_;
    const PortalCalls& calls_;
    const Judge& judge_;
    const ReconcileRules& rules_;
    Progress& progress_;
    const std::atomic<bool>& stop_;
    PatientPortal portal_;
    ReconcileReport report_;
    PatientPortal::Listing rows_;       // of the month in hand
    PatientPortal::Listing elsewhere_;  // listed in another month than the ledger's
    std::vector<Candidate> candidates_;
    std::size_t in_slice_ = 0;
    std::size_t target_ = 0;
    std::size_t walked_ = 0;  // for the sample
    std::size_t chosen_ = 0;
    std::size_t counted_ = 0;
    std::mt19937_64 random_;
    bool complete_ = true;
    std::string failure_;  // of the list, without a way around it
};

}  // namespace

Result<ReconcileReport> reconcile(ledger::Ledger& ledger, const PortalCalls& calls,
                                  const mapping::MappingSet& mappings, const Sealer& sealer,
                                  Clock& clock, const ReconcileRules& rules, Progress& progress,
                                  const std::atomic<bool>& stop) {
    if (!calls.can_ask && !calls.can_list) {
        return fail(ErrorKind::Config,
                    "the portal profile has neither <ask> nor <list>: there is nothing to compare "
                    "with");
    }
    const auto* plan = mappings.plan(Operation::PushDossier);
    if (!plan) {
        return fail(ErrorKind::Config, "the portal profile has no mapping for push-dossier");
    }
    const Judge judge(mappings, *plan, sealer);
    return Reconciler(ledger, calls, judge, clock, rules, progress, stop).run();
}

}  // namespace dvcsync::sync
