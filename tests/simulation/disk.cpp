#include "tests/simulation/disk.h"

#include <sqlite3.h>

#include <cstring>
#include <new>
#include <utility>

#include "tests/simulation/disk_file.h"

namespace dvcsync::simulation {
namespace {

Disk* mounted = nullptr;
int checkpoint_of_mounted = 0;

struct Handle {
    Disk* disk;
    std::shared_ptr<DiskFile> file;
    std::shared_ptr<Process> process;
    bool nameless = false;  // SQLite's own scratch space: it needs no disk
    int level = SQLITE_LOCK_NONE;
    bool mapped = false;
    unsigned shared_slots = 0;
    unsigned exclusive_slots = 0;
};

struct OpenFile {  // what SQLite allocates for us
    sqlite3_file base;
    Handle* handle;
};

Handle& handle_of(sqlite3_file* file) {
    return *reinterpret_cast<OpenFile*>(file)->handle;
}

}  // namespace

std::string_view to_string(Trouble trouble) {
    switch (trouble) {
        case Trouble::None:
            return "none";
        case Trouble::Full:
            return "full";
        case Trouble::WriteFails:
            return "writes fail";
        case Trouble::ReadFails:
            return "reads fail";
        case Trouble::SyncFails:
            return "syncs fail";
        case Trouble::ReadOnly:
            return "read-only";
        case Trouble::Slow:
            return "slow";
    }
    return "";
}

// The functions that SQLite calls. All of them are called from C and throw nothing but what ends
// the program (no memory).
struct DiskVfs {
    using Access = Disk::Access;

    // -- one file ---------------------------------------------------------------------------------

    static int refuse(Handle& handle, Access access) {
        return handle.nameless ? SQLITE_OK : handle.disk->refuse(*handle.process, access);
    }

    static int close(sqlite3_file* file) {
        Handle& handle = handle_of(file);
        unlock(file, SQLITE_LOCK_NONE);
        shm_unmap(file, 0);
        delete &handle;
        return SQLITE_OK;
    }

    static int read(sqlite3_file* file, void* into, int count, sqlite3_int64 offset) {
        Handle& handle = handle_of(file);
        if (const int code = refuse(handle, Access::Read)) return code;
        const std::string& content = handle.file->now;
        const auto from = static_cast<std::size_t>(offset);
        const auto want = static_cast<std::size_t>(count);
        const std::size_t there = from < content.size() ? std::min(want, content.size() - from) : 0;
        if (there > 0) std::memcpy(into, content.data() + from, there);
        if (there == want) return SQLITE_OK;
        std::memset(static_cast<char*>(into) + there, 0, want - there);
        return SQLITE_IOERR_SHORT_READ;
    }

