// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/shares.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "devices/cpu/core_speeds.hpp"

namespace edgeroof::cpu {
namespace {

using testing::Each;
using testing::ElementsAre;

/// Pieces of each thread; they must follow each other without a gap.
std::vector<std::int64_t> counts(const Shares& shares, std::int64_t pieces) {
    std::vector<std::int64_t> out;
    std::int64_t at = 0;
    for (int thread = 0; thread < shares.threads(); ++thread) {
        const Range range = shares.of(thread, pieces);
        EXPECT_EQ(range.begin, at);
        EXPECT_LE(range.begin, range.end);
        at = range.end;
        out.push_back(range.end - range.begin);
    }
    EXPECT_EQ(at, pieces);
    return out;
}

/// When the last thread finishes.
double time_of(const std::vector<std::int64_t>& counts, const std::vector<double>& speeds) {
    double last = 0;
    for (std::size_t t = 0; t < counts.size(); ++t)
        last = std::max(last, static_cast<double>(counts[t]) / speeds[t]);
    return last;
}

TEST(Shares, OfEqualCoresAreEqual) {
    EXPECT_THAT(counts(Shares(3), 10), ElementsAre(3, 3, 4));
    EXPECT_THAT(counts(Shares(std::vector{2.0, 2.0, 2.0}), 10), ElementsAre(3, 3, 4));
    EXPECT_THAT(counts(Shares(4), 2), ElementsAre(0, 1, 0, 1));
}

TEST(Shares, AreProportionalToSpeed) {
    EXPECT_THAT(counts(Shares(std::vector{4.0, 4.0, 1.0, 1.0}), 100), ElementsAre(40, 40, 10, 10));
    // A slow core gets no piece that the fast ones finish sooner.
    EXPECT_THAT(counts(Shares(std::vector{4.0, 4.0, 1.0}), 4), ElementsAre(2, 2, 0));
    // However slow, it takes part where there is enough.
    EXPECT_THAT(counts(Shares(std::vector{1e9, 1.0}), 65), ElementsAre(64, 1));
}

TEST(Shares, LetTheLastFinishAsEarlyAsPossible) {
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        // Speeds of which the fastest is 64: they are parts without rounding.
        std::vector<double> speeds(1 + random() % 4);
        for (double& speed : speeds) speed = static_cast<double>(1 + random() % 64);
        speeds[random() % speeds.size()] = 64;
        const auto pieces = static_cast<std::int64_t>(random() % 50);
        // The earliest time: of all times at which some thread finishes some piece, the first by
        // which all pieces can be done.
        std::vector<double> times{0};
        for (const double speed : speeds)
            for (std::int64_t n = 1; n <= pieces; ++n)
                times.push_back(static_cast<double>(n) / speed);
        std::ranges::sort(times);
        const auto done_by = [&](double time) {
            std::int64_t done = 0;
            for (const double speed : speeds)
                for (std::int64_t n = 1; n <= pieces && static_cast<double>(n) / speed <= time; ++n)
                    ++done;
            return done >= pieces;
        };
        const double best = *std::ranges::find_if(times, done_by);
        EXPECT_DOUBLE_EQ(time_of(counts(Shares(speeds), pieces), speeds), best);
    }
}

TEST(Shares, TakeVeryManyPiecesAndThreads) {
    const std::int64_t pieces = std::int64_t{1} << 44;
    counts(Shares(std::vector{3.0, 2.0, 1.0}), pieces);
    counts(Shares(most_threads), pieces);
    std::vector<double> speeds(most_threads, 1.0);
    speeds[0] = 2.0;
    counts(Shares(speeds), 4711);
}

// A pool whose cores' speeds are made up: a thread's clock advances by what a piece costs it.
TEST(Shares, OfAPoolShortenTheStepOfUnequalCores) {
    const std::vector<double> speeds = {3.0, 3.0, 1.0, 1.0};
    ThreadPool pool(4, {});
    const auto step = [&] {
        std::vector<double> clocks(4, 0.0);
        pool.run([&](int thread) {
            const auto mine = static_cast<std::size_t>(thread);
            const Range range = pool.shares().of(thread, 120);
            for (std::int64_t i = range.begin; i < range.end; ++i) clocks[mine] += 1 / speeds[mine];
        });
        return *std::ranges::max_element(clocks);
    };
    EXPECT_NEAR(step(), 30.0, 1e-9);  // by count: the slow cores' 30 pieces
    pool.share_by(Shares(speeds));
    // By speed: 15. Speeds are held to a part in 64, so that a slow core may have a piece more.
    EXPECT_LE(step(), 16.0);
}

TEST(CoreSpeeds, AreAboveNothingForEveryThread) {
    ThreadPool pool(3, {});
    const std::vector<double> speeds = measured_speeds(pool, best_isa());
    EXPECT_EQ(speeds.size(), 3U);
    EXPECT_THAT(speeds, Each(testing::Gt(0.0)));
}

TEST(CoreSpeeds, OfAClassAreItsMedian) {
    EXPECT_THAT(evened(std::vector{9.0, 1.0, 10.0, 2.0, 100.0}, std::vector{0, 1, 0, 1, 0}),
                ElementsAre(10.0, 2.0, 10.0, 2.0, 10.0));
}

TEST(CoreSpeeds, ClassesAreKindsAndThreadsPerCore) {
    Topology topology;
    // Two fast cores with two hardware threads each, one slow core.
    topology.processors = {
        {0, 0, 1, 0, 0}, {2, 1, 1, 0, 0}, {4, 2, 0, 0, 0}, {1, 0, 1, 1, 0}, {3, 1, 1, 1, 0}};
    EXPECT_THAT(core_classes(topology, 2), ElementsAre(0, 0));
    EXPECT_THAT(core_classes(topology, 3), ElementsAre(0, 0, 1));
    EXPECT_THAT(core_classes(topology, 4), ElementsAre(0, 1, 2, 0));
    EXPECT_THAT(core_classes(topology, 5), ElementsAre(0, 0, 1, 0, 0));
    EXPECT_THAT(core_classes(topology, 6), ElementsAre(0, 1, 2, 0, 1, 0));
}

TEST(CoreSpeeds, EqualCoresShareEqually) {
    Topology topology;
    topology.processors = {{0, 0, 0, 0, 0}, {1, 1, 0, 0, 0}};
    ThreadPool pool(2, {});
    EXPECT_THAT(counts(shares_by_speed(pool, topology, best_isa()), 7), ElementsAre(3, 4));
}

}  // namespace
}  // namespace edgeroof::cpu
