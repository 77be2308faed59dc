// SPDX-License-Identifier: Apache-2.0
#include "harness/counters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/scripted_counters.hpp"

namespace edgeroof::harness {
namespace {

using testing::ElementsAre;
using testing::Field;

const reports::Counter& counter(const reports::Counted& counted, const std::string& name) {
    return *std::ranges::find(counted.counters, name, &reports::Counter::name);
}

TEST(SampleCounts, AddUpAndMarkTheSamplesThatWereInterrupted) {
    ScriptedCounters counters;
    SampleCounts counts(&counters);
    for (std::int64_t i = 0; i < 5; ++i) {
        const reports::Sample sample = counts.take([&] {
            EXPECT_TRUE(counters.running);
            return reports::Sample{i, 1};
        });
        EXPECT_EQ(sample.start_ns, i);
        EXPECT_FALSE(counters.running);
    }
    const auto counted = counts.counted();
    ASSERT_TRUE(counted);
    EXPECT_EQ(counter(*counted, "cycles").value, 5e6);
    EXPECT_TRUE(counter(*counted, "cycles").multiplexed);  // once
    EXPECT_EQ(counter(*counted, context_switches_name).value, 2.0);
    EXPECT_EQ(counter(*counted, migrations_name).value, 1.0);
    // A context switch in the third, a migration in the fifth.
    EXPECT_THAT(counted->interrupted.value(), ElementsAre(2, 4));
}

TEST(SampleCounts, SayNothingOfInterruptionsWhereNoneAreCounted) {
    ScriptedCounters counters;
    counters.counts_switches = false;
    SampleCounts counts(&counters);
    counts.take([] { return reports::Sample{1, 1}; });
    EXPECT_EQ(counts.counted()->counters.size(), 1U);
    EXPECT_FALSE(counts.counted()->interrupted);
}

TEST(SampleCounts, WithoutCountersOnlyMeasure) {
    SampleCounts counts(nullptr);
    EXPECT_EQ(counts.take([] { return reports::Sample{7, 1}; }).start_ns, 7);
    EXPECT_FALSE(counts.counted());
}

TEST(AppendCounted, AddsWhatFollows) {
    const reports::Counted more{{{"cycles", 2.0, "1", "script", true}}, {{0, 3}}};
    std::optional<reports::Counted> all;
    append_counted(all, more, 0);
    append_counted(all, more, 10);
    append_counted(all, std::nullopt, 20);
    EXPECT_EQ(all->counters.size(), 1U);
    EXPECT_EQ(all->counters[0].value, 4.0);
    EXPECT_THAT(all->interrupted.value(), ElementsAre(0, 3, 10, 13));
}

TEST(AbsentCounters, AreOneEntryForOneReason) {
    const auto absent = absent_counters({{"cycles", "a guest", "the host"},
                                         {"energy", "no component", ""},
                                         {"instructions", "a guest", "the host"}});
    EXPECT_THAT(absent,
                ElementsAre(Field(&reports::Absence::what, "counters: cycles, instructions"),
                            Field(&reports::Absence::what, "counters: energy")));
    EXPECT_EQ(absent[0].remedy, "the host");
    EXPECT_FALSE(absent[1].remedy);
}

TEST(OverheadOfCounters, IsThatOfReadingThemOnce) {
    ScriptedCounters counters;
    EXPECT_GE(overhead_ns(counters), 0.0);
    EXPECT_GT(counters.started, 0);
    EXPECT_FALSE(counters.running);
}

}  // namespace
}  // namespace edgeroof::harness
