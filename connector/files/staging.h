// The files of one submission on their way to the province: a folder of our own in which each file
// is whole or not there, with what is known of it.
//
// File n lies as "<n>" with "<n>.sha256" beside it (its digest, and the digest of where it came
// from); "<n>.part" is one that is being written. After a crash what is whole is taken over, after
// its digest has been computed again; the rest is fetched again. The names that strangers gave are
// only looked at for their extensions (see names.h for what the province gets).
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/files/fetch_rules.h"

namespace dvcsync::files {

struct Staged {
    std::filesystem::path path;
    std::uint64_t size = 0;
    Digest sha256{};
    std::string type;           // MIME type by content
    bool program = false;       // executable or script, by content or by name
    std::string program_by;     // of a program, for people: what makes it one
    bool type_differs = false;  // the name's extension stands for another type
};

// Thread-safe as long as no two threads work on one index.
//
// Errors name the file by its index, and the host of a link; neither names nor links. Refused: a
// rule says no, and would again: a person must decide. Retry: it cannot be had now, or the disk
// refuses; nothing is left of it. Config: the folder cannot be used.
class Staging {
  public:
    // Makes the folder if it is not there (mode 0700, files 0600); its parent must be.
    static Result<Staging> open(const std::filesystem::path& folder);

    // `index`: of the file in its submission, from 0; `name`: as the portal calls it, any bytes;
    // `max`: bytes. A file of this index that is staged already and came from the same text or
    // link is returned as it is.
    Result<Staged> keep_base64(int index, std::string_view name, std::string_view base64,
                               std::uint64_t max) const;
    // One that is staged already and came from this link; nullopt: fetch() would fetch it.
    Result<std::optional<Staged>> fetched(int index, std::string_view name, std::string_view url,
                                          std::uint64_t max) const;
    // Blocks, at most rules.deadline; soon after `stop` it ends with Retry. See download.h.
    Result<Staged> fetch(int index, std::string_view name, std::string_view url, std::uint64_t max,
                         const FetchRules& rules, const std::atomic<bool>& stop) const;
    // Forgets a staged file, so that it is fetched again: one whose digest is not the one that the
    // portal gave, say. Succeeds if there is none.
    Status drop(int index) const;
    // Deletes the folder with all that is in it. Succeeds if there is none.
    Status remove() const;

    const std::filesystem::path& folder() const { return folder_; }

  private:
    explicit Staging(std::filesystem::path folder) : folder_(std::move(folder)) {}
    std::filesystem::path folder_;
};

}  // namespace dvcsync::files
