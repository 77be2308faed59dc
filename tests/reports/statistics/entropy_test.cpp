// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/entropy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using testing::recorded;
using testing::Uniform;

TEST(Entropy, OfEqualSharesIsTheLogarithmOfTheirNumber) {
    EXPECT_EQ(entropy_bits({}, 0.02), 0.0);
    EXPECT_EQ(entropy_bits(std::vector<double>(9, 5.0), 0.02), 0.0);
    EXPECT_DOUBLE_EQ(entropy_bits(std::vector{1.0, 2.0, 4.0, 8.0}, 0.02), 2.0);
    EXPECT_NEAR(entropy_bits(std::vector{1.0, 1.0, 1.0, 2.0}, 0.02), 0.8113, 1e-4);
    // Bins are relative: a nanosecond and a second alike.
    EXPECT_DOUBLE_EQ(entropy_bits(std::vector{1e-9, 2e-9, 4e-9, 8e-9}, 0.02), 2.0);
}

TEST(Entropy, HalvesThatAreAlikeDoNotDiffer) {
    EXPECT_EQ(difference_of_halves({}, 0.02), 0.0);
    EXPECT_EQ(difference_of_halves(std::vector{1.0}, 0.02), 0.0);
    EXPECT_NEAR(difference_of_halves(std::vector{1.0, 2.0, 2.0, 1.0}, 0.02), 0.0, 1e-12);
    EXPECT_NEAR(difference_of_halves(std::vector{1.0, 1.0, 7.0, 2.0, 2.0}, 0.02), 1.0, 1e-12);
}

TEST(Entropy, ChanceMakesHalvesDifferAsChiSquaredSays) {
    Uniform uniform;
    constexpr int trials = 2000, n = 200, bins = 5;
    double sum = 0.0;
    for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> x;
        for (int i = 0; i < n; ++i) x.push_back(std::exp2(std::floor(bins * uniform())));
        sum += difference_of_halves(x, 0.02);
    }
    // The mean of chi-squared of 4 degrees is 4, its deviation sqrt(8): over 2000 trials it is
    // known to 2 %; the approximation itself, of 20 values a bin, to some percent.
    const double expected = (bins - 1) / (2.0 * n * std::numbers::ln2);
    EXPECT_NEAR(sum / trials / expected, 1.0, 0.08);
}

TEST(Entropy, OfARecordedMachineThatChangesSpeed) {
    const std::vector<double> tokens = recorded("tokens.txt");
    // Without memory, some 30 bins of 2 % would make halves differ by 29 / (2 * 480 * ln 2) = 0.04.
    EXPECT_GT(difference_of_halves(tokens, 0.02), 0.1);
}

}  // namespace
}  // namespace edgeroof::reports
