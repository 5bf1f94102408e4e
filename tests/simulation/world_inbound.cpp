// Submissions: the service that the portal calls, what happens while a run takes them in, and what
// people decide about those that wait for a person.
#include <algorithm>

#include "connector/sync/pull.h"
#include "tests/simulation/world.h"

namespace dvcsync::simulation {

using Place = ledger::Stage;

CitizenTraits World::draw_citizens(Rng rng, const PortalTraits& portal, bool calm) {
    CitizenTraits traits;
    traits.dossiers = rng.between(1, 6);
    traits.lists = rng.chance(0.85);
    traits.calls = !traits.lists || rng.chance(0.8);
    traits.page = rng.between(1, 6);
    if (calm) return traits;
    traits.faults = portal.faults;
    traits.disorder = rng.chance(0.7) ? rng.unit() * 0.6 : 0;
    traits.late_files = rng.chance(0.5) ? rng.unit() : 0;
    traits.gone_files = rng.chance(0.3);
    traits.hostile_files = rng.chance(0.3);
    traits.strange = rng.chance(0.4);
    return traits;
}

// -- the service ---------------------------------------------------------------------------------

bool World::serves() {
    if (service_) return true;
    Service service;
    service.process = std::make_shared<Process>();
    disk_.enter(service.process);
    auto opened = ledger::open_sqlite(file_, stage_.sealer.key_id());
    if (!opened) {
        log_.say("  the service does not start: {}", opened.error().message);
        const bool never =
            opened.error().kind == ErrorKind::Bug || opened.error().kind == ErrorKind::Corrupt;
        if (never && !service.process->dead)
            log_.violated(Invariant::Sound, opened.error().message);
        return false;
    }
    service.ledger = *std::move(opened);
    service.recorder = stage_.recorder(*service.ledger, clock_);
    service.receiver =
        std::make_unique<sync::Receiver>(sync::Receiver::Parts{*service.ledger,
                                                               stage_.sealer,
                                                               *mappings_,
                                                               stage_.callbacks,
                                                               {},
                                                               clock_,
                                                               service.recorder.get()});
    service_ = std::move(service);
    return true;
}

void World::knock() {
    if (knocking_ || !citizens_.wants_to_call()) return;
    knocking_ = true;
    const auto before = disk_.current();
    if (serves()) {
        const auto process = service_->process;
        disk_.enter(process);
        ++tale_.callbacks;
        const auto call = citizens_.next_call();
        const auto reply = service_->receiver->handle(call->text.path, call->text.body).reply;
        const bool lost = process->dead || inbound_rng_.chance(citizens_.traits().faults / 2);
        if (reply.body.find(R"("error_code":1,)") != std::string::npos) ++tale_.duplicates;
        citizens_.answered(*call, lost ? std::nullopt : std::optional(reply));
        if (process->dead) {
            log_.say("  the service has died");
            if (!disk_.power_failed()) ++tale_.kills;
            service_.reset();
        }
    }
    disk_.enter(before);
    knocking_ = false;
}

void World::knock_between_runs(int times) {
    disk_.enter(std::make_shared<Process>());
    for (int i = 0; i < times && citizens_.wants_to_call() && !ended(); ++i)
        knock();
}

// Between two calls of a run that takes submissions in.
void World::inbound_meanwhile() {
    if (!resting_) {
        if (inbound_rng_.chance(0.15)) knock();
        if (inbound_rng_.chance(0.03)) citizens_.file();
    }
    if (!disk_.current()->dead) meanwhile();
}

// -- people --------------------------------------------------------------------------------------

void World::act_on_submissions() {
    as_a_person("decides about a submission", [this](ledger::Ledger& ledger) {
        std::vector<ledger::Submission> open;
        for (const Place stage : {Place::Held, Place::Waiting}) {
            ledger::SubmissionFilter filter;
            filter.stage = stage;
            const auto rows = ledger.submissions().list(filter, 100);
            if (!rows) return;
            open.insert(open.end(), rows->begin(), rows->end());
        }
        if (open.empty()) return;
        const auto decision = rng_.pick(
            std::vector{Decision::Retry, Decision::Retry, Decision::Release, Decision::Dismiss});
        decide(ledger, rng_.pick(open), decision);
    });
}

// A choice by code and stage may touch more than one revision, as on the command line.
void World::decide(ledger::Ledger& ledger, const ledger::Submission& row, Decision decision) {
    auto& submissions = ledger.submissions();
    ledger::SubmissionFilter filter;
    filter.code = row.code;
    filter.stage = row.stage;
    const auto touched = submissions.list(filter, 1'000);
    if (!touched) return;
    for (const auto& one : *touched) {
        if (decision == Decision::Release) {
            auto& without = decisions_.released[{one.code, one.revision}];
            without = std::max(without, one.stage == Place::Waiting ? ledger::Without::Missing
                                                                    : ledger::Without::Forbidden);
        }
        if (decision == Decision::Dismiss) decisions_.dismissed.insert({one.code, one.revision});
    }
    ledger::Act act;
    act.actor = "officer";
    act.what = "submissions";
    act.reason = "because";
    const auto done =
        decision == Decision::Dismiss
            ? submissions.dismiss(filter, act, clock_.now())
            : submissions.retry(filter, decision == Decision::Release, act, clock_.now());
    constexpr std::string_view names[] = {"retry", "release", "dismiss"};
    log_.say("    {} {}: {}", names[static_cast<int>(decision)], row.code,
             done ? std::to_string(*done) : done.error().message);
    if (!done || decision != Decision::Dismiss) return;
    for (const auto& one : *touched)
        decisions_.gone[{one.code, one.revision}] = owners_;
}

void World::decide_all(ledger::Ledger& ledger) {
    decided_ = 0;
    for (const Kept& one : kept(ledger)) {
        if (one.row.stage != Place::Held && one.row.stage != Place::Waiting) continue;
        if (one.filed == nullptr) continue;
        const auto& filing = one.filed->filing;
        bool damaged = false;
        for (const Attachment& file : filing.files)
            damaged = damaged || file.hostile || file.misses < 0;
        const bool lasting = damaged || strange(filing.kind);
        if (lasting && undecided_) continue;
        ++decided_;
        decide(ledger, one.row,
               !lasting                                           ? Decision::Retry
               : strange(filing.kind) || inbound_rng_.chance(0.5) ? Decision::Dismiss
                                                                  : Decision::Release);
    }
}

}  // namespace dvcsync::simulation
