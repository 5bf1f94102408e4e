// Which canonical names make up the Summary of a record. Internal to the module.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connector/mapping/condition.h"

namespace dvcsync::mapping {

struct SummaryRules {
    struct Text {
        std::string Summary::*into;
        Ref from;
        bool required = false;
        std::optional<ListRef> last;  // `from` of this list's last member
    };
    struct Date {
        std::optional<LocalTime> Summary::*into;
        Ref from;
        bool required = false;
    };
    struct Flag {
        bool Summary::*into;
        Test test;
    };
    // A date of the record, or of each member of a list.
    struct Moment {
        std::optional<ListRef> list;
        Ref date;
    };
    std::vector<Text> texts;
    std::vector<Date> dates;
    std::vector<Flag> flags;
    std::vector<Moment> event;
    std::optional<ListRef> steps;
};

// Reads <summary>; faults go to the file.
SummaryRules load_summary(DataFile& file, pugi::xml_node node, const Scopes& scopes);

}  // namespace dvcsync::mapping
