#include "connector/sync/verify_folder.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "connector/audit/checkpoint.h"
#include "connector/audit/timestamp.h"
#include "connector/base/limits.h"
#include "connector/sync/checkpoint_folder.h"

namespace dvcsync::sync {
namespace {

namespace fs = std::filesystem;
using audit::Hash;
using ledger::SealRow;

constexpr std::string_view moved_or_lost =
    "if the folder was moved, move it back, or write its new place as checkpoint_folder into "
    "dvcsync.toml; if a copy of it is kept elsewhere, bring that back; if it is lost for good, say "
    "so: dvcsync audit new-log --reason";
constexpr std::string_view from_a_copy = "bring it back from a copy of the folder";

// Of the ledger's seals or the folder's history: notes by their digest, a year's are many.
struct Notes {
    std::set<Hash> digests;
    std::uint64_t largest = 0;  // entries that the newest tells
};

class FolderCheck {
  public:
    FolderCheck(ledger::Trail& trail, const ledger::TrailLog& log, const audit::LogFolder& folder,
                const std::string& authorities, LogVerdict& verdict)
        : trail_(trail), log_(log), folder_(folder), authorities_(authorities), verdict_(verdict) {}

    // Another process may sign meanwhile: it writes into the folder first, then into the ledger. So
    // what the ledger held before is in the folder, and what the folder held, but for the newest,
    // is in the ledger afterwards.
    Status run() {
        DVC_TRY(read_ledger());
        const bool here = fs::exists(folder_.path(), ignored_);
        if (known_.digests.empty() && !fs::exists(folder_.path() / "checkpoint", ignored_)) {
            unknown_checkpoints();
            return {};
        }
        if (!here) {
            fault(
                fmt::format("{} is not here, and the ledger knows of checkpoints that lay in it "
                            "({}); {}",
                            folder_.path().string(), known_.digests.size(), moved_or_lost));
            return {};
        }
        DVC_TRY_ASSIGN(stamps, folder_.timestamps());
        stamps_ = std::move(stamps);
        DVC_TRY(read_folder());
        DVC_TRY(compare_with_ledger());
        compare_stamps();
        return {};
    }

  private:
    void fault(std::string text) {
        if (verdict_.verdict.faults.size() < limits::max_findings)
            verdict_.verdict.faults.push_back(std::move(text));
    }
    std::string path(std::string_view file) const { return (folder_.path() / file).string(); }

    Status read_ledger() {
        return trail_.walk_seals(log_.log, [this](const SealRow& seal) -> Result<bool> {
            const auto told = audit::parse_checkpoint(seal.note);
            if (!told || told->size != static_cast<std::uint64_t>(seal.size)) {
                fault(
                    fmt::format("the ledger's checkpoint of {} entries does not say that it is "
                                "of so many",
                                seal.size));
                return true;
            }
            known_.digests.insert(sha256(seal.note));
            known_.largest = told->size;
            if (!seal.timestamp.empty()) known_stamps_[told->size] = sha256(seal.timestamp);
            return true;
        });
    }

    // Of a log that was never signed, or of which somebody wants to make believe that.
    void unknown_checkpoints() {
        for (const char* file : {"checkpoints.txt", "tile"})
            if (fs::exists(folder_.path() / file, ignored_))
                fault(fmt::format("{} lies here without {}, and the ledger knows of no checkpoint",
                                  path(file), path("checkpoint")));
    }

