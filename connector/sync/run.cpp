#include "connector/sync/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "connector/base/limits.h"
#include "connector/sync/catalogue.h"
#include "connector/sync/run_seal.h"
#include "connector/sync/statistics.h"

namespace dvcsync::sync {
namespace {

void add(DeliveryCounts& sum, const DeliveryCounts& more) {
    sum.delivered += more.delivered;
    sum.without_call += more.without_call;
    sum.refused += more.refused;
    sum.parked += more.parked;
    sum.waiting += more.waiting;
    sum.doubtful += more.doubtful;
    if (sum.stop.empty()) {
        sum.stop = more.stop;
        sum.stop_log = more.stop_log;
    }
}

GateRules gate_rules(const PortalCalls& calls, std::string_view endpoint) {
    GateRules rules;
    const auto pace = calls.pace(endpoint);
    rules.per_second = pace.per_second;
    rules.burst = pace.burst;
    return rules;
}

// Shows how far a long read has come, and renews the lease meanwhile.
class Heartbeat final : public Progress {
  public:
    Heartbeat(Progress& shown, ledger::Ledger& ledger, Clock& clock, Millis lease)
        : shown_(shown), ledger_(ledger), clock_(clock), lease_(lease), renewed_(clock.steady()) {}
    void begin(std::string_view what, std::size_t total) override { shown_.begin(what, total); }
    void end(std::size_t done) override { shown_.end(done); }
    void at(std::size_t done) override {
        shown_.at(done);
        if (clock_.steady() - renewed_ < lease_ / 8) return;
        renewed_ = clock_.steady();
        if (lost_) lost_ = ledger_.renew(clock_.now(), clock_.now() + lease_);
    }
    const Status& lost() const { return lost_; }

  private:
    Progress& shown_;
    ledger::Ledger& ledger_;
    Clock& clock_;
    Millis lease_;
    std::chrono::nanoseconds renewed_;
    Status lost_;
};

class JobRun {
  public:
    JobRun(const Parts& parts, const RunOrder& order, const RunRules& rules, RunSealing& sealing)
        : parts_(parts),
          sealing_(sealing),
          ledger_(parts.ledger),
          order_(order),
          rules_(rules),
          gates_(
              [&parts](std::string_view endpoint) { return gate_rules(parts.calls, endpoint); }) {}

    Result<RunReport> run() {
        const auto began = parts_.clock.steady();
        DVC_TRY_ASSIGN(recovered, ledger_.recover(now()));
        report_.recovered = recovered;
        DVC_TRY_ASSIGN(
            change, follow_mapping_change(ledger_, parts_.mappings, parts_.sealer, parts_.clock));
        report_.mappings = std::move(change);
        sealing_.seal();  // what a run that was killed has left
        DVC_TRY(take_submissions());
        DVC_TRY(read());
        DVC_TRY(push(order_.job));
        DVC_TRY(hand_over());
        DVC_TRY(resend());
        if (parts_.calls.traffic) report_.traffic = parts_.calls.traffic();
        report_.seconds = std::chrono::duration<double>(parts_.clock.steady() - began).count();
        DVC_TRY_ASSIGN(rows, ledger_.counts());
        for (const auto& row : rows) {
            const bool ended =
                row.state == ledger::State::Delivered || row.state == ledger::State::Dismissed;
            if (row.state == ledger::State::Ready && !offers(row.operation)) {
                report_.kept[row.operation] += row.count;
                continue;
            }
            if (!ended && row.count > 0) report_.attention = true;
            const bool later =
                row.state == ledger::State::Waiting || row.state == ledger::State::InDoubt;
            if (later) report_.left += row.count;
        }
        if (!report_.intake.rejected.empty() || !report_.intake.warnings.empty() ||
            !report_.delivery.stop.empty() || !report_.catalogue_stop.empty() ||
            !report_.pull.stop.empty() || !report_.unsealed.empty()) {
            report_.attention = true;
        }
        DVC_TRY_ASSIGN(inbound, ledger_.submissions().tally());
        if (inbound.received + inbound.waiting + inbound.held + inbound.announced > 0) {
            report_.attention = true;
        }
        return report_;
    }

  private:
    UtcTime now() const { return parts_.clock.now(); }
    bool ended() const {
        return parts_.stop || !report_.delivery.stop.empty() || !report_.unsealed.empty();
    }

