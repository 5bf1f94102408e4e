// An XML file that a person wrote (vocabulary, mapping, shared tables) while it is being loaded.
//
// Faults are collected, not returned: a person mends a file in one go. Every fault is one line,
// "path:line: what is wrong". Used by one thread, only while loading.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::mapping {

// The faults of all files, in the order found.
class Faults {
  public:
    void add(std::string line) { lines_.push_back(std::move(line)); }
    bool empty() const { return lines_.empty(); }
    std::string text() const;
    const std::vector<std::string>& lines() const { return lines_; }

  private:
    std::vector<std::string> lines_;
};

class DataFile {
  public:
    // Reads and parses; check is_usable(). At most limits::max_mapping_file bytes, well-formed, no
    // document type declaration, no deeper than limits::max_xml_depth.
    DataFile(std::filesystem::path path, Faults& faults);
    DataFile(const DataFile&) = delete;
    DataFile& operator=(const DataFile&) = delete;

    bool is_usable() const { return bool(root()); }
    pugi::xml_node root() const { return document_.document_element(); }
    const std::filesystem::path& path() const { return path_; }
    std::string shown() const { return path_.string(); }
    const std::string& bytes() const { return bytes_; }

    // 1-based line on which the element starts.
    std::size_t line(pugi::xml_node where) const;
    void fault(pugi::xml_node where, std::string_view reason);
    Faults& faults() { return faults_; }

    // Faults for attributes and child elements that are not among the allowed ones, for attributes
    // that come twice, and for stray text.
    void allow(pugi::xml_node node, std::initializer_list<std::string_view> attributes,
               std::initializer_list<std::string_view> children = {});
    // Faults for attributes and child elements of an element that holds text.
    void allow_text(pugi::xml_node node);
    // The attribute's value; a fault if it is missing or empty.
    std::string required(pugi::xml_node node, const char* name);
    // true for "yes", false for "no" or absent; a fault for anything else.
    bool is_yes(pugi::xml_node node, const char* name);
    // A positive number; 0 if absent; a fault for anything else.
    std::size_t number(pugi::xml_node node, const char* name);

  private:
    std::filesystem::path path_;
    Faults& faults_;
    std::string bytes_;
    std::vector<std::size_t> line_ends_;  // offsets of the line feeds
    pugi::xml_document document_;
};

// " (did you mean 'procedure'?)", or nothing if no candidate is close.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

// The parts of `text` between `separator`s, each trimmed, none empty.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace dvcsync::mapping
