#include "tests/sandbox/submissions.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace dvcsandbox {
namespace {

constexpr std::int64_t kHanoi = 7 * 3600;  // ahead of UTC, without summer time

std::time_t to_time(Stamp stamp) {
    std::tm parts{};
    parts.tm_year = year_of(stamp) - 1900;
    parts.tm_mon = month_of(stamp) - 1;
    parts.tm_mday = static_cast<int>(stamp / 1'000'000 % 100);
    parts.tm_hour = static_cast<int>(stamp / 10'000 % 100);
    parts.tm_min = static_cast<int>(stamp / 100 % 100);
    parts.tm_sec = static_cast<int>(stamp % 100);
    return ::timegm(&parts);
}

Stamp from_time(std::time_t time) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return ((((parts.tm_year + 1900LL) * 100 + parts.tm_mon + 1) * 100 + parts.tm_mday) * 100 +
            parts.tm_hour) *
               10'000 +
           parts.tm_min * 100 + parts.tm_sec;
}

bool finished(std::uint8_t status) {
    return status == 9 || status == 10;
}

bool reached(const Deed& deed) {
    return deed.out && (deed.fetched || deed.attempted);
}

}  // namespace

Stamp stamp_now() {
    return from_time(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) +
                     kHanoi);
}

Stamp later(Stamp moment, std::int64_t seconds) {
    return from_time(to_time(moment) + seconds);
}

void SubmissionStore::on_callback(OnCallback call) {
    const std::lock_guard lock(mutex_);
    on_callback_ = std::move(call);
}

Submission* SubmissionStore::held(std::string_view code) {
    const auto found = held_.find(code);
    return found == held_.end() ? nullptr : &found->second;
}

void SubmissionStore::come_out(Submission& held, std::size_t deed, Calls& calls) {
    Deed& next = held.deeds[deed];
    next.out = true;
    if (next.road != Road::Callback) {
        // Never back: whoever has read the list up to here must meet what comes out later.
        last_ = std::max(last_, stamp_now());
        // Each deed of a submission has a second of its own.
        if (held.updated != 0) last_ = std::max(last_, later(held.updated, 1));
        held.updated = last_;
        held.order = ++order_;
    }
    if (next.road != Road::Poll) calls.emplace_back(held.code, deed);
}

void SubmissionStore::next(Submission& held, std::size_t after, Calls& calls) {
    if (after + 1 < held.deeds.size() && !held.deeds[after + 1].out)
        come_out(held, after + 1, calls);
}

void SubmissionStore::start(const Calls& calls) const {
    if (calls.empty()) return;
    OnCallback call;
    {
        const std::lock_guard lock(mutex_);
        call = on_callback_;
    }
    if (!call) return;
    for (const auto& [code, deed] : calls)
        call(code, deed);
}

bool SubmissionStore::file(Submission submission, bool ahead) {
    Calls calls;
    {
        const std::lock_guard lock(mutex_);
        const auto [at, added] = held_.try_emplace(submission.code);
        if (!added) return false;
        Submission& held = at->second = std::move(submission);
        come_out(held, 0, calls);
        // What comes out ahead is also sent ahead.
        if (ahead && held.deeds.size() > 1) {
            come_out(held, 1, calls);
            std::reverse(calls.begin(), calls.end());
        }
    }
    start(calls);
    return true;
}

std::vector<std::pair<Stamp, std::string>> SubmissionStore::listed(Stamp since) const {
    std::vector<const Submission*> found;
    std::vector<std::pair<Stamp, std::string>> rows;
    const std::lock_guard lock(mutex_);
    for (const auto& [code, held] : held_)
        if (held.order != 0 && held.updated >= since) found.push_back(&held);
    std::sort(found.begin(), found.end(),
              [](const auto* a, const auto* b) { return a->order < b->order; });
    rows.reserve(found.size());
    for (const Submission* held : found)
        rows.emplace_back(held->updated, held->code);
    return rows;
}

