// What people do in the meantime.
#include "tests/simulation/world.h"

namespace dvcsync::simulation {
namespace {

ledger::Act act_of(const char* what) {
    ledger::Act act;
    act.actor = "officer";
    act.what = what;
    act.reason = "because";
    return act;
}

}  // namespace

void World::as_a_person(const char* what, const Deed& deed) {
    ++tale_.acts;
    if (!company_) {
        disk_.enter(std::make_shared<Process>());
        troubled_ = false;
    }
    log_.say("  a person: {}", what);
    auto opened = ledger::open_sqlite(file_, stage_.sealer.key_id());
    if (!opened) {
        log_.say("  failed: {}", opened.error().message);
        if (disk_.trouble() == Trouble::None && !disk_.current()->dead)
            log_.violated(Invariant::Sound, opened.error().message);
        return;
    }
    const auto recorder = stage_.recorder(**opened, clock_);
    deed(**opened);
}

void World::act() {
    if (company_) disk_.enter(std::make_shared<Process>());
    if (rng_.chance(0.3)) return act_on_submissions();
    switch (rng_.below(6)) {
        case 0:
            as_a_person("retries what the portal has refused", [this](ledger::Ledger& ledger) {
                ledger::Filter filter;
                filter.cause = ledger::Cause::Portal;
                retry_parked(ledger, filter);
            });
            return;
        case 1:
            as_a_person("retries everything",
                        [this](ledger::Ledger& ledger) { retry_parked(ledger, {}); });
            return;
        case 2:
            as_a_person("dismisses one", [this](ledger::Ledger& ledger) {
                ledger::Filter filter;
                filter.state = ledger::State::Parked;
                const auto rows = ledger.list(filter, 100);
                if (!rows || rows->empty()) return;
                filter.item = (*rows)[rng_.below(rows->size())].item;
                dismiss_parked(ledger, filter);
            });
            return;
        case 3:
            as_a_person("starts a resync",
                        [this](ledger::Ledger& ledger) { start_resync(ledger, some_slice()); });
            return;
        case 4:
            as_a_person("pauses, resumes or stops a resync", [this](ledger::Ledger& ledger) {
                const auto all = ledger.resyncs(10);
                if (!all || all->empty()) return;
                using enum ledger::ResyncState;
                const auto to = rng_.pick(std::vector{Active, Paused, Stopped});
                const auto id = (*all)[rng_.below(all->size())].id;
                const auto done = ledger.change_resync(id, to, act_of("resync"), clock_.now());
                log_.say("    {} {}: {}", id, to_string(to), done ? "done" : done.error().message);
            });
            return;
        default:
            as_a_person("the portal loses a dossier",
                        [this](ledger::Ledger& ledger) { lose_dossier(ledger); });
    }
}

// Whoever retries what is in doubt has compared with what the portal shows: what it has, in part or
// whole, is left alone.
void World::retry_parked(ledger::Ledger& ledger, const ledger::Filter& filter) {
    ledger::Filter parked = filter;
    parked.state = ledger::State::Parked;
    const auto rows = ledger.list(parked, 10'000);
    if (!rows) return;
    for (const auto& row : *rows) {
        ledger::Filter one;
        one.item = row.item;
        const SimulatedPortal::Work work{row.operation, row.code};
        if (undecidable(row)) continue;
        const auto done = ledger.retry_parked(one, act_of("retry"), clock_.now());
        if (done && *done > 0) portal_.released(work);
        log_.say("    retry {} {}: {}", to_string(row.operation), row.code,
                 done ? std::to_string(*done) : done.error().message);
    }
}

// Steps in doubt at a portal that can neither be asked nor sent the same again, and which has some.
bool World::undecidable(const ledger::ItemRow& row) const {
    if (portal_traits_.repeatable || row.operation != Operation::PushProgress) return false;
    const auto dossier = portal_.dossiers().find(row.code);
    return portal_.in_doubt({row.operation, row.code}) && dossier != portal_.dossiers().end() &&
           !dossier->second.steps.empty();
}

void World::dismiss_parked(ledger::Ledger& ledger, const ledger::Filter& filter) {
    const auto rows = ledger.list(filter, 1);
    if (!rows || rows->empty() || undecidable(rows->front())) return;
    const auto done = ledger.dismiss_parked(filter, act_of("dismiss"), clock_.now());
    const SimulatedPortal::Work work{rows->front().operation, rows->front().code};
    dismissed_.insert(work);
    if (done && *done > 0) portal_.released(work);
    log_.say("    dismiss {} {}: {}", to_string(rows->front().operation), rows->front().code,
             done ? std::to_string(*done) : done.error().message);
}

ledger::Slice World::some_slice() {
    ledger::Slice slice;
    const double kind = rng_.unit();
    if (kind < 0.2) slice.kind = "procedure";
    if (kind > 0.5) slice.agency = fmt::format("000.00.{:02}.H22", rng_.between(1, 3));
    return slice;
}

void World::start_resync(ledger::Ledger& ledger, const ledger::Slice& slice) {
    const auto done = ledger.start_resync(slice, act_of("resync start"), clock_.now());
    log_.say("    resync of {} {}: {}", slice.kind, slice.agency,
             done ? std::to_string(done->total) : done.error().message);
}

void World::lose_dossier(ledger::Ledger& ledger) {
    if (portal_.dossiers().empty()) return;
    auto chosen = portal_.dossiers().begin();
    std::advance(chosen, rng_.below(portal_.dossiers().size()));
    const std::string code = chosen->first;
    portal_.lose(code);
    lost_.insert(code);
    log_.say("    the portal has lost {}", code);
    ledger::Slice slice;
    slice.codes = {code};
    start_resync(ledger, slice);
}

}  // namespace dvcsync::simulation
