#include "connector/sync/verify_logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "connector/audit/checkpoint.h"
#include "connector/audit/log_folder.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/ledger/trail.h"
#include "connector/sync/checkpoint_folder.h"
#include "connector/sync/seal.h"
#include "connector/sync/verify_columns.h"
#include "connector/sync/verify_folder.h"

namespace dvcsync::sync {
namespace {

namespace fs = std::filesystem;
using ledger::TrailFilter;
using ledger::TrailLog;
using ledger::TrailRow;

struct Kept {
    std::string note;
    std::string where;
    audit::Checkpoint told;
};

Result<std::vector<Kept>> read_kept(const std::vector<fs::path>& files) {
    std::vector<Kept> kept;
    for (const fs::path& file : files) {
        DVC_TRY_ASSIGN(note, read_file(file, limits::max_note));
        auto told = audit::parse_checkpoint(note);
        if (!told)
            return fail(ErrorKind::Config, fmt::format("{}: is no checkpoint: {}", file.string(),
                                                       told.error().message));
        kept.push_back({std::move(note), file.string(), *std::move(told)});
    }
    return kept;
}

// Logs that lie in the folder and are not in the ledger.
std::vector<std::string> strangers(const fs::path& folder, const std::vector<TrailLog>& logs) {
    auto names = logs_in(folder);
    for (const auto& log : logs)
        names.erase(log.name);
    return {names.begin(), names.end()};
}

// How a log follows the one before.
struct Link {
    std::string set;  // root of that one, hexadecimal; "": its first entry names none
    std::int64_t size = 0;
};

class Verifying {
  public:
    Verifying(ledger::Ledger& ledger, const audit::VerifierKey& key, const VerifyOrder& order,
              UtcTime now)
        : ledger_(ledger), trail_(ledger.trail()), key_(key), order_(order), now_(now) {}

    Result<TrailVerdict> run() {
        DVC_TRY_ASSIGN(kept, read_kept(order_.kept));
        kept_ = std::move(kept);
        DVC_TRY_ASSIGN(logs, trail_.logs());
        for (std::size_t i = 0; i < logs.size(); ++i)
            DVC_TRY(one_log(logs[i], i + 1 < logs.size()));
        DVC_TRY(chain(logs));
        for (const auto& name :
             order_.folder.empty() ? std::vector<std::string>() : strangers(order_.folder, logs))
            DVC_TRY(stranger(name));
        kept_without_log();
        DVC_TRY(emptied());
        return std::move(found_);
    }

  private:
    Status one_log(const TrailLog& log, bool has_successor) {
        LogVerdict verdict{log.name, audit::origin_of(key_, log.name), !log.closed, {}, {}, {}};
        std::optional<audit::LogFolder> outside;
        if (!order_.folder.empty()) outside.emplace(order_.folder / log.name);
        if (outside)
            DVC_TRY(compare_folder(trail_, log, *outside, order_.time_authorities, verdict));
        const auto of_folder = std::move(verdict.verdict.faults);

        ColumnCheck columns;
        auto evidence = evidence_of(trail_, log, key_, outside);
        evidence.entries = [&](const audit::LogEvidence::TakeEntry& take) {
            TrailFilter filter;
            filter.log = log.log;
            return trail_.walk(filter, [&](const TrailRow& row) {
                columns.read(row);
                return take(static_cast<std::uint64_t>(row.sequence), row.entry);
            });
        };
        DVC_TRY(verify(std::move(evidence), verdict));
        if (outside && verdict.verdict.good())
            DVC_TRY(compare_tiles(trail_, log, *outside, verdict));
        auto& faults = verdict.verdict.faults;
        columns.tell(verdict.verdict);
        faults.insert(faults.end(), of_folder.begin(), of_folder.end());

        Link link;
        link.size = columns.size();
        if (text_of(columns.first(), "event") == "log.opened")
            link.set = text_of(columns.first(), "set");
        const std::string last = text_of(columns.last(), "event");
        if (link.size > 0 && (log.closed || has_successor) && last != "log.closed")
            faults.push_back(
                fmt::format("the ledger says that this log is closed, but its last "
                            "entry is not log.closed: {}",
                            last));
        DVC_TRY(unsigned_entries(log, verdict));
        links_.push_back(link);
        found_.logs.push_back(std::move(verdict));
        return {};
    }

    // Into `verdict`, together with the checkpoints that somebody has kept.
    Status verify(audit::LogEvidence evidence, LogVerdict& verdict) {
        const auto add_kept = [this, inner = evidence.checkpoints, origin = evidence.origin](
                                  const audit::LogEvidence::TakeNote& take) -> Status {
            DVC_TRY(inner(take));
            for (const Kept& one : kept_)
                if (one.told.origin == origin) DVC_TRY(take(one.note, one.where));
            return {};
        };
        evidence.checkpoints = add_kept;
        DVC_TRY_ASSIGN(found, audit::verify_log(evidence));
        if (found.checkpoints == 0 && !found.faults.empty())
            found.faults.insert(
                found.faults.begin(),
                fmt::format("no checkpoint of this log is signed by the key {}. If the key was "
                            "replaced, verify with the one that was published (--key) and put it "
                            "back",
                            key_.text()));
        verdict.verdict = std::move(found);
        for (const Kept& one : kept_)
            if (one.told.origin == evidence.origin)
                verdict.notes.push_back(
                    fmt::format("compared with {}, of {} entries", one.where, one.told.size));
        return {};
    }

