// Sealing: signs what the trail holds, and keeps a second copy of every checkpoint outside the
// ledger.
//
// What is signed once can be proven later, and what was signed cannot be changed without being
// found out; so nothing is pushed while entries stay unsigned for too long (fail closed). The only
// writer of the checkpoint folder. Several processes may seal: a lock in the folder lets one at a
// time. An object belongs to one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "connector/audit/log_folder.h"
#include "connector/audit/note.h"
#include "connector/base/time.h"
#include "connector/config/config.h"
#include "connector/ledger/ledger.h"
#include "connector/ledger/trail.h"
#include "connector/sync/trail.h"

namespace dvcsync::sync {

struct SealSettings {
    std::filesystem::path folder;
    std::chrono::minutes unsealed_limit{60};
    // Gets the answer of the time authority to a query; empty: no time stamps.
    std::function<Result<std::string>(std::string_view query)> ask_time;
    std::string time_authorities;  // PEM
};

// What one sealing did.
struct Sealed {
    std::string origin;      // of the log that is open
    std::int64_t size = 0;   // entries that are sealed now
    std::int64_t added = 0;  // of them: since the last time, over all logs
    bool stamped = false;    // the newest checkpoint has a time stamp
    std::string
        stamp_trouble;  // why one that was due could not be had; sealing is done all the same
};

class Notary {
  public:
    Notary(audit::Signer signer, SealSettings settings, const Clock& clock);
    // Config error: key or folder cannot be used.
    static Result<Notary> open(const config::Config& config, const Clock& clock);

    // A log that a person has ended (begin_log) is left as it is.
    // Signs what is new in every log, and what an earlier call could not finish. Nothing new: no
    // new checkpoint. Call outside of Ledger::together(). Corrupt: the ledger does not hold what
    // was signed before (rolled back, cut, rewritten), or the folder is not the one that belongs to
    // it; nothing is signed then. Config, Retry: the folder or the ledger cannot be written.
    // `stamp`: ask for a time stamp now; otherwise at most every limits::timestamp_every.
    Result<Sealed> seal(ledger::Ledger& ledger, bool stamp = false);
    // Whether limits::seal_every has passed since the last call; for what goes on for long.
    bool due() const;

    // Why nothing may be pushed now; "": it may. `trouble` is what the last seal() said.
    Result<std::string> why_not(ledger::Ledger& ledger, std::string_view trouble) const;

    const audit::VerifierKey& key() const { return signer_.verifier(); }
    // The folder of a log.
    audit::LogFolder folder_of(const ledger::TrailLog& log) const;

  private:
    Status stamp_if_due(ledger::Trail& trail, const ledger::TrailLog& log, bool now, Sealed& done);
    audit::Signer signer_;
    SealSettings settings_;
    const Clock* clock_;
    std::chrono::nanoseconds sealed_at_{};
    std::chrono::nanoseconds no_stamp_before_{};
};

// Ends the log that is open without a last checkpoint, because it can no longer be signed, and
// begins another; both say who and why. Returns the new one's name, which is that of no log in
// `folder` either: a restored ledger knows nothing of the logs that were begun since its backup.
Result<std::string> begin_log(ledger::Ledger& ledger, Recorder& recorder, const ledger::Act& act,
                              const Clock& clock, const std::filesystem::path& folder);

// Whether a person has ended the log: what is not signed of it never will be. `size`: its entries.
Result<bool> ended_by_person(ledger::Trail& trail, const ledger::TrailLog& log, std::int64_t size);

// Everything that is to be checked of a log: the ledger's entries and seals, the folder's
// checkpoints and tiles (empty: only the ledger's). The ledger must outlive it.
audit::LogEvidence evidence_of(ledger::Trail& trail, const ledger::TrailLog& log,
                               const audit::VerifierKey& key,
                               const std::optional<audit::LogFolder>& folder);

// Writes a new key file of mode 0600. Config error if there is one already.
Status create_audit_key(const std::filesystem::path& file);
Result<audit::Signer> load_audit_key(const std::filesystem::path& file, std::string_view origin);
// The public key, for who only reads: that of the private one, or, where that is not there, the
// line that `audit key` has printed, kept beside it as audit.pub (the key file's name, ending in
// .pub). Config error if there is neither.
Result<audit::VerifierKey> load_verifier(const std::filesystem::path& key_file,
                                         std::string_view origin);

}  // namespace dvcsync::sync
