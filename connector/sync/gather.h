// The files of submissions: fetched or decoded into staging, capped, hashed, looked at, scanned.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "connector/files/fetch_rules.h"
#include "connector/sync/pull.h"

namespace dvcsync::sync {

struct GatherSettings {
    std::filesystem::path staging;  // one folder a submission below it; same disk as the inbox
    files::FetchRules fetch;
    std::uint64_t max_file = 0;        // bytes
    std::uint64_t max_submission = 0;  // all files of one together
    std::filesystem::path scanner;     // clamd's socket; empty: nothing is scanned
};

// Thread-safe. `stop` ends a download soon.
Gathering gathering_of(GatherSettings settings, const std::atomic<bool>& stop);

}  // namespace dvcsync::sync
