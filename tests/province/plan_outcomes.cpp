// Third stage of the plan: how each dossier ends, drawn so that the figures of the year are exact.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tests/province/plan.h"
#include "tests/province/random.h"

namespace dvcsync::year {

namespace {

// Late ones are due early enough for the apology, and mostly for the result, to come within the
// year.
const Day last_due_of_late = year_end - 9;
const Day first_due_of_open = day_of(2019, 10, 15);
constexpr double share_open_of_late = 0.14;             // of those due after first_due_of_open
constexpr double paper_per_complete = 1'300.0 / 510.0;  // filed online but ended on paper

using Indices = std::vector<std::size_t>;

// Draws `count` of the candidates without replacement, by weights 0 … max; they leave `candidates`.
// False if there are too few.
template <class Weight>
bool draw(Rng& rng, Indices& candidates, std::size_t count, double max, Weight weight,
          Indices& drawn) {
    if (candidates.size() < count) return false;
    rng.shuffle(candidates);
    // Passes over the shuffled list, each accepting by weight; after many, whoever is left is
    // taken.
    for (int pass = 0; drawn.size() < count; ++pass) {
        std::size_t kept = 0;
        for (const std::size_t index : candidates) {
            const bool take =
                drawn.size() < count && (pass > 50 || rng.chance(0.5 * weight(index) / max));
            if (take)
                drawn.push_back(index);
            else
                candidates[kept++] = index;
        }
        candidates.resize(kept);
    }
    return true;
}

void finish_early(Job& job, Rng& rng, const WorkingDays& calendar) {
    const Day from = job.pause_count > 0 ? job.pauses[job.pause_count - 1u].answered : job.received;
    const int window = calendar.between(from, job.legal);
    const double used = 0.4 + 0.6 * rng.unit();
    job.finished = calendar.add(from, std::min(window - 1, static_cast<int>(window * used)));
}

void finish_late(Job& job, Rng& rng, const WorkingDays& calendar) {
    int days = 1 + rng.between(0, 3) + (rng.chance(0.4) ? rng.between(0, 12) : 0);
    if (job.legal > year_end) {
        job.finished = calendar.add(job.legal, days);
        return;
    }
    if (job.legal >= first_due_of_open && rng.chance(share_open_of_late)) {
        job.finished = calendar.add(year_end, rng.between(2, 40));
        return;
    }
    const int room = calendar.between(job.legal, year_end);
    if (days > room) days = rng.between(1, room);
    job.finished = calendar.add(job.legal, days);
}

// A few dossiers end without a result: refused, withdrawn, or stopped.
void end_otherwise(Job& job, Rng& rng, const WorkingDays& calendar) {
    if (job.outcome != Outcome::Early || job.pause_count > 0) return;
    const double at = rng.unit();
    if (at < 0.007) {
        job.ending = Ending::Rejected;
        const int window = calendar.between(job.received, job.legal);
        job.finished = calendar.add(job.received, std::min(window - 1, rng.between(0, 2)));
    } else if (at < 0.013) {
        job.ending = Ending::Withdrawn;
    } else if (at < 0.018) {
        job.ending = Ending::Stopped;
    }
    if (at >= 0.007 && at < 0.018 && calendar.between(job.received, job.finished) >= 3) {
        // Asked for a supplement that never came.
        job.pauses[job.pause_count++] = {calendar.add(job.received, 1), no_day};
    }
}

Status draw_in_year(Rng& rng, std::vector<Job>& jobs, const Figures& figures, const World& world) {
    Indices can_be_late;
    Indices others;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (jobs[i].legal > year_end) continue;
        (jobs[i].legal <= last_due_of_late ? can_be_late : others).push_back(i);
    }
    double max = 0;
    for (const Agency& agency : world.agencies.list)
        max = std::max(max, agency.late);
    Indices late;
    const auto lateness = [&](std::size_t i) { return world.agencies.list[jobs[i].agency].late; };
    if (!draw(rng, can_be_late, figures.late, max, lateness, late))
        return fail(ErrorKind::Config, "too few dossiers are due early enough to be late");
    for (const std::size_t i : late)
        jobs[i].outcome = Outcome::Late;
    others.insert(others.end(), can_be_late.begin(), can_be_late.end());
    // What is due on the day it came can only be on time.
    Indices free;
    std::size_t on_time = 0;
    for (const std::size_t i : others) {
        if (jobs[i].legal > jobs[i].received) {
            free.push_back(i);
            continue;
        }
        jobs[i].outcome = Outcome::OnTime;
        ++on_time;
    }
    if (on_time > figures.on_time)
        return fail(
            ErrorKind::Config,
            fmt::format("{} dossiers are due on the day they came, more than the {} on time",
                        on_time, figures.on_time));
    rng.shuffle(free);
    for (const std::size_t i : free) {
        jobs[i].outcome = on_time < figures.on_time ? Outcome::OnTime : Outcome::Early;
        if (on_time < figures.on_time) ++on_time;
    }
    return {};
}

Status draw_online(Rng& rng, std::vector<Job>& jobs, std::size_t complete, const World& world,
                   const CatalogueYear& catalogue) {
    Indices done;
    Indices rest;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const auto& procedure = catalogue.procedures[jobs[i].procedure];
        if (!world.catalogue.procedures[procedure.procedure].online()) continue;
        const bool ended = jobs[i].ending == Ending::Done && jobs[i].finished <= year_end;
        (ended ? done : rest).push_back(i);
    }
    const auto readiness = [&](std::size_t i) {
        const Level level = world.agencies.list[jobs[i].agency].level;
        return level == Level::Centre ? 6.0 : level == Level::District ? 1.0 : 0.3;
    };
    Indices chosen;
    if (!draw(rng, done, complete, 6, readiness, chosen))
        return fail(ErrorKind::Config, "too few dossiers under procedures with an online way");
    for (const std::size_t i : chosen)
        jobs[i].online = Online::Complete;
    rest.insert(rest.end(), done.begin(), done.end());
    chosen.clear();
    const auto paper = std::min(
        rest.size(), static_cast<std::size_t>(static_cast<double>(complete) * paper_per_complete));
    draw(rng, rest, paper, 6, readiness, chosen);
    for (const std::size_t i : chosen)
        jobs[i].online = Online::Paper;
    return {};
}

}  // namespace

Status draw_outcomes(std::uint64_t seed, std::vector<Job>& jobs, const Figures& figures,
                     const World& world, const CatalogueYear& catalogue) {
    Rng rng(seed, 6);
    DVC_TRY(draw_in_year(rng, jobs, figures, world));
    for (Job& job : jobs) {
        if (job.legal > year_end) {
            const double at = rng.unit();
            job.outcome = at < 0.73 ? Outcome::Early : at < 0.9 ? Outcome::OnTime : Outcome::Late;
            if (job.outcome == Outcome::Early && job.legal <= job.received)
                job.outcome = Outcome::OnTime;
        }
        if (job.outcome == Outcome::Early) finish_early(job, rng, world.calendar);
        if (job.outcome == Outcome::OnTime) job.finished = job.legal;
        if (job.outcome == Outcome::Late) finish_late(job, rng, world.calendar);
        end_otherwise(job, rng, world.calendar);
    }
    return draw_online(rng, jobs, figures.online_to_result, world, catalogue);
}

}  // namespace dvcsync::year
