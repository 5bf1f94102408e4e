// Code tables: local code → national code, from a CSV file with dates of effect or from inline
// rows.
//
// Codes are compared in their comparable() form. Immutable after loading, shared between threads.
// Internal to the module.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/time.h"
#include "connector/mapping/data_file.h"
#include "connector/mapping/vocabulary.h"

namespace dvcsync::mapping {

class CodeTable {
  public:
    struct Row {
        std::string to;
        std::optional<Date> valid_from;  // both days belong to the range
        std::optional<Date> valid_to;
        std::size_t line = 0;  // in rows_file()
        std::string within;    // comparable(): what tells rows of one code apart; "": nothing
    };
    struct Hit {
        std::string_view code;                   // as it was found: perhaps without a suffix
        const std::vector<Row>* rows = nullptr;  // of that code; nullptr: it is not in the table
        const Row* row = nullptr;                // the one in force; nullptr: none, or several
        std::vector<const Row*> several;         // in force with different results: none was chosen
        bool elsewhere = false;                  // in force, but not within what was asked for
    };
    struct Strip {
        std::string pattern;  // '#' = one digit
        std::size_t line = 0;
    };

    // Where find() finds it.
    Hit look_up(std::string_view local, std::optional<Date> on, std::string_view within = {}) const;
    // The national code of `local`, or why there is none. Without a day, only rows that are still
    // in force (no valid_to) count. The result may be `local` itself (tables that keep unknown
    // codes), so it lives as long as the table and `local`. With `within`, only rows of that place
    // count; rows that differ are never guessed between.
    tl::expected<std::string_view, std::string> find(std::string_view local, std::optional<Date> on,
                                                     std::string_view within = {}) const;
    // The other way: what a national code means. Only for tables of <map> rows, each with another
    // code; the error says what is wrong with this one.
    tl::expected<std::string_view, std::string> back(std::string_view national) const;
    // Empty, or why the table cannot be read backwards.
    const std::string& no_way_back() const { return no_way_back_; }
    const std::string& name() const { return name_; }
    // For whoever examines or explains a table.
    const StringMap<std::vector<Row>>& rows() const { return rows_; }  // by comparable() code
    const std::vector<Strip>& strips() const { return strips_; }       // tried in order
    bool keeps_unknown() const { return keep_unknown_; }
    bool is_inline() const { return rows_file_ == file_; }
    const std::string& file() const { return file_; }  // that defines it
    std::size_t line() const { return line_; }
    bool has_within() const { return has_within_; }
    const std::string& rows_file() const { return rows_file_; }
    const std::string& from_column() const { return from_column_; }  // of a CSV file
    const std::string& to_column() const { return to_column_; }

  private:
    friend class CodeTableLoader;
    const std::vector<Row>* rows_of(std::string_view local) const;

    std::string name_;
    std::string file_;
    std::size_t line_ = 0;
    std::string rows_file_;
    std::string from_column_, to_column_;
    std::string shown_;   // the CSV file, or "codes 'status' of mappings/…"
    std::string advice_;  // what row to add
    bool keep_unknown_ = false;
    bool has_within_ = false;
    std::vector<Strip> strips_;
    StringMap<std::vector<Row>> rows_;
    StringMap<std::string> backwards_;
    std::string no_way_back_;
};

// nullptr if there was a fault. `codes_dir` holds the CSV files; the one read is added to `read`.
std::shared_ptr<const CodeTable> load_codes(DataFile& file, pugi::xml_node node,
                                            const std::filesystem::path& codes_dir,
                                            std::set<std::filesystem::path>& read);

}  // namespace dvcsync::mapping
