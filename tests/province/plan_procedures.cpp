// Second stage of the plan: where each dossier is received, under which procedure, and by when it
// is due.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "tests/province/plan.h"
#include "tests/province/random.h"

namespace dvcsync::year {

namespace {

constexpr std::array level_share{0.27, 0.31, 0.42};  // centre, districts, communes
constexpr double share_with_pause = 0.07;
constexpr double share_with_second_pause = 0.06;
constexpr int draws_before_search = 40;

// Draws indices by weight.
struct Wheel {
    std::vector<std::uint32_t> items;
    std::vector<double> upto;

    void add(std::uint32_t item, double weight) {
        if (weight <= 0) return;
        items.push_back(item);
        upto.push_back((upto.empty() ? 0 : upto.back()) + weight);
    }
    std::uint32_t draw(Rng& rng) const {
        const double at = rng.unit() * upto.back();
        const auto found = std::upper_bound(upto.begin(), upto.end(), at) - upto.begin();
        return items[std::min(static_cast<std::size_t>(found), items.size() - 1)];
    }
};

struct Wheels {
    std::array<Wheel, level_count> agencies;
    std::map<std::string, Wheel> centre;    // by department
    std::array<Wheel, level_count> levels;  // every procedure of a level
    const Wheel& procedures(const Agency& agency) const {
        if (agency.level == Level::Centre) {
            const auto found = centre.find(agency.department);
            if (found != centre.end() && !found->second.items.empty()) return found->second;
        }
        return levels[static_cast<std::size_t>(agency.level)];
    }
};

Wheels build_wheels(std::uint64_t seed, const World& world, const CatalogueYear& year) {
    Wheels wheels;
    for (std::size_t i = 0; i < world.agencies.list.size(); ++i) {
        const Agency& agency = world.agencies.list[i];
        wheels.agencies[static_cast<std::size_t>(agency.level)].add(static_cast<std::uint32_t>(i),
                                                                    agency.weight);
    }
    // Within a field a few procedures get most of the dossiers: weights 1, 1/2, 1/3 … in random
    // order.
    std::vector<std::uint32_t> order(year.procedures.size());
    std::iota(order.begin(), order.end(), 0u);
    Rng rng(seed, 3);
    rng.shuffle(order);
    std::array<std::map<std::size_t, int>, level_count> rank;
    for (const std::uint32_t index : order) {
        const Procedure& procedure = world.catalogue.procedures[year.procedures[index].procedure];
        for (std::size_t level = 0; level < level_count; ++level) {
            if (!procedure.received_at(static_cast<Level>(level))) continue;
            const double share = world.catalogue.fields[procedure.field].weight[level] /
                                 ++rank[level][procedure.field];
            wheels.levels[level].add(index, share);
            if (level == 0) wheels.centre[procedure.department].add(index, share);
        }
    }
    return wheels;
}

class Assigner {
  public:
    Assigner(std::uint64_t seed, const World& world, const CatalogueYear& year)
        : seed_(seed), world_(world), year_(year), wheels_(build_wheels(seed, world, year)) {}

    bool possible() const {
        return std::all_of(wheels_.levels.begin(), wheels_.levels.end(),
                           [](const Wheel& wheel) { return !wheel.items.empty(); });
    }

    std::uint32_t agency(Rng& rng) const {
        const double at = rng.unit();
        const std::size_t level = at < level_share[0]                    ? 0
                                  : at < level_share[0] + level_share[1] ? 1
                                                                         : 2;
        return wheels_.agencies[level].draw(rng);
    }

    // Sets procedure and appointment; `fits` says whether an appointment is wanted. False if none
    // is.
    template <class Fits>
    bool assign(Job& job, Rng& rng, Fits fits) const {
        const Wheel& wheel = wheels_.procedures(world_.agencies.list[job.agency]);
        for (int i = 0; i < draws_before_search; ++i)
            if (take(job, wheel.draw(rng), fits)) return true;
        const std::size_t start = rng.below(wheel.items.size());
        for (std::size_t i = 0; i < wheel.items.size(); ++i)
            if (take(job, wheel.items[(start + i) % wheel.items.size()], fits)) return true;
        return false;
    }

