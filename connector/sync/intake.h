// From the source into the ledger: the first half of a push.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/province/source.h"
#include "connector/sync/progress.h"

namespace dvcsync::sync {

// A file that says that it holds all procedures, compared with what the portal holds.
struct CatalogueFile {
    std::string file;
    std::size_t listed = 0;     // procedures in it
    std::size_t published = 0;  // procedures that the portal holds as published
    std::size_t missing = 0;    // of published: not in it, and abolished by no decision
    bool operator==(const CatalogueFile&) const = default;
};

// read = unchanged + outdated + added + changed; parked is part of added + changed.
struct IntakeCounts {
    std::size_t read = 0;
    std::size_t unchanged = 0;
    std::size_t outdated = 0;  // left alone: the ledger holds a version of a later export
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t parked = 0;
    std::vector<province::RejectedFile> rejected;
    std::vector<province::RejectedFile> left;  // not complete, or not readable: still in in/
    // Read to their end, but what their root element says of them cannot be used.
    std::vector<province::RejectedFile> warnings;
    std::vector<CatalogueFile> catalogues;

    void add(IntakeCounts&& more);
};

// The drop folder at `root` as the vocabulary describes its files, for the province of that code.
province::DropFolderSettings drop_folder_settings(std::filesystem::path root, std::string province,
                                                  const mapping::Vocabulary& vocabulary);

// What the ledger stores of one record, but for the time of its export. Pure; thread-safe. A record
// that cannot be used becomes an Intake with a fault, so that it is counted, listed and parked
// alone. So does a procedure that is abolished without a decision that says so.
ledger::Intake prepare(const province::RawRecord& raw, const Digest& digest,
                       const mapping::Vocabulary& vocabulary, const Sealer& sealer);

// Binds a payload to its record, so that it does not open on another row.
std::string seal_context(std::string_view kind, std::string_view code);

// Reads everything that is complete in the source. Records and the source's position are stored in
// the same transaction; the source is told afterwards. A stop request ends after a whole batch.
//
// A version from an older export never replaces one from a newer export, whatever the order of
// reading; exports of the same or of an unknown time count as read. A later export that still holds
// the same confirms it. The time of an export is not believed when it lies more than
// limits::export_ahead after the clock: one wrong clock would hold back all later exports.
Result<IntakeCounts> take_in(province::Source& source, ledger::Ledger& ledger,
                             const mapping::Vocabulary& vocabulary, const Sealer& sealer,
                             const Clock& clock, Progress& progress, const std::atomic<bool>& stop);

// -- the whole catalogue ------------------------------------------------------------------------

// The latest whole catalogue, if it lacks more than a person has agreed to. Whether that is too
// much is the caller's decision (catalogue.h).
using CatalogueHold = CatalogueFile;

// What take_in() found is kept in the ledger, so that a later run knows; a later whole catalogue
// replaces it. Corrupt error: what is stored there is not what this program wrote.
Result<std::optional<CatalogueHold>> catalogue_hold(ledger::Ledger& ledger);
// The codes of its procedures that are missing, as they were when it was read; in order.
Result<std::vector<std::string>> catalogue_lacks(ledger::Ledger& ledger);
// A person agrees to what is missing now. Another catalogue that lacks no more does not hold the
// push again.
Status clear_catalogue_hold(ledger::Ledger& ledger, UtcTime now);

// -- what could not be read ---------------------------------------------------------------------

struct RereadCounts {
    struct Still {
        std::string code;
        std::string reason;
    };
    std::size_t looked_at = 0;  // readable + outdated + still
    std::size_t readable = 0;   // well now: ready, or not to be sent
    std::size_t outdated = 0;   // well, but the ledger holds a later version under its code
    std::size_t still = 0;
    std::vector<Still> first_still;  // at most limits::named_unreadable
};

// Reads again, from the sealed payloads, what intake had parked: all of it, or what the filter
// chooses. Runs after the vocabulary was mended. A record that was kept under a stand-in code comes
// under its own one now, and its old item is dismissed in the name of the program. Nothing older
// replaces anything newer.
Result<RereadCounts> read_again(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary,
                                const Sealer& sealer, const Clock& clock,
                                const std::optional<ledger::Filter>& filter = std::nullopt);

// What is new in the mapping files since the last run.
struct MappingChange {
    std::vector<std::string> files;  // "changed: portal/x/dossier.xml"; empty at the first run
    std::size_t ready = 0;           // parked items that are tried again
};

// Tries again what the vocabulary or the mapping had refused, once their files are others than at
// the last run.
Result<MappingChange> follow_mapping_change(ledger::Ledger& ledger,
                                            const mapping::MappingSet& mappings,
                                            const Sealer& sealer, const Clock& clock);

// The name under which the drop folder's position is stored.
inline constexpr std::string_view drop_folder_source = "drop-folder";
// What take_in() found about the latest whole catalogue, kept like a position.
inline constexpr std::string_view catalogue_source = "catalogue-hold";
// The procedures that it lacks, one a line.
inline constexpr std::string_view catalogue_lacks_source = "catalogue-lacks";

}  // namespace dvcsync::sync
