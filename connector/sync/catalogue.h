// The guard against a catalogue that would abolish more than anybody can have meant.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "connector/base/error.h"
#include "connector/base/time.h"
#include "connector/ledger/ledger.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {

// What the next push of the catalogue would do, and what the guard says to it.
struct CatalogueOutlook {
    std::size_t published = 0;               // procedures that the portal shows
    std::vector<ledger::Abolition> abolish;  // of published: queued to become abolished
    std::optional<CatalogueHold> file;       // a whole catalogue that lacks more than agreed
    std::vector<std::string> lacks;          // codes of file->missing, in order
    std::string stop;                        // why it must not be pushed now; "": it may
    std::size_t stopped = 0;                 // procedures that the guard is about, if it stops
};

// The catalogue must not be pushed if what is queued would abolish more than `max_percent` of the
// procedures that the portal holds as published (and more than a handful), or if a file that calls
// itself the whole catalogue lacks as many. Errors are the ledger's.
Result<CatalogueOutlook> catalogue_outlook(ledger::Ledger& ledger, int max_percent);

// What the guard says to a push.
struct CatalogueVerdict {
    std::string stop;            // not empty: it must not go, with what to do, for people
    std::string confirmed;       // not empty: a person has confirmed what it would stop for
    std::size_t procedures = 0;  // that either is about
};

// A confirmation by a person is kept as an act, with how many procedures it is about, and lets the
// push through. It is not kept where nothing is stopped.
Result<CatalogueVerdict> catalogue_verdict(ledger::Ledger& ledger, int max_percent,
                                           const std::optional<ledger::Act>& confirm, Clock& clock);

// The rule itself.
bool too_many(std::size_t gone, std::size_t published, int max_percent);

}  // namespace dvcsync::sync
