// Progress and statuses: many rows an item, in order; and what is in doubt.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connector/sync/intake.h"
#include "connector/sync/retry.h"
#include "connector/sync/worker.h"

namespace dvcsync::sync {
namespace {

using ledger::Cause;
using ledger::Claimed;
using ledger::Settlement;
using ledger::State;
using portal::Outcome;
using portal::Verdict;

// The digest that names delivered rows by their keys alone.
Digest keys_digest(std::span<const mapping::Document> rows) {
    std::string keys;
    for (const auto& row : rows)
        keys.append(row.key).push_back('\n');
    return sha256(keys);
}

struct Progressing {  // the rows of one item
    const Claimed* item;
    std::vector<mapping::Document> rows;
    std::size_t next = 0;  // the first row that is not delivered
    bool settled = false;
    std::uint64_t exchange = 0;  // the last that held a row of it
};
struct RowRef {
    std::size_t item;
    std::size_t row;
};
using Refs = std::span<const RowRef>;

class ProgressRows : public Worker {
  public:
    using Worker::Worker;

    void run() {
        for (const auto& item : task_.items) {
            if (!worn_out(item)) draft(item);
        }
        if (with_.calls.repeatable(task_.operation)) {
            send_all();
        } else {
            send_in_turn();
        }
        for (auto& one : items_) {
            if (!one.settled) settle(learnt(one, State::Delivered));
        }
    }

  private:
    void send_all() {
        std::vector<RowRef> refs;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            for (std::size_t row = items_[i].next; row < items_[i].rows.size(); ++row) {
                refs.push_back({i, row});
            }
        }
        const auto limit = batch_limit();
        std::size_t at = 0;
        while (at < refs.size()) {
            std::vector<RowRef> slice;
            while (at < refs.size() && slice.size() < limit) {
                // A row that failed holds back the later rows of its dossier.
                if (!items_[refs[at].item].settled) slice.push_back(refs[at]);
                ++at;
            }
            send(slice);
        }
    }

    // Where the same row twice is kept twice, a dossier's next row leaves only once the one before
    // it is in: if one were refused in the middle of a call, the portal would have kept later ones,
    // and they would go again with it.
    void send_in_turn() {
        const auto limit = batch_limit();
        for (;;) {
            std::vector<RowRef> slice;
            for (std::size_t i = 0; i < items_.size() && slice.size() < limit; ++i) {
                const bool left = items_[i].next < items_[i].rows.size();
                if (left && !items_[i].settled) slice.push_back({i, items_[i].next});
            }
            if (slice.empty()) return;
            send(slice);
        }
    }

    // The rows of an item, at hand or made from its payload; nullopt if it was parked instead.
    std::optional<std::vector<mapping::Document>> rows_of(const Claimed& item) {
        const auto at_hand = task_.rows.find(item.record);
        if (at_hand != task_.rows.end() && at_hand->second.version == item.version) {
            return at_hand->second.rows;
        }
        auto record = reopen(item);
        if (!record) return std::nullopt;
        auto rows = with_.mappings.plan(item.operation)->run(*record);
        if (!rows) {
            settle(parked(item, Cause::Mapping, "mapping", rows.error().text()));
            return std::nullopt;
        }
        return *std::move(rows);
    }

    void draft(const Claimed& item) {
        auto rows = rows_of(item);
        if (!rows) return;
        const std::span<const mapping::Document> all(*rows);
        if (!told_before(item, all)) {
            settle(parked(item, Cause::Mapping, "steps", no_way_back(item)));
            return;
        }
        items_.push_back({&item, std::move(*rows), item.steps_done, false});
    }

    // The rows begin with those that were delivered.
    static bool told_before(const Claimed& item, std::span<const mapping::Document> rows) {
        if (item.steps_done == 0) return true;
        if (rows.size() < item.steps_done) return false;
        const auto told = rows.first(item.steps_done);
        // Schemas before 5 kept the keys alone.
        return steps_digest(told) == item.steps_digest || keys_digest(told) == item.steps_digest;
    }

