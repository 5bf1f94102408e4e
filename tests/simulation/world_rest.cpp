// The troubles end: everything that can be delivered must be, in finite time.
#include "tests/simulation/world.h"

namespace dvcsync::simulation {

bool World::idle() {
    disk_.enter(std::make_shared<Process>());
    auto opened = ledger::open_sqlite(file_, stage_.sealer.key_id());
    if (!opened) {
        log_.violated(Invariant::Sound, opened.error().message);
        return true;
    }
    for (const char* kind : {"dossier", "procedure", "statistics", "answer", "receipt"}) {
        const auto tally = (*opened)->tally(kind);
        if (!tally || tally->waiting > 0) return false;
    }
    unrest_ = citizens_.wants_to_call() ? "the portal still calls" : unrest(**opened);
    if (!unrest_.empty()) return false;
    const auto resyncs = (*opened)->resyncs(100);
    if (!resyncs) return false;
    for (const auto& resync : *resyncs) {
        if (resync.state == ledger::ResyncState::Active) return false;
    }
    return true;
}

void World::settle_down() {
    Trip trip;
    trip.trouble = false;
    for (int round = 0; round < 30 && !ended(); ++round) {
        clock_.sleep(Millis{2 * 3'600'000});
        knock_between_runs(100);
        if (run(trip) && idle()) return;
    }
    if (!ended())
        log_.violated(Invariant::NothingLost, fmt::format("it does not come to rest{}{}",
                                                          unrest_.empty() ? "" : ": ", unrest_));
}

void World::come_to_rest() {
    log_.say("-- rest");
    portal_.calm();
    traits_.company = 0;
    resting_ = true;
    citizens_.calm();
    files_.calm();
    room_.calm();
    clerks_.work();
    province_.source_fails = false;
    province_.deliver_late();
    mappings_ = &stage_.mended;
    const bool mends = rng_.chance(0.5);
    if (mends) clerks_.mend();
    if (mends)
        province_.mend();
    else
        province_.live();
    province_.deliver_late();
    as_a_person("resumes what is paused", [this](ledger::Ledger& ledger) {
        const auto all = ledger.resyncs(100);
        if (!all) return;
        for (const auto& one : *all) {
            if (one.state == ledger::ResyncState::Paused)
                (void)ledger.change_resync(one.id, ledger::ResyncState::Active,
                                           {0, "officer", "resume", "rest", "", {}, 0},
                                           clock_.now());
        }
    });
    settle_down();
    // What the storm has parked, a person tries again; what the portal has lost is sent again.
    // What is decided about one submission lets the next one go, which may need a decision too.
    for (int round = 0; (round < 2 || decided_ > 0) && round < 20 && !ended(); ++round) {
        as_a_person("tries everything again", [this](ledger::Ledger& ledger) {
            for (const std::string& code : lost_) {
                ledger::Slice slice;
                slice.codes = {code};
                start_resync(ledger, slice);
            }
            retry_parked(ledger, {});
            decide_all(ledger);
        });
        settle_down();
    }
    if (!ended()) check();
}

}  // namespace dvcsync::simulation
