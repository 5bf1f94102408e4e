// What happens to the catalogue in the year: 46 decisions of the chairman that announce procedures
// as new, amended, replaced or abolished, each procedure at most once (NĐ 63/2010/NĐ-CP).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/province/catalogue.h"

namespace dvcsync::year {

enum class Action : std::uint8_t { New, Amended, Replaced, Abolished };
std::string_view word(Action action);  // word of the vocabulary

struct Decision {
    std::string id;
    std::string number;
    Day issued = no_day;
    Day effective = no_day;  // ≥ 5 working days after it was issued
    Day published = no_day;  // ≤ 5 working days after it was issued: the record changes on this day
};

// The catalogue figures of a year; slices keep the proportions.
struct CatalogueFigures {
    std::size_t created = 0, amended = 0, replaced = 0, abolished = 0;
    std::size_t published = 0;     // at the end of the year
    std::size_t inter_agency = 0;  // of those
    std::size_t decisions = 0;
    std::size_t codes() const { return published + abolished; }
};

// One procedure of the year: its place in the catalogue and what is decided about it.
struct ProcedureYear {
    std::size_t procedure = 0;  // in Catalogue::procedures
    bool inter_agency = false;
    bool touched = false;
    Action action{};           // if touched
    std::size_t decision = 0;  // if touched: in CatalogueYear::decisions
    bool existed = true;       // published before the year
    Action before_action{};    // if existed: New or Amended
    std::size_t before = 0;    // if existed: in CatalogueYear::earlier
    // Dossiers are received under it from the first day (included) to the last (excluded).
    Day open_from = no_day;
    Day open_until = no_day;

    bool open(Day day) const { return open_from <= day && day < open_until; }
};

struct CatalogueYear {
    std::vector<Decision> decisions;  // by date of issue
    std::vector<Decision> earlier;    // those that published the catalogue before the year
    std::vector<ProcedureYear> procedures;
};

// Deterministic in `seed`. Config error if the catalogue holds fewer codes than the figures need.
Result<CatalogueYear> plan_catalogue(std::uint64_t seed, const CatalogueFigures& figures,
                                     const Catalogue& catalogue, const WorkingDays& calendar);

}  // namespace dvcsync::year
