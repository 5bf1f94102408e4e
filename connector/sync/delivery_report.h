// How soon the portal knew: records by agency and procedure, the time from a local event to the
// portal's acknowledgement, and what was late. DeliveryFigures is pure; delivery_report() feeds it
// from the ledger and its trail. One thread at a time.
//
// What happened counts in the period of its local event time; a record counts in the period of its
// receipt, as in the portal's own index (contract §10: sync rate). Both periods are Vietnam days.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "connector/ledger/ledger.h"

namespace dvcsync::sync {

struct ReportRules {
    std::string kind = "dossier";  // or "answer": dossiers that were born on the portal
    UtcTime from{};                // half-open: [from, until)
    UtcTime until{};
    std::chrono::hours limit{24};  // acknowledged later than that after the event: late
    UtcTime now{};                 // what is open is as late as it is now
};

// A delivery as the trail tells it. The views are valid during the call that takes it.
struct Acknowledgement {
    std::string_view code, agency, procedure;
    Operation operation{};
    std::optional<UtcTime> event;  // local event time of the record's version
    UtcTime acknowledged{};
};

struct LateDelivery {
    std::string code;
    std::string agency;
    std::string procedure;
    Operation operation{};
    UtcTime event{};
    std::optional<UtcTime> acknowledged;  // nullopt: still open
    std::string state;                    // of what is open: "waiting", "refused", "parked", …
    std::chrono::seconds over{};          // beyond the limit; of what is open: so far
};

// Figures of one place, or of several together.
struct DeliveryLine {
    ledger::Tally records;                       // received in the period, by what became of them
    std::size_t acknowledged = 0;                // deliveries that were measured
    std::size_t late = 0;                        // of acknowledged
    std::size_t late_open = 0;                   // not acknowledged yet and beyond the limit
    std::optional<std::chrono::seconds> median;  // from event to acknowledgement
    std::optional<std::chrono::seconds> p95;

    std::size_t all_late() const { return late + late_open; }
};

struct ProcedureLine {
    std::string procedure;
    DeliveryLine line;
};

struct AgencyLine {
    std::string agency;  // "": not known, the records could not be read
    std::string name;    // "": never told
    DeliveryLine line;
    std::vector<ProcedureLine> procedures;
};

struct DeliveryReport {
    ReportRules rules;
    DeliveryLine total;
    std::vector<AgencyLine> agencies;  // by code
    // The latest first; at most limits::max_report_late, the rest is only counted.
    std::vector<LateDelivery> late;
    // Deliveries acknowledged in the period that cannot be measured: the record tells no event
    // time, or one that lies after the acknowledgement.
    std::size_t undated = 0;
    // Before it nothing was written down, so nothing can be measured; nullopt: nothing ever was.
    std::optional<UtcTime> trail_begins;
};

// The smallest of the values that at least `percent` per cent of them do not exceed (nearest rank);
// nullopt: there are none. Orders them anew.
std::optional<std::chrono::seconds> percentile(std::vector<std::uint32_t>& seconds, int percent);

class DeliveryFigures {
  public:
    explicit DeliveryFigures(ReportRules rules) : rules_(std::move(rules)) {}

    void add(const ledger::PlaceTally& place);
    // In the order of acknowledgement: an event counts when it is acknowledged first, so what is
    // sent once more later is not late. Refused: more than limits::max_report_deliveries.
    Status add(const Acknowledgement& one);
    // After every acknowledgement: an event that was acknowledged is not open any more, even if a
    // correction of its record is.
    void add(const ledger::OpenItem& item);
    void name(const std::string& agency, const std::string& name);
    bool has_nameless() const;  // agencies without a name
    // Takes everything out.
    DeliveryReport report();

  private:
    struct Place {
        DeliveryLine line;
        std::vector<std::uint32_t> seconds;
    };
    using Places = std::map<std::string, std::map<std::string, Place, std::less<>>, std::less<>>;

    Place& place(std::string_view agency, std::string_view procedure);
    bool in_period(UtcTime at) const { return at >= rules_.from && at < rules_.until; }
    bool seen_before(std::string_view code, Operation operation, UtcTime event, bool keep);
    void keep_late(LateDelivery late);

    ReportRules rules_;
    Places places_;
    std::map<std::string, std::string, std::less<>> names_;
    std::unordered_set<std::uint64_t> seen_;  // events that were acknowledged, by their digest
    std::vector<LateDelivery> late_;          // a heap, the least late first
    std::size_t undated_ = 0;
};

Result<DeliveryReport> delivery_report(ledger::Ledger& ledger, const ReportRules& rules);

}  // namespace dvcsync::sync