    void add_pauses(Job& job) const {
        Rng rng(mix(seed_, 4), job.id);
        if (!rng.chance(share_with_pause)) return;
        const WorkingDays& calendar = world_.calendar;
        Day from = job.received;
        const int wanted = rng.chance(share_with_second_pause) ? 2 : 1;
        while (job.pause_count < wanted) {
            const int left = calendar.between(from, job.legal);
            if (left < 2) return;
            Pause pause;
            pause.asked = calendar.add(from, rng.between(1, std::max(1, left / 2)));
            pause.answered = calendar.add(pause.asked, rng.between(1, 10));
            // A request that is open when the appointment of the year passes would make the dossier
            // late without an apology; such a one is not made.
            if (pause.answered > year_end && job.legal <= year_end) return;
            job.legal = calendar.add(job.legal, calendar.between(pause.asked, pause.answered));
            job.pauses[job.pause_count++] = pause;
            from = pause.answered;
        }
    }

  private:
    template <class Fits>
    bool take(Job& job, std::uint32_t index, Fits fits) const {
        const ProcedureYear& procedure = year_.procedures[index];
        if (!procedure.open(job.received)) return false;
        const Day due =
            world_.catalogue.procedures[procedure.procedure].due(job.received, world_.calendar);
        if (!fits(due)) return false;
        job.procedure = index;
        job.due = job.legal = due;
        job.pause_count = 0;
        return true;
    }

    std::uint64_t seed_;
    const World& world_;
    const CatalogueYear& year_;
    Wheels wheels_;
};

// Every agency of the centre and every district, and in a large year every commune, has a dossier.
void cover(std::vector<Job>& jobs, const Agencies& agencies, Rng& rng) {
    const std::size_t count = agencies.list.size();
    const auto upper = static_cast<std::size_t>(
        std::count_if(agencies.list.begin(), agencies.list.end(),
                      [](const Agency& agency) { return agency.level != Level::Commune; }));
    const std::size_t wanted = jobs.size() >= 4 * count   ? count
                               : jobs.size() >= 2 * upper ? upper
                                                          : 0;
    std::vector<std::size_t> order(jobs.size());
    std::iota(order.begin(), order.end(), 0);
    rng.shuffle(order);
    for (std::size_t i = 0; i < wanted; ++i)
        jobs[order[i]].agency = static_cast<std::uint32_t>(i);
}

}  // namespace

Status draw_procedures(std::uint64_t seed, std::vector<Job>& jobs, std::size_t due_in_year,
                       const World& world, const CatalogueYear& catalogue) {
    const Assigner assigner(seed, world, catalogue);
    if (!assigner.possible())
        return fail(ErrorKind::Config,
                    "too few procedures: a level of agencies has none to receive");
    Rng rng(seed, 5);
    for (Job& job : jobs)
        job.agency = assigner.agency(rng);
    cover(jobs, world.agencies, rng);
    std::size_t inside = 0;
    for (Job& job : jobs) {
        if (!assigner.assign(job, rng, [](Day) { return true; }))
            return fail(ErrorKind::Config, fmt::format("agency {} has no procedure open on {}",
                                                       world.agencies.list[job.agency].code,
                                                       iso_date(date_of(job.received))));
        assigner.add_pauses(job);
        if (job.legal <= year_end) ++inside;
    }
    // Late receptions get a longer or shorter procedure until the appointments of the year are
    // right in number; the nearest to the year's end first, a third of them at a time so that none
    // stands out.
    const bool too_many = inside > due_in_year;
    for (int pass = 0; pass < 60 && inside != due_in_year; ++pass)
        for (std::size_t i = jobs.size(); i-- > 0 && inside != due_in_year;) {
            Job& job = jobs[i];
            if ((job.legal <= year_end) != too_many || !rng.chance(0.33)) continue;
            if (!assigner.assign(job, rng, [&](Day due) { return (due > year_end) == too_many; }))
                continue;
            inside = too_many ? inside - 1 : inside + 1;
        }
    if (inside != due_in_year)
        return fail(
            ErrorKind::Config,
            fmt::format("{} appointments fall into the year instead of {}", inside, due_in_year));
    return {};
}

}  // namespace dvcsync::year
