// Callbacks of the portal: what it sends, asks and fetches, by its own calls.
//
// Thread-safe: each call locks the ledger for a moment. An acknowledgement leaves only after the
// submission is durable; where it cannot be made durable, the answer is "later".
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "connector/base/crypto.h"
#include "connector/base/limits.h"
#include "connector/ledger/ledger.h"
#include "connector/ledger/submissions.h"
#include "connector/mapping/reading.h"
#include "connector/portal/callbacks.h"
#include "connector/sync/trail.h"

namespace dvcsync::sync {

// Calls since the start, by what became of them.
struct CallbackCounts {
    std::uint64_t calls = 0;
    std::uint64_t accepted = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refused = 0;     // understood, and not as it must be; kept for a person
    std::uint64_t unparsable = 0;  // kept for a person
    std::uint64_t unknown = 0;     // no such callback or service
    std::uint64_t questions = 0;
    std::uint64_t downloads = 0;
    // Told to come again: the ledger could not be written, or too much was in hand.
    std::uint64_t later = 0;
};

// At most so many bytes are in hand at once; whoever comes waits until there is room. Thread-safe.
class Turns {
  public:
    Turns(std::size_t bytes, std::chrono::milliseconds patience)
        : room_(bytes), patience_(patience) {}
    // False: no room within the patience; nothing is to be given back. Precondition: `bytes` is at
    // most the room of all.
    bool take(std::size_t bytes);
    void give_back(std::size_t bytes);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t room_;
    const std::chrono::milliseconds patience_;
};

// What leaves: either bytes or a file to be streamed.
struct CallbackReply {
    portal::Callbacks::Reply reply;
    std::filesystem::path file;  // not empty: its bytes are the body
};

class Receiver {
  public:
    struct Parts {
        ledger::Ledger& ledger;  // used by nobody else
        const Sealer& sealer;
        const mapping::MappingSet& mappings;
        portal::Callbacks callbacks;
        std::filesystem::path downloads;  // files for the portal to fetch, by id; empty: none
        Clock& clock;
        Recorder* recorder = nullptr;  // of the ledger; nullptr: calls leave no entry
    };
    explicit Receiver(Parts parts) : parts_(std::move(parts)) {
        change({parts_.mappings, parts_.callbacks});
    }

    // By which calls are understood.
    struct Rules {
        mapping::MappingSet mappings;
        portal::Callbacks callbacks;
    };
    // For the calls that come from now on; those in hand end by the rules they began with.
    void change(Rules rules);

    // `path` as it came, percent-decoded; `body` at most limits::max_callback_body bytes.
    CallbackReply handle(std::string_view path, std::string_view body);
    CallbackCounts counts() const;

  private:
    using Body = portal::Callbacks::Body;
    using Said = portal::Callbacks::Said;

    using Match = portal::Callbacks::Match;

    CallbackReply reply_to(const Rules& rules, const Match& match, std::string_view body);
    CallbackReply keep(const Rules& rules, const Match& match, std::string_view text);
    CallbackReply answer(const Rules& rules, const Match& match, std::string_view text);
    CallbackReply download(const Rules& rules, const Match& match);
    // The document that answers a question; "": the province does not know the dossier.
    Result<std::string> status_of(const Rules& rules, const Body& question);
    // The same by the record of this kind and code, if there is one.
    Result<std::string> status_by(const Rules& rules, const char* kind, const std::string& code,
                                  const std::string& question);
    static CallbackReply say(const Rules& rules, Said said, std::string_view code = {},
                             std::string_view reason = {}) {
        return {rules.callbacks.answer(said, code, reason), {}};
    }
    void count(std::uint64_t CallbackCounts::*what);
    // The exchange of a call that changes nothing, with a durable entry.
    Status note(const Match& match, std::string_view text);
    // The portal called us: the exchange, and its id. Under the lock.
    std::uint64_t told(const Match& match, std::string_view text);

    Parts parts_;
    Turns turns_{limits::bodies_in_work, limits::turn_patience};
    mutable std::mutex mutex_;
    CallbackCounts counts_;
    std::shared_ptr<const Rules> rules_;
};

}  // namespace dvcsync::sync
