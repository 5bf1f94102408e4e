#include "connector/sync/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"

namespace dvcsync::sync {
namespace {

// "1.004, 1.005 and 17 more"
std::string first_of(std::vector<std::string> codes) {
    const std::size_t shown = std::min(codes.size(), limits::named_procedures);
    const std::size_t more = codes.size() - shown;
    codes.resize(shown);
    return fmt::format("{}{}", fmt::join(codes, ", "),
                       more == 0 ? "" : fmt::format(" and {} more", more));
}

std::vector<std::string> codes_of(const std::vector<ledger::Abolition>& abolitions) {
    std::vector<std::string> codes;
    for (const auto& one : abolitions)
        codes.push_back(one.code);
    return codes;
}

}  // namespace

bool too_many(std::size_t gone, std::size_t published, int max_percent) {
    return gone > limits::catalogue_handful &&
           gone * 100 > published * static_cast<std::size_t>(max_percent);
}

Result<CatalogueOutlook> catalogue_outlook(ledger::Ledger& ledger, int max_percent) {
    CatalogueOutlook out;
    DVC_TRY_ASSIGN(change, ledger.catalogue_change());
    DVC_TRY_ASSIGN(abolish, ledger.abolitions());
    DVC_TRY_ASSIGN(hold, catalogue_hold(ledger));
    out.published = change.published;
    out.abolish = std::move(abolish);
    if (too_many(out.abolish.size(), out.published, max_percent)) {
        out.stopped = out.abolish.size();
        out.stop =
            fmt::format("it would abolish {} of the {} procedures that the portal shows ({})",
                        out.abolish.size(), out.published, first_of(codes_of(out.abolish)));
    }
    if (!hold) return out;
    DVC_TRY_ASSIGN(lacks, catalogue_lacks(ledger));
    out.lacks = std::move(lacks);
    const bool empty = hold->listed == 0 && hold->missing > 0;
    if (empty || too_many(hold->missing, hold->published, max_percent)) {
        out.stopped += hold->missing;
        if (!out.stop.empty()) out.stop += "; ";
        out.stop += fmt::format(
            "{} calls itself the whole catalogue, but {} of the {} published procedures are not in "
            "it{}",
            hold->file, hold->missing, hold->published,
            out.lacks.empty() ? "" : fmt::format(" ({})", first_of(out.lacks)));
    }
    out.file = std::move(hold);
    return out;
}

Result<CatalogueVerdict> catalogue_verdict(ledger::Ledger& ledger, int max_percent,
                                           const std::optional<ledger::Act>& confirm,
                                           Clock& clock) {
    DVC_TRY_ASSIGN(outlook, catalogue_outlook(ledger, max_percent));
    CatalogueVerdict verdict;
    if (outlook.stop.empty()) return verdict;
    verdict.procedures = outlook.stopped;
    if (confirm) {
        ledger::Act act = *confirm;
        act.selection = outlook.stop;
        act.items = outlook.stopped;
        DVC_TRY(ledger.together([&]() -> Status {
            DVC_TRY(ledger.note(act, clock.now()));
            return clear_catalogue_hold(ledger, clock.now());
        }));
        verdict.confirmed = std::move(outlook.stop);
        return verdict;
    }
    verdict.stop = fmt::format(
        "the catalogue was not pushed: {} (more than {} %). dvcsync catalogue lists them all. If "
        "this is meant, run dvcsync sync push-catalogue --confirm --reason \"…\"; if not, export "
        "the catalogue again. Dossiers go on",
        outlook.stop, max_percent);
    return verdict;
}

}  // namespace dvcsync::sync
