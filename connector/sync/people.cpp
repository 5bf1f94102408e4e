#include "connector/sync/people.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <set>
#include <span>
#include <utility>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/sync/people_submissions.h"

namespace dvcsync::sync {
namespace {

using ledger::Cause;
using ledger::Filter;

tl::unexpected<Error> wrong(std::string message) {
    return fail(ErrorKind::Config, std::move(message));
}

// nullopt: there is no such user.
template <class Find>
std::optional<std::string> passwd_name(Find find) {
    std::array<char, 16'384> space{};
    passwd entry{};
    passwd* found = nullptr;
    if (find(&entry, space.data(), space.size(), &found) != 0 || found == nullptr) {
        return std::nullopt;
    }
    return std::string(found->pw_name);
}

bool is_one_line(std::string_view text) {
    return without_controls(text) == text && text.find_first_of("\t\r\n") == text.npos;
}

struct Option {
    const char* name;
    std::string Selection::*value;
};
// In the order in which they are told.
constexpr std::array<Option, 10> options{{{"--kind", &Selection::kind},
                                          {"--stage", &Selection::stage},
                                          {"--agency", &Selection::agency},
                                          {"--procedure", &Selection::procedure},
                                          {"--operation", &Selection::operation},
                                          {"--cause", &Selection::cause},
                                          {"--portal-code", &Selection::portal_code},
                                          {"--text", &Selection::text},
                                          {"--from", &Selection::from},
                                          {"--to", &Selection::to}}};

constexpr std::array<std::string_view, 5> record_kinds{"dossier", "procedure", "statistics",
                                                       "answer", "receipt"};
constexpr std::array<std::string_view, 6> submission_kinds{"filing",  "supplement", "withdrawal",
                                                           "payment", "notice",     "unknown"};

// Every value is compared with what the ledger holds, which is UTF-8 without control characters.
Status check_words(const Selection& chosen,
                   std::span<const std::string_view> kinds = record_kinds) {
    const auto clean = [](const std::string& text) {
        return is_utf8(text) && is_one_line(text) && text.size() <= limits::max_message;
    };
    for (const auto& option : options) {
        if (!clean(chosen.*option.value)) {
            return wrong(
                fmt::format("{}: not text that can be compared: it is too long, or holds "
                            "control characters or bytes that are not UTF-8",
                            option.name));
        }
    }
    for (const auto& code : chosen.codes) {
        if (code.empty() || !clean(code)) {
            return wrong("a code is empty, too long, or not text");
        }
    }
    if (chosen.codes.size() > limits::max_named_codes) {
        return wrong(
            fmt::format("{} codes; at most {} at once: choose by agency, procedure or "
                        "days instead",
                        chosen.codes.size(), limits::max_named_codes));
    }
    if (!chosen.kind.empty() && std::find(kinds.begin(), kinds.end(), chosen.kind) == kinds.end()) {
        return wrong(fmt::format("--kind {}: it is one of {}", excerpt(chosen.kind),
                                 fmt::join(kinds, ", ")));
    }
    return {};
}

// The first instant of a Vietnam day.
Result<UtcTime> day_start(const char* option, const std::string& text) {
    static const auto local_form = TimeFormat::compile("dd/MM/yyyy");
    static const auto iso_form = TimeFormat::compile("yyyy-MM-dd");
    for (const auto* form : {&local_form, &iso_form}) {
        if (!*form) return tl::make_unexpected(form->error());
        if (const auto at = (*form)->parse(text)) return from_vietnam(*at);
    }
    return wrong(
        fmt::format("{} {}: a day is written 31/03/2019 or 2019-03-31", option, excerpt(text)));
}

Result<Cause> cause_of(const std::string& name) {
    for (const Cause cause : {Cause::Intake, Cause::Mapping, Cause::Portal}) {
        if (ledger::to_string(cause) == name) return cause;
    }
    return wrong(fmt::format("--cause {}: it is intake, mapping or portal", excerpt(name)));
}

std::vector<std::string> without_repetition(const std::vector<std::string>& codes) {
    std::set<std::string_view> seen;
    std::vector<std::string> out;
    for (const auto& code : codes) {
        if (seen.insert(code).second) out.push_back(code);
    }
    return out;
}

template <class Filter>
std::vector<Filter> one_each(const Filter& filter, const std::vector<std::string>& codes) {
    if (codes.empty()) return {filter};
    std::vector<Filter> filters;
    for (auto& code : without_repetition(codes)) {
        filters.push_back(filter);
        filters.back().code = std::move(code);
    }
    return filters;
}

Result<ledger::Stage> stage_of(const std::string& name) {
    using ledger::Stage;
    for (const Stage stage :
         {Stage::Received, Stage::Waiting, Stage::Held, Stage::Handed, Stage::Dismissed}) {
        if (ledger::to_string(stage) == name) return stage;
    }
    return wrong(fmt::format("--stage {}: it is received, waiting, held, handed or dismissed",
                             excerpt(name)));
}

std::string quoted(const std::string& text) {
    return text.find(' ') == std::string::npos ? text : '"' + text + '"';
}

}  // namespace

Result<Days> days_of(const Selection& chosen) {
    Days days;
    if (!chosen.from.empty()) {
        DVC_TRY_ASSIGN(at, day_start("--from", chosen.from));
        days.from = at;
    }
    if (!chosen.to.empty()) {
        DVC_TRY_ASSIGN(at, day_start("--to", chosen.to));
        days.until = at + std::chrono::days{1};
    }
    if (days.from && days.until && *days.from >= *days.until) {
        return wrong(fmt::format("--from {} is later than --to {}", chosen.from, chosen.to));
    }
    return days;
}

std::string login_name() {
    const uid_t user = ::getuid();
    // Only sudo lets somebody else become root and says who it was; anybody may set the variable,
    // so it counts only for root, who could write the ledger by hand anyway.
    if (const char* sudo = std::getenv("SUDO_USER"); user == 0 && sudo != nullptr) {
        const auto name = passwd_name([sudo](auto... rest) { return getpwnam_r(sudo, rest...); });
        if (name) return *name;
    }
    const auto name = passwd_name([user](auto... rest) { return getpwuid_r(user, rest...); });
    return name.value_or(fmt::format("uid {}", user));
}

Result<std::string> act_reason(std::string_view text) {
    if (!is_utf8(text)) return wrong("--reason: it holds bytes that are not UTF-8");
    const std::string_view reason = trimmed(text);
    if (comparable(reason).empty()) {
        return wrong("--reason is needed: say in a few words why; it is kept with your name");
    }
    if (!is_one_line(reason)) {
        return wrong("--reason: one line, without tabs and control characters");
    }
    if (length(reason) > limits::max_act_reason) {
        return wrong(fmt::format("--reason: {} characters; at most {}", length(reason),
                                 limits::max_act_reason));
    }
    return std::string(reason);
}

std::string words_of(const Selection& selection) {
    constexpr std::size_t named = 20;
    std::string words;
    for (std::size_t i = 0; i < selection.codes.size() && i < named; ++i) {
        words += fmt::format("{}{}", words.empty() ? "" : " ", selection.codes[i]);
    }
    if (selection.codes.size() > named) {
        words += fmt::format(" and {} more", selection.codes.size() - named);
    }
    for (const auto& option : options) {
        const std::string& value = selection.*option.value;
        if (value.empty()) continue;
        words += fmt::format("{}{} {}", words.empty() ? "" : " ", option.name, quoted(value));
    }
    return words.empty() ? "everything" : words;
}

Result<std::vector<Filter>> parked_filters(const Selection& selection) {
    DVC_TRY(check_words(selection));
    Filter filter;
    filter.state = ledger::State::Parked;
    filter.kind = selection.kind;
    filter.agency = selection.agency;
    filter.procedure = selection.procedure;
    filter.portal_code = selection.portal_code;
    filter.text = selection.text;
    if (!selection.operation.empty()) {
        filter.operation = operation_from(selection.operation);
        if (!filter.operation) {
            std::string names;
            for (const Operation one : all_operations)
                names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(one));
            return wrong(fmt::format("--operation {}: it is one of {}",
                                     excerpt(selection.operation), names));
        }
    }
    if (!selection.cause.empty()) {
        DVC_TRY_ASSIGN(cause, cause_of(selection.cause));
        filter.cause = cause;
    }
    DVC_TRY_ASSIGN(days, days_of(selection));
    filter.received_from = days.from;
    filter.received_until = days.until;
    return one_each(filter, selection.codes);
}

