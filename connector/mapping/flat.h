// JSON and XML as flat lists of places and values, to be compared member by member. Internal to
// the module.
#pragma once

#include <map>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "connector/mapping/json.h"

namespace dvcsync::mapping {

using Flat = std::map<std::string, std::string>;  // "Papers[2].Name" → its value

// The order of members does not count, that of list members does; "1" and 1 differ.
Flat flat(const JsonValue& value);
// White space between elements does not count.
Flat flat(pugi::xml_node element);

// The places where they differ, in order.
std::vector<std::string> differing_places(const Flat& one, const Flat& other);
// One line for each place where they differ; empty: they do not.
std::vector<std::string> differences(const Flat& expected, const Flat& found);

}  // namespace dvcsync::mapping
