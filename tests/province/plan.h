// The plan of a year: for each dossier when, where and under which procedure it was received, what
// its appointment is, and how it ends. Small (about 100 bytes a dossier); everything else of a
// dossier is made from its plan and its number when it is written, so that memory stays flat.
//
// The figures are exact by construction: appointments are moved between the years until their count
// is right, then the outcomes are drawn without replacement.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tests/province/catalogue_year.h"
#include "tests/province/world.h"

namespace dvcsync::year {

enum class Outcome : std::uint8_t { Early, OnTime, Late };
enum class Ending : std::uint8_t { Done, Rejected, Withdrawn, Stopped };
enum class Online : std::uint8_t { No, Paper, Complete };  // Paper: filed online, result on paper

// A supplement request: the appointment moves by the working days between the two.
struct Pause {
    Day asked = no_day;
    Day answered = no_day;  // no_day: never
};

struct Job {
    std::uint64_t id = 0;  // its place in the draw; seeds its details
    Day received = no_day;
    int second = 0;  // of the day
    std::uint32_t agency = 0;
    std::uint32_t procedure = 0;      // in CatalogueYear::procedures
    std::uint32_t serial = 0;         // of the agency and day, from 1
    std::uint32_t portal_serial = 0;  // of the year, from 1; 0: not born on the portal
    Day due = no_day;                 // by regulation, at reception
    Day legal = no_day;               // by regulation, after every answered pause
    std::array<Pause, 2> pauses{};
    std::uint8_t pause_count = 0;
    Outcome outcome{};
    Ending ending{};
    Online online{};
    Day finished = no_day;  // may lie after the year
};

// Jobs in the order of reception. Config error if the figures cannot be reached.
Result<std::vector<Job>> plan_year(std::uint64_t seed, const Figures& figures, const World& world,
                                   const CatalogueYear& catalogue);

// The whole year of a seed, or a slice of the same shape; 0: as many as published. Config error if
// such a year cannot be.
struct Year {
    Figures figures;
    CatalogueYear catalogue;
    std::vector<Job> jobs;
};
Result<Year> draw_year(std::uint64_t seed, std::uint64_t dossiers, std::uint64_t procedures,
                       const World& world);

// The stages of plan_year, in order.
std::vector<Job> draw_receptions(std::uint64_t seed, std::size_t count,
                                 const WorkingDays& calendar);
Status draw_procedures(std::uint64_t seed, std::vector<Job>& jobs, std::size_t due_in_year,
                       const World& world, const CatalogueYear& catalogue);
Status draw_outcomes(std::uint64_t seed, std::vector<Job>& jobs, const Figures& figures,
                     const World& world, const CatalogueYear& catalogue);

}  // namespace dvcsync::year
