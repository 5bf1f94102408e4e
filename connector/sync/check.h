// `dvcsync check`: is everything in place, before anything is sent?
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "connector/base/time.h"
#include "connector/mapping/mapping.h"
#include "connector/portal/portal.h"

namespace dvcsync::sync {

enum class Light { Green, Yellow, Red };

struct Finding {
    Light light = Light::Green;
    std::string
        subject;  // "configuration", "mappings", "certificates", "source", "ledger", "portal", …
    std::string text;  // what was seen, and what to do where it is not green
};

// Tests configuration, mappings, certificates (days left), source, what submissions need, ledger
// and a login at the portal; signs what the trail holds. Goes on after a fault as far as the parts
// do not depend on one another. Changes nothing but the ledger's schema, the staging folder, and
// the sign of life that a login is.
std::vector<Finding> check(const std::filesystem::path& config_file, Clock& clock);

// A certificate warns this many days before it ends.
inline constexpr int certificate_warning_days = 30;

// The finding about one certificate. Pure.
Finding certificate_finding(std::string_view what, const std::string& file, UtcTime not_after,
                            UtcTime now);

// What profile.xml names and no mapping file makes: readings of what comes in, answers to
// questions. A line each.
std::vector<std::string> missing_files(const portal::Profile& profile,
                                       const mapping::MappingSet& mappings);

// Some document of the operation names files by what the portal took them as.
bool names_files(const mapping::MappingSet& mappings, Operation operation);

// Why an operation cannot go out although profile and mappings are each right; "": it can.
std::string misfit(const portal::Profile& profile, const mapping::MappingSet& mappings,
                   Operation operation);

}  // namespace dvcsync::sync
