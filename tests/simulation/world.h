// One seed: a province, a portal, a disk, a clock and the real sync core between them, through some
// days of trouble and then to rest.
//
// One World at a time, on one thread (but for the workers that a run may start).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "connector/sync/receive.h"
#include "connector/sync/run.h"
#include "tests/simulation/citizens.h"
#include "tests/simulation/clerks.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/inbox.h"
#include "tests/simulation/log.h"
#include "tests/simulation/portal.h"
#include "tests/simulation/province.h"
#include "tests/simulation/stage.h"

namespace dvcsync::simulation {

// How often what happened, over all seeds: a simulation in which nothing happens proves nothing.
struct Tale {
    std::uint64_t runs = 0;
    std::uint64_t failed_runs = 0;
    std::uint64_t kills = 0;
    std::uint64_t power_cuts = 0;
    std::uint64_t disk_troubles = 0;
    std::uint64_t clock_jumps = 0;
    std::uint64_t takeovers = 0;
    std::uint64_t turned_away = 0;  // runs that found the lease taken
    std::uint64_t acts = 0;
    std::uint64_t calls = 0;
    std::uint64_t repeated_steps = 0;
    std::uint64_t records = 0;
    std::uint64_t filed = 0;
    std::uint64_t handed = 0;
    std::uint64_t callbacks = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t statuses = 0;

    void add(const Tale& more);
};

struct WorldOptions {
    bool verbose = false;
    int workers = 0;  // threads; with any, a seed no longer replays exactly
};

class World {
  public:
    using Items = std::map<SimulatedPortal::Work, ledger::ItemRow>;

    World(const Stage& stage, std::uint64_t seed, WorldOptions options);
    ~World();
    // The first invariant that was violated.
    std::optional<Violation> play();
    const Tale& tale() const { return tale_; }

  private:
    struct Traits {
        int days = 4;
        bool calm = false;
        double crash = 0;         // per run
        double disk_trouble = 0;  // per run
        double jump = 0;          // per day
        double act = 0;           // per day
        double company = 0;       // per call: somebody else comes by meanwhile
        bool mended_on_the_way = false;
        int max_attempts = 12;
        int checkpoint_pages = 1'000;
    };
    static Traits draw_traits(Rng& rng);
    static ProvinceTraits draw_province(Rng& rng);
    static PortalTraits draw_portal(Rng& rng, bool calm);
    void jump();  // the wall clock

    // -- runs (world_runs.cpp)
    struct Trip {  // one run
        sync::Job job = sync::Job::All;
        bool other_host = false;
        bool trouble = true;  // disk and crashes, as the traits say
    };
    // False: it ended with an error.
    bool run(const Trip& trip);
    bool run_inside(const Trip& trip, Process& process);
    void plan_trouble();
    void judge_error(const Error& error, const Process& process);
    void after_death();
    void meanwhile();
    void compete(bool stalled);

    // -- people (world_people.cpp)
    using Deed = std::function<void(ledger::Ledger&)>;
    // Opens the ledger as a command does, does it, and closes it.
    void as_a_person(const char* what, const Deed& deed);
    void act();
    void retry_parked(ledger::Ledger& ledger, const ledger::Filter& filter);
    void dismiss_parked(ledger::Ledger& ledger, const ledger::Filter& filter);
    bool undecidable(const ledger::ItemRow& row) const;
    void start_resync(ledger::Ledger& ledger, const ledger::Slice& slice);
    void lose_dossier(ledger::Ledger& ledger);
    ledger::Slice some_slice();

    // -- submissions (world_inbound.cpp)
    struct Service {  // what listens for callbacks, beside the runs
        std::shared_ptr<Process> process;
        std::unique_ptr<ledger::Ledger> ledger;
        std::unique_ptr<sync::Recorder> recorder;
        std::unique_ptr<sync::Receiver> receiver;
    };
    static CitizenTraits draw_citizens(Rng rng, const PortalTraits& portal, bool calm);
    void inbound_meanwhile();
    // The portal calls once, if it wants to.
    void knock();
    void knock_between_runs(int times);
    bool serves();
    enum class Decision { Retry, Release, Dismiss };
    void act_on_submissions();
    void decide(ledger::Ledger& ledger, const ledger::Submission& row, Decision decision);
    void decide_all(ledger::Ledger& ledger);

    // -- submissions at rest (check_inbound.cpp)
    struct Kept {
        ledger::Submission row;
        std::string mark;
        const Citizens::Filed* filed = nullptr;
        bool blocked = false;  // an earlier revision is in its way
    };
    std::vector<Kept> kept(ledger::Ledger& ledger);
    // Why it may not stay where it is; "": it may.
    std::string misplaced(const Kept& one) const;
    // "": every submission is where it may stay.
    std::string unrest(ledger::Ledger& ledger);

    void check_inbound(ledger::Ledger& ledger, const Items& items);
    // (h), check_trail.cpp
    void check_trail(ledger::Ledger& ledger, const Items& items);
    void check_rows(const std::vector<Kept>& rows);
    void check_handed(const std::vector<Kept>& rows, const Items& items);
    void check_answers(const Items& items);
    void check_links(ledger::Ledger& ledger);
    void check_counts(ledger::Ledger& ledger, const std::vector<Kept>& rows);

    // -- the end (world_rest.cpp, check.cpp)
    void come_to_rest();
    void settle_down();
    bool idle();
    void check();
    bool ended() const { return log_.violation().has_value(); }

    const Stage& stage_;
    WorldOptions options_;
    Rng rng_;
    Traits traits_;
    SimulatedClock clock_;
    Log log_;
    Disk disk_;
    Province province_;
    PortalTraits portal_traits_;
    SimulatedPortal portal_;
    Rng inbound_rng_;
    Citizens citizens_;
    SimulatedFiles files_;
    Decisions decisions_;
    InboxRoom room_;
    Clerks clerks_;
    Desk desk_;
    std::optional<Service> service_;
    bool knocking_ = false;
    bool resting_ = false;
    bool undecided_ = false;  // nobody decides what is held for a person
    int decided_ = 0;         // by the people, in the last round
    std::string unrest_;
    std::filesystem::path file_;
    const mapping::MappingSet* mappings_;
    std::atomic<bool> stop_{false};
    Millis wall_offset_{0};
    bool company_ = false;     // somebody is here in the middle of a call
    bool jumped_ = false;      // the wall clock, while a run is on
    bool taken_over_ = false;  // the run in the middle of a call has lost its lease
    bool troubled_ = false;    // something was planned against the run that is on
    std::uint64_t usual_accesses_ = 100;
    int owners_ = 0;
    std::set<SimulatedPortal::Work> dismissed_;
    std::set<std::string> lost_;
    Tale tale_;
};

}  // namespace dvcsync::simulation
