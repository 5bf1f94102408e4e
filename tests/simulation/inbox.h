// The province's side of what citizens file: files that can be had or not, and an inbox that takes
// a submission once. The real inbox and the real staging work on a real disk (tests/crash,
// tests/unit); here are their contracts, with deaths and failures before and after each effect.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connector/province/inbox.h"
#include "connector/sync/pull.h"
#include "tests/province/random.h"
#include "tests/simulation/citizens.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/log.h"

namespace dvcsync::simulation {

using RevisionName = std::pair<std::string, int>;  // code, revision

// What people have decided; kept before it is tried, for a crash may hide whether it was done.
struct Decisions {
    std::map<RevisionName, ledger::Without> released;  // may go without files
    std::set<RevisionName> dismissed;
    std::map<RevisionName, int> gone;  // dismissed for certain, before this run
};

// Thread-safe.
class SimulatedFiles {
  public:
    SimulatedFiles(Rng rng, SimulatedClock& clock, Disk& disk, Log& log, Citizens& citizens,
                   double faults)
        : rng_(rng), clock_(clock), disk_(disk), log_(log), citizens_(citizens), faults_(faults) {}

    sync::Gathering gathering();
    std::function<void()> meanwhile;
    void calm() { faults_ = 0; }
    // nullptr: there is no such staged file.
    const std::string* staged(const std::string& path);

  private:
    sync::Gathered gather(const std::string& key, const mapping::National& document,
                          ledger::Without without, const std::function<bool()>& in_time);
    // The reason why it cannot be staged; "": it is.
    std::string stage(const std::string& path, Attachment& file);

    std::mutex mutex_;
    Rng rng_;
    SimulatedClock& clock_;
    Disk& disk_;
    Log& log_;
    Citizens& citizens_;
    double faults_;
    std::map<std::string, std::string> staged_;  // by path
};

// One thread.
class InboxRoom {
  public:
    struct Entry {
        std::string mark;
        std::string kind;
        bool published = false;
    };

    InboxRoom(Rng rng, SimulatedClock& clock, Disk& disk, Log& log, Citizens& citizens,
              SimulatedFiles& files, const Decisions& decisions, double faults)
        : rng_(rng),
          clock_(clock),
          disk_(disk),
          log_(log),
          citizens_(citizens),
          files_(files),
          decisions_(decisions),
          faults_(faults) {}

    std::unique_ptr<province::Inbox> open(int run);
    std::function<void()> meanwhile;
    // Whether the run that puts something in has lost its lease.
    std::function<bool()> overtaken;
    void calm() { faults_ = 0; }
    // What the province finds in it.
    const std::map<RevisionName, Entry>& entries() const { return entries_; }
    bool has(const RevisionName& name) const {
        const auto found = entries_.find(name);
        return found != entries_.end() && found->second.published;
    }
    std::uint64_t taken() const { return taken_; }

  private:
    friend class SimulatedInbox;
    Result<province::Put> put(const province::Delivery& delivery, int run);
    void publish(const province::Delivery& delivery, Entry& entry, int run);
    void judge_files(const province::Delivery& delivery, const Filing& filing);

    Rng rng_;
    SimulatedClock& clock_;
    Disk& disk_;
    Log& log_;
    Citizens& citizens_;
    SimulatedFiles& files_;
    const Decisions& decisions_;
    double faults_;
    std::map<RevisionName, Entry> entries_;  // keys: written before they are published
    std::map<std::string, int> last_;        // revision, by code
    std::multiset<std::string> marks_;       // published
    std::map<std::string, const Citizens::Filed*> before_;  // the last one of a code
    std::uint64_t taken_ = 0;
};

}  // namespace dvcsync::simulation
