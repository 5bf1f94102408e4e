// The working-day calendar (data with dates of effect, from mappings/codes/calendar.csv).
//
// Saturday and Sunday rest; the file adds days off (statutory, compensatory, exchanged) and
// Saturdays that are worked in exchange, and days that rest every year from a first one on. Source
// of the rule: Labour Code art. 112, and the yearly notices that each row of the file names.
// Immutable after load, so safe to share between threads.
#pragma once

#include <filesystem>
#include <map>
#include <unordered_map>
#include <utility>

#include "connector/base/time.h"

namespace dvcsync {

class WorkCalendar {
  public:
    // CSV with a header `date,kind,name,basis`. kind: `off` or `worked` (that day), or `yearly`:
    // that day and the same day of every later year is off, unless a row of its own says otherwise.
    // Faults name file and line.
    static Result<WorkCalendar> load(const std::filesystem::path& file);

    bool is_working(Date date) const;
    // The day `days` working days after `date` (before it, if negative); day 0 is `date` itself,
    // working or not. Counts at most limits::max_working_days either way.
    Date add_working_days(Date date, int days) const;
    // Working days in (from, to]; negative if `to` is before `from`.
    int working_days_between(Date from, Date to) const;

  private:
    std::unordered_map<std::int64_t, bool> exceptions_;     // days since 1970 → worked
    std::map<std::pair<unsigned, unsigned>, Date> yearly_;  // month and day → first day off
};

}  // namespace dvcsync
