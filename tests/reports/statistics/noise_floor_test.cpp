// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/noise_floor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using testing::normal;
using testing::Uniform;

/// Log-normal measurements of deviation `noise` about a level that drifts by `drift` a pair.
std::vector<NoisePair> study(Uniform& uniform, std::size_t n, double noise, double drift) {
    std::vector<NoisePair> pairs;
    for (std::size_t i = 0; i < n; ++i) {
        const double level = std::exp(drift * static_cast<double>(i));
        const auto measured = [&] {
            const double x = level * std::exp(noise * normal(uniform));
            return Estimate{x, Interval{x * 0.999, x * 1.001}, 9};
        };
        const Estimate first = measured(), second = measured();
        pairs.push_back({static_cast<std::int64_t>(i) * 2'000'000'000, first, second});
    }
    return pairs;
}

// The difference of two normal values of deviation 1 % has one of 1.414 %: half of them are within
// 0.6745 of that, 95 % within 1.96. Of 2000 pairs the median is known to 2 %, the quantile to 3 %.
TEST(NoiseFloor, IsThatOfTheNoise) {
    Uniform uniform;
    const NoiseFloor floor = *noise_floor(study(uniform, 2000, 0.01, 0.0));
    EXPECT_NEAR(floor.difference.median, 0.6745 * 0.01414, 0.001);
    ASSERT_TRUE(floor.floor.has_value());
    EXPECT_NEAR(floor.floor->median, 1.96 * 0.01414, 0.002);
    EXPECT_LE(floor.order.interval->low, 0.0);
    EXPECT_GE(floor.order.interval->high, 0.0);
    // Intervals of 0.1 % on either side meet where the difference is below 0.2 %: 1 of 9.
    EXPECT_NEAR(static_cast<double>(floor.apart) / 2000.0, 0.888, 0.03);
}

TEST(NoiseFloor, TellsThatBeingSecondMatters) {
    Uniform uniform;
    std::vector<NoisePair> pairs = study(uniform, 200, 0.01, 0.0);
    for (NoisePair& pair : pairs) pair.second.median *= 1.05;
    EXPECT_GT(noise_floor(pairs)->order.interval->low, 0.04);
}

TEST(NoiseFloor, NeedsAHundredPairsForTheFloorAndOneForTheRest) {
    Uniform uniform;
    EXPECT_FALSE(noise_floor({}).has_value());
    EXPECT_FALSE(noise_floor(study(uniform, 99, 0.01, 0.0))->floor.has_value());
    EXPECT_TRUE(noise_floor(study(uniform, 100, 0.01, 0.0))->floor.has_value());
    const NoiseFloor one = *noise_floor(study(uniform, 1, 0.01, 0.0));
    EXPECT_GT(one.difference.median, 0.0);
    EXPECT_FALSE(one.difference.interval.has_value());
}

TEST(NoiseOverTime, GrowsWithTheDistanceWhereTheMachineDrifts) {
    Uniform uniform;
    const auto drifting = noise_over_time(study(uniform, 200, 0.001, 0.01));
    // 1, 2, 4, ... 128 pairs of 2 s apart, 1 % each.
    ASSERT_EQ(drifting.size(), 8U);
    for (std::size_t i = 0; i < drifting.size(); ++i) {
        EXPECT_DOUBLE_EQ(drifting[i].seconds, std::exp2(static_cast<double>(i + 1)));
        EXPECT_NEAR(drifting[i].difference.median, 0.01 * std::exp2(static_cast<double>(i)), 0.002);
    }
    EXPECT_TRUE(drifting.front().most.has_value());
    // And stays where it does not.
    const auto still = noise_over_time(study(uniform, 200, 0.01, 0.0));
    EXPECT_NEAR(still.back().difference.median / still.front().difference.median, 1.0, 0.4);
    EXPECT_TRUE(noise_over_time(study(uniform, 20, 0.01, 0.0)).empty());
}

}  // namespace
}  // namespace edgeroof::reports
