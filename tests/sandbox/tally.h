// Calls and items by service and outcome. Thread-safe without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "tests/sandbox/services.h"

namespace dvcsandbox {

class Tally {
  public:
    void add(Service service, Code code) {
        cell(service, code).fetch_add(1, std::memory_order_relaxed);
    }
    std::uint64_t get(Service service, Code code) const {
        return cells_[index(service, code)].load(std::memory_order_relaxed);
    }
    void clear() {
        for (auto& cell : cells_)
            cell.store(0);
    }

  private:
    static std::size_t index(Service service, Code code) {
        // Codes run from -5 to 1.
        return static_cast<std::size_t>(service) * kCodes.size() +
               static_cast<std::size_t>(static_cast<int>(code) + 5);
    }
    std::atomic<std::uint64_t>& cell(Service service, Code code) {
        return cells_[index(service, code)];
    }
    std::array<std::atomic<std::uint64_t>, kServices * kCodes.size()> cells_{};
};

}  // namespace dvcsandbox
