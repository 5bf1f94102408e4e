// Whether the logs are what was signed: see prove.h.
#include <algorithm>
#include <set>

#include "connector/audit/checkpoint.h"
#include "connector/audit/log_folder.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/sync/prove.h"
#include "connector/sync/seal.h"

namespace dvcsync::sync {
namespace {

namespace fs = std::filesystem;

using Kept = std::vector<std::pair<std::string, std::string>>;  // note, where

Result<Kept> read_kept(std::span<const fs::path> files) {
    Kept kept;
    for (const fs::path& file : files) {
        DVC_TRY_ASSIGN(note, read_file(file, limits::max_note));
        DVC_TRY(audit::parse_checkpoint(note));
        kept.emplace_back(std::move(note), file.string());
    }
    return kept;
}

// Logs that lie in the folder and are not in the ledger.
std::vector<std::string> strangers(const fs::path& folder,
                                   const std::vector<ledger::TrailLog>& logs) {
    std::set<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed))
        if (fs::exists(it->path() / "checkpoint")) names.insert(it->path().filename().string());
    for (const auto& log : logs)
        names.erase(log.name);
    return {names.begin(), names.end()};
}

Result<LogVerdict> verify(audit::LogEvidence evidence, std::string name, const Kept& kept) {
    const auto add_kept = [&kept, inner = evidence.checkpoints, origin = evidence.origin](
                              const audit::LogEvidence::TakeNote& take) -> Status {
        DVC_TRY(inner(take));
        for (const auto& [note, where] : kept) {
            const auto told = audit::parse_checkpoint(note);
            if (told && told->origin == origin) DVC_TRY(take(note, where));
        }
        return {};
    };
    evidence.checkpoints = add_kept;
    DVC_TRY_ASSIGN(verdict, audit::verify_log(evidence));
    return LogVerdict{std::move(name), evidence.origin, false, std::move(verdict)};
}

}  // namespace

Result<std::vector<LogVerdict>> verify_logs(ledger::Trail& trail, const audit::VerifierKey& key,
                                            const fs::path& folder,
                                            std::span<const fs::path> kept_files) {
    DVC_TRY_ASSIGN(kept, read_kept(kept_files));
    DVC_TRY_ASSIGN(logs, trail.logs());
    std::vector<LogVerdict> verdicts;
    for (const auto& log : logs) {
        std::optional<audit::LogFolder> outside;
        if (!folder.empty()) outside.emplace(folder / log.name);
        DVC_TRY_ASSIGN(one, verify(evidence_of(trail, log, key, outside), log.name, kept));
        one.open = !log.closed;
        verdicts.push_back(std::move(one));
    }
    for (const auto& name : folder.empty() ? std::vector<std::string>() : strangers(folder, logs)) {
        const audit::LogFolder outside(folder / name);
        audit::LogEvidence evidence{audit::origin_of(key, name), key, {}, {}, {}, 0};
        evidence.entries = [](const audit::LogEvidence::TakeEntry&) { return Status{}; };
        evidence.checkpoints = [outside](const audit::LogEvidence::TakeNote& take) {
            return outside.checkpoints(take);
        };
        DVC_TRY_ASSIGN(one, verify(std::move(evidence), name, kept));
        verdicts.push_back(std::move(one));
    }
    return verdicts;
}

}  // namespace dvcsync::sync
