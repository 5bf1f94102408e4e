// What export files say of themselves: their time, and that they hold the whole catalogue.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "connector/base/limits.h"
#include "connector/sync/intake_parts.h"

namespace dvcsync::sync {
namespace {

// A catalogue as it is kept: "1 <listed> <published> <missing> <agreed> <as of, or -> <file>", the
// time in milliseconds since 1970.
struct Kept {
    CatalogueFile file;
    std::size_t agreed = 0;  // of missing: a person knows
    std::optional<UtcTime> as_of;
};

std::string text_of(const Kept& kept) {
    return fmt::format("1 {} {} {} {} {} {}", kept.file.listed, kept.file.published,
                       kept.file.missing, kept.agreed,
                       kept.as_of ? std::to_string(kept.as_of->time_since_epoch().count()) : "-",
                       kept.file.file);
}

// Takes a word off the front of `rest`.
std::string_view word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

template <class Number>
bool read(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

Result<std::optional<Kept>> kept_catalogue(ledger::Ledger& ledger) {
    DVC_TRY_ASSIGN(text, ledger.position(catalogue_source));
    if (text.empty()) return std::nullopt;
    Kept kept;
    std::string_view rest = text;
    Millis::rep as_of = 0;
    bool good = word(rest) == "1";
    for (std::size_t* number :
         {&kept.file.listed, &kept.file.published, &kept.file.missing, &kept.agreed})
        good = read(word(rest), *number) && good;
    if (const auto time = word(rest); time != "-") {
        good = read(time, as_of) && good;
        kept.as_of = UtcTime{Millis{as_of}};
    }
    kept.file.file = rest;
    if (!good || rest.empty())
        return fail(ErrorKind::Corrupt,
                    "what the ledger has kept of the last whole catalogue is not what this program "
                    "wrote; restore the ledger from a backup");
    return kept;
}

Status keep(ledger::Ledger& ledger, const Kept& kept, UtcTime now) {
    return ledger.take({}, catalogue_source, text_of(kept), now).map([](const auto&) {});
}

}  // namespace

std::optional<UtcTime> ExportTimes::of(std::string_view exported) {
    if (exported == text_) return time_;
    text_ = exported;
    time_.reset();
    if (const auto local = vocabulary_.export_time(exported))
        if (const UtcTime at = from_vietnam(*local); at <= now_ + limits::export_ahead) time_ = at;
    return time_;
}

std::vector<std::string> ExportTimes::doubts(const province::EndedFile& file) const {
    constexpr std::string_view unknown = "its records count as exported at an unknown time";
    std::vector<std::string> reasons;
    if (file.records == 0)
        reasons.emplace_back(
            "it holds no record; if there was something to export, export it again");
    if (!file.fault.empty()) reasons.push_back(fmt::format("{}; {}", file.fault, unknown));
    if (!file.exported.empty()) {
        const auto& name = vocabulary_.export_attributes().time;
        const auto local = vocabulary_.export_time(file.exported);
        if (!local) {
            reasons.push_back(
                fmt::format("{} of the root element: {}; {}", name, local.error(), unknown));
        } else if (from_vietnam(*local) > now_ + limits::export_ahead) {
            reasons.push_back(fmt::format(
                "{} of the root element lies more than {} hours ahead of this computer's clock "
                "({}): one of the two clocks is wrong; {}",
                name, limits::export_ahead.count(), vietnam_text(now_), unknown));
        }
    }
    if (!file.complete.empty() && file.kind.empty())
        reasons.push_back(fmt::format(
            "{} of the root element is not the element of any record, so the file is taken for one "
            "that does not hold everything",
            vocabulary_.export_attributes().complete));
    return reasons;
}

bool is_whole_catalogue(const province::EndedFile& file) {
    return file.kind == "procedure";
}

Result<std::optional<CatalogueFile>> keep_catalogue(ledger::Ledger& ledger,
                                                    const province::EndedFile& file,
                                                    std::optional<UtcTime> as_of, UtcTime now) {
    DVC_TRY_ASSIGN(before, kept_catalogue(ledger));
    if (before && before->as_of && as_of && *as_of < *before->as_of) return std::nullopt;
    DVC_TRY_ASSIGN(change, ledger.catalogue_change());
    DVC_TRY_ASSIGN(published, ledger.published_procedures());
    std::vector<std::string> missing;
    std::set_difference(published.begin(), published.end(), file.codes.begin(), file.codes.end(),
                        std::back_inserter(missing));
    Kept kept{{file.file, file.codes.size(), change.published, missing.size()}, 0, as_of};
    if (before) kept.agreed = std::min(before->agreed, missing.size());
    DVC_TRY(keep(ledger, kept, now));
    DVC_TRY(
        ledger.take({}, catalogue_lacks_source, fmt::format("{}", fmt::join(missing, "\n")), now));
    return kept.file;
}

Result<std::vector<std::string>> catalogue_lacks(ledger::Ledger& ledger) {
    DVC_TRY_ASSIGN(text, ledger.position(catalogue_lacks_source));
    std::vector<std::string> codes;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        codes.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return codes;
}

Result<std::optional<CatalogueHold>> catalogue_hold(ledger::Ledger& ledger) {
    DVC_TRY_ASSIGN(kept, kept_catalogue(ledger));
    if (!kept || kept->file.missing <= kept->agreed) return std::nullopt;
    return kept->file;
}

Status clear_catalogue_hold(ledger::Ledger& ledger, UtcTime now) {
    DVC_TRY_ASSIGN(kept, kept_catalogue(ledger));
    if (!kept) return {};
    kept->agreed = kept->file.missing;
    return keep(ledger, *kept, now);
}

}  // namespace dvcsync::sync
