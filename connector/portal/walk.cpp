#include "connector/portal/walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"

namespace dvcsync::portal {

bool Walk::repeats(LocalTime since, int page, const News& news) {
    const std::lock_guard lock(mutex_);
    const auto same = [](const NewsRow& a, const NewsRow& b) {
        return a.code == b.code && a.at == b.at;
    };
    const bool again =
        since == since_ && page == page_ + 1 && !rows_.empty() &&
        std::equal(rows_.begin(), rows_.end(), news.rows.begin(), news.rows.end(), same);
    since_ = since;
    page_ = page;
    rows_ = news.more ? news.rows : std::vector<NewsRow>{};
    return again;
}

Outcome no_submissions(const ProfileData& profile) {
    return {Verdict::Refused,
            "profile",
            fmt::format("profile {} has no <submissions>", profile.name),
            {}};
}

Outcome endless_walk() {
    return {Verdict::Misconfigured,
            "pages",
            fmt::format("the portal's list of new submissions goes on after {} pages; see whether "
                        "it turns its pages, and raise page-size in the profile if it does",
                        limits::news_pages),
            {}};
}

Outcome repeated_page(int page) {
    return {Verdict::Retry,
            "answer",
            fmt::format("the portal's list of new submissions gives page {} again as page {}",
                        page - 1, page),
            {}};
}

}  // namespace dvcsync::portal
