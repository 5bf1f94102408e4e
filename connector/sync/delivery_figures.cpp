// The figures of a delivery report: pure.
#include <fmt/format.h>

#include <algorithm>

#include "connector/base/crypto.h"
#include "connector/base/limits.h"
#include "connector/sync/delivery_report.h"

namespace dvcsync::sync {
namespace {

using std::chrono::seconds;

bool later(const LateDelivery& left, const LateDelivery& right) {
    return left.over != right.over ? left.over > right.over : left.code < right.code;
}

seconds between(UtcTime from, UtcTime to) {
    return std::chrono::floor<seconds>(to - from);
}

void add_to(ledger::Tally& sum, const ledger::Tally& part) {
    sum.records += part.records;
    sum.delivered += part.delivered;
    sum.refused += part.refused;
    sum.parked += part.parked;
    sum.waiting += part.waiting;
    sum.dismissed += part.dismissed;
    sum.held += part.held;
}

void add_to(DeliveryLine& sum, const DeliveryLine& part) {
    add_to(sum.records, part.records);
    sum.acknowledged += part.acknowledged;
    sum.late += part.late;
    sum.late_open += part.late_open;
}

void measure(DeliveryLine& line, std::vector<std::uint32_t>& values) {
    line.median = percentile(values, 50);
    line.p95 = percentile(values, 95);
}

// For people, as status tells it: a parked item is refused if the portal said no.
std::string state_of(const ledger::OpenItem& item) {
    const bool refused = item.state == ledger::State::Parked && item.cause == ledger::Cause::Portal;
    return refused ? "refused" : std::string(to_string(item.state));
}

}  // namespace

std::optional<seconds> percentile(std::vector<std::uint32_t>& values, int percent) {
    if (values.empty()) return std::nullopt;
    const std::size_t rank = (values.size() * static_cast<std::size_t>(percent) + 99) / 100;
    const auto at =
        values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1)) - 1;
    std::nth_element(values.begin(), at, values.end());
    return seconds{*at};
}

DeliveryFigures::Place& DeliveryFigures::place(std::string_view agency,
                                               std::string_view procedure) {
    auto at = places_.find(agency);
    if (at == places_.end()) at = places_.emplace(agency, Places::mapped_type{}).first;
    auto& procedures = at->second;
    auto found = procedures.find(procedure);
    if (found == procedures.end()) found = procedures.emplace(procedure, Place{}).first;
    return found->second;
}

void DeliveryFigures::name(const std::string& agency, const std::string& name) {
    if (!name.empty()) names_[agency] = name;
}

bool DeliveryFigures::has_nameless() const {
    return std::any_of(places_.begin(), places_.end(), [this](const auto& one) {
        return !one.first.empty() && !names_.contains(one.first);
    });
}

void DeliveryFigures::add(const ledger::PlaceTally& tally) {
    name(tally.agency, tally.agency_name);
    add_to(place(tally.agency, tally.procedure).line.records, tally.tally);
}

// A digest instead of the code itself: a year has hundreds of thousands of events, and eight bytes
// of SHA-256 tell so many apart.
bool DeliveryFigures::seen_before(std::string_view code, Operation operation, UtcTime event,
                                  bool keep) {
    const Digest digest = sha256(fmt::format("{}\n{}\n{}", code, static_cast<int>(operation),
                                             event.time_since_epoch().count()));
    std::uint64_t head = 0;
    for (std::size_t i = 0; i < sizeof head; ++i)
        head = head << 8 | digest[i];
    return keep ? !seen_.insert(head).second : seen_.contains(head);
}

void DeliveryFigures::keep_late(LateDelivery late) {
    if (late_.size() == limits::max_report_late) {
        if (!later(late, late_.front())) return;
        std::pop_heap(late_.begin(), late_.end(), later);
        late_.pop_back();
    }
    late_.push_back(std::move(late));
    std::push_heap(late_.begin(), late_.end(), later);
}

Status DeliveryFigures::add(const Acknowledgement& one) {
    if (!one.event || *one.event > one.acknowledged) {
        if (in_period(one.acknowledged)) ++undated_;
        return {};
    }
    if (!in_period(*one.event) || seen_before(one.code, one.operation, *one.event, true)) return {};
    if (seen_.size() > limits::max_report_deliveries)
        return fail(ErrorKind::Config,
                    fmt::format("the period holds more than {} deliveries: choose a shorter one",
                                limits::max_report_deliveries));
    Place& at = place(one.agency, one.procedure);
    const seconds took = between(*one.event, one.acknowledged);
    ++at.line.acknowledged;
    at.seconds.push_back(static_cast<std::uint32_t>(
        std::min<std::int64_t>(took.count(), std::numeric_limits<std::uint32_t>::max())));
    if (took <= rules_.limit) return {};
    ++at.line.late;
    keep_late({std::string(one.code), std::string(one.agency), std::string(one.procedure),
               one.operation, *one.event, one.acknowledged, "", took - rules_.limit});
    return {};
}

void DeliveryFigures::add(const ledger::OpenItem& item) {
    const seconds open = between(item.event, rules_.now);
    if (!in_period(item.event) || open <= rules_.limit ||
        seen_before(item.code, item.operation, item.event, false))
        return;
    ++place(item.agency, item.procedure).line.late_open;
    keep_late({std::string(item.code), std::string(item.agency), std::string(item.procedure),
               item.operation, item.event, std::nullopt, state_of(item), open - rules_.limit});
}

DeliveryReport DeliveryFigures::report() {
    DeliveryReport report;
    report.rules = rules_;
    report.undated = undated_;
    std::sort(late_.begin(), late_.end(), later);
    report.late = std::move(late_);
    std::vector<std::uint32_t> everywhere;
    for (auto& [agency, procedures] : places_) {
        AgencyLine& line = report.agencies.emplace_back();
        line.agency = agency;
        if (const auto name = names_.find(agency); name != names_.end()) line.name = name->second;
        std::vector<std::uint32_t> here;
        for (auto& [procedure, place] : procedures) {
            measure(place.line, place.seconds);
            add_to(line.line, place.line);
            here.insert(here.end(), place.seconds.begin(), place.seconds.end());
            line.procedures.push_back({procedure, place.line});
        }
        measure(line.line, here);
        add_to(report.total, line.line);
        everywhere.insert(everywhere.end(), here.begin(), here.end());
    }
    measure(report.total, everywhere);
    places_.clear();
    return report;
}

}  // namespace dvcsync::sync