    Status read_folder() {
        DVC_TRY_ASSIGN(newest, folder_.checkpoint());
        if (!fs::exists(folder_.path() / "checkpoints.txt", ignored_))
            fault(fmt::format("{} is missing; {}", path("checkpoints.txt"), from_a_copy));
        if (!newest) fault(fmt::format("{} is missing; {}", path("checkpoint"), from_a_copy));
        const auto told = newest ? audit::parse_checkpoint(*newest)
                                 : tl::make_unexpected(Error{ErrorKind::Corrupt, ""});
        if (told && told->size < known_.largest)
            fault(
                fmt::format("{} is of {} entries, and the ledger knows one of {}: it is an "
                            "older copy",
                            path("checkpoint"), told->size, known_.largest));
        return folder_.checkpoints([this](std::string_view note, const std::string&) -> Status {
            const auto one = audit::parse_checkpoint(note);
            if (!one) return {};  // verify_log() tells of it
            const auto digest = sha256(note);
            if (one->size > kept_.largest) newest_kept_ = digest;
            kept_.largest = std::max(kept_.largest, one->size);
            kept_.digests.insert(digest);
            if (stamps_.count(one->size) > 0) stamped_[one->size].insert(digest);
            return {};
        });
    }

    Status compare_with_ledger() {
        std::uint64_t lost = 0;
        std::int64_t first = 0;
        std::set<Hash> unknown = kept_.digests;
        DVC_TRY(trail_.walk_seals(log_.log, [&](const SealRow& seal) -> Result<bool> {
            const auto digest = sha256(seal.note);
            unknown.erase(digest);
            const auto size = static_cast<std::uint64_t>(seal.size);
            if (stamps_.count(size) > 0) stamped_[size].insert(digest);
            if (known_.digests.count(digest) > 0 && kept_.digests.count(digest) == 0 && lost++ == 0)
                first = seal.size;
            return true;
        }));
        const bool history = fs::exists(folder_.path() / "checkpoints.txt", ignored_);
        if (lost > 0 && history)
            fault(fmt::format("{} lacks {} of the ledger's checkpoints, the first is of {} entries",
                              path("checkpoints.txt"), lost, first));
        unknown.erase(newest_kept_);  // signed, and the machine stopped
        if (!unknown.empty())
            fault(
                fmt::format("the ledger lacks {} of the checkpoints that lie in {}: they were "
                            "taken out of it, or it is an older copy",
                            unknown.size(), folder_.path().string()));
        return {};
    }

    void compare_stamps() {
        for (const auto& [size, digest] : known_stamps_) {
            const auto file = path(fmt::format("timestamps/{}.tsr", size));
            const auto stamp = stamps_.find(size);
            if (stamp == stamps_.end())
                fault(fmt::format("{} is missing: the ledger has this time stamp", file));
            else if (sha256(stamp->second) != digest)
                fault(fmt::format("{} is not the time stamp that the ledger has", file));
        }
        for (const auto& [size, answer] : stamps_)
            check_stamp(size, answer);
        if (!stamps_.empty() && authorities_.empty())
            verdict_.notes.push_back(
                fmt::format("time stamps not checked ({}): no timestamp_ca is configured to check "
                            "them with",
                            stamps_.size()));
        else if (!stamps_.empty())
            verdict_.notes.push_back(fmt::format("time stamps checked: {}", stamps_.size()));
    }

    void check_stamp(std::uint64_t size, const std::string& answer) {
        const auto file = path(fmt::format("timestamps/{}.tsr", size));
        const auto notes = stamped_.find(size);
        if (notes == stamped_.end())
            return fault(fmt::format("{}: no checkpoint is of {} entries", file, size));
        std::string why;
        for (const Hash& digest : notes->second) {
            const auto good = audit::verify_timestamp(answer, digest, authorities_);
            // Without authorities all that can be said is whether it is a time stamp.
            if (good || (authorities_.empty() && good.error().kind == ErrorKind::Config)) return;
            why = good.error().message;
        }
        fault(fmt::format("{}: {}", file, why));
    }

