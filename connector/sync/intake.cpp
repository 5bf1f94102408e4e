#include "connector/sync/intake.h"

#include <fmt/format.h>

#include <future>
#include <set>
#include <utility>

#include "connector/base/limits.h"

namespace dvcsync::sync {
namespace {

std::optional<UtcTime> utc(const std::optional<LocalTime>& local) {
    if (!local) return std::nullopt;
    return from_vietnam(*local);
}

ledger::Facts facts_of(std::string_view kind, const mapping::Summary& summary) {
    ledger::Facts facts;
    facts.kind = kind;
    facts.code = summary.code;
    facts.agency = summary.agency;
    facts.agency_name = summary.agency_name;
    facts.procedure = summary.procedure;
    facts.status = summary.status;
    facts.received = utc(summary.received);
    facts.due = utc(summary.due);
    facts.finished = utc(summary.finished);
    facts.event = utc(summary.event);
    facts.online = summary.online;
    facts.online_result = summary.online_result;
    facts.apology = summary.apology;
    facts.inter_agency = summary.inter_agency;
    facts.decision = summary.decision;
    facts.action = summary.action;
    facts.decided = utc(summary.decided);
    return facts;
}

std::optional<Operation> first_operation(std::string_view kind) {
    if (kind == "procedure") return Operation::PushProcedure;
    if (kind == "dossier")
        return Operation::PushDossier;  // its progress follows once it is delivered
    return std::nullopt;
}

// A record whose code cannot be read still needs a name of its own in lists; its content is the
// only thing that is certainly its own.
std::string stand_in_code(const Digest& digest) {
    return fmt::format("unreadable-{}", hex(digest).substr(0, 16));
}

struct Pending {
    const province::RawRecord* raw;
    Digest digest;
};

// Parsing, compressing and sealing cost more than reading, so a batch is shared by two threads.
std::vector<ledger::Intake> prepare_all(const std::vector<Pending>& pending,
                                        const mapping::Vocabulary& vocabulary,
                                        const Sealer& sealer) {
    std::vector<ledger::Intake> out(pending.size());
    auto part = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            out[i] = prepare(*pending[i].raw, pending[i].digest, vocabulary, sealer);
        }
    };
    const std::size_t half = pending.size() / 2;
    auto other = std::async(std::launch::async, part, half, pending.size());
    part(0, half);
    other.get();
    return out;
}

}  // namespace

std::string seal_context(std::string_view kind, std::string_view code) {
    return fmt::format("{}\n{}", kind, code);
}

ledger::Intake prepare(const province::RawRecord& raw, const Digest& digest,
                       const mapping::Vocabulary& vocabulary, const Sealer& sealer) {
    ledger::Intake intake;
    intake.digest = digest;
    intake.origin = fmt::format("{}:{}", raw.file, raw.line);
    intake.fault = raw.fault;
    intake.facts.kind = raw.kind;
    intake.facts.code = raw.code;
    const auto operation = first_operation(raw.kind);
    if (!operation && intake.fault.empty()) {
        intake.fault = fmt::format("records of kind '{}' are not sent by this program", raw.kind);
    }
    if (intake.fault.empty()) {
        auto record = vocabulary.parse(raw.kind, raw.xml);
        if (!record) {
            intake.fault = record.error().message;
        } else if (auto summary = vocabulary.summary(*record); !summary) {
            intake.fault = summary.error().text();
        } else {
            intake.facts = facts_of(raw.kind, *summary);
            if (summary->send) intake.queue.push_back(*operation);
        }
    }
    if (intake.facts.code.empty() || intake.facts.code.size() > limits::max_code * 4) {
        intake.facts.code = stand_in_code(digest);
    }
    if (!intake.fault.empty() && operation) intake.queue = {*operation};
    intake.sealed = sealer.seal(raw.xml, seal_context(raw.kind, intake.facts.code));
    return intake;
}

Result<std::size_t> follow_mapping_change(ledger::Ledger& ledger, const Digest& digest,
                                          UtcTime now) {
    constexpr std::string_view name = "mappings";  // kept like a source: it is one, of rules
    DVC_TRY_ASSIGN(before, ledger.position(name));
    const std::string after = hex(digest);
    if (before == after) return std::size_t{0};
    std::size_t released = 0;
    DVC_TRY(ledger.together([&]() -> Status {
        if (!before.empty()) {
            DVC_TRY_ASSIGN(count, ledger.release_parked(ledger::Cause::Mapping, now));
            released = count;
        }
        return ledger.take({}, name, after, now).map([](const auto&) {});
    }));
    return released;
}

Result<IntakeCounts> take_in(province::Source& source, ledger::Ledger& ledger,
                             const mapping::Vocabulary& vocabulary, const Sealer& sealer,
                             const Clock& clock, Progress& progress,
                             const std::atomic<bool>& stop) {
    IntakeCounts counts;
    progress.begin("records read", 0);
    while (!stop) {
        DVC_TRY_ASSIGN(batch, source.next(limits::intake_batch));
        std::vector<Pending> pending;
        // Codes with another version in this batch: what the ledger holds now says nothing about
        // them, because the batch itself is about to change it.
        std::set<std::pair<std::string_view, std::string_view>> touched;
        pending.reserve(batch.records.size());
        for (const auto& raw : batch.records) {
            const Digest digest = sha256(raw.xml);
            const std::pair<std::string_view, std::string_view> name{raw.kind, raw.code};
            DVC_TRY_ASSIGN(current, ledger.is_current(digest));
            if (current && !raw.code.empty() && !touched.contains(name)) {
                ++counts.unchanged;
            } else {
                touched.insert(name);
                pending.push_back({&raw, digest});
            }
        }
        const auto intakes = prepare_all(pending, vocabulary, sealer);
        DVC_TRY_ASSIGN(taken,
                       ledger.take(intakes, drop_folder_source, batch.position, clock.now()));
        DVC_TRY(source.acknowledge(batch.position));
        counts.read += batch.records.size();
        counts.added += taken.added;
        counts.changed += taken.changed;
        counts.unchanged += taken.unchanged;
        counts.parked += taken.parked;
        for (auto& file : batch.rejected)
            counts.rejected.push_back(std::move(file));
        progress.at(counts.read);
        if (batch.end) break;
    }
    progress.end(counts.read);
    DVC_TRY_ASSIGN(left, source.incomplete());
    counts.left = std::move(left);
    return counts;
}

}  // namespace dvcsync::sync