    static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
        Handle& handle = handle_of(file);
        const auto end = static_cast<std::size_t>(offset) + static_cast<std::size_t>(count);
        const bool longer = end > handle.file->now.size();
        if (const int code = refuse(handle, longer ? Access::Extend : Access::Write)) return code;
        handle.file->write({static_cast<const char*>(bytes), static_cast<std::size_t>(count)},
                           static_cast<std::uint64_t>(offset));
        return SQLITE_OK;
    }

    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        Handle& handle = handle_of(file);
        if (const int code = refuse(handle, Access::Truncate)) return code;
        handle.file->truncate(static_cast<std::uint64_t>(size));
        return SQLITE_OK;
    }

    static int sync(sqlite3_file* file, int) {
        Handle& handle = handle_of(file);
        if (const int code = refuse(handle, Access::Sync)) {
            if (!handle.process->dead) handle.file->lose(handle.disk->rng_);
            return code;
        }
        handle.disk->sync(*handle.file);
        return SQLITE_OK;
    }

    static int size(sqlite3_file* file, sqlite3_int64* size) {
        *size = static_cast<sqlite3_int64>(handle_of(file).file->now.size());
        return SQLITE_OK;
    }

    static int lock(sqlite3_file* file, int level) {
        Handle& handle = handle_of(file);
        if (handle.process->dead) return SQLITE_IOERR_LOCK;
        DiskFile& on = *handle.file;
        if (handle.level >= level) return SQLITE_OK;
        if (level == SQLITE_LOCK_SHARED) {
            if (on.pending != nullptr) return SQLITE_BUSY;
            ++on.shared;
        } else if (level == SQLITE_LOCK_RESERVED) {
            if (on.reserved != nullptr) return SQLITE_BUSY;
            on.reserved = &handle;
        } else {
            if (on.reserved != nullptr && on.reserved != &handle) return SQLITE_BUSY;
            if (on.pending != nullptr && on.pending != &handle) return SQLITE_BUSY;
            on.pending = &handle;
            handle.level = SQLITE_LOCK_PENDING;
            if (on.shared > 1) return SQLITE_BUSY;
        }
        handle.level = level;
        return SQLITE_OK;
    }

    static int unlock(sqlite3_file* file, int level) {
        Handle& handle = handle_of(file);
        DiskFile& on = *handle.file;
        if (handle.level <= level) return SQLITE_OK;
        if (on.reserved == &handle) on.reserved = nullptr;
        if (on.pending == &handle) on.pending = nullptr;
        if (level == SQLITE_LOCK_NONE && handle.level >= SQLITE_LOCK_SHARED) --on.shared;
        handle.level = level;
        return SQLITE_OK;
    }

    static int is_reserved(sqlite3_file* file, int* answer) {
        *answer = handle_of(file).file->reserved != nullptr ? 1 : 0;
        return SQLITE_OK;
    }

    static int control(sqlite3_file*, int operation, void* argument) {
        if (operation != SQLITE_FCNTL_PRAGMA) return SQLITE_NOTFOUND;
        // Set for each connection by on_connect() instead.
        const auto* const words = static_cast<char**>(argument);
        return std::strcmp(words[1], "wal_autocheckpoint") == 0 ? SQLITE_OK : SQLITE_NOTFOUND;
    }

    static int sector_size(sqlite3_file*) { return static_cast<int>(sector); }
    static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

    // -- the log's index, in memory shared by the connections
    // --------------------------------------

    static int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** at) {
        Handle& handle = handle_of(file);
        *at = nullptr;
        if (handle.process->dead) return SQLITE_IOERR_SHMMAP;
        DiskFile& on = *handle.file;
        if (!handle.mapped) ++on.mapped;
        handle.mapped = true;
        const auto index = static_cast<std::size_t>(region);
        while (extend != 0 && on.regions.size() <= index)
            on.regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
        if (index < on.regions.size()) *at = on.regions[index].get();
        return SQLITE_OK;
    }

    static int shm_lock(sqlite3_file* file, int from, int count, int flags) {
        Handle& handle = handle_of(file);
        DiskFile& on = *handle.file;
        const bool give_back = (flags & SQLITE_SHM_UNLOCK) != 0;
        const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
        if (handle.process->dead && !give_back) return SQLITE_IOERR_SHMLOCK;
        for (int i = from; i < from + count && !give_back; ++i) {
            const DiskFile::Slot& slot = on.slots[static_cast<std::size_t>(i)];
            const bool mine = (handle.shared_slots & (1u << i)) != 0;
            const bool others = slot.shared > (mine ? 1 : 0);
            const bool taken = slot.exclusive != nullptr && slot.exclusive != &handle;
            if (taken || (exclusive && others)) return SQLITE_BUSY;
        }
        for (int i = from; i < from + count; ++i) {
            DiskFile::Slot& slot = on.slots[static_cast<std::size_t>(i)];
            unsigned& held = exclusive ? handle.exclusive_slots : handle.shared_slots;
            const unsigned bit = 1u << i;
            const bool has = (held & bit) != 0;
            if (has != give_back) continue;
            held ^= bit;
            if (exclusive) slot.exclusive = give_back ? nullptr : &handle;
            if (!exclusive) slot.shared += give_back ? -1 : 1;
        }
        return SQLITE_OK;
    }

    static void shm_barrier(sqlite3_file*) {}

    static int shm_unmap(sqlite3_file* file, int) {
        Handle& handle = handle_of(file);
        if (!handle.mapped) return SQLITE_OK;
        shm_lock(file, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
        shm_lock(file, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
        handle.mapped = false;
        // Whoever comes first after everybody has gone builds the index from the log.
        if (--handle.file->mapped == 0) handle.file->regions.clear();
        return SQLITE_OK;
    }

    // -- the file system
    // -----------------------------------------------------------------------------

    static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* got) {
        file->pMethods = nullptr;
        Disk& disk = *mounted;
        auto handle = std::make_unique<Handle>();
        handle->disk = &disk;
        handle->process = disk.current_;
        if (got != nullptr) *got = flags;
        if (name == nullptr) {
            handle->nameless = true;
            handle->file = std::make_shared<DiskFile>();
        } else {
            if (disk.refuse(*handle->process, Access::Open) != 0) {
                const bool readable =
                    !handle->process->dead && disk.trouble() == Trouble::ReadOnly && got != nullptr;
                if (!readable) return SQLITE_CANTOPEN;
                *got = (flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
            }
            handle->file = disk.find(name);
            // The ledger makes its file itself (with its own rights), outside of SQLite.
            const bool create = (flags & (SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB)) != 0;
            if (!handle->file && !create) return SQLITE_CANTOPEN;
            if (!handle->file)
                handle->file =
                    disk.create(name, (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0);
        }
        reinterpret_cast<OpenFile*>(file)->handle = handle.release();
        file->pMethods = &methods;
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs*, const char* name, int sync_folder) {
        Disk& disk = *mounted;
        if (disk.refuse(*disk.current_, Access::Delete) != 0) return SQLITE_IOERR_DELETE;
        if (!disk.find(name)) return SQLITE_IOERR_DELETE_NOENT;
        disk.remove(name, sync_folder != 0);
        return SQLITE_OK;
    }

    static int access(sqlite3_vfs*, const char* name, int, int* answer) {
        *answer = mounted->find(name) ? 1 : 0;
        return mounted->current_->dead ? SQLITE_IOERR_ACCESS : SQLITE_OK;
    }

    static int full_name(sqlite3_vfs*, const char* name, int size, char* into) {
        sqlite3_snprintf(size, into, "%s", name);
        return SQLITE_OK;
    }

    static int randomness(sqlite3_vfs*, int count, char* into) {
        for (int i = 0; i < count; ++i)
            into[i] = static_cast<char>(mounted->rng_.next());
        return count;
    }

    static int sleep(sqlite3_vfs*, int microseconds) {
        mounted->clock_.sleep(Millis{microseconds / 1000 + 1});
        return microseconds;
    }

    static int time(sqlite3_vfs*, sqlite3_int64* now) {
        constexpr sqlite3_int64 epoch = 210'866'760'000'000;  // 1970 in Julian milliseconds
        *now = epoch + mounted->clock_.now().time_since_epoch().count();
        return SQLITE_OK;
    }
    static int time_as_days(sqlite3_vfs* vfs, double* now) {
        sqlite3_int64 millis = 0;
        time(vfs, &millis);
        *now = static_cast<double>(millis) / 86'400'000.0;
        return SQLITE_OK;
    }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }

    static int on_connect(sqlite3* connection, const char**, const void*) {
        return sqlite3_wal_autocheckpoint(connection, checkpoint_of_mounted);
    }

    static sqlite3_vfs& vfs() {
        static sqlite3_vfs table = [] {
            sqlite3_vfs vfs{};
            vfs.iVersion = 2;
            vfs.szOsFile = sizeof(OpenFile);
            vfs.mxPathname = 1024;
            vfs.zName = "simulated-disk";
            vfs.xOpen = open;
            vfs.xDelete = remove;
            vfs.xAccess = access;
            vfs.xFullPathname = full_name;
            vfs.xRandomness = randomness;
            vfs.xSleep = sleep;
            vfs.xCurrentTime = time_as_days;
            vfs.xGetLastError = last_error;
            vfs.xCurrentTimeInt64 = time;
            return vfs;
        }();
        return table;
    }

    static void mount(Disk& disk) {
        sqlite3_initialize();
        mounted = &disk;
        checkpoint_of_mounted = disk.checkpoint_pages_;
        sqlite3_vfs_register(&vfs(), 1);
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(on_connect));
        sqlite3_randomness(0, nullptr);  // its next random bytes come from this disk
    }
    static void unmount() {
        sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(on_connect));
        sqlite3_vfs_unregister(&vfs());
        mounted = nullptr;
    }

    static const sqlite3_io_methods methods;
};

