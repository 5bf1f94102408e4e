// Days and seconds of the generated year as plain numbers, and the working days around it.
//
// A day is the count of days since 1970-01-01 in Vietnam; a moment is seconds since then on the
// Vietnam wall clock. Plain numbers because a year holds millions of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "connector/base/calendar.h"

namespace dvcsync::year {

using Day = int;
using Moment = std::int64_t;

inline constexpr Moment never = std::numeric_limits<Moment>::max();
inline constexpr Day no_day = 0;

Day day_of(int year, unsigned month, unsigned day);
Day day_of(Date date);
Date date_of(Day day);
inline Moment moment(Day day, int second) {
    return Moment{day} * 86'400 + second;
}
inline Day day_of(Moment at) {
    return static_cast<Day>(at / 86'400);
}
inline Moment end_of(Day day) {
    return moment(day, 86'399);
}

inline const Day year_begin = day_of(2019, 1, 1);
inline const Day year_end = day_of(2019, 12, 31);

// Appends dd/MM/yyyy and dd/MM/yyyy HH:mm:ss, the forms of the vocabulary.
void append_date(std::string& out, Day day);
void append_moment(std::string& out, Moment at);

// WorkCalendar of the connector as a table over 2018–2022, so that each question costs one look-up.
// Days outside the table are a bug of the generator. Immutable, thread-safe.
class WorkingDays {
  public:
    static Result<WorkingDays> load(const std::filesystem::path& calendar_csv);

    bool working(Day day) const { return upto(day) != upto(day - 1); }
    // The n-th working day after `day` (before it if n < 0); the day itself if n is 0.
    Day add(Day day, int n) const;
    // `day`, or the next working day if it is a day off.
    Day on_or_after(Day day) const { return working(day) ? day : add(day, 1); }
    // Working days in (from, to]; 0 if to is not later.
    int between(Day from, Day to) const { return to <= from ? 0 : upto(to) - upto(from); }

  private:
    int upto(Day day) const { return upto_[static_cast<std::size_t>(day - first_)]; }

    Day first_ = 0;
    std::vector<int> upto_;  // working days from first_ to this day
    std::vector<Day> list_;  // the working days in order
};

}  // namespace dvcsync::year
