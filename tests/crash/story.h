// The life of a small province in scenes: in each, something has happened and a command is run that
// is cut off at the points it passes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/crash/lane.h"

namespace crash {

struct Scene {
    std::string name = {};
    std::function<void(Lane&)> prepare =
        {};  // what has happened before, in the rest of the last scene
    Command command = {};
    // Of the portal while the command runs; "": none. With faults the program's clock is fast.
    std::string faults = {};
};

const std::vector<Scene>& story();

}  // namespace crash
