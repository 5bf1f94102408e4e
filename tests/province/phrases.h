// The Vietnamese sentences and word lists of the records, by group, from data/phrases.csv. Text
// lives in data so that it can be read and mended by people who do not read C++. Immutable after
// load.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::year {

using Words = std::vector<std::string>;

class Phrases {
  public:
    // Config error if a group that the generator uses is missing or empty.
    static Result<Phrases> load(const std::filesystem::path& file);
    // Precondition: one of the groups that load() demands.
    const Words& operator[](std::string_view group) const { return groups_.find(group)->second; }
    const std::string& first(std::string_view group) const { return (*this)[group].front(); }

  private:
    std::map<std::string, Words, std::less<>> groups_;
};

// Canonical decomposition (NFD): half of the systems in the field write it.
std::string nfd(std::string_view text);
// The first `count` code points.
std::string_view leading(std::string_view text, std::size_t count);
// `pattern` with every `name` replaced by `value`.
std::string replaced(std::string pattern, std::string_view name, std::string_view value);

}  // namespace dvcsync::year
