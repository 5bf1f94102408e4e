#include "connector/audit/export_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "connector/audit/bytes.h"
#include "connector/audit/canonical.h"
#include "connector/audit/checkpoint.h"
#include "connector/audit/log_folder.h"
#include "connector/audit/period_files.h"
#include "connector/audit/timestamp.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync::audit {
namespace {

namespace fs = std::filesystem;

std::string text_of(std::string_view entry, std::string_view member) {
    const auto json = parse_canonical(entry);
    const Json* value = json ? json->find(member) : nullptr;
    return value != nullptr && value->text() != nullptr ? *value->text() : "";
}

class LogCheck {
  public:
    LogCheck(const fs::path& path, const VerifierKey& key,
             const std::optional<std::string>& authorities, std::span<const KeptCheckpoint> kept)
        : folder_(path), key_(key), authorities_(authorities), kept_(kept) {
        log_.folder = path;
    }

    Result<ExportedLog> run() {
        auto found = evidence_of(folder_, key_);
        if (!found) {
            if (found.error().kind != ErrorKind::Corrupt) return tl::make_unexpected(found.error());
            fault(found.error().message);
            return std::move(log_);
        }
        auto& evidence = *found;
        log_.origin = evidence.origin;
        size_ = evidence.tiles_of_size;
        DVC_TRY(read_ends());
        DVC_TRY(verify(std::move(evidence)));
        DVC_TRY(check_stamps());
        if (!log_.verdict.good()) return std::move(log_);
        DVC_TRY_ASSIGN(period, check_period_files(folder_, size_));
        for (auto& one : period.faults)
            fault(std::move(one));
        log_.from_start = period.count > 0 && period.first == 0;
        log_.notes.insert(log_.notes.begin(), period.told);
        DVC_TRY(read_closing());
        return std::move(log_);
    }

  private:
    void fault(std::string text) { log_.verdict.faults.push_back(std::move(text)); }

    // nullopt: it is not there, which verify_log() says.
    Result<std::optional<std::string>> entry_at(std::uint64_t index) {
        const auto bundle = index / tile_width;
        const auto left = std::min<std::uint64_t>(size_ - bundle * tile_width, tile_width);
        const auto width = static_cast<int>(left);
        DVC_TRY_ASSIGN(bytes, folder_.tile({Tile::Kind::Entries, 0, bundle, width}));
        if (!bytes) return std::nullopt;
        const auto entries = parse_bundle(*bytes, width);
        if (!entries) return std::nullopt;
        return std::optional(std::string((*entries)[index % tile_width]));
    }

    Status read_ends() {
        if (size_ == 0) return {};
        DVC_TRY_ASSIGN(first, entry_at(0));
        DVC_TRY_ASSIGN(last, entry_at(size_ - 1));
        if (first) {
            log_.opened = entry_time(*first);
            if (auto root = text_of(*first, "set"); !root.empty()) log_.before = std::move(root);
        }
        std::error_code failed;
        log_.unsigned_end = fs::exists(closing_file(), failed);
        log_.closed = log_.unsigned_end || (last && text_of(*last, "event") == "log.closed");
        return {};
    }

    // -- entries against checkpoints
    // An export may rightly end before a checkpoint that somebody kept, unless the log has ended.
    bool is_newer(const KeptCheckpoint& kept) const {
        const auto told = verify_checkpoint(kept.note, {&key_, 1}, log_.origin);
        return told && told->size > size_ && !log_.closed;
    }

    Status verify(LogEvidence evidence) {
        std::vector<const KeptCheckpoint*> compared;
        for (const auto& kept : kept_) {
            const auto told = parse_checkpoint(kept.note);
            if (!told || told->origin != log_.origin) continue;
            if (is_newer(kept))
                log_.uncompared.push_back(fmt::format(
                    "{} is newer than this export: it vouches for {} entries of {}, the export "
                    "holds {}. Ask for an export that reaches further",
                    kept.where, told->size, log_.origin, size_));
            else
                compared.push_back(&kept);
        }
        evidence.checkpoints =
            [&compared, inner = evidence.checkpoints](const LogEvidence::TakeNote& take) -> Status {
            DVC_TRY(inner(take));
            for (const auto* kept : compared)
                DVC_TRY(take(kept->note, kept->where));
            return {};
        };
        // What cannot be read is what is wrong with the log: it ends there.
        std::string trouble;
        evidence.entries =
            [&trouble, inner = evidence.entries](const LogEvidence::TakeEntry& take) -> Status {
            const auto read = inner(take);
            if (read || read.error().kind != ErrorKind::Corrupt) return read;
            trouble = read.error().message;
            return {};
        };
        DVC_TRY_ASSIGN(verdict, verify_log(evidence));
        log_.verdict = std::move(verdict);
        if (!trouble.empty())
            log_.verdict.faults.insert(log_.verdict.faults.begin(), std::move(trouble));
        log_.end = hex(log_.verdict.root);
        if (!log_.verdict.good()) return {};
        for (const auto* kept : compared)
            log_.notes.push_back(fmt::format("agrees with {}, which vouches for {} entries",
                                             kept->where, parse_checkpoint(kept->note)->size));
        return {};
    }

