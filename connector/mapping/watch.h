// Watching a plan while it runs: which rule made which member, and of what. Internal to the module.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/mapping/explain.h"
#include "connector/mapping/plan.h"

namespace dvcsync::mapping {

// A step into the document, from the outside in.
struct Step {
    const std::string* name;  // of the list or object
    std::uint32_t position;   // of the member; 0: an object
    const ListSpec* list;     // whose member it is in the record; nullptr: none
};

// "Papers[2].Name"; without a name, the innermost step.
std::string name_of(const std::vector<Step>& trail, std::string_view name);

// Is told of each member that a run makes, and of what it leaves out.
class Watch {
  public:
    static constexpr bool is_on = true;
    explicit Watch(const PlanData& plan) : plan_(plan) {}

    // `json`: the member as it was written; `faults`: those that it caused.
    void made(const Node& node, const std::vector<Step>& trail, Cursor& cursor,
              std::string_view json, std::span<const Fault> faults);
    void left_out(std::size_t line, std::string field, const Condition& because);

    std::vector<Origin> take() { return std::move(origins_); }

  private:
    Origin start(std::size_t line, std::string field) const;
    void explain_field(const Node& node, const std::vector<Step>& trail, Cursor& cursor,
                       Origin& origin) const;
    void explain_codes(const Node& node, Cursor& cursor, Origin& origin) const;

    const PlanData& plan_;
    std::vector<Origin> origins_;
};

// Plan::run, watched. Precondition: as there.
tl::expected<std::vector<Document>, Refusal> run_watched(const PlanData& plan,
                                                         const RecordData& record, Watch& watch);

}  // namespace dvcsync::mapping
