// What a portal of 2026 tells of itself.
#include <fmt/format.h>

#include "tests/sandbox/ministry.h"
#include "tests/sandbox/report.h"

namespace dvcsandbox {

std::string Ministry::report(int year) const {
    const std::lock_guard lock(mutex_);
    Figures figures;
    figures.year = year;
    MinistryCounts counts{figures, calls_, items_, violations_, injector_};
    const std::string_view agency = settings_.agency;
    const auto province = agency.substr(std::min(agency.rfind('.') + 1, agency.size()));
    for (const auto& [code, held] : dossiers_) {
        ++figures.dossiers;
        figures.progress_rows += held.steps.size();
        counts.without_state += held.status == 0;
        if (year_of(held.received) != year) continue;
        ++figures.received;
        ++figures.by_status[std::to_string(held.status)];
        ++figures.by_month[fmt::format("{}-{:02}", year, month_of(held.received))];
        count_agency(held.agency, province, figures);
    }
    counts.codes_given = codes_.size();
    counts.codes_unused = codes_.size() - dossiers_.size();
    counts.files_taken = files_.size();
    counts.files_named = files_named_;
    for (const auto& [id, file] : files_)
        counts.files_unused += !file.used;
    counts.resent_after_answer = resent_after_answer_;
    counts.states_unchanged = states_unchanged_;
    return report_json(counts);
}

std::string Ministry::health() const {
    const std::lock_guard lock(mutex_);
    return fmt::format(R"({{"status":"ok","dossiers":{},"codes_given":{}}})", dossiers_.size(),
                       codes_.size());
}

}  // namespace dvcsandbox
