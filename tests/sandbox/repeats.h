// What came again although it was kept already: the measure of "never doubled". Thread-safe without
// locks.
//
// A record that comes again did no harm here, for the portal keeps it once. But a client that sends
// what it was told to be accepted would double it at a portal that is less careful: such a client
// repeats blindly. One that had no answer, because the call was spoiled, has a reason to send
// again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "tests/sandbox/services.h"

namespace dvcsandbox {

enum class Again : std::uint8_t {
    No,
    AfterAnswer,  // an answer that accepted it had been delivered whole
    AfterKnown,   // an answer that it is known had been: to a question, or "exists"
    InDoubt,      // neither
};

// Which answers about a dossier or a procedure have been delivered whole. Not thread-safe.
struct Told {
    bool accepted = false;  // one that accepted a version of it
    bool version = false;   // the one that accepted the version that is held
    bool known = false;     // one that it is known

    Again as_new() const {
        return accepted ? Again::AfterAnswer : known ? Again::AfterKnown : Again::InDoubt;
    }
    Again unchanged() const { return version ? Again::AfterAnswer : Again::InDoubt; }
    // Code::Ok: accepted; otherwise: known. `whole` false: it was not delivered after all.
    void note(Code code, bool whole) {
        if (code == Code::Ok)
            accepted = version = whole;
        else
            known = whole;
    }
    void next_version() { version = false; }
};

// What a store says of one record.
struct Taken {
    Code code = Code::Ok;
    Again again = Again::No;
    bool earlier_version = false;  // an update to exactly what was replaced before
    std::uint8_t before = 0;       // progress rows: status of the row before; 0: none
    std::uint32_t row = 0;         // progress rows: its place in the dossier
};

class Repeats {
  public:
    enum class Kind : std::uint8_t {
        AsNew,      // refused: it is known; for a progress row: the same row is held
        Unchanged,  // an update with exactly the content that is held: accepted
    };

    void add(Service service, const Taken& taken) {
        if (taken.earlier_version) earlier_versions_.fetch_add(1, std::memory_order_relaxed);
        if (taken.again == Again::No) return;
        const Kind kind = taken.code == Code::Exists ? Kind::AsNew : Kind::Unchanged;
        cells_[index(service, kind, taken.again)].fetch_add(1, std::memory_order_relaxed);
    }
    std::uint64_t get(Service service, Kind kind, Again again) const {
        return cells_[index(service, kind, again)].load(std::memory_order_relaxed);
    }
    std::uint64_t earlier_versions() const { return earlier_versions_.load(); }
    void clear() {
        for (auto& cell : cells_)
            cell.store(0);
        earlier_versions_.store(0);
    }

  private:
    static std::size_t index(Service service, Kind kind, Again again) {
        return static_cast<std::size_t>(service) * 8 + static_cast<std::size_t>(kind) * 4 +
               static_cast<std::size_t>(again);
    }
    std::array<std::atomic<std::uint64_t>, kServices * 8> cells_{};
    std::atomic<std::uint64_t> earlier_versions_{0};
};

}  // namespace dvcsandbox