const sqlite3_io_methods DiskVfs::methods = [] {
    sqlite3_io_methods io{};
    io.iVersion = 2;
    io.xClose = close;
    io.xRead = read;
    io.xWrite = write;
    io.xTruncate = truncate;
    io.xSync = sync;
    io.xFileSize = size;
    io.xLock = lock;
    io.xUnlock = unlock;
    io.xCheckReservedLock = is_reserved;
    io.xFileControl = control;
    io.xSectorSize = sector_size;
    io.xDeviceCharacteristics = characteristics;
    io.xShmMap = shm_map;
    io.xShmLock = shm_lock;
    io.xShmBarrier = shm_barrier;
    io.xShmUnmap = shm_unmap;
    return io;
}();

Disk::Disk(Rng rng, SimulatedClock& clock, int checkpoint_pages)
    : rng_(rng), clock_(clock), checkpoint_pages_(checkpoint_pages) {
    DiskVfs::mount(*this);
}

Disk::~Disk() {
    DiskVfs::unmount();
}

void Disk::enter(std::shared_ptr<Process> process) {
    users_.push_back(process);
    current_ = std::move(process);
}

void Disk::plan_trouble(Trouble trouble, std::uint64_t from, std::uint64_t count) {
    trouble_ = trouble;
    trouble_from_ = accesses_ + from;
    trouble_until_ = trouble_from_ + count;
}

