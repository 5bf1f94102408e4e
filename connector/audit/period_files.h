// entries.jsonl and entries.csv of an exported log against its signed entries: the lines must be a
// run of them, the table that of the same run, byte for byte. Nothing else vouches for the two
// files, and they are what an auditor opens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connector/audit/log_folder.h"

namespace dvcsync::audit {

struct PeriodFiles {
    std::vector<std::string> faults;
    std::uint64_t first = 0;  // of the run
    std::uint64_t count = 0;  // entries in it
    std::string told;         // which entries they are, for people
};
// For a log of `size` good entries. Errors: those of reading it.
Result<PeriodFiles> check_period_files(const LogFolder& folder, std::uint64_t size);

}  // namespace dvcsync::audit