std::optional<std::pair<std::string, std::uint32_t>> SubmissionStore::fetch(std::string_view code) {
    const std::lock_guard lock(mutex_);
    Submission* const found = held(code);
    if (found == nullptr) return std::nullopt;
    for (std::size_t i = found->deeds.size(); i-- > 0;) {
        Deed& deed = found->deeds[i];
        if (!deed.out || deed.document.empty()) continue;
        ++counts_["fetches"];
        if (deed.told) ++counts_["fetched_again_after_answer"];
        deed.fetched = true;
        return std::pair{deed.document, static_cast<std::uint32_t>(i)};
    }
    return std::nullopt;
}

Taken SubmissionStore::confirm(std::string_view code, const Digest& digest, char result) {
    Taken taken;
    Calls calls;
    {
        const std::lock_guard lock(mutex_);
        Submission* const found = held(code);
        if (found == nullptr) return {.code = Code::NotKnown};
        auto& rows = found->confirmations;
        const auto again = [](const Confirmation& row) {
            return row.told ? Again::AfterAnswer : Again::InDoubt;
        };
        const auto same = std::find_if(rows.begin(), rows.end(),
                                       [&](const auto& row) { return row.digest == digest; });
        if (same != rows.end())
            return {.code = Code::Exists,
                    .again = again(*same),
                    .row = static_cast<std::uint32_t>(same - rows.begin())};
        const auto reach = static_cast<std::size_t>(
            std::count_if(found->deeds.begin(), found->deeds.end(), reached));
        if (reach == 0) return {.code = Code::Older};
        if (rows.size() >= reach) {
            if (rows.back().result != result) return {.code = Code::Bad};
            return {.code = Code::Exists,
                    .again = again(rows.back()),
                    .row = static_cast<std::uint32_t>(rows.size() - 1)};
        }
        rows.push_back({digest, result, false});
        taken.row = static_cast<std::uint32_t>(rows.size() - 1);
        next(*found, rows.size() - 1, calls);
    }
    start(calls);
    return taken;
}

Taken SubmissionStore::add_status(std::string_view code, std::string_view unit_code,
                                  const PortalStatus& status) {
    const std::lock_guard lock(mutex_);
    Submission* const found = held(code);
    if (found == nullptr) return {.code = Code::NotKnown};
    auto& rows = found->statuses;
    const auto same = std::find_if(rows.begin(), rows.end(), [&](const PortalStatus& row) {
        return row.digest == status.digest;
    });
    if (same != rows.end())
        return {.code = Code::Exists,
                .again = same->told ? Again::AfterAnswer : Again::InDoubt,
                .row = static_cast<std::uint32_t>(same - rows.begin())};
    if (!unit_code.empty() && !found->unit_code.empty() && found->unit_code != unit_code)
        return {.code = Code::Bad};
    if (!rows.empty() && status.at < rows.back().at) return {.code = Code::Older};
    if (!unit_code.empty() && found->unit_code.empty()) {
        found->unit_code = unit_code;
        by_unit_code_.emplace(unit_code, found->code);
    }
    const std::uint8_t before = rows.empty() ? std::uint8_t{0} : rows.back().status;
    rows.push_back(status);
    return {.before = before, .row = static_cast<std::uint32_t>(rows.size() - 1)};
}

bool SubmissionStore::born_here(std::string_view unit_code) const {
    const std::lock_guard lock(mutex_);
    return by_unit_code_.contains(unit_code) || held_.contains(unit_code);
}

void SubmissionStore::tell_fetched(std::string_view code, std::uint32_t deed, bool whole) {
    const std::lock_guard lock(mutex_);
    Submission* const found = held(code);
    if (found != nullptr && deed < found->deeds.size()) found->deeds[deed].told = whole;
}

