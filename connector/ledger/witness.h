// Who is told what the ledger does, inside the transaction of the change.
//
// Nothing that changes what is known of a delivery, a submission, a run or an act can be written
// without the witness: it stands where the change is made, not where it is asked for. Called on the
// thread that uses the ledger; the views are valid during the call. An error undoes the change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/base/operation.h"
#include "connector/base/time.h"

namespace dvcsync::ledger {

struct Act;
struct Arrival;
struct Arrived;
struct Intake;
struct Settlement;

// A delivery item as it was claimed.
struct ItemFacts {
    Operation operation{};
    std::string kind;
    std::string code;
    std::string agency;
    std::string procedure;
    Digest record{};  // of the province's bytes
    std::optional<UtcTime> event;
    UtcTime queued{};
};

// A submission that goes on.
struct SubmissionFacts {
    std::string code;
    std::int64_t revision = 0;
    std::string kind;
    std::string agency;
    std::string procedure;
    Digest content{};
};

class Witness {
  public:
    virtual ~Witness() = default;

    virtual Status run_began(std::int64_t run, std::string_view job, UtcTime now) = 0;
    virtual Status run_ended(std::int64_t run, std::string_view outcome, UtcTime now) = 0;
    // What became of a claimed item; also of one that a crash has left behind (InDoubt).
    virtual Status settled(const ItemFacts& item, const Settlement& settlement, UtcTime now) = 0;
    // A record that cannot be used was parked as it came in.
    virtual Status parked(const Intake& intake, UtcTime now) = 0;
    // `code`: of the one record or submission that was named; "": several, or none.
    virtual Status acted(const Act& act, std::string_view code, UtcTime now) = 0;
    virtual Status arrived(const Arrival& arrival, const Arrived& arrived, UtcTime now) = 0;
    // "waiting", "held", "renumbered" or "handed".
    virtual Status moved(const SubmissionFacts& submission, std::string_view outcome,
                         UtcTime now) = 0;
    // The transaction is over: everything it was told since the last time is durable, or undone.
    virtual void ended(bool durable) = 0;
};

}  // namespace dvcsync::ledger
