// The dossiers of the year that are born on the portal, as a list of what citizens file there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "tests/province/world.h"

namespace dvcsync::year {

struct SubmissionOptions {
    std::filesystem::path out;
    std::uint64_t seed = 2019;
    Day until = year_end;      // filed by the end of this day
    std::optional<Day> since;  // and after the end of this one
    std::uint64_t dossiers = 0;
    std::uint64_t procedures = 0;
};

// Writes lines "code,procedure,agency,filed" (yyyyMMddHHmmss) below that header; how many. Config
// error if the options are impossible or the file cannot be written.
Result<std::uint64_t> write_submissions(const World& world, const SubmissionOptions& options);

}  // namespace dvcsync::year
