#include "connector/audit/log_folder.h"

#include <fmt/format.h>

#include "connector/audit/bytes.h"
#include "connector/audit/checkpoint.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"

namespace dvcsync::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view signature_mark = "\xE2\x80\x94 ";
// A bundle of the longest entries.
constexpr std::size_t max_tile = std::size_t{tile_width} * (limits::max_log_entry + 2);

Result<std::optional<std::string>> read_if_there(const fs::path& file, std::size_t max) {
    std::error_code failed;
    const auto status = fs::status(file, failed);
    if (status.type() == fs::file_type::not_found) return std::nullopt;
    DVC_TRY_ASSIGN(bytes, read_file(file, max));
    return std::optional(std::move(bytes));
}

// The next note of a checkpoints.txt; nullopt: no whole one is left.
std::optional<std::string_view> take_note(std::string_view& rest) {
    const auto begin = rest;
    bool signed_now = false;
    while (const auto line = take_line(rest)) {
        if (line->empty() && signed_now) return begin.substr(0, begin.size() - rest.size() - 1);
        signed_now = line->starts_with(signature_mark);
    }
    rest = begin;
    return std::nullopt;
}

}  // namespace

std::size_t whole_notes(std::string_view text) {
    auto rest = text;
    while (take_note(rest)) {
    }
    return text.size() - rest.size();
}

Result<std::optional<std::string>> LogFolder::checkpoint() const {
    return read_if_there(folder_ / "checkpoint", limits::max_note);
}

Status LogFolder::checkpoints(const LogEvidence::TakeNote& take) const {
    const auto file = folder_ / "checkpoints.txt";
    DVC_TRY_ASSIGN(history, read_if_there(file, limits::max_checkpoint_history));
    std::string_view rest = history ? std::string_view(*history) : std::string_view();
    for (std::uint64_t number = 1;; ++number) {
        const auto note = take_note(rest);
        if (!note) break;
        DVC_TRY(take(*note, fmt::format("{}, checkpoint {}", file.string(), number)));
    }
    DVC_TRY_ASSIGN(newest, checkpoint());
    if (newest) DVC_TRY(take(*newest, (folder_ / "checkpoint").string()));
    return {};
}

Result<std::optional<std::string>> LogFolder::tile(const Tile& tile) const {
    return read_if_there(folder_ / tile_path(tile), max_tile);
}

Status LogFolder::entries(std::uint64_t size, const LogEvidence::TakeEntry& take) const {
    for (std::uint64_t index = 0; index * tile_width < size; ++index) {
        const auto left = size - index * tile_width;
        const int width = left < tile_width ? static_cast<int>(left) : tile_width;
        const Tile tile{Tile::Kind::Entries, 0, index, width};
        DVC_TRY_ASSIGN(bytes, this->tile(tile));
        if (!bytes)
            return fail(ErrorKind::Corrupt,
                        fmt::format("{} is missing: the entries from {} on are not there",
                                    (folder_ / tile_path(tile)).string(), index * tile_width));
        const auto entries = parse_bundle(*bytes, width);
        if (!entries)
            return fail(ErrorKind::Corrupt,
                        fmt::format("{} (which begins with entry {} of the log): {}",
                                    (folder_ / tile_path(tile)).string(), index * tile_width,
                                    entries.error().message));
        for (std::size_t i = 0; i < entries->size(); ++i) {
            DVC_TRY_ASSIGN(more, take(index * tile_width + i, (*entries)[i]));
            if (!more) return {};
        }
    }
    return {};
}

Result<std::map<std::uint64_t, std::string>> LogFolder::timestamps() const {
    std::map<std::uint64_t, std::string> found;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder_ / "timestamps", failed)) {
        const auto size = decimal(entry.path().stem().string(), limits::max_log_size);
        if (!size || entry.path().extension() != ".tsr") continue;
        DVC_TRY_ASSIGN(bytes, read_file(entry.path(), limits::max_timestamp));
        found.emplace(*size, std::move(bytes));
    }
    return found;
}

Result<LogEvidence> evidence_of(const LogFolder& folder, const VerifierKey& key) {
    DVC_TRY_ASSIGN(note, folder.checkpoint());
    if (!note)
        return fail(ErrorKind::Corrupt, fmt::format("{}: there is no file named checkpoint here: "
                                                    "name the folder of an export's log",
                                                    folder.path().string()));
    DVC_TRY_ASSIGN(told, parse_checkpoint(*note));
    if (!log_of(key, told.origin))
        return fail(ErrorKind::Corrupt, fmt::format("{}: is not a log of the key {}",
                                                    folder.path().string(), key.name()));
    DVC_TRY(verify_checkpoint(*note, {&key, 1}, told.origin));
    LogEvidence evidence{told.origin, key, {}, {}, {}, told.size};
    evidence.entries = [folder, size = told.size](const LogEvidence::TakeEntry& take) {
        return folder.entries(size, take);
    };
    evidence.checkpoints = [folder](const LogEvidence::TakeNote& take) {
        return folder.checkpoints(take);
    };
    evidence.tile = [folder](const Tile& tile) { return folder.tile(tile); };
    return evidence;
}

}  // namespace dvcsync::audit
