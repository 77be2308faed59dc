// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using testing::normal;
using testing::Uniform;

TEST(Statistics, QuantilesLieBetweenOrderStatistics) {
    const std::vector<double> x{1.0, 2.0, 4.0, 8.0};
    EXPECT_DOUBLE_EQ(quantile(x, 0.0), 1.0);
    EXPECT_DOUBLE_EQ(quantile(x, 0.5), 3.0);
    EXPECT_DOUBLE_EQ(quantile(x, 0.25), 1.75);
    EXPECT_DOUBLE_EQ(quantile(x, 1.0), 8.0);
    EXPECT_DOUBLE_EQ(median({5.0, 1.0, 3.0}), 3.0);
}

TEST(Statistics, NothingAndOneHaveNoInterval) {
    EXPECT_FALSE(estimate_median({}).has_value());
    const auto one = estimate_median(std::vector{3.0});
    ASSERT_TRUE(one.has_value());
    EXPECT_EQ(one->median, 3.0);
    EXPECT_FALSE(one->interval.has_value());
}

TEST(Statistics, EqualValuesHaveAnIntervalOfNoWidth) {
    const auto estimate = estimate_median(std::vector<double>(20, 7.0));
    EXPECT_EQ(estimate->interval->low, 7.0);
    EXPECT_EQ(estimate->interval->high, 7.0);
}

// The closed form against the definition: resample, take the median, sort, cut 2.5 % off each end.
TEST(Statistics, TheIntervalIsThatOfABootstrap) {
    Uniform uniform;
    std::vector<double> x;
    for (int i = 0; i < 25; ++i) x.push_back(std::exp(normal(uniform)));
    const auto n = x.size();
    std::vector<double> medians;
    for (int resample = 0; resample < 20'000; ++resample) {
        std::vector<double> drawn;
        for (std::size_t i = 0; i < n; ++i)
            drawn.push_back(x[static_cast<std::size_t>(uniform() * static_cast<double>(n))]);
        medians.push_back(median(drawn));
    }
    std::ranges::sort(medians);
    std::ranges::sort(x);
    const auto rank = [&](double value) { return std::ranges::lower_bound(x, value) - x.begin(); };
    const Interval interval = *estimate_median(x)->interval;
    // 20,000 resamples know the ends to one order statistic.
    EXPECT_LE(std::abs(rank(quantile(medians, 0.025)) - rank(interval.low)), 1);
    EXPECT_LE(std::abs(rank(quantile(medians, 0.975)) - rank(interval.high)), 1);
}

double coverage(std::size_t n, double truth, const std::function<double(Uniform&)>& draw) {
    Uniform uniform;
    constexpr int trials = 4000;
    int covered = 0;
    for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> x;
        for (std::size_t i = 0; i < n; ++i) x.push_back(draw(uniform));
        const Interval interval = *estimate_median(x)->interval;
        if (interval.low <= truth && truth <= interval.high) ++covered;
    }
    return static_cast<double>(covered) / trials;
}

// 4000 trials know a coverage of 95 % to 0.7 points (two standard errors). An order statistic is
// one of n, so small n can't meet 95 % exactly: n = 6 to 12 are known to vary between 93 and 98 %.
TEST(Statistics, IntervalsCoverTheTruthAsOftenAsTheySay) {
    const auto lognormal = [](Uniform& u) { return std::exp(normal(u)); };
    for (const std::size_t n : {6U, 9U, 10U, 15U, 40U, 200U}) {
        EXPECT_GE(coverage(n, 0.0, normal), 0.92) << n;
        EXPECT_LE(coverage(n, 0.0, normal), 0.985) << n;
        EXPECT_GE(coverage(n, 1.0, lognormal), 0.92) << n;
        EXPECT_LE(coverage(n, 1.0, lognormal), 0.985) << n;
    }
    // So it is on the logarithms, which is where few positive values are judged.
    for (const std::size_t n : {2U, 3U, 4U, 5U}) {
        EXPECT_GE(coverage(n, 1.0, lognormal), 0.90) << n;
        EXPECT_LE(coverage(n, 1.0, lognormal), 0.985) << n;
    }
    // Student's t is made for the mean; around the median of few normal values it loses little.
    const auto times = [](Uniform& u) { return 100.0 + 5.0 * normal(u); };
    for (const std::size_t n : {2U, 3U, 4U, 5U}) {
        EXPECT_GE(coverage(n, 100.0, times), 0.90) << n;
        EXPECT_LE(coverage(n, 100.0, times), 0.985) << n;
    }
}

