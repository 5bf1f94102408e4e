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
    // The national code of `local`, or why there is none. Without a day, only rows that are still
    // in force (no valid_to) count. The result may be `local` itself (tables that keep unknown
    // codes), so it lives as long as the table and `local`.
    tl::expected<std::string_view, std::string> find(std::string_view local,
                                                     std::optional<Date> on) const;
    // The other way: what a national code means. Only for tables of <map> rows, each with another
    // code; the error says what is wrong with this one.
    tl::expected<std::string_view, std::string> back(std::string_view national) const;
    // Empty, or why the table cannot be read backwards.
    const std::string& no_way_back() const { return no_way_back_; }
    const std::string& name() const { return name_; }

  private:
    friend class CodeTableLoader;
    struct Row {
        std::string to;
        std::optional<Date> valid_from;  // both days belong to the range
        std::optional<Date> valid_to;
    };
    const std::vector<Row>* rows_of(std::string_view local) const;

    std::string name_;
    std::string shown_;   // the CSV file, or "codes 'status' of mappings/…"
    std::string advice_;  // what row to add
    bool keep_unknown_ = false;
    std::vector<std::string> strips_;  // suffix patterns, '#' = one digit, tried in order
    StringMap<std::vector<Row>> rows_;
    StringMap<std::string> backwards_;
    std::string no_way_back_;
};

// nullptr if there was a fault. `codes_dir` holds the CSV files; the one read is added to `read`.
std::shared_ptr<const CodeTable> load_codes(DataFile& file, pugi::xml_node node,
                                            const std::filesystem::path& codes_dir,
                                            std::set<std::filesystem::path>& read);

}  // namespace dvcsync::mapping
