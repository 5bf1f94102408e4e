#include "connector/sync/rules.h"

#include <fmt/format.h>

#include "connector/base/crypto.h"
#include "connector/mapping/lint.h"

namespace dvcsync::sync {

namespace fs = std::filesystem;

namespace {

// What loading cannot find. Warnings may be meant so: they are for dvcsync mapping lint to tell.
Status check(const config::Config& config) {
    const auto report = mapping::lint({config.mappings, config.vocabulary, config.profile});
    std::string faults;
    for (const auto& finding : report.findings)
        if (finding.is_fault) faults += (faults.empty() ? "" : "\n") + finding.text;
    return faults.empty() ? Status{} : fail(ErrorKind::Config, faults);
}

}  // namespace

Result<RuleSet> RuleSet::load(const config::Config& config) {
    DVC_TRY_ASSIGN(mappings,
                   mapping::MappingSet::load(config.mappings, config.vocabulary, config.profile));
    DVC_TRY(check(config));
    DVC_TRY_ASSIGN(profile, portal::Profile::load(config.mappings / "portal" / config.profile /
                                                  "profile.xml"));
    return RuleSet{std::move(mappings), std::move(profile)};
}

Rules::Seen Rules::seen_in(const fs::path& folder) {
    Seen seen;
    std::error_code failed;
    for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
        std::error_code gone;
        if (!it->is_regular_file(gone)) continue;
        const auto size = it->file_size(gone);
        const auto time = it->last_write_time(gone);
        if (!gone) seen[it->path()] = {size, time.time_since_epoch().count()};
    }
    return seen;
}

Result<Rules> Rules::open(const config::Config& config) {
    auto seen = seen_in(config.mappings);
    DVC_TRY_ASSIGN(set, RuleSet::load(config));
    return Rules(config, std::move(set), std::move(seen));
}

Result<bool> Rules::look() {
    auto seen = seen_in(config_.mappings);
    const bool settled = std::exchange(pending_, seen) == seen;
    if (seen == taken_) {  // as it was, or brought back
        failed_.reset();
        trouble_.clear();
        return false;
    }
    if (!settled || seen == failed_)
        return trouble_.empty() ? Result<bool>(false) : fail(ErrorKind::Config, trouble_);
    auto fresh = RuleSet::load(config_);
    if (!fresh) {
        failed_ = std::move(seen);
        trouble_ = fmt::format("{}; the set {} stays in force until this is mended",
                               fresh.error().message, hex(set_.mappings.digest()).substr(0, 12));
        return fail(ErrorKind::Config, trouble_);
    }
    failed_.reset();
    trouble_.clear();
    taken_ = std::move(seen);
    const bool other = fresh->mappings.digest() != set_.mappings.digest();
    set_ = *std::move(fresh);
    return other;
}

}  // namespace dvcsync::sync
