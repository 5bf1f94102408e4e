#include "tests/province/days.h"

namespace dvcsync::year {

using std::chrono::days;
using std::chrono::sys_days;

Day day_of(Date date) {
    return static_cast<Day>(sys_days{date}.time_since_epoch().count());
}

Day day_of(int year, unsigned month, unsigned day) {
    return day_of(std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day});
}

Date date_of(Day day) {
    return sys_days{days{day}};
}

namespace {

void append_two(std::string& out, unsigned value) {
    out += static_cast<char>('0' + value / 10);
    out += static_cast<char>('0' + value % 10);
}

}  // namespace

void append_date(std::string& out, Day day) {
    const Date date = date_of(day);
    append_two(out, unsigned(date.day()));
    out += '/';
    append_two(out, unsigned(date.month()));
    out += '/';
    const int year = int(date.year());
    append_two(out, static_cast<unsigned>(year / 100));
    append_two(out, static_cast<unsigned>(year % 100));
}

void append_moment(std::string& out, Moment at) {
    append_date(out, day_of(at));
    const auto second = static_cast<unsigned>(at % 86'400);
    out += ' ';
    append_two(out, second / 3'600);
    out += ':';
    append_two(out, second / 60 % 60);
    out += ':';
    append_two(out, second % 60);
}

Result<WorkingDays> WorkingDays::load(const std::filesystem::path& calendar_csv) {
    DVC_TRY_ASSIGN(calendar, WorkCalendar::load(calendar_csv));
    WorkingDays table;
    table.first_ = day_of(2018, 1, 1);
    const Day last = day_of(2022, 12, 31);
    for (Day day = table.first_; day <= last; ++day) {
        if (day > table.first_ && calendar.is_working(date_of(day))) table.list_.push_back(day);
        table.upto_.push_back(static_cast<int>(table.list_.size()));
    }
    return table;
}

Day WorkingDays::add(Day day, int n) const {
    if (n == 0) return day;
    const int index = n > 0 ? upto(day) + n - 1 : upto(day - 1) + n;
    return list_[static_cast<std::size_t>(index)];
}

}  // namespace dvcsync::year
