// Where every member of a national document came from. For people who write mappings; what it tells
// holds personal data, so it is shown to whoever has the record, and never logged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connector/mapping/mapping.h"

namespace dvcsync::mapping {

struct Origin {
    enum class Outcome { Written, Empty, LeftOut, Refused };

    std::string field;  // national member with its place: "Papers[2].Name"
    Outcome outcome = Outcome::Written;
    std::string value;   // as written, JSON
    std::string rule;    // "mappings/portal/x/dossier.xml:12"
    std::string name;    // canonical name; "": none, a constant or a condition
    std::string place;   // in the record's XML: "papers/paper[2]/name"
    std::string said;    // what the province wrote there
    std::string word;    // the canonical word that it means, if it is one
    std::string table;   // the code table that was asked: file:line where it is defined
    std::string row;     // its row: file:line
    std::string code;    // "1.005129 -> 1.005129", as in that row; without a row: the code that was
                         // looked for at last, without suffixes
    std::string valid;   // its days of effect; "": always
    std::string day;     // on which it was asked: "received 2019-03-01"; "": on no day
    std::string reason;  // of what is empty, left out or refused, and of a default
};

struct Explanation {
    std::vector<Origin> origins;  // in the order of the document
    tl::expected<std::vector<Document>, Refusal> result;
};

// Whether the plan is for records of this kind.
bool fits(const Plan& plan, const Record& record);

// Runs the plan and tells of every member. Slower than Plan::run, with the same result.
Explanation explain(const Plan& plan, const Record& record);

// Members in which two documents differ, "Papers[2].Name", in order; the order of members does not
// count. Documents that are not JSON differ as a whole: "".
std::vector<std::string> differing_members(std::string_view before, std::string_view after);

}  // namespace dvcsync::mapping
