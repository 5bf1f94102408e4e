// The portal's catalogue of procedures: national codes and names. Immutable after load,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dvcsandbox {

class NationalList {
  public:
    // CSV with the header "code,name". On a fault: nothing, and `error` names file and line.
    static std::optional<NationalList> load(const std::string& file, std::string& error);
    static std::optional<NationalList> parse(std::string_view csv, std::string& error);

    std::optional<std::uint32_t> find(std::string_view code) const;
    const std::string& code(std::uint32_t index) const { return rows_[index].code; }
    const std::string& name(std::uint32_t index) const { return rows_[index].name; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(rows_.size()); }

  private:
    struct Row {
        std::string code;
        std::string name;
    };
    std::vector<Row> rows_;
    std::unordered_map<std::string, std::uint32_t> by_code_;
};

}  // namespace dvcsandbox