    static std::string no_way_back(const Claimed& item) {
        if (item.operation == Operation::PushStatus)
            return fmt::format(
                "the first {} events were told to the portal already, and the province has since "
                "changed, removed or renamed one of them: what was told cannot be taken back; put "
                "it back as it was in the province's system, and tell the change as a new event "
                "after the others",
                item.steps_done);
        return fmt::format(
            "the first {} steps were sent already, and the province has since removed or renamed "
            "one of them: the portal cannot take a step back; put the old steps back in the "
            "province's system",
            item.steps_done);
    }

    Settlement learnt(const Progressing& one, State state) {
        Settlement settlement = about(*one.item);
        settlement.state = state;
        settlement.steps_done = one.next;
        settlement.steps_digest = steps_digest(std::span(one.rows).first(one.next));
        settlement.called = !one.rows.empty();
        settlement.exchange = one.exchange;
        return settlement;
    }

    void finish(Progressing& one, Settlement settlement) {
        const Settlement steps = learnt(one, settlement.state);
        settlement.steps_done = steps.steps_done;
        settlement.steps_digest = steps.steps_digest;
        one.settled = true;
        settle(std::move(settlement));
    }

    // Sends what is still to be sent of these rows.
    void send(Refs refs) {
        std::vector<RowRef> slice;
        for (const auto& ref : refs) {
            const Progressing& one = items_[ref.item];
            if (!one.settled && ref.row >= one.next) slice.push_back(ref);
        }
        if (slice.empty()) return;
        if (halted()) {
            for (const auto& ref : slice) {
                Progressing& one = items_[ref.item];
                if (!one.settled) finish(one, back(*one.item));
            }
            return;
        }
        std::vector<portal::Item> calls;
        calls.reserve(slice.size());
        for (const auto& ref : slice) {
            calls.push_back({items_[ref.item].item->code, items_[ref.item].rows[ref.row].json});
        }
        const auto outcomes = push(calls, false);
        std::vector<RowRef> unnamed;
        for (std::size_t i = 0; i < slice.size(); ++i) {
            Progressing& one = items_[slice[i].item];
            one.exchange = outcomes[i].exchange;
            if (one.settled || slice[i].row < one.next) continue;
            if (accepted(outcomes[i])) {
                if (slice[i].row == one.next) ++one.next;
            } else if (outcomes[i].verdict == Verdict::Alone && slice.size() > 1) {
                unnamed.push_back(slice[i]);
            } else {
                fail(one, outcomes[i]);
            }
        }
        if (!unnamed.empty()) split(unnamed, outcomes.front());
    }

    // The batch was refused as a whole: each half goes by itself, the earlier rows first, until the
    // culprit is alone.
    void split(Refs refs, const Outcome& outcome) {
        const std::size_t half = (refs.size() + 1) / 2;
        for (const auto part : {refs.first(half), refs.subspan(half)}) {
            if (part.empty() || may_split()) {
                send(part);
                continue;
            }
            for (const auto& ref : part) {
                Progressing& one = items_[ref.item];
                if (!one.settled) finish(one, undecided(*one.item, outcome));
            }
        }
    }

    // "Exists" is as good as yes for a row: the portal has this very step.
    static bool accepted(const Outcome& outcome) {
        return outcome.verdict == Verdict::Accepted || outcome.verdict == Verdict::Exists;
    }

    Settlement back(const Claimed& item) {
        Settlement settlement = about(item);
        settlement.state = State::Ready;
        settlement.called = false;
        return settlement;
    }

