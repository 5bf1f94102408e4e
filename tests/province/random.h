// Random choices that a seed replays on every machine: integer arithmetic and plain products only,
// no library distribution (their results differ between standard libraries). Value types, no
// sharing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dvcsync::year {

// A well-mixed number of two numbers (splitmix64); how sub-streams get their seeds.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

class Rng {
  public:
    explicit Rng(std::uint64_t seed) : state_(seed) {}
    Rng(std::uint64_t seed, std::uint64_t stream) : state_(mix(seed, stream)) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        return mix(state_, 0);
    }
    // 0 … n-1; 0 if n is 0. The bias below 2^-32 does not matter here.
    std::uint32_t below(std::uint64_t n) {
        return n == 0 ? 0 : static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
    }
    int between(int low, int high) {
        return high <= low ? low : low + static_cast<int>(below(std::uint64_t(high - low) + 1));
    }
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    bool chance(double probability) { return unit() < probability; }
    template <class T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }
    template <class T>
    void shuffle(std::vector<T>& items) {
        for (std::size_t i = items.size(); i > 1; --i)
            std::swap(items[i - 1], items[below(i)]);
    }

  private:
    std::uint64_t state_;
};

}  // namespace dvcsync::year
