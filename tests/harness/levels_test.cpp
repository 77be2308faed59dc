// SPDX-License-Identifier: Apache-2.0
//
// Levels of a memory out of curves that are made here, so that the truth is known.
#include "harness/levels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr std::uint64_t kibibyte = 1024, mebibyte = 1024 * 1024, gibibyte = 1024 * mebibyte;

/// What bandwidth a set of some size has: each level's own up to `knees`, and falling on a
/// logarithmic scale for one doubling behind it.
struct Machine {
    std::vector<double> knees, rates;
    double noise = 0.0;  ///< standard deviation as a share

    std::vector<SweepPoint> curve(std::uint64_t least, std::uint64_t most, unsigned seed) const {
        std::mt19937 random(seed);
        std::normal_distribution<double> normal(0.0, noise);
        std::vector<SweepPoint> points;
        for (const std::uint64_t bytes : sweep_sizes(least, most, 3))
            points.push_back({bytes, rate(static_cast<double>(bytes)) * (1.0 + normal(random))});
        return points;
    }
    double rate(double bytes) const {
        std::size_t level = 0;
        while (level < knees.size() && bytes > 2.0 * knees[level]) ++level;
        if (level == knees.size() || bytes <= knees[level]) return rates[level];
        const double way = std::log2(bytes / knees[level]);  // 0 to 1
        return rates[level] * std::pow(rates[level + 1] / rates[level], way);
    }
};

const Machine desktop{{32.0 * kibibyte, 1.0 * mebibyte, 32.0 * mebibyte},
                      {214e9, 116e9, 98e9, 27e9}};

TEST(SweepSizes, AreWholePagesEvenlySpacedAndInOrder) {
    const auto sizes = sweep_sizes(4096, mebibyte, 2);
    EXPECT_EQ(sizes.front(), 4096U);
    EXPECT_EQ(sizes.back(), mebibyte);
    // Eight doublings; 4 KiB times the root of two is no whole page more than 4 KiB or 8 KiB.
    EXPECT_GE(sizes.size(), 15U);
    EXPECT_LE(sizes.size(), 17U);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(sizes[i] % 4096, 0U);
        if (i > 0) {
            EXPECT_GT(sizes[i], sizes[i - 1]);
        }
    }
}

TEST(Plateaus, AreFoundWhereTheyAre) {
    const auto found = find_plateaus(desktop.curve(4096, 512 * mebibyte, 1));
    // L2 and L3 differ by a sixth: more than an eighth, so they are two.
    ASSERT_THAT(found, SizeIs(4));
    for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_NEAR(found[i].rate, desktop.rates[i], 0.02 * desktop.rates[i]) << i;
    EXPECT_LE(found[0].last_bytes, 48 * kibibyte);
    EXPECT_GE(found[0].last_bytes, 24 * kibibyte);
    EXPECT_LE(found[2].last_bytes, 48 * mebibyte);
    EXPECT_GE(found[3].first_bytes, 40 * mebibyte);
    EXPECT_EQ(found[3].last_bytes, 512 * mebibyte);
}

TEST(Plateaus, NoiseMakesNone) {
    // At 4 % of noise L2 and L3 of that machine may be one; no level comes of noise alone, and the
    // ends stay where they are: medians of nine and more points, their error is below 2 %.
    Machine noisy = desktop;
    noisy.noise = 0.04;
    for (unsigned seed = 0; seed < 100; ++seed) {
        const auto found = find_plateaus(noisy.curve(4096, 512 * mebibyte, seed));
        ASSERT_GE(found.size(), 3U) << seed;
        ASSERT_LE(found.size(), 4U) << seed;
        EXPECT_NEAR(found.front().rate, 214e9, 0.06 * 214e9) << seed;
        EXPECT_NEAR(found.back().rate, 27e9, 0.06 * 27e9) << seed;
    }
    const Machine flat{{}, {10e9}, 0.05};
    for (unsigned seed = 0; seed < 100; ++seed)
        EXPECT_THAT(find_plateaus(flat.curve(4096, gibibyte, seed)), SizeIs(1)) << seed;
}

TEST(Plateaus, ALongSlopeIsNone) {
    // A curve that falls evenly by half over each doubling has no level at all.
    std::vector<SweepPoint> points;
    for (const std::uint64_t bytes : sweep_sizes(4096, 16 * mebibyte, 3))
        points.push_back({bytes, 1e15 / static_cast<double>(bytes)});
    EXPECT_THAT(find_plateaus(points), SizeIs(0));
}

