// SPDX-License-Identifier: Apache-2.0
#include "harness/counters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Sample i starts at i and lasts 1.
class Numbered final : public Workload {
  public:
    reports::Measurement describe() const override {
        reports::Measurement m;
        m.id = "numbered";
        return m;
    }
    reports::Sample sample() override { return {next++, 1}; }
    std::int64_t next = 1;
};

/// Each time a million cycles; the third time, a context switch; the fifth, a migration.
class Scripted final : public Counters {
  public:
    void start() override { ++started; }
    std::vector<Count> stop() override {
        return {{"cycles", "1", 1e6, "script", started == 4},
                {context_switches_name, "1", started == 3 ? 2.0 : 0.0, "script", false},
                {migrations_name, "1", started == 5 ? 1.0 : 0.0, "script", false}};
    }
    int started = 0;
};

TEST(CountedWorkload, CountsThoseSamplesThatWereKept) {
    Numbered numbered;
    Scripted counters;
    CountedWorkload workload(numbered, &counters);
    reports::Measurement m = workload.describe();
    EXPECT_EQ(m.id, "numbered");
    workload.sample();  // a warm-up
    for (int i = 0; i < 5; ++i) m.samples.push_back(workload.sample());
    const std::vector<Count> counts = workload.counts(m);
    ASSERT_EQ(counts.size(), 3U);
    EXPECT_EQ(counts[0].value, 5e6);
    EXPECT_TRUE(counts[0].multiplexed);  // the fourth was
    EXPECT_EQ(counts[1].value, 2.0);
    EXPECT_EQ(counts[2].value, 1.0);
    // The first was a warm-up: the third to be counted is the second that was kept.
    EXPECT_THAT(workload.interrupted(m), ElementsAre(1, 3));
}

TEST(CountedWorkload, WithoutCountersOnlyMeasures) {
    Numbered numbered;
    CountedWorkload workload(numbered, nullptr);
    reports::Measurement m = workload.describe();
    m.samples.push_back(workload.sample());
    EXPECT_EQ(m.samples[0].start_ns, 1);
    EXPECT_THAT(workload.counts(m), IsEmpty());
    EXPECT_THAT(workload.interrupted(m), IsEmpty());
}

}  // namespace
}  // namespace edgeroof::harness
