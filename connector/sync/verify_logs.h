// Whether the trail is what was signed: every log of the ledger and of the checkpoint folder, what
// is copied beside the entries, and how the logs follow one another. Reads only; needs no private
// key. One thread at a time; another process may go on writing and signing meanwhile.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "connector/audit/note.h"
#include "connector/audit/verify.h"
#include "connector/base/time.h"
#include "connector/ledger/ledger.h"

namespace dvcsync::sync {

struct VerifyOrder {
    std::filesystem::path folder;             // with a folder for each log; empty: there is none
    std::vector<std::filesystem::path> kept;  // checkpoints that somebody else has kept
    std::string time_authorities;             // PEM; empty: time stamps are only looked at
    std::chrono::minutes unsealed_limit{60};
};

struct LogVerdict {
    std::string log;
    std::string origin;
    bool open = false;                // it still grows
    audit::Verdict verdict;           // with what else is wrong with this log
    std::vector<std::string> undone;  // nothing is wrong, but a person must see to it
    std::vector<std::string> notes;   // what was compared, and what could not be
};

struct TrailVerdict {
    std::vector<LogVerdict> logs;
    std::vector<std::string> faults;  // of no log that is here
    bool good() const;
    bool done() const;  // nothing is left for a person
};

// A log that only the folder knows has lost all of its entries; a kept checkpoint whose log is not
// here, a log whose predecessor is not, and a ledger that has worked and has no trail are faults.
// Config: a kept file is no checkpoint.
Result<TrailVerdict> verify_logs(ledger::Ledger& ledger, const audit::VerifierKey& key,
                                 const VerifyOrder& order, UtcTime now);

}  // namespace dvcsync::sync
