// Plays the one-stop product towards the portal's submissions: takes them out of the inbox and
// answers them in a file for the drop folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/province/shape.h"
#include "tests/province/world.h"

namespace dvcsync::year {

struct AnswerOptions {
    std::filesystem::path inbox;  // holds new/ and taken/
    std::filesystem::path drop;   // holds in/
    Day until = year_end;         // the lives of the year's dossiers are told up to this day
    std::uint64_t seed = 2019;
    std::uint64_t dossiers = 0;
    std::uint64_t procedures = 0;
    Shape shape;              // of which product the exports are
    double refuse = 0.1;      // chances for a submission that is not of the year
    double supplement = 0.1;  // to be wanted
};

struct AnswerSummary {
    std::uint64_t submissions = 0;  // taken, ever: each code once
    std::uint64_t revisions = 0;    // of them
    std::uint64_t files = 0;        // of those
    std::uint64_t answered = 0;     // submissions with an event or more
    std::uint64_t events = 0;
    std::string file;  // written; "": there was nothing to tell
};
std::string as_json(const AnswerSummary& summary);  // one object

// Takes what is in new/, then tells all that has happened so far to everything that was ever taken:
// so running it again tells the same again, and a run that was cut off is made good by the next.
// A submission of the year gets the code and the life of its dossier; any other is accepted,
// refused or sent back for a supplement, as its code and the seed have it. Config error if a
// submission is not what its XML says, or a folder cannot be used.
Result<AnswerSummary> answer(const World& world, const AnswerOptions& options);

}  // namespace dvcsync::year
