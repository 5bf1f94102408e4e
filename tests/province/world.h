// Everything the generator reads from files, loaded once. Immutable, thread-safe.
#pragma once

#include <filesystem>

#include "tests/province/agencies.h"
#include "tests/province/catalogue.h"
#include "tests/province/days.h"
#include "tests/province/figures.h"
#include "tests/province/people.h"
#include "tests/province/phrases.h"

namespace dvcsync::year {

struct World {
    Phrases phrases;
    Catalogue catalogue;
    Agencies agencies;
    People people;
    WorkingDays calendar;
    Figures published;

    // `project` is the folder that holds mappings/codes and tests/province/data.
    static Result<World> load(const std::filesystem::path& project);
};

}  // namespace dvcsync::year
