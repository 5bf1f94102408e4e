#include "connector/sync/verify_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <tuple>

#include "connector/audit/canonical.h"
#include "connector/audit/entry.h"

namespace dvcsync::sync {
namespace {

// The text after `quoted`, as it is written; nullopt: there is none, or it holds an escape. A quote
// inside a text is escaped, so what stands between a bracket or comma and a colon is a key. Every
// entry of every log comes by here: no value tree.
std::optional<std::string_view> plain_text(std::string_view entry, std::string_view quoted) {
    for (auto at = entry.find(quoted); at != std::string_view::npos;
         at = entry.find(quoted, at + 1)) {
        if (at == 0 || (entry[at - 1] != '{' && entry[at - 1] != ',')) continue;
        const auto text = entry.substr(at + quoted.size());
        const auto end = text.find_first_of("\"\\");
        if (end == std::string_view::npos || text[end] == '\\') return std::nullopt;
        return text.substr(0, end);
    }
    return std::nullopt;
}

// As entries write it.
std::optional<UtcTime> instant_of(std::string_view text) {
    constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
    if (text.size() != form.size()) return std::nullopt;
    std::array<int, 8> parts{};  // year to millisecond, and what comes after them
    std::size_t part = 0;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
        if (digit != (form[i] == '0') || (!digit && text[i] != form[i])) return std::nullopt;
        if (digit)
            parts[part] = parts[part] * 10 + (text[i] - '0');
        else
            ++part;
    }
    using namespace std::chrono;
    const year_month_day date{year(parts[0]), month(static_cast<unsigned>(parts[1])),
                              day(static_cast<unsigned>(parts[2]))};
    if (!date.ok()) return std::nullopt;
    return UtcTime(sys_days(date)) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]) +
           milliseconds(parts[6]);
}

bool is_change(std::string_view event) {
    return event == "settings.changed" || event == "mappings.changed";
}

// Entries without a code are found by nothing, or, changes of files, by the event's name.
bool is_found_by(const ledger::TrailRow& row) {
    const auto code = plain_text(row.entry, R"("code":")");
    if (code && *code == row.code) return true;
    if (!code && row.entry.find(R"("code":)") == std::string::npos) {
        const auto event = plain_text(row.entry, R"("event":")").value_or("");
        return row.code == (is_change(event) ? event : "");
    }
    // A code that is not plain stands in an entry as the entries' writer has put it.
    audit::Event event;
    event.code = row.code;
    return text_of(audit::entry_of(event, row.sequence, row.at), "code") ==
           text_of(row.entry, "code");
}

}  // namespace

std::string text_of(std::string_view entry, std::string_view member) {
    const auto json = audit::parse_canonical(entry);
    const auto* value = json ? json->find(member) : nullptr;
    return value != nullptr && value->text() != nullptr ? *value->text() : "";
}

void ColumnCheck::read(const ledger::TrailRow& row) {
    if (row.sequence < size_) return;
    if (row.sequence == 0) first_ = row.entry;
    last_ = row.entry;
    size_ = row.sequence + 1;
    const auto at = plain_text(row.entry, R"("at":")");
    if (!at || instant_of(*at) != row.at) at_.add(row.sequence);
    if (!is_found_by(row)) code_.add(row.sequence);
}

void ColumnCheck::tell(audit::Verdict& verdict) const {
    for (const auto& [wrong, column, what] :
         {std::tuple{code_, "code", "lists and proofs of a dossier choose by it"},
          std::tuple{at_, "at", "lists, reports and exports of a period choose by it"}}) {
        if (wrong.count == 0) continue;
        const auto first = static_cast<std::uint64_t>(wrong.first);
        // An entry that is wrong itself is told already.
        if (verdict.first_bad && wrong.count == 1 && *verdict.first_bad == first) continue;
        verdict.faults.push_back(fmt::format(
            "entry {}: the ledger's column {} is not what the entry tells{}; {}", wrong.first,
            column, wrong.count > 1 ? fmt::format(", nor is it of {} others", wrong.count - 1) : "",
            what));
        if (verdict.first_bad && *verdict.first_bad <= first) continue;
        verdict.first_bad = first;
        verdict.exact = true;
    }
}

}  // namespace dvcsync::sync
