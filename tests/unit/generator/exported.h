// What the tests of the generator share: a loaded world, a folder that goes away, and the records
// of an export as it was written, read line by line and element by element.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/province/generate.h"

namespace dvcsync::year {

const World& test_world();

class TempFolder {
  public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    const std::filesystem::path path;
};

// The raw text of each <dossier> by its code; the newest if it comes twice.
std::map<std::string, std::string> raw_dossiers(const std::filesystem::path& folder);

// The leaves of a record below its own element: "steps/step/due" → texts in order, empty ones too.
struct ReadRecord {
    std::map<std::string, std::vector<std::string>> leaves;
    std::string one(const std::string& path) const;
    const std::vector<std::string>& all(const std::string& path) const;
};
// Calls take(record) for each record of `element` in each file, in order.
void each_record(const std::filesystem::path& folder, const std::string& element,
                 const std::function<void(const ReadRecord&)>& take);

// yyyyMMddHHmmss, so that texts compare like moments; "" stays "".
std::string sortable(const std::string& moment);

// Generates into `folder` and expects success.
Summary generated(const std::filesystem::path& folder, Options options);
Options slice(std::uint64_t dossiers);

}  // namespace dvcsync::year
