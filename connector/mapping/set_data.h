// The parts of a mapping set while it is made, for whoever needs more than a working whole: lint
// looks at what is right even where other files are wrong. Internal to the module.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "connector/mapping/reading_data.h"
#include "connector/mapping/record.h"

namespace dvcsync::mapping {

struct SetParts {
    std::filesystem::path folder;  // of the profile; what it stands on lies in another
    std::shared_ptr<const VocabularyData> vocabulary;  // nullptr: its file is of no use
    std::vector<std::shared_ptr<const PlanData>> plans;
    std::vector<std::shared_ptr<const ReadingData>> readings;
    Definitions shared;  // of the profile's <shared> files
    std::set<std::filesystem::path> read;
};

// Precondition: both are plain names. Parts whose file has a fault may be incomplete.
SetParts load_parts(const std::filesystem::path& dir, std::string_view vocabulary,
                    std::string_view profile, Faults& faults);
// The folder of a profile and those of the profiles that it stands on, the nearest first.
std::vector<std::filesystem::path> profile_folders(const std::filesystem::path& folder,
                                                   Faults& faults);
// A name of a file or folder below another: not empty, not hidden, no path.
bool is_plain_name(std::string_view name);

// What the public handles hold.
class Inside {
  public:
    static const RecordData& of(const Record& record) { return *record.data_; }
    static const PlanData& of(const Plan& plan) { return *plan.data_; }
    static const ReadingData& of(const Reading& reading) { return *reading.data_; }
};

}  // namespace dvcsync::mapping
