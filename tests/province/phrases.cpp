#include "tests/province/phrases.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <array>
#include <cstdlib>

#include "connector/base/csv.h"

namespace dvcsync::year {

namespace {

constexpr std::array required{
    "step-registered",
    "step-received",
    "step-processing",
    "step-sign",
    "step-supplement",
    "step-resumed",
    "step-payment",
    "step-paid",
    "step-hand-over",
    "step-back",
    "step-apology",
    "step-finished",
    "step-returned",
    "step-returned-post",
    "step-rejected",
    "step-withdrawn",
    "step-stopped",
    "title-desk",
    "title-specialist",
    "title-head",
    "title-leader-centre",
    "title-leader-district",
    "title-leader-commune",
    "unit-desk-centre",
    "unit-desk-district",
    "unit-desk-commune",
    "unit-work-centre",
    "unit-work-district",
    "unit-work-commune",
    "unit-leader",
    "reason-supplement",
    "info-supplement",
    "reason-apology",
    "reason-hand-over",
    "returned-info",
    "note",
    "other-info",
    "paper",
    "component",
    "result",
    "fee",
    "charge-note",
    "hamlet",
    "business",
    "business-word",
    "state",
    "other",
    "summary",
    "sequence-case",
    "sequence",
    "requirement",
    "description",
    "description-amended",
    "description-replaced",
    "description-abolished",
    "receive-at",
    "way-direct",
    "way-online",
    "way-post",
    "keyword",
    "level-ministry",
    "level-province",
    "level-district",
    "level-commune",
    "publish-title",
    "issuer-default",
    "case-default",
    "national-currency",
    "comment",
    "comment-trap",
    "note-trap",
};

}  // namespace

Result<Phrases> Phrases::load(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(table, read_csv(file, {"group", "text"}));
    Phrases phrases;
    for (CsvRow& row : table.rows)
        phrases.groups_[row.cells[0]].push_back(std::move(row.cells[1]));
    for (const char* group : required)
        if (!phrases.groups_.contains(group))
            return fail(ErrorKind::Config,
                        fmt::format("{}: the group \"{}\" is missing", file.string(), group));
    return phrases;
}

std::string nfd(std::string_view text) {
    utf8proc_uint8_t* out = nullptr;
    const auto size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &out,
                     static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE));
    if (size < 0) return std::string(text);
    std::string result(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
    std::free(out);  // utf8proc allocates with malloc
    return result;
}

std::string_view leading(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    while (end < text.size() && count > 0) {
        ++end;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
            ++end;
        --count;
    }
    return text.substr(0, end);
}

std::string replaced(std::string pattern, std::string_view name, std::string_view value) {
    for (std::size_t at = 0; (at = pattern.find(name, at)) != std::string::npos; at += value.size())
        pattern.replace(at, name.size(), value);
    return pattern;
}

}  // namespace dvcsync::year
