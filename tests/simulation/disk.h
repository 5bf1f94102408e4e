// A disk in memory under SQLite, as unreliable as real ones.
//
// While a Disk lives it is SQLite's default file system (a sqlite3_vfs): the ledger opens, writes
// and syncs as ever and does not know. What was written is seen by every reader at once, but lasts
// only once it was synced; a new or deleted name lasts once its folder was. When the power fails,
// each 4096-byte sector keeps some of its unsynced writes, names some of theirs, and nothing else
// survives. When one process is killed, its files stay and its locks go. From the instant it died,
// every access of a process fails, so that the code above it runs to its end without touching
// anything. One Disk at a time, one thread at a time.
//
// Sources of the model: SQLite's atomic commit and WAL documents for what a file system promises
// (a sector's neighbours are safe, a name is durable when its folder was synced), and the behaviour
// of Linux after a failed fsync: the pages count as clean, and what they held never reaches the
// disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/province/random.h"
#include "tests/simulation/clock.h"

namespace dvcsync::simulation {

using year::Rng;

enum class Trouble { None, Full, WriteFails, ReadFails, SyncFails, ReadOnly, Slow };
std::string_view to_string(Trouble trouble);

struct DiskFile;  // disk_file.h

// Somebody who uses the disk. Dead: nothing it does has an effect any more.
struct Process {
    std::atomic<bool> dead{false};  // a worker's call may be what kills it
};

class Disk {
  public:
    // `checkpoint_pages`: after how many pages the log is folded into the file, in the place of the
    // product's number, which a small ledger never reaches.
    Disk(Rng rng, SimulatedClock& clock, int checkpoint_pages);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    // Files that are opened from now on belong to this process.
    void enter(std::shared_ptr<Process> process);
    const std::shared_ptr<Process>& current() const { return current_; }

    // The disk fails in this way for the accesses [from, from + count), counted from now on.
    void plan_trouble(Trouble trouble, std::uint64_t from, std::uint64_t count);
    // The current process is killed, or the power fails, at that access from now on.
    void plan_crash(std::uint64_t access, bool power);
    void forget_plans();
    Trouble trouble() const;  // now

    void kill_current() { current_->dead = true; }
    void fail_power();
    bool power_failed() const { return power_failed_; }
    // After fail_power(), once every file is closed: what survived is there.
    void restore_power();

    // Writes, syncs, deletions and openings so far.
    std::uint64_t accesses() const { return accesses_; }

  private:
    friend struct DiskVfs;
    enum class Access { Open, Read, Write, Extend, Truncate, Sync, Delete };

    // What SQLite is told instead of carrying the access out; 0: carry it out.
    int refuse(Process& process, Access access);
    bool suffers(Access access);
    std::shared_ptr<DiskFile> find(const std::string& name) const;
    std::shared_ptr<DiskFile> create(const std::string& name, bool sync_folder_too);
    void remove(const std::string& name, bool sync_folder_too);
    void sync(DiskFile& file);
    void sync_folder();

    Rng rng_;
    SimulatedClock& clock_;
    int checkpoint_pages_;
    std::shared_ptr<Process> current_ = std::make_shared<Process>();
    std::vector<std::weak_ptr<Process>> users_;
    std::map<std::string, std::shared_ptr<DiskFile>> names_;
    std::map<std::string, std::shared_ptr<DiskFile>> durable_names_;
    struct Naming {
        std::string name;
        std::shared_ptr<DiskFile> file;  // nullptr: deleted
    };
    std::vector<Naming> namings_;  // since the folder was synced
    std::uint64_t accesses_ = 0;
    Trouble trouble_ = Trouble::None;
    std::uint64_t trouble_from_ = 0;
    std::uint64_t trouble_until_ = 0;
    std::uint64_t crash_at_ = 0;
    bool crash_power_ = false;
    std::atomic<bool> power_failed_{false};
};

}  // namespace dvcsync::simulation
