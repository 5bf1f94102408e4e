#include "connector/sync/bodies.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/audit/canonical.h"

namespace dvcsync::sync {
namespace {

Result<ledger::TrailLog> log_named(ledger::Trail& trail, std::string_view name) {
    DVC_TRY_ASSIGN(logs, trail.logs());
    const auto found = std::find_if(logs.rbegin(), logs.rend(), [name](const auto& log) {
        return name.empty() || log.name == name;
    });
    if (found == logs.rend())
        return fail(ErrorKind::Refused,
                    name.empty() ? "the audit trail has no entry yet"
                                 : fmt::format("there is no log {} of the audit trail", name));
    return *found;
}

std::string place_of(const ledger::TrailLog& log, std::int64_t exchange) {
    return fmt::format("exchange {} of log {}", exchange, log.name);
}

audit::Event event_of(std::string_view name, const ledger::Act& act, std::string selection,
                      std::size_t count) {
    audit::Event event;
    event.event = name;
    event.actor = act.actor;
    event.reason = act.reason;
    event.selection = std::move(selection);
    event.count = static_cast<std::int64_t>(count);
    return event;
}

// Whether an entry of the code, in that log, tells of the exchange.
Result<bool> concerns(ledger::Trail& trail, std::int64_t log, std::int64_t exchange,
                      std::string_view code) {
    ledger::TrailFilter filter;
    filter.log = log;
    filter.code = code;
    bool found = false;
    DVC_TRY(trail.walk(filter, [&](const ledger::TrailRow& row) -> Result<bool> {
        DVC_TRY_ASSIGN(entry, audit::parse_canonical(row.entry));
        const auto* named = entry.find("exchange");
        found = named != nullptr && named->number() != nullptr && *named->number() == exchange;
        return !found;
    }));
    return found;
}

Result<audit::Json> entry_at(ledger::Trail& trail, std::int64_t log, std::int64_t sequence) {
    ledger::TrailFilter filter;
    filter.log = log;
    filter.from = sequence;
    filter.until = sequence + 1;
    audit::Json entry;
    DVC_TRY(trail.walk(filter, [&entry](const ledger::TrailRow& row) -> Result<bool> {
        DVC_TRY_ASSIGN(parsed, audit::parse_canonical(row.entry));
        entry = std::move(parsed);
        return false;
    }));
    return entry;
}

// nullopt: it is not kept.
Result<std::optional<std::string>> open_body(ledger::Trail& trail, const Sealer& sealer,
                                             const ledger::TrailLog& log, std::int64_t exchange,
                                             const audit::Json& entry, bool sent) {
    DVC_TRY_ASSIGN(sealed, trail.body(log.log, exchange, sent));
    if (!sealed) return std::optional<std::string>{};
    auto plain = sealer.open(*sealed, body_context(log.log, exchange, sent));
    if (!plain)
        return fail(plain.error().kind,
                    fmt::format("the body {} in {} cannot be opened: it was changed, or is another "
                                "exchange's ({})",
                                sent ? "sent" : "received", place_of(log, exchange),
                                plain.error().message));
    const auto* digest = entry.find(sent ? "sent" : "received");
    if (digest == nullptr || digest->text() == nullptr || *digest->text() != hex(sha256(*plain)))
        return fail(ErrorKind::Corrupt,
                    fmt::format("the body {} in {} is not the one whose digest stands in its "
                                "entry: it was changed, or the entry was; run dvcsync audit verify",
                                sent ? "sent" : "received", place_of(log, exchange)));
    return std::optional(*std::move(plain));
}

}  // namespace

Result<std::size_t> erase_bodies(ledger::Ledger& ledger, Recorder& recorder,
                                 const BodyErasure& what, const ledger::Act& act) {
    auto& trail = ledger.trail();
    std::size_t erased = 0;
    DVC_TRY(ledger.together([&]() -> Status {
        std::string selection;
        if (what.exchange) {
            DVC_TRY_ASSIGN(log, log_named(trail, what.log));
            selection = place_of(log, *what.exchange);
            DVC_TRY_ASSIGN(count, trail.erase_bodies(log.log, *what.exchange));
            erased = count;
        } else if (what.before) {
            selection = fmt::format("kept before {}", vietnam_text(*what.before));
            DVC_TRY_ASSIGN(count, trail.erase_bodies(*what.before));
            erased = count;
        }
        if (erased == 0) return {};
        return recorder.write(event_of("evidence.erased", act, std::move(selection), erased));
    }));
    return erased;
}

Result<std::size_t> erase_expired(ledger::Ledger& ledger, Recorder& recorder, int keep_days,
                                  UtcTime now) {
    if (keep_days == 0) return std::size_t{0};
    BodyErasure old;
    old.before = now - std::chrono::days{keep_days};
    ledger::Act act;
    act.reason = fmt::format("kept for {} days", keep_days);
    return erase_bodies(ledger, recorder, old, act);
}

Result<KeptBodies> show_bodies(ledger::Ledger& ledger, const Sealer& sealer, Recorder& recorder,
                               std::string_view log, std::int64_t exchange, const ledger::Act& act,
                               std::string_view code) {
    auto& trail = ledger.trail();
    DVC_TRY_ASSIGN(where, log_named(trail, log));
    DVC_TRY_ASSIGN(its_own, concerns(trail, where.log, exchange, code));
    if (!its_own)
        return fail(ErrorKind::Refused,
                    fmt::format("no entry of {} names {}: dvcsync --json audit list --dossier {} "
                                "shows which exchanges there were",
                                code, place_of(where, exchange), code));
    DVC_TRY_ASSIGN(entry, entry_at(trail, where.log, exchange));
    KeptBodies bodies;
    DVC_TRY_ASSIGN(sent, open_body(trail, sealer, where, exchange, entry, true));
    DVC_TRY_ASSIGN(received, open_body(trail, sealer, where, exchange, entry, false));
    bodies.sent = std::move(sent);
    bodies.received = std::move(received);
    const std::size_t count = (bodies.sent ? 1 : 0) + (bodies.received ? 1 : 0);
    if (count == 0)
        return fail(ErrorKind::Refused,
                    fmt::format("nothing is kept of {}: bodies of this operation are not kept "
                                "([audit] bodies), or they were erased",
                                place_of(where, exchange)));
    auto shown = event_of("evidence.shown", act, place_of(where, exchange), count);
    shown.code = code;
    DVC_TRY(recorder.note(shown));
    return bodies;
}

}  // namespace dvcsync::sync
