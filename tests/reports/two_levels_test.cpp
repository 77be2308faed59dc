// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/two_levels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

/// Around `low` with probability 1 - share, else around `high`; deviations as shares.
std::vector<double> mixture(double low, double high, double share, double deviation, std::size_t n,
                            unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(1.0, deviation);
    std::bernoulli_distribution is_high(share);
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i)
        values.push_back((is_high(random) ? high : low) * normal(random));
    return values;
}

TEST(TwoLevels, AreFoundInAMixture) {
    // 36 and 60 GB/s with 3 % of noise: 17 deviations apart. At 200 values the share's standard
    // error is 3.5 %, and that of a level's median 0.4 %: five of each.
    for (unsigned seed = 0; seed < 100; ++seed) {
        const auto found = two_levels(mixture(36e9, 60e9, 0.4, 0.03, 200, seed));
        ASSERT_TRUE(found) << seed;
        EXPECT_NEAR(found->low, 36e9, 0.02 * 36e9);
        EXPECT_NEAR(found->high, 60e9, 0.02 * 60e9);
        EXPECT_NEAR(found->share_high, 0.4, 0.175);
    }
}

/// How often `series` is taken for two levels, of 300 seeds.
template <class Series>
int false_alarms(Series series) {
    int found = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        found += two_levels(series(random)) ? 1 : 0;
    }
    return found;
}

template <class Distribution>
std::vector<double> draw(std::mt19937& random, Distribution distribution, std::size_t n) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(distribution(random));
    return values;
}

TEST(TwoLevels, OneLevelHasNone) {
    // With a rate of 1 % 300 series have 3 false alarms; 10 or more have a chance of 0.1 %.
    for (const std::size_t n : {24U, 60U, 200U}) {
        EXPECT_LT(false_alarms([&](std::mt19937& random) {
                      return draw(random, std::normal_distribution<double>(40e9, 4e9), n);
                  }),
                  10);
        EXPECT_LT(false_alarms([&](std::mt19937& random) {
                      return draw(random, std::uniform_real_distribution<double>(30e9, 60e9), n);
                  }),
                  10);
        // A long tail, as of a machine that something else now and then holds up.
        EXPECT_LT(false_alarms([&](std::mt19937& random) {
                      std::vector<double> values =
                          draw(random, std::exponential_distribution<double>(1.0), n);
                      for (double& x : values) x = 1e-3 * (1.0 + 0.2 * x);
                      return values;
                  }),
                  10);
    }
}

TEST(TwoLevels, ASlowDriftIsNone) {
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) values.push_back(60e9 - 0.1e9 * i);
    EXPECT_FALSE(two_levels(values));
}

TEST(TwoLevels, FewOrSmallDifferencesAreNone) {
    EXPECT_FALSE(two_levels({}));
    EXPECT_FALSE(two_levels(mixture(36e9, 60e9, 0.5, 0.01, 23, 1)));
    // Two levels of a clock's grain, 2 % apart.
    EXPECT_FALSE(two_levels(mixture(40e9, 40.8e9, 0.5, 0.0001, 100, 1)));
    // A twentieth of the values is a disturbance, not a level.
    std::vector<double> values(95, 60e9);
    values.resize(100, 36e9);
    EXPECT_FALSE(two_levels(values));
    EXPECT_FALSE(two_levels(std::vector<double>(20, 0.0)));
}

TEST(TwoLevels, OfRecordedSeries) {
    // 29 of its 77 reads take 0.95 to 1.37 ms, the others 1.71 to 2.48; 75.99 MB each.
    std::vector<double> rates;
    for (const double ns : testing::recorded("memory_jumps.txt")) rates.push_back(75.988996e6 / ns);
    const auto found = two_levels(rates);
    ASSERT_TRUE(found);
    EXPECT_DOUBLE_EQ(found->share_high, 29.0 / 77.0);
    // The medians of either group, in the recording itself: the 15th of 29 values in order, the
    // mean of the 24th and 25th of 48.
    std::ranges::sort(rates);
    EXPECT_NEAR(found->low, (rates[23] + rates[24]) / 2.0, 0.01 * found->low);
    EXPECT_NEAR(found->high, rates[48 + 14], 1e-9 * found->high);
    // One level, though one of its reads was held up; and one that drifts through 15 %.
    EXPECT_FALSE(two_levels(testing::recorded("memory_quiet.txt")));
    EXPECT_FALSE(two_levels(testing::recorded("tokens.txt")));
}

TEST(TwoLevels, EqualValuesOnEitherSide) {
    std::vector<double> values(15, 36e9);
    values.resize(30, 60e9);
    const auto found = two_levels(values);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->low, 36e9, 1.0);
    EXPECT_NEAR(found->high, 60e9, 1.0);
    EXPECT_DOUBLE_EQ(found->share_high, 0.5);
}

}  // namespace
}  // namespace edgeroof::reports
