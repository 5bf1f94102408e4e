// The trail of a lane at rest.
#pragma once

#include "tests/crash/lane.h"

namespace crash {

// Throws std::runtime_error if the trail has a gap, or tells less or more than the items of the
// ledger: what was delivered since the trail began has its entry, with an exchange that is there.
void check_trail(const Lane& lane);

}  // namespace crash
