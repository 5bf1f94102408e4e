// Writes one dossier in the reference vocabulary, as it stood at the end of a day.
#pragma once

#include <string>

#include "tests/province/life.h"

namespace dvcsync::year {

// Where the files of components are. Without `url` every link leads nowhere.
struct FilePlace {
    std::string url{};  // "https://host:port": a dvc-sandbox, which makes files of their names
    std::uint64_t every = 1;  // of so many dossiers one has files; the others have no link
};

struct DossierWriter {
    std::uint64_t seed;
    const World& world;
    const CatalogueYear& catalogue;
    bool portal;  // some are born on the portal, and carry its code
    FilePlace files;

    // Appends the <dossier> element with what was known at `until`. Precondition: it was received
    // by then. Everything that time does not change is the same whatever `until` is.
    void write(std::string& out, const Job& job, const Life& life, Moment until) const;
};

const Procedure& procedure_of(const Job& job, const World& world, const CatalogueYear& catalogue);

// "000.00.01.H22-190301-0001": agency, day of reception, serial of agency and day (TT 01/2018, art.
// 19).
std::string dossier_code(const Job& job, const Agencies& agencies);

// "000.00.00.G22-190228-0001": the portal, day of filing, serial of the year. "" if it was not born
// there. (An agency code of the portal's own; nothing public says how it numbers.)
std::string portal_code(const Job& job, const Life& life);

// The result of a dossier that ended well, as a file of the one-stop system.
struct ResultFile {
    std::string id;
    std::string name;
    std::string component;
    std::string url;
};
ResultFile result_file(const Job& job, const World& world, const CatalogueYear& catalogue);

}  // namespace dvcsync::year
