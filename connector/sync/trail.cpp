#include "connector/sync/trail.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connector/audit/merkle.h"
#include "connector/base/limits.h"
#include "connector/ledger/submissions.h"

namespace dvcsync::sync {
namespace {

using audit::Event;
using ledger::State;

constexpr std::chrono::seconds clock_tolerance{2};

std::string_view outcome_of(const ledger::Settlement& settlement) {
    switch (settlement.state) {
        case State::Delivered:
            return settlement.called ? "delivered" : "unchanged";
        case State::Parked:
            return settlement.cause == ledger::Cause::Portal ? "refused" : "parked";
        case State::Waiting:
            return "waiting";
        case State::InDoubt:
            return "in doubt";
        case State::Ready:
        case State::Sending:
        case State::Dismissed:
            break;
    }
    if (settlement.created) return "created";
    if (settlement.uploaded) return "file uploaded";
    return settlement.given ? "code given" : "put back";
}

Event event_of(const portal::Exchange& exchange) {
    Event event;
    event.event = "exchange";
    event.operation = exchange.operation;
    event.endpoint = exchange.endpoint;
    event.outcome = exchange.failure;
    if (exchange.status != 0) event.status = exchange.status;
    if (exchange.items != 0) event.items = static_cast<std::int64_t>(exchange.items);
    event.sent = exchange.sent;
    event.received = exchange.received;
    event.began = exchange.began;
    event.ended = exchange.ended;
    return event;
}

std::string_view novelty_of(const ledger::Arrival& arrival, const ledger::Arrived& arrived) {
    if (arrived.novelty == ledger::Novelty::Duplicate) return "duplicate";
    return arrival.fault.empty() ? "arrived" : "held";
}

// Words that are searched for in reasons may be a name: what follows is left out.
std::string without_words(const std::string& selection) {
    constexpr std::string_view option = "--text ";
    const auto at = selection.find(option);
    if (at == std::string::npos) return selection;
    return selection.substr(0, at + option.size()) + "…";
}

bool is_of_year(const ledger::TrailLog& log, UtcTime now) {
    const auto year = [](UtcTime at) { return date_of(to_vietnam(at)).year(); };
    return year(log.opened) >= year(now);
}

}  // namespace

void ExchangeQueue::put(portal::Exchange&& exchange) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(exchange));
}

std::vector<portal::Exchange> ExchangeQueue::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
}

std::string body_context(std::int64_t log, std::int64_t sequence, bool sent) {
    return fmt::format("exchange {}/{} {}", log, sequence, sent ? "sent" : "received");
}

Recorder::Recorder(ledger::Ledger& ledger, const Clock& clock, Seal seal, std::string actor)
    : ledger_(ledger), clock_(clock), seal_(std::move(seal)), actor_(std::move(actor)) {
    ledger_.tell(this);
}

Recorder::~Recorder() {
    ledger_.tell(nullptr);
}

Status Recorder::write(std::span<const Event> events) {
    DVC_TRY(write_exchanges());
    for (const Event& event : events)
        DVC_TRY(append(event, event.code));
    return {};
}

Status Recorder::note(const Event& event) {
    return ledger_.together([&] { return write(event); });
}

Status Recorder::note_exchanges() {
    return ledger_.together([&] { return write_exchanges(); });
}

Status Recorder::note_change(std::string_view event, const Digest& set) {
    return ledger_.together([&]() -> Status {
        ledger::TrailFilter filter;
        filter.code = event;
        std::string last;
        DVC_TRY(ledger_.trail().walk(filter, [&last](const ledger::TrailRow& row) -> Result<bool> {
            last = row.entry;
            return true;
        }));
        const std::string told = fmt::format(R"("set":"{}")", hex(set));
        if (last.find(told) != std::string::npos) return {};
        DVC_TRY(write_exchanges());
        Event changed;
        changed.event = event;
        changed.set = set;
        return append(changed, event);
    });
}

