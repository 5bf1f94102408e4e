#include "tests/simulation/world.h"

#include <algorithm>

namespace dvcsync::simulation {
namespace {

UtcTime first_day() {
    constexpr auto day = std::chrono::local_days{std::chrono::year{2019} / 5 / 1};
    return from_vietnam(day + std::chrono::hours{8});
}

}  // namespace

void Tale::add(const Tale& more) {
    runs += more.runs;
    failed_runs += more.failed_runs;
    kills += more.kills;
    power_cuts += more.power_cuts;
    disk_troubles += more.disk_troubles;
    clock_jumps += more.clock_jumps;
    takeovers += more.takeovers;
    turned_away += more.turned_away;
    acts += more.acts;
    calls += more.calls;
    repeated_steps += more.repeated_steps;
    records += more.records;
    filed += more.filed;
    handed += more.handed;
    callbacks += more.callbacks;
    duplicates += more.duplicates;
    statuses += more.statuses;
}

World::Traits World::draw_traits(Rng& rng) {
    Traits traits;
    traits.days = rng.between(2, 6);
    traits.calm = rng.chance(0.1);
    traits.max_attempts = rng.between(2, 12);
    traits.checkpoint_pages = rng.pick(std::vector<int>{2, 10, 100, 4'000});
    if (traits.calm) return traits;
    const auto some = [&rng](double most) { return rng.chance(0.3) ? 0 : rng.unit() * most; };
    traits.crash = some(0.8);
    traits.disk_trouble = some(0.5);
    traits.jump = some(0.5);
    traits.act = some(1.5);
    traits.company = some(0.1);
    traits.mended_on_the_way = rng.chance(0.5);
    return traits;
}

ProvinceTraits World::draw_province(Rng& rng) {
    ProvinceTraits traits;
    traits.dossiers = rng.between(1, 12);
    traits.procedures = rng.between(0, 3);
    traits.dated = rng.chance(0.7);
    traits.drafts = rng.chance(0.5);
    traits.unreadable = rng.chance(0.5);
    traits.unmapped = rng.chance(0.5);
    traits.refused = rng.chance(0.5);
    traits.reverts = rng.chance(0.7);
    traits.steps_vanish = rng.chance(0.1);
    return traits;
}

PortalTraits World::draw_portal(Rng& rng, bool calm) {
    PortalTraits traits;
    traits.batch = rng.pick(std::vector<int>{1, 2, 3, 5, 10, 50});
    traits.repeatable = rng.chance(0.8);
    traits.whole = rng.chance(0.3);
    traits.per_second = rng.chance(0.2) ? 0.5 + rng.unit() * 10 : 0;
    if (!calm && rng.chance(0.8)) traits.faults = rng.unit() * rng.unit();
    return traits;
}

World::World(const Stage& stage, std::uint64_t seed, WorldOptions options)
    : stage_(stage),
      options_(options),
      rng_(seed, 1),
      traits_(draw_traits(rng_)),
      clock_(first_day()),
      log_(options.verbose, clock_),
      disk_(Rng(seed, 2), clock_, traits_.checkpoint_pages),
      province_(Rng(seed, 3), clock_, disk_, log_, draw_province(rng_)),
      portal_traits_(draw_portal(rng_, traits_.calm)),
      portal_(Rng(seed, 4), clock_, disk_, log_, province_, portal_traits_),
      inbound_rng_(seed, 5),
      citizens_(Rng(seed, 6), clock_, disk_, log_,
                draw_citizens(Rng(seed, 7), portal_traits_, traits_.calm)),
      files_(Rng(seed, 8), clock_, disk_, log_, citizens_, portal_traits_.faults),
      room_(Rng(seed, 9), clock_, disk_, log_, citizens_, files_, decisions_,
            portal_traits_.faults / 2),
      clerks_(Rng(seed, 10), clock_, log_, room_, province_, province_.refuses(),
              province_.dated()),
      desk_(log_, citizens_, room_, clerks_),
      file_(stage.folder.path() / "ledger.db"),
      mappings_(&stage.mappings) {
    portal_.desk = &desk_;
    room_.overtaken = [this] { return taken_over_ && !company_; };
    undecided_ = inbound_rng_.chance(0.3);
    if (options_.workers == 0) {
        portal_.meanwhile = [this] {
            if (inbound_rng_.chance(0.05)) knock();
            meanwhile();
        };
        citizens_.meanwhile = files_.meanwhile = room_.meanwhile = [this] { inbound_meanwhile(); };
    }
    log_.say(
        "{} days{}, crashes {:.2f}, disk {:.2f}, clock {:.2f}, acts {:.2f}, company {:.2f}, "
        "checkpoint at {} pages",
        traits_.days, traits_.calm ? " of calm" : "", traits_.crash, traits_.disk_trouble,
        traits_.jump, traits_.act, traits_.company, traits_.checkpoint_pages);
    log_.say("portal: {} a call, {}, {}, {:.1f} calls a second, faults {:.2f}",
             portal_traits_.batch, portal_traits_.repeatable ? "repeatable" : "not repeatable",
             portal_traits_.whole ? "one answer a batch" : "one answer an item",
             portal_traits_.per_second, portal_traits_.faults);
}

World::~World() = default;

// Back at most half a day altogether: a clock that is wrong by more than a day makes the connector
// distrust the dates of exports, and it says so.
void World::jump() {
    const Millis by{rng_.between(-12 * 3'600, 12 * 3'600) * 1'000};
    const Millis lowest = -std::chrono::hours{12};
    const Millis jump = std::max(by, lowest - wall_offset_);
    wall_offset_ += jump;
    clock_.jump(jump);
    ++tale_.clock_jumps;
    log_.say("the clock jumps by {} s", jump.count() / 1'000);
}

std::optional<Violation> World::play() {
    for (int day = 0; day < traits_.days && !ended(); ++day) {
        log_.say("-- day {}", day + 1);
        citizens_.live();
        clerks_.work();
        province_.live();
        knock_between_runs(inbound_rng_.between(0, 4));
        if (inbound_rng_.chance(0.3)) service_.reset();  // it is started again
        if (rng_.chance(traits_.jump)) jump();
        if (portal_.stormy() && rng_.chance(0.2))
            portal_.go_down(Millis{rng_.between(1, 7'200) * 1'000});
        if (traits_.mended_on_the_way && rng_.chance(0.3)) {
            mappings_ = &stage_.mended;
            log_.say("the mapping files are mended");
        }
        const int runs = rng_.between(1, 3);
        for (int i = 0; i < runs && !ended(); ++i) {
            Trip trip;
            if (rng_.chance(0.15)) trip.job = sync::Job::PushDossiers;
            if (rng_.chance(0.05)) trip.job = sync::Job::PushCatalogue;
            if (inbound_rng_.chance(0.1)) trip.job = sync::Job::PullSubmissions;
            trip.other_host = !traits_.calm && rng_.chance(0.1);
            province_.source_fails = !traits_.calm && rng_.chance(0.05);
            run(trip);
            clock_.sleep(Millis{rng_.between(1, 1'800) * 1'000});
            if (!ended() && rng_.chance(traits_.act)) act();
        }
        clock_.sleep(Millis{rng_.between(1, 12 * 3'600) * 1'000});
    }
    if (!ended()) come_to_rest();
    service_.reset();
    tale_.calls = portal_.pushes();
    tale_.filed = citizens_.filed().size();
    tale_.handed = room_.taken();
    for (const auto& [code, statuses] : desk_.statuses())
        tale_.statuses += statuses.size();
    tale_.repeated_steps = portal_.repeated_steps();
    return log_.violation();
}

}  // namespace dvcsync::simulation
