// A strict model of the national portal, at the level of sync::PortalCalls: what it holds, what it
// says no to, how its calls go wrong, and what it takes offence at.
//
// Written from the portal's contract (§1–§4 and the assumptions marked [A]), not from the mapping
// files: it reads the national documents by their own names. It knows what no real portal can:
// which version a document was made from, and whether a call may be a blind second one.
//
// The calls may come from several threads at once; everything else belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/sync/call.h"
#include "connector/sync/trail.h"
#include "tests/province/random.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/log.h"
#include "tests/simulation/province.h"

namespace dvcsync::simulation {

class Desk;  // clerks.h

struct PortalTraits {
    int batch = 10;          // of every operation
    bool repeatable = true;  // the same step twice does no harm: it is told apart
    bool whole = false;      // one answer for a whole batch
    double per_second = 0;   // the pace that its profile names
    double faults = 0;       // share of calls that go wrong
};

// What happens to one call.
enum class Mishap {
    None,
    Unreachable,    // refused connection, 503: surely not kept
    TooMany,        // 429 with Retry-After
    LostBefore,     // no answer, and nothing was kept
    LostAfter,      // no answer, but everything was kept
    HalfKept,       // no answer, the first half was kept
    HalfAnswered,   // half was done, the rest surely not
    Failed,         // 500 for this call, surely not kept
    Misconfigured,  // no call can work
    DiesBefore,     // the process is killed before the request leaves
    DiesAfter,      // the portal has kept everything; the process is killed before it hears of it
};
inline constexpr int mishap_count = 11;
std::string_view to_string(Mishap mishap);

class SimulatedPortal {
  public:
    SimulatedPortal(Rng rng, SimulatedClock& clock, Disk& disk, Log& log, const Province& province,
                    PortalTraits traits);

    sync::PortalCalls calls();

    // Where confirmations and statuses are taken; whatever was born on the portal never comes as
    // an ordinary dossier.
    Desk* desk = nullptr;
    // Where the process in charge is told of its calls.
    sync::ExchangeQueue* exchanges = nullptr;
    // Called inside a push, after the portal has done its part and before it answers: whatever else
    // happens in the world while a process waits for its call.
    std::function<void()> meanwhile;
    // For so long from now on, nobody reaches it.
    void go_down(Millis how_long);
    void calm();  // no more mishaps, and no outage
    bool stormy() const { return traits_.faults > 0; }

    // -- what the sync core knows, told by those who watch it -------------------------------------
    using Work = std::pair<Operation, std::string>;  // operation, code
    // A claimed item is in hand; `again`: a resync wants it sent although nothing has changed.
    void in_hand(const Work& work, bool again);
    // The ledger has durably written what became of it.
    void settled(const Work& work, ledger::State state);
    // A write of what became of it, or that it is in hand, failed: nobody knows whether the ledger
    // has it.
    void perhaps_settled(const Work& work);
    // The current process has ended: what it has sent without settling is in doubt.
    void ended();
    // Another run has taken the lease: whoever else is in a call is given up for dead.
    void taken_over();
    // A person says that it may go again.
    void released(const Work& work) {
        if (doubts_.erase(work) > 0) perhaps_.insert(work);
    }

    // -- what it holds ---------------------------------------------------------------------------
    struct Step {
        int number = 0;
        std::string document;
        bool ahead = false;  // kept in a call in which an earlier step of the dossier was refused
    };
    struct Dossier {
        std::string document;
        int mark = 0;
        std::vector<Step> steps;
    };
    struct Procedure {
        std::string document;
        int mark = 0;
    };
    std::map<Work, std::set<std::string>> kept_;
    const std::map<std::string, Dossier>& dossiers() const { return dossiers_; }
    const std::map<std::string, Procedure>& procedures() const { return procedures_; }
    const std::map<std::string, std::string>& statistics() const { return statistics_; }
    bool repeatable() const { return traits_.repeatable; }
    // Digests (hex) of every document that it has ever kept.
    const std::map<Work, std::set<std::string>>& kept() const { return kept_; }
    bool in_doubt(const Work& work) const { return unsure(work); }
    // The portal loses a dossier with its steps, as when a backup is put back.
    bool lose(const std::string& code);

    std::uint64_t pushes() const { return pushes_; }
    std::uint64_t repeated_steps() const { return repeated_steps_; }

  private:
    struct Sent {
        bool again = false;  // a resync wants it
        bool sent = false;   // since it was claimed
    };

    void give_up(std::map<Work, Sent>& in_hand);
    std::vector<portal::Outcome> push(Operation operation, std::span<const portal::Item> items,
                                      bool updating);
    tl::expected<portal::Holding, portal::Outcome> look(std::string_view code);
    Mishap draw(bool asking);
    int batch(Operation operation) const {
        const bool single =
            operation == Operation::ConfirmSubmission || operation == Operation::PushStatus;
        return single ? 1 : traits_.batch;  // their data is one object
    }
    bool down() const { return clock_.steady() < down_until_; }
    void judge_call(Operation operation, std::span<const portal::Item> items);
    // What the portal says to one item; it keeps what it says yes to.
    portal::Outcome answer(Operation operation, const portal::Item& item, bool updating);
    void keep(Operation operation, const portal::Item& item, bool ahead);
    void keep_step(const portal::Item& item, bool ahead);
    std::vector<portal::Outcome> take(Operation operation, std::span<const portal::Item> items,
                                      bool updating);
    std::vector<portal::Outcome> carry_out(Mishap mishap, Operation operation,
                                           std::span<const portal::Item> items, bool updating);
    bool unsure(const Work& work) const {
        return doubts_.contains(work) || perhaps_.contains(work);
    }
    void clear(const Work& work) {
        doubts_.erase(work);
        perhaps_.erase(work);
    }
    void check_order(const RecordName& name, int held, int offered);

    std::mutex mutex_;
    Rng rng_;
    SimulatedClock& clock_;
    Disk& disk_;
    Log& log_;
    const Province& province_;
    PortalTraits traits_;
    std::chrono::nanoseconds down_until_{-1};
    std::map<std::string, Dossier> dossiers_;
    std::map<std::string, Procedure> procedures_;
    std::map<std::string, std::string> statistics_;  // by agency and month
    std::set<std::string> lost_;                     // dossiers that it once held

    std::map<const Process*, std::map<Work, Sent>> in_hand_;
    std::set<Work> doubts_;                  // may have been kept, and nobody has asked since
    std::set<Work> perhaps_;                 // the ledger may know what became of it, or not
    std::map<Work, std::string> delivered_;  // documents that the ledger knows as delivered
    std::set<std::string> in_call_;          // codes, for one call at a time each
    std::uint64_t pushes_ = 0;
    std::uint64_t repeated_steps_ = 0;
};

}  // namespace dvcsync::simulation