void Disk::plan_crash(std::uint64_t access, bool power) {
    crash_at_ = accesses_ + access + 1;
    crash_power_ = power;
}

void Disk::forget_plans() {
    trouble_ = Trouble::None;
    crash_at_ = 0;
}

Trouble Disk::trouble() const {
    const bool now = accesses_ >= trouble_from_ && accesses_ < trouble_until_;
    return now ? trouble_ : Trouble::None;
}

void Disk::fail_power() {
    power_failed_ = true;
    current_->dead = true;
    for (const auto& user : users_) {
        if (const auto process = user.lock()) process->dead = true;
    }
}

void Disk::restore_power() {
    const std::size_t lasting = rng_.below(namings_.size() + 1);
    for (std::size_t i = 0; i < lasting; ++i) {
        if (namings_[i].file) {
            durable_names_[namings_[i].name] = namings_[i].file;
        } else {
            durable_names_.erase(namings_[i].name);
        }
    }
    namings_.clear();
    names_ = durable_names_;
    for (auto& [name, file] : names_)
        file->restart(rng_);
    users_.clear();
    power_failed_ = false;
}

int Disk::refuse(Process& process, Access access) {
    constexpr int codes[] = {SQLITE_CANTOPEN,    SQLITE_IOERR_READ,     SQLITE_IOERR_WRITE,
                             SQLITE_IOERR_WRITE, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_FSYNC,
                             SQLITE_IOERR_DELETE};
    const int code = codes[static_cast<int>(access)];
    if (process.dead) return code;
    if (access != Access::Read) ++accesses_;
    if (crash_at_ != 0 && accesses_ >= crash_at_) {
        crash_at_ = 0;
        if (crash_power_) {
            fail_power();
        } else {
            kill_current();
        }
        if (process.dead) return code;
    }
    if (!suffers(access)) return SQLITE_OK;
    return trouble_ == Trouble::Full ? SQLITE_FULL : code;
}

bool Disk::suffers(Access access) {
    const bool changes = access != Access::Read && access != Access::Open;
    switch (trouble()) {
        case Trouble::None:
            return false;
        case Trouble::Full:
            return access == Access::Extend;
        case Trouble::WriteFails:
            return access == Access::Write || access == Access::Extend;
        case Trouble::ReadFails:
            return access == Access::Read && rng_.chance(0.1);
        case Trouble::SyncFails:
            return access == Access::Sync;
        case Trouble::ReadOnly:
            return changes || access == Access::Open;
        case Trouble::Slow:
            if (access == Access::Sync) clock_.sleep(Millis{rng_.between(50, 3'000)});
            return false;
    }
    return false;
}

std::shared_ptr<DiskFile> Disk::find(const std::string& name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : found->second;
}

std::shared_ptr<DiskFile> Disk::create(const std::string& name, bool sync_folder_too) {
    auto file = std::make_shared<DiskFile>();
    file->sync_folder_too = sync_folder_too;
    names_[name] = file;
    namings_.push_back({name, file});
    return file;
}

void Disk::remove(const std::string& name, bool sync_folder_too) {
    names_.erase(name);
    namings_.push_back({name, nullptr});
    if (sync_folder_too) sync_folder();
}

void Disk::sync(DiskFile& file) {
    file.sync();
    if (std::exchange(file.sync_folder_too, false)) sync_folder();
}

void Disk::sync_folder() {
    durable_names_ = names_;
    namings_.clear();
}

}  // namespace dvcsync::simulation
