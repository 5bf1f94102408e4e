// The points at which the process can be cut off, in the order of a record's life. The crash test
// (tests/crash) kills the program at each of them; in production nobody listens, and passing one
// costs a relaxed load of an atomic. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connector/base/operation.h"

namespace dvcsync {

// "…Written": the change stands in an open transaction. "…Durable": that transaction is committed.
// A change of the ledger has both, one after the other (see durable()).
enum class Point : std::uint8_t {
    // the ledger's file
    BackupWritten,
    BackupInPlace,
    MigrationWritten,
    MigrationDurable,
    // one run at a time
    LeaseAcquiredWritten,
    LeaseAcquiredDurable,
    LeaseTakenOverWritten,
    LeaseTakenOverDurable,
    LeaseRenewedWritten,
    LeaseRenewedDurable,
    LeaseReleased,
    RunBegun,
    RunEnded,
    // records come in
    BatchPrepared,
    BatchWritten,
    BatchDurable,
    ReasonInPlace,
    FileMoved,
    FoldersSynced,
    MonthTaken,
    // what happens to an outbox item, in the order of ledger::Event
    QueuedWritten,
    QueuedDurable,
    SupersededWritten,
    SupersededDurable,
    WithdrawnWritten,
    WithdrawnDurable,
    FaultyWritten,
    FaultyDurable,
    ClaimedWritten,
    ClaimedDurable,
    CrashedWritten,
    CrashedDurable,
    ReleasedWritten,
    ReleasedDurable,
    DismissedWritten,
    DismissedDurable,
    ResentWritten,
    ResentDurable,
    PutBackWritten,
    PutBackDurable,
    PostponedWritten,
    PostponedDurable,
    UnsureWritten,
    UnsureDurable,
    RefusedWritten,
    RefusedDurable,
    AcceptedWritten,
    AcceptedDurable,
    OvertakenWritten,
    OvertakenDurable,
    OvertakenWithdrawnWritten,
    OvertakenWithdrawnDurable,
    OvertakenFaultyWritten,
    OvertakenFaultyDurable,
    // calls, in the order of Operation
    ProcedureCalling,
    ProcedureCalled,
    DossierCalling,
    DossierCalled,
    ProgressCalling,
    ProgressCalled,
    StatisticsCalling,
    StatisticsCalled,
    ConfirmationCalling,
    ConfirmationCalled,
    StatusCalling,
    StatusCalled,
    Asking,
    Asked,
    SettledNotClaimed,
    // sending again
    ResyncStartedWritten,
    ResyncStartedDurable,
    ResyncChangedWritten,
    ResyncChangedDurable,
    ResyncFedWritten,
    ResyncFedDurable,
    // people
    ActWritten,
    ActDurable,
    // submissions come in
    AnnouncedWritten,
    AnnouncedDurable,
    ArrivedWritten,
    ArrivedDurable,
    FileStaged,
    InboxBuilt,
    InboxMarked,
    InboxPublished,
    HandedWritten,
    HandedDurable,
    StagingRemoved,
};
inline constexpr std::size_t point_count = static_cast<std::size_t>(Point::StagingRemoved) + 1;

struct PointText {
    std::string_view name;     // "accepted/durable": for commands and reports
    std::string_view meaning;  // one line
};
const std::array<PointText, point_count>& point_texts();
inline std::string_view to_string(Point point) {
    return point_texts()[static_cast<std::size_t>(point)].name;
}

// The second of a change's two points.
constexpr Point durable(Point written) {
    return static_cast<Point>(static_cast<std::uint8_t>(written) + 1);
}
constexpr Point calling(Operation operation) {
    return static_cast<Point>(static_cast<std::uint8_t>(Point::ProcedureCalling) +
                              2 * static_cast<std::uint8_t>(operation));
}
constexpr Point called(Operation operation) {
    return durable(calling(operation));
}

// Called at every point from then on, from any thread; nullptr: nothing is. For tests alone.
using PointHook = void (*)(Point);
void set_point_hook(PointHook hook);

namespace detail {
extern std::atomic<PointHook> point_hook;
}

inline bool points_are_watched() {
    return detail::point_hook.load(std::memory_order_relaxed) != nullptr;
}
inline void reach(Point point) {
    if (const PointHook hook = detail::point_hook.load(std::memory_order_relaxed)) hook(point);
}

}  // namespace dvcsync
