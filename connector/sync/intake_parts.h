// Parts of intake: when an export was made, whole catalogues, and the two codes of one dossier.
// Internal to sync.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/sync/intake.h"

namespace dvcsync::sync {

std::vector<province::RecordShape> shapes_of(const mapping::Vocabulary& vocabulary);

// What exports say of the time at which they were made, as far as it is believed. `now` is that of
// the clock when the reading began.
class ExportTimes {
  public:
    ExportTimes(const mapping::Vocabulary& vocabulary, UtcTime now)
        : vocabulary_(vocabulary), now_(now) {}

    // nullopt: it is not told, cannot be read, or lies too far ahead. All records of a file ask for
    // the same text, so the last one is kept.
    std::optional<UtcTime> of(std::string_view exported);
    // What is wrong with what the file says of itself, for people.
    std::vector<std::string> doubts(const province::EndedFile& file) const;

  private:
    const mapping::Vocabulary& vocabulary_;
    const UtcTime now_;
    std::string text_;
    std::optional<UtcTime> time_;
};

// -- dossiers that were born on the portal ------------------------------------------------------

// The record tells both codes of one dossier.
inline bool tells_link(const ledger::Intake& intake) {
    return intake.fault.empty() && !intake.portal_code.empty() && !intake.local_code.empty();
}
// Compares with the links that are kept: a record that contradicts one gets a fault, and so does a
// dossier whose code at the portal has not arrived; it waits for that (Intake::awaits). A dossier
// that is linked is not sent as an ordinary one, whether it says so itself or not.
Status find_links(ledger::Ledger& ledger, std::span<ledger::Intake> intakes);
Status keep_links(ledger::Ledger& ledger, std::span<const ledger::Intake> intakes, UtcTime now);

// Looks again at what tells of a link that was not made, or was undone: the code may have arrived,
// and a person may have changed the links.
Status look_at_awaiting(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary,
                        const Sealer& sealer, const Clock& clock);

// The file says that it holds all procedures.
bool is_whole_catalogue(const province::EndedFile& file);

// Compares the catalogue with what the portal holds, and keeps what was found. nullopt: a later
// catalogue was read before, so this one says nothing.
Result<std::optional<CatalogueFile>> keep_catalogue(ledger::Ledger& ledger,
                                                    const province::EndedFile& file,
                                                    std::optional<UtcTime> as_of, UtcTime now);

}  // namespace dvcsync::sync
