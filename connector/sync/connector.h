// A whole connector: everything that a command needs, opened from one configuration.
#pragma once

#include <atomic>
#include <memory>
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

namespace dvcsync::sync {

portal::ClientSettings client_settings(const config::Config& config);
province::DropFolderSettings folder_settings(const config::Config& config,
                                             const mapping::Vocabulary& vocabulary);

// The parts that nearly every command opens. One thread at a time.
struct Connector {
    config::Config config;
    Sealer sealer;
    std::unique_ptr<ledger::Ledger> ledger;

    static Result<Connector> open(config::Config config);
};

// A lock on the ledger against a second writing run. Held until destroyed; the system frees it when
// the process dies, however it dies.
class RunLock {
  public:
    // Retry error: another run holds it.
    static Result<RunLock> take(const std::filesystem::path& ledger_file);
    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&&) = delete;
    ~RunLock();

  private:
    explicit RunLock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

enum class Job { PushCatalogue, PushDossiers, PushStatistics, All };

// What a run did. `ok` and `attention` are successes; attention: something needs a person or
// another run.
struct RunReport {
    IntakeCounts intake;
    DeliveryCounts delivery;
    std::size_t released = 0;  // parked items that a change of the mapping files made ready again
    portal::Client::Traffic traffic;
    double seconds = 0;
    bool attention = false;
};

// Reads the drop folder, then pushes what the job names. Writes the run into the ledger.
// Errors: Config, Corrupt, Retry (another run is active, or the ledger's disk cannot be written).
// A portal that cannot be used is not an error of the run: RunReport::delivery.stop says it.
Result<RunReport> run_job(Connector& connector, Job job, Clock& clock, Progress& progress,
                          const std::atomic<bool>& stop);

std::string_view to_string(Job job);

}  // namespace dvcsync::sync
