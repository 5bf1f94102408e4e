// The rules of lint over what was loaded. Internal to the module.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "connector/mapping/contract.h"
#include "connector/mapping/lint.h"
#include "connector/mapping/set_data.h"

namespace dvcsync::mapping {

// Findings of all pairs: the same one is kept once.
class Findings {
  public:
    void fault(std::string_view file, std::size_t line, std::string text);
    void warning(std::string_view file, std::size_t line, std::string text);
    void line(std::string text);  // of loading, with its place
    // A row of a code table that a pair could use: one that no pair can use is told at the end.
    void row(const CodeTable& table, const std::string& word, std::size_t line, bool is_used);
    std::vector<Finding> take();

  private:
    struct Place {
        std::string file;
        std::size_t line;
        auto operator<=>(const Place&) const = default;
    };
    void add(bool is_fault, std::string_view file, std::size_t line, std::string text);

    std::vector<Finding> loading_;
    std::set<std::string> loading_seen_;
    std::map<std::pair<Place, std::string>, bool> found_;
    std::map<std::pair<Place, std::string>, bool> rows_;  // whether some pair uses it
};

// Parts of files with faults are left out of `parts` before.
void lint_plans(const SetParts& parts, Findings& findings);
// Definitions that nothing uses; only if the whole pair was loaded without a fault.
void lint_definitions(const SetParts& parts, Findings& findings);
void lint_contract(const PlanData& plan, std::string_view profile,
                   const std::vector<Contract>& contracts, Findings& findings);
// A CSV file of code tables, whoever uses it.
void lint_table(const std::filesystem::path& file, bool is_loaded, Findings& findings);

}  // namespace dvcsync::mapping
