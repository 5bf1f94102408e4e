#include "connector/sync/seal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <atomic>
#include <utility>

#include "connector/audit/canonical.h"
#include "connector/audit/checkpoint.h"
#include "connector/audit/timestamp.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/files/download.h"
#include "connector/sync/checkpoint_folder.h"

namespace dvcsync::sync {
namespace {

using audit::Checkpoint;
using audit::Frontier;
using audit::Hash;

constexpr std::string_view what_to_do =
    "nothing is signed. Find out what happened to it before anything else: dvcsync audit verify "
    "names the first entry that is wrong. If the ledger was restored from a backup, or the folder "
    "is lost, begin a new log: dvcsync audit new-log --reason";

tl::unexpected<Error> disagree(const std::filesystem::path& folder, std::string_view what) {
    return fail(ErrorKind::Corrupt, fmt::format("{}: {}; {}", folder.string(), what, what_to_do));
}

// One sealing of one log.
class LogSealing {
  public:
    LogSealing(ledger::Trail& trail, const ledger::TrailLog& log, const audit::Signer& signer,
               const std::filesystem::path& folder, UtcTime now)
        : trail_(trail),
          log_(log),
          signer_(signer),
          origin_(audit::origin_of(signer.verifier(), log.name)),
          folder_(folder),
          now_(now) {}

    // Entries added since the last time.
    Result<std::int64_t> run() {
        DVC_TRY_ASSIGN(end, trail_.end(log_.log));
        DVC_TRY(agree(end.size));
        const auto begin = static_cast<std::int64_t>(tree_.size());
        if (end.size == begin) return 0;
        DVC_TRY(advance(end.size));
        DVC_TRY(write_tiles());
        const Checkpoint next{origin_, tree_.size(), tree_.root(), {}};
        DVC_TRY_ASSIGN(
            note, before_ ? audit::sign_next_checkpoint(*before_, next, known_, added_, signer_)
                          : audit::sign_first_checkpoint(next, signer_));
        DVC_TRY(folder_.publish(note));
        DVC_TRY(keep(note));
        return end.size - begin;
    }

  private:
    const std::filesystem::path& path() const { return folder_.read().path(); }

    // Takes up where the last sealing ended, if ledger and folder tell the same of it.
    Status agree(std::int64_t entries) {
        DVC_TRY_ASSIGN(last, trail_.last_seal(log_.log));
        DVC_TRY_ASSIGN(outside, folder_.read().checkpoint());
        if (!outside && last)
            return disagree(path(), fmt::format("no checkpoint lies here, and the ledger knows of "
                                                "one of {} entries",
                                                last->size));
        if (!outside) return {};
        DVC_TRY_ASSIGN(told, told_by(*outside, (path() / "checkpoint").string()));
        if (told.size > static_cast<std::uint64_t>(entries))
            return disagree(path(), fmt::format("{} entries were signed, and the ledger has {}: "
                                                "it is an older copy, or was cut",
                                                told.size, entries));
        if (last) DVC_TRY(take_up(*last));
        if (told.size < tree_.size())
            return disagree(path(), fmt::format("its checkpoint is of {} entries, and the ledger "
                                                "knows of one of {}: the folder is an older copy",
                                                told.size, tree_.size()));
        const bool unfinished = told.size > tree_.size();
        DVC_TRY(advance(static_cast<std::int64_t>(told.size)));
        if (tree_.root() != told.root)
            return disagree(path(), fmt::format("the first {} entries of the ledger are not those "
                                                "that were signed: it was rewritten",
                                                told.size));
        if (unfinished) {
            DVC_TRY(folder_.remember(*outside));
            DVC_TRY(keep(*outside));
        }
        known_ = tree_;
        added_.clear();
        before_ = std::move(told);
        return {};
    }

    // What a checkpoint tells that this log's key has signed.
    Result<Checkpoint> told_by(std::string_view note, std::string_view where) const {
        auto told = audit::verify_checkpoint(note, {&signer_.verifier(), 1}, origin_);
        if (told) return told;
        return fail(ErrorKind::Corrupt,
                    fmt::format("{}: is not signed for log {} by the key {} ({}). If the key or "
                                "the origin was changed, put the old one back; if the key is lost "
                                "for good, begin a new log: dvcsync audit new-log --reason",
                                where, log_.name, signer_.verifier().text(), told.error().message));
    }

