// From the source into the ledger: the first half of a push.
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/province/source.h"
#include "connector/sync/progress.h"

namespace dvcsync::sync {

// read = unchanged + added + changed; parked is part of added + changed.
struct IntakeCounts {
    std::size_t read = 0;
    std::size_t unchanged = 0;
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t parked = 0;
    std::vector<province::RejectedFile> rejected;
    std::vector<province::RejectedFile> left;  // not complete, or not readable: still in in/
};

// What the ledger stores of one record. Pure; thread-safe. A record that cannot be used becomes an
// Intake with a fault, so that it is counted, listed and parked alone.
ledger::Intake prepare(const province::RawRecord& raw, const Digest& digest,
                       const mapping::Vocabulary& vocabulary, const Sealer& sealer);

// Binds a payload to its record, so that it does not open on another row.
std::string seal_context(std::string_view kind, std::string_view code);

// Reads everything that is complete in the source. Records and the source's position are stored in
// the same transaction; the source is told afterwards. A stop request ends after a whole batch.
Result<IntakeCounts> take_in(province::Source& source, ledger::Ledger& ledger,
                             const mapping::Vocabulary& vocabulary, const Sealer& sealer,
                             const Clock& clock, Progress& progress, const std::atomic<bool>& stop);

// What the mapping had refused is ready again once the mapping files are others than at the last
// run
// (`digest` of the set). Returns how many items that were.
Result<std::size_t> follow_mapping_change(ledger::Ledger& ledger, const Digest& digest,
                                          UtcTime now);

// The name under which the drop folder's position is stored.
inline constexpr std::string_view drop_folder_source = "drop-folder";

}  // namespace dvcsync::sync
