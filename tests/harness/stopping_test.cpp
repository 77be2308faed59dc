// SPDX-License-Identifier: Apache-2.0
#include "harness/stopping.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "reports/analysis/statistics.hpp"

namespace edgeroof::harness {
namespace {

using reports::StopReason;

StopSettings settings(double precision) {
    StopSettings stop;
    stop.precision = precision;
    stop.min_samples = 5;
    stop.max_samples = 10'000;
    stop.max_seconds = 1e9;
    return stop;
}

/// Takes samples from `next` until the rule holds.
template <typename Next>
std::vector<double> run(StoppingRule& rule, Next next) {
    std::vector<double> samples;
    while (!rule.reason()) {
        samples.push_back(next());
        rule.add(samples.back());
    }
    return samples;
}

TEST(Stopping, StopsAtOnceWhereNothingVaries) {
    StoppingRule rule(settings(0.01));
    EXPECT_EQ(run(rule, [] { return 2.0; }).size(), 5U);
    EXPECT_EQ(rule.reason(), StopReason::precision);
    EXPECT_EQ(rule.outcome(StopReason::precision).precision_reached, 0.0);
}

TEST(Stopping, TheMedianIsWithinThePrecisionAsOftenAsTheIntervalSays) {
    // Log-normal times about 1 with a spread of 10 %: the true median is 1. The interval is of
    // 95 %, looked at several times on the way, which costs some of it; 85 % of 200 runs is more
    // than four standard deviations below 95 %.
    std::mt19937 random(7);
    std::lognormal_distribution<double> noise(0.0, 0.1);
    int within = 0;
    double longest = 0.0;
    for (int i = 0; i < 200; ++i) {
        StoppingRule rule(settings(0.02));
        const std::vector<double> samples = run(rule, [&] { return noise(random); });
        EXPECT_EQ(rule.reason(), StopReason::precision);
        within += std::abs(reports::median(samples) - 1.0) <= 0.02 ? 1 : 0;
        longest = std::max(longest, static_cast<double>(samples.size()));
    }
    EXPECT_GE(within, 170);
    // The median's standard error is 1.25 * 0.1 / sqrt(n); 1.96 of it are 2 % at n = 150.
    EXPECT_LT(longest, 600);
    EXPECT_GT(longest, 50);
}

TEST(Stopping, GoesOnWhileTwoLevelsAlternate) {
    // A machine that jumps between two speeds: the interval spans both until the cap.
    StopSettings stop = settings(0.05);
    stop.max_samples = 300;
    StoppingRule rule(stop);
    int count = 0;
    run(rule, [&] { return ++count % 2 == 0 ? 1.0 : 1.7; });
    EXPECT_EQ(rule.reason(), StopReason::sample_cap);
    EXPECT_GT(*rule.outcome(*rule.reason()).precision_reached, 0.05);
}

TEST(Stopping, RecordedNoiseOfABusyMachine) {
    // Microseconds of generated tokens as they came, on a virtual machine of two CPUs of which
    // compilers took a part: slow stretches, and single tokens of twice the time.
    const std::vector<double> recorded{
        6996,  2475,  6368, 2241,  6266, 6647,  3999, 4887, 6018,  3227, 6029, 2142,  5991,  2098,
        6458,  2029,  6088, 2223,  5739, 7072,  2255, 2119, 7626,  2080, 6122, 2238,  6161,  2171,
        6492,  6832,  3920, 4001,  7999, 2307,  6168, 2360, 10371, 2310, 6254, 2504,  8901,  6822,
        2214,  6436,  2168, 6382,  2169, 6205,  2279, 6863, 5269,  3287, 8761, 2577,  8949,  9222,
        5256,  6108,  7843, 2839,  6513, 6646,  4008, 8007, 2588,  6482, 6922, 2425,  6464,  7104,
        11997, 2630,  6509, 6857,  2390, 5741,  5557, 6769, 7557,  2784, 5204, 4000,  12009, 2627,
        7455,  2448,  7470, 2462,  6331, 2413,  6255, 2159, 6250,  6198, 2376, 6497,  2258,  8791,
        3994,  3997,  4012, 8002,  2415, 6284,  2325, 4961, 4004,  3026, 4986, 3995,  12011, 2404,
        6305,  2357,  9108, 5912,  9901, 2475,  6493, 7049, 2497,  6412, 7088, 2593,  6519,  6875,
        12006, 2492,  6559, 2350,  8752, 7842,  2466, 2853, 6677,  2390, 6457, 7153,  2474,  5529,
        2272,  6247,  2176, 6333,  2383, 6361,  6242, 2174, 6207,  2168, 9793, 2553,  9114,  2339,
        6315,  7327,  2368, 6288,  2276, 6403,  6656, 2530, 6512,  5441, 6833, 2386,  14800, 6674,
        2539,  8285,  6881, 9109,  4005, 11998, 2641, 6457, 6951,  2580, 6642, 10746, 2815,  9179,
        7992,  3360,  7545, 7614,  9477, 8005,  2894, 5110, 8012,  3026, 7466, 2869,  6848,  10832,
        2827,  6858,  6879, 10888, 2936, 2682,  6627, 6666, 3828,  8591, 8655, 2952,  6802,  6590,
        2772,  10684, 6090, 2398,  6389, 5768,  6382, 2905, 7058,  9226, 8480, 3157,  12540, 2595,
        6496,  2231,  6215, 6309,  2111, 6046,  5337, 4088, 6377,  3996, 3997, 4002,  4002,  3998,
        4006,  3997};
    StoppingRule rule(settings(0.1));
    std::size_t next = 0;
    const std::vector<double> samples = run(rule, [&] { return recorded.at(next++); });
    EXPECT_EQ(rule.reason(), StopReason::precision);
    EXPECT_LT(samples.size(), recorded.size());
    // Two medians that are each known to 10 % differ by 20 % at most.
    EXPECT_NEAR(reports::median(samples) / reports::median(recorded), 1.0, 0.2);
}

TEST(Stopping, EntropyGoesOnUntilBothHalvesAreAlike) {
    // Values in 5 bins: halves of n differ by 4 / (2 n ln 2) bits on average: by 0.05 at n = 58.
    // The rule stops at the first look below, which may be luckily early; 4 times the average is
    // the 99.7th percentile of chi-squared of 4 degrees.
    std::mt19937 random(11);
    StopSettings stop = settings(0.02);
    stop.rule = "entropy";
    stop.min_samples = 20;
    StoppingRule rule(stop);
    const auto noise = [&] { return std::exp2(static_cast<double>(random() % 5)); };
    EXPECT_LE(run(rule, noise).size(), 240U);
    EXPECT_EQ(rule.reason(), StopReason::entropy);
    EXPECT_FALSE(rule.outcome(StopReason::entropy).precision_target);

    // A machine that changes its speed once: it goes on until the first speed is rare in the first
    // half too.
    StoppingRule jumps(stop);
    int count = 0;
    const std::size_t taken = run(jumps, [&] { return ++count <= 15 ? 1.0 : 2.0; }).size();
    EXPECT_GT(taken, 100U);
    EXPECT_EQ(jumps.reason(), StopReason::entropy);
}

TEST(Stopping, SamplesThatHangTogetherAreWorthFewer) {
    // Two speeds in stretches of 50: every stretch agrees with itself to 0.1 %, a third is at one
    // and the rest at the other. 500 independent values would know the median to 0.1 % as well;
    // these are worth ten.
    StopSettings stop = settings(0.02);
    stop.min_samples = 120;
    stop.max_samples = 500;
    StoppingRule rule(stop);
    std::mt19937 random(3);
    std::normal_distribution<double> noise(0.0, 0.001);
    int count = 0;
    run(rule, [&] { return (count++ / 50 % 3 == 0 ? 1.0 : 1.5) + noise(random); });
    EXPECT_EQ(rule.reason(), StopReason::sample_cap);
}

TEST(Stopping, CapsEndItWithTheirOwnReasons) {
    StopSettings stop = settings(1e-4);
    stop.max_seconds = 10.0;
    StoppingRule by_time(stop);
    double step = 1.0;
    EXPECT_EQ(run(by_time, [&] { return step += 0.1; }).size(), 8U);
    EXPECT_EQ(by_time.reason(), StopReason::time_cap);

    // One sample longer than the cap is still one sample.
    StoppingRule by_one(stop);
    by_one.add(100.0);
    EXPECT_EQ(by_one.reason(), StopReason::time_cap);
}

TEST(Stopping, FixedCountAndTimeCapIgnoreWhatTheSamplesSay) {
    StopSettings stop = settings(0.01);
    stop.rule = "fixed-count";
    stop.min_samples = 7;
    StoppingRule fixed(stop);
    EXPECT_EQ(run(fixed, [] { return 1.0; }).size(), 7U);
    EXPECT_EQ(fixed.reason(), StopReason::fixed_count);
    EXPECT_FALSE(fixed.outcome(StopReason::fixed_count).precision_target);

    stop.rule = "time-cap";
    stop.max_seconds = 20.0;
    StoppingRule timed(stop);
    EXPECT_EQ(run(timed, [] { return 1.0; }).size(), 20U);
    EXPECT_EQ(timed.reason(), StopReason::time_cap);
}

TEST(Stopping, RulesAreRegisteredByName) {
    for (const std::string_view name : stopping_rules()) {
        StopSettings stop;
        stop.rule = name;
        EXPECT_NE(make_criterion(stop), nullptr);
    }
    StopSettings stop;
    stop.rule = "guess";
    EXPECT_THROW(make_criterion(stop), std::invalid_argument);
}

}  // namespace
}  // namespace edgeroof::harness
