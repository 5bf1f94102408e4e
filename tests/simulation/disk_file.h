// One file of the simulated disk, with the locks and the shared memory that SQLite keeps beside it.
// Internal to disk*.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/province/random.h"

namespace dvcsync::simulation {

inline constexpr std::size_t sector = 4096;

struct DiskFile {
    struct Change {
        std::uint64_t offset = 0;  // of a truncation: the new size
        std::string bytes;
        bool truncation = false;
    };

    void write(std::string_view bytes, std::uint64_t offset);
    void truncate(std::uint64_t size);
    // Everything written so far lasts.
    void sync();
    // A sync that failed: what was to be written is gone, or a part of it, though readers see it.
    void lose(year::Rng& rng);
    // The power has failed: `now` becomes what survived.
    void restart(year::Rng& rng);

    std::string now;               // what readers see
    bool sync_folder_too = false;  // SQLite's own file system does so once for logs and journals

    // Locks of SQLite: shared, reserved, pending, exclusive, by handle.
    int shared = 0;
    const void* reserved = nullptr;
    const void* pending = nullptr;

    // The log's index, and its eight locks.
    struct Slot {
        int shared = 0;
        const void* exclusive = nullptr;
    };
    std::vector<std::unique_ptr<char[]>> regions;
    std::array<Slot, 8> slots{};
    int mapped = 0;

  private:
    static void apply(const Change& change, std::string& content);
    std::string survivors(year::Rng& rng) const;

    std::string kept_;  // what would survive for sure
    std::vector<Change> changes_;
};

}  // namespace dvcsync::simulation