    // The portal takes it, and there is a mapping that makes its document.
    bool offers(Operation operation) const {
        const bool two_forms = parts_.calls.known_batch && parts_.calls.known_batch(operation) > 0;
        return parts_.mappings.plan(operation) != nullptr &&
               (!two_forms || parts_.mappings.plan(operation, true) != nullptr) &&
               (!parts_.calls.has || parts_.calls.has(operation));
    }

    bool takes_submissions() const {
        return parts_.inbound != nullptr &&
               (order_.job == Job::All || order_.job == Job::PullSubmissions);
    }

    PullParts pull_parts() {
        return {ledger_,
                parts_.sealer,
                parts_.mappings,
                parts_.inbound->calls,
                *parts_.inbound->inbox,
                parts_.inbound->gathering,
                gates_,
                parts_.clock,
                parts_.progress,
                parts_.stop};
    }

    // First, for it is short. A portal that cannot be asked does not keep the rest from going out.
    Status take_submissions() {
        return takes_submissions() ? pull(pull_parts(), rules_.pull, report_.pull) : Status{};
    }

    // After everything that is ready has left: files come at the pace of other hosts.
    Status hand_over() {
        if (!takes_submissions()) return {};
        const std::size_t before = report_.pull.handed;
        DVC_TRY(sync::hand_over(pull_parts(), rules_.pull, report_.pull));
        if (report_.pull.handed == before || ended()) return {};
        return deliver_all({Operation::ConfirmSubmission});
    }

    Status read() {
        DVC_TRY_ASSIGN(position, ledger_.position(drop_folder_source));
        DVC_TRY_ASSIGN(source, parts_.open_source(position));
        Heartbeat heartbeat(parts_.progress, ledger_, parts_.clock, rules_.delivery.lease);
        DVC_TRY_ASSIGN(counts, take_in(*source, ledger_, parts_.mappings.vocabulary(),
                                       parts_.sealer, parts_.clock, heartbeat, parts_.stop));
        DVC_TRY(heartbeat.lost());
        report_.intake.add(std::move(counts));
        return {};
    }

    // Everything that the job sends goes in one delivery, so that nothing waits for something else.
    Status push(Job job, bool with_statistics = true) {
        DVC_TRY_ASSIGN(unsealed, sealing_.why_not());
        report_.unsealed = std::move(unsealed);
        if (!report_.unsealed.empty()) return {};
        const bool all = job == Job::All;
        std::vector<Operation> wanted;
        if ((all || job == Job::PushCatalogue) && offers(Operation::PushProcedure)) {
            DVC_TRY(ask_guard());
            if (report_.catalogue_stop.empty()) wanted.push_back(Operation::PushProcedure);
        }
        if (all || job == Job::PushDossiers || job == Job::PullSubmissions) {
            wanted.insert(wanted.end(), {Operation::ConfirmSubmission, Operation::PushStatus});
        }
        if (all || job == Job::PushDossiers) {
            // Progress first: see deliver().
            wanted.insert(wanted.end(), {Operation::PushProgress, Operation::PushDossier});
        }
        if (with_statistics && (all || job == Job::PushStatistics) &&
            offers(Operation::PushStatistics)) {
            DVC_TRY(take_statistics(ledger_, parts_.sealer, parts_.clock));
            wanted.push_back(Operation::PushStatistics);
        }
        return deliver_all(wanted);
    }

    // A confirmation is asked for once a run, and holds for what the person has seen.
    Status ask_guard() {
        const bool again = report_.confirmed > 0;
        DVC_TRY_ASSIGN(guard,
                       catalogue_verdict(ledger_, rules_.max_abolished_percent,
                                         again ? std::nullopt : order_.confirm, parts_.clock));
        if (!guard.confirmed.empty()) {
            report_.confirmed = guard.procedures;
            report_.confirmed_for = std::move(guard.confirmed);
        }
        const bool seen = again && guard.procedures <= report_.confirmed;
        report_.catalogue_stop = seen ? "" : std::move(guard.stop);
        return {};
    }

