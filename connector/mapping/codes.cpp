#include "connector/mapping/codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "connector/base/csv.h"
#include "connector/base/text.h"
#include "connector/mapping/quoting.h"

namespace dvcsync::mapping {
namespace {

// The text without the suffix, or nullopt if it has no such suffix or is nothing else.
std::optional<std::string_view> without_suffix(std::string_view text, std::string_view pattern) {
    if (text.size() <= pattern.size()) return std::nullopt;
    const auto suffix = text.substr(text.size() - pattern.size());
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool matches =
            pattern[i] == '#' ? suffix[i] >= '0' && suffix[i] <= '9' : suffix[i] == pattern[i];
        if (!matches) return std::nullopt;
    }
    return text.substr(0, text.size() - pattern.size());
}

// "00691 (Phường Hà Giang 2), 00694 (Phường Hà Giang 1)": results of the table, never of a record.
std::string candidates(const std::vector<const CodeTable::Row*>& rows) {
    std::vector<std::string> shown;
    for (const auto* row : rows)
        shown.push_back(row->within.empty() ? row->to
                                            : fmt::format("{} ({})", row->to, row->within));
    return fmt::format("{}", fmt::join(shown, ", "));
}

}  // namespace

const std::vector<CodeTable::Row>* CodeTable::rows_of(std::string_view local) const {
    // Most codes equal their comparable form; only others pay for it.
    auto at = rows_.find(local);
    if (at == rows_.end()) at = rows_.find(comparable(local));
    return at == rows_.end() ? nullptr : &at->second;
}

CodeTable::Hit CodeTable::look_up(std::string_view local, std::optional<Date> on,
                                  std::string_view within) const {
    Hit hit{local, rows_of(local), nullptr, {}, false};
    for (auto strip = strips_.begin(); !hit.rows && strip != strips_.end(); ++strip) {
        const auto shorter = without_suffix(hit.code, strip->pattern);
        if (!shorter) continue;
        hit.code = *shorter;
        hit.rows = rows_of(hit.code);
    }
    if (!hit.rows) return hit;
    const std::string place = within.empty() ? std::string() : comparable(within);
    for (const auto& row : *hit.rows) {
        const bool in_force = on ? (!row.valid_from || *row.valid_from <= *on) &&
                                       (!row.valid_to || *on <= *row.valid_to)
                                 : !row.valid_to;
        if (!in_force) continue;
        if (!place.empty() && row.within != place) {
            hit.elsewhere = true;
        } else if (!hit.row) {
            hit.row = &row;
        } else if (row.to != hit.row->to) {
            if (hit.several.empty()) hit.several.push_back(hit.row);
            hit.several.push_back(&row);
        }
    }
    if (!hit.several.empty()) hit.row = nullptr;
    return hit;
}

tl::expected<std::string_view, std::string> CodeTable::find(std::string_view local,
                                                            std::optional<Date> on,
                                                            std::string_view within) const {
    const Hit hit = look_up(local, on, within);
    if (hit.row) return hit.row->to;
    const std::string day = on ? " on " + iso_date(*on) : std::string();
    if (!hit.rows) {
        if (keep_unknown_) return local;
        return tl::make_unexpected(
            fmt::format("code {} is not in {}{}: {}", shown_value(local), shown_, day, advice_));
    }
    if (!hit.several.empty())
        return tl::make_unexpected(fmt::format(
            "code {} has several meanings in {}{}, and none is chosen: {}; the record must say "
            "which",
            shown_value(local), shown_, day, candidates(hit.several)));
    if (hit.elsewhere)
        return tl::make_unexpected(
            fmt::format("code {} is in {}{}, but not within {}: correct the record, or {}",
                        shown_value(local), shown_, day, shown_value(within), advice_));
    return tl::make_unexpected(
        fmt::format("code {} is in {}, but not in force{}: correct its dates or add a row",
                    shown_value(local), shown_, on ? day : std::string(" today")));
}

tl::expected<std::string_view, std::string> CodeTable::back(std::string_view national) const {
    if (const auto at = backwards_.find(national); at != backwards_.end()) return at->second;
    if (keep_unknown_) return national;
    return tl::make_unexpected(
        fmt::format("code {} is not in {}: {}", shown_value(national), shown_, advice_));
}

class CodeTableLoader {
  public:
    CodeTableLoader(DataFile& file, pugi::xml_node node) : file_(file), node_(node) {}

    std::shared_ptr<const CodeTable> run(const std::filesystem::path& codes_dir,
                                         std::set<std::filesystem::path>& read) {
        file_.allow(node_, {"name", "file", "from", "to", "unknown", "within"}, {"map", "strip"});
        table_->name_ = file_.required(node_, "name");
        table_->file_ = table_->rows_file_ = file_.shown();
        table_->line_ = file_.line(node_);
        const std::string_view unknown = node_.attribute("unknown").as_string("refuse");
        if (unknown != "refuse" && unknown != "keep")
            file_.fault(node_, "<codes> unknown: must be 'refuse' or 'keep'");
        table_->keep_unknown_ = unknown == "keep";
        for (const auto& strip : node_.children("strip")) {
            file_.allow(strip, {"pattern"});
            table_->strips_.push_back({file_.required(strip, "pattern"), file_.line(strip)});
        }
        if (node_.attribute("file"))
            from_csv(codes_dir, read);
        else
            from_rows();
        return table_->name_.empty() ? nullptr : table_;
    }

