// A whole export, unpacked: every log in it, and how they follow each other.
//
// The first entry of a log holds the root of the log before, so a log that was left out, or put
// in, is found. Reads only. Errors: those of read_file() and of the authorities (Config); Config
// if no log is here.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connector/audit/export_log.h"

namespace dvcsync::audit {

struct ExportVerdict {
    std::vector<ExportedLog> logs;     // oldest first
    std::vector<std::string> faults;   // of the whole: what is wrong beside the logs' own
    std::vector<std::string> follows;  // which log continues which
    std::vector<std::string> gaps;     // logs that are not here, which need not be wrong

    bool good() const;
    bool all_compared() const;  // with every checkpoint that was kept
};

// `folder` is what tar has unpacked, or one log of it (which is not compared with others then).
Result<ExportVerdict> verify_export(const std::filesystem::path& folder, const VerifierKey& key,
                                    const std::optional<std::string>& authorities,
                                    std::span<const KeptCheckpoint> kept);

}  // namespace dvcsync::audit