    Status deliver_all(const std::vector<Operation>& wanted) {
        std::vector<Operation> operations;
        for (const Operation operation : wanted) {
            if (offers(operation)) operations.push_back(operation);
        }
        DeliveryRules rules = rules_.delivery;
        rules.what = "items sent";
        rules.seed ^= ++pushes_ * 0xd1342543de82ef95ULL;
        rules.call.progress_follows = offers(Operation::PushProgress);
        DVC_TRY_ASSIGN(counts,
                       deliver(ledger_, parts_.calls, parts_.mappings, parts_.sealer, parts_.clock,
                               gates_, operations, rules, sealing_, parts_.stop));
        add(report_.delivery, counts);
        return {};
    }

    // A resync gives way: what is new goes first, before each chunk.
    Status resend() {
        if (order_.job != Job::All && order_.job != Job::PushDossiers) return {};
        for (bool first = true; !ended(); first = false) {
            DVC_TRY_ASSIGN(fed, ledger_.feed_resync(rules_.resync_chunk, now()));
            if (fed.handed + fed.skipped == 0) {
                // What came in between the chunks may have changed the figures.
                return order_.job == Job::All && !first ? push(Job::PushStatistics) : Status{};
            }
            report_.resent += fed.handed;
            if (!first) DVC_TRY(read());
            DVC_TRY(push(order_.job, false));  // the figures are the same as a moment ago
        }
        return {};
    }

    const Parts& parts_;
    RunSealing& sealing_;
    ledger::Ledger& ledger_;
    const RunOrder& order_;
    const RunRules& rules_;
    Gates gates_;
    RunReport report_;
    std::uint64_t pushes_ = 0;
};

std::string summary_json(const RunReport& report) {
    return fmt::format(
        R"({{"read":{},"unchanged":{},"outdated":{},"new":{},"changed":{},"delivered":{},)"
        R"("refused":{},"parked":{},"waiting":{},"in_doubt":{},"resent":{},"calls":{},"submissions_handed":{},"submissions_held":{}}})",
        report.intake.read, report.intake.unchanged, report.intake.outdated, report.intake.added,
        report.intake.changed, report.delivery.delivered, report.delivery.refused,
        report.delivery.parked + report.intake.parked, report.delivery.waiting,
        report.delivery.doubtful, report.resent, report.traffic.calls, report.pull.handed,
        report.pull.held);
}

}  // namespace

std::string_view to_string(Job job) {
    switch (job) {
        case Job::PushCatalogue:
            return "push-catalogue";
        case Job::PushDossiers:
            return "push-dossiers";
        case Job::PushStatistics:
            return "push-statistics";
        case Job::PullSubmissions:
            return "pull-submissions";
        case Job::All:
            return "all";
    }
    return "";
}

std::string describe(const ledger::Lease& lease) {
    return fmt::format("host {}, process {}, job {}, since {}, last sign of life {}", lease.host,
                       lease.process, lease.job, vietnam_text(lease.taken),
                       vietnam_text(lease.heartbeat));
}

Result<RunReport> run(const Parts& parts, const RunOrder& order, const RunRules& rules) {
    auto& ledger = parts.ledger;
    const UtcTime start = parts.clock.now();
    ledger::Lease lease = order.who;
    lease.job = to_string(order.job);
    lease.taken = lease.heartbeat = start;
    lease.expires = start + rules.delivery.lease;
    DVC_TRY_ASSIGN(other, ledger.acquire(lease, order.owner_is_gone, start));
    if (other) {
        RunReport busy;
        busy.busy = std::move(other);
        return busy;
    }
    DVC_TRY_ASSIGN(number, ledger.begin_run(to_string(order.job), start));
    RunSealing sealing(parts.notary, ledger, parts.progress);
    auto report = JobRun(parts, order, rules, sealing).run();
    const std::string outcome = !report ? "failed" : report->attention ? "attention" : "ok";
    const std::string summary =
        report ? summary_json(*report) : std::string(to_string(report.error().kind));
    // The run's own error says more than that its end could not be written.
    const Status noted = ledger.end_run(number, outcome, summary, parts.clock.now());
    sealing.seal();
    const Status released = ledger.release();
    if (report) {
        report->seal_trouble = sealing.trouble();
        report->attention = report->attention || !sealing.trouble().empty();
        DVC_TRY(noted);
        DVC_TRY(released);
    }
    return report;
}

}  // namespace dvcsync::sync
