// The small province of the crash test: records written as its one-stop system would. No person in
// it exists.
#pragma once

#include <string>
#include <vector>

namespace crash {

struct Dossier {
    int number = 0;
    std::string status = "processing";
    int steps = 2;
    int edition = 1;             // a change that the portal is told of
    std::string procedure = {};  // local code; "": one that the portal knows, by number
    bool received = true;        // false: cannot be read, so intake parks it
    bool ends_early = false;     // finished before it was received: the portal refuses it
    bool steps_back = false;     // its second step is older than its first: the portal refuses that
    std::string portal_code = {};  // born on the portal, which does not take it as a new one
};
// Dossiers are numbered from 1 to this.
inline constexpr int last_dossier = 60;

struct Procedure {
    std::string code = {};
    std::string state = "public";
    std::string action = "new";
    int edition = 1;
};

// What the province says of a submission, one event a day.
struct Answer {
    std::string portal_code;
    std::string code;                   // of its dossier; "": it has none
    std::vector<std::string> statuses;  // at most most_events
};
inline constexpr unsigned most_events = 3;

std::string dossier_code(int number);
// National codes of the procedures of this province.
const std::vector<std::string>& procedure_codes();

// One export file. `made` is its date-time as the root element says it.
std::string export_xml(const std::string& made, const std::vector<Procedure>& procedures,
                       const std::vector<Dossier>& dossiers,
                       const std::vector<Answer>& answers = {});

}  // namespace crash