Status Recorder::run_began(std::int64_t run, std::string_view job, UtcTime now) {
    run_ = run;
    clock_told_ = false;
    DVC_TRY(rotate(now));
    Event event;
    event.event = "run.began";
    event.operation = job;
    return write(event);
}

Status Recorder::run_ended(std::int64_t run, std::string_view outcome, UtcTime) {
    run_ = run;
    Event event;
    event.event = "run.ended";
    event.outcome = outcome;
    const Status done = write(event);
    run_.reset();
    return done;
}

Status Recorder::settled(const ledger::ItemFacts& item, const ledger::Settlement& settlement,
                         UtcTime now) {
    // Nothing was tried: it goes on waiting where it was.
    const bool untouched =
        settlement.state == State::Ready && !settlement.called && settlement.exchange == 0;
    if (untouched) return {};
    DVC_TRY(write_exchanges());
    Event event;
    event.event = "delivery";
    event.code = item.code;
    event.kind = item.kind;
    event.agency = item.agency;
    event.procedure = item.procedure;
    event.operation = to_string(item.operation);
    event.outcome = outcome_of(settlement);
    event.portal_code = settlement.code;
    event.document = settlement.tried ? settlement.tried : settlement.document;
    event.record = item.record;
    event.set = mappings_;
    event.event_time = item.event;
    event.queued = item.queued;
    const Told* exchange = told(settlement.exchange);
    if (exchange != nullptr) event.exchange = exchange->sequence;
    if ((settlement.state == State::Delivered && settlement.called) || settlement.created)
        event.acknowledged = exchange != nullptr ? exchange->ended : now;
    return append(event, item.code);
}

Status Recorder::parked(const ledger::Intake& intake, UtcTime) {
    Event event;
    event.event = "record.refused";
    event.code = intake.facts.code;
    event.kind = intake.facts.kind;
    event.record = intake.digest;
    return write(event);
}

Status Recorder::acted(const ledger::Act& act, std::string_view code, UtcTime) {
    Event event;
    const std::string name =
        act.what == "view" ? "personal-data.viewed" : audit::person_event(act.what);
    event.event = name;
    event.actor = act.actor;
    event.code = code;
    event.reason = act.reason;
    event.selection = without_words(act.selection);
    event.count = static_cast<std::int64_t>(act.items);
    return write(event);
}

Status Recorder::arrived(const ledger::Arrival& arrival, const ledger::Arrived& arrived, UtcTime) {
    DVC_TRY(write_exchanges());
    Event event;
    event.event = "submission";
    event.code = arrival.code;
    event.kind = arrival.kind;
    event.agency = arrival.agency;
    event.procedure = arrival.procedure;
    event.outcome = novelty_of(arrival, arrived);
    event.record = arrival.digest;
    event.revision = arrived.revision;
    event.event_time = arrival.filed;
    if (const Told* exchange = told(arrival.exchange)) event.exchange = exchange->sequence;
    return append(event, arrival.code);
}

Status Recorder::moved(const ledger::SubmissionFacts& submission, std::string_view outcome,
                       UtcTime) {
    Event event;
    event.event = "submission";
    event.code = submission.code;
    event.kind = submission.kind;
    event.agency = submission.agency;
    event.procedure = submission.procedure;
    event.outcome = outcome;
    event.record = submission.content;
    event.revision = submission.revision;
    return write(event);
}

// What was undone has not been told: the exchanges took place all the same.
void Recorder::ended(bool durable) {
    place_.reset();
    if (!durable) {
        for (auto& exchange : open_) {
            known_.erase(exchange.id);
            queue_.put(std::move(exchange));
        }
    }
    open_.clear();
}

const Recorder::Told* Recorder::told(std::uint64_t exchange) const {
    const auto found = known_.find(exchange);
    return found == known_.end() || found->second.log != place_->log ? nullptr : &found->second;
}