    Status take_up(const ledger::SealRow& last) {
        DVC_TRY_ASSIGN(tree, Frontier::parse(last.frontier));
        DVC_TRY_ASSIGN(told, told_by(last.note, "the ledger's last checkpoint"));
        if (tree.size() != told.size || tree.root() != told.root)
            return disagree(path(), "the ledger's last seal is not what was signed");
        tree_ = std::move(tree);
        return {};
    }

    Status advance(std::int64_t size) {
        ledger::TrailFilter filter;
        filter.log = log_.log;
        filter.from = static_cast<std::int64_t>(tree_.size());
        filter.until = size;
        DVC_TRY(trail_.walk(filter, [this](const ledger::TrailRow& row) -> Result<bool> {
            if (row.sequence != static_cast<std::int64_t>(tree_.size()))
                return disagree(path(), fmt::format("the ledger lacks entry {}", tree_.size()));
            added_.push_back(audit::leaf_hash(row.entry));
            tree_.append(added_.back());
            return true;
        }));
        if (tree_.size() != static_cast<std::uint64_t>(size))
            return disagree(path(), fmt::format("the ledger lacks entry {}", tree_.size()));
        return {};
    }

    Status write_tiles() {
        const auto sink = [this](const audit::Tile& tile, std::string_view bytes) {
            return folder_.write(tile, bytes);
        };
        DVC_TRY_ASSIGN(edge, folder_.edge(known_.size(), known_.root()));
        audit::TileBuilder tiles = edge ? audit::TileBuilder(sink, known_.size(), *std::move(edge))
                                        : audit::TileBuilder(sink);
        // Tiles say nothing that the entries do not say: lost ones are made again.
        if (!edge) DVC_TRY(add_old(tiles));
        for (const Hash& leaf : added_)
            DVC_TRY(tiles.append(leaf));
        return tiles.finish();
    }

    Status add_old(audit::TileBuilder& tiles) {
        ledger::TrailFilter filter;
        filter.log = log_.log;
        filter.until = static_cast<std::int64_t>(known_.size());
        Frontier tree;
        DVC_TRY(trail_.walk(filter, [&](const ledger::TrailRow& row) -> Result<bool> {
            const Hash leaf = audit::leaf_hash(row.entry);
            tree.append(leaf);
            DVC_TRY(tiles.append(leaf));
            return true;
        }));
        if (tree == known_) return {};
        return disagree(path(), fmt::format("the first {} entries of the ledger are not those "
                                            "that were signed: it was rewritten",
                                            known_.size()));
    }

    Status keep(const std::string& note) {
        ledger::SealRow row;
        row.log = log_.log;
        row.size = static_cast<std::int64_t>(tree_.size());
        row.note = note;
        row.frontier = tree_.serialise();
        row.at = now_;
        return trail_.seal(row);
    }

