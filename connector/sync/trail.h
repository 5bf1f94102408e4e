// Writes the trail: whatever the ledger does becomes an entry in the same transaction, together
// with the exchanges with the portal that led to it.
//
// The catalogue of events is connector/audit/events.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/audit/entry.h"
#include "connector/base/crypto.h"
#include "connector/base/error.h"
#include "connector/base/time.h"
#include "connector/ledger/ledger.h"
#include "connector/ledger/trail.h"
#include "connector/ledger/witness.h"
#include "connector/portal/portal.h"

namespace dvcsync::sync {

// Exchanges that no entry tells of yet. Thread-safe: workers put, whoever owns the ledger takes.
class ExchangeQueue {
  public:
    void put(portal::Exchange&& exchange);
    std::vector<portal::Exchange> take();  // in the order of their end

  private:
    std::mutex mutex_;
    std::vector<portal::Exchange> waiting_;
};

// One a ledger object, on its thread. Tells itself to the ledger, and takes itself back.
class Recorder final : public ledger::Witness {
  public:
    // As Sealer::seal(): for bodies that are to be kept.
    using Seal = std::function<std::string(std::string_view plain, std::string_view context)>;
    // `actor`: the system's name of the user whose process this is. Ledger and clock are borrowed.
    Recorder(ledger::Ledger& ledger, const Clock& clock, Seal seal, std::string actor);
    ~Recorder() override;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    // To be told of every exchange.
    ExchangeQueue& exchanges() { return queue_; }

    // Writes entries, with what waits in the queue before them. Inside Ledger::together(), next to
    // the change that they tell of. What is empty is filled in: run and actor.
    Status write(std::span<const audit::Event> events);
    Status write(const audit::Event& event) { return write(std::span(&event, 1)); }
    // The same in a transaction of its own: what changes nothing in the ledger.
    Status note(const audit::Event& event);
    // Writes what waits in the queue, for who has asked the portal and changes nothing.
    Status note_exchanges();
    // "settings.changed", "mappings.changed": only if the digest is not the last one told. In a
    // transaction of its own.
    Status note_change(std::string_view event, const Digest& set);
    // The mapping set in force: its digest stands in the entry of every delivery from now on.
    void translated_by(const Digest& mappings) { mappings_ = mappings; }

    Status run_began(std::int64_t run, std::string_view job, UtcTime now) override;
    Status run_ended(std::int64_t run, std::string_view outcome, UtcTime now) override;
    Status settled(const ledger::ItemFacts& item, const ledger::Settlement& settlement,
                   UtcTime now) override;
    Status parked(const ledger::Intake& intake, UtcTime now) override;
    Status acted(const ledger::Act& act, std::string_view code, UtcTime now) override;
    Status arrived(const ledger::Arrival& arrival, const ledger::Arrived& arrived,
                   UtcTime now) override;
    Status moved(const ledger::SubmissionFacts& submission, std::string_view outcome,
                 UtcTime now) override;
    void ended(bool durable) override;

  private:
    // Where the open transaction writes next.
    struct Place {
        std::int64_t log = 0;
        std::int64_t next = 0;
        std::optional<UtcTime> last_at;
    };
    struct Told {
        std::int64_t log = 0;
        std::int64_t sequence = 0;
        UtcTime ended{};
    };

    Status find_place();
    Status append(const audit::Event& event, std::string_view found_by);
    Status write_exchanges();
    Status keep_bodies(const portal::Exchange& exchange, const Told& told);
    // A log that ends with its year is closed at the first run of the next one.
    Status rotate(UtcTime now);
    // The root of everything in the log before `log`; nullopt: it is the first.
    Result<std::optional<Digest>> root_before(std::int64_t log);
    // What an exchange is called in the open log; nullopt: it is not there.
    const Told* told(std::uint64_t exchange) const;

    ledger::Ledger& ledger_;
    const Clock& clock_;
    Seal seal_;
    std::string actor_;
    ExchangeQueue queue_;
    std::optional<std::int64_t> run_;
    bool clock_told_ = false;         // in this run
    std::optional<Digest> mappings_;  // that translate what is settled
    std::optional<Place> place_;
    std::vector<portal::Exchange> open_;   // written, and not known to be durable
    std::map<std::uint64_t, Told> known_;  // the latest exchanges, by id
};

// Binds a body that is kept as evidence to its exchange.
std::string body_context(std::int64_t log, std::int64_t sequence, bool sent);

}  // namespace dvcsync::sync