    // -- time stamps
    Status check_stamps() {
        std::multimap<std::uint64_t, std::string> notes;
        DVC_TRY(folder_.checkpoints([&](std::string_view note, const std::string&) -> Status {
            if (const auto told = parse_checkpoint(note)) notes.emplace(told->size, note);
            return {};
        }));
        DVC_TRY_ASSIGN(stamps, folder_.timestamps());
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(folder_.path() / "timestamps", failed)) {
            const auto size = decimal(entry.path().stem().string(), limits::max_log_size);
            if (!size || entry.path().extension() != ".tsr")
                fault(fmt::format("{} is not named after a checkpoint", entry.path().string()));
        }
        for (const auto& [size, response] : stamps)
            DVC_TRY(check_stamp(size, response, notes));
        if (!stamps.empty() && !authorities_)
            log_.notes.push_back(
                fmt::format("{} time stamps: who gave them was not checked, add --timestamp-ca",
                            stamps.size()));
        return {};
    }

    Status check_stamp(std::uint64_t size, const std::string& response,
                       const std::multimap<std::uint64_t, std::string>& notes) {
        const auto name = fmt::format("timestamps/{}.tsr", size);
        const auto [begin, end] = notes.equal_range(size);
        if (begin == end) {
            fault(fmt::format("{}: there is no checkpoint of {} entries", name, size));
            return {};
        }
        std::string why;
        for (auto note = begin; note != end; ++note) {
            const Hash digest = sha256(note->second);
            if (const auto over = check_timestamp_digest(response, digest); !over) {
                why = over.error().message;
                continue;
            }
            if (!authorities_) return {};
            const auto stamp = verify_timestamp(response, digest, *authorities_);
            if (!stamp && stamp.error().kind == ErrorKind::Config)
                return tl::make_unexpected(stamp.error());
            if (stamp) {
                log_.notes.push_back(
                    fmt::format("the first {} entries existed at {} (time stamp {})", size,
                                vietnam_text(stamp->time), stamp->serial));
                return {};
            }
            why = stamp.error().message;
            break;
        }
        fault(fmt::format("{}: {}", name, why));
        return {};
    }

    // -- a log that a person ended before it could be signed to its end
    fs::path closing_file() const { return folder_.path() / "closing.jsonl"; }

    Status read_closing() {
        if (!log_.unsigned_end) return {};
        std::ifstream in;
        std::error_code failed;
        if (fs::is_regular_file(closing_file(), failed)) in.open(closing_file(), std::ios::binary);
        Frontier tree;
        DVC_TRY(folder_.entries(size_, [&](std::uint64_t, std::string_view entry) -> Result<bool> {
            tree.append(leaf_hash(entry));
            return true;
        }));
        std::string line;
        for (int c = in.get(); in && line.size() <= limits::max_log_entry; c = in.get()) {
            if (c != '\n') {
                line += static_cast<char>(c);
                continue;
            }
            tree.append(leaf_hash(line));
            line.clear();
        }
        if (!line.empty() || tree.size() == size_)
            fault(fmt::format("{} is cut short, or is none", closing_file().string()));
        log_.end = hex(tree.root());
        log_.notes.push_back(fmt::format(
            "a person ended it: its last {} entries (closing.jsonl) have no checkpoint, only the "
            "first line of the next log vouches for them",
            tree.size() - size_));
        return {};
    }

    const LogFolder folder_;
    const VerifierKey& key_;
    const std::optional<std::string>& authorities_;
    std::span<const KeptCheckpoint> kept_;
    std::uint64_t size_ = 0;  // of the newest checkpoint
    ExportedLog log_;
};

}  // namespace

Result<ExportedLog> verify_exported_log(const fs::path& folder, const VerifierKey& key,
                                        const std::optional<std::string>& authorities,
                                        std::span<const KeptCheckpoint> kept) {
    return LogCheck(folder, key, authorities, kept).run();
}

}  // namespace dvcsync::audit