    ledger::Trail& trail_;
    const ledger::TrailLog& log_;
    const audit::LogFolder& folder_;
    const std::string& authorities_;
    LogVerdict& verdict_;
    std::error_code ignored_;  // what cannot be looked at is not there
    Notes known_, kept_;       // by ledger and folder
    Hash newest_kept_{};
    std::map<std::uint64_t, Hash> known_stamps_;
    std::map<std::uint64_t, std::string> stamps_;
    std::map<std::uint64_t, std::set<Hash>> stamped_;  // the checkpoints of those sizes
};

// A full tile replaces the partial ones, also while they are being read.
Result<std::optional<std::string>> tile_of(const audit::LogFolder& folder, audit::Tile tile) {
    DVC_TRY_ASSIGN(bytes, folder.tile(tile));
    if (bytes || tile.width == audit::tile_width) return bytes;
    const auto size = static_cast<std::size_t>(tile.width) * sizeof(Hash);
    tile.width = audit::tile_width;
    DVC_TRY_ASSIGN(full, folder.tile(tile));
    if (full && full->size() > size) full->resize(size);
    return full;
}

// Whether the tiles agree with one another and with the root. Without the entries, so this is fast.
Result<bool> tiles_hold(const audit::LogFolder& folder, const audit::Checkpoint& of) {
    bool hold = true;
    audit::TileBuilder above([&](const audit::Tile& tile, std::string_view bytes) -> Status {
        if (tile.level == 0) return {};  // it is made of that one
        DVC_TRY_ASSIGN(stored, tile_of(folder, tile));
        hold = hold && stored && *stored == bytes;
        return {};
    });
    for (std::uint64_t begin = 0; hold && begin < of.size; begin += audit::tile_width) {
        const auto width =
            static_cast<int>(std::min<std::uint64_t>(audit::tile_width, of.size - begin));
        DVC_TRY_ASSIGN(bytes, tile_of(folder, {audit::Tile::Kind::Hashes, 0,
                                               begin / audit::tile_width, width}));
        const auto hashes = bytes ? audit::parse_tile(*bytes, width)
                                  : tl::make_unexpected(Error{ErrorKind::Corrupt, ""});
        if (!hashes) return false;
        for (const Hash& hash : *hashes)
            DVC_TRY(above.append(hash));
    }
    if (!hold) return false;
    DVC_TRY(above.finish());
    DVC_TRY_ASSIGN(edge, CheckpointFolder(folder.path()).edge(of.size, of.root));
    return hold && edge.has_value();
}

}  // namespace

Status compare_folder(ledger::Trail& trail, const ledger::TrailLog& log,
                      const audit::LogFolder& folder, const std::string& time_authorities,
                      LogVerdict& verdict) {
    return FolderCheck(trail, log, folder, time_authorities, verdict).run();
}

Status compare_tiles(ledger::Trail& trail, const ledger::TrailLog& log,
                     const audit::LogFolder& folder, LogVerdict& verdict) {
    DVC_TRY_ASSIGN(note, folder.checkpoint());
    if (!note) return {};
    DVC_TRY_ASSIGN(newest, audit::parse_checkpoint(*note));
    DVC_TRY_ASSIGN(hold, tiles_hold(folder, newest));
    if (hold) return {};
    std::vector<std::string> missing, other;
    audit::TileBuilder tiles([&](const audit::Tile& tile, std::string_view bytes) -> Status {
        DVC_TRY_ASSIGN(stored, tile_of(folder, tile));
        if (stored && *stored == bytes) return {};
        (stored ? other : missing).push_back((folder.path() / audit::tile_path(tile)).string());
        return {};
    });
    ledger::TrailFilter filter;
    filter.log = log.log;
    filter.until = static_cast<std::int64_t>(newest.size);
    DVC_TRY(trail.walk(filter, [&](const ledger::TrailRow& row) -> Result<bool> {
        DVC_TRY(tiles.append(audit::leaf_hash(row.entry)));
        return true;
    }));
    DVC_TRY(tiles.finish());
    for (const auto& [files, what] :
         {std::pair{&missing, "is missing"}, std::pair{&other, "is not that of the entries"}}) {
        if (files->empty()) continue;
        const std::string more =
            files->size() > 1 ? fmt::format(", and so with {} more tiles", files->size() - 1) : "";
        verdict.verdict.faults.push_back(
            fmt::format("{} {}{}. Once this is cleared up: remove {}, and the next run makes all "
                        "tiles again from the ledger",
                        files->front(), what, more, (folder.path() / "tile").string()));
    }
    return {};
}

}  // namespace dvcsync::sync
