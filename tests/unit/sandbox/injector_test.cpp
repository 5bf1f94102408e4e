// Which calls are spoiled: by seed, by number, by rate.
#include "tests/sandbox/injector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace dvcsandbox::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

InjectionPlan plan(std::string_view spec, std::uint64_t seed = 1, std::string_view services = "") {
    std::string error;
    auto made = parse_plan(spec, services, seed, error);
    EXPECT_TRUE(made) << error;
    return made.value_or(InjectionPlan{});
}

constexpr Injector::Call kPush{.service = Service::DongBoHoSoMC, .reused = true, .items = 10};

std::vector<Injection> drawn(Injector& injector, int calls) {
    std::vector<Injection> kinds;
    for (int i = 0; i < calls; ++i)
        kinds.push_back(injector.draw(kPush).kind);
    return kinds;
}

TEST(Injector, IsTheSameForTheSameSeed) {
    Injector injector;
    injector.use(plan("all=0.5", 42));
    const auto first = drawn(injector, 500);
    injector.use(plan("all=0.5", 42));
    EXPECT_EQ(drawn(injector, 500), first);
    injector.use(plan("all=0.5", 43));
    EXPECT_NE(drawn(injector, 500), first);
}

TEST(Injector, MeetsItsRates) {
    Injector injector;
    injector.use(plan("all=0.17"));
    constexpr int calls = 100'000;
    drawn(injector, calls);
    const auto counts = injector.counts();
    for (std::size_t i = 1; i < kInjections; ++i)
        EXPECT_NEAR(static_cast<double>(counts[i]), calls * 0.01, calls * 0.002)
            << name_of(static_cast<Injection>(i));
}

TEST(Injector, SeedsThatFollowOneAnotherAreNotAlike) {
    Injector injector;
    std::vector<int> hits;
    for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
        injector.use(plan("late=0.5", seed));
        const auto kinds = drawn(injector, 20);
        hits.push_back(static_cast<int>(std::count(kinds.begin(), kinds.end(), Injection::Late)));
    }
    // The binomial B(20, 1/2) has mean 10 and variance 5.
    double mean = 0;
    double variance = 0;
    for (const int hit : hits)
        mean += hit / 1000.0;
    for (const int hit : hits)
        variance += (hit - mean) * (hit - mean) / 1000.0;
    EXPECT_NEAR(mean, 10, 0.5);
    EXPECT_NEAR(variance, 5, 1);
}

TEST(Injector, DrawsTheSameListFromManyThreads) {
    Injector alone;
    alone.use(plan("all=0.5", 7));
    auto expected = drawn(alone, 4'000);
    Injector shared;
    shared.use(plan("all=0.5", 7));
    std::vector<std::vector<Injection>> parts(4);
    std::vector<std::thread> threads;
    for (auto& part : parts)
        threads.emplace_back([&shared, &part] { part = drawn(shared, 1'000); });
    for (auto& thread : threads)
        thread.join();
    std::vector<Injection> met;
    for (const auto& part : parts)
        met.insert(met.end(), part.begin(), part.end());
    std::sort(met.begin(), met.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(met, expected);
    EXPECT_EQ(shared.counts(), alone.counts());
}

TEST(Injector, SpoilsOnlyCallsOfTheServicesThatAreNamed) {
    Injector injector;
    injector.use(plan("late=1", 1, "login,TraCuuHoSo"));
    EXPECT_EQ(injector.draw({.service = Service::Login}).kind, Injection::Late);
    EXPECT_EQ(injector.draw({.service = Service::TraCuuHoSo}).kind, Injection::Late);
    EXPECT_EQ(injector.draw(kPush).kind, Injection::None);
}

TEST(Injector, CallsThatAreNotMeantAreNotNumbered) {
    Injector injector;
    injector.use(plan("all=0.5", 9, "DongBoHoSoMC"));
    const auto expected = drawn(injector, 50);
    injector.use(plan("all=0.5", 9, "DongBoHoSoMC"));
    std::vector<Injection> met;
    for (int i = 0; i < 50; ++i) {
        injector.draw({.service = Service::Login});
        met.push_back(injector.draw(kPush).kind);
    }
    EXPECT_EQ(met, expected);
}

TEST(Injector, DoesNotDoWhatCannotHappenToACall) {
    Injector injector;
    injector.use(plan("close-reused=1"));
    EXPECT_EQ(injector.draw({.service = Service::DongBoHoSoMC}).kind, Injection::None);
    injector.use(plan("half-batch=1"));
    EXPECT_EQ(injector.draw({.service = Service::DongBoHoSoMC, .items = 1}).kind, Injection::None);
    injector.use(plan("session-expired=1"));
    EXPECT_EQ(injector.draw({.service = Service::Login}).kind, Injection::None);
    EXPECT_THAT(injector.counts(), Each(0U));
}

TEST(InjectionPlans, AllGivesEveryKindItsShareAndNamesGoFirst) {
    const auto made = plan("late=0.5,all=0.17,reset=0");
    EXPECT_DOUBLE_EQ(made.rates[static_cast<std::size_t>(Injection::Late)], 0.5);
    EXPECT_DOUBLE_EQ(made.rates[static_cast<std::size_t>(Injection::Reset)], 0);
    EXPECT_DOUBLE_EQ(made.rates[static_cast<std::size_t>(Injection::Slow)], 0.01);
    EXPECT_THAT(plan("").rates, Each(0.0));
    plan("all=1");
}

TEST(InjectionPlans, SayWhatIsWrong) {
    for (const std::string_view spec :
         {"late", "late=", "late=x", "late=1.5", "late=-1", "late=0.1x", "later=0.1", "none=1",
          "late=0.1,", ",", "late=0.6,slow=0.6", "late=nan"}) {
        std::string error;
        EXPECT_FALSE(parse_plan(spec, "", 1, error)) << spec;
        EXPECT_FALSE(error.empty()) << spec;
    }
    std::string error;
    EXPECT_FALSE(parse_plan("late=0.1", "login,nonsense", 1, error));
    EXPECT_THAT(error, HasSubstr("nonsense"));
}

}  // namespace
}  // namespace dvcsandbox::testing
