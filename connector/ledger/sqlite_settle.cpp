// Answers come back: what becomes of a claimed item. Which event an answer is, is said here; where
// that leads, in states.cpp alone.
#include <fmt/format.h>

#include <algorithm>

#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

Result<Event> event_of(const Settlement& settlement) {
    switch (settlement.state) {
        case State::Ready:
            return Event::PutBack;
        case State::Waiting:
            return Event::Postponed;
        case State::InDoubt:
            return Event::Unsure;
        case State::Parked:
            return Event::Refused;
        case State::Delivered:
            return Event::Accepted;
        case State::Sending:
        case State::Dismissed:
            break;
    }
    return fail(ErrorKind::Bug, fmt::format("item {} cannot be settled as {}", settlement.item,
                                            to_string(settlement.state)));
}

}  // namespace

Status SqliteLedger::settle(std::span<const Settlement> settlements, UtcTime now) {
    if (settlements.empty()) return {};
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(fence());
    for (const Settlement& settlement : settlements) {
        // First, for an item whose record is not to be sent any more goes.
        DVC_TRY(tell_settled(settlement, now));
        DVC_TRY(settle_one(settlement, now));
    }
    return transaction.commit();
}

Result<SqliteLedger::Item> SqliteLedger::item_of(const Settlement& settlement) {
    find_item_.bind(settlement.item);
    DVC_TRY_ASSIGN(found, find_item_.step());
    if (!found) return fail(ErrorKind::Bug, fmt::format("item {} does not exist", settlement.item));
    Item item;
    item.id = settlement.item;
    item.record = find_item_.integer(0);
    item.operation = find_item_.choice(1, last_operation);
    item.state = find_item_.choice(2, State::Dismissed);
    item.version = find_item_.integer(3);
    item.record_version = find_item_.integer(4);
    item.wants = find_item_.integer(5);
    item.faulty = !find_item_.is_null(6);
    item.fault = find_item_.text(6);
    item.known = find_item_.integer(7) != 0;
    DVC_TRY(find_item_.damage());
    find_item_.reset();
    if (item.version != settlement.version)
        return fail(ErrorKind::Bug, fmt::format("item {} was claimed at version {}, not {}",
                                                item.id, item.version, settlement.version));
    return item;
}

Status SqliteLedger::settle_one(const Settlement& settlement, UtcTime now) {
    DVC_TRY_ASSIGN(item, item_of(settlement));
    DVC_TRY_ASSIGN(event, event_of(settlement));
    const bool moved_on = item.version != item.record_version;
    const Cell cell = transition(item.state, event);
    if (cell.action != Action::Write)
        return fail(ErrorKind::Bug, fmt::format("item {} cannot be {} while {}", item.id,
                                                to_string(event), to_string(item.state)));
    DVC_TRY(learn(item, settlement));
    const bool refused =
        event == Event::Refused && settlement.called && settlement.code != doubt_code;
    if (event == Event::Accepted || refused) DVC_TRY(certain_.run(item.id));
    const bool delivered = event == Event::Accepted;
    const bool unsure =
        event == Event::Unsure || (event == Event::Refused && settlement.code == doubt_code);
    if (moved_on && !unsure) {
        if (delivered) DVC_TRY(delivered_.run(item.id, now, settlement.document));
        const bool home = item.wants == 1LL << static_cast<int>(item.operation);
        const Event overtaken = item.faulty && home              ? Event::OvertakenFaulty
                                : item.faulty || item.wants == 0 ? Event::OvertakenWithdrawn
                                                                 : Event::Overtaken;
        return move(item.record, item.operation, item.id, item.state, overtaken, item.fault, now);
    }
    const UtcTime next_at = event == Event::Postponed ? settlement.next_at
                            : event == Event::Unsure  ? std::max(settlement.next_at, now)
                                                      : now;
    // One of several calls that the item takes has got through: those to come begin anew.
    const bool further = settlement.given || settlement.uploaded || settlement.created;
    DVC_TRY(write_.run(item.id, *cell.next,
                       event == Event::Refused ? settlement.cause : Cause::None, settlement.called,
                       next_at, now, settlement.code, stored_text(settlement.reason),
                       delivered ? std::optional(now) : std::nullopt,
                       delivered ? settlement.document : std::nullopt, further));
    db_.wrote(written(event));
    if (delivered && settlement.then) return follow(item, *settlement.then, now);
    return {};
}

Status SqliteLedger::learn(const Item& item, const Settlement& settlement) {
    if (item.known && settlement.known == false) DVC_TRY(no_uploads_.run(item.record));
    if (const auto& file = settlement.uploaded)
        DVC_TRY(uploaded_.run(item.record, file->link, file->id, file->hash));
    const bool news = settlement.known && *settlement.known != item.known;
    if (!news && !settlement.steps_done && !settlement.steps_digest && !settlement.given) return {};
    return learn_.run(item.record, settlement.known, settlement.steps_done, settlement.steps_digest,
                      settlement.given);
}

Status SqliteLedger::follow(const Item& item, Operation operation, UtcTime now) {
    find_follower_.bind(item.record, operation);
    DVC_TRY_ASSIGN(found, find_follower_.step());
    std::optional<std::int64_t> id;
    std::optional<Standing> standing;
    if (found) {
        id = find_follower_.integer(0);
        standing.emplace(find_follower_.choice(1, State::Dismissed), find_follower_.text(2));
    }
    DVC_TRY(find_follower_.damage());
    find_follower_.reset();
    return move(item.record, operation, id, standing, Event::Queued, "", now);
}

}  // namespace dvcsync::ledger
