// The figures of a year that are published, exported and received: one list of names for all three.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "connector/base/error.h"
#include "tests/province/catalogue_year.h"

namespace dvcsync::year {

struct Figures {
    std::uint64_t received = 0;
    std::uint64_t due = 0;                // appointment by regulation inside the year
    std::uint64_t early = 0;              // of those: finished before that day
    std::uint64_t on_time = 0;            // on it
    std::uint64_t late = 0;               // after it, or open at the end of the year with it passed
    std::uint64_t late_with_apology = 0;  // of those: with an apology and a later appointment
    std::uint64_t online_to_result = 0;
    std::uint64_t decisions = 0;
    std::uint64_t procedures_new = 0;
    std::uint64_t procedures_amended = 0;
    std::uint64_t procedures_replaced = 0;
    std::uint64_t procedures_abolished = 0;
    std::uint64_t published = 0;     // at the end of the year
    std::uint64_t inter_agency = 0;  // of those
    std::uint64_t central_agencies = 0;
    std::uint64_t districts = 0;
    std::uint64_t communes = 0;

    bool operator==(const Figures&) const = default;
};

struct FigureName {
    std::string_view name;
    std::uint64_t Figures::*member;
};
inline constexpr std::array figure_names{
    FigureName{"received", &Figures::received},
    FigureName{"due", &Figures::due},
    FigureName{"early", &Figures::early},
    FigureName{"on_time", &Figures::on_time},
    FigureName{"late", &Figures::late},
    FigureName{"late_with_apology", &Figures::late_with_apology},
    FigureName{"online_to_result", &Figures::online_to_result},
    FigureName{"decisions", &Figures::decisions},
    FigureName{"procedures_new", &Figures::procedures_new},
    FigureName{"procedures_amended", &Figures::procedures_amended},
    FigureName{"procedures_replaced", &Figures::procedures_replaced},
    FigureName{"procedures_abolished", &Figures::procedures_abolished},
    FigureName{"published", &Figures::published},
    FigureName{"inter_agency", &Figures::inter_agency},
    FigureName{"central_agencies", &Figures::central_agencies},
    FigureName{"districts", &Figures::districts},
    FigureName{"communes", &Figures::communes},
};

// The published figures from data/published-2019.csv. Config error if one is missing or not a
// number.
Result<Figures> published_figures(const std::filesystem::path& file);

std::string as_json(const Figures& figures);   // one object
std::string as_lines(const Figures& figures);  // name and value, aligned

// A slice of the year with the same shape: `dossiers` received, `procedures` codes in the
// catalogue. For the full numbers the published figures themselves.
Figures sliced(const Figures& full, std::uint64_t dossiers, std::uint64_t procedures);
CatalogueFigures catalogue_part(const Figures& figures);

}  // namespace dvcsync::year
