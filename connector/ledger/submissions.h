// What citizens file on the portal, on its way to the province: the inbound half of the ledger.
//
// Key first: a submission is known by the portal's dossier code and the digest of its content, and
// its row is durable before anybody is told that it has arrived. The same content as the newest
// revision is a duplicate, whichever road it takes; other content under a known code is the next
// revision, and so is what the dossier was before and is again, unless it only comes late:
//
//   fetched        the newest revision has arrived since it was asked for: it is fetched once more
//   by callback    its own time (`filed`) is another than that of the newest revision (whoever
//                  stamps what is filed stamps a change anew), or it is the filing, told after a
//                  supplement
//
// What callbacks have told since, but was filed earlier, came late itself and makes nothing older.
// Withdrawals, payments, notices and what nobody can read are events, not states of the dossier:
// the same again is always the same. Rows are never deleted.
//
//   announced → received → handed
//                  ↕  ↘
//              waiting → held → received (retry, release) | dismissed
//
//              received  waiting   held      handed  dismissed
//   waits      waiting   waiting   Bug       Bug     nothing     what is handed over stays handed
//   put_off    waiting   waiting   Bug       Bug     nothing
//   holds      held      held      Bug       Bug     nothing     over; what a person has dismissed
//   renumber   received  waiting   Bug       Bug     nothing
//   handed     handed    handed    Bug       Bug     handed      meanwhile stays dismissed, unless
//   retry      left out  received  received  left    left out    the province has it already
//   dismiss    left out  dismissed dismissed left    left out
//
// Revisions of one code are handed over in order: one is not due before the earlier ones are handed
// or dismissed, but for held ones of kind "unknown", which nobody could read. Every function that
// changes something is one transaction unless it runs inside Ledger::together(). Received by
// several processes at once (a service and a run) without a lease; due() and what follows is for
// the run that holds one. Errors as in ledger.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/base/time.h"
#include "connector/ledger/control.h"

namespace dvcsync::ledger {

enum class Road { Poll, Callback };
enum class Stage { Received, Waiting, Held, Handed, Dismissed };
// What a person lets a submission go without. Numbers are stored.
enum class Without {
    Nothing,
    Forbidden,  // files that break a rule; what may still come is waited for
    Missing,    // and files that cannot be had
};
std::string_view to_string(Road road);    // "poll", "callback"
std::string_view to_string(Stage stage);  // "received", "waiting", …

// A row of the portal's list: there is something to fetch.
struct Announcement {
    std::string code;
    std::string stamp;  // as the list tells when it was changed last; may be empty
};
struct Announced {
    std::int64_t id = 0;
    std::string code;
    std::string stamp;
    int attempts = 0;
    std::string reason;   // of the last attempt
    UtcTime announced{};  // when the list was read
    UtcTime next_at{};    // not before
};

// What has come in, whole.
struct Arrival {
    std::string code;     // the portal's dossier code
    std::string reading;  // name of the mapping file's reading that understands it
    std::string kind;     // filing, supplement, withdrawal, payment, notice, unknown
    Road road{};
    Digest digest{};     // of its content, the same on both roads
    std::string sealed;  // the JSON as it came
    std::string procedure;
    std::string agency;
    std::optional<UtcTime> filed;
    std::string fault;           // not empty: Held at once, for this reason
    std::uint64_t exchange = 0;  // for the witness: that brought it (portal::Exchange::id); 0: none
    std::optional<UtcTime> asked{};  // fetched: since when; it is what the portal held after that
};
enum class Novelty { First, Revision, Duplicate };
struct Arrived {
    std::int64_t id = 0;  // of a duplicate: of the row that is there
    int revision = 0;
    Novelty novelty{};
};

struct Submission {
    std::int64_t id = 0;
    std::string code;
    int revision = 0;
    Digest digest{};  // of its content
    std::string reading;
    std::string kind;
    Road road{};
    Stage stage{};
    Without without{};
    std::string procedure;
    std::string agency;
    std::optional<UtcTime> filed;
    UtcTime arrived{};
    UtcTime changed{};
    UtcTime next_at{};  // Waiting: not before
    int attempts = 0;
    int again = 0;       // how often the same came again
    int behind = 0;      // Received, Waiting: the first revision that is in the way; 0: none
    std::string reason;  // Waiting, Held: why, for people
    std::string place;   // Handed: where
};

// A file of a submission that was handed over: digests, not names (those are personal data).
struct HandedFile {
    int index = 0;  // from 1, in the order of the document
    std::uint64_t size = 0;
    Digest sha256{};
    std::string type;  // as sniffed
    std::string note;  // "missing", "type differs", …
};

struct SubmissionFilter {
    std::string code;  // "": any
    std::string kind;
    std::string procedure;
    std::string agency;
    std::optional<Stage> stage;
    std::optional<UtcTime> from;  // arrived
    std::optional<UtcTime> until;
};

// The two codes of one dossier.
struct Link {
    std::string portal;
    std::string local;
    UtcTime linked{};
    std::optional<UtcTime> undone;  // by a person, see unlink()
};

// Every revision once: arrived = received + waiting + held + handed + dismissed.
struct SubmissionTally {
    std::size_t arrived = 0;
    std::size_t received = 0;
    std::size_t waiting = 0;
    std::size_t held = 0;
    std::size_t handed = 0;
    std::size_t dismissed = 0;
    std::size_t announced = 0;   // told of by the list and not fetched yet; not part of arrived
    std::size_t duplicates = 0;  // the same came again; not part of arrived
    std::size_t linked = 0;      // codes of the portal whose dossier code in the province is known
};

class Submissions {
  public:
    virtual ~Submissions() = default;

