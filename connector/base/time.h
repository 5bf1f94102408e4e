// Instants, Vietnam wall-clock time and calendar dates, with the text forms of both borders.
//
// Inside the program every instant is UTC. Both borders (province, portal) speak Vietnam time,
// which has been UTC+7 without daylight saving since 13 June 1975; earlier instants are not
// represented.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync {

using Millis = std::chrono::milliseconds;
using UtcTime = std::chrono::sys_time<Millis>;                    // an instant
using LocalTime = std::chrono::local_time<std::chrono::seconds>;  // Vietnam wall clock
using Date = std::chrono::year_month_day;                         // Vietnam calendar day

LocalTime to_vietnam(UtcTime at);
UtcTime from_vietnam(LocalTime at);
Date date_of(LocalTime at);

// A text form of a date or date-time, given as a pattern of the letters yyyy MM dd HH mm ss SSS
// with anything else literal, e.g. "yyyyMMddHHmmss", "dd/MM/yyyy HH:mm:ss". A pattern is compiled
// once.
class TimeFormat {
  public:
    // Config error if the pattern has an unknown letter (T is literal, for ISO forms), a letter
    // twice or in another number, or lacks year, month or day. Fractions (SSS) are read and
    // dropped.
    static Result<TimeFormat> compile(std::string_view pattern);

    // Strict: the whole text, every digit present, a real calendar day, 00:00:00–23:59:59.
    // Surrounding blanks are not accepted. nullopt = not of this form.
    std::optional<LocalTime> parse(std::string_view text) const;
    std::string format(LocalTime at) const;
    const std::string& pattern() const { return pattern_; }

  private:
    struct Part {
        char letter;  // y M d H m s S, or 0 for literal text
        std::uint8_t width;
        std::string literal;
    };
    std::string pattern_;
    std::vector<Part> parts_;
};

// RFC 3339 forms for logs and the ledger: 2019-03-01T08:00:00.000Z and 2019-03-01T15:00:00+07:00.
std::string utc_text(UtcTime at);
std::string vietnam_text(UtcTime at);
// "2019-03-01"; nullopt if it is not a real day.
std::optional<Date> parse_iso_date(std::string_view text);
std::string iso_date(Date date);

// The clock and waiting come through this interface so that a seed can replay a run.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual UtcTime now() const = 0;
    // Monotonic, never jumps back; only differences mean anything.
    virtual std::chrono::nanoseconds steady() const = 0;
    virtual void sleep(Millis how_long) = 0;
};
Clock& system_clock();

}  // namespace dvcsync