    void fail(Progressing& one, const Outcome& outcome) {
        Settlement settlement = not_delivered(*one.item, outcome);
        const bool called = settlement.called;
        // Of a dossier that was born there: its own code is wrong, and nothing of ours can mend it.
        const bool lost =
            outcome.verdict == Verdict::Missing && task_.operation == Operation::PushProgress;
        if (lost) {
            settlement.known = false;
            settlement.reason = fmt::format(
                "the portal does not hold the dossier of these steps (any more): {}; send the "
                "dossier again: dvcsync resync start --dossier {} --reason …",
                outcome.message, one.item->code);
        }
        finish(one, std::move(settlement));
        out_.settlements.back().called = called;
        if (lost) {  // what it has lost it has lost with its steps
            out_.settlements.back().steps_done = 0;
            out_.settlements.back().steps_digest = Digest{};
        }
    }

    std::vector<Progressing> items_;
};

class Doubts : public Worker {
  public:
    using Worker::Worker;

    void run() {
        for (const auto& item : task_.items) {
            Settlement settlement = about(item);
            settlement.state = State::Ready;
            settlement.called = false;
            if (item.operation == Operation::PushDossier && with_.calls.can_ask) {
                ask(item, settlement);
            } else if (!with_.calls.repeatable(item.operation)) {
                settlement.state = State::Parked;
                settlement.cause = Cause::Portal;
                settlement.code = ledger::doubt_code;
                settlement.reason =
                    "a call was cut off, and the portal can neither be asked what it kept nor be "
                    "sent the same again (doubt in the profile): compare with what the portal "
                    "shows";
            }
            settle(std::move(settlement));
        }
    }

  private:
    void ask(const Claimed& item, Settlement& settlement) {
        if (!halted()) {
            ++out_.calls;
            const auto holding = with_.calls.look(item.code);
            if (holding) {
                // Either way the same document may go again: as an update it replaces itself.
                settlement.known = holding->known;
                settlement.exchange = holding->exchange;
                if (!holding->known) {  // and no step of it, if there ever was one
                    settlement.steps_done = 0;
                    settlement.steps_digest = Digest{};
                }
                return;
            }
            heard(holding.error());
            settlement.exchange = holding.error().exchange;
            settlement.code = holding.error().code;
            settlement.reason = fmt::format("in doubt, and the portal could not be asked: {}",
                                            holding.error().message);
        }
        settlement.state = State::InDoubt;
        settlement.next_at = with_.now + backoff(item.attempts + 1, draw(), {});
    }
};

}  // namespace

Handled send_rows(const Task& task, const Worker::Setting& setting, std::uint64_t random) {
    ProgressRows rows(task, setting, random);
    rows.run();
    return rows.take();
}

Handled resolve_doubts(const Task& task, const Worker::Setting& setting, std::uint64_t random) {
    Doubts doubts(task, setting, random);
    doubts.run();
    return doubts.take();
}

std::string names_of_rows(const Claimed& item, const mapping::MappingSet& mappings,
                          const Sealer& sealer) {
    std::string names;
    const auto* plan = mappings.plan(item.operation);
    const auto xml = sealer.open(item.sealed, seal_context(item.kind, item.code));
    if (plan == nullptr || !xml) return names;
    const auto record = mappings.vocabulary().parse(item.kind, *xml);
    if (!record) return names;
    const auto rows = plan->run(*record);
    if (!rows) return names;
    for (const auto& row : *rows) {
        const Digest digest = sha256(row.json);
        names.append(reinterpret_cast<const char*>(digest.data()), row_name_size);
    }
    return names;
}

bool would_repeat(const Claimed& item, std::string_view rows) {
    const std::size_t from = item.steps_done * row_name_size;
    if (item.sent.size() <= from) return true;
    return rows.size() >= item.sent.size() &&
           rows.substr(from, item.sent.size() - from) == std::string_view(item.sent).substr(from);
}

Digest steps_digest(std::span<const mapping::Document> rows) {
    if (rows.empty()) return {};
    std::string keys;
    for (const auto& row : rows) {
        keys += row.key;
        if (row.said != Digest{}) keys += '\t' + hex(row.said);
        keys += '\n';
    }
    return sha256(keys);
}

}  // namespace dvcsync::sync
