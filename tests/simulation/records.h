// The XML of the simulated province's records, in the reference vocabulary. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dvcsync::simulation {

// What the portal's model finds in a document and holds against the sync core: the version of the
// record that it was made from (a note, or a procedure's name, ends in it), and whether the portal
// refuses it for good.
inline constexpr std::string_view refused_words = "not acceptable";
// A procedure that only the second set of mapping files knows.
inline constexpr std::string_view unmapped_procedure = "9.000009";

struct DossierText {
    std::string code;
    std::string portal_code;  // it was born there
    std::string agency;
    std::string procedure = "1.005129";
    int mark = 1;   // of everything that the portal is told
    int aside = 0;  // of what only the province knows
    std::string status = "received";
    bool refused = false;
    std::vector<int> steps;  // numbers; a step's text never changes
    int refused_step = 0;
    int day = 1;          // of March 2019, when it was received
    bool broken = false;  // its reception has no date
};
std::string xml_of(const DossierText& text);

struct ProcedureText {
    std::string code;
    int mark = 1;
    std::string state = "public";
    std::string action = "new";
    bool refused = false;
};
std::string xml_of(const ProcedureText& text);

}  // namespace dvcsync::simulation