Status Recorder::find_place() {
    if (place_) return {};
    const UtcTime now = clock_.now();
    auto& trail = ledger_.trail();
    DVC_TRY_ASSIGN(log, trail.current(now));
    DVC_TRY_ASSIGN(end, trail.end(log.log));
    place_ = Place{log.log, end.size, end.last_at};
    if (end.size == 0) {
        DVC_TRY_ASSIGN(root, root_before(log.log));
        Event opened;
        opened.event = "log.opened";
        opened.set = root;
        DVC_TRY(append(opened, ""));
    }
    if (clock_told_ || !place_->last_at || *place_->last_at - now <= clock_tolerance) return {};
    clock_told_ = true;
    Event back;
    back.event = "clock.back";
    back.event_time = now;
    return append(back, "");
}

Status Recorder::append(const Event& event, std::string_view found_by) {
    DVC_TRY(find_place());
    const UtcTime now = clock_.now();
    const UtcTime at = std::max(now, place_->last_at.value_or(now));
    Event whole = event;
    if (whole.actor.empty()) whole.actor = actor_;
    whole.run = run_;
    DVC_TRY(ledger_.trail().append(place_->log, place_->next, at, found_by,
                                   audit::entry_of(whole, place_->next, at)));
    ++place_->next;
    place_->last_at = at;
    return {};
}

Status Recorder::write_exchanges() {
    DVC_TRY(find_place());
    for (auto& exchange : queue_.take()) {
        open_.push_back(std::move(exchange));
        const auto& one = open_.back();
        const Told told{place_->log, place_->next, one.ended};
        known_[one.id] = told;
        DVC_TRY(append(event_of(one), ""));
        if (one.with_bodies) DVC_TRY(keep_bodies(one, told));
    }
    while (known_.size() > limits::exchanges_at_hand)
        known_.erase(known_.begin());
    return {};
}

Status Recorder::keep_bodies(const portal::Exchange& exchange, const Told& told) {
    for (const bool sent : {true, false}) {
        if (!sent && !exchange.received) continue;
        const std::string& body = sent ? exchange.sent_body : exchange.received_body;
        if (body.size() > limits::max_payload) continue;  // its digest is kept
        DVC_TRY(ledger_.trail().keep_body(told.log, told.sequence, sent,
                                          seal_(body, body_context(told.log, told.sequence, sent)),
                                          exchange.ended));
    }
    return {};
}

Status Recorder::rotate(UtcTime now) {
    DVC_TRY(find_place());
    DVC_TRY_ASSIGN(log, ledger_.trail().current(now));
    if (is_of_year(log, now)) return {};
    DVC_TRY(write_exchanges());
    Event closed;
    closed.event = "log.closed";
    DVC_TRY(append(closed, ""));
    DVC_TRY(ledger_.trail().close(log.log, now));
    place_.reset();
    return find_place();
}

Result<std::optional<Digest>> Recorder::root_before(std::int64_t log) {
    auto& trail = ledger_.trail();
    DVC_TRY_ASSIGN(logs, trail.logs());
    std::optional<std::int64_t> before;
    for (const auto& one : logs)
        if (one.log < log) before = one.log;
    if (!before) return std::nullopt;
    DVC_TRY_ASSIGN(seal, trail.last_seal(*before));
    audit::Frontier frontier;
    if (seal) {
        DVC_TRY_ASSIGN(sealed, audit::Frontier::parse(seal->frontier));
        frontier = std::move(sealed);
    }
    ledger::TrailFilter rest;
    rest.log = *before;
    rest.from = static_cast<std::int64_t>(frontier.size());
    DVC_TRY(trail.walk(rest, [&frontier](const ledger::TrailRow& row) -> Result<bool> {
        frontier.append(audit::leaf_hash(row.entry));
        return true;
    }));
    return std::optional(frontier.root());
}

}  // namespace dvcsync::sync
