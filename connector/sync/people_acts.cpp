// Acts on parked items, and what is known of a resync's course.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "connector/base/limits.h"
#include "connector/sync/people.h"

namespace dvcsync::sync {
namespace {

using ledger::Cause;
using ledger::Filter;
using ledger::State;

constexpr std::array kinds{"dossier", "procedure", "statistics", "answer", "receipt"};
constexpr std::array causes{Cause::Intake, Cause::Mapping, Cause::Portal};

// Why a filter with a code chose nothing.
Result<std::string> why_not(ledger::Ledger& ledger, const Filter& filter) {
    constexpr std::size_t operations = all_operations.size();
    Filter of_code;
    of_code.code = filter.code;
    DVC_TRY_ASSIGN(rows, ledger.list(of_code, operations * kinds.size()));
    if (rows.empty()) {
        return fmt::format("{}: the ledger has no item of this code to send; compare the spelling",
                           filter.code);
    }
    std::string states;
    bool parked = false;
    for (const auto& row : rows) {
        parked = parked || row.state == State::Parked;
        states += fmt::format("{}{} is {}", states.empty() ? "" : ", ", to_string(row.operation),
                              ledger::to_string(row.state));
    }
    return parked ? fmt::format("{}: parked, but not as the filters say", filter.code)
                  : fmt::format("{}: not parked: {}", filter.code, states);
}

Result<std::size_t> count_of(ledger::Ledger& ledger, std::span<const Filter> filters) {
    std::size_t total = 0;
    for (const auto& filter : filters) {
        DVC_TRY_ASSIGN(count, ledger.count(filter));
        total += count;
    }
    return total;
}

// By kind and cause, added to `chosen`.
Status count_kinds(ledger::Ledger& ledger, Filter filter, Chosen& chosen) {
    const Filter asked = filter;
    for (const char* kind : kinds) {
        if (!asked.kind.empty() && asked.kind != kind) continue;
        for (const Cause cause : causes) {
            if (asked.cause && *asked.cause != cause) continue;
            filter.kind = kind;
            filter.cause = cause;
            DVC_TRY_ASSIGN(count, ledger.count(filter));
            if (count == 0) continue;
            const auto known = std::find_if(
                chosen.kinds.begin(), chosen.kinds.end(),
                [&](const auto& one) { return one.kind == kind && one.cause == cause; });
            if (known != chosen.kinds.end()) {
                known->count += count;
            } else {
                chosen.kinds.push_back({kind, cause, count});
            }
        }
    }
    return {};
}

using PerFilter = std::function<Result<std::size_t>(const Filter&, const ledger::Act&)>;

// One act a filter, in one transaction, over no more items than were agreed to.
Result<std::size_t> act_on(ledger::Ledger& ledger, const Chosen& chosen, const ledger::Act& act,
                           const PerFilter& carry_out) {
    std::size_t touched = 0;
    DVC_TRY(ledger.together([&]() -> Status {
        touched = 0;
        DVC_TRY_ASSIGN(now_parked, count_of(ledger, chosen.filters));
        if (now_parked > chosen.total) {
            return fail(ErrorKind::Retry,
                        fmt::format("{} items are parked by now, not {}: nothing was done; look "
                                    "at the list and ask again",
                                    now_parked, chosen.total));
        }
        for (const auto& filter : chosen.filters) {
            ledger::Act one = act;
            if (!filter.code.empty()) {
                one.selection = filter.code + (act.selection.empty() ? "" : " ") + act.selection;
            }
            DVC_TRY_ASSIGN(count, carry_out(filter, one));
            touched += count;
        }
        return {};
    }));
    return touched;
}

// What intake parked is no item of the act that makes the others ready, so that a person wanted it
// read again is kept by an act of its own.
Result<std::size_t> retry_one(ledger::Ledger& ledger, const Filter& filter, const ledger::Act& act,
                              UtcTime now) {
    DVC_TRY_ASSIGN(ready, ledger.retry_parked(filter, act, now));
    if (filter.cause.value_or(Cause::Intake) == Cause::Intake) {
        Filter unreadable = filter;
        unreadable.cause = Cause::Intake;
        DVC_TRY_ASSIGN(count, ledger.count(unreadable));
        ledger::Act look = act;
        look.what = "read again";
        if (count > 0) DVC_TRY(ledger.note(look, now));
    }
    return ready;
}

bool any_unreadable(const Chosen& chosen) {
    return std::any_of(chosen.kinds.begin(), chosen.kinds.end(),
                       [](const auto& one) { return one.cause == Cause::Intake; });
}

void add(RereadCounts& sum, RereadCounts&& more) {
    sum.looked_at += more.looked_at;
    sum.readable += more.readable;
    sum.outdated += more.outdated;
    sum.still += more.still;
    for (auto& one : more.first_still) {
        if (sum.first_still.size() < limits::named_unreadable) {
            sum.first_still.push_back(std::move(one));
        }
    }
}

std::string seconds_words(double seconds) {
    if (seconds < 90) return "less than two minutes";
    const double minutes = seconds / 60;
    if (minutes < 90) return fmt::format("about {:.0f} minutes", minutes);
    const double hours = minutes / 60;
    if (hours < 36) return fmt::format("about {:.0f} hours", hours);
    return fmt::format("about {:.0f} days", hours / 24);
}

// The number of a key in a run's summary, which is one flat JSON object of numbers.
std::optional<double> number_in(std::string_view json, std::string_view key) {
    const std::string name = fmt::format("\"{}\":", key);
    const std::size_t at = json.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = json.substr(at + name.size());
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (fault != std::errc{}) return std::nullopt;
    return static_cast<double>(value);
}

}  // namespace

Result<Chosen> choose(ledger::Ledger& ledger, std::span<const Filter> filters) {
    Chosen chosen;
    for (const auto& filter : filters) {
        DVC_TRY_ASSIGN(count, ledger.count(filter));
        if (count == 0) {
            if (filter.code.empty()) continue;
            DVC_TRY_ASSIGN(why, why_not(ledger, filter));
            chosen.not_parked.push_back(std::move(why));
            continue;
        }
        chosen.total += count;
        chosen.filters.push_back(filter);
        DVC_TRY(count_kinds(ledger, filter, chosen));
        if (filter.portal_code.empty() || filter.portal_code == ledger::doubt_code) {
            Filter doubtful = filter;
            doubtful.portal_code = ledger::doubt_code;
            DVC_TRY_ASSIGN(in_doubt, ledger.count(doubtful));
            chosen.in_doubt += in_doubt;
        }
    }
    return chosen;
}

Result<Retried> retry(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary,
                      const Sealer& sealer, const Chosen& chosen, const ledger::Act& act,
                      const Clock& clock) {
    Retried out;
    DVC_TRY_ASSIGN(ready,
                   act_on(ledger, chosen, act, [&](const Filter& filter, const ledger::Act& one) {
                       return retry_one(ledger, filter, one, clock.now());
                   }));
    out.ready = ready;
    if (!any_unreadable(chosen)) return out;
    for (const auto& filter : chosen.filters) {
        DVC_TRY_ASSIGN(counts, read_again(ledger, vocabulary, sealer, clock, filter));
        add(out.reread, std::move(counts));
    }
    return out;
}

Result<std::size_t> dismiss(ledger::Ledger& ledger, const Chosen& chosen, const ledger::Act& act,
                            UtcTime now) {
    return act_on(ledger, chosen, act, [&](const Filter& filter, const ledger::Act& one) {
        return ledger.dismiss_parked(filter, one, now);
    });
}

std::size_t would_send(const ledger::ResyncPreview& preview) {
    return preview.matching - preview.in_other - preview.on_way - preview.parked - preview.held;
}

std::optional<double> delivery_rate(std::span<const ledger::Run> runs) {
    double items = 0;
    double seconds = 0;
    for (const auto& run : runs) {
        const auto delivered = number_in(run.summary, "delivered");
        if (!run.ended || *run.ended <= run.started || delivered.value_or(0) <= 0) continue;
        items += *delivered;
        seconds += std::chrono::duration<double>(*run.ended - run.started).count();
    }
    if (items <= 0) return std::nullopt;
    return items / seconds;
}

std::optional<double> resync_rate(const ledger::Resync& resync) {
    if (!resync.began || !resync.changed) return std::nullopt;
    const double seconds = std::chrono::duration<double>(*resync.changed - *resync.began).count();
    // The first chunk is handed over in no time; a rate needs a second one.
    if (seconds < 1 || resync.handed == 0) return std::nullopt;
    return static_cast<double>(resync.handed + resync.skipped) / seconds;
}

std::size_t left_of(const ledger::Resync& resync) {
    if (resync.state == ledger::ResyncState::Stopped || resync.state == ledger::ResyncState::Done) {
        return 0;
    }
    const std::size_t passed = resync.handed + resync.skipped;
    return resync.total > passed ? resync.total - passed : 0;
}

std::string duration_words(std::size_t records, double per_second) {
    return seconds_words(static_cast<double>(records) / per_second);
}

}  // namespace dvcsync::sync
