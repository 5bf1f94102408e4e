// Writes one dossier in the reference vocabulary, as it stood at the end of a day.
#pragma once

#include <string>

#include "tests/province/life.h"

namespace dvcsync::year {

struct DossierWriter {
    std::uint64_t seed;
    const World& world;
    const CatalogueYear& catalogue;

    // Appends the <dossier> element with what was known at `until`. Precondition: it was received
    // by then. Everything that time does not change is the same whatever `until` is.
    void write(std::string& out, const Job& job, const Life& life, Moment until) const;
};

// "000.00.01.H22-190301-0001": agency, day of reception, serial of agency and day (TT 01/2018, art.
// 19).
std::string dossier_code(const Job& job, const Agencies& agencies);

}  // namespace dvcsync::year
