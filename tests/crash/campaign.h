// Plays the story, cuts it off at the points, and checks that it comes to the same rest.
#pragma once

#include <string>

#include "tests/crash/lane.h"

namespace crash {

struct Options {
    Programs programs;
    unsigned seed = 1;  // chooses the later occurrences
    long every = 0;     // each point's first so many occurrences in each scene; 0: its first one
                     // in the story and one by chance; of submissions: its first one in each scene
    std::string only;    // points whose names contain this
    unsigned lanes = 2;  // kills at once
};

// Tells on standard output what goes wrong, and in the end how many points and kills there were.
// True: every point was reached, and after every kill the province and its portal came to the rest
// of a run that was not cut off. Throws std::runtime_error where the test itself cannot go on.
bool kill_everywhere(const Options& options);

}  // namespace crash
