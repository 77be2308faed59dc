// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/statistics/steady_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using testing::normal;
using testing::recorded;
using testing::Uniform;

std::vector<double> steady(Uniform& uniform, std::size_t n) {
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) x.push_back(std::exp(0.02 * normal(uniform)));
    return x;
}

TEST(SteadyState, SteadyFromTheStartHasNoWarmUp) {
    Uniform uniform;
    int found = 0;
    for (int trial = 0; trial < 500; ++trial) found += steady_from(steady(uniform, 100)) != 0;
    // 4 standard errors are passed by chance in less than 1 of 10,000 looks; at each of 50 places
    // looked at, that is less than 1 of 200 trials. 5 of 500 is 3 deviations above 1 of 500.
    EXPECT_LE(found, 5);
    EXPECT_EQ(steady_from(std::vector<double>(40, 1.0)), 0U);
}

TEST(SteadyState, FindsTheEndOfALevel) {
    Uniform uniform;
    for (const std::size_t warm_up : {3U, 10U, 40U}) {
        std::vector<double> x = steady(uniform, 100);
        for (std::size_t i = 0; i < warm_up; ++i) x[i] *= 1.5;
        // A step of 25 deviations is seen where it is.
        EXPECT_EQ(steady_from(x), warm_up);
    }
    std::vector<double> exact(60, 1.0);
    std::fill_n(exact.begin(), 7, 2.0);
    EXPECT_EQ(steady_from(exact), 7U);
}

TEST(SteadyState, FindsTheEndOfADecayWhereItSinksIntoTheNoise) {
    Uniform uniform;
    for (int trial = 0; trial < 20; ++trial) {
        std::vector<double> x = steady(uniform, 200);
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] *= 1.0 + 0.5 * std::exp(-static_cast<double>(i) / 10.0);
        // 0.5 exp(-i/10) is the noise's 0.02 at i = 32; before i = 16 it is 5 times as much.
        const auto from = steady_from(x);
        ASSERT_TRUE(from.has_value());
        EXPECT_GE(*from, 16U);
        EXPECT_LE(*from, 60U);
    }
}

TEST(SteadyState, FewValuesAndASeriesThatNeverSettlesHaveNone) {
    EXPECT_FALSE(steady_from(std::vector<double>(19, 1.0)).has_value());
    std::vector<double> falling;
    for (int i = 0; i < 100; ++i) falling.push_back(200.0 - i);
    EXPECT_FALSE(steady_from(falling).has_value());
}

TEST(SteadyState, OneOutlierIsNoWarmUp) {
    Uniform uniform;
    std::vector<double> x = steady(uniform, 100);
    x[30] = 50.0;
    EXPECT_EQ(steady_from(x), 0U);
    x[0] = 50.0;  // but the first value alone may be one
    EXPECT_LE(*steady_from(x), 1U);
}

TEST(SteadyState, OfRecordedSeries) {
    // Memory that changes speed all the while is no warm-up.
    const std::vector<double> tokens = recorded("tokens.txt");
    EXPECT_EQ(steady_from(tokens), 0U);
    // With the first tenth slowed down by half it is found again, give or take what the recording's
    // own changes of speed (within 15 %) blur.
    std::vector<double> slowed = tokens;
    for (std::size_t i = 0; i < 48; ++i) slowed[i] *= 1.5;
    const auto from = steady_from(slowed);
    ASSERT_TRUE(from.has_value());
    EXPECT_NEAR(static_cast<double>(*from), 48.0, 5.0);
    // A memory that has changed its speed once, in the first half: the rest is the steady part. Its
    // first reads are slower than the others, as the recording's own are.
    const auto jumped = steady_from(recorded("memory_jumps.txt"));
    ASSERT_TRUE(jumped.has_value());
    EXPECT_GE(*jumped, 29U);
    EXPECT_LE(*jumped, 32U);
    // Played backwards the change lies in the second half, and the front is steady.
    std::vector<double> backwards = recorded("memory_jumps.txt");
    std::ranges::reverse(backwards);
    const auto before = steady_from(backwards);
    EXPECT_LT(before.value_or(0), 5U);
    EXPECT_EQ(steady_from(recorded("memory_quiet.txt")), 0U);
}

}  // namespace
}  // namespace edgeroof::reports
