#include "tests/simulation/citizens.h"

#include <algorithm>

namespace dvcsync::simulation {
namespace {

using portal::Outcome;
using portal::Verdict;

// So long a row may be missing from the list: well within the overlap of two readings.
constexpr auto young = std::chrono::hours{12};

Outcome failure(Verdict verdict, std::string code, std::string message, bool endpoint) {
    Outcome one;
    one.verdict = verdict;
    one.code = std::move(code);
    one.message = std::move(message);
    one.endpoint = endpoint;
    return one;
}

}  // namespace

Citizens::Citizens(Rng rng, SimulatedClock& clock, Disk& disk, Log& log, CitizenTraits traits)
    : rng_(rng), clock_(clock), disk_(disk), log_(log), traits_(traits) {}

LocalTime Citizens::time() const {  // the portal's own clock is right
    constexpr auto begin = std::chrono::local_days{std::chrono::year{2019} / 5 / 1};
    return begin + std::chrono::floor<std::chrono::seconds>(clock_.steady());
}

void Citizens::calm() {
    traits_.faults = traits_.disorder = 0;
    for (auto& [source, file] : by_source_)
        file->misses = std::min(file->misses, 0);
}

// -- what they file ------------------------------------------------------------------------------

void Citizens::attach(Filing& filing, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        Attachment file;
        file.bytes = fmt::format("%PDF-1.4 file {} of {}", ++files_, filing.mark);
        file.by_address = filing.kind == FilingKind::Payment ||
                          (filing.kind != FilingKind::Notice && rng_.chance(0.7));
        file.source = file.by_address ? fmt::format("https://files.portal/{}", files_)
                                      : base64_of(file.bytes);
        file.hashed = rng_.chance(0.7);
        if (file.by_address && rng_.chance(traits_.late_files)) file.misses = rng_.between(1, 4);
        if (file.by_address && traits_.gone_files && rng_.chance(0.1)) file.misses = -1;
        file.hostile = traits_.hostile_files && rng_.chance(0.1);
        filing.files.push_back(std::move(file));
    }
}

