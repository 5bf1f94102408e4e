#include "connector/ledger/states.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace dvcsync::ledger {
namespace {

using enum State;

// A state and what must be there after the event, written down a second time and independently of
// the table: "" = stays as it is, "!" = forbidden, otherwise "state/action".
struct Expectation {
    Event event;
    // no item, Ready, Sending, Waiting, InDoubt, Parked, Delivered, Dismissed, parked in doubt
    std::array<std::string_view, 9> cells;
};

const std::array<Expectation, event_count> expectations{{
    {Event::Queued,
     {"ready/insert", "ready/restart", "", "ready/restart", "", "ready/restart", "ready/restart",
      "ready/restart", ""}},
    {Event::Superseded,
     {"", "ready/restart", "", "ready/restart", "", "ready/restart", "", "ready/restart", ""}},
    {Event::Withdrawn, {"", "none/drop", "", "none/drop", "", "none/drop", "", "none/drop", ""}},
    {Event::Faulty,
     {"parked/insert", "parked/park", "", "parked/park", "", "parked/park", "parked/park",
      "parked/park", ""}},
    {Event::Claimed, {"!", "sending/hand", "!", "sending/hand", "!", "!", "!", "!", "!"}},
    {Event::Crashed, {"", "", "in doubt/suspect", "", "", "", "", "", ""}},
    {Event::Released, {"", "", "", "", "", "ready/restart", "", "", "ready/restart"}},
    {Event::Dismissed, {"", "", "", "", "", "dismissed/dismiss", "", "", "dismissed/dismiss"}},
    {Event::Resent, {"", "", "", "", "", "", "ready/again", "", ""}},
    {Event::PutBack, {"!", "!", "ready/write", "!", "ready/write", "!", "!", "!", "!"}},
    {Event::Postponed, {"!", "!", "waiting/write", "!", "waiting/write", "!", "!", "!", "!"}},
    {Event::Unsure, {"!", "!", "in doubt/write", "!", "in doubt/write", "!", "!", "!", "!"}},
    {Event::Refused, {"!", "!", "parked/write", "!", "parked/write", "!", "!", "!", "!"}},
    {Event::Accepted, {"!", "!", "delivered/write", "!", "delivered/write", "!", "!", "!", "!"}},
    {Event::Overtaken, {"!", "!", "ready/restart", "!", "ready/restart", "!", "!", "!", "!"}},
    {Event::OvertakenWithdrawn, {"!", "!", "none/drop", "!", "none/drop", "!", "!", "!", "!"}},
    {Event::OvertakenFaulty, {"!", "!", "parked/park", "!", "parked/park", "!", "!", "!", "!"}},
}};

std::optional<State> state_at(std::size_t column) {
    if (column == 0) return std::nullopt;
    return column == 8 ? Parked : static_cast<State>(column - 1);
}

Cell cell_at(std::size_t column, Event event) {
    if (column == 8) return transition(Standing(Parked, doubt_code), event);
    return transition(state_at(column), event);
}

std::string name(std::optional<State> state) {
    return state ? std::string(to_string(*state)) : "none";
}

std::string described(std::optional<State> from, const Cell& cell) {
    const std::map<Action, std::string> actions{
        {Action::Insert, "insert"},   {Action::Restart, "restart"}, {Action::Hand, "hand"},
        {Action::Suspect, "suspect"}, {Action::Write, "write"},     {Action::Park, "park"},
        {Action::Drop, "drop"},       {Action::Again, "again"},     {Action::Dismiss, "dismiss"}};
    if (cell.action == Action::Forbid) return "!";
    if (cell.action == Action::Nothing) return cell.next == from ? "" : "moved without an action";
    return name(cell.next) + "/" + actions.at(cell.action);
}

TEST(States, EveryCellOfTheTableIsAsAgreed) {
    std::set<Event> seen;
    for (const Expectation& line : expectations) {
        seen.insert(line.event);
        for (std::size_t column = 0; column < line.cells.size(); ++column) {
            const Cell cell = cell_at(column, line.event);
            EXPECT_EQ(described(state_at(column), cell), line.cells[column])
                << to_string(line.event) << " in column " << column;
        }
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(event_count));
}

TEST(States, WhatIsInFlightIsMovedByItsAnswerOrACrashOnly) {
    const std::set<Event> moving{
        Event::Crashed,        Event::PutBack,  Event::Postponed, Event::Unsure,
        Event::Refused,        Event::Accepted, Event::Overtaken, Event::OvertakenWithdrawn,
        Event::OvertakenFaulty};
    for (const Expectation& line : expectations) {
        if (moving.contains(line.event)) continue;
        for (const State state : {Sending, InDoubt}) {
            const Cell cell = transition(state, line.event);
            EXPECT_TRUE(cell.action == Action::Nothing || cell.action == Action::Forbid)
                << to_string(line.event) << " while " << to_string(state);
        }
    }
}

TEST(States, DoubtIsNeverResentWithoutAnAnswer) {
    EXPECT_EQ(transition(InDoubt, Event::Claimed).action, Action::Forbid);
    EXPECT_EQ(transition(InDoubt, Event::Crashed), (Cell{InDoubt, Action::Nothing}));
    EXPECT_EQ(transition(InDoubt, Event::Released), (Cell{InDoubt, Action::Nothing}));
    EXPECT_EQ(transition(InDoubt, Event::Queued), (Cell{InDoubt, Action::Nothing}));
}

TEST(States, WhatIsParkedInDoubtIsMovedByAPersonOnly) {
    const std::set<Event> people{Event::Released, Event::Dismissed};
    for (const Expectation& line : expectations) {
        const Cell cell = transition(Standing(Parked, doubt_code), line.event);
        EXPECT_EQ(people.contains(line.event),
                  cell.action != Action::Nothing && cell.action != Action::Forbid)
            << to_string(line.event);
    }
    EXPECT_EQ(transition(Standing(Parked, "-1"), Event::Queued).next, Ready);
    EXPECT_FALSE(Standing(Delivered, doubt_code).parked_in_doubt);
}

TEST(States, WhatAPersonDismissedIsMovedByANewerVersionOnly) {
    const std::set<Event> newer{Event::Queued, Event::Superseded, Event::Withdrawn, Event::Faulty};
    for (const Expectation& line : expectations) {
        const Cell cell = transition(Dismissed, line.event);
        EXPECT_EQ(newer.contains(line.event),
                  cell.action != Action::Nothing && cell.action != Action::Forbid)
            << to_string(line.event);
    }
}

TEST(States, NothingIsEverLeftSendingByASettlement) {
    for (const Event event :
         {Event::PutBack, Event::Postponed, Event::Unsure, Event::Refused, Event::Accepted,
          Event::Overtaken, Event::OvertakenWithdrawn, Event::OvertakenFaulty})
        EXPECT_NE(transition(Sending, event).next, Sending) << to_string(event);
}

TEST(States, NamesAreDistinct) {
    std::set<std::string_view> names;
    for (const State state : {Ready, Sending, Waiting, InDoubt, Parked, Delivered, Dismissed})
        names.insert(to_string(state));
    EXPECT_EQ(names.size(), 7U);
    EXPECT_EQ(to_string(Cause::None), "");
    EXPECT_EQ(to_string(Cause::Mapping), "mapping");
    std::set<std::string_view> events;
    for (const Expectation& line : expectations)
        events.insert(to_string(line.event));
    EXPECT_EQ(events.size(), static_cast<std::size_t>(event_count));
}

}  // namespace
}  // namespace dvcsync::ledger
