// Counts the figures of a year from exported XML, and from nothing else: the generator's plan is
// not used, so a fault of the generator shows up here.
#pragma once

#include <filesystem>

#include "tests/province/figures.h"

namespace dvcsync::year {

struct Counted {
    Figures all;
    // What would be missing without the dossiers that were born on the portal: it counts those
    // itself. An agency is among them if it received no other.
    Figures born_on_portal;
    std::size_t component_files = 0;  // links of components that are not deleted, of all dossiers
};

std::string as_json(const Counted& counted);  // all, with the others inside

// Reads every *.xml of the folder in the order of names; of a record that comes more than once the
// last one counts. A dossier is "due in the year" by its appointment by regulation. One without an
// end is late if that appointment lies before the day of the newest export (or the year's end, if
// earlier). `agencies_csv` tells the level of an agency code. Memory grows with the number of
// records (about 150 bytes each), not with their size. Config error naming file and line if one is
// not well-formed.
Result<Counted> count_exports(const std::filesystem::path& folder, int year,
                              const std::filesystem::path& agencies_csv);

}  // namespace dvcsync::year