Result<std::vector<ledger::SubmissionFilter>> submission_filters(const Selection& selection) {
    DVC_TRY(check_words(selection, submission_kinds));
    ledger::SubmissionFilter filter;
    filter.kind = selection.kind;
    filter.agency = selection.agency;
    filter.procedure = selection.procedure;
    if (!selection.stage.empty()) {
        DVC_TRY_ASSIGN(stage, stage_of(selection.stage));
        filter.stage = stage;
    }
    DVC_TRY_ASSIGN(days, days_of(selection));
    filter.from = days.from;
    filter.until = days.until;
    return one_each(filter, selection.codes);
}

Result<ledger::Slice> slice_of(const Selection& selection) {
    DVC_TRY(check_words(selection));
    Selection known;
    known.codes = selection.codes;
    known.kind = selection.kind;
    if (!selection.codes.empty() && selection != known) {
        return wrong("records that are named one by one take no other condition");
    }
    known.agency = selection.agency;
    known.procedure = selection.procedure;
    known.from = selection.from;
    known.to = selection.to;
    if (selection != known) {
        return wrong("a resync chooses by code, kind, agency, procedure and days received");
    }
    DVC_TRY_ASSIGN(days, days_of(selection));
    if ((days.from || days.until) && !selection.kind.empty() && selection.kind != "dossier") {
        return wrong(fmt::format(
            "--from and --to choose by the day on which a dossier was received; records of kind {} "
            "have none: leave both out, or choose by --procedure, --agency or --everything",
            selection.kind));
    }
    ledger::Slice slice;
    if (!selection.kind.empty()) slice.kind = selection.kind;
    slice.codes = without_repetition(selection.codes);
    slice.agency = selection.agency;
    slice.procedure = selection.procedure;
    slice.received_from = days.from;
    slice.received_until = days.until;
    return slice;
}

}  // namespace dvcsync::sync
