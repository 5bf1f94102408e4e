#include <fmt/format.h>

#include <array>
#include <charconv>

#include "tests/sandbox/citizen.h"
#include "tests/sandbox/text.h"

namespace dvcsandbox {
namespace {

constexpr std::uint64_t kMostSubmissions = 1'000'000;
constexpr std::uint64_t kMostFiles = 1'000;

template <class Number>
bool read(std::string_view text, Number least, Number greatest, Number& value) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() && value >= least &&
           value <= greatest;
}

// "2019-01-31", "20190131" or "20190131235959".
std::optional<Stamp> moment(std::string_view text) {
    std::string digits(text);
    std::erase(digits, '-');
    return digits.size() == 8 ? parse_date(digits) : parse_stamp(digits);
}

bool plain_code(std::string_view text) {
    return !text.empty() && text.size() <= 100 &&
           text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
               "0123456789.-") == text.npos;
}

bool read_list(const std::string& file, const NationalList& national, std::vector<Wish>& list,
               std::string& error) {
    const auto content = read_file(file);
    if (!content) {
        error = file + ": cannot be read";
        return false;
    }
    std::size_t number = 0;
    for (std::string_view line : split(*content, '\n')) {
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || (number == 1 && line.starts_with("code,"))) continue;
        const auto parts = split(line, ',');
        const auto filed = parts.size() == 4 ? moment(parts[3]) : std::nullopt;
        if (!filed || !plain_code(parts[0]) || !agency_code(parts[2])) {
            error =
                fmt::format("{}: line {}: code,procedure,agency,filed is expected", file, number);
            return false;
        }
        if (!national.find(parts[1])) {
            error =
                fmt::format("{}: line {}: the procedure is not in the national list", file, number);
            return false;
        }
        list.push_back(
            {std::string(parts[0]), std::string(parts[1]), std::string(parts[2]), *filed});
    }
    if (list.empty()) error = file + ": no lines";
    return !list.empty();
}

bool set(CitizenSpec& spec, std::string_view name, const std::string& value, bool& known) {
    const std::array<std::pair<std::string_view, double*>, 6> chances{
        {{"supplements", &spec.supplements},
         {"withdrawals", &spec.withdrawals},
         {"payments", &spec.payments},
         {"promotions", &spec.promotions},
         {"notices", &spec.notices},
         {"base64", &spec.base64}}};
    for (const auto& [chance, rate] : chances)
        if (name == chance) return read(value, 0.0, 1.0, *rate);
    if (name == "count") return read(value, std::uint64_t{1}, kMostSubmissions, spec.count);
    if (name == "seed") return read(value, std::uint64_t{0}, ~std::uint64_t{0}, spec.seed);
    if (name == "files") return read(value, std::uint64_t{0}, kMostFiles, spec.files);
    if (name == "from" || name == "until") {
        const auto day = moment(value);
        (name == "from" ? spec.from : spec.until) = day.value_or(0);
        return day.has_value();
    }
    if (name == "roads") {
        spec.roads = value;
        return value == "poll" || value == "callback" || value == "both" || value == "mixed";
    }
    known = false;
    return false;
}

}  // namespace

std::optional<CitizenSpec> parse_citizen(std::string_view query, const NationalList& national,
                                         std::string& error) {
    CitizenSpec spec;
    for (const auto part : query.empty() ? std::vector<std::string_view>() : split(query, '&')) {
        const auto equals = std::min(part.find('='), part.size());
        const auto name = part.substr(0, equals);
        const auto value = percent_decode(part.substr(std::min(equals + 1, part.size())));
        if (name == "list") {
            if (!read_list(value, national, spec.list, error)) return std::nullopt;
            continue;
        }
        bool known = true;
        if (set(spec, name, value, known)) continue;
        error = known ? fmt::format("{}: this value cannot be", name)
                      : "there are: count seed from until roads supplements withdrawals payments "
                        "promotions notices base64 files list";
        return std::nullopt;
    }
    if (spec.until < spec.from) {
        error = "until: before from";
        return std::nullopt;
    }
    return spec;
}

std::uint64_t submissions_of(const CitizenSpec& spec) {
    return spec.list.empty() ? spec.count : spec.list.size();
}

}  // namespace dvcsandbox
