// A log as files in a folder: the checkpoints and tiles that lie outside the ledger, or an export.
//
//   checkpoint              the newest checkpoint, a signed note
//   checkpoints.txt         all of them, oldest first, each followed by an empty line
//   tile/…                  C2SP tlog-tiles; tile/entries/… in an export only
//   timestamps/<size>.tsr   answers of a time authority over the checkpoint of that size
//
// Reads only. Any process may read while another writes. Errors: those of read_file(); Corrupt for
// what does not parse.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "connector/audit/verify.h"

namespace dvcsync::audit {

class LogFolder {
  public:
    explicit LogFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
    const std::filesystem::path& path() const { return folder_; }

    // nullopt: there is none.
    Result<std::optional<std::string>> checkpoint() const;
    // Those of checkpoints.txt and the newest one, each with the place where it stands. A note that
    // is cut short at the very end is left out: the machine stopped while it was written.
    Status checkpoints(const LogEvidence::TakeNote& take) const;
    Result<std::optional<std::string>> tile(const Tile& tile) const;
    // From tile/entries, for a log of `size`. Corrupt if a bundle is missing.
    Status entries(std::uint64_t size, const LogEvidence::TakeEntry& take) const;
    // By the size of the checkpoint that they are over.
    Result<std::map<std::uint64_t, std::string>> timestamps() const;

  private:
    std::filesystem::path folder_;
};

// How many bytes of a checkpoints.txt (or of its tail) are whole notes.
std::size_t whole_notes(std::string_view text);

// What an exported log must hold: its newest checkpoint vouches for all of its entries and tiles.
// Corrupt if there is no checkpoint, or one of another key.
Result<LogEvidence> evidence_of(const LogFolder& folder, const VerifierKey& key);

}  // namespace dvcsync::audit
