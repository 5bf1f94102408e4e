// One log of an unpacked export: its entries against its checkpoints, and everything that lies
// beside them against the entries. What is wrong is told, not returned; errors are those of
// read_file() and of the authorities (Config). Reads only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connector/audit/verify.h"

namespace dvcsync::audit {

// A checkpoint that an auditor has kept.
struct KeptCheckpoint {
    std::string note;
    std::string where;  // for messages
};

struct ExportedLog {
    std::filesystem::path folder;
    std::string origin;  // empty: there is no checkpoint that tells it
    Verdict verdict;     // faults of stamps and of the period's files are among its faults
    std::vector<std::string> notes;       // what else is to be told
    std::vector<std::string> uncompared;  // kept checkpoints of this log that cannot be compared

    // How it hangs together with other logs. Roots in hexadecimal, as `set` holds them.
    std::string opened;                 // `at` of its first entry; empty: it has none
    std::optional<std::string> before;  // the root that its first entry tells of the log before
    std::string end;                    // its root, with what closing.jsonl adds
    bool closed = false;                // its last entry says so
    bool unsigned_end = false;  // closing.jsonl is there: the log after it must vouch for it
    bool from_start = false;    // the period begins with its first entry, or before
};

// `authorities` (PEM) check the time stamps. Kept checkpoints of other logs are passed over.
Result<ExportedLog> verify_exported_log(const std::filesystem::path& folder, const VerifierKey& key,
                                        const std::optional<std::string>& authorities,
                                        std::span<const KeptCheckpoint> kept);

}  // namespace dvcsync::audit
