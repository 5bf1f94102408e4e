// What the portal answers about its catalogue. Internal to the module; pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connector/portal/answer.h"

namespace dvcsync::portal {

Told<std::vector<std::string>> read_catalogue(const ProfileData& profile, const Reply& reply,
                                              UtcTime now);
Told<Holding> read_procedure(const ProfileData& profile, const Reply& reply, std::string_view code,
                             UtcTime now);

// What a profile without <catalogue> answers.
Outcome no_catalogue(const ProfileData& profile);

// The facts of a procedure: all values of a path, compared on NFC with blanks folded, in their
// order, joined by " | ". A fact whose outermost member is not there is absent.
std::map<std::string, std::string> facts_of(const CatalogueFetch& fetch, std::string_view document);

}  // namespace dvcsync::portal
