#include "connector/sync/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/sync/intake.h"
#include "connector/sync/reconcile_judge.h"
#include "connector/sync/reconcile_portal.h"

namespace dvcsync::sync {
namespace {

using ledger::Held;
using std::chrono::days;
using std::chrono::sys_days;

constexpr std::string_view kind = "procedure";
constexpr std::size_t shown_words = 200;  // characters of a fact or a reason that are told

struct Procedure {
    Held held;
    std::string document;  // "": it is not to be compared, or `reason`
    std::string reason;
    std::string decision;
    std::optional<Date> decided;
};

Date day_of(UtcTime at) {
    return date_of(to_vietnam(at));
}

class Comparison {
  public:
    Comparison(ledger::Ledger& ledger, const CatalogueCalls& portal,
               const mapping::MappingSet& mappings, const WorkCalendar& calendar,
               const Sealer& sealer, Clock& clock, const DriftRules& rules, Progress& progress,
               const std::atomic<bool>& stop)
        : ledger_(ledger),
          calls_(portal),
          mappings_(mappings),
          calendar_(calendar),
          sealer_(sealer),
          clock_(clock),
          rules_(rules),
          progress_(progress),
          stop_(stop),
          portal_(portal.calls, clock, rules.patience, rules.seed, stop) {}

    Result<Drift> run() {
        drift_.whole_country = calls_.whole_country;
        DVC_TRY(find_period());
        DVC_TRY(read_ours());
        DVC_TRY(find_late());
        auto listing = portal_.list({}, {});
        if (!listing) {
            ended(listing.error().message);
            return std::move(drift_);
        }
        for (auto& [code, members] : *listing)
            listed_.insert(code);
        drift_.theirs = listed_.size();
        for (const auto& code : listed_) {
            if (known_.contains(code)) continue;
            ++drift_.not_ours;
            if (!drift_.whole_country) drift_.missing_here.push_back(code);
        }
        DVC_TRY(find_unknown());
        compare_all();
        return std::move(drift_);
    }

  private:
    void ended(std::string_view portal_says) {
        drift_.portal_failed = !stop_;
        drift_.stop = stop_ ? "stopped before the end" : excerpt(portal_says, shown_words);
    }

    Status find_period() {
        UtcTime end = clock_.now();
        DVC_TRY_ASSIGN(span, ledger_.span());
        if (span) end = std::min(end, span->second);
        drift_.until = day_of(end);
        drift_.since = Date{sys_days{drift_.until} - days{limits::drift_dossier_days}};
        return {};
    }

    Status read_ours() {
        DVC_TRY_ASSIGN(published, ledger_.published_procedures());
        published_.insert(published.begin(), published.end());
        drift_.ours = published_.size();
        ledger::Slice slice;
        slice.kind = kind;
        std::int64_t after = 0;
        for (;;) {
            DVC_TRY_ASSIGN(batch, ledger_.walk(slice, false, after, limits::walk_batch));
            if (batch.empty()) return {};
            after = batch.back().record;
            for (auto& held : batch) {
                known_.insert(held.code);
                drift_.unsent += held.wanted && !held.known;
                procedures_.push_back(read(std::move(held)));
            }
        }
    }

    // Only what the portal is to show is mapped; of the rest the decision is read.
    Procedure read(Held held) {
        Procedure procedure{std::move(held), {}, {}, {}, {}};
        const auto xml =
            sealer_.open(procedure.held.sealed, seal_context(kind, procedure.held.code));
        procedure.held.sealed.clear();
        if (!xml) return unusable(std::move(procedure), xml.error().message);
        const auto record = mappings_.vocabulary().parse(kind, *xml);
        if (!record) return unusable(std::move(procedure), record.error().message);
        if (const auto facts = mappings_.vocabulary().summary(*record)) {
            procedure.decision = facts->decision;
            if (facts->decided) procedure.decided = date_of(*facts->decided);
        }
        if (!published_.contains(procedure.held.code)) return procedure;
        const auto* const plan = mappings_.plan(Operation::PushProcedure);
        if (plan == nullptr)
            return unusable(std::move(procedure), "the profile has no mapping of procedures");
        const auto documents = plan->run(*record);
        if (!documents) return unusable(std::move(procedure), documents.error().text());
        procedure.document = documents->front().json;
        return procedure;
    }

    static Procedure unusable(Procedure procedure, std::string_view why) {
        procedure.reason = excerpt(why, shown_words);
        return procedure;
    }

    Status find_late() {
        for (const auto& procedure : procedures_) {
            if (!procedure.decided || !procedure.held.wanted) continue;
            const Date decided = *procedure.decided;
            if (decided < drift_.since || decided > day_of(clock_.now())) continue;
            const Date due = calendar_.add_working_days(decided, limits::entry_working_days);
            ledger::Filter filter;
            filter.kind = kind;
            filter.code = procedure.held.code;
            filter.operation = Operation::PushProcedure;
            DVC_TRY_ASSIGN(items, ledger_.details(filter, 1));
            const bool is_in = !items.empty() && items[0].row.state == ledger::State::Delivered &&
                               items[0].delivered_at;
            std::optional<Date> entered;
            if (is_in) entered = day_of(*items[0].delivered_at);
            if ((entered ? *entered : day_of(clock_.now())) <= due) continue;
            drift_.late.push_back({procedure.held.code, procedure.decision, decided, due, entered});
        }
        return {};
    }

