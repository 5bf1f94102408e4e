// The simulated citizens, and the national portal as the place where they file: its list of what is
// new, its documents, and the calls that it makes by itself. It knows what it has given to whom and
// what was acknowledged, and takes offence at once where an acknowledgement cannot be true.
//
// News and documents may be asked for by several threads; everything else belongs to one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connector/sync/pull.h"
#include "connector/sync/receive.h"
#include "tests/province/random.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/filing.h"
#include "tests/simulation/log.h"

namespace dvcsync::simulation {

struct CitizenTraits {
    int dossiers = 5;
    bool lists = true;        // the portal has a list; else it only calls
    bool calls = true;        // it calls by itself
    int page = 3;             // rows of the list
    double faults = 0;        // share of questions and calls that go wrong
    double disorder = 0;      // share of the list's young rows that are not as they should be
    double late_files = 0;    // share of files that cannot be had at once
    bool gone_files = false;  // some never
    bool hostile_files = false;
    bool strange = false;  // bodies that nobody has told us of
};

class Citizens {
  public:
    // What was filed, and what has become of it at the portal.
    struct Filed {
        Filing filing;
        bool called = false;        // the portal calls about it, until it is told yes
        bool given = false;         // the portal has given it to somebody who asked
        bool tried = false;         // a call has perhaps left it with us
        bool acknowledged = false;  // 0 or 1
        bool taken = false;         // 0: the first
        int returns = 0;            // how often the dossier became this again
        int filed_as = 0;           // its place among all that happened to dossiers
        int since = 0;              // the place where the dossier became this last
    };
    // Whether the dossier may come again as `now` right after it came as `before`: that was older,
    // and late. Whoever looks next sees it become `now` once more.
    static bool overtook(const Filed& before, const Filed& now) {
        return &before != &now && before.filed_as < now.since;
    };

    Citizens(Rng rng, SimulatedClock& clock, Disk& disk, Log& log, CitizenTraits traits);

    // Some hours of life.
    void live();
    // One more thing is filed, now.
    void file();
    void calm();
    const CitizenTraits& traits() const { return traits_; }

    sync::PullCalls questions();
    // Called after each answer: whatever else happens in the world.
    std::function<void()> meanwhile;

    // -- calls of the portal
    struct Call {
        Filed* about = nullptr;
        CallbackText text;
    };
    bool wants_to_call() const { return !calls_.empty(); }
    std::optional<Call> next_call();
    // nullopt: it has heard no answer.
    void answered(const Call& call, const std::optional<portal::Callbacks::Reply>& reply);

    // -- the truth
    const std::deque<Filed>& filed() const { return filed_; }
    const Filed* find(const std::string& mark) const;
    // What the list leads to now.
    bool is_current(const Filed& one) const;
    bool knows(const std::string& code) const { return dossiers_.contains(code); }
    Attachment* file_of(const std::string& source);

  private:
    struct Dossier {
        LocalTime changed{};
        Filed* current = nullptr;
        std::vector<Filed*> past;
    };
    using Row = portal::NewsRow;

    LocalTime time() const;
    void file_one(const std::string& code, FilingKind kind);
    void attach(Filing& filing, std::size_t count);
    std::optional<portal::Outcome> mishap();
    tl::expected<portal::News, portal::Outcome> news(LocalTime since, int page);
    tl::expected<portal::Fetched, portal::Outcome> fetch(std::string_view code);
    void disturb(std::vector<Row>& rows);
    Wording wording() { return rng_.chance(0.5) ? Wording::Plain : Wording::Other; }

    std::mutex mutex_;
    Rng rng_;
    SimulatedClock& clock_;
    Disk& disk_;
    Log& log_;
    CitizenTraits traits_;
    std::deque<Filed> filed_;  // addresses stay
    std::map<std::string, Filed*> by_mark_;
    std::map<std::string, Dossier> dossiers_;
    std::map<std::string, Attachment*> by_source_;
    std::map<const Process*, std::vector<std::string>> listings_;  // order of the one being read
    std::vector<Filed*> calls_;                                    // to be made
    int files_ = 0;
    int happened_ = 0;  // to dossiers
};

}  // namespace dvcsync::simulation
