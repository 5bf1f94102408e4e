// What the portal's contract says of the documents it takes: mappings/contract/*.xml. Only lint
// reads it. Internal to the module.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "connector/mapping/plan.h"

namespace dvcsync::mapping {

struct ContractMember {
    enum class Kind { Text, Number, Bool, Date, List, Object };

    Kind kind = Kind::Text;
    std::string name;
    bool required = false;
    std::size_t max = 0;                // code points; 0: not known
    std::string form;                   // Date: its pattern; "": not known
    std::vector<std::string> values;    // that it may have besides ""; none: not known
    std::string mark;                   // how sure it is: O, S, 1, A
    std::vector<std::string> profiles;  // that know it; none: all
    std::vector<ContractMember> children;

    bool is_known_by(std::string_view profile) const;
};

struct ContractDocument {
    std::string operation;  // or
    std::string answers;
    bool known = false;   // for what the portal knows already
    std::string section;  // of the contract
    std::vector<ContractMember> members;
};

struct Contract {
    std::string file;
    std::vector<std::string> profiles;
    std::vector<ContractDocument> documents;

    const ContractDocument* find(const PlanData& plan) const;
};

// Every file of the folder, in the order of their names; no folder, no contract.
std::vector<Contract> load_contracts(const std::filesystem::path& folder, Faults& faults);

}  // namespace dvcsync::mapping
