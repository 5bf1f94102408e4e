#include "tests/province/life.h"

#include <fmt/format.h>

#include <algorithm>

namespace dvcsync::year {

namespace {

// Office hours 07:30–11:30 and 13:30–17:00 as one run of seconds, so that moments can be drawn from
// it.
constexpr int morning = 27'000;
constexpr int noon = 41'400;
constexpr int afternoon = 48'600;
constexpr int office_length = (noon - morning) + (61'200 - afternoon);

int to_office(int second) {
    if (second < noon) return std::max(second - morning, 0);
    return std::max(second - afternoon, 0) + (noon - morning);
}
int from_office(int second) {
    return second < noon - morning ? morning + second : afternoon + second - (noon - morning);
}

enum class What {  // in the order in which they follow one another on one day
    Processing,
    Asked,
    Sent,
    Payment,
    Answered,
    Back,
    Paid,
    Checking,
    Apology,
    Sign,
    Finish,
    Return,
};

struct Event {
    Day day;
    What what;
    std::size_t index;
    Moment at = never;
};

enum Role : std::uint64_t { Desk = 1, Specialist, Head, Leader };

class Biographer {
  public:
    Biographer(std::uint64_t seed, const Job& job, const World& world,
               const CatalogueYear& catalogue, Life& life)
        : rng_(mix(seed, 8), job.id),
          job_(job),
          world_(world),
          calendar_(world.calendar),
          agency_(world.agencies.list[job.agency]),
          inter_agency_(catalogue.procedures[job.procedure].inter_agency),
          life_(life) {}

    void write() {
        life_.due = job_.due;
        life_.received = moment(job_.received, job_.second);
        life_.by_post = rng_.chance(0.12);
        plan_submission();
        plan_events();
        place_events();
        for (const Event& event : events_)
            tell(event);
    }

  private:
    void plan_submission() {
        life_.submitted = life_.received - 60 * rng_.between(0, 12);
        if (job_.online == Online::No) return;
        // Filed at any hour of the last two days; sometimes the clerk took it over without that
        // step.
        life_.submitted = life_.received - rng_.between(600, 172'800);
        if (rng_.chance(0.1)) return;
        add_step(life_.submitted, "registered", "step-registered", Desk);
        life_.steps.back().due = no_day;
    }

    void plan_events() {
        const Day received = job_.received;
        const Day finished = job_.finished;
        const int span = calendar_.between(received, finished);
        if (job_.ending != Ending::Rejected) {
            const Day next = calendar_.add(received, 1);
            const bool wait = span >= 2 && rng_.chance(0.3) &&
                              (job_.pause_count == 0 || job_.pauses[0].asked > received);
            events_.push_back({wait ? next : received, What::Processing, 0});
        }
        for (std::size_t i = 0; i < job_.pause_count; ++i)
            plan_pause(i);
        const bool plain = job_.pause_count == 0 && job_.ending == Ending::Done;
        if (plain && inter_agency_ && span >= 2) {
            plan_hand_over(span);
        } else if (plain && job_.outcome != Outcome::Late && span >= 3 && rng_.chance(0.08)) {
            const int at = rng_.between(1, span - 1);
            events_.push_back({calendar_.add(received, at), What::Payment, 0});
            events_.push_back({calendar_.add(received, rng_.between(at, span)), What::Paid, 0});
        } else if (plain && span >= 2 && rng_.chance(0.35)) {
            events_.push_back(
                {calendar_.add(received, rng_.between(1, span - 1)), What::Checking, 0});
        }
        if (job_.outcome == Outcome::Late) plan_apologies();
        if (job_.ending == Ending::Done && rng_.chance(0.5))
            events_.push_back({finished, What::Sign, 0});
        plan_end();
    }

    void plan_pause(std::size_t i) {
        const Pause& pause = job_.pauses[i];
        Supplement supplement;
        supplement.due_before = i == 0 ? job_.due : life_.supplements[i - 1].due_after;
        supplement.asked_by = official(Specialist);
        supplement.content = rng_.pick(world_.phrases["reason-supplement"]);
        supplement.with_paper = rng_.chance(0.7);
        supplement.with_fee = rng_.chance(0.15);
        events_.push_back({pause.asked, What::Asked, i});
        if (pause.answered != no_day) {
            supplement.due_after = calendar_.add(supplement.due_before,
                                                 calendar_.between(pause.asked, pause.answered));
            supplement.received_by = official(Desk);
            supplement.info = rng_.pick(world_.phrases["info-supplement"]);
            events_.push_back({pause.answered, What::Answered, i});
        }
        life_.supplements.push_back(std::move(supplement));
    }

    void plan_hand_over(int span) {
        HandOver hand_over;
        // To the level above, or from one department to another.
        if (agency_.level == Level::Commune) {
            hand_over.to = agency_.parent;
        } else {
            hand_over.to = world_.agencies.department("TNMT");
            if (hand_over.to == job_.agency) hand_over.to = world_.agencies.department("TC");
        }
        hand_over.reason = rng_.pick(world_.phrases["reason-hand-over"]);
        const int sent = rng_.between(0, span - 1);
        events_.push_back({calendar_.add(job_.received, sent), What::Sent, 0});
        events_.push_back({calendar_.add(job_.received, rng_.between(sent, span)), What::Back, 0});
        if (sent == 0)
            events_.front().day = job_.received;  // nothing is sent before it is taken up
        life_.hand_overs.push_back(std::move(hand_over));
    }

    void plan_apologies() {
        const int late_by = calendar_.between(job_.legal, job_.finished);
        // On the day before the appointment at the earliest; that day must not lie before a
        // supplement or in a year in which the dossier is not yet due.
        Day day = job_.legal;
        if (job_.pause_count == 0 && job_.legal <= year_end &&
            calendar_.add(job_.legal, -1) > job_.received && rng_.chance(0.3))
            day = calendar_.add(job_.legal, -1);
        else if (rng_.chance(0.3))
            day = calendar_.add(job_.legal, 1);
        const bool twice = late_by >= 4 && rng_.chance(0.25);
        const Day first = twice ? calendar_.add(job_.legal, late_by / 2)
                                : calendar_.add(job_.finished, rng_.between(0, 4));
        add_apology(day, job_.legal, first);
        if (twice) add_apology(first, first, calendar_.add(job_.finished, rng_.between(0, 3)));
    }

    void add_apology(Day day, Day before, Day after) {
        events_.push_back({day, What::Apology, life_.apologies.size()});
        life_.apologies.push_back({never, before, after,
                                   fmt::format("{}/PXL", 1 + (job_.id * 7 + before) % 900),
                                   rng_.pick(world_.phrases["reason-apology"]), official(Leader)});
    }

    void plan_end() {
        const Day finished = job_.finished;
        if (job_.ending != Ending::Done) {
            events_.push_back({finished, What::Finish, 0});
            return;
        }
        // Odd orders of the field: the result handed over without a "finished" step on the same
        // day, and finished dossiers whose result waits for days or is never fetched.
        const bool at_once = rng_.chance(0.015);
        if (!at_once) events_.push_back({finished, What::Finish, 0});
        if (!at_once && rng_.chance(0.04)) return;
        int wait = 0;
        if (!at_once && rng_.chance(0.3)) wait = rng_.between(1, rng_.chance(0.15) ? 20 : 3);
        events_.push_back({calendar_.add(finished, wait), What::Return, 0});
    }

    // Gives each event a moment in the office hours of its day, after the one before it.
    void place_events() {
        std::stable_sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
            return a.day != b.day ? a.day < b.day : a.what < b.what;
        });
        add_step(life_.received, "received", "step-received", Desk);
        int from = to_office(job_.second);
        for (std::size_t first = 0; first < events_.size();) {
            std::size_t end = first;
            while (end < events_.size() && events_[end].day == events_[first].day)
                ++end;
            if (events_[first].day != job_.received) from = 0;
            std::vector<int> seconds;
            for (std::size_t i = first; i < end; ++i)
                seconds.push_back(rng_.between(from + 1, office_length - 20));
            std::sort(seconds.begin(), seconds.end());
            for (std::size_t i = first; i < end; ++i) {
                from = std::max(from + 1, seconds[i - first]);
                events_[i].at = moment(events_[i].day, from_office(from));
            }
            first = end;
        }
    }

    void tell(const Event& event) {
        switch (event.what) {
            case What::Processing:
            case What::Checking:
                return add_step(event.at, "processing", "step-processing", Specialist);
            case What::Asked:
                life_.supplements[event.index].asked = event.at;
                add_step(event.at, "supplementing", "step-supplement", Specialist);
                life_.steps.back().person = life_.supplements[event.index].asked_by;
                return;
            case What::Answered: {
                Supplement& supplement = life_.supplements[event.index];
                supplement.answered = event.at;
                legal_ = supplement.due_after;
                return add_step(event.at, "processing", "step-resumed", Desk);
            }
            case What::Sent:
                life_.hand_overs[event.index].sent = event.at;
                return add_step(event.at, "processing", "step-hand-over", Specialist, "hand-over");
            case What::Back:
                life_.hand_overs[event.index].back = event.at;
                return add_step(event.at, "processing", "step-back", Specialist, "hand-over");
            case What::Payment:
                return add_step(event.at, "awaiting-payment", "step-payment", Specialist);
            case What::Paid:
                return add_step(event.at, "processing", "step-paid", Desk);
            case What::Apology:
                life_.apologies[event.index].at = event.at;
                add_step(event.at, "processing", "step-apology", Leader, "apology");
                life_.steps.back().person = life_.apologies[event.index].signer;
                return;
            case What::Sign:
                return add_step(event.at, "processing", "step-sign", Leader);
            case What::Finish:
                return tell_finish(event.at);
            case What::Return:
                life_.returned = event.at;
                if (life_.finished == never) life_.finished = event.at;
                return add_step(event.at, "returned",
                                life_.by_post ? "step-returned-post" : "step-returned", Desk);
        }
    }

    void tell_finish(Moment at) {
        life_.finished = at;
        switch (job_.ending) {
            case Ending::Done:
                return add_step(at, "finished", "step-finished", Head);
            case Ending::Rejected:
                return add_step(at, "rejected", "step-rejected", Desk);
            case Ending::Withdrawn:
                return add_step(at, "withdrawn", "step-withdrawn", Desk);
            case Ending::Stopped:
                return add_step(at, "stopped", "step-stopped", Head);
        }
    }

    std::string official(Role role) {
        return world_.people.official(job_.agency, role, rng_.below(role == Leader ? 2 : 4));
    }

    void add_step(Moment at, std::string_view status, std::string_view content, Role role,
                  std::string_view kind = "normal") {
        static constexpr std::array titles{"title-desk", "title-specialist", "title-head"};
        static constexpr std::array leaders{"title-leader-centre", "title-leader-district",
                                            "title-leader-commune"};
        static constexpr std::array desks{"unit-desk-centre", "unit-desk-district",
                                          "unit-desk-commune"};
        static constexpr std::array works{"unit-work-centre", "unit-work-district",
                                          "unit-work-commune"};
        const auto level = static_cast<std::size_t>(agency_.level);
        const Phrases& phrases = world_.phrases;
        Step step;
        step.at = at;
        step.start = life_.steps.empty() ? at : life_.steps.back().at;
        step.due = legal_ == no_day ? job_.due : legal_;
        step.status = status;
        step.kind = kind;
        step.person = official(role);
        step.title = rng_.pick(phrases[role == Leader ? leaders[level] : titles[role - 1]]);
        step.unit = rng_.pick(phrases[role == Leader ? "unit-leader"
                                      : role == Desk ? desks[level]
                                                     : works[level]]);
        step.content = rng_.pick(phrases[content]);
        life_.steps.push_back(std::move(step));
    }

    Rng rng_;
    const Job& job_;
    const World& world_;
    const WorkingDays& calendar_;
    const Agency& agency_;
    bool inter_agency_;
    Life& life_;
    Day legal_ = no_day;  // moved by answered supplements
    std::vector<Event> events_;
};

}  // namespace

bool Life::changed(Moment since, Moment until) const {
    return std::any_of(steps.begin(), steps.end(),
                       [&](const Step& step) { return step.at > since && step.at <= until; });
}

void live(std::uint64_t seed, const Job& job, const World& world, const CatalogueYear& catalogue,
          Life& life) {
    life.steps.clear();
    life.supplements.clear();
    life.apologies.clear();
    life.hand_overs.clear();
    life.finished = life.returned = never;
    Biographer(seed, job, world, catalogue, life).write();
}

}  // namespace dvcsync::year
