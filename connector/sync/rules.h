// The mapping files and the portal profile that are in force.
//
// A run loads them when it begins. A service holds them, looks at the folder now and then, and
// takes a changed set as a whole or not at all: what cannot be used leaves the old one in force.
// One thread at a time.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "connector/config/config.h"
#include "connector/mapping/mapping.h"
#include "connector/portal/portal.h"

namespace dvcsync::sync {

struct RuleSet {
    mapping::MappingSet mappings;
    portal::Profile profile;

    // Config error: every fault, with file and line.
    static Result<RuleSet> load(const config::Config& config);
};

class Rules {
  public:
    static Result<Rules> open(const config::Config& config);

    const RuleSet& set() const { return set_; }
    // Looks at the folder again. True: another set is in force now. A change is taken once two
    // looks have seen the same, so that nothing is read while it is being copied. Error: the files
    // cannot be used, and the set before them stays in force; the same again until they are mended.
    Result<bool> look();

  private:
    // Size and time of every file below the folder.
    using Seen = std::map<std::filesystem::path, std::pair<std::uintmax_t, std::int64_t>>;

    Rules(config::Config config, RuleSet set, Seen seen)
        : config_(std::move(config)), set_(std::move(set)), taken_(std::move(seen)) {}
    static Seen seen_in(const std::filesystem::path& folder);

    config::Config config_;
    RuleSet set_;
    Seen taken_;                   // as of set_
    std::optional<Seen> pending_;  // at the last look
    std::optional<Seen> failed_;   // as of trouble_
    std::string trouble_;
};

}  // namespace dvcsync::sync
