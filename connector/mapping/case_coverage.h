// Which fields and codes of mappings some case has touched. Internal to the module.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "connector/mapping/cases.h"
#include "connector/mapping/explain.h"
#include "connector/mapping/plan.h"
#include "connector/mapping/reading_data.h"

namespace dvcsync::mapping {

class Coverage {
  public:
    // A mapping that has a case: from now on its fields and codes count.
    void add(const PlanData& plan);
    void note(const Explanation& told);
    // The same of a reading: what its rules have read.
    void add(const ReadingData& reading);
    void note(const ReadingData& reading, const Written& record);
    void tell(CaseReport& report) const;

  private:
    struct Entry {
        std::string name;
        bool is_touched = false;
    };
    // File, line and what stands there: several may stand on one line.
    using Place = std::tuple<std::string, std::size_t, std::string>;
    using Entries = std::map<Place, Entry>;

    void add(const std::string& file, const std::vector<Node>& nodes, const std::string& around);
    void add(const std::string& file, const std::vector<ReadRule>& rules,
             const std::string& around);
    void note(const std::string& file, const std::vector<ReadRule>& rules, const Written& record);
    static void touch(Entries& entries, const std::string& place, std::string_view what);

    Entries fields_;
    Entries codes_;
};

}  // namespace dvcsync::mapping
