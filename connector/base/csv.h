// A strict reader of small CSV files (code tables, the calendar). Pure functions, thread-safe.
//
// UTF-8, optional byte order mark, lines end in LF or CRLF, cells may stand in double quotes with
// "" for a quote inside and line breaks inside. Blank lines and lines that start with # are passed
// over. Every fault is a Config error "file:line: what is wrong".
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync {

struct CsvRow {
    std::uint64_t line = 0;          // 1-based line on which the row starts
    std::vector<std::string> cells;  // as many as the header has
};

struct CsvTable {
    std::vector<std::string> header;
    std::vector<CsvRow> rows;
};

// `header` is what the first line must be, in this order; empty: any names, each once.
// At most limits::max_csv_file bytes and limits::max_code_table_rows rows.
Result<CsvTable> read_csv(const std::filesystem::path& file,
                          std::initializer_list<std::string_view> header = {});
// The same for text in memory; `name` stands for the file in messages.
Result<CsvTable> parse_csv(std::string_view text, std::string_view name,
                           std::initializer_list<std::string_view> header = {});

// -- writing --------------------------------------------------------------------------------------
// RFC 4180: cells in quotes, lines that end in CRLF. Begin a file with csv_mark, or spreadsheets
// take Vietnamese for something else.
inline constexpr std::string_view csv_mark = "\xef\xbb\xbf";
// One cell of text. Spreadsheets run what begins like a formula, so such a text gets a ' before it.
std::string csv_cell(std::string_view text);

}  // namespace dvcsync
