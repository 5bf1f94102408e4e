#include "connector/audit/export_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "connector/audit/checkpoint.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

namespace fs = std::filesystem;

// Whatever an exported log holds makes a folder one: a log must not vanish with its checkpoint.
bool is_log(const fs::path& folder) {
    std::error_code failed;
    for (const char* part : {"checkpoint", "checkpoints.txt", "tile", "timestamps", "entries.jsonl",
                             "entries.csv", "closing.jsonl"})
        if (fs::exists(folder / part, failed)) return true;
    return false;
}

class Chain {
  public:
    Chain(ExportVerdict& verdict, bool whole) : verdict_(verdict), whole_(whole) {}

    void check() {
        auto& logs = verdict_.logs;
        std::sort(logs.begin(), logs.end(), [](const ExportedLog& a, const ExportedLog& b) {
            return std::tie(a.opened, a.folder) < std::tie(b.opened, b.folder);
        });
        std::set<std::string> origins;
        for (const auto& log : logs)
            if (!log.origin.empty() && !origins.insert(log.origin).second)
                fault(fmt::format("the log {} is here twice", log.origin));
        for (std::size_t i = 0; i < logs.size(); ++i)
            look_back(i);
        for (const auto& log : logs)
            look_ahead(log);
    }

  private:
    void fault(std::string text) { verdict_.faults.push_back(std::move(text)); }

    // Of those that can be read.
    const ExportedLog* oldest() const {
        for (const auto& log : verdict_.logs)
            if (!log.opened.empty()) return &log;
        return nullptr;
    }

    void look_back(std::size_t index) {
        const auto& log = verdict_.logs[index];
        if (log.opened.empty()) return;
        if (!log.before) return look_for_older(index);
        for (const auto& other : verdict_.logs) {
            if (&other == &log || other.end != *log.before) continue;
            verdict_.follows.push_back(fmt::format(
                "{} follows {}: its first entry holds that log's root", log.origin, other.origin));
            if (!followed_.insert(&other).second)
                fault(fmt::format("two logs follow {}", other.origin));
            return;
        }
        const auto missing = fmt::format("the log {} follows a log of root {} that is not here",
                                         log.origin, *log.before);
        if (oldest() != &log)
            fault(missing + ", or is not what it was then");
        else if (whole_ && log.from_start)
            fault(missing + ", although the period begins before it");
        else
            verdict_.gaps.push_back(
                fmt::format("{}: nothing is told of the time before {}", missing, log.opened));
    }

    // Only the first log of all follows none, and its name is its year alone.
    void look_for_older(std::size_t index) {
        const auto& log = verdict_.logs[index];
        const auto name = log.origin.substr(log.origin.rfind('/') + 1);
        const auto* const older = oldest();
        if (older != &log)
            fault(
                fmt::format("the log {} does not say which log it follows, and there is an older "
                            "one: {}",
                            log.origin, older->origin));
        else if (name.find('-') != std::string::npos)
            fault(
                fmt::format("the log {} does not say which log it follows, and one of that name "
                            "follows another of its year",
                            log.origin));
    }

    void look_ahead(const ExportedLog& log) {
        if (followed_.count(&log) > 0) return;
        if (log.unsigned_end && whole_)
            fault(fmt::format("{}: nothing vouches for closing.jsonl: no log here follows this one",
                              log.folder.string()));
        else if (log.closed)
            verdict_.gaps.push_back(fmt::format(
                "the log {} is closed, and the log that follows it is not here: nothing is told of "
                "the time after",
                log.origin));
    }

    ExportVerdict& verdict_;
    const bool whole_;  // not one log alone
    std::set<const ExportedLog*> followed_;
};

void look_for_kept(ExportVerdict& verdict, std::span<const KeptCheckpoint> kept) {
    for (const auto& one : kept) {
        const auto told = parse_checkpoint(one.note);
        const auto origin = told ? told->origin : "";
        const bool here = std::any_of(verdict.logs.begin(), verdict.logs.end(),
                                      [&](const auto& log) { return log.origin == origin; });
        if (!told)
            verdict.faults.push_back(fmt::format("{}: {}", one.where, told.error().message));
        else if (!here)
            verdict.faults.push_back(
                fmt::format("the log {} that {} vouches for is not here: ask for an export that "
                            "holds it",
                            excerpt(origin, 80), one.where));
    }
}

}  // namespace

bool ExportVerdict::good() const {
    return faults.empty() && std::all_of(logs.begin(), logs.end(),
                                         [](const auto& log) { return log.verdict.good(); });
}

bool ExportVerdict::all_compared() const {
    return std::all_of(logs.begin(), logs.end(),
                       [](const auto& log) { return log.uncompared.empty(); });
}

Result<ExportVerdict> verify_export(const fs::path& folder, const VerifierKey& key,
                                    const std::optional<std::string>& authorities,
                                    std::span<const KeptCheckpoint> kept) {
    const bool whole = !is_log(folder);
    std::vector<fs::path> logs;
    if (!whole) {
        logs.push_back(folder);
    } else {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(folder, failed))
            if (is_log(entry.path())) logs.push_back(entry.path());
    }
    if (logs.empty())
        return fail(ErrorKind::Config,
                    fmt::format("{}: no log is here: name the folder that tar has unpacked",
                                folder.string()));
    ExportVerdict verdict;
    for (const auto& log : logs) {
        DVC_TRY_ASSIGN(one, verify_exported_log(log, key, authorities, kept));
        verdict.logs.push_back(std::move(one));
    }
    Chain(verdict, whole).check();
    look_for_kept(verdict, kept);
    return verdict;
}

}  // namespace dvcsync::audit
