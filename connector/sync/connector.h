// A whole connector: everything that a command needs, opened from one configuration.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connector/base/crypto.h"
#include "connector/config/config.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/portal/portal.h"
#include "connector/province/source.h"
#include "connector/sync/deliver.h"
#include "connector/sync/intake.h"
#include "connector/sync/rules.h"
#include "connector/sync/run.h"
#include "connector/sync/trail.h"

namespace dvcsync::sync {

portal::ClientSettings client_settings(const config::Config& config);
// The same, and the recorder is told of every exchange.
portal::ClientSettings client_settings(const config::Config& config, Recorder& recorder);
province::DropFolderSettings folder_settings(const config::Config& config,
                                             const mapping::Vocabulary& vocabulary);

// The province's inbox; Config error if it cannot be used.
Result<std::unique_ptr<province::Inbox>> open_inbox(const config::Config& config);
// How files of submissions are had. Makes the staging folder.
Result<Gathering> gathering_for(const config::Config& config, const portal::Profile& profile,
                                const std::atomic<bool>& stop);

// The parts that nearly every command opens. One thread at a time.
struct Connector {
    config::Config config;
    Sealer sealer;
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<Recorder> recorder;  // of everything that the ledger does
    const RuleSet* rules = nullptr;      // a service's; otherwise each run loads its own

    static Result<Connector> open(config::Config config);
};

// A lock beside the ledger that proves that no other process of this host is in a run: the system
// frees it when the process dies, however it dies. What keeps runs of several hosts apart, and what
// fences a run that was stopped in its tracks, is the ledger's lease; with this proof a lease that
// a killed run of this host has left behind need not be waited for. Held until destroyed.
class RunLock {
  public:
    // nullopt: another process of this host holds it.
    static Result<std::optional<RunLock>> take(const std::filesystem::path& ledger_file);
    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&&) = delete;
    ~RunLock();

  private:
    explicit RunLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

// Who this process is, for the lease: a new owner each time.
ledger::Lease this_process();

// Loads what the configuration names, takes the lock, and runs the order: see run(). Config errors
// name file and line.
Result<RunReport> run_job(Connector& connector, RunOrder order, Clock& clock, Progress& progress,
                          const std::atomic<bool>& stop);

}  // namespace dvcsync::sync
