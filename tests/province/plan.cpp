#include "tests/province/plan.h"

#include <algorithm>
#include <numeric>

#include "tests/province/random.h"

namespace dvcsync::year {

namespace {

// Relative load of the months: quiet around Tết (5 February 2019), busy towards the year's end.
constexpr std::array month_load{0.9, 0.8, 1.05, 1.0, 1.0, 1.0, 1.05, 1.0, 1.0, 1.05, 1.15, 1.3};
constexpr double worked_saturday = 0.35;
constexpr double week_around_tet = 0.6;

double load_of(Day day, const WorkingDays& calendar) {
    if (!calendar.working(day)) return 0;
    const Date date = date_of(day);
    double load = month_load[unsigned(date.month()) - 1];
    const unsigned weekday = std::chrono::weekday{std::chrono::sys_days{date}}.iso_encoding();
    if (weekday == 1) load *= 1.2;
    if (weekday == 5) load *= 0.9;
    if (weekday == 6) load *= worked_saturday;
    if (day >= day_of(2019, 1, 28) && day <= day_of(2019, 2, 15)) load *= week_around_tet;
    return load;
}

// 07:30–11:15 and 13:30–16:30, when the counters take dossiers.
int counter_second(Rng& rng) {
    if (rng.chance(0.58)) return 27'000 + static_cast<int>(rng.below(13'500));
    return 48'600 + static_cast<int>(rng.below(10'800));
}

void number_serials(std::vector<Job>& jobs, std::size_t agencies) {
    std::vector<std::pair<Day, std::uint32_t>> last(agencies, {no_day, 0});
    std::uint32_t born_on_portal = 0;
    for (Job& job : jobs) {
        auto& [day, serial] = last[job.agency];
        if (day != job.received) serial = 0;
        day = job.received;
        job.serial = ++serial;
        if (job.online == Online::Complete) job.portal_serial = ++born_on_portal;
    }
}

}  // namespace

std::vector<Job> draw_receptions(std::uint64_t seed, std::size_t count,
                                 const WorkingDays& calendar) {
    Rng rng(seed, 2);
    std::vector<double> upto;
    double total = 0;
    for (Day day = year_begin; day <= year_end; ++day)
        upto.push_back(total += load_of(day, calendar) * (0.9 + 0.2 * rng.unit()));
    std::vector<Job> jobs(count);
    std::size_t next = 0;
    for (Day day = year_begin; day <= year_end; ++day) {
        // Rounding the running sum, not each day, makes the days add up to `count`.
        const double share = upto[static_cast<std::size_t>(day - year_begin)] / total;
        const auto end = day == year_end
                             ? count
                             : static_cast<std::size_t>(share * static_cast<double>(count) + 0.5);
        const auto first = next;
        for (; next < end; ++next) {
            jobs[next].received = day;
            jobs[next].second = counter_second(rng);
        }
        std::sort(jobs.begin() + static_cast<std::ptrdiff_t>(first),
                  jobs.begin() + static_cast<std::ptrdiff_t>(next),
                  [](const Job& a, const Job& b) { return a.second < b.second; });
    }
    for (std::size_t i = 0; i < jobs.size(); ++i)
        jobs[i].id = i;
    return jobs;
}

Result<std::vector<Job>> plan_year(std::uint64_t seed, const Figures& figures, const World& world,
                                   const CatalogueYear& catalogue) {
    std::vector<Job> jobs = draw_receptions(seed, figures.received, world.calendar);
    DVC_TRY(draw_procedures(seed, jobs, figures.due, world, catalogue));
    DVC_TRY(draw_outcomes(seed, jobs, figures, world, catalogue));
    number_serials(jobs, world.agencies.list.size());
    return jobs;
}

Result<Year> draw_year(std::uint64_t seed, std::uint64_t dossiers, std::uint64_t procedures,
                       const World& world) {
    const Figures& full = world.published;
    Year year;
    year.figures = sliced(full, dossiers ? dossiers : full.received,
                          procedures ? procedures : full.published + full.procedures_abolished);
    DVC_TRY_ASSIGN(catalogue, plan_catalogue(seed, catalogue_part(year.figures), world.catalogue,
                                             world.calendar));
    year.catalogue = std::move(catalogue);
    DVC_TRY_ASSIGN(jobs, plan_year(seed, year.figures, world, year.catalogue));
    year.jobs = std::move(jobs);
    return year;
}

}  // namespace dvcsync::year
