#include "connector/sync/retry.h"

#include <gtest/gtest.h>

namespace dvcsync::sync {
namespace {

constexpr std::uint64_t most = ~std::uint64_t{0};

TEST(Backoff, DoublesItsLongestWaitUpToTheCap) {
    for (int attempt = 1; attempt < 40; ++attempt) {
        const auto longest =
            std::min(backoff_cap, backoff_base * (std::int64_t{1} << std::min(attempt - 1, 20)));
        Millis seen{0};
        for (std::uint64_t random = 0; random < 4'000; ++random) {
            const auto wait = backoff(attempt, random * 0x9e3779b97f4a7c15ULL, std::nullopt);
            ASSERT_GE(wait, Millis{0});
            ASSERT_LE(wait, longest);
            seen = std::max(seen, wait);
        }
        EXPECT_GT(seen, longest * 9 / 10) << "full jitter reaches the whole range";
    }
}

TEST(Backoff, HonoursWhatThePortalAsksButNeverBeyondTheCap) {
    EXPECT_EQ(backoff(1, most, Millis{5'000}), Millis{5'000});
    EXPECT_EQ(backoff(9, 0, Millis{7}), Millis{7});
    EXPECT_EQ(backoff(1, 0, Millis{std::chrono::hours{48}}), backoff_cap);
    EXPECT_EQ(backoff(1, 0, Millis{-5}), Millis{0});
}

TEST(Backoff, SurvivesAbsurdAttemptNumbers) {
    EXPECT_LE(backoff(1'000'000, most, std::nullopt), backoff_cap);
    EXPECT_GE(backoff(0, most, std::nullopt), Millis{0});
    EXPECT_GE(backoff(-3, most, std::nullopt), Millis{0});
}

}  // namespace
}  // namespace dvcsync::sync
