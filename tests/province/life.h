// The whole life of one dossier, from reception to the return of its result, with every moment at
// which it changes. What an export shows is this life cut off at the end of a day; so a later
// export can only add to an earlier one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/province/plan.h"
#include "tests/province/random.h"

namespace dvcsync::year {

struct Step {
    Moment at = never;
    Moment start = never;
    Day due = no_day;         // by regulation, in force at this step; no_day before reception
    std::string_view status;  // words of the vocabulary
    std::string_view kind;
    std::string person;
    std::string_view title;
    std::string_view unit;
    std::string_view content;
};

struct Supplement {
    Moment asked = never;
    Moment answered = never;
    Day due_before = no_day;
    Day due_after = no_day;
    std::string asked_by;
    std::string received_by;
    std::string_view content;
    std::string_view info;
    bool with_paper = false;
    bool with_fee = false;
};

struct Apology {
    Moment at = never;
    Day due_before = no_day;
    Day due_after = no_day;
    std::string number;
    std::string_view reason;
    std::string signer;
};

struct HandOver {
    std::size_t to = 0;  // in Agencies::list
    Moment sent = never;
    Moment back = never;
    std::string_view reason;
};

struct Life {
    Moment submitted = never;
    Moment received = never;
    Moment finished = never;
    Moment returned = never;
    bool by_post = false;  // the result is sent by post
    Day due = no_day;      // by regulation, at reception
    std::vector<Step> steps;
    std::vector<Supplement> supplements;
    std::vector<Apology> apologies;
    std::vector<HandOver> hand_overs;

    // Something in it changed after `since` and up to `until`.
    bool changed(Moment since, Moment until) const;
};

// Fills `life` (its storage is used again). Deterministic in seed and job. The text views point
// into `world`.
void live(std::uint64_t seed, const Job& job, const World& world, const CatalogueYear& catalogue,
          Life& life);

}  // namespace dvcsync::year
