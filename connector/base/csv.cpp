#include "connector/base/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "connector/base/files.h"
#include "connector/base/legacy_text.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"

namespace dvcsync {
namespace {

class Reader {
  public:
    Reader(std::string_view text, std::string_view name) : rest_(text), name_(name) {
        if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    }

    tl::unexpected<Error> bad(std::uint64_t line, std::string_view why) const {
        return fail(ErrorKind::Config, fmt::format("{}:{}: {}", name_, line, why));
    }

    // The next row, or nullopt at the end.
    Result<std::optional<CsvRow>> next() {
        skip_empty();
        if (rest_.empty()) return std::nullopt;
        CsvRow row{line_, {}};
        for (;;) {
            DVC_TRY_ASSIGN(cell, next_cell());
            row.cells.push_back(std::move(cell));
            if (rest_.starts_with(',')) {
                rest_.remove_prefix(1);
                continue;
            }
            if (!rest_.empty()) end_line();
            return row;
        }
    }

  private:
    static bool at_line_end(std::string_view text) {
        return text.empty() || text.starts_with('\n') || text.starts_with("\r\n");
    }

    void end_line() {
        rest_.remove_prefix(rest_.find('\n') + 1);
        ++line_;
    }

    void skip_empty() {
        while (!rest_.empty() && (at_line_end(rest_) || rest_.starts_with('#'))) {
            if (rest_.find('\n') == std::string_view::npos)
                rest_ = {};
            else
                end_line();
        }
    }

    Result<std::string> next_cell() {
        if (rest_.starts_with('"')) return quoted_cell();
        const std::size_t end = std::min(rest_.find_first_of(",\n\""), rest_.size());
        if (end < rest_.size() && rest_[end] == '"')
            return bad(line_, "a quote inside a cell; put the whole cell in quotes and double it");
        std::string_view cell = rest_.substr(0, end);
        if (end < rest_.size() && rest_[end] == '\n' && cell.ends_with('\r')) cell.remove_suffix(1);
        rest_.remove_prefix(cell.size());
        return std::string(cell);
    }

    Result<std::string> quoted_cell() {
        const std::uint64_t start = line_;
        rest_.remove_prefix(1);
        std::string cell;
        for (;;) {
            const std::size_t quote = rest_.find('"');
            if (quote == std::string_view::npos) return bad(start, "a quote is never closed");
            cell += rest_.substr(0, quote);
            line_ += std::uint64_t(std::count(rest_.begin(), rest_.begin() + long(quote), '\n'));
            rest_.remove_prefix(quote + 1);
            if (!rest_.starts_with('"')) break;
            cell += '"';
            rest_.remove_prefix(1);
        }
        if (!rest_.starts_with(',') && !at_line_end(rest_))
            return bad(line_, "text after a closing quote");
        return cell;
    }

    std::string_view rest_;
    std::string_view name_;
    std::uint64_t line_ = 1;
};

}  // namespace

Result<CsvTable> parse_csv(std::string_view text, std::string_view name,
                           std::initializer_list<std::string_view> header) {
    Reader reader(text, name);
    if (const std::size_t at = invalid_utf8_at(text); at != std::string_view::npos) {
        const auto before = text.substr(0, at);
        return reader.bad(1 + std::uint64_t(std::count(before.begin(), before.end(), '\n')),
                          "not UTF-8" + legacy_hint(text) + "; save the file as UTF-8");
    }
    DVC_TRY_ASSIGN(first, reader.next());
    if (!first) return reader.bad(1, "the file is empty; its first line must name the columns");
    CsvTable table;
    table.header = std::move(first->cells);
    if (header.size() != 0 &&
        !std::equal(header.begin(), header.end(), table.header.begin(), table.header.end()))
        return reader.bad(first->line,
                          fmt::format("the first line must be {}", fmt::join(header, ",")));
    if (std::set(table.header.begin(), table.header.end()).size() != table.header.size())
        return reader.bad(first->line, "a column name comes twice");
    for (;;) {
        DVC_TRY_ASSIGN(row, reader.next());
        if (!row) return table;
        if (row->cells.size() != table.header.size())
            return reader.bad(row->line, fmt::format("{} cells, but the first line names {}",
                                                     row->cells.size(), table.header.size()));
        if (table.rows.size() == limits::max_code_table_rows)
            return reader.bad(row->line,
                              fmt::format("more than {} rows", limits::max_code_table_rows));
        table.rows.push_back(*std::move(row));
    }
}

Result<CsvTable> read_csv(const std::filesystem::path& file,
                          std::initializer_list<std::string_view> header) {
    DVC_TRY_ASSIGN(text, read_file(file, limits::max_csv_file));
    return parse_csv(text, file.string(), header);
}

std::string csv_cell(std::string_view text) {
    constexpr std::string_view dangerous = "=+-@\t\r";
    std::string cell = "\"";
    if (!text.empty() && dangerous.find(text.front()) != std::string_view::npos) cell += '\'';
    for (const char c : text) {
        if (c == '"') cell += '"';
        cell += c;
    }
    return cell + '"';
}

}  // namespace dvcsync
