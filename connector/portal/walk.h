// A walk through the pages of the list of new submissions, which must come to an end. Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"

namespace dvcsync::portal {

class Walk {
  public:
    // Whether this page, a full one, is the one before it once more: the portal does not turn the
    // page. Asking for the same page again is no repetition.
    bool repeats(LocalTime since, int page, const News& news);

  private:
    std::mutex mutex_;
    LocalTime since_{};
    int page_ = 0;
    std::vector<NewsRow> rows_;  // of that page; none of the last one
};

Outcome no_submissions(const ProfileData& profile);
Outcome endless_walk();
Outcome repeated_page(int page);

}  // namespace dvcsync::portal
