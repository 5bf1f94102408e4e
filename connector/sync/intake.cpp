#include "connector/sync/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <set>
#include <utility>

#include "connector/base/limits.h"
#include "connector/base/points.h"
#include "connector/sync/intake_parts.h"

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
    if (kind == "answer") return Operation::PushStatus;
    return std::nullopt;
}

// A record whose code cannot be read still needs a name of its own in lists; its content is the
// only thing that is certainly its own.
std::string stand_in_code(const Digest& digest) {
    return fmt::format("unreadable-{}", hex(digest).substr(0, 16));
}

// A procedure is abolished by a decision, never by a status alone: a status can be a slip of the
// hand, and what the portal has abolished is gone for every citizen.
std::string undecided(std::string_view kind, const mapping::Summary& summary) {
    if (kind != "procedure" || summary.status != "abolished") return {};
    const bool says_so = summary.action == "abolished" || summary.action == "replaced";
    if (says_so && !summary.decision.empty()) return {};
    return fmt::format(
        "the procedure is abolished, but {}: a procedure is abolished only by a decision that says "
        "so; correct the status, or name the decision that abolishes or replaces it",
        summary.decision.empty() ? "no decision is named"
                                 : fmt::format("what its decision does is '{}'", summary.action));
}

struct Pending {
    const province::RawRecord* raw;
    Digest digest;
    std::optional<UtcTime> as_of;
};

// Parsing, compressing and sealing cost more than reading, so a batch is shared by two threads.
std::vector<ledger::Intake> prepare_all(const std::vector<Pending>& pending,
                                        const mapping::Vocabulary& vocabulary,
                                        const Sealer& sealer) {
    std::vector<ledger::Intake> out(pending.size());
    auto part = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) {
            out[i] = prepare(*pending[i].raw, pending[i].digest, vocabulary, sealer);
            out[i].as_of = pending[i].as_of;
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
        } else if (raw.kind == "answer" && summary->steps == 0) {
            intake.fault =
                "the answer holds no event: there is nothing to tell the portal; write at least "
                "one event, or leave the answer out";
            intake.facts.code = summary->code;
        } else if (intake.fault = undecided(raw.kind, *summary); !intake.fault.empty()) {
            intake.facts.code = summary->code;
        } else {
            intake.facts = facts_of(raw.kind, *summary);
            intake.portal_code = summary->portal_code;
            intake.local_code = summary->local_code;
            // The portal has a dossier that was born there: of it, it hears by answers alone.
            const bool born_there = raw.kind == "dossier" && !summary->portal_code.empty();
            if (born_there) intake.local_code = summary->code;
            if (summary->send && !born_there) intake.queue.push_back(*operation);
        }
    }
    if (intake.facts.code.empty() || intake.facts.code.size() > limits::max_code * 4) {
        intake.facts.code = stand_in_code(digest);
    }
    if (!intake.fault.empty() && operation) intake.queue = {*operation};
    intake.sealed = sealer.seal(raw.xml, seal_context(raw.kind, intake.facts.code));
    return intake;
}

void IntakeCounts::add(IntakeCounts&& more) {
    read += more.read;
    unchanged += more.unchanged;
    outdated += more.outdated;
    added += more.added;
    changed += more.changed;
    parked += more.parked;
    std::move(more.rejected.begin(), more.rejected.end(), std::back_inserter(rejected));
    std::move(more.warnings.begin(), more.warnings.end(), std::back_inserter(warnings));
    std::move(more.catalogues.begin(), more.catalogues.end(), std::back_inserter(catalogues));
    left = std::move(more.left);
}

province::DropFolderSettings drop_folder_settings(std::filesystem::path root, std::string province,
                                                  const mapping::Vocabulary& vocabulary) {
    province::DropFolderSettings settings;
    settings.root = std::move(root);
    settings.province = std::move(province);
    settings.shapes = shapes_of(vocabulary);
    const auto& names = vocabulary.export_attributes();
    settings.root_element = names.element;
    settings.exported_attribute = names.time;
    settings.complete_attribute = names.complete;
    settings.province_attribute = names.province;
    return settings;
}

std::vector<province::RecordShape> shapes_of(const mapping::Vocabulary& vocabulary) {
    std::vector<province::RecordShape> shapes;
    for (const auto& kind : vocabulary.kinds()) {
        shapes.push_back({kind.name, kind.element, kind.code_element});
    }
    return shapes;
}

namespace {

// One reading of the source.
class Reading {
  public:
    Reading(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary, const Sealer& sealer,
            const Clock& clock)
        : ledger_(ledger),
          vocabulary_(vocabulary),
          sealer_(sealer),
          clock_(clock),
          times_(vocabulary, clock.now()) {}

