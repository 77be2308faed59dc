// SPDX-License-Identifier: Apache-2.0
#include "devices/cpu/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <vector>

namespace edgeroof::cpu {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsTheJobOnceOnEveryThread) {
    ThreadPool pool(GetParam(), {});
    std::vector<int> calls(static_cast<std::size_t>(GetParam()), 0);
    for (int round = 0; round < 50; ++round)
        pool.run([&](int thread) { ++calls[static_cast<std::size_t>(thread)]; });
    EXPECT_EQ(calls, std::vector<int>(calls.size(), 50));
}

// Each round reads what all threads wrote in the round before: a barrier that lets one thread
// through early, or hides a write, gives a wrong sum.
TEST_P(ThreadPoolTest, BarriersOrderWhatThreadsWrite) {
    ThreadPool pool(GetParam(), {});
    const auto threads = static_cast<std::size_t>(GetParam());
    std::vector<std::uint64_t> values[2] = {std::vector<std::uint64_t>(threads, 1),
                                            std::vector<std::uint64_t>(threads, 0)};
    constexpr int rounds = 40;
    pool.run([&](int thread) {
        for (int round = 0; round < rounds; ++round) {
            const auto& from = values[round % 2];
            values[(round + 1) % 2][static_cast<std::size_t>(thread)] =
                std::accumulate(from.begin(), from.end(), std::uint64_t{0}) % 1000003;
            pool.barrier();
        }
    });
    std::uint64_t expected = 1;
    for (int round = 0; round < rounds; ++round) expected = expected * threads % 1000003;
    EXPECT_EQ(values[rounds % 2], std::vector<std::uint64_t>(threads, expected));
}

// 17: more than the processors of a small machine: waiting threads must let others run.
INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, testing::Values(1, 2, 3, 4, 17));

TEST(ThreadPool, LeavesTheCallersAffinityAsItWas) {
    cpu_set_t before, after;
    CPU_ZERO(&before);
    CPU_ZERO(&after);
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    ThreadPool pool(2, {first});
    std::atomic<int> wrong{0};
    pool.run([&](int) {
        cpu_set_t mine;
        CPU_ZERO(&mine);
        if (sched_getaffinity(0, sizeof mine, &mine) != 0 || CPU_COUNT(&mine) != 1 ||
            !CPU_ISSET(first, &mine))
            ++wrong;
    });
    EXPECT_EQ(wrong, 0);
    ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(ThreadPool, WakesThreadsThatHaveParked) {
    ThreadPool pool(2, {});
    int calls = 0;
    pool.run([&](int thread) { calls += thread; });
    // Long enough for the worker to spin out and park, however it was scheduled: it needs no time
    // of ours, so a second job after plenty of this thread's own work finds it asleep.
    std::atomic<std::uint64_t> work{0};
    for (int i = 0; i < 20'000'000; ++i)
        work.store(work.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    pool.run([&](int thread) { calls += thread; });
    EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace edgeroof::cpu
