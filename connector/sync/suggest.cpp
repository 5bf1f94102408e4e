#include "connector/sync/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "connector/base/csv.h"
#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/explain.h"
#include "connector/sync/intake.h"

namespace dvcsync::sync {
namespace {

constexpr int name_points = 70, field_points = 15, agency_points = 15;
constexpr int least_score = 30;  // below it, a name shares no more than common words
constexpr mode_t table_mode = 0644;

Result<std::size_t> column(const CsvTable& csv, const std::filesystem::path& file,
                           const std::string& name) {
    const auto at = std::find(csv.header.begin(), csv.header.end(), name);
    if (at == csv.header.end())
        return fail(ErrorKind::Config,
                    fmt::format("{}:1: has no column '{}'", file.string(), name));
    return std::size_t(at - csv.header.begin());
}

std::set<std::string> words_of(const std::string& text) {
    std::set<std::string> words;
    std::string word;
    for (const char c : caseless(text) + " ")
        if (std::string_view(" ,.;:()[]/\"'-").find(c) == std::string_view::npos)
            word += c;
        else if (!word.empty())
            words.insert(std::exchange(word, ""));
    return words;
}

// Words in common, of all the words of both.
int likeness(const std::set<std::string>& one, const std::set<std::string>& other, int points) {
    if (one.empty() || other.empty()) return 0;
    const auto common = std::count_if(
        one.begin(), one.end(), [&](const std::string& word) { return other.contains(word); });
    const auto all = static_cast<std::ptrdiff_t>(one.size() + other.size()) - common;
    return static_cast<int>(points * common / all);
}

std::string said(const mapping::Explanation& told, std::string_view name) {
    for (const auto& origin : told.origins)
        if (origin.name == name) return std::string(trimmed(origin.said));
    return "";
}

void note(const mapping::Explanation& told, const std::string& code,
          std::map<std::string, Untranslated>& found) {
    for (const auto& origin : told.origins) {
        if (origin.name != "procedure" || origin.table.empty() || !origin.row.empty() ||
            origin.outcome != mapping::Origin::Outcome::Refused)
            continue;
        // Without its suffix, so that one row serves all of them.
        auto& entry = found[comparable(origin.code)];
        if (entry.dossiers++ != 0) return;
        entry.local = origin.code;
        entry.name = said(told, "procedure-name");
        entry.field = said(told, "field-name");
        entry.agency = said(told, "agency-name");
        entry.example = code;
        return;
    }
}

}  // namespace

Result<std::vector<NationalProcedure>> load_national(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(csv, read_csv(file));
    DVC_TRY_ASSIGN(code, column(csv, file, "code"));
    DVC_TRY_ASSIGN(name, column(csv, file, "name"));
    DVC_TRY_ASSIGN(field, column(csv, file, "field"));
    DVC_TRY_ASSIGN(agency, column(csv, file, "agency"));
    std::vector<NationalProcedure> all;
    for (const auto& row : csv.rows)
        all.push_back({row.cells[code], row.cells[name], row.cells[field], row.cells[agency]});
    return all;
}

Result<std::vector<Untranslated>> untranslated(ledger::Ledger& ledger, const Sealer& sealer,
                                               const mapping::MappingSet& set) {
    const auto* const plan = set.plan(Operation::PushDossier);
    if (plan == nullptr) return fail(ErrorKind::Config, "the profile has no mapping of dossiers");
    ledger::Filter filter;
    filter.kind = "dossier";
    filter.operation = Operation::PushDossier;
    filter.state = ledger::State::Parked;
    filter.cause = ledger::Cause::Mapping;
    DVC_TRY_ASSIGN(count, ledger.count(filter));
    DVC_TRY_ASSIGN(rows, ledger.list(filter, count));
    std::map<std::string, Untranslated> found;
    for (const auto& row : rows) {
        ledger::Slice slice;
        slice.codes = {row.code};
        DVC_TRY_ASSIGN(held, ledger.walk(slice, false, 0, 1));
        if (held.empty()) continue;
        DVC_TRY_ASSIGN(xml, sealer.open(held.front().sealed, seal_context("dossier", row.code)));
        const auto record = set.vocabulary().parse("dossier", xml);
        if (record) note(mapping::explain(*plan, *record), row.code, found);
    }
    std::vector<Untranslated> all;
    for (auto& [key, entry] : found)
        all.push_back(std::move(entry));
    std::stable_sort(all.begin(), all.end(),
                     [](const Untranslated& one, const Untranslated& other) {
                         return one.dossiers > other.dossiers;
                     });
    return all;
}

std::vector<Candidate> candidates(const Untranslated& wanted,
                                  std::span<const NationalProcedure> all, std::size_t max) {
    const std::string name = caseless(wanted.name);
    const auto name_words = words_of(wanted.name);
    const auto field_words = words_of(wanted.field);
    const auto agency_words = words_of(wanted.agency);
    std::vector<Candidate> found;
    std::size_t same = 0;
    for (const auto& one : all) {
        const bool is_same = !name.empty() && caseless(one.name) == name;
        const int by_name =
            is_same ? name_points : likeness(name_words, words_of(one.name), name_points);
        if (by_name < least_score) continue;
        same += is_same;
        found.push_back({&one, by_name + likeness(field_words, words_of(one.field), field_points) +
                                   likeness(agency_words, words_of(one.agency), agency_points)});
    }
    // The same name always scores higher in the name, but may be overtaken by field and agency.
    std::stable_sort(found.begin(), found.end(), [&](const Candidate& one, const Candidate& other) {
        const bool first = caseless(one.procedure->name) == name;
        const bool second = caseless(other.procedure->name) == name;
        return first != second ? first : one.score > other.score;
    });
    found.resize(std::min(found.size(), std::max(max, same)));
    return found;
}

Status accept_code(const mapping::CodesFile& table, const std::string& local,
                   const std::string& national, const ledger::Act& act, UtcTime now) {
    const std::string file = table.file.string();
    for (const auto& code : {local, national})
        if (trimmed(code) != code || code.empty() || code.starts_with('#') ||
            code.find_first_of(",\"\r\n") != std::string::npos)
            return fail(
                ErrorKind::Config,
                fmt::format("'{}' is no code that can be written into {}", excerpt(code), file));
    DVC_TRY_ASSIGN(text, read_file(table.file, limits::max_csv_file));
    DVC_TRY_ASSIGN(csv, parse_csv(text, file));
    DVC_TRY_ASSIGN(from, column(csv, table.file, table.from));
    DVC_TRY_ASSIGN(to, column(csv, table.file, table.to));
    for (const auto& row : csv.rows)
        if (comparable(row.cells[from]) == comparable(local))
            return fail(ErrorKind::Config,
                        fmt::format("{}:{}: '{}' stands there already, as '{}': change that row by "
                                    "hand, perhaps with days of effect",
                                    file, row.line, local, row.cells[to]));
    if (!text.ends_with('\n')) text += '\n';
    text +=
        fmt::format("# {}, {}: {}\n", iso_date(date_of(to_vietnam(now))), act.actor, act.reason);
    for (std::size_t i = 0; i < csv.header.size(); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ",",
                            i == from ? local
                            : i == to ? national
                                      : std::string());
    text += '\n';
    DVC_TRY(parse_csv(text, file));
    return write_atomically(table.file, text, table_mode);
}

}  // namespace dvcsync::sync
