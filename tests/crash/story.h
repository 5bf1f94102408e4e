// The life of a small province in scenes: in each, something has happened and a command is run that
// is cut off at the points it passes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/crash/lane.h"

namespace crash {

// Serves the portal's callbacks until everything is in; other commands end by themselves.
inline const Command serve{"serve"};

struct Scene {
    std::string name = {};
    std::function<void(Lane&)> prepare =
        {};  // what has happened before, in the rest of the last scene
    Command command = {};
    // Of the portal while the command runs; "": none.
    std::string faults = {};
    bool fast = false;  // so is the program's clock meanwhile
    // What citizens file just before the command, or once it listens; "": nothing. (Not in
    // `prepare`: where their files lie is for each lane its own portal.)
    std::string citizens = {};
};

const std::vector<Scene>& story();

}  // namespace crash
