// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/effective_size.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using testing::autoregressive;
using testing::recorded;
using testing::Uniform;

/// n / (1 + 2 sum of rho^k) = n (1 - rho) / (1 + rho).
double true_size(double rho, double n) { return n * (1.0 - rho) / (1.0 + rho); }

/// Signs of normal values with correlation r are correlated with 2/pi asin(r) (Sheppard 1899).
double true_size_of_median(double rho, double n) {
    double sum = 0.0;
    for (double r = rho; r > 1e-12; r *= rho) sum += 2.0 / std::numbers::pi * std::asin(r);
    return n / (1.0 + 2.0 * sum);
}

// Each series knows its own size to some tens of percent; the mean over 200 of them is known to a
// few. 10 % also leaves room for the estimate's bias, which falls with n.
TEST(EffectiveSize, IsThatOfAnAutoregressiveSeries) {
    constexpr std::size_t n = 1000;
    for (const double rho : {0.3, 0.6, 0.8}) {
        Uniform uniform;
        double size = 0.0, of_median = 0.0;
        for (int series = 0; series < 200; ++series) {
            const std::vector<double> x = autoregressive(uniform, rho, n);
            size += effective_size(x) / 200.0;
            of_median += effective_size_of_median(x) / 200.0;
        }
        EXPECT_NEAR(size / true_size(rho, n), 1.0, 0.1) << rho;
        EXPECT_NEAR(of_median / true_size_of_median(rho, n), 1.0, 0.1) << rho;
    }
}

TEST(EffectiveSize, OfValuesWithoutMemoryIsNearlyAllOfThem) {
    Uniform uniform;
    double share = 0.0;
    for (int series = 0; series < 100; ++series)
        share += effective_size_of_median(autoregressive(uniform, 0.0, 200)) / 200.0 / 100.0;
    // Pairs of chance autocorrelations are only added up while they are positive, so some are lost.
    EXPECT_GT(share, 0.8);
    EXPECT_LE(share, 1.0);
}

TEST(EffectiveSize, OfFewOrEqualOrAlternatingValuesIsTheirNumber) {
    EXPECT_EQ(effective_size({}), 0.0);
    EXPECT_EQ(effective_size_of_median({}), 0.0);
    EXPECT_EQ(effective_size(std::vector<double>(50, 3.0)), 50.0);
    std::vector<double> rising;
    for (int i = 0; i < 19; ++i) rising.push_back(i);
    EXPECT_EQ(effective_size(rising), 19.0);
    // Values that alternate know their middle better than independent ones; they count as such.
    std::vector<double> alternating;
    for (int i = 0; i < 50; ++i) alternating.push_back(i % 2);
    EXPECT_EQ(effective_size(alternating), 50.0);
}

TEST(EffectiveSize, OfADriftIsNextToNothing) {
    std::vector<double> rising;
    for (int i = 0; i < 1000; ++i) rising.push_back(i);
    EXPECT_LT(effective_size(rising), 4.0);
    EXPECT_LT(effective_size_of_median(rising), 4.0);
}

TEST(EffectiveSize, OfTheMedianDoesNotSeeHowFarOutliersAre) {
    Uniform uniform;
    std::vector<double> x = autoregressive(uniform, 0.7, 500);
    const double before = effective_size_of_median(x);
    *std::ranges::max_element(x) = 1e6;
    EXPECT_EQ(effective_size_of_median(x), before);
}

// 1000 trials know a coverage of 95 % to 1.4 points (two standard errors of the binomial). The
// sizes are estimates themselves, which costs some points where they are small: 200 values of 0.9
// are worth 15.
TEST(EstimateSeries, CoversTheTruthWhereValuesHangTogether) {
    for (const double rho : {0.0, 0.5, 0.8, 0.9}) {
        Uniform uniform;
        int covered = 0, covered_as_if_independent = 0;
        constexpr int trials = 1000;
        for (int trial = 0; trial < trials; ++trial) {
            const std::vector<double> x = autoregressive(uniform, rho, 200);
            const Interval series = *estimate_series(x)->interval;
            const Interval plain = *estimate_median(x)->interval;
            covered += series.low <= 0.0 && 0.0 <= series.high ? 1 : 0;
            covered_as_if_independent += plain.low <= 0.0 && 0.0 <= plain.high ? 1 : 0;
        }
        const std::string what = "of_1000_rho_" + std::to_string(static_cast<int>(rho * 100));
        RecordProperty("plain_" + what, covered_as_if_independent);
        RecordProperty("series_" + what, covered);
        EXPECT_GE(covered, rho < 0.85 ? 900 : 840) << rho;
        EXPECT_LE(covered, 985) << rho;
        if (rho >= 0.5) {
            EXPECT_LT(covered_as_if_independent, 850) << rho;
        }
    }
}

TEST(EstimateSeries, KeepsMedianAndNumber) {
    const std::vector<double> x{3.0, 1.0, 2.0};
    const Estimate estimate = *estimate_series(x);
    EXPECT_EQ(estimate.median, 2.0);
    EXPECT_EQ(estimate.n, 3U);
    EXPECT_EQ(estimate.interval->low, estimate_median(x)->interval->low);
    EXPECT_FALSE(estimate_series({}).has_value());
}

// The speed of this machine's memory changes within seconds. As if independent, quarters of one
// recording contradict each other; as a series, each is known only as well as it should be.
TEST(EstimateSeries, QuartersOfOneRecordingDoNotContradictEachOther) {
    const std::vector<double> tokens = recorded("tokens.txt");
    ASSERT_EQ(tokens.size(), 480U);
    EXPECT_LT(effective_size_of_median(tokens), 48.0);
    const auto contradictions = [&](auto estimate) {
        int apart = 0;
        std::vector<Interval> quarters;
        for (std::size_t q = 0; q < 4; ++q)
            quarters.push_back(*estimate(std::span(tokens).subspan(q * 120, 120))->interval);
        for (const Interval& a : quarters)
            for (const Interval& b : quarters) apart += a.high < b.low ? 1 : 0;
        return apart;
    };
    using Plain = std::optional<Estimate> (*)(std::span<const double>);
    const int plain = contradictions(static_cast<Plain>(estimate_median));
    EXPECT_GE(plain, 3);
    EXPECT_LT(contradictions(estimate_series), plain);
    // An outlier a minute makes no difference to what is known of the median.
    const std::vector<double> dots = recorded("int8_dot.txt");
    EXPECT_GT(outliers(dots).size(), 10U);
    EXPECT_LT(estimate_series(dots)->interval->half_width() / estimate_series(dots)->median, 0.1);
}

}  // namespace
}  // namespace edgeroof::reports
