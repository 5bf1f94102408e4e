#include "connector/ledger/states.h"

#include <cstddef>

namespace dvcsync::ledger {
namespace {

constexpr std::nullopt_t none = std::nullopt;

// The cells that occur. `same` stands for "stays as it is, and nothing is written".
constexpr Cell same{none, Action::Nothing};
constexpr Cell never{none, Action::Forbid};
constexpr Cell insert{State::Ready, Action::Insert};
constexpr Cell parked{State::Parked, Action::Insert};
constexpr Cell restart{State::Ready, Action::Restart};
constexpr Cell again{State::Ready, Action::Again};
constexpr Cell dismiss{State::Dismissed, Action::Dismiss};
constexpr Cell park{State::Parked, Action::Park};
constexpr Cell drop{none, Action::Drop};
constexpr Cell hand{State::Sending, Action::Hand};
constexpr Cell suspect{State::InDoubt, Action::Suspect};
constexpr Cell ready{State::Ready, Action::Write};
constexpr Cell waiting{State::Waiting, Action::Write};
constexpr Cell doubt{State::InDoubt, Action::Write};
constexpr Cell refused{State::Parked, Action::Write};
constexpr Cell accept{State::Delivered, Action::Write};

using Row = std::array<Cell, 9>;
constexpr std::size_t doubt_column = 8;

// None: no item. Parked*: because nobody could say what the portal kept, see Standing.
// clang-format off
constexpr std::array<Row, event_count> table{{
//   none     Ready    Sending  Waiting  InDoubt  Parked   Deliver. Dismiss. Parked*
    {insert,  restart, same,    restart, same,    restart, restart, restart, same},    // Queued
    {same,    restart, same,    restart, same,    restart, same,    restart, same},    // Superseded
    {same,    drop,    same,    drop,    same,    drop,    same,    drop,    same},    // Withdrawn
    {parked,  park,    same,    park,    same,    park,    park,    park,    same},    // Faulty
    {never,   hand,    never,   hand,    never,   never,   never,   never,   never},   // Claimed
    {same,    same,    suspect, same,    same,    same,    same,    same,    same},    // Crashed
    {same,    same,    same,    same,    same,    restart, same,    same,    restart}, // Released
    {same,    same,    same,    same,    same,    dismiss, same,    same,    dismiss}, // Dismissed
    {same,    same,    same,    same,    same,    same,    again,   same,    same},    // Resent
    {never,   never,   ready,   never,   ready,   never,   never,   never,   never},   // PutBack
    {never,   never,   waiting, never,   waiting, never,   never,   never,   never},   // Postponed
    {never,   never,   doubt,   never,   doubt,   never,   never,   never,   never},   // Unsure
    {never,   never,   refused, never,   refused, never,   never,   never,   never},   // Refused
    {never,   never,   accept,  never,   accept,  never,   never,   never,   never},   // Accepted
    {never,   never,   restart, never,   restart, never,   never,   never,   never},   // Overtaken
    {never,   never,   drop,    never,   drop,    never,   never,   never,   never},   // …Withdrawn
    {never,   never,   park,    never,   park,    never,   never,   never,   never},   // …Faulty
}};
// clang-format on

}  // namespace

Cell transition(std::optional<Standing> item, Event event) {
    const std::size_t column = !item                   ? 0
                               : item->parked_in_doubt ? doubt_column
                                                       : static_cast<std::size_t>(item->state) + 1;
    const Cell cell = table[static_cast<std::size_t>(event)][column];
    if (cell.action != Action::Nothing) return cell;
    return {item ? std::optional(item->state) : std::nullopt, Action::Nothing};
}

std::string_view to_string(State state) {
    constexpr std::array<std::string_view, 7> names{"ready",  "sending",   "waiting",  "in doubt",
                                                    "parked", "delivered", "dismissed"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(Cause cause) {
    constexpr std::array<std::string_view, 4> names{"", "intake", "mapping", "portal"};
    return names[static_cast<std::size_t>(cause)];
}

std::string_view to_string(ResyncState state) {
    constexpr std::array<std::string_view, 4> names{"active", "paused", "stopped", "done"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(Event event) {
    constexpr std::array<std::string_view, event_count> names{
        "queued",           "superseded", "withdrawn", "faulty",
        "claimed",          "crashed",    "released",  "dismissed",
        "resent",           "put back",   "postponed", "unsure",
        "refused",          "accepted",   "overtaken", "overtaken withdrawn",
        "overtaken faulty",
    };
    return names[static_cast<std::size_t>(event)];
}

}  // namespace dvcsync::ledger