TEST(Statistics, FewScatteredTimesHaveNoNegativeEnd) {
    const Interval interval = *estimate_median(std::vector{1.0, 1.1, 9.0})->interval;
    EXPECT_GT(interval.low, 0.0);
    EXPECT_GT(interval.high, 9.0);
}

// 16 of 64 independent values would know the median half as well; order statistics of 64 blur that
// by one of about 16.
TEST(Statistics, FewerIndependentValuesWidenTheInterval) {
    Uniform uniform;
    std::vector<double> x;
    for (int i = 0; i < 64; ++i) x.push_back(100.0 + normal(uniform));
    const double all = estimate_median(x)->interval->half_width();
    EXPECT_NEAR(estimate_median(x, 16)->interval->half_width() / all, 2.0, 0.5);
    EXPECT_EQ(estimate_median(x, 64)->interval->half_width(), all);
    EXPECT_GT(estimate_median(x, 3)->interval->half_width(), 2.0 * all);
    EXPECT_FALSE(estimate_median(x, 1)->interval.has_value());
    EXPECT_EQ(estimate_median(x, 1)->n, 64U);
}

TEST(Statistics, RobustDeviationIsThatOfTheNoiseWithoutItsOutliers) {
    Uniform uniform;
    std::vector<double> x;
    for (int i = 0; i < 1000; ++i) x.push_back(10.0 + 2.0 * normal(uniform));
    for (int i = 0; i < 20; ++i) x[static_cast<std::size_t>(i) * 50] = 1e6;
    // The median absolute deviation has a standard error of 1.17 / sqrt(n) of itself: 4 %; and 2 %
    // of outliers move it by 3 %.
    EXPECT_NEAR(robust_deviation(x), 2.0, 0.2);
    EXPECT_EQ(robust_deviation({}), 0.0);
}

TEST(Statistics, QuantilesOfTheTailNeedATail) {
    std::vector<double> x;
    for (int i = 1; i <= 1000; ++i) x.push_back(i);
    const auto p99 = estimate_quantile(x, 0.99);
    ASSERT_TRUE(p99.has_value());
    EXPECT_DOUBLE_EQ(p99->median, 990.01);
    // The 990th of 1000 ranks has a standard error of sqrt(1000 * 0.99 * 0.01) = 3.1 ranks.
    EXPECT_NEAR(p99->interval->low, 984.0, 2.0);
    EXPECT_NEAR(p99->interval->high, 996.0, 2.0);
    x.resize(100);
    EXPECT_FALSE(estimate_quantile(x, 0.99).has_value());
    EXPECT_TRUE(estimate_quantile(x, 0.95).has_value());
}

TEST(Statistics, RatesTurnTheIntervalRound) {
    const Estimate seconds{2.0, Interval{1.0, 4.0}, 9};
    const Estimate rate = seconds.rate(8.0);
    EXPECT_EQ(rate.median, 4.0);
    EXPECT_EQ(rate.interval->low, 2.0);
    EXPECT_EQ(rate.interval->high, 8.0);
    EXPECT_EQ(rate.n, 9U);
    EXPECT_FALSE((Estimate{2.0, Interval{-1.0, 5.0}, 2}).rate(8.0).interval.has_value());
    EXPECT_EQ(seconds.times(3.0).interval->high, 12.0);
}

TEST(Statistics, OutliersAreThoseFarFromTheRest) {
    std::vector<double> x{10.0, 10.1, 9.9, 10.05, 9.95, 10.02, 9.98, 30.0};
    EXPECT_THAT(outliers(x), ElementsAre(7));
    x.pop_back();
    EXPECT_THAT(outliers(x), IsEmpty());
    // A coarse clock: more than half are equal.
    EXPECT_THAT(outliers(std::vector{5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 6.0, 5.0, 50.0}),
                ElementsAre(9));
    EXPECT_THAT(outliers(std::vector<double>(5, 1.0)), IsEmpty());
    EXPECT_THAT(outliers({}), IsEmpty());
}

}  // namespace
}  // namespace edgeroof::reports
