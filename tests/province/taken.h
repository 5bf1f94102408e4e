// What the province takes out of its inbox: folders with submission.xml and the files that it
// names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/province/days.h"

namespace dvcsync::year {

struct Taken {
    std::string code;
    int revision = 0;
    std::string kind;
    Moment filed = never;  // when it arrived, where the portal does not say
    std::string procedure;
    std::string agency;
    std::string agency_name;
    std::string account;
    std::uint64_t files = 0;
};

// Moves every folder of <inbox>/new to <inbox>/taken, after a look at it: submission.xml says what
// its folder's files are, so each must be there with that size and SHA-256, and no other. Config
// error naming the folder at the first that is not so; it stays in new/.
Status take_submissions(const std::filesystem::path& inbox);

// All that was ever taken, read again: by code, revisions in order. Config error if a revision is
// there twice or cannot be read.
Result<std::map<std::string, std::vector<Taken>>> taken_submissions(
    const std::filesystem::path& inbox);

}  // namespace dvcsync::year
