// Writes one procedure of the catalogue in the reference vocabulary.
#pragma once

#include <string>

#include "tests/province/catalogue_year.h"
#include "tests/province/world.h"

namespace dvcsync::year {

struct ProcedureWriter {
    std::uint64_t seed;
    const World& world;
    const CatalogueYear& catalogue;

    // Appends the <procedure> element: as it stood before the year, or as the decision of the year
    // left it (`decided`; precondition: it was touched).
    void write(std::string& out, const ProcedureYear& procedure, bool decided) const;
};

}  // namespace dvcsync::year
