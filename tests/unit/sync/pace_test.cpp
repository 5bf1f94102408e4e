#include "connector/sync/pace.h"

#include <gtest/gtest.h>

namespace dvcsync::sync {
namespace {

using namespace std::chrono_literals;

constexpr auto start = Gate::Steady{1h};

GateRules paced(double per_second, int burst) {
    GateRules rules;
    rules.per_second = per_second;
    rules.burst = burst;
    return rules;
}

bool open(const Gate& gate, Gate::Steady now) {
    const auto at = gate.opens_at(now);
    return at && *at <= now;
}

// One task that makes one call.
bool call(Gate& gate, Gate::Steady now, bool failed, std::optional<Millis> asked = {}) {
    const auto stamp = gate.give(now);
    return gate.answered(stamp, 1, failed, asked, "down", 0, now);
}

TEST(Gate, WithoutALimitItIsAlwaysOpen) {
    Gate gate({});
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(open(gate, start));
        call(gate, start, false);
    }
}

TEST(Gate, ABurstPassesAndThenTheRateHolds) {
    Gate gate(paced(10, 3));
    Gate::Steady now = start;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(open(gate, now)) << i;
        call(gate, now, false);
    }
    EXPECT_FALSE(open(gate, now));
    // Whoever comes as soon as it opens makes ten calls a second.
    const auto began = now;
    for (int i = 0; i < 100; ++i) {
        now = *gate.opens_at(now);
        call(gate, now, false);
    }
    EXPECT_NEAR(std::chrono::duration<double>(now - began).count(), 10, 0.1);
}

TEST(Gate, APauseFillsTheBucketNoFurtherThanTheBurst) {
    Gate gate(paced(10, 3));
    for (int i = 0; i < 3; ++i)
        call(gate, start, false);
    const auto later = start + 1h;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(open(gate, later));
        call(gate, later, false);
    }
    EXPECT_FALSE(open(gate, later));
}

TEST(Gate, ATaskOfManyCallsPutsTheBucketIntoDebt) {
    Gate gate(paced(10, 1));
    const auto stamp = gate.give(start);
    gate.answered(stamp, 11, false, {}, "", 0, start);
    EXPECT_NEAR(std::chrono::duration<double>(*gate.opens_at(start) - start).count(), 1.1, 0.01);
}

TEST(Gate, AFewFailuresInARowOpenTheBreakerAndAnAnswerBetweenThemDoesNot) {
    Gate gate({});
    for (int i = 0; i < 4; ++i)
        call(gate, start, true);
    EXPECT_FALSE(gate.broken());
    call(gate, start, false);
    for (int i = 0; i < 4; ++i)
        call(gate, start, true);
    EXPECT_FALSE(gate.broken());
    call(gate, start, true);
    EXPECT_TRUE(gate.broken());
    EXPECT_EQ(gate.reason(), "down");
    EXPECT_FALSE(open(gate, start));
}

TEST(Gate, AnOpenBreakerLetsOneProbeThroughAndThenWaitsForItsAnswer) {
    Gate gate({});
    for (int i = 0; i < 5; ++i)
        call(gate, start, true);
    const auto later = *gate.opens_at(start);
    EXPECT_GT(later, start);
    const auto probe = gate.give(later);
    EXPECT_FALSE(gate.opens_at(later)) << "nothing until the probe is back";
    gate.answered(probe, 1, false, {}, "", 0, later);
    EXPECT_FALSE(gate.broken());
    EXPECT_TRUE(open(gate, later));
}

TEST(Gate, FailedProbesWaitLongerEachTimeUpToTheCap) {
    Gate gate({});
    for (int i = 0; i < 5; ++i)
        call(gate, start, true);
    Gate::Steady now = start;
    Gate::Steady before{0};
    for (int i = 0; i < 30; ++i) {
        const auto opens = *gate.opens_at(now);
        EXPECT_LE(opens - now, Gate::Steady{1h} + 1s);
        before = opens - now;
        now = opens;
        const auto stamp = gate.give(now);
        gate.answered(stamp, 1, true, {}, "down", ~0ULL / 2, now);
    }
    EXPECT_GT(before, Gate::Steady{1min});
}

TEST(Gate, ATimeThatThePortalNamesIsKeptAtOnceAndCapped) {
    Gate gate({});
    call(gate, start, true, Millis{30'000});
    EXPECT_TRUE(gate.broken());
    EXPECT_EQ(*gate.opens_at(start) - start, 30s);
    call(gate, start + 30s, true, Millis{99'999'999});
    EXPECT_LE(*gate.opens_at(start + 30s) - start, 1h + 31s);
}

TEST(Gate, AFailureWhileOthersGotThroughIsTheItemsOwn) {
    Gate gate({});
    const auto slow = gate.give(start);
    const auto quick = gate.give(start);
    EXPECT_FALSE(gate.answered(quick, 1, false, {}, "", 0, start));
    EXPECT_FALSE(gate.answered(slow, 1, true, {}, "timeout", 0, start)) << "not the endpoint's";
    const auto alone = gate.give(start);
    EXPECT_FALSE(gate.answered(alone, 1, true, {}, "timeout", 0, start)) << "it served others";
    for (int i = 0; i < 3; ++i)
        call(gate, start, true);
    EXPECT_TRUE(call(gate, start, true)) << "now it is evidently down";
}

TEST(Gate, WhatWasUnderWayWhenTheBreakerOpenedDoesNotOpenItForLonger) {
    Gate gate({});
    std::vector<std::uint64_t> stamps;
    for (int i = 0; i < 12; ++i)
        stamps.push_back(gate.give(start));
    for (int i = 0; i < 5; ++i)
        gate.answered(stamps[static_cast<std::size_t>(i)], 1, true, {}, "down", 0, start);
    const auto opens = *gate.opens_at(start);
    for (std::size_t i = 5; i < stamps.size(); ++i)
        gate.answered(stamps[i], 1, true, {}, "down", 0, start);
    EXPECT_EQ(*gate.opens_at(start), opens);
}

TEST(Gate, ATaskWithoutACallSaysNothingOfTheEndpoint) {
    Gate gate({});
    for (int i = 0; i < 5; ++i)
        call(gate, start, true);
    const auto later = *gate.opens_at(start);
    const auto stamp = gate.give(later);
    gate.answered(stamp, 0, false, {}, "", 0, later);
    EXPECT_TRUE(gate.broken());
    EXPECT_TRUE(open(gate, later)) << "the probe may go to another item";
}

}  // namespace
}  // namespace dvcsync::sync