void SubmissionStore::tell_confirmed(std::string_view code, std::uint32_t row, bool whole) {
    const std::lock_guard lock(mutex_);
    Submission* const found = held(code);
    if (found != nullptr && row < found->confirmations.size())
        found->confirmations[row].told = whole;
}

void SubmissionStore::tell_status(std::string_view code, std::uint32_t row, bool whole) {
    const std::lock_guard lock(mutex_);
    Submission* const found = held(code);
    if (found != nullptr && row < found->statuses.size()) found->statuses[row].told = whole;
}

void SubmissionStore::attempted(std::string_view code, std::size_t deed) {
    const std::lock_guard lock(mutex_);
    Submission* const found = held(code);
    if (found != nullptr && deed < found->deeds.size()) found->deeds[deed].attempted = true;
}

void SubmissionStore::acknowledged(std::string_view code, std::size_t deed, bool as_new) {
    Calls calls;
    {
        const std::lock_guard lock(mutex_);
        Submission* const found = held(code);
        if (found == nullptr || deed >= found->deeds.size()) return;
        Deed& answered = found->deeds[deed];
        answered.attempted = answered.acknowledged = true;
        if (as_new) ++answered.taken_as_new;
        next(*found, deed, calls);
    }
    start(calls);
}

void SubmissionStore::count(const std::string& event) {
    const std::lock_guard lock(mutex_);
    ++counts_[event];
}

std::optional<Submission> SubmissionStore::find(std::string_view code) const {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(code);
    if (found == held_.end()) return std::nullopt;
    return found->second;
}

void SubmissionStore::each(const std::function<void(const Submission&)>& visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [code, held] : held_)
        visit(held);
}

std::vector<std::pair<std::string, std::size_t>> SubmissionStore::unacknowledged() const {
    Calls calls;
    each([&](const Submission& held) {
        for (std::size_t i = 0; i < held.deeds.size(); ++i)
            if (const Deed& deed = held.deeds[i];
                deed.out && deed.road != Road::Poll && !deed.acknowledged)
                calls.emplace_back(held.code, i);
    });
    return calls;
}

SubmissionFigures SubmissionStore::figures() const {
    SubmissionFigures sum;
    each([&](const Submission& held) {
        ++sum.filed;
        ++sum.by_road[std::string(kRoads[static_cast<std::size_t>(held.deeds[0].road)])];
        for (const Deed& deed : held.deeds) {
            if (deed.out)
                ++sum.by_kind[std::string(kActs[static_cast<std::size_t>(deed.act)])];
            else
                ++sum.waiting;
            if (deed.taken_as_new > 1) ++sum.taken_twice;
        }
        const auto any = [&](auto what) {
            return std::any_of(held.deeds.begin(), held.deeds.end(), what) ? 1U : 0U;
        };
        sum.fetched += any([](const Deed& deed) { return deed.fetched; });
        sum.reached += any([](const Deed& deed) { return deed.fetched || deed.acknowledged; });
        sum.confirmed += held.confirmations.empty() ? 0U : 1U;
        sum.linked += held.unit_code.empty() ? 0U : 1U;
        for (const PortalStatus& row : held.statuses)
            ++sum.by_status[row.status];
        if (held.statuses.empty()) return;
        ++sum.with_status;
        ++sum.by_last_status[held.statuses.back().status];
        if (!finished(held.statuses.back().status)) return;
        ++sum.finished;
        sum.finished_with_result +=
            std::any_of(held.statuses.begin(), held.statuses.end(),
                        [](const auto& row) { return finished(row.status) && row.result_link; })
                ? 1U
                : 0U;
    });
    const std::lock_guard lock(mutex_);
    sum.counts = counts_;
    return sum;
}

std::size_t SubmissionStore::size() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
}

void SubmissionStore::clear() {
    const std::lock_guard lock(mutex_);
    held_.clear();
    by_unit_code_.clear();
    counts_.clear();
    order_ = 0;
    last_ = 0;
}

}  // namespace dvcsandbox