    ledger::Trail& trail_;
    const ledger::TrailLog& log_;
    const audit::Signer& signer_;
    std::string origin_;
    CheckpointFolder folder_;
    UtcTime now_;
    Frontier tree_;   // as far as it was read
    Frontier known_;  // at the checkpoint before
    std::optional<Checkpoint> before_;
    std::vector<Hash> added_;  // since then
};

Result<std::string> ask_by_http(const config::Config& config, std::string_view query) {
    static const std::atomic<bool> never{false};
    files::FetchRules rules;
    // A person has written the address, and the answer is signed.
    rules.private_addresses = rules.plain_http = true;
    rules.ca_file = config.timestamp_ca;
    rules.deadline = rules.silence = limits::timestamp_deadline;
    return files::ask(config.timestamp_url, {"application/timestamp-query", query},
                      limits::max_timestamp, std::move(rules), never);
}

// Nothing is to be signed in it any more: it is closed, and signed to its end or ended by a person.
Result<bool> is_over(ledger::Trail& trail, const ledger::TrailLog& log, std::int64_t size) {
    if (!log.closed || size == 0) return log.closed.has_value();
    DVC_TRY_ASSIGN(last, trail.last_seal(log.log));
    if (last && last->size == size) return true;
    return ended_by_person(trail, log, size);
}

}  // namespace

Notary::Notary(audit::Signer signer, SealSettings settings, const Clock& clock)
    : signer_(std::move(signer)), settings_(std::move(settings)), clock_(&clock) {}

Result<Notary> Notary::open(const config::Config& config, const Clock& clock) {
    DVC_TRY_ASSIGN(signer, load_audit_key(config.audit_key, config.audit_origin));
    SealSettings settings;
    settings.folder = config.audit_folder;
    settings.unsealed_limit = config.unsealed_limit;
    if (!config.timestamp_url.empty()) {
        DVC_TRY_ASSIGN(authorities, read_file(config.timestamp_ca, limits::max_pem_file));
        settings.time_authorities = std::move(authorities);
        settings.ask_time = [config](std::string_view query) { return ask_by_http(config, query); };
    }
    return Notary(std::move(signer), std::move(settings), clock);
}

audit::LogFolder Notary::folder_of(const ledger::TrailLog& log) const {
    return audit::LogFolder(settings_.folder / log.name);
}

Result<Sealed> Notary::seal(ledger::Ledger& ledger, bool stamp) {
    sealed_at_ = clock_->steady();
    auto& trail = ledger.trail();
    DVC_TRY_ASSIGN(logs, trail.logs());
    Sealed done;
    for (const auto& log : logs) {
        DVC_TRY_ASSIGN(end, trail.end(log.log));
        done.origin = audit::origin_of(key(), log.name);
        done.size = end.size;
        DVC_TRY_ASSIGN(over, is_over(trail, log, end.size));
        if (over) continue;
        std::int64_t added = 0;
        {
            DVC_TRY_ASSIGN(lock, FolderLock::take(settings_.folder));
            LogSealing sealing(trail, log, signer_, settings_.folder / log.name, clock_->now());
            DVC_TRY_ASSIGN(count, sealing.run());
            added = count;
        }
        done.added += added;
        const bool closing = log.closed && added > 0;
        DVC_TRY(stamp_if_due(trail, log, stamp || closing, done));
    }
    return done;
}

// The lock is free meanwhile: an authority may be slow.
Status Notary::stamp_if_due(ledger::Trail& trail, const ledger::TrailLog& log, bool now,
                            Sealed& done) {
    if (!settings_.ask_time || (log.closed && !now)) return {};
    CheckpointFolder folder(settings_.folder / log.name);
    const auto last = folder.last_timestamp();
    const bool due = !last || clock_->now() - *last >= limits::timestamp_every;
    if (!now && (!due || clock_->steady() < no_stamp_before_)) return {};
    DVC_TRY_ASSIGN(seal, trail.last_seal(log.log));
    if (!seal) return {};
    done.stamped = !seal->timestamp.empty();
    if (done.stamped) return {};
    const Hash digest = sha256(seal->note);
    const auto request = audit::make_timestamp_request(digest);
    auto answer = settings_.ask_time(request.der);
    if (answer) {
        const auto good =
            audit::verify_timestamp(*answer, digest, settings_.time_authorities, request.nonce);
        if (!good) answer = tl::make_unexpected(good.error());
    }
    if (!answer) {
        no_stamp_before_ = clock_->steady() + limits::timestamp_pause;
        done.stamp_trouble = answer.error().message;
        return {};
    }
    seal->timestamp = *answer;
    DVC_TRY(folder.keep_timestamp(static_cast<std::uint64_t>(seal->size), *answer));
    DVC_TRY(trail.seal(*seal));
    done.stamped = true;
    return {};
}

bool Notary::due() const {
    return clock_->steady() - sealed_at_ >= limits::seal_every;
}

Result<std::string> Notary::why_not(ledger::Ledger& ledger, std::string_view trouble) const {
    auto& trail = ledger.trail();
    DVC_TRY_ASSIGN(logs, trail.logs());
    std::optional<UtcTime> oldest;
    for (const auto& log : logs) {
        DVC_TRY_ASSIGN(end, trail.end(log.log));
        DVC_TRY_ASSIGN(over, is_over(trail, log, end.size));
        if (over) continue;
        DVC_TRY_ASSIGN(seal, trail.last_seal(log.log));
        ledger::TrailFilter filter;
        filter.log = log.log;
        filter.from = seal ? seal->size : 0;
        filter.until = filter.from + 1;
        DVC_TRY(trail.walk(filter, [&](const ledger::TrailRow& row) -> Result<bool> {
            if (!oldest || row.at < *oldest) oldest = row.at;
            return false;
        }));
    }
    if (!oldest || clock_->now() - *oldest <= settings_.unsealed_limit) return "";
    return fmt::format(
        "the audit trail could not be signed for more than {} minutes (since {}), so nothing is "
        "pushed: {}",
        settings_.unsealed_limit.count(), vietnam_text(*oldest),
        trouble.empty() ? "dvcsync audit checkpoint says why" : trouble);
}

Result<std::string> begin_log(ledger::Ledger& ledger, Recorder& recorder, const ledger::Act& act,
                              const Clock& clock, const std::filesystem::path& folder) {
    auto& trail = ledger.trail();
    DVC_TRY(ledger.together([&]() -> Status {
        DVC_TRY_ASSIGN(open, trail.current(clock.now()));
        audit::Event closed;
        closed.event = "log.closed";
        closed.actor = act.actor;
        closed.reason = act.reason;
        DVC_TRY(recorder.write(closed));
        return trail.close(open.log, clock.now());
    }));
    const auto there = logs_in(folder);
    DVC_TRY_ASSIGN(log, trail.current(clock.now(), {there.begin(), there.end()}));
    audit::Event begun;
    begun.event = "person.new-log";
    begun.actor = act.actor;
    begun.reason = act.reason;
    DVC_TRY(recorder.note(begun));
    return log.name;
}

Result<bool> ended_by_person(ledger::Trail& trail, const ledger::TrailLog& log, std::int64_t size) {
    if (!log.closed || size == 0) return false;
    ledger::TrailFilter filter;
    filter.log = log.log;
    filter.from = size - 1;
    bool by_person = false;
    DVC_TRY(trail.walk(filter, [&](const ledger::TrailRow& row) -> Result<bool> {
        DVC_TRY_ASSIGN(entry, audit::parse_canonical(row.entry));
        by_person = entry.find("reason") != nullptr;
        return false;
    }));
    return by_person;
}

audit::LogEvidence evidence_of(ledger::Trail& trail, const ledger::TrailLog& log,
                               const audit::VerifierKey& key,
                               const std::optional<audit::LogFolder>& folder) {
    audit::LogEvidence evidence{audit::origin_of(key, log.name), key, {}, {}, {}, 0};
    evidence.entries = [&trail, id = log.log](const audit::LogEvidence::TakeEntry& take) {
        ledger::TrailFilter filter;
        filter.log = id;
        return trail.walk(filter, [&take](const ledger::TrailRow& row) {
            return take(static_cast<std::uint64_t>(row.sequence), row.entry);
        });
    };
    evidence.checkpoints = [&trail, log,
                            folder](const audit::LogEvidence::TakeNote& take) -> Status {
        DVC_TRY(trail.walk_seals(log.log, [&](const ledger::SealRow& seal) -> Result<bool> {
            DVC_TRY(take(seal.note, fmt::format("the ledger's checkpoint of {} entries of log {}",
                                                seal.size, log.name)));
            return true;
        }));
        return folder ? folder->checkpoints(take) : Status{};
    };
    if (folder) evidence.tile = [folder](const audit::Tile& tile) { return folder->tile(tile); };
    return evidence;
}

Status create_audit_key(const std::filesystem::path& file) {
    std::string pem = audit::new_private_key();
    auto done = create_secret(file, pem);
    OPENSSL_cleanse(pem.data(), pem.size());
    return done;
}

Result<audit::Signer> load_audit_key(const std::filesystem::path& file, std::string_view origin) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0)
        return fail(ErrorKind::Config,
                    fmt::format("{}: group or others may use it; run: chmod 600 {}", file.string(),
                                file.string()));
    auto pem = read_file(file, limits::max_pem_file);
    if (!pem)
        return fail(ErrorKind::Config,
                    fmt::format("{}; it signs the audit trail: restore it from your backup, or, "
                                "for a new log, make one with dvcsync audit new-key",
                                pem.error().message));
    auto signer = audit::Signer::from_pem(origin, *pem);
    OPENSSL_cleanse(pem->data(), pem->size());
    if (!signer)
        return fail(ErrorKind::Config,
                    fmt::format("{}: {}", file.string(), signer.error().message));
    return signer;
}

Result<audit::VerifierKey> load_verifier(const std::filesystem::path& key_file,
                                         std::string_view origin) {
    std::error_code failed;
    if (std::filesystem::exists(key_file, failed)) {
        DVC_TRY_ASSIGN(signer, load_audit_key(key_file, origin));
        return signer.verifier();
    }
    auto beside = key_file;
    beside.replace_extension(".pub");
    const auto line = read_file(beside, limits::max_pem_file);
    if (!line)
        return fail(ErrorKind::Config,
                    fmt::format("{}: is not there. To verify, the public key is enough: give the "
                                "line that was published with --key, or write it into {}",
                                key_file.string(), beside.string()));
    auto key = audit::VerifierKey::parse(trimmed(*line));
    if (!key)
        return fail(ErrorKind::Config, fmt::format("{}: {}", beside.string(), key.error().message));
    return key;
}

}  // namespace dvcsync::sync