TEST(Plateaus, OfFewPoints) {
    EXPECT_THAT(find_plateaus({}), SizeIs(0));
    const SweepPoint one[] = {{4096, 1e9}};
    EXPECT_THAT(find_plateaus(one), SizeIs(1));
    const SweepPoint two[] = {{4096, 1e9}, {8192, 1e9}};
    EXPECT_THAT(find_plateaus(two), SizeIs(1));
}

const std::vector<CacheLevel> caches = {
    {1, 32 * kibibyte, 1, 8}, {2, mebibyte, 1, 8}, {3, 32 * mebibyte, 8, 1}};

TEST(LevelsBySize, AreWhatTheThreadsHave) {
    const auto one = levels_by_size(caches, 1, 64 * gibibyte);
    EXPECT_THAT(one, ElementsAre(Level{"L1", 32 * kibibyte, 16 * kibibyte},
                                 Level{"L2", mebibyte, 512 * kibibyte},
                                 Level{"L3", 32 * mebibyte, 16 * mebibyte},
                                 Level{"DRAM", 0, 512 * mebibyte}));
    const auto four = levels_by_size(caches, 4, 64 * gibibyte);
    EXPECT_EQ(four[0].capacity, 128 * kibibyte);
    EXPECT_EQ(four[1].capacity, 4 * mebibyte);
    EXPECT_EQ(four[2].capacity, 32 * mebibyte);
    // No more caches than there are, however many threads.
    EXPECT_EQ(levels_by_size(caches, 64, 0)[0].capacity, 256 * kibibyte);
}

TEST(LevelsBySize, ASmallMachineKeepsMostOfItsMemory) {
    EXPECT_EQ(levels_by_size(caches, 1, gibibyte).back().working_set, 128 * mebibyte);
    EXPECT_THAT(levels_by_size({}, 4, 0), ElementsAre(Level{"DRAM", 0, 64 * mebibyte}));
}

TEST(LevelsByCurve, AreNamedByTheCachesThatHoldThem) {
    const auto by_size = levels_by_size(caches, 1, 64 * gibibyte);
    const auto found =
        levels_by_curve(find_plateaus(desktop.curve(4096, 128 * mebibyte, 3)), by_size);
    ASSERT_THAT(found, SizeIs(4));
    EXPECT_EQ(found[0].name, "L1");
    EXPECT_EQ(found[0].capacity, 32 * kibibyte);
    EXPECT_LE(found[0].working_set, 24 * kibibyte);
    EXPECT_EQ(found[1].name, "L2");
    EXPECT_GT(found[1].working_set, 64 * kibibyte);
    EXPECT_LT(found[1].working_set, mebibyte);
    EXPECT_EQ(found[2].name, "L3");
    EXPECT_EQ(found[3].name, "DRAM");
    // The sweep ended at 128 MiB; a roof has to hold for anything larger.
    EXPECT_EQ(found[3].working_set, 512 * mebibyte);
}

TEST(LevelsByCurve, ACacheThatTheCurveDoesNotShowIsNotThere) {
    // A virtual machine tells of an L3 that others fill.
    const Machine neighbours{{32.0 * kibibyte, 1.0 * mebibyte}, {200e9, 100e9, 20e9}};
    const auto found = levels_by_curve(find_plateaus(neighbours.curve(4096, 128 * mebibyte, 3)),
                                       levels_by_size(caches, 1, 64 * gibibyte));
    std::vector<std::string> names;
    for (const Level& level : found) names.push_back(level.name);
    EXPECT_THAT(names, ElementsAre("L1", "L2", "DRAM"));
}

TEST(LevelsByCurve, WithoutKnownCachesTheyAreCounted) {
    const Machine board{{32.0 * kibibyte, 512.0 * kibibyte}, {30e9, 15e9, 4e9}};
    const auto found = levels_by_curve(find_plateaus(board.curve(4096, 64 * mebibyte, 3)),
                                       levels_by_size({}, 1, 0));
    std::vector<std::string> names;
    for (const Level& level : found) names.push_back(level.name);
    EXPECT_THAT(names, ElementsAre("L1", "L2", "DRAM"));
}

}  // namespace
}  // namespace edgeroof::harness
