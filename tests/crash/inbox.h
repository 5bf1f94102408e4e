// What the citizens of a lane's portal have filed, and what of it the province has.
#pragma once

#include <string>

#include "tests/crash/lane.h"

namespace crash {

// Everything that was filed has come out at the portal, was told to the province, was confirmed by
// it, and lies in its inbox, as far as can be seen at once.
bool all_is_in(const Lane& lane);

// The inbox, a line for each revision: code, revision, kind, digests of its files. Throws
// std::runtime_error unless it is exactly what the citizens filed: each deed once, in its order,
// its files with the bytes that the citizen has, and nothing of it lies anywhere on the way.
std::string inbox_of(const Lane& lane);

}  // namespace crash
