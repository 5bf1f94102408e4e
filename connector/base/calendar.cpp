#include "connector/base/calendar.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/csv.h"
#include "connector/base/limits.h"

namespace dvcsync {

using std::chrono::days;
using std::chrono::sys_days;

Result<WorkCalendar> WorkCalendar::load(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(table, read_csv(file, {"date", "kind", "name", "basis"}));
    WorkCalendar calendar;
    for (const CsvRow& row : table.rows) {
        const auto bad = [&](std::string_view why) {
            return fail(ErrorKind::Config, fmt::format("{}:{}: {}", file.string(), row.line, why));
        };
        const auto date = parse_iso_date(row.cells[0]);
        if (!date) return bad("date must be a real day written yyyy-MM-dd");
        const std::string& kind = row.cells[1];
        if (kind == "yearly") {
            const auto day = std::pair(unsigned(date->month()), unsigned(date->day()));
            // 29 February would rest in some years only; nobody means that.
            if (day == std::pair(2u, 29u)) return bad("29 February cannot be yearly");
            if (!calendar.yearly_.emplace(day, *date).second)
                return bad("this day of the year comes twice as yearly");
            continue;
        }
        if (kind != "off" && kind != "worked") return bad("kind must be off, worked or yearly");
        const auto key = sys_days{*date}.time_since_epoch().count();
        if (!calendar.exceptions_.emplace(key, kind == "worked").second)
            return bad("the day " + iso_date(*date) + " comes twice");
    }
    return calendar;
}

bool WorkCalendar::is_working(Date date) const {
    const sys_days day{date};
    const auto found = exceptions_.find(day.time_since_epoch().count());
    if (found != exceptions_.end()) return found->second;
    const auto yearly = yearly_.find({unsigned(date.month()), unsigned(date.day())});
    if (yearly != yearly_.end() && yearly->second <= date) return false;
    return std::chrono::weekday{day}.iso_encoding() <= 5;
}

Date WorkCalendar::add_working_days(Date date, int count) const {
    count = std::clamp(count, -limits::max_working_days, limits::max_working_days);
    const days step{count < 0 ? -1 : 1};
    sys_days day{date};
    for (int left = std::abs(count); left > 0;) {
        day += step;
        if (is_working(day)) --left;
    }
    return day;
}

int WorkCalendar::working_days_between(Date from, Date to) const {
    if (sys_days{to} < sys_days{from}) return -working_days_between(to, from);
    int count = 0;
    for (sys_days day = sys_days{from} + days{1}; day <= sys_days{to}; day += days{1})
        if (is_working(day)) ++count;
    return count;
}

}  // namespace dvcsync
