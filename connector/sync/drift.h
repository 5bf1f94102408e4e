// Our catalogue of procedures against the portal's: what has drifted apart.
//
// Reads only: it needs no lease and may run beside a writing run. The portal's list is one call;
// what it tells of each published procedure is one call each, several at once, at the pace of the
// endpoint. Source of the 5 working days: NĐ 63/2010.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/calendar.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/sync/call.h"
#include "connector/sync/progress.h"
#include "connector/sync/reconcile.h"

namespace dvcsync::sync {

struct Drift {
    struct Fact {
        std::string name;  // as the profile calls it: name, field, level, decision …
        std::string ours;
        std::string theirs;
    };
    struct Differs {
        std::string code;
        std::vector<Fact> facts;
    };
    struct Used {
        std::string procedure;     // as the dossiers have it
        std::string national;      // "": it has none
        std::size_t dossiers = 0;  // received in the period
    };
    struct Late {
        std::string code;
        std::string decision;
        Date decided{};
        Date due{};                   // the last day of the entry
        std::optional<Date> entered;  // the portal's last acknowledgement; nullopt: none yet
    };
    struct Failed {
        std::string code;
        std::string reason;
    };

    std::size_t ours = 0;    // published by us
    std::size_t theirs = 0;  // listed by the portal
    std::size_t same = 0;
    std::size_t unsent = 0;  // ours, never accepted by the portal: dvcsync parked tells why
    std::vector<std::string> missing_there;  // published by us, not listed or not told of
    std::size_t not_ours = 0;                // listed, and the ledger has never heard of it
    bool whole_country = false;              // the list is: then that is no drift
    std::vector<std::string> missing_here;   // otherwise: which
    std::vector<Differs> differing;
    std::vector<Used> unknown;   // procedures of dossiers that the portal does not list
    std::vector<Late> late;      // decisions of the period
    std::vector<Failed> failed;  // could not be compared
    Date since{};                // the period of `unknown` and `late`: from here
    Date until{};                // to here, both included
    std::string stop;            // why it ended early; "": it did not
    bool portal_failed = false;  // `stop` is the portal's doing

    bool drifts() const;
};

// The portal as the comparison sees it: `calls.list` gives the whole catalogue whatever the days,
// `calls.look` one procedure with its facts.
struct CatalogueCalls {
    PortalCalls calls;
    std::function<std::map<std::string, std::string>(std::string_view document)> facts;
    bool whole_country = false;
};
CatalogueCalls catalogue_calls_of(portal::Client& client, const portal::Profile& profile);

struct DriftRules {
    int workers = 8;          // questions at once; 0: everything on the calling thread
    std::uint64_t seed = 0;   // of the jitter of waits
    Millis patience{20'000};  // how long a portal that does not answer is waited for
};

// Errors: the ledger's. A portal that fails, or a stop, is no error: `stop` says why it ended.
// The period are the limits::drift_dossier_days before the latest event in the ledger (or now, if
// that is earlier).
Result<Drift> catalogue_drift(ledger::Ledger& ledger, const CatalogueCalls& portal,
                              const mapping::MappingSet& mappings, const WorkCalendar& calendar,
                              const Sealer& sealer, Clock& clock, const DriftRules& rules,
                              Progress& progress, const std::atomic<bool>& stop);

}  // namespace dvcsync::sync
