// Counted findings: violations by rule, and notes. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace dvcsandbox {

class Findings {
  public:
    static constexpr std::size_t kExamples = 20;

    struct Entry {
        std::uint64_t count = 0;
        std::vector<std::string> examples;  // codes of the first records, never values
    };

    void add(const std::string& rule, std::string_view code) {
        const std::lock_guard lock(mutex_);
        Entry& entry = entries_[rule];
        ++entry.count;
        if (entry.examples.size() < kExamples) entry.examples.emplace_back(code);
    }
    std::map<std::string, Entry> all() const {
        const std::lock_guard lock(mutex_);
        return entries_;
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        entries_.clear();
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, Entry> entries_;
};

}  // namespace dvcsandbox
