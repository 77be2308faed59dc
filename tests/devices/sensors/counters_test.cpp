// SPDX-License-Identifier: Apache-2.0
#include "devices/sensors/counters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace edgeroof {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(MissingCounters, SayWhatWouldBringThem) {
    EXPECT_THAT(missing_counter("cycles", "refused", std::nullopt, 3, 2).remedy,
                HasSubstr("perf_event_paranoid=2"));
    EXPECT_THAT(missing_counter("cycles", "refused", "KVM", 3, 2).why, HasSubstr("is 3"));
    EXPECT_THAT(missing_counter("cycles", "no such event", "KVM", 2, 2).why, HasSubstr("KVM"));
    EXPECT_THAT(missing_counter("cycles", "no such event", "KVM", 2, 2).remedy, HasSubstr("host"));
    const Missing bare = missing_counter("cycles", "no such event", std::nullopt, std::nullopt, 2);
    EXPECT_EQ(bare.why, "no such event");
    EXPECT_EQ(bare.remedy, "");
}

TEST(ThreadsToCount, AreAllButThoseNamed) {
    EXPECT_THAT(threads_to_count({}), Contains(gettid()));
    EXPECT_THAT(threads_to_count({gettid()}), Not(Contains(gettid())));
}

/// There is none, or it is not allowed to count.
bool is_without_papi(const OpenCounters& open) {
    return std::ranges::find(open.missing, "counters", &Missing::what) != open.missing.end();
}

class CountersOfSelf : public testing::Test {
  protected:
    void SetUp() override {
        open_ = open_counters({gettid()});
        if (is_without_papi(open_)) GTEST_SKIP() << open_.missing.front().why;
        open_.counters->start();
    }
    double value(const std::vector<Count>& counts, const std::string& name) const {
        const auto found = std::ranges::find(counts, name, &Count::name);
        return found == counts.end() ? -1.0 : found->value;
    }
    OpenCounters open_;
};

TEST_F(CountersOfSelf, CountPageFaultsAndTheTime) {
    constexpr std::size_t pages = 300;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* memory =
        mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    // In a huge page one fault would bring them all.
    madvise(memory, pages * page, MADV_NOHUGEPAGE);
    for (std::size_t i = 0; i < pages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
    const std::vector<Count> counts = open_.counters->stop();
    munmap(memory, pages * page);
    EXPECT_GE(value(counts, "page faults"), static_cast<double>(pages));
    EXPECT_GT(value(counts, "task clock"), 0.0);
    for (const Count& count : counts) {
        EXPECT_FALSE(count.unit.empty());
        EXPECT_THAT(count.source, HasSubstr(" ")) << count.name;
    }
}

TEST_F(CountersOfSelf, NoticeThatTheThreadWasSwitchedAway) {
    cpu_set_t before_mask, here;
    ASSERT_EQ(sched_getaffinity(0, sizeof before_mask, &before_mask), 0);
    CPU_ZERO(&here);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &here);
    ASSERT_EQ(sched_setaffinity(0, sizeof here, &here), 0);
    open_.counters->stop();
    open_.counters->start();
    // Two threads on one CPU, each waiting for the other: to go on, one has to give way.
    std::atomic<int> turn{0};
    std::thread other([&] {
        for (int i = 0; i < 20; ++i) {
            turn.wait(0);
            turn = 0;
            turn.notify_one();
        }
    });
    for (int i = 0; i < 20; ++i) {
        turn = 1;
        turn.notify_one();
        turn.wait(1);
    }
    other.join();
    const std::vector<Count> counts = open_.counters->stop();
    sched_setaffinity(0, sizeof before_mask, &before_mask);
    if (value(counts, context_switches_name) < 0.0) GTEST_SKIP() << "not allowed to count them";
    EXPECT_GT(value(counts, context_switches_name), 0.0);
    EXPECT_TRUE(open_.counters->stop().empty());  // it does not count any more
}

TEST_F(CountersOfSelf, BeginAgainFromZero) {
    open_.counters->stop();
    open_.counters->start();
    const std::vector<Count> counts = open_.counters->stop();
    // Between the two calls there is nothing to do for a second.
    EXPECT_LT(value(counts, "task clock"), 1.0);
    EXPECT_GE(value(counts, "task clock"), 0.0);
}

TEST(Counters, OtherThreadsAreCountedOrMissed) {
    std::atomic<pid_t> other_id{0};
    std::atomic<bool> done{false};
    std::thread other([&] {
        other_id = gettid();
        other_id.notify_one();
        while (!done) continue;
    });
    other_id.wait(0);
    const OpenCounters open = open_counters({other_id});
    double clock = 0.0;
    const auto missed_all = [](const Missing& m) {
        return m.what == "counters" || m.what.starts_with("all threads but");
    };
    const bool counts = std::ranges::none_of(open.missing, missed_all);
    open.counters->start();
    // It computes until that is seen; this thread's own time is not among what is counted.
    for (int i = 0; counts && i < 1'000'000 && clock == 0.0; ++i) {
        for (const Count& count : open.counters->stop())
            if (count.name == "task clock") clock = count.value;
        open.counters->start();
    }
    open.counters->stop();
    done = true;
    other.join();
    EXPECT_EQ(clock > 0.0, counts);
}

TEST(Counters, SwitchesOfAllThreadsAreCountedWithoutPapi) {
    const auto counters = with_process_switches(nullptr);
    counters->start();
    const std::vector<Count> counts = counters->stop();
    ASSERT_EQ(counts.size(), 1U);
    EXPECT_EQ(counts[0].name, process_switches_name);
    EXPECT_GE(counts[0].value, 0.0);
    EXPECT_LT(counts[0].value, 1e6);  // since start(), not since the process began to run
    EXPECT_THAT(counts[0].source, HasSubstr("getrusage"));
}

TEST(Counters, WhatIsNotCountedHasAReason) {
    const OpenCounters open = open_counters({gettid()});
    EXPECT_TRUE(open.counters);
    for (const Missing& missing : open.missing) {
        EXPECT_FALSE(missing.what.empty());
        EXPECT_FALSE(missing.why.empty()) << missing.what;
    }
}

}  // namespace
}  // namespace edgeroof
