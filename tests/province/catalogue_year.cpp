#include "tests/province/catalogue_year.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "tests/province/random.h"

namespace dvcsync::year {

namespace {

constexpr std::size_t earlier_decisions = 60;
// Some procedures of each department and level stay open the whole year, so that every agency
// always has something to receive.
constexpr std::size_t kept_open = 4;

std::vector<Decision> decisions_of_year(Rng& rng, std::size_t count, const WorkingDays& calendar) {
    std::vector<Day> issued;
    // The last one leaves time for publication and effect inside the year.
    for (std::size_t i = 0; i < count; ++i)
        issued.push_back(calendar.on_or_after(year_begin + rng.between(9, 345)));
    std::sort(issued.begin(), issued.end());
    std::vector<Decision> decisions;
    int number = 12;
    for (std::size_t i = 0; i < count; ++i) {
        number += rng.between(20, 85);
        decisions.push_back({fmt::format("QDCB-2019-{:03d}", i + 1),
                             fmt::format("{}/QĐ-UBND", number), issued[i],
                             calendar.add(issued[i], rng.between(5, 8)),
                             calendar.add(issued[i], rng.between(0, 5))});
    }
    return decisions;
}

std::vector<Decision> decisions_before(Rng& rng, const WorkingDays& calendar) {
    std::vector<Decision> decisions;
    for (std::size_t i = 0; i < earlier_decisions; ++i) {
        const Day issued = calendar.on_or_after(day_of(2018, 1, 8) + static_cast<Day>(i) * 5);
        decisions.push_back({fmt::format("QDCB-2018-{:03d}", i + 1),
                             fmt::format("{}/QĐ-UBND", 30 + i * 44 + rng.below(40)), issued,
                             calendar.add(issued, 5), calendar.add(issued, rng.between(0, 5))});
    }
    return decisions;
}

// The procedures of the year, in random order: `kept` first ones are never created or abolished.
std::vector<std::size_t> choose(Rng& rng, const Catalogue& catalogue, std::size_t count,
                                std::size_t& kept) {
    std::vector<std::size_t> order(catalogue.procedures.size());
    std::iota(order.begin(), order.end(), 0);
    rng.shuffle(order);
    std::map<std::string, std::size_t> seen;
    const auto is_kept = [&](std::size_t index) {
        const Procedure& procedure = catalogue.procedures[index];
        bool keep = false;
        for (const std::string& level : procedure.levels) {
            if (level == "ministry") continue;
            const std::string key = level == "province" ? procedure.department : level;
            keep = seen[key]++ < kept_open || keep;
        }
        return keep;
    };
    const auto end = std::stable_partition(order.begin(), order.end(), is_kept);
    kept = std::min(static_cast<std::size_t>(end - order.begin()), count);
    order.resize(count);
    return order;
}

// Cuts the touched procedures, sorted by department, into one run for each decision.
void hand_out(Rng& rng, const Catalogue& catalogue, CatalogueYear& year) {
    std::vector<std::size_t> touched;
    for (std::size_t i = 0; i < year.procedures.size(); ++i)
        if (year.procedures[i].touched) touched.push_back(i);
    std::stable_sort(touched.begin(), touched.end(), [&](std::size_t a, std::size_t b) {
        return catalogue.procedures[year.procedures[a].procedure].department <
               catalogue.procedures[year.procedures[b].procedure].department;
    });
    std::vector<std::size_t> cuts(touched.size() > 1 ? touched.size() - 1 : 0);
    std::iota(cuts.begin(), cuts.end(), 1);
    rng.shuffle(cuts);
    cuts.resize(year.decisions.size() - 1);
    std::sort(cuts.begin(), cuts.end());
    // Departments take their turns over the year rather than in the order of the alphabet.
    std::vector<std::size_t> turn(year.decisions.size());
    std::iota(turn.begin(), turn.end(), 0);
    rng.shuffle(turn);
    std::size_t run = 0;
    for (std::size_t i = 0; i < touched.size(); ++i) {
        if (run < cuts.size() && i == cuts[run]) ++run;
        year.procedures[touched[i]].decision = turn[run];
    }
}

void mark_inter_agency(Rng& rng, std::size_t count, CatalogueYear& year) {
    std::vector<std::size_t> alive;
    for (std::size_t i = 0; i < year.procedures.size(); ++i) {
        ProcedureYear& procedure = year.procedures[i];
        if (procedure.touched && procedure.action == Action::Abolished)
            procedure.inter_agency = rng.chance(0.1);  // not of the figure: no longer published
        else
            alive.push_back(i);
    }
    rng.shuffle(alive);
    alive.resize(std::min(count, alive.size()));
    for (const std::size_t i : alive)
        year.procedures[i].inter_agency = true;
}

void open_for_dossiers(CatalogueYear& year) {
    for (ProcedureYear& procedure : year.procedures) {
        procedure.open_from = year_begin;
        procedure.open_until = day_of(2021, 1, 1);
        if (!procedure.touched) continue;
        const Decision& decision = year.decisions[procedure.decision];
        if (procedure.action == Action::New)
            procedure.open_from = std::max(decision.published, decision.effective);
        if (procedure.action == Action::Abolished) procedure.open_until = decision.published;
    }
}

}  // namespace

std::string_view word(Action action) {
    constexpr std::array words{"new", "amended", "replaced", "abolished"};
    return words[static_cast<std::size_t>(action)];
}

Result<CatalogueYear> plan_catalogue(std::uint64_t seed, const CatalogueFigures& figures,
                                     const Catalogue& catalogue, const WorkingDays& calendar) {
    const std::size_t touched =
        figures.created + figures.amended + figures.replaced + figures.abolished;
    if (figures.codes() > catalogue.procedures.size() || touched > figures.codes() ||
        figures.decisions > touched || (touched > 0 && figures.decisions == 0))
        return fail(
            ErrorKind::Config,
            fmt::format("the catalogue of {} codes cannot give {} published, {} touched by {} "
                        "decisions",
                        catalogue.procedures.size(), figures.codes(), touched, figures.decisions));
    Rng rng(seed, 1);
    CatalogueYear year;
    year.decisions = decisions_of_year(rng, figures.decisions, calendar);
    year.earlier = decisions_before(rng, calendar);
    std::size_t kept = 0;
    for (const std::size_t index : choose(rng, catalogue, figures.codes(), kept)) {
        ProcedureYear procedure;
        procedure.procedure = index;
        procedure.before = rng.below(earlier_decisions);
        procedure.before_action = rng.chance(0.3) ? Action::Amended : Action::New;
        year.procedures.push_back(procedure);
    }
    // From the end, where nothing is kept open: created and abolished; then the rest.
    std::size_t next = year.procedures.size();
    const auto touch = [&](std::size_t count, Action action) {
        for (; count > 0; --count) {
            ProcedureYear& procedure = year.procedures[--next];
            procedure.touched = true;
            procedure.action = action;
            procedure.existed = action != Action::New;
        }
    };
    touch(figures.created, Action::New);
    touch(figures.abolished, Action::Abolished);
    touch(figures.replaced, Action::Replaced);
    touch(figures.amended, Action::Amended);
    std::sort(year.procedures.begin(), year.procedures.end(),
              [](const auto& a, const auto& b) { return a.procedure < b.procedure; });
    if (touched > 0) hand_out(rng, catalogue, year);
    mark_inter_agency(rng, figures.inter_agency, year);
    open_for_dossiers(year);
    return year;
}

}  // namespace dvcsync::year
