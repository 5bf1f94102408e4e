// The 19 departments of the provincial centre, the 11 districts and their communes, as units that
// receive dossiers, from mappings/codes/agencies.csv. Immutable after load.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "connector/base/error.h"
#include "tests/province/catalogue.h"

namespace dvcsync::year {

struct Agency {
    std::string code;
    std::string name;
    Level level{};
    std::string department;    // centre only: short name, as in procedures.csv
    std::size_t parent = 0;    // commune: its district's index; others: own index
    double weight = 1;         // share of the dossiers of its level
    double late = 1;           // how prone to be late, 1 = usual
    std::string commune_code;  // communes only: administrative unit
    std::string place;         // communes and districts: name of the territory
};

struct Agencies {
    std::vector<Agency> list;  // centre, districts, communes
    std::string province_code;
    std::string province_name;

    // Reads <codes>/agencies.csv, <data>/departments.csv and <data>/communes.csv.
    static Result<Agencies> load(const std::filesystem::path& codes,
                                 const std::filesystem::path& data);
    // Index of the department with this short name; 0 if there is none.
    std::size_t department(std::string_view short_name) const;
};

}  // namespace dvcsync::year
