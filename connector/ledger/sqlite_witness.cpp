// What the witness is told, and what must be remembered for it.
#include <fmt/format.h>

#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {

void SqliteLedger::tell(Witness* witness) {
    witness_ = witness;
    claimed_.clear();
    db_.on_end = nullptr;
    if (witness != nullptr) db_.on_end = [witness](bool durable) { witness->ended(durable); };
}

Result<ItemFacts> SqliteLedger::facts_of(std::int64_t item) {
    facts_.bind(item);
    DVC_TRY_ASSIGN(found, facts_.step());
    if (!found) return fail(ErrorKind::Bug, fmt::format("item {} does not exist", item));
    ItemFacts facts{facts_.choice(0, last_operation),
                    facts_.text(1),
                    facts_.text(2),
                    facts_.text(3),
                    facts_.text(4),
                    facts_.digest(5),
                    facts_.maybe_time(6),
                    facts_.time(7)};
    DVC_TRY(facts_.damage());
    facts_.reset();
    return facts;
}

Status SqliteLedger::remember(std::span<const Claimed> items) {
    if (witness_ == nullptr) return {};
    for (const Claimed& item : items) {
        DVC_TRY_ASSIGN(facts, facts_of(item.item));
        claimed_.insert_or_assign(item.item, std::move(facts));
    }
    return {};
}

Status SqliteLedger::tell_settled(const Settlement& settlement, UtcTime now) {
    if (witness_ == nullptr) return {};
    const auto known = claimed_.find(settlement.item);
    if (known != claimed_.end()) {
        const ItemFacts facts = std::move(known->second);
        claimed_.erase(known);
        return witness_->settled(facts, settlement, now);
    }
    DVC_TRY_ASSIGN(facts, facts_of(settlement.item));
    return witness_->settled(facts, settlement, now);
}

Status SqliteLedger::tell_crashed(UtcTime now) {
    if (witness_ == nullptr) return {};
    // As a number, so that the partial index serves.
    DVC_TRY_ASSIGN(statement, db_.prepare(fmt::format("SELECT item FROM outbox WHERE state = {}",
                                                      static_cast<int>(State::Sending))));
    std::vector<std::int64_t> items;
    DVC_TRY(statement.each([&items](const Statement& row) { items.push_back(row.integer(0)); }));
    for (const std::int64_t item : items) {
        Settlement crashed;
        crashed.item = item;
        crashed.state = State::InDoubt;
        DVC_TRY(tell_settled(crashed, now));
    }
    return {};
}

Result<SubmissionFacts> SqliteSubmissions::facts_of(std::int64_t id) {
    DVC_TRY_ASSIGN(statement, db_.prepare("SELECT code, revision, kind, agency, procedure, digest "
                                          "FROM submission WHERE id = ?1"));
    statement.bind(id);
    DVC_TRY_ASSIGN(found, statement.step());
    if (!found) return fail(ErrorKind::Bug, fmt::format("there is no submission {}", id));
    return SubmissionFacts{statement.text(0), statement.integer(1), statement.text(2),
                           statement.text(3), statement.text(4),    statement.digest(5)};
}

Status SqliteSubmissions::tell_moved(std::int64_t id, std::string_view outcome, UtcTime now) {
    if (ledger_.witness_ == nullptr) return {};
    DVC_TRY_ASSIGN(facts, facts_of(id));
    return ledger_.witness_->moved(facts, outcome, now);
}

}  // namespace dvcsync::ledger
