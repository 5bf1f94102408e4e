// Writes the year as files: the catalogue before the year, one file for each decision, and the
// dossiers by day or month of reception. Deterministic: the same options give the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "tests/province/dossier_xml.h"
#include "tests/province/faults.h"
#include "tests/province/shape.h"
#include "tests/province/world.h"

namespace dvcsync::year {

struct Options {
    std::filesystem::path out;
    std::uint64_t seed = 2019;
    Day until = year_end;      // the state at the end of this day
    std::optional<Day> since;  // only records that changed after the end of this day
    bool by_month = false;
    std::uint64_t dossiers = 0;    // 0: as many as published
    std::uint64_t procedures = 0;  // 0: as many codes as published
    std::uint64_t faults = 0;      // bad records in addition
    Shape shape;                   // of which product the exports are
    FilePlace files;
    bool portal = false;  // what is handled online to its result was filed on the national portal
};

struct Summary {
    std::uint64_t files = 0;
    std::uint64_t dossiers = 0;
    std::uint64_t procedures = 0;
    std::uint64_t faults = 0;
    std::uint64_t bytes = 0;
    Figures wanted;  // what the whole year of these options counts to
};

// `progress` is called with the dossiers done and the total after each file; may be empty. Each
// file is written as name.part and renamed when complete. Config error if the options are
// impossible or a file cannot be written.
Result<Summary> generate(const World& world, const Options& options,
                         const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace dvcsync::year
