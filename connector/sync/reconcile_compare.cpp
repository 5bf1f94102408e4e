// The pure part of reconciling: what differs, and what it adds up to.
#include <rapidjson/document.h>

#include <algorithm>
#include <numeric>

#include "connector/base/text.h"
#include "connector/sync/reconcile.h"

namespace dvcsync::sync {
namespace {

constexpr std::size_t longest_short_code = 4;

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A code of an agency or a procedure, such as 000.00.01.H22 or 1.005129. Digits and dots alone with
// more than one digit before the first dot may be a telephone number.
bool dotted_code(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos || dot == 0) return false;
    bool capital = false;
    for (const char c : text) {
        if (c >= 'A' && c <= 'Z') capital = true;
        if (!(c == '.' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) return false;
    }
    return (capital || dot == 1) && all_digits(text.substr(0, dot));
}

bool is_date(std::string_view text) {
    static const auto forms = [] {
        std::vector<TimeFormat> list;
        for (const char* pattern : {"yyyyMMddHHmmss", "yyyyMMdd", "dd/MM/yyyy HH:mm:ss",
                                    "dd/MM/yyyy", "yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ss"}) {
            if (auto form = TimeFormat::compile(pattern)) list.push_back(*std::move(form));
        }
        return list;
    }();
    return std::any_of(forms.begin(), forms.end(), [&](const TimeFormat& form) {
        const auto at = form.parse(text);
        // A number of eight digits that is some day of the year 4071 is more likely a phone's.
        return at && date_of(*at).year() >= std::chrono::year{1990} &&
               date_of(*at).year() <= std::chrono::year{2100};
    });
}

bool may_be_shown(std::string_view text) {
    return text.empty() || is_date(text) || dotted_code(text) ||
           (text.size() <= longest_short_code && all_digits(text));
}

// One value as text; nullopt: a list or an object.
std::optional<std::string> text_of(const rapidjson::Value& value) {
    if (value.IsString()) {
        return std::string(trimmed({value.GetString(), value.GetStringLength()}));
    }
    if (value.IsNull()) return std::string();
    if (value.IsBool()) return std::string(value.GetBool() ? "true" : "false");
    if (value.IsInt64()) return std::to_string(value.GetInt64());
    if (value.IsUint64()) return std::to_string(value.GetUint64());
    return std::nullopt;
}

std::size_t index(Match match) {
    return static_cast<std::size_t>(match);
}

constexpr std::array of_province{Match::Same,   Match::Missing,   Match::Stale, Match::Waiting,
                                 Match::Parked, Match::Dismissed, Match::Held,  Match::NotAsked};

std::size_t sum(const std::array<std::size_t, match_count>& found) {
    return std::accumulate(
        of_province.begin(), of_province.end(), std::size_t{0},
        [&](std::size_t total, Match match) { return total + found[index(match)]; });
}

}  // namespace

std::string_view to_string(Match match) {
    switch (match) {
        case Match::Same:
            return "same";
        case Match::Missing:
            return "missing";
        case Match::Stale:
            return "stale";
        case Match::Waiting:
            return "waiting";
        case Match::Parked:
            return "parked";
        case Match::Dismissed:
            return "dismissed";
        case Match::Held:
            return "held";
        case Match::NotAsked:
            return "not asked";
        case Match::Unknown:
            return "unknown to us";
    }
    return "";
}

Result<std::vector<MemberDifference>> compare(std::string_view document,
                                              const std::map<std::string, std::string>& theirs) {
    rapidjson::Document parsed;
    parsed.Parse(document.data(), document.size());
    const rapidjson::Document& json = parsed;
    if (json.HasParseError() || !json.IsObject()) {
        return fail(ErrorKind::Bug, "the document of our own mapping is not a JSON object");
    }
    std::vector<MemberDifference> differences;
    for (const auto& [name, value] : theirs) {
        std::string ours;
        if (const auto member = json.FindMember(name.c_str()); member != json.MemberEnd()) {
            auto text = text_of(member->value);
            if (!text) {
                return fail(ErrorKind::Config,
                            name +
                                " cannot be compared: it is not one value in the document that "
                                "is sent; mend <compare> in the profile");
            }
            ours = *std::move(text);
        }
        const auto their = trimmed(value);
        if (ours == their) continue;
        MemberDifference one{name, may_be_shown(ours) && may_be_shown(their), {}, {}};
        if (one.shown) {
            one.ours = std::move(ours);
            one.theirs = their;
        }
        differences.push_back(std::move(one));
    }
    return differences;
}

std::string_view agency_of(std::string_view code) {
    const auto hyphen = code.find('-');
    return hyphen == std::string_view::npos ? std::string_view() : code.substr(0, hyphen);
}

std::size_t ReconcileReport::Line::of_province() const {
    return sum(found);
}

std::size_t ReconcileReport::dossiers() const {
    return sum(found);
}

std::size_t ReconcileReport::not_sent() const {
    return at(Match::Waiting) + at(Match::Parked) + at(Match::Dismissed) + at(Match::Held);
}

bool ReconcileReport::differs() const {
    return at(Match::Missing) + at(Match::Stale) + at(Match::Unknown) + at(Match::NotAsked) > 0;
}

std::vector<std::string> ReconcileReport::mendable() const {
    std::vector<std::string> codes;
    for (const auto& one : differences) {
        const bool differs = one.match == Match::Missing || one.match == Match::Stale;
        if (differs && one.mendable) codes.push_back(one.code);
    }
    return codes;
}

void ReconcileReport::add(Difference difference, bool at_portal) {
    ++found[index(difference.match)];
    Line& line = table[difference.place];
    ++line.found[index(difference.match)];
    line.at_portal += at_portal ? 1 : 0;
    switch (difference.match) {
        case Match::Missing:
        case Match::Stale:
        case Match::Unknown:
        case Match::NotAsked:
            differences.push_back(std::move(difference));
            break;
        default:
            break;
    }
}

void ReconcileReport::sort() {
    std::sort(differences.begin(), differences.end(),
              [](const Difference& a, const Difference& b) { return a.code < b.code; });
}

}  // namespace dvcsync::sync