void Citizens::file_one(const std::string& code, FilingKind kind) {
    clock_.sleep(Millis{1'000});  // nobody changes a dossier twice in a second
    Filed one;
    one.filing.code = code;
    one.filing.kind = kind;
    one.filing.mark = fmt::format("#{}#", filed_.size() + 1);
    one.filing.at = time();
    one.filed_as = one.since = ++happened_;
    const bool by_list = kind <= FilingKind::Supplement && traits_.lists;
    one.called =
        kind > FilingKind::Supplement || !traits_.lists || (traits_.calls && rng_.chance(0.6));
    if (kind <= FilingKind::Supplement) attach(one.filing, rng_.below(4));
    if (kind == FilingKind::Payment || kind == FilingKind::Notice) attach(one.filing, 1);
    filed_.push_back(std::move(one));
    Filed& kept = filed_.back();
    by_mark_[kept.filing.mark] = &kept;
    for (Attachment& file : kept.filing.files)
        by_source_[file.source] = &file;
    log_.say("citizens: {} {} of {}{}{}, {} files", to_string(kind), kept.filing.mark, code,
             by_list ? ", listed" : "", kept.called ? ", called about" : "",
             kept.filing.files.size());
    if (kept.called) calls_.push_back(&kept);
    if (kind > FilingKind::Supplement) return;
    Dossier& dossier = dossiers_[code];
    dossier.changed = time();
    dossier.current = &kept;
    dossier.past.push_back(&kept);
}

void Citizens::file() {
    const bool first = dossiers_.empty() ||
                       (static_cast<int>(dossiers_.size()) < traits_.dossiers && rng_.chance(0.5));
    if (first) {
        file_one(fmt::format("G22.99-{:04}", dossiers_.size() + 1), FilingKind::Filing);
        return;
    }
    auto chosen = dossiers_.begin();
    std::advance(chosen, rng_.below(dossiers_.size()));
    const std::string code = chosen->first;
    const double kind = rng_.unit();
    if (kind < 0.08) {  // again what it was
        Dossier& dossier = chosen->second;
        clock_.sleep(Millis{1'000});
        Filed* const before = dossier.current;
        dossier.current = dossier.past[rng_.below(dossier.past.size())];
        if (dossier.current != before) ++dossier.current->returns;
        dossier.current->since = ++happened_;
        dossier.changed = time();
        log_.say("citizens: {} is again {}", code, dossier.current->filing.mark);
    } else if (traits_.calls && kind < 0.2) {
        file_one(code, FilingKind::Withdrawal);
    } else if (traits_.calls && kind < 0.3) {
        file_one(code, FilingKind::Payment);
    } else if (traits_.calls && kind < 0.36) {
        file_one("", FilingKind::Notice);
    } else if (traits_.calls && traits_.strange && kind < 0.5) {
        file_one(rng_.chance(0.5) ? code : "",
                 rng_.chance(0.5) ? FilingKind::UnknownService : FilingKind::Unparsable);
    } else {
        file_one(code, FilingKind::Supplement);
    }
}

void Citizens::live() {
    const int count = rng_.between(0, 3);
    for (int i = 0; i < count; ++i)
        file();
}

const Citizens::Filed* Citizens::find(const std::string& mark) const {
    const auto found = by_mark_.find(mark);
    return found == by_mark_.end() ? nullptr : found->second;
}

bool Citizens::is_current(const Filed& one) const {
    const auto dossier = dossiers_.find(one.filing.code);
    return dossier != dossiers_.end() && dossier->second.current == &one;
}

Attachment* Citizens::file_of(const std::string& source) {
    const auto found = by_source_.find(source);
    return found == by_source_.end() ? nullptr : found->second;
}

// -- what the portal is asked --------------------------------------------------------------------

sync::PullCalls Citizens::questions() {
    sync::PullCalls calls;
    if (!traits_.lists) return calls;
    const auto after = [this](auto answer) {
        if (meanwhile && !disk_.current()->dead) meanwhile();
        return answer;
    };
    calls.news = [this, after](LocalTime since, int page) { return after(news(since, page)); };
    calls.fetch = [this, after](std::string_view code) { return after(fetch(code)); };
    calls.reading = "submission";
    calls.news_endpoint = calls.fetch_endpoint = "share";
    return calls;
}

std::optional<Outcome> Citizens::mishap() {
    if (disk_.current()->dead) return failure(Verdict::Retry, "", "cut off", true);
    clock_.sleep(Millis{rng_.between(5, 300)});
    if (!rng_.chance(traits_.faults)) return std::nullopt;
    switch (rng_.below(6)) {
        case 0:
            disk_.kill_current();
            return failure(Verdict::Retry, "", "cut off", true);
        case 1: {
            auto one = failure(Verdict::Retry, "HTTP 429", "too many calls", true);
            one.retry_after = Millis{rng_.between(0, 90) * 1'000};
            return one;
        }
        case 2:
            return failure(Verdict::Misconfigured, "login", "the password has expired", false);
        case 3:
            return failure(Verdict::Retry, "answer", "the answer is not JSON", false);
        case 4:
            return failure(Verdict::Refused, "-4", "the portal holds no submission of this code",
                           false);
        default:
            return failure(Verdict::Retry, "HTTP 503", "not available", true);
    }
}

// A row that is young may be missing or untold; another one stands in its place, so that the old
// ones keep theirs.
void Citizens::disturb(std::vector<Row>& rows) {
    const std::vector<Row> before = rows;
    for (Row& row : rows) {
        if (time() - dossiers_[row.code].changed > young || !rng_.chance(traits_.disorder))
            continue;
        if (rng_.chance(0.2))
            row.at.reset();
        else
            row = rng_.pick(before);
    }
}

tl::expected<portal::News, Outcome> Citizens::news(LocalTime since, int page) {
    const std::lock_guard lock(mutex_);
    if (auto failed = mishap()) {
        log_.say("  list, page {}: {}", page, failed->message);
        return tl::make_unexpected(*std::move(failed));
    }
    auto& order = listings_[disk_.current().get()];
    if (page == 1) {
        order.clear();
        for (const auto& [code, dossier] : dossiers_) {
            if (dossier.changed >= since) order.push_back(code);
        }
        std::stable_sort(order.begin(), order.end(), [this](const auto& a, const auto& b) {
            return dossiers_[a].changed < dossiers_[b].changed;
        });
        if (rng_.chance(traits_.disorder)) rng_.shuffle(order);
    }
    portal::News news;
    const auto size = static_cast<std::size_t>(traits_.page);
    const std::size_t from = std::min(order.size(), static_cast<std::size_t>(page - 1) * size);
    const std::size_t until = std::min(order.size(), from + size);
    for (std::size_t i = from; i < until; ++i)
        news.rows.push_back({order[i], dossiers_[order[i]].changed});
    news.more = news.rows.size() == size;
    disturb(news.rows);
    log_.say("  list, page {}: {} rows", page, news.rows.size());
    return news;
}

tl::expected<portal::Fetched, Outcome> Citizens::fetch(std::string_view code) {
    const std::lock_guard lock(mutex_);
    if (auto failed = mishap()) {
        log_.say("  fetch {}: {}", code, failed->message);
        return tl::make_unexpected(*std::move(failed));
    }
    const auto found = dossiers_.find(std::string(code));
    if (found == dossiers_.end()) {
        log_.violated(Invariant::Agreement,
                      fmt::format("{} was fetched, but the list has never named it", code));
        return tl::make_unexpected(failure(Verdict::Refused, "-4", "there is none", false));
    }
    Filed& current = *found->second.current;
    current.given = true;
    log_.say("  fetch {}: {}", code, current.filing.mark);
    return portal::Fetched{listed_json(current.filing, wording()), 0};
}

// -- what the portal calls about -----------------------------------------------------------------

std::optional<Citizens::Call> Citizens::next_call() {
    if (calls_.empty()) return std::nullopt;
    Filed* const about = rng_.pick(calls_);  // in any order: a supplement before its filing, too
    return Call{about, callback_text(about->filing, wording())};
}

void Citizens::answered(const Call& call, const std::optional<portal::Callbacks::Reply>& reply) {
    Filed& one = *call.about;
    const std::string& mark = one.filing.mark;
    const bool known = one.tried || one.given;
    const auto words = [&] { return fmt::format("{} of {}", mark, one.filing.code); };
    log_.say("  callback {}: {}", words(),
             reply ? fmt::format("{} {}", reply->status, reply->body) : "no answer");
    one.tried = true;
    if (!reply || reply->status == 503) return;
    if (strange(one.filing.kind)) {
        const int wanted = one.filing.kind == FilingKind::Unparsable ? 500 : 200;
        const bool yes = reply->body.find(R"("error_code":0)") != std::string::npos;
        if (reply->status != wanted || yes)
            log_.violated(Invariant::Agreement,
                          fmt::format("{} cannot be understood, but was answered {} {}", words(),
                                      reply->status, reply->body));
        one.acknowledged = true;  // and so it is kept
        std::erase(calls_, &one);
        return;
    }
    const bool first = reply->body.find(R"("error_code":0,)") != std::string::npos;
    const bool again = reply->body.find(R"("error_code":1,)") != std::string::npos;
    if (reply->status != 200 || (!first && !again)) {
        log_.violated(Invariant::Agreement,
                      fmt::format("{} was refused: {} {}", words(), reply->status, reply->body));
        std::erase(calls_, &one);
        return;
    }
    if (first && one.acknowledged)
        log_.violated(Invariant::StepsOnce,
                      fmt::format("{} was acknowledged before, and is new again", words()));
    if (again && !known)
        log_.violated(Invariant::NothingLost,
                      fmt::format("{} was called a duplicate, but never came before", words()));
    one.acknowledged = true;
    one.taken = one.taken || first;
    // Now and then it calls again all the same.
    if (traits_.faults == 0 || rng_.chance(0.7)) std::erase(calls_, &one);
}

}  // namespace dvcsync::simulation
