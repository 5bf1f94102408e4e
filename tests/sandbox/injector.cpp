#include "tests/sandbox/injector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "tests/sandbox/text.h"

namespace dvcsandbox {
namespace {

constexpr std::array<std::string_view, kInjections> kNames{"none",         "lost-before",
                                                           "lost-after",   "late",
                                                           "twice",        "close-reused",
                                                           "half-batch",   "too-many",
                                                           "server-error", "server-error-kept",
                                                           "html",         "html-kept",
                                                           "garbage",      "truncated",
                                                           "huge",         "session-expired",
                                                           "slow",         "reset"};

constexpr std::array<std::string_view, kCitizenFaults> kCitizenNames{
    "citizen-repeat",         "citizen-reorder",         "citizen-skip",
    "citizen-shift",          "citizen-callback-twice",  "citizen-callback-at-once",
    "citizen-callback-early", "citizen-file-missing",    "citizen-file-never",
    "citizen-file-huge",      "citizen-file-slow",       "citizen-file-wrong-hash",
    "citizen-file-truncated", "citizen-file-wrong-type", "citizen-file-other-host",
    "citizen-file-loopback",  "citizen-file-metadata",   "citizen-name",
    "citizen-file-token"};

bool can_happen(Injection kind, const Injector::Call& call) {
    switch (kind) {
        case Injection::CloseReused:
            return call.reused;
        case Injection::HalfBatch:
            return call.items > 1;
        case Injection::SessionExpired:
            return call.service != Service::Login;
        default:
            return true;
    }
}

bool read_rate(std::string_view text, double& rate) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), rate);
    return problem == std::errc() && end == text.data() + text.size() && rate >= 0 && rate <= 1;
}

bool read_services(std::string_view text, std::vector<Service>& services, std::string& error) {
    if (text.empty()) return true;
    for (const auto name : split(text, ',')) {
        const auto service = name == "login" ? Service::Login : service_named(name);
        if (!service) {
            error = fmt::format("'{}' is not a service of the portal, nor login", name);
            return false;
        }
        services.push_back(*service);
    }
    return true;
}

}  // namespace

std::string_view name_of(Injection kind) {
    return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(CitizenFault kind) {
    return kCitizenNames[static_cast<std::size_t>(kind)];
}

// The finaliser of SplitMix64, public domain.
double uniform(std::uint64_t seed, std::uint64_t number) {
    std::uint64_t z = seed * 0xD1342543DE82EF95U + (number + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
    return static_cast<double>(z >> 11U) * 0x1.0p-53;
}

std::optional<InjectionPlan> parse_plan(std::string_view spec, std::string_view services,
                                        std::uint64_t seed, std::string& error) {
    InjectionPlan plan{.seed = seed, .spec = std::string(spec)};
    if (!read_services(services, plan.services, error)) return std::nullopt;
    std::array<bool, kInjections> named{};
    double all = 0;
    for (const auto part : spec.empty() ? std::vector<std::string_view>() : split(spec, ',')) {
        const auto equals = std::min(part.find('='), part.size());
        const auto name = part.substr(0, equals);
        double rate = 0;
        if (equals == part.size() || !read_rate(part.substr(equals + 1), rate)) {
            error = fmt::format("'{}': NAME=RATE with a rate of 0 to 1 is expected", part);
            return std::nullopt;
        }
        if (name == "all") {
            all = rate;
            continue;
        }
        const auto citizen = std::find(kCitizenNames.begin(), kCitizenNames.end(), name);
        if (citizen != kCitizenNames.end()) {
            plan.citizen[static_cast<std::size_t>(citizen - kCitizenNames.begin())] = rate;
            continue;
        }
        const auto found = std::find(kNames.begin() + 1, kNames.end(), name);
        if (found == kNames.end()) {
            error = fmt::format("'{}' is not a fault; there are: all {} {}", name,
                                fmt::join(kNames.begin() + 1, kNames.end(), " "),
                                fmt::join(kCitizenNames, " "));
            return std::nullopt;
        }
        const auto index = static_cast<std::size_t>(found - kNames.begin());
        named[index] = true;
        plan.rates[index] = rate;
    }
    for (std::size_t i = 1; i < kInjections; ++i)
        if (!named[i]) plan.rates[i] = all / static_cast<double>(kInjections - 1);
    constexpr double rounding = 1e-9;
    if (std::accumulate(plan.rates.begin(), plan.rates.end(), 0.0) > 1 + rounding) {
        error = "the rates add up to more than 1";
        return std::nullopt;
    }
    return plan;
}

void Injector::use(InjectionPlan plan) {
    const std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
    next_ = 0;
    turns_.fill(0);
    active_ = std::any_of(plan_.rates.begin(), plan_.rates.end(), [](double r) { return r > 0; });
}

Injector::Drawn Injector::draw(const Call& call) {
    if (!active_) return {};
    const std::lock_guard lock(mutex_);
    const auto& services = plan_.services;
    if (!services.empty() &&
        std::find(services.begin(), services.end(), call.service) == services.end())
        return {};
    double left = uniform(plan_.seed, next_++);
    for (std::size_t i = 1; i < kInjections; ++i) {
        left -= plan_.rates[i];
        if (left >= 0) continue;
        const auto kind = static_cast<Injection>(i);
        if (!can_happen(kind, call)) return {};
        ++counts_[i];
        return {kind, turns_[i]++};
    }
    return {};
}

bool Injector::strikes(CitizenFault kind, std::uint64_t number) {
    const auto index = static_cast<std::size_t>(kind);
    const std::lock_guard lock(mutex_);
    const double rate = plan_.citizen[index];
    // Kinds draw apart: what strikes one thing says nothing of the other kinds.
    if (rate <= 0 || uniform(plan_.seed * kCitizenFaults + index, number) >= rate) return false;
    ++citizen_counts_[index];
    return true;
}

InjectionPlan Injector::plan() const {
    const std::lock_guard lock(mutex_);
    return plan_;
}

std::array<std::uint64_t, kInjections> Injector::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::array<std::uint64_t, kCitizenFaults> Injector::citizen_counts() const {
    const std::lock_guard lock(mutex_);
    return citizen_counts_;
}

void Injector::clear_counts() {
    const std::lock_guard lock(mutex_);
    counts_.fill(0);
    citizen_counts_.fill(0);
}

}  // namespace dvcsandbox