    Status find_unknown() {
        const auto* const plan = mappings_.plan(Operation::PushDossier);
        if (plan == nullptr) return {};
        DVC_TRY_ASSIGN(used, ledger_.counts_by("dossier", ledger::Column::Procedure));
        for (const auto& [local, ever] : used) {
            if (local.empty()) continue;
            const auto national = plan->sent_as("procedure", local, drift_.until);
            if (national && listed_.contains(*national)) continue;
            ledger::Slice slice;
            slice.procedure = local;
            slice.received_from = from_vietnam(LocalTime(local_day(drift_.since)));
            slice.received_until = from_vietnam(LocalTime(local_day(drift_.until) + days{1}));
            DVC_TRY_ASSIGN(preview, ledger_.preview_resync(slice));
            if (preview.matching > 0)
                drift_.unknown.push_back({local, national.value_or(""), preview.matching});
        }
        return {};
    }

    static std::chrono::local_days local_day(Date date) { return std::chrono::local_days{date}; }

    struct Judged {
        bool same = false;
        bool missing = false;
        bool reached = true;
        std::vector<Drift::Fact> facts;
        std::string reason;
    };

    void compare_all() {
        std::vector<const Procedure*> shown;
        for (const auto& procedure : procedures_)
            if (published_.contains(procedure.held.code)) shown.push_back(&procedure);
        std::sort(shown.begin(), shown.end(),
                  [](auto* a, auto* b) { return a->held.code < b->held.code; });
        progress_.begin("procedures compared", shown.size());
        std::vector<Judged> judged(shown.size());
        std::atomic<std::size_t> done{0};
        for (std::size_t from = 0; from < shown.size(); from += limits::walk_batch) {
            const std::size_t size = std::min(limits::walk_batch, shown.size() - from);
            in_parallel(size, rules_.workers,
                        [&](std::size_t i) { judged[from + i] = judge(*shown[from + i]); });
            progress_.at(done += size);
        }
        for (std::size_t i = 0; i < shown.size(); ++i)
            settle(shown[i]->held.code, std::move(judged[i]));
        if (portal_.over()) ended(portal_.reason());
    }

    Judged judge(const Procedure& procedure) {
        Judged judged;
        if (!listed_.contains(procedure.held.code)) {
            judged.missing = true;
            return judged;
        }
        if (!procedure.reason.empty()) {
            judged.reason = procedure.reason;
            return judged;
        }
        const auto answer = portal_.look(procedure.held.code);
        if (!answer) {
            judged.reached = !portal_.over();
            judged.reason = excerpt(answer.error().message, shown_words);
            return judged;
        }
        judged.missing = !answer->known;
        if (judged.missing) return judged;
        auto ours = calls_.facts(procedure.document);
        for (const auto& [name, theirs] : answer->members)
            if (ours[name] != theirs)
                judged.facts.push_back(
                    {name, excerpt(ours[name], shown_words), excerpt(theirs, shown_words)});
        judged.same = judged.facts.empty();
        return judged;
    }

    void settle(const std::string& code, Judged judged) {
        if (!judged.reached) return;
        drift_.same += judged.same;
        if (judged.missing)
            drift_.missing_there.push_back(code);
        else if (!judged.facts.empty())
            drift_.differing.push_back({code, std::move(judged.facts)});
        else if (!judged.same)
            drift_.failed.push_back({code, std::move(judged.reason)});
    }

    ledger::Ledger& ledger_;
    const CatalogueCalls& calls_;
    const mapping::MappingSet& mappings_;
    const WorkCalendar& calendar_;
    const Sealer& sealer_;
    Clock& clock_;
    const DriftRules& rules_;
    Progress& progress_;
    const std::atomic<bool>& stop_;
    PatientPortal portal_;
    std::unordered_set<std::string> published_;
    std::unordered_set<std::string> known_;
    std::set<std::string> listed_;
    std::vector<Procedure> procedures_;
    Drift drift_;
};

}  // namespace

bool Drift::drifts() const {
    return !missing_there.empty() || !missing_here.empty() || !differing.empty() ||
           !unknown.empty() || !late.empty() || !failed.empty();
}

CatalogueCalls catalogue_calls_of(portal::Client& client, const portal::Profile& profile) {
    CatalogueCalls catalogue;
    auto& calls = catalogue.calls;
    calls.look = [&client](std::string_view code) { return client.procedure(code); };
    calls.list = [&client](std::chrono::local_days, std::chrono::local_days,
                           int) -> tl::expected<portal::Page, portal::Outcome> {
        auto codes = client.catalogue();
        if (!codes) return tl::make_unexpected(std::move(codes).error());
        portal::Page page;
        for (auto& code : *codes)
            page.rows.push_back({std::move(code), {}});
        return page;
    };
    calls.pace = [profile](std::string_view endpoint) { return profile.pace(endpoint); };
    calls.ask_endpoint = profile.procedure_endpoint();
    calls.list_endpoint = profile.catalogue_endpoint();
    calls.can_ask = calls.can_list = profile.can_show_catalogue();
    catalogue.facts = [profile](std::string_view document) {
        return profile.procedure_facts(document);
    };
    catalogue.whole_country = profile.lists_whole_country();
    return catalogue;
}

Result<Drift> catalogue_drift(ledger::Ledger& ledger, const CatalogueCalls& portal,
                              const mapping::MappingSet& mappings, const WorkCalendar& calendar,
                              const Sealer& sealer, Clock& clock, const DriftRules& rules,
                              Progress& progress, const std::atomic<bool>& stop) {
    return Comparison(ledger, portal, mappings, calendar, sealer, clock, rules, progress, stop)
        .run();
}

}  // namespace dvcsync::sync
