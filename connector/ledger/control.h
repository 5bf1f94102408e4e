// What people and runs ask of the ledger besides intake and delivery: filters over items, acts of
// persons, resyncs, and the lease that lets one run write at a time. Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/operation.h"
#include "connector/base/time.h"

namespace dvcsync::ledger {

// States of an outbox item. Sending is never left over: recover() turns it into InDoubt. Dismissed:
// a person has said that a parked item needs no sending; a newer version makes it ready again.
enum class State { Ready, Sending, Waiting, InDoubt, Parked, Delivered, Dismissed };
std::string_view to_string(State state);

// Who or what an item is parked by; "" while it is not.
enum class Cause { None, Intake, Mapping, Portal };
std::string_view to_string(Cause cause);

// The code of an item that is parked because nobody can find out whether the portal kept it. Only a
// person moves it: a newer version would be a blind second call.
inline constexpr std::string_view doubt_code = "in doubt";

// Chooses items. Every condition that is given must hold; an empty filter chooses everything.
struct Filter {
    std::optional<std::int64_t> item;
    std::string kind;  // "dossier", "procedure", "statistics", "receipt", "answer"
    std::string code;  // of the record
    std::string agency;
    std::string procedure;  // the dossier's procedure, or the procedure itself
    std::optional<Operation> operation;
    std::optional<State> state;
    std::optional<Cause> cause;
    std::string portal_code;
    std::string text;                      // somewhere in the reason; letter case does not matter
    std::optional<UtcTime> received_from;  // half-open: [from, until)
    std::optional<UtcTime> received_until;
};

// What a person (or the program on somebody's behalf) did, kept for good.
struct Act {
    std::int64_t id = 0;    // given by the ledger
    std::string actor;      // the system's name of the user
    std::string what;       // "retry", "dismiss", "resync start", "resync pause", "confirm", …
    std::string reason;     // in the person's words
    std::string selection;  // what was asked for, in the command's words
    UtcTime at{};           // given by the ledger
    std::size_t items = 0;  // given by the ledger: how many were touched
};

// The part of the province's records that is to be sent again.
struct Slice {
    std::string kind = "dossier";
    std::vector<std::string> codes;  // not empty: exactly these
    std::string agency;
    std::string procedure;
    std::optional<UtcTime> received_from;  // half-open: [from, until)
    std::optional<UtcTime> received_until;
};

enum class ResyncState { Active, Paused, Stopped, Done };
std::string_view to_string(ResyncState state);

struct Resync {
    std::int64_t id = 0;
    std::string actor;
    std::string reason;
    std::string selection;
    ResyncState state{};
    std::size_t total = 0;    // records taken into it
    std::size_t handed = 0;   // of total: handed over to delivery
    std::size_t skipped = 0;  // of total: on their way already, parked, or not to be sent
    std::size_t on_way = 0;   // of handed: not delivered yet (of all resyncs together)
    UtcTime created{};
    std::optional<UtcTime> began;    // first hand-over
    std::optional<UtcTime> changed;  // last hand-over, pause, resume or stop
};

// What a resync of a slice would do, without doing it.
struct ResyncPreview {
    std::size_t matching = 0;
    std::size_t in_other = 0;  // of matching: waiting in another resync that is active or paused
    std::size_t on_way = 0;    // of matching: ready, sending, waiting or in doubt anyway
    std::size_t parked = 0;    // of matching: parked or dismissed (retry is for those)
    std::size_t held = 0;      // of matching: not to be sent
    std::vector<std::string> first_codes;  // of those that would be sent; at most 20
    // Would be sent: matching - in_other - on_way - parked - held.
};

// One chunk handed over to delivery.
struct Fed {
    std::size_t handed = 0;
    std::size_t skipped = 0;
    std::size_t left = 0;  // of all active resyncs
};

// The right to write, held by one run at a time under each name.
struct Lease {
    std::string owner;  // unique for each run
    std::string host;
    std::int64_t process = 0;
    std::string job;
    UtcTime taken{};
    UtcTime heartbeat{};
    UtcTime expires{};
    std::string name = "run";  // "run": what goes out; "pull": what comes in
};

// How the catalogue at the portal would change if everything that is queued went out.
struct CatalogueChange {
    std::size_t published = 0;   // procedures that the portal holds as published
    std::size_t abolishing = 0;  // of published: queued to become abolished
};

// One of CatalogueChange::abolishing.
struct Abolition {
    std::string code;
    std::string decision;  // that says so, as the province names it; the latest of several
    bool operator==(const Abolition&) const = default;
};

}  // namespace dvcsync::ledger