    // Keeps what is not known yet: a code never heard of (by callbacks neither), or a stamp that is
    // not empty and later (by its bytes) than the code's last one. Returns how many. A later stamp
    // is an announcement of its own, even while an earlier one is open: that one may be in hand.
    virtual Result<std::size_t> announce(std::span<const Announcement> rows, UtcTime now) = 0;
    // Announced, not fetched, and due; those that have waited longest come first. For both this and
    // due(): a wait of more than limits::longest_wait is that of a clock that went back, and over.
    virtual Result<std::vector<Announced>> announced(std::size_t max, UtcTime now) = 0;
    // Counts an attempt. Bug: it is fetched already, or there is none.
    virtual Status announcement_waits(std::int64_t id, std::string_view reason,
                                      UtcTime next_at) = 0;

    // A duplicate of what is not handed over yet replaces its sealed JSON, whose links may have
    // ended meanwhile, and has what waits tried at once.
    // `announcement`: ends it, whatever the novelty, unless another revision has come since the
    // content was asked for and it was known before; one that has ended stays as it is.
    virtual Result<Arrived> receive(const Arrival& arrival, UtcTime now,
                                    std::optional<std::int64_t> announcement = std::nullopt) = 0;

    // Received, or Waiting with next_at ≤ now, and no earlier revision in the way; those that have
    // waited longest come first. Without their payloads, which may be large: see sealed().
    virtual Result<std::vector<Submission>> due(std::size_t max, UtcTime now) = 0;
    // Counts an attempt.
    virtual Status waits(std::int64_t id, std::string_view reason, UtcTime next_at,
                         UtcTime now) = 0;
    // It was not its turn, or not to its end: waits in line from `since` on. Counts no attempt.
    virtual Status put_off(std::int64_t id, std::string_view reason, UtcTime since,
                           UtcTime now) = 0;
    virtual Status holds(std::int64_t id, std::string_view reason, UtcTime now) = 0;
    // The inbox has had other content as its revision: this ledger is older than the inbox. It
    // becomes `revision` (more than it is), or the one after the last that is handed over if that
    // is more; what came after it and is not handed over moves on with it, in its order. Its stage
    // stays. Nothing if it is dismissed.
    virtual Status renumber(std::int64_t id, int revision, UtcTime now) = 0;
    virtual Status handed(std::int64_t id, std::string_view place,
                          std::span<const HandedFile> files, UtcTime now) = 0;
    // The earliest next_at of what waits and has no earlier revision in the way, and of
    // announcements.
    virtual Result<std::optional<UtcTime>> next_due() = 0;

    // -- people --------------------------------------------------------------------------------
    virtual Result<std::vector<Submission>> list(const SubmissionFilter& filter,
                                                 std::size_t max) = 0;  // newest change first
    virtual Result<std::size_t> count(const SubmissionFilter& filter) = 0;
    // Announced and not fetched, due or not; the newest first. `code` "": any.
    virtual Result<std::vector<Announced>> open_announcements(std::string_view code,
                                                              std::size_t max) = 0;
    virtual Result<std::vector<HandedFile>> files(std::int64_t id) = 0;
    virtual Result<std::vector<Act>> acts(std::int64_t id) = 0;  // that touched it, oldest first
    // The JSON as it came. Bug: there is no such submission.
    virtual Result<std::string> sealed(std::int64_t id) = 0;
    // Keeps with a submission an act that moves nothing: somebody has looked at its content.
    virtual Status note(std::int64_t id, const Act& act, UtcTime now) = 0;
    // Held or waiting ones that the filter chooses are due at once; `release`: and held ones go
    // without the files that break a rule, waiting ones also without those that cannot be had, for
    // that is what their reason has told. What was allowed stays allowed. Attempts are counted
    // anew; the reason goes, except of what no reading knows: it has no other to tell why. The act
    // is kept with them, unless there are none. Returns how many.
    virtual Result<std::size_t> retry(const SubmissionFilter& filter, bool release, const Act& act,
                                      UtcTime now) = 0;
    // Held or waiting ones: the province does not want them, and they are in the way no more. The
    // reason stays, to tell what was dismissed.
    virtual Result<std::size_t> dismiss(const SubmissionFilter& filter, const Act& act,
                                        UtcTime now) = 0;
    virtual Result<SubmissionTally> tally() = 0;

    // -- the two codes of one dossier ----------------------------------------------------------
    // Whether anything of this code has arrived: only then can it be linked.
    virtual Result<bool> has_arrived(std::string_view portal_code) = 0;
    // Kept until a person undoes it; again the same is nothing new. Refused: nothing of the
    // portal's code has arrived, a person has undone this very link, or one of the two is linked to
    // another code (both are named).
    virtual Status link(std::string_view portal_code, std::string_view local_code, UtcTime now) = 0;
    // A person: the two are not the same dossier. Then the local one is as if it had never been
    // linked, both codes are free, and the records that tell of them are looked at again
    // (Ledger::awaiting); one that says the same is refused. The act is kept with the submission.
    // Config error: it is linked with nothing.
    virtual Result<Link> unlink(std::string_view portal_code, const Act& act, UtcTime now) = 0;
    // A person takes that back. Config error: nothing was undone, or one of the codes has another
    // partner by now.
    virtual Result<Link> relink(std::string_view portal_code, const Act& act, UtcTime now) = 0;
    // Of a code of the portal: the one that holds, and those undone, the latest first.
    virtual Result<std::vector<Link>> links(std::string_view portal_code) = 0;
    virtual Result<std::optional<std::string>> portal_code(std::string_view local_code) = 0;
    virtual Result<std::optional<std::string>> local_code(std::string_view portal_code) = 0;
};

}  // namespace dvcsync::ledger
