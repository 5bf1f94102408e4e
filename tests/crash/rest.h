// A lane brought to rest, and what can be seen of it from outside then.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "tests/crash/lane.h"

namespace crash {

struct Rest {
    std::string records;  // the ledger's tallies, as `dvcsync status` prints them
    std::string items;    // and its items, but what depends on the clock
    std::string figures;  // the portal's figures of the year
    std::string
        dossiers;       // every dossier of the portal with its steps and its last document's digest
    std::string inbox;  // see inbox_of()
    std::uint64_t resent = 0;          // confirmations and statuses that came again after an answer
    std::set<std::string> violations;  // rules of the portal that were broken since its start
};

// Runs the program until nothing waits any more (or throws: after a bounded number of runs), checks
// what must hold at every rest, and looks at both sides. Throws std::runtime_error with what is
// wrong: a run that failed, counts that do not add up, an item that is still being sent, a damaged
// ledger, a step that the portal keeps twice, an inbox that differs from what the citizens filed, a
// trail that does not tell what became of the items.
Rest bring_to_rest(Lane& lane);

// What differs, in words; "" if the two are the same.
std::string difference(const Rest& expected, const Rest& found);

}  // namespace crash
