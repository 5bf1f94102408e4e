// What people do with records that the program does not go on with by itself, and how they have a
// slice of the records sent again: words of a command line become filters, slices and acts; acts
// are carried out and counted. Nothing is kept here; one thread at a time, for the ledger's sake.
//
// Errors that are a person's words (a wrong day, an unknown operation, no reason) are Config errors
// that name the option. Everything else comes from the ledger.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/time.h"
#include "connector/ledger/ledger.h"
#include "connector/mapping/mapping.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {

// Who acts: the login name of the process's real user, or of the user who became root by sudo.
std::string login_name();

// A person's reason as it is kept: trimmed, not blank, at most limits::max_act_reason characters
// (code points), one line without control characters.
Result<std::string> act_reason(std::string_view text);

// What a person chose, in the words of the command line; "" and empty: no such condition. Each is
// the value of the option of the same name; codes are those of records.
struct Selection {
    std::vector<std::string> codes;
    std::string kind;
    std::string stage;  // of submissions
    std::string agency;
    std::string procedure;
    std::string operation;
    std::string cause;
    std::string portal_code;
    std::string text;
    std::string from;  // first and last day received, Vietnam days: 31/03/2019 or 2019-03-31
    std::string to;

    bool operator==(const Selection&) const = default;
};

// The same as a person would type it, for the ledger's acts; "everything" if there is no condition.
std::string words_of(const Selection& selection);

// --from and --to as instants, half-open: [from, until).
struct Days {
    std::optional<UtcTime> from;
    std::optional<UtcTime> until;
};
Result<Days> days_of(const Selection& selection);

// One filter a code, in order and without repetition, or one filter if no code is named. Only what
// is parked.
Result<std::vector<ledger::Filter>> parked_filters(const Selection& selection);

// What is to be sent again. Config error: a condition that a resync does not know, or codes beside
// other conditions.
Result<ledger::Slice> slice_of(const Selection& selection);

// -- parked items -----------------------------------------------------------------------------

struct ParkedKind {
    std::string kind;
    ledger::Cause cause{};
    std::size_t count = 0;
};

// What a choice of parked items comes to.
struct Chosen {
    std::vector<ledger::Filter> filters;  // each of them chooses something
    std::size_t total = 0;
    std::vector<ParkedKind> kinds;        // no zeros
    std::size_t in_doubt = 0;             // of total: with ledger::doubt_code
    std::vector<std::string> not_parked;  // one sentence for each code that chose nothing
};
Result<Chosen> choose(ledger::Ledger& ledger, std::span<const ledger::Filter> filters);

struct Retried {
    std::size_t ready = 0;  // the next run sends them
    RereadCounts reread;    // of what intake had parked
};

// Has the chosen items tried again: what intake had parked is read again from the payload, because
// the vocabulary may have been mended; the rest is made ready, all or none. Every filter makes an
// act of its own; `act` says who and why, and its selection stands behind the code where one is
// named. Retry error, and nothing is done: more items are parked by now than chosen.total, so a
// person would act on more than was agreed to.
Result<Retried> retry(ledger::Ledger& ledger, const mapping::Vocabulary& vocabulary,
                      const Sealer& sealer, const Chosen& chosen, const ledger::Act& act,
                      const Clock& clock);

// Says of the chosen items that they need no sending. The same rules. Returns how many.
Result<std::size_t> dismiss(ledger::Ledger& ledger, const Chosen& chosen, const ledger::Act& act,
                            UtcTime now);

// -- resync -------------------------------------------------------------------------------------

// Records that a resync of this preview would send.
std::size_t would_send(const ledger::ResyncPreview& preview);

// Items a second that these runs delivered, intake included; nullopt: none of them delivered.
std::optional<double> delivery_rate(std::span<const ledger::Run> runs);

// Records a second since the resync's first hand-over, pauses included; nullopt: too early to tell.
std::optional<double> resync_rate(const ledger::Resync& resync);

// What is left of a resync: neither handed over nor skipped. 0 once it is stopped or done.
std::size_t left_of(const ledger::Resync& resync);

// -- texts --------------------------------------------------------------------------------------

// "about 12 minutes" for so many records at that rate.
std::string duration_words(std::size_t records, double per_second);

}  // namespace dvcsync::sync
