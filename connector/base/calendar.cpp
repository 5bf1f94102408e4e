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
        if (kind != "off" && kind != "worked") return bad("kind must be off or worked");
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
