// Records come in: versions, payloads, and what they mean for the outbox.
#include <algorithm>
#include <cstring>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/ledger/sqlite_ledger.h"

namespace dvcsync::ledger {
namespace {

// An index over whole digests would be four times as large and no more selective.
std::int64_t head_of(const Digest& digest) {
    std::int64_t head = 0;
    std::memcpy(&head, digest.data(), sizeof head);
    return head;
}

constexpr std::int64_t bit(Operation operation) {
    return 1LL << static_cast<int>(operation);
}

// The operation under which a record that cannot be read is parked.
Operation home_of(const Intake& intake) {
    if (!intake.queue.empty()) return intake.queue.front();
    if (intake.facts.kind == "procedure") return Operation::PushProcedure;
    if (intake.facts.kind == "statistics") return Operation::PushStatistics;
    if (intake.facts.kind == "receipt") return Operation::ConfirmSubmission;
    if (intake.facts.kind == "answer") return Operation::PushStatus;
    return Operation::PushDossier;
}

std::int64_t wants_of(const Intake& intake) {
    if (!intake.fault.empty()) return bit(home_of(intake));
    std::int64_t wants = 0;
    for (const Operation operation : intake.queue)
        wants |= bit(operation);
    return wants;
}

std::optional<std::string> fault_of(const Intake& intake) {
    if (intake.fault.empty()) return std::nullopt;
    return excerpt(intake.fault, limits::max_message);
}

Event event_of(const Intake& intake, Operation operation, Cause cause) {
    if (!intake.fault.empty())
        return operation == home_of(intake) ? Event::Faulty : Event::Withdrawn;
    if (intake.queue.empty()) return Event::Withdrawn;
    if ((wants_of(intake) & bit(operation)) != 0) return Event::Queued;
    // What was parked because it could not be read has no other reason to be there.
    return cause == Cause::Intake ? Event::Withdrawn : Event::Superseded;
}

}  // namespace

Status SqliteLedger::prepare_intake() {
    struct Line {
        Statement& statement;
        std::string_view sql;
    };
    const Line lines[] = {
        {is_current_,
         "SELECT as_of FROM record WHERE digest_head = ?1 AND digest = ?2 "
         "AND fault IS NULL"},
        {seen_again_,
         "UPDATE record SET as_of = ?3 WHERE digest_head = ?1 AND digest = ?2 AND fault IS NULL "
         "AND (as_of IS NULL OR as_of < ?3)"},
        {find_record_,
         "SELECT id, digest, fault, as_of, wants FROM record "
         "WHERE kind = ?1 AND code = ?2"},
        {confirm_record_, "UPDATE record SET as_of = ?2 WHERE id = ?1"},
        {add_record_,
         "INSERT INTO record (kind, code, version, digest_head, digest, wants, fault, taken_at, "
         "origin, agency, procedure, status, received, due, finished, event, online, "
         "online_result, apology, inter_agency, as_of) "
         "VALUES (?19, ?20, 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
         "?16, ?17, ?18)"},
        {change_record_,
         "UPDATE record SET version = version + 1, digest_head = ?1, digest = ?2, wants = ?3, "
         "fault = ?4, taken_at = ?5, origin = ?6, agency = ?7, procedure = ?8, status = ?9, "
         "received = ?10, due = ?11, finished = ?12, event = ?13, online = ?14, "
         "online_result = ?15, apology = ?16, inter_agency = ?17, as_of = ?18 "
         "WHERE id = ?19"},
        // The facts stay those of the last version that could be read.
        {fault_record_,
         "UPDATE record SET version = version + 1, digest_head = ?2, digest = ?3, wants = ?4, "
         "fault = ?5, taken_at = ?6, origin = ?7, as_of = ?8 WHERE id = ?1"},
        {add_body_, "INSERT INTO body (record, sealed) VALUES (?1, ?2)"},
        {change_body_, "UPDATE body SET sealed = ?2 WHERE record = ?1"},
        {items_of_record_,
         "SELECT item, operation, state, cause, portal_code FROM outbox WHERE record = ?1"},
        {await_, "INSERT OR REPLACE INTO awaiting (record, portal) VALUES (?1, ?2)"},
        {await_no_more_, "DELETE FROM awaiting WHERE record = ?1"},
        {name_agency_,
         "INSERT INTO agency (code, name) VALUES (?1, ?2) "
         "ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE name <> excluded.name"},
        {publish_,
         "INSERT INTO publication (record, decision, action, decided) VALUES (?1, ?2, ?3, ?4) "
         "ON CONFLICT (record, decision) DO UPDATE SET action = excluded.action, "
         "decided = excluded.decided"},
        {position_, "SELECT position FROM source WHERE name = ?1"},
        // The condition keeps a look that found nothing new from writing anything.
        {set_position_,
         "INSERT INTO source (name, position) VALUES (?1, ?2) "
         "ON CONFLICT (name) DO UPDATE SET position = excluded.position "
         "WHERE position <> excluded.position"},
    };
    for (const Line& line : lines) {
        DVC_TRY_ASSIGN(statement, db_.prepare(line.sql));
        line.statement = std::move(statement);
    }
    return {};
}

Result<Current> SqliteLedger::is_current(const Digest& digest) {
    is_current_.bind(head_of(digest), digest);
    DVC_TRY_ASSIGN(found, is_current_.step());
    Current current{found, found ? is_current_.maybe_time(0) : std::nullopt};
    is_current_.reset();
    return current;
}

Status SqliteLedger::seen_again(std::span<const std::pair<Digest, UtcTime>> versions) {
    if (versions.empty()) return {};
    DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
    DVC_TRY(fence());
    for (const auto& [digest, as_of] : versions)
        DVC_TRY(seen_again_.run(head_of(digest), digest, as_of));
    return transaction.commit();
}

Result<std::string> SqliteLedger::position(std::string_view source) {
    position_.bind(source);
    DVC_TRY_ASSIGN(found, position_.step());
    std::string position = found ? position_.text(0) : std::string();
    position_.reset();
    return position;
}

Result<Taken> SqliteLedger::take(std::span<const Intake> records, std::string_view source,
                                 std::string_view position, UtcTime now) {
    auto store = [&]() -> Result<Taken> {
        Taken taken;
        DVC_TRY_ASSIGN(transaction, Transaction::begin(db_));
        DVC_TRY(fence());
        for (const Intake& intake : records)
            DVC_TRY(take_one(intake, now, taken));
        DVC_TRY(set_position_.run(source, position));
        db_.wrote(Point::BatchWritten);
        DVC_TRY(transaction.commit());
        return taken;
    };
    auto taken = store();
    if (!taken) agencies_.clear();  // what was rolled back is not there
    return taken;
}

Status SqliteLedger::take_one(const Intake& intake, UtcTime now, Taken& taken) {
    find_record_.bind(intake.facts.kind, intake.facts.code);
    DVC_TRY_ASSIGN(found, find_record_.step());
    if (!found) {
        DVC_TRY(add(intake, now));
        ++taken.added;
    } else {
        const std::int64_t record = find_record_.integer(0);
        const bool was_read = find_record_.is_null(2);
        bool same = find_record_.digest(1) == intake.digest;
        if (!was_read) same = same && find_record_.bytes(2) == fault_of(intake);
        if (was_read && intake.revisit)
            same = same && intake.fault.empty() && find_record_.integer(4) == wants_of(intake);
        const auto held_as_of = find_record_.maybe_time(3);
        find_record_.reset();
        if (same) {
            ++taken.unchanged;
            if (intake.revisit) DVC_TRY(await(record, intake));
            // A later export says the same: what was exported in between is outdated.
            const bool later = intake.as_of && (!held_as_of || *held_as_of < *intake.as_of);
            return later ? confirm_record_.run(record, intake.as_of) : Status{};
        }
        if (held_as_of && intake.as_of && *intake.as_of < *held_as_of) {
            ++taken.outdated;
            return {};
        }
        DVC_TRY(change(record, intake, now));
        ++taken.changed;
    }
    if (intake.fault.empty()) return {};
    ++taken.parked;
    return witness_ == nullptr ? Status{} : witness_->parked(intake, now);
}

Status SqliteLedger::add(const Intake& intake, UtcTime now) {
    const Facts& f = intake.facts;
    DVC_TRY(name_agency(f));
    DVC_TRY(add_record_.run(head_of(intake.digest), intake.digest, wants_of(intake),
                            fault_of(intake), now, intake.origin, f.agency, f.procedure, f.status,
                            f.received, f.due, f.finished, f.event, f.online, f.online_result,
                            f.apology, f.inter_agency, intake.as_of, f.kind, f.code));
    const std::int64_t record = db_.last_id();
    DVC_TRY(add_body_.run(record, Blob{intake.sealed}));
    DVC_TRY(store_publication(record, f));
    if (!intake.awaits.empty()) DVC_TRY(await(record, intake));
    const std::int64_t wants = wants_of(intake);
    for (const Operation operation : all_operations) {
        if ((wants & bit(operation)) == 0) continue;
        DVC_TRY(move(record, operation, std::nullopt, std::nullopt,
                     event_of(intake, operation, Cause::None), intake.fault, now));
    }
    return {};
}

Status SqliteLedger::change(std::int64_t record, const Intake& intake, UtcTime now) {
    const Facts& f = intake.facts;
    if (intake.fault.empty()) {
        DVC_TRY(name_agency(f));
        DVC_TRY(change_record_.run(
            head_of(intake.digest), intake.digest, wants_of(intake), fault_of(intake), now,
            intake.origin, f.agency, f.procedure, f.status, f.received, f.due, f.finished, f.event,
            f.online, f.online_result, f.apology, f.inter_agency, intake.as_of, record));
        DVC_TRY(store_publication(record, f));
    } else {
        DVC_TRY(fault_record_.run(record, head_of(intake.digest), intake.digest, wants_of(intake),
                                  fault_of(intake), now, intake.origin, intake.as_of));
    }
    DVC_TRY(change_body_.run(record, Blob{intake.sealed}));
    DVC_TRY(await(record, intake));

    struct Row {
        std::int64_t item;
        Standing standing;
        Cause cause;
    };
    std::array<std::optional<Row>, all_operations.size()> rows;
    DVC_TRY(items_of_record_.each(
        [&rows](Statement& row) {
            const auto operation = row.choice(1, last_operation);
            rows[static_cast<std::size_t>(operation)] = {
                row.integer(0), Standing(row.choice(2, State::Dismissed), row.text(4)),
                row.choice(3, Cause::Portal)};
        },
        record));
    for (const Operation operation : all_operations) {
        const auto& row = rows[static_cast<std::size_t>(operation)];
        const Event event = event_of(intake, operation, row ? row->cause : Cause::None);
        DVC_TRY(move(record, operation, row ? std::optional(row->item) : std::nullopt,
                     row ? std::optional(row->standing) : std::nullopt, event, intake.fault, now));
    }
    return {};
}

Status SqliteLedger::await(std::int64_t record, const Intake& intake) {
    return intake.awaits.empty() ? await_no_more_.run(record) : await_.run(record, intake.awaits);
}

Status SqliteLedger::store_publication(std::int64_t record, const Facts& facts) {
    if (facts.decision.empty()) return {};
    return publish_.run(record, facts.decision, facts.action, facts.decided);
}

Status SqliteLedger::name_agency(const Facts& facts) {
    if (facts.agency_name.empty()) return {};
    std::string& known = agencies_[facts.agency];
    if (known == facts.agency_name) return {};
    DVC_TRY(name_agency_.run(facts.agency, facts.agency_name));
    known = facts.agency_name;
    return {};
}

}  // namespace dvcsync::ledger
