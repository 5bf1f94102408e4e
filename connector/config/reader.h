// Reads one TOML file key by key and collects every fault with its line instead of stopping at the
// first.
//
// toml++ stays inside reader.cpp. A Reader belongs to one thread. The getters return the default
// (or an empty value) where the key is absent or wrong; the fault is then noted, so a caller just
// reads on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::config {

// A section and its keys. No keys: any name is allowed and the section may be absent.
struct Shape {
    std::string_view name;
    std::vector<std::string_view> keys;
    bool required = true;
};

class Reader {
  public:
    // Config error if the file cannot be read or is not TOML (the parser stops at the first such
    // line). Unknown sections and keys, and missing sections, are noted at once.
    static Result<Reader> open(const std::filesystem::path& file, std::span<const Shape> shapes);

    bool has(std::string_view section) const;
    bool has(std::string_view section, std::string_view key) const;
    // The line of a key; of its section where it is absent; 0 where both are.
    std::size_t line(std::string_view section, std::string_view key) const;
    std::string text(std::string_view section, std::string_view key, bool required = true);
    std::int64_t number(std::string_view section, std::string_view key, std::int64_t least,
                        std::int64_t most, std::int64_t otherwise);
    bool flag(std::string_view section, std::string_view key);  // absent: false
    std::string word(std::string_view section, std::string_view key,
                     std::span<const std::string_view> words, std::string otherwise);
    // Absolute; a relative one starts at the file's folder. Does not look whether it exists.
    std::filesystem::path path(std::string_view section, std::string_view key,
                               bool required = true);
    // The keys and texts of a section of free names.
    std::map<std::string, std::string> all(std::string_view section);

    // Notes "<file>:<line>: [section] key <text>"; an absent key has its section's line. Nothing is
    // noted of a section that is missing as a whole: that was a fault already.
    void fault(std::string_view section, std::string_view key, std::string_view text);
    // One line for each fault in the order of the file; "" if there is none.
    std::string faults() const;

    Reader(Reader&&) noexcept;
    ~Reader();

  private:
    struct Impl;
    explicit Reader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace dvcsync::config