  private:
    void from_rows() {
        table_->shown_ = fmt::format("codes '{}' of {}", table_->name_, file_.shown());
        table_->advice_ = "add a <map> row there";
        if (node_.attribute("from") || node_.attribute("to") || node_.attribute("within"))
            file_.fault(node_, "<codes>: from, to and within name columns, so they need 'file'");
        for (const auto& map : node_.children("map")) {
            file_.allow(map, {"from", "to"});
            const std::string from = file_.required(map, "from");
            std::string to = file_.required(map, "to");
            const auto [at, added] = table_->rows_.try_emplace(comparable(from));
            if (!added && !from.empty())
                file_.fault(map, fmt::format("code '{}' comes twice", from));
            if (!table_->backwards_.emplace(to, from).second && !to.empty())
                table_->no_way_back_ = fmt::format("'{}' stands for two words", to);
            at->second.push_back({std::move(to), std::nullopt, std::nullopt, file_.line(map), {}});
        }
        if (table_->rows_.empty())
            file_.fault(node_,
                        fmt::format("codes '{}' has neither 'file' nor <map> rows", table_->name_));
    }

    void from_csv(const std::filesystem::path& codes_dir, std::set<std::filesystem::path>& read) {
        const std::string name = node_.attribute("file").value();
        if (name.empty() || name.find('/') != std::string::npos)
            return file_.fault(node_,
                               fmt::format("codes file '{}' must be the name of a file in {}", name,
                                           codes_dir.string()));
        if (node_.child("map"))
            file_.fault(node_, "<codes>: either 'file' or <map> rows, not both");
        path_ = codes_dir / name;
        table_->no_way_back_ = "only <map> rows can be read backwards";
        table_->shown_ = table_->rows_file_ = path_.string();
        const std::string from = file_.required(node_, "from");
        const std::string to = file_.required(node_, "to");
        table_->from_column_ = from;
        table_->to_column_ = to;
        const auto csv = read_csv(path_);
        if (!csv) return file_.faults().add(csv.error().message);
        read.insert(path_);
        table_->advice_ = fmt::format("add a row with its columns {}", fmt::join(csv->header, ","));
        std::vector<std::size_t> from_at;
        for (const auto& spelling : split(from, ' '))
            if (const auto at = column(csv->header, spelling)) from_at.push_back(*at);
        const auto to_at = column(csv->header, to);
        std::optional<std::size_t> within_at;
        if (node_.attribute("within"))
            within_at = column(csv->header, file_.required(node_, "within"));
        table_->has_within_ = within_at.has_value();
        if (from_at.empty() || !to_at) return;
        const auto valid_from_at = optional_column(csv->header, "valid_from");
        const auto valid_to_at = optional_column(csv->header, "valid_to");
        for (const auto& row : csv->rows) {
            CodeTable::Row entry;
            entry.to = trimmed(row.cells[*to_at]);
            entry.line = row.line;
            if (valid_from_at) entry.valid_from = day(row, *valid_from_at);
            if (valid_to_at) entry.valid_to = day(row, *valid_to_at);
            if (within_at) entry.within = comparable(row.cells[*within_at]);
            add_all(row, from_at, entry);
        }
    }

    // A code may be written in several columns, and in several ways within a cell.
    void add_all(const CsvRow& row, const std::vector<std::size_t>& from_at,
                 const CodeTable::Row& entry) {
        std::set<std::string> codes;
        for (const auto at : from_at)
            for (const auto& spelling : split(row.cells[at], '|'))
                codes.insert(comparable(spelling));
        if (codes.empty() || entry.to.empty()) return fault(row, "a code is empty");
        if (entry.valid_from && entry.valid_to && *entry.valid_to < *entry.valid_from)
            return fault(row, "valid_to lies before valid_from");
        for (const auto& code : codes)
            add(row, code, entry);
    }

    std::optional<std::size_t> optional_column(const std::vector<std::string>& header,
                                               std::string_view name) {
        const auto at = std::find(header.begin(), header.end(), name);
        if (at == header.end()) return std::nullopt;
        return std::size_t(at - header.begin());
    }

    std::optional<std::size_t> column(const std::vector<std::string>& header,
                                      const std::string& name) {
        const auto at = optional_column(header, name);
        if (!at && !name.empty())
            file_.fault(node_, fmt::format("{} has no column '{}'{}", path_.string(), name,
                                           suggestion(name, header)));
        return at;
    }

    std::optional<Date> day(const CsvRow& row, std::size_t column) {
        const auto text = trimmed(row.cells[column]);
        if (text.empty()) return std::nullopt;
        const auto date = parse_iso_date(text);
        if (!date) fault(row, fmt::format("'{}' is not a date of the form yyyy-MM-dd", text));
        return date;
    }

    void add(const CsvRow& row, const std::string& code, const CodeTable::Row& entry) {
        auto& rows = table_->rows_[code];
        for (const auto& other : rows) {
            const bool apart =
                (entry.valid_to && other.valid_from && *entry.valid_to < *other.valid_from) ||
                (other.valid_to && entry.valid_from && *other.valid_to < *entry.valid_from);
            if (!apart && other.within == entry.within && other.to != entry.to)
                return fault(row, fmt::format("code '{}' has another meaning on the same days in "
                                              "line {}",
                                              code, other.line));
        }
        rows.push_back(entry);
    }

    void fault(const CsvRow& row, std::string_view reason) {
        file_.faults().add(fmt::format("{}:{}: {}", path_.string(), row.line, reason));
    }

    DataFile& file_;
    pugi::xml_node node_;
    std::filesystem::path path_;
    std::shared_ptr<CodeTable> table_ = std::make_shared<CodeTable>();
};

std::shared_ptr<const CodeTable> load_codes(DataFile& file, pugi::xml_node node,
                                            const std::filesystem::path& codes_dir,
                                            std::set<std::filesystem::path>& read) {
    return CodeTableLoader(file, node).run(codes_dir, read);
}

}  // namespace dvcsync::mapping
