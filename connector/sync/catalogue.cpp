#include "connector/sync/catalogue.h"

#include <fmt/format.h>

#include "connector/base/limits.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {

bool too_many(std::size_t gone, std::size_t published, int max_percent) {
    return gone > limits::catalogue_handful &&
           gone * 100 > published * static_cast<std::size_t>(max_percent);
}

Result<std::string> catalogue_stop(ledger::Ledger& ledger, int max_percent,
                                   const std::optional<ledger::Act>& confirm, Clock& clock) {
    DVC_TRY_ASSIGN(change, ledger.catalogue_change());
    DVC_TRY_ASSIGN(hold, catalogue_hold(ledger));
    std::string why;
    if (too_many(change.abolishing, change.published, max_percent)) {
        why = fmt::format("it would abolish {} of the {} procedures that the portal shows",
                          change.abolishing, change.published);
    }
    const bool empty = hold && hold->listed == 0 && hold->missing > 0;
    if (hold && (empty || too_many(hold->missing, hold->published, max_percent))) {
        if (!why.empty()) why += "; ";
        why += fmt::format(
            "{} calls itself the whole catalogue, but {} of the {} published "
            "procedures are not in it",
            hold->file, hold->missing, hold->published);
    }
    if (why.empty()) return why;
    if (confirm) {
        ledger::Act act = *confirm;
        act.selection = why;
        DVC_TRY(ledger.together([&]() -> Status {
            DVC_TRY(ledger.note(act, clock.now()));
            return clear_catalogue_hold(ledger, clock.now());
        }));
        return std::string();
    }
    return fmt::format(
        "the catalogue was not pushed: {} (more than {} %). If this is meant, look at the list and "
        "run dvcsync sync push-catalogue --confirm --reason \"…\"; if not, export the catalogue "
        "again. Dossiers go on",
        why, max_percent);
}

}  // namespace dvcsync::sync
