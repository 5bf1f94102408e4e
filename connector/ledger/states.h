// The delivery state machine: one table, state × event → state and action. Nothing else in the
// program decides where an outbox item goes. Pure and constant; thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "connector/base/points.h"
#include "connector/ledger/ledger.h"

namespace dvcsync::ledger {

// What can happen to the item of one record and one operation.
enum class Event {
    Queued,              // a new version of the record asks for this operation
    Superseded,          // a new version asks for other operations only
    Withdrawn,           // a new version is not to be sent at all
    Faulty,              // a new version cannot be read
    Claimed,             // a worker takes it in hand
    Crashed,             // the program starts and finds what the last one left behind
    Released,            // a person, or a changed mapping, wants a parked item tried again
    Dismissed,           // a person says that a parked item needs no sending
    Resent,              // a resync wants sent again what is delivered
    PutBack,             // settled Ready: not called, or asked for and not there
    Postponed,           // settled Waiting
    Unsure,              // settled InDoubt
    Refused,             // settled Parked
    Accepted,            // settled Delivered
    Overtaken,           // settled for sure, but a newer version to be sent has come meanwhile
    OvertakenWithdrawn,  // the same, and the newer version is not to be sent
    OvertakenFaulty,     // the same, and the newer version cannot be read
};
inline constexpr int event_count = 17;
std::string_view to_string(Event event);

// The point that is passed when the event is written; its durable() follows with the commit.
constexpr Point written(Event event) {
    return static_cast<Point>(static_cast<int>(Point::QueuedWritten) + 2 * static_cast<int>(event));
}
static_assert(written(Event::OvertakenFaulty) == Point::OvertakenFaultyWritten);

// What is done to the stored item besides writing its state.
enum class Action {
    Nothing,  // not even the state changes
    Insert,   // a new item
    Restart,  // attempts and reason are cleared: a fresh start, keeping its place if it was in line
    Again,    // the same, marked to be sent although nothing has changed
    Dismiss,  // the mark of a resync goes; cause and reason stay, to tell what was dismissed
    Hand,     // version becomes that of the record now in hand
    Suspect,  // an attempt that may have been made is counted
    Write,    // the settlement's code, reason, time and attempt are written
    Park,     // the record's fault becomes the reason, cause Intake
    Drop,     // the item goes; if the portal holds an earlier version it becomes Delivered instead
    Forbid,   // a rule of the interface was broken: Bug, and the transaction is rolled back
};

struct Cell {
    std::optional<State> next;  // nullopt: no item
    Action action;
    bool operator==(const Cell&) const = default;
};

// What the table asks of an item: its state, and of a parked one whether it is there because nobody
// could say what the portal kept (portal_code is doubt_code). That is for a person to find out: a
// newer version must not send it blindly.
struct Standing {
    Standing(State at, std::string_view portal_code = {})
        : state(at), parked_in_doubt(at == State::Parked && portal_code == doubt_code) {}
    State state;
    bool parked_in_doubt;
};

// Nullopt: there is no item for this record and operation.
Cell transition(std::optional<Standing> item, Event event);

}  // namespace dvcsync::ledger