    Status take(province::Batch& batch) {
        seen_again_.clear();
        DVC_TRY_ASSIGN(pending, look_through(batch.records));
        auto intakes = prepare_all(pending, vocabulary_, sealer_);
        reach(Point::BatchPrepared);
        DVC_TRY(find_links(ledger_, intakes));
        const bool with_links = std::any_of(intakes.begin(), intakes.end(), tells_link);
        const bool with_catalogue =
            std::any_of(batch.ended.begin(), batch.ended.end(), is_whole_catalogue);
        const auto store = [&]() -> Status {
            DVC_TRY(ledger_.seen_again(seen_again_));
            DVC_TRY(this->store(intakes, batch));
            return keep_links(ledger_, intakes, clock_.now());
        };
        // What is found about a catalogue is kept with the batch that ended it, or not at all.
        const bool more = with_catalogue || with_links || !seen_again_.empty();
        DVC_TRY(more ? ledger_.together(store) : store());
        counts.read += batch.records.size();
        for (auto& file : batch.rejected)
            counts.rejected.push_back(std::move(file));
        for (const auto& file : batch.ended) {
            for (auto& reason : times_.doubts(file))
                counts.warnings.push_back({file.file, std::move(reason)});
        }
        return {};
    }

    IntakeCounts counts;

  private:
    // What the ledger holds says nothing about a code that comes more than once: the batch itself
    // is about to change it, and the order of the exports decides.
    Result<std::vector<Pending>> look_through(const std::vector<province::RawRecord>& records) {
        std::set<std::pair<std::string_view, std::string_view>> seen, repeated;
        for (const auto& raw : records) {
            if (!seen.emplace(raw.kind, raw.code).second) repeated.emplace(raw.kind, raw.code);
        }
        std::vector<Pending> pending;
        pending.reserve(records.size());
        for (const auto& raw : records) {
            const Digest digest = sha256(raw.xml);
            DVC_TRY_ASSIGN(current, ledger_.is_current(digest));
            if (current && !raw.code.empty() && !repeated.contains({raw.kind, raw.code})) {
                ++counts.unchanged;
                const auto as_of = times_.of(raw.exported);
                if (as_of && (!current.as_of || *current.as_of < *as_of)) {
                    seen_again_.emplace_back(digest, *as_of);
                }
            } else {
                pending.push_back({&raw, digest, times_.of(raw.exported)});
            }
        }
        return pending;
    }

    Status store(const std::vector<ledger::Intake>& intakes, const province::Batch& batch) {
        const UtcTime now = clock_.now();
        DVC_TRY_ASSIGN(taken, ledger_.take(intakes, drop_folder_source, batch.position, now));
        std::vector<CatalogueFile> catalogues;
        for (const auto& file : batch.ended) {
            if (!is_whole_catalogue(file)) continue;
            DVC_TRY_ASSIGN(found, keep_catalogue(ledger_, file, times_.of(file.exported), now));
            if (found) catalogues.push_back(std::move(*found));
        }
        counts.added += taken.added;
        counts.changed += taken.changed;
        counts.unchanged += taken.unchanged;
        counts.outdated += taken.outdated;
        counts.parked += taken.parked;
        std::move(catalogues.begin(), catalogues.end(), std::back_inserter(counts.catalogues));
        return {};
    }

    ledger::Ledger& ledger_;
    const mapping::Vocabulary& vocabulary_;
    const Sealer& sealer_;
    const Clock& clock_;
    ExportTimes times_;
    std::vector<std::pair<Digest, UtcTime>>
        seen_again_;  // of this batch: as it was, exported later
};

}  // namespace

Result<IntakeCounts> take_in(province::Source& source, ledger::Ledger& ledger,
                             const mapping::Vocabulary& vocabulary, const Sealer& sealer,
                             const Clock& clock, Progress& progress,
                             const std::atomic<bool>& stop) {
    Reading reading(ledger, vocabulary, sealer, clock);
    progress.begin("records read", 0);
    while (!stop) {
        DVC_TRY_ASSIGN(batch, source.next(limits::intake_batch));
        DVC_TRY(reading.take(batch));
        DVC_TRY(source.acknowledge(batch.position));
        progress.at(reading.counts.read);
        if (batch.end) break;
    }
    progress.end(reading.counts.read);
    if (!stop) DVC_TRY(look_at_awaiting(ledger, vocabulary, sealer, clock));
    DVC_TRY_ASSIGN(left, source.incomplete());
    reading.counts.left = std::move(left);
    return std::move(reading.counts);
}

}  // namespace dvcsync::sync