    // Nothing vouches for them, so they may have been changed, however good the rest is.
    Status unsigned_entries(const TrailLog& log, LogVerdict& verdict) {
        const auto sealed = static_cast<std::int64_t>(verdict.verdict.sealed);
        const auto size = static_cast<std::int64_t>(verdict.verdict.entries);
        if (!verdict.verdict.good() || sealed >= size) return {};
        DVC_TRY_ASSIGN(over, ended_by_person(trail_, log, size));
        if (over) return {};
        TrailFilter filter;
        filter.log = log.log;
        filter.from = sealed;
        return trail_.walk(filter, [&](const TrailRow& row) -> Result<bool> {
            if (now_ - row.at > order_.unsealed_limit)
                verdict.undone.push_back(fmt::format(
                    "{} entries are not signed, the first since {}: nothing vouches for them. Run "
                    "dvcsync audit checkpoint; it says why if they cannot be signed",
                    size - sealed, vietnam_text(row.at)));
            return false;
        });
    }

    // Each log's first entry names the root of the one before.
    Status chain(const std::vector<TrailLog>& logs) {
        for (std::size_t i = 0; i < logs.size(); ++i) {
            const Link& link = links_[i];
            if (link.size == 0) continue;
            auto& faults = found_.logs[i].verdict.faults;
            if (i == 0) {
                if (!link.set.empty())
                    faults.push_back(fmt::format("log {} follows a log of root {} that is not here",
                                                 logs[i].name, link.set));
                else if (logs[i].name.find('-') != std::string::npos)
                    faults.push_back(
                        fmt::format("log {} says that it is the first, and its name "
                                    "that there was one before it in its year",
                                    logs[i].name));
                continue;
            }
            DVC_TRY_ASSIGN(before, root_of(logs[i - 1], found_.logs[i - 1].verdict));
            if (link.set == hex(before)) continue;
            faults.push_back(
                link.set.empty()
                    ? fmt::format("log {} does not tell which log it follows: it says that it is "
                                  "the first, and log {} is there",
                                  logs[i].name, logs[i - 1].name)
                    : fmt::format("log {} follows a log of root {} that is not here: log {} has "
                                  "the root {}",
                                  logs[i].name, link.set, logs[i - 1].name, hex(before)));
        }
        return {};
    }

    // Of all of its entries, signed or not.
    Result<Digest> root_of(const TrailLog& log, const audit::Verdict& verdict) {
        if (verdict.entries > 0 && verdict.sealed == verdict.entries) return verdict.root;
        audit::Frontier tree;
        TrailFilter filter;
        filter.log = log.log;
        DVC_TRY(trail_.walk(filter, [&tree](const TrailRow& row) -> Result<bool> {
            tree.append(audit::leaf_hash(row.entry));
            return true;
        }));
        return tree.root();
    }

    Status stranger(const std::string& name) {
        const audit::LogFolder outside(order_.folder / name);
        audit::LogEvidence evidence{audit::origin_of(key_, name), key_, {}, {}, {}, 0};
        evidence.entries = [](const audit::LogEvidence::TakeEntry&) { return Status{}; };
        evidence.checkpoints = [outside](const audit::LogEvidence::TakeNote& take) {
            return outside.checkpoints(take);
        };
        LogVerdict verdict{name, evidence.origin, false, {}, {}, {}};
        DVC_TRY(verify(std::move(evidence), verdict));
        verdict.verdict.faults.push_back(fmt::format("{} tells of log {}, and the ledger has none",
                                                     outside.path().string(), name));
        found_.logs.push_back(std::move(verdict));
        return {};
    }

    void kept_without_log() {
        for (const Kept& one : kept_) {
            const bool here =
                std::any_of(found_.logs.begin(), found_.logs.end(),
                            [&](const LogVerdict& log) { return log.origin == one.told.origin; });
            if (!here)
                found_.faults.push_back(
                    fmt::format("the log {} that {} vouches for ({} entries) "
                                "is not here",
                                one.told.origin, one.where, one.told.size));
        }
    }

    // Whoever has deleted everything has deleted this as well, or is found out.
    Status emptied() {
        for (const auto& log : found_.logs)
            if (log.verdict.entries > 0 || !log.verdict.good()) return {};
        if (!found_.faults.empty()) return {};
        DVC_TRY_ASSIGN(runs, ledger_.last_runs(1));
        DVC_TRY_ASSIGN(counts, ledger_.counts());
        if (runs.empty() && counts.empty()) return {};
        found_.faults.push_back(
            "the ledger has worked (it holds runs or deliveries), and neither it nor the "
            "checkpoint folder holds an entry of the trail: all of it was deleted. Only if this is "
            "the ledger of an older dvcsync that kept no trail, and nothing has run since: run "
            "dvcsync check, which writes the first entry, and verify again");
        return {};
    }

    ledger::Ledger& ledger_;
    ledger::Trail& trail_;
    const audit::VerifierKey& key_;
    const VerifyOrder& order_;
    UtcTime now_;
    std::vector<Kept> kept_;
    std::vector<Link> links_;  // by log of the ledger
    TrailVerdict found_;
};

}  // namespace

bool TrailVerdict::good() const {
    return faults.empty() && std::all_of(logs.begin(), logs.end(),
                                         [](const LogVerdict& log) { return log.verdict.good(); });
}

bool TrailVerdict::done() const {
    return std::all_of(logs.begin(), logs.end(),
                       [](const LogVerdict& log) { return log.undone.empty(); });
}

Result<TrailVerdict> verify_logs(ledger::Ledger& ledger, const audit::VerifierKey& key,
                                 const VerifyOrder& order, UtcTime now) {
    return Verifying(ledger, key, order, now).run();
}

}  // namespace dvcsync::sync
