#include "connector/base/time.h"

#include <fmt/format.h>

#include <array>
#include <thread>

namespace dvcsync {
namespace {

using namespace std::chrono;

constexpr hours vietnam_offset{7};

struct Letter {
    char letter;
    std::uint8_t width;
};
constexpr std::array letters{Letter{'y', 4}, Letter{'M', 2}, Letter{'d', 2}, Letter{'H', 2},
                             Letter{'m', 2}, Letter{'s', 2}, Letter{'S', 3}};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Exactly `width` digits at the start of `text`, or nullopt.
std::optional<int> digits(std::string_view text, std::size_t width) {
    if (text.size() < width) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

// What a text form carries. The defaults stand for what a pattern leaves out.
struct Fields {
    int y = 0, M = 0, d = 0, H = 0, m = 0, s = 0, S = 0;

    int& at(char letter) {
        switch (letter) {
            case 'y':
                return y;
            case 'M':
                return M;
            case 'd':
                return d;
            case 'H':
                return H;
            case 'm':
                return m;
            case 's':
                return s;
            default:
                return S;
        }
    }
};

Fields fields_of(LocalTime at) {
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    return {int(date.year()),
            int(unsigned(date.month())),
            int(unsigned(date.day())),
            int(time.hours().count()),
            int(time.minutes().count()),
            int(time.seconds().count()),
            0};
}

std::string iso_text(LocalTime at, std::string_view tail) {
    const Fields f = fields_of(at);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}", f.y, f.M, f.d, f.H, f.m, f.s, tail);
}

class SystemClock final : public Clock {
  public:
    UtcTime now() const override { return floor<milliseconds>(std::chrono::system_clock::now()); }
    nanoseconds steady() const override { return steady_clock::now().time_since_epoch(); }
    void sleep(Millis how_long) override { std::this_thread::sleep_for(how_long); }
};

}  // namespace

LocalTime to_vietnam(UtcTime at) {
    return LocalTime{floor<seconds>(at.time_since_epoch()) + vietnam_offset};
}

UtcTime from_vietnam(LocalTime at) {
    return UtcTime{at.time_since_epoch() - vietnam_offset};
}

Date date_of(LocalTime at) {
    return Date{floor<days>(at)};
}

Result<TimeFormat> TimeFormat::compile(std::string_view pattern) {
    const auto bad = [&](std::string_view why) {
        return fail(ErrorKind::Config,
                    fmt::format("time pattern \"{}\": {}; use yyyy MM dd HH mm ss SSS, each once",
                                pattern, why));
    };
    TimeFormat format;
    format.pattern_ = pattern;
    std::string seen;
    for (std::size_t i = 0; i < pattern.size();) {
        const char c = pattern[i];
        if (!is_letter(c) || c == 'T') {
            if (format.parts_.empty() || format.parts_.back().letter != 0)
                format.parts_.push_back({0, 0, {}});
            format.parts_.back().literal += c;
            ++i;
            continue;
        }
        std::size_t count = 1;
        while (i + count < pattern.size() && pattern[i + count] == c)
            ++count;
        std::uint8_t width = 0;
        for (const Letter& known : letters)
            if (known.letter == c) width = known.width;
        if (width == 0) return bad(fmt::format("unknown letter '{}'", c));
        if (count != width) return bad(fmt::format("'{}' must stand {} times", c, width));
        if (seen.find(c) != std::string::npos) return bad(fmt::format("'{}' comes twice", c));
        seen += c;
        format.parts_.push_back({c, width, {}});
        i += count;
    }
    for (const char needed : {'y', 'M', 'd'})
        if (seen.find(needed) == std::string::npos) return bad("year, month or day is missing");
    return format;
}

std::optional<LocalTime> TimeFormat::parse(std::string_view text) const {
    Fields f;
    for (const Part& part : parts_) {
        if (part.letter == 0) {
            if (!text.starts_with(part.literal)) return std::nullopt;
            text.remove_prefix(part.literal.size());
            continue;
        }
        const auto value = digits(text, part.width);
        if (!value) return std::nullopt;
        f.at(part.letter) = *value;
        text.remove_prefix(part.width);
    }
    const Date date{year{f.y}, month(unsigned(f.M)), day(unsigned(f.d))};
    // The calendar knows no year 0; systems write it for "never".
    if (!text.empty() || f.y == 0 || !date.ok()) return std::nullopt;
    if (f.H > 23 || f.m > 59 || f.s > 59) return std::nullopt;
    return local_days{date} + hours{f.H} + minutes{f.m} + seconds{f.s};
}

std::string TimeFormat::format(LocalTime at) const {
    Fields f = fields_of(at);
    std::string out;
    out.reserve(pattern_.size());
    for (const Part& part : parts_) {
        if (part.letter == 0) {
            out += part.literal;
            continue;
        }
        std::array<char, 4> shown{};
        int rest = f.at(part.letter);
        for (int i = part.width - 1; i >= 0; --i, rest /= 10)
            shown[std::size_t(i)] = char('0' + rest % 10);
        out.append(shown.data(), part.width);
    }
    return out;
}

std::string utc_text(UtcTime at) {
    const auto second = floor<seconds>(at);
    const auto fraction = (at - second).count();
    return iso_text(LocalTime{second.time_since_epoch()}, fmt::format(".{:03}Z", fraction));
}

std::string vietnam_text(UtcTime at) {
    return iso_text(to_vietnam(at), "+07:00");
}

std::optional<Date> parse_iso_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto y = digits(text, 4), m = digits(text.substr(5), 2), d = digits(text.substr(8), 2);
    if (!y || !m || !d || *y == 0) return std::nullopt;
    const Date date{year{*y}, month(unsigned(*m)), day(unsigned(*d))};
    return date.ok() ? std::optional(date) : std::nullopt;
}

std::string iso_date(Date date) {
    return fmt::format("{:04}-{:02}-{:02}", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()));
}

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace dvcsync
