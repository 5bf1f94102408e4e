#include "connector/sync/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/base/text.h"
#include "connector/files/types.h"
#include "connector/sync/intake.h"
#include "connector/sync/retry.h"
#include "connector/sync/worker.h"

namespace dvcsync::sync {

using ledger::Cause;
using ledger::Claimed;
using ledger::Settlement;
using ledger::State;
using portal::Outcome;
using portal::Verdict;

namespace {

Reason reason_of(const Outcome& outcome) {
    if (!outcome.quoted) return outcome.message;
    const bool plain = outcome.code.size() <= limits::plain_code &&
                       std::all_of(outcome.code.begin(), outcome.code.end(), [](unsigned char c) {
                           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                       });
    return {outcome.message, plain ? fmt::format("the portal answered with code {}", outcome.code)
                                   : "the portal answered with words for a code"};
}

// Nothing was heard of this item. It may be the item's own doing (it makes the portal fail) or an
// outage: whether others get through will tell.
bool no_answer(const Outcome& outcome) {
    return outcome.endpoint || outcome.verdict == Verdict::InDoubt;
}

}  // namespace

Worker::Worker(const Task& task, const Setting& setting, std::uint64_t random)
    : task_(task), with_(setting), random_(random), splits_left_(limits::split_calls) {
    out_.operation = task.operation;
    out_.ask = task.ask;
    out_.stamp = task.stamp;
}

Settlement Worker::about(const Claimed& item) const {
    Settlement settlement;
    settlement.item = item.item;
    settlement.version = item.version;
    return settlement;
}

Settlement Worker::parked(const Claimed& item, Cause cause, std::string code,
                          std::string reason) const {
    Settlement settlement = about(item);
    settlement.state = State::Parked;
    settlement.cause = cause;
    settlement.code = std::move(code);
    settlement.reason = std::move(reason);
    settlement.called = cause == Cause::Portal;
    return settlement;
}

Settlement Worker::refused(const Claimed& item, const Outcome& outcome, std::string reason) const {
    Settlement settlement = parked(item, Cause::Portal, outcome.code, std::move(reason));
    settlement.exchange = outcome.exchange;
    return settlement;
}

Settlement Worker::untouched(const Claimed& item) const {
    Settlement settlement = about(item);
    settlement.state = State::Ready;
    settlement.called = false;
    return settlement;
}

bool Worker::worn_out(const Claimed& item) {
    if (item.attempts < with_.rules.max_attempts) return false;
    auto settlement =
        parked(item, Cause::Portal, "given up",
               fmt::format("given up after {} attempts without a clear answer; find out at the "
                           "portal what is wrong with it, then retry it",
                           item.attempts));
    settlement.called = false;
    settle(std::move(settlement));
    return true;
}

std::optional<mapping::Record> Worker::reopen(const Claimed& item) {
    auto xml = with_.sealer.open(item.sealed, seal_context(item.kind, item.code));
    if (!xml) {
        settle(parked(item, Cause::Mapping, "payload", xml.error().message));
        return std::nullopt;
    }
    auto record = with_.mappings.vocabulary().parse(item.kind, *xml);
    if (!record) {
        settle(parked(item, Cause::Mapping, "payload", record.error().message));
        return std::nullopt;
    }
    record->give(item.given);
    return *std::move(record);
}

void Worker::heard(const Outcome& outcome) {
    if (outcome.verdict == Verdict::Misconfigured && out_.stop.text.empty()) {
        out_.stop = reason_of(outcome);
    }
    if (outcome.retry_after && (!out_.retry_after || *out_.retry_after < *outcome.retry_after)) {
        out_.retry_after = outcome.retry_after;
    }
    if (!no_answer(outcome)) return;
    out_.endpoint_failed = true;
    out_.endpoint_reason = reason_of(outcome);
}

std::vector<Outcome> Worker::push(std::span<const portal::Item> items, bool updating) {
    ++out_.calls;
    auto outcomes = with_.calls.push(task_.operation, items, updating);
    if (outcomes.size() != items.size()) {
        Outcome lost;
        lost.verdict = Verdict::InDoubt;
        lost.code = "bug";
        lost.message = "the portal client lost an outcome";
        outcomes.assign(items.size(), lost);
    }
    // One item that the answer leaves open says nothing of the endpoint if it answers the others.
    const bool answered = !std::all_of(outcomes.begin(), outcomes.end(), no_answer);
    for (const auto& outcome : outcomes) {
        if (!answered || !no_answer(outcome) || outcome.retry_after) heard(outcome);
    }
    return outcomes;
}

Settlement Worker::not_delivered(const Claimed& item, const Outcome& outcome) {
    Settlement settlement = about(item);
    settlement.code = outcome.code;
    settlement.reason = outcome.message;
    settlement.exchange = outcome.exchange;
    const int attempt = item.attempts + 1;
    switch (outcome.verdict) {
        case Verdict::Retry:
            if (!outcome.endpoint && attempt >= with_.rules.max_attempts) {
                return refused(
                    item, outcome,
                    fmt::format("given up after {} attempts: {}", attempt, outcome.message));
            }
            settlement.state = State::Waiting;
            settlement.next_at = with_.now + backoff(attempt, draw(), outcome.retry_after);
            settlement.called = !outcome.endpoint;
            return settlement;
        case Verdict::InDoubt:
            settlement.state = State::InDoubt;
            // Asked for at once the first time: a lost answer is the usual reason. An item that is
            // in doubt again and again has to wait its turn.
            settlement.next_at =
                item.attempts == 0 ? with_.now : with_.now + backoff(attempt, draw(), {});
            settlement.called = false;
            return settlement;
        case Verdict::Misconfigured:
            settlement.state = State::Ready;  // the item is innocent: it stays first in line
            settlement.called = false;
            return settlement;
        default:
            return refused(item, outcome, outcome.message);
    }
}

Settlement Worker::undecided(const Claimed& item, const Outcome& outcome) {
    Settlement settlement = about(item);
    settlement.state = State::Waiting;
    settlement.code = outcome.code;
    settlement.reason = fmt::format(
        "the portal refused a batch without saying which record it meant; this one goes again in "
        "another batch: {}",
        outcome.message);
    settlement.exchange = outcome.exchange;
    settlement.next_at = with_.now + backoff(item.attempts + 1, draw(), {});
    if (item.attempts + 1 >= with_.rules.max_attempts) {
        return refused(item, outcome, settlement.reason);
    }
    return settlement;
}

std::size_t Worker::batch_limit() const {
    return batch_of(with_.calls, task_.operation, task_.updating);
}

void Worker::ask_for_code(const Claimed& item) {
    if (halted()) return settle(untouched(item));
    ++out_.calls;
    auto next = with_.calls.next_code();
    if (!next) {
        heard(next.error());
        return settle(not_delivered(item, next.error()));
    }
    Settlement settlement = untouched(item);
    settlement.given = std::move(next->code);
    settlement.exchange = next->exchange;
    settle(std::move(settlement));
}

void Worker::upload(const Claimed& item, const mapping::FileLink& file) {
    const auto content = with_.calls.fetch_file(file.link);
    if (!content) return settle(without_file(item, file, content.error()));
    // What cannot be told of it says nothing against it.
    const auto kind =
        files::examine("", std::string_view(*content).substr(0, limits::sniffed_bytes));
    const std::string type = kind ? kind->type : "application/octet-stream";
    const std::string extension = files::usual_extension(type);
    // A name of ours: the province's may be that of a person.
    const std::string name = fmt::format("file.{}", extension.empty() ? "bin" : extension);
    ++out_.calls;
    auto taken = with_.calls.upload({*content, name, type});
    const Digest digest = sha256(*content);
    if (!taken) {
        heard(taken.error());
        Settlement settlement = not_delivered(item, taken.error());
        settlement.reason =
            excerpt(fmt::format("{}: its file was not taken: {}", file.field, settlement.reason),
                    limits::max_message);
        settlement.tried = digest;
        return settle(std::move(settlement));
    }
    Settlement settlement = untouched(item);
    settlement.uploaded =
        ledger::Upload{sha256(file.link), std::move(taken->id), std::move(taken->hash)};
    settlement.exchange = taken->exchange;
    settlement.tried = digest;
    settle(std::move(settlement));
}

// No file, no dossier: nothing is sent half. Whose host is away for a night has his dossiers back
// by themselves; what is gone for good is told within a day.
Settlement Worker::without_file(const Claimed& item, const mapping::FileLink& file,
                                const Error& error) {
    constexpr std::string_view code = "file";
    constexpr std::string_view advice =
        "put the file where its link leads, or mend the link in the province's system, then retry";
    const auto reason = fmt::format("{}: the file cannot be had: {}", file.field, error.message);
    if (error.kind != ErrorKind::Retry)
        return parked(item, Cause::Mapping, std::string(code), reason);
    const int attempt = item.attempts + 1;
    if (attempt >= with_.rules.max_attempts)
        return parked(item, Cause::Mapping, std::string(code),
                      fmt::format("given up after {} attempts: {}; {}", attempt, reason, advice));
    Settlement settlement = about(item);
    settlement.state = State::Waiting;
    settlement.code = code;
    settlement.reason = reason;
    // Longer than for the portal, which is asked for everything: some minutes first, hours in all.
    constexpr int slower = 6;
    settlement.next_at = with_.now + backoff(attempt + slower, draw(), {});
    return settlement;
}

// SplitMix64: enough for jitter, and replayable from one seed.
std::uint64_t Worker::draw() {
    std::uint64_t z = (random_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

std::size_t batch_of(const PortalCalls& calls, Operation operation, bool updating) {
    const int known = updating && calls.known_batch ? calls.known_batch(operation) : 0;
    return static_cast<std::size_t>(std::max(1, known > 0 ? known : calls.batch(operation)));
}

PortalCalls calls_of(portal::Client& client) {
    PortalCalls calls;
    calls.push = [&client](Operation operation, std::span<const portal::Item> items,
                           bool updating) {
        reach(calling(operation));
        auto outcomes = client.push(operation, items, updating);
        reach(called(operation));
        return outcomes;
    };
    calls.look = [&client](std::string_view code) {
        reach(Point::Asking);
        auto holding = client.look(code);
        reach(Point::Asked);
        return holding;
    };
    calls.list = [&client](std::chrono::local_days from, std::chrono::local_days until, int page) {
        return client.list(from, until, page);
    };
    const auto& profile = client.profile();
    if (profile.gives_codes())
        calls.next_code = [&client] {
            reach(Point::Asking);
            auto code = client.next_code();
            reach(Point::Asked);
            return code;
        };
    if (profile.takes_files())
        calls.upload = [&client](const portal::FileToSend& file) {
            reach(Point::Asking);
            auto taken = client.upload(file);
            reach(Point::Asked);
            return taken;
        };
    calls.known_batch = [&profile](Operation operation) {
        return profile.has_known_form(operation) ? profile.batch(operation, true) : 0;
    };
    calls.has = [&profile](Operation operation) { return profile.has(operation); };
    calls.batch = [&profile](Operation operation) { return profile.batch(operation); };
    calls.repeatable = [&profile](Operation operation) { return profile.repeatable(operation); };
    calls.endpoint = [&profile](Operation operation) { return profile.endpoint(operation); };
    calls.pace = [&profile](std::string_view endpoint) { return profile.pace(endpoint); };
    calls.ask_endpoint = profile.ask_endpoint();
    calls.list_endpoint = profile.list_endpoint();
    calls.can_ask = profile.can_ask();
    calls.can_list = profile.can_list();
    calls.traffic = [&client] { return client.traffic(); };
    return calls;
}

Handled handle(const Task& task, const PortalCalls& calls, const mapping::MappingSet& mappings,
               const Sealer& sealer, const CallRules& rules, UtcTime now, std::uint64_t random) {
    const Worker::Setting setting{calls, mappings, sealer, rules, now};
    if (task.ask) return resolve_doubts(task, setting, random);
    if (by_rows(task.operation)) return send_rows(task, setting, random);
    return send_documents(task, setting, random);
}

}  // namespace dvcsync::sync
