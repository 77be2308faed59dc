// SPDX-License-Identifier: Apache-2.0
#include "harness/measure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "tests/harness/scripted_counters.hpp"

namespace edgeroof::harness {
namespace {

using reports::State;
using reports::StopReason;
using testing::ElementsAre;
using testing::HasSubstr;

/// Takes no time: its samples last what the test says, on a clock that all of them share.
class ScriptedWorkload final : public Workload {
  public:
    ScriptedWorkload(std::string name, std::int64_t ns, std::int64_t& clock, std::string& log)
        : name_(std::move(name)), ns_(ns), clock_(clock), log_(log) {}

    reports::Measurement describe() const override {
        reports::Measurement m;
        m.id = name_;
        m.threads = 2;
        return m;
    }
    reports::Sample sample() override {
        if (taken++ == fails_after) throw std::runtime_error("device lost");
        const reports::Sample sample{clock_, ns_};
        clock_ += ns_;
        if (log_.empty() || log_.back() != name_[0]) log_ += name_[0];
        return sample;
    }

    int taken = 0;
    int fails_after = -1;

  private:
    std::string name_;
    std::int64_t ns_;
    std::int64_t& clock_;
    std::string& log_;
};

constexpr std::int64_t ms = 1'000'000;

class MeasureTest : public testing::Test {
  protected:
    MeasureTest() {
        settings_.stop.max_seconds = 0.3;
        settings_.stop.min_samples = 5;
        settings_.stop.max_samples = 1000;
        settings_.stop.precision = 0.01;
        settings_.warm_up_seconds = 0.0;
        settings_.turns = 3;
        settings_.slice_seconds = 0.01;
    }

    std::int64_t clock_ = 1;
    std::string log_;
    MeasureSettings settings_;
};

TEST_F(MeasureTest, AlternatesWithItsRoofsAndEndsWithThem) {
    ScriptedWorkload work("work", 25 * ms, clock_, log_), read("read", 4 * ms, clock_, log_),
        peak("peak", 4 * ms, clock_, log_);
    const std::vector<Workload*> roofs{&read, &peak};
    const Measured measured = measure(work, roofs, settings_);
    ASSERT_EQ(measured.roofs.size(), 2U);
    EXPECT_FALSE(measured.closer);
    EXPECT_EQ(log_, "wprwrpwprwrp");  // the first is the warm-up
    const reports::Measurement& main = measured.workload;
    EXPECT_EQ(main.id, "work");
    EXPECT_THAT(main.roofs, ElementsAre("read beside work", "peak beside work"));
    EXPECT_EQ(main.warm_up.count, 1);
    EXPECT_EQ(main.turns.size(), 3U);
    EXPECT_EQ(measured.roofs[0].id, "read beside work");
    // A slice of 10 ms is three samples of 4 ms, before each turn and after the last.
    EXPECT_THAT(measured.roofs[0].turns, ElementsAre(0, 3, 6, 9));
    EXPECT_EQ(measured.roofs[0].samples.size(), 12U);
    EXPECT_EQ(main.stop.reason, StopReason::precision);
}

TEST_F(MeasureTest, ARoofThatRestsBetweenItsSamplesEndsItsSliceByTheClock) {
    // Ten million samples of a nanosecond would fill a slice of 10 ms.
    ScriptedWorkload work("work", 25 * ms, clock_, log_), burst("burst", 1, clock_, log_);
    const std::vector<Workload*> roofs{&burst};
    const Measured measured = measure(work, roofs, settings_);
    EXPECT_EQ(measured.roofs[0].turns.size(), 4U);
    EXPECT_LT(measured.roofs[0].samples.size(), 4 * 10'000'000U);
}

TEST_F(MeasureTest, ACloserLookFollowsTheTurnsAndTakesNoMoreTime) {
    ScriptedWorkload work("work", 25 * ms, clock_, log_), read("read", 4 * ms, clock_, log_),
        closer("closer", 60 * ms, clock_, log_);
    const std::vector<Workload*> roofs{&read};
    settings_.turns = 4;
    settings_.stop.min_samples = settings_.stop.max_samples = 4;
    const Measured measured = measure(work, roofs, settings_, &closer);
    // Four turns of 25 ms; the look takes 60 ms, so that it has to wait for every other.
    EXPECT_EQ(log_, "wrwcrwrwcrwr");
    ASSERT_TRUE(measured.closer);
    EXPECT_EQ(measured.closer->samples.size(), 2U);
    EXPECT_THAT(measured.closer->turns, ElementsAre(0, 1));
    EXPECT_EQ(measured.closer->roofs, measured.workload.roofs);
    EXPECT_EQ(measured.workload.samples.size(), 4U);
}

/// Samples of the milliseconds that it is given; the last of them for ever.
class SettlingWorkload final : public Workload {
  public:
    SettlingWorkload(std::vector<double> milliseconds, std::int64_t round)
        : milliseconds_(std::move(milliseconds)), round_(round) {}
    reports::Measurement describe() const override { return {}; }
    reports::Sample sample() override {
        const double now = milliseconds_[std::min(taken_++, milliseconds_.size() - 1)];
        return {0, static_cast<std::int64_t>(now * 1e6)};
    }
    std::int64_t samples_per_round() const override { return round_; }

  private:
    std::vector<double> milliseconds_;
    std::int64_t round_;
    std::size_t taken_ = 0;
};

reports::WarmUp settled(std::vector<double> milliseconds, std::int64_t round = 1) {
    SettlingWorkload workload(std::move(milliseconds), round);
    return settle(workload);
}

TEST(Settle, EndsWithTheFirstSampleThatIsNoFasterThanTheOneBefore) {
    EXPECT_EQ(settled({1.0, 1.0}).count, 2);
    EXPECT_EQ(settled({4.0, 3.0, 2.0, 1.0, 0.99, 0.5}).count, 5);
    EXPECT_EQ(settled({4.0, 3.0, 2.0, 1.0, 0.99, 0.5}).ns, 10'990'000);
    EXPECT_EQ(settled({1.0, 2.0}).count, 2);
}

TEST(Settle, TakesNoLongerThanItsTimeHoweverMuchFasterSamplesGet) {
    EXPECT_EQ(settled({9.0, 8.0, 7.0, 6.0, 5.0}).count, 3);  // 9 + 8 + 7 > 20
    EXPECT_EQ(settled({30.0}).count, 1);
}

TEST(Settle, PassesOnceThroughAllTheMemory) {
    EXPECT_EQ(settled({2.0}, 19).count, 19);
    EXPECT_EQ(settled({2.0}, 1000).count, 25);  // 50 ms
}

TEST_F(MeasureTest, ShortSamplesSettleBeforeEachTurn) {
    ScriptedWorkload work("work", 1 * ms, clock_, log_), read("read", 4 * ms, clock_, log_);
    const std::vector<Workload*> roofs{&read};
    const Measured measured = measure(work, roofs, settings_);
    // One for the warm-up and two at the start of each of three turns.
    EXPECT_EQ(measured.workload.warm_up.count, 7);
    EXPECT_EQ(measured.workload.warm_up.ns, 7 * ms);
    EXPECT_EQ(measured.workload.samples.size() + 7, static_cast<std::size_t>(work.taken));
}

TEST_F(MeasureTest, TheTimeCapEndsItThoughTurnsAreToCome) {
    ScriptedWorkload work("work", 400 * ms, clock_, log_), read("read", 4 * ms, clock_, log_);
    const std::vector<Workload*> roofs{&read};
    const Measured measured = measure(work, roofs, settings_);
    EXPECT_EQ(measured.workload.samples.size(), 1U);
    EXPECT_EQ(measured.workload.stop.reason, StopReason::time_cap);
    EXPECT_EQ(log_, "wrwr");
}

TEST_F(MeasureTest, CountsWorkRoofsAndTheCloserLookButNotWhatIsDiscarded) {
    ScriptedWorkload work("work", 1 * ms, clock_, log_), read("read", 4 * ms, clock_, log_),
        closer("closer", 1 * ms, clock_, log_);
    const std::vector<Workload*> roofs{&read};
    ScriptedCounters counters;
    settings_.counters = &counters;
    const Measured measured = measure(work, roofs, settings_, &closer);
    const auto expect_all = [](const reports::Measurement& m) {
        ASSERT_TRUE(m.counted) << m.id;
        EXPECT_EQ(m.counted->counters[0].value, 1e6 * static_cast<double>(m.samples.size()));
        for (const std::uint64_t index : m.counted->interrupted.value())
            EXPECT_LT(index, m.samples.size());
    };
    expect_all(measured.workload);
    expect_all(measured.roofs.at(0));
    expect_all(measured.closer.value());
    EXPECT_GT(measured.workload.warm_up.count, 0);
}

TEST_F(MeasureTest, AFailureLeavesTheCountersStopped) {
    ScriptedWorkload work("work", 30 * ms, clock_, log_);
    ScriptedCounters counters;
    settings_.counters = &counters;
    work.fails_after = 3;
    const Measured measured = measure(work, {}, settings_);
    EXPECT_EQ(measured.workload.samples.size(), 2U);
    EXPECT_FALSE(counters.running);
}

TEST_F(MeasureTest, WithoutRoofsThereIsOneTurn) {
    ScriptedWorkload work("work", 30 * ms, clock_, log_);
    const Measured measured = measure(work, {}, settings_);
    EXPECT_TRUE(measured.roofs.empty());
    EXPECT_THAT(measured.workload.turns, ElementsAre(0));
    EXPECT_TRUE(measured.workload.roofs.empty());
}

TEST_F(MeasureTest, AFailureKeepsWhatWasMeasuredAndSaysWhy) {
    ScriptedWorkload work("work", 30 * ms, clock_, log_), read("read", 4 * ms, clock_, log_);
    work.fails_after = 4;
    const std::vector<Workload*> roofs{&read};
    const Measured measured = measure(work, roofs, settings_);
    EXPECT_EQ(measured.workload.validity.state, State::failed);
    EXPECT_THAT(measured.workload.validity.reasons, ElementsAre(HasSubstr("device lost")));
    EXPECT_EQ(measured.workload.samples.size(), 3U);
    EXPECT_EQ(measured.workload.stop.reason, StopReason::failed);
}

TEST_F(MeasureTest, StopsBetweenSamplesWhenTold) {
    ScriptedWorkload work("work", 1 * ms, clock_, log_), read("read", 4 * ms, clock_, log_);
    const std::vector<Workload*> roofs{&read};
    settings_.stop_now = [&] { return work.taken >= 8; };
    const Measured measured = measure(work, roofs, settings_);
    EXPECT_EQ(work.taken, 8);
    EXPECT_EQ(measured.workload.stop.reason, StopReason::interrupted);
    // The rest are the warm-up and what settles each turn.
    EXPECT_EQ(static_cast<std::int64_t>(measured.workload.samples.size()) +
                  measured.workload.warm_up.count,
              8);
}

SystemCounts counts() {
    SystemCounts counts;
    counts.waiting_seconds = 0.0;
    counts.busy_cpu_seconds = 100.0;
    counts.stolen_cpu_seconds = 0.0;
    counts.cpu = 1;
    return counts;
}

TEST(Disturbance, AQuietMachineHasNone) {
    SystemCounts after = counts();
    after.at_ns = 2'000'000'000;
    after.waiting_seconds = 0.01;
    after.own_cpu_seconds = 4.0;
    *after.busy_cpu_seconds += 4.1;
    EXPECT_THAT(disturbances(counts(), after, 2, 2), ElementsAre());
}

TEST(Disturbance, TellsWaitingOthersStolenTimeAndMoves) {
    SystemCounts after = counts();
    after.at_ns = 2'000'000'000;
    after.waiting_seconds = 0.5;
    *after.busy_cpu_seconds += 1.0;
    *after.stolen_cpu_seconds += 0.5;
    after.cpu = 0;
    EXPECT_THAT(disturbances(counts(), after, 1, 2),
                ElementsAre(HasSubstr("waited 25.0 %"), HasSubstr("used 0.50 CPUs"),
                            HasSubstr("hypervisor took 25.0 %"), HasSubstr("from CPU 1 to CPU 0")));
}

TEST(Disturbance, WithoutTheKernelsWaitingTimesSwitchesCount) {
    SystemCounts before, after;
    after.at_ns = 1'000'000'000;
    after.involuntary_switches = 40;
    EXPECT_THAT(disturbances(before, after, 2, 2), ElementsAre());
    after.involuntary_switches = 400;
    EXPECT_THAT(disturbances(before, after, 2, 2), ElementsAre("400 involuntary context switches"));
}

TEST(Disturbance, ReadsThisMachine) {
    const SystemCounts now = count_system({});
    EXPECT_GT(now.at_ns, 0);
    EXPECT_GE(now.own_cpu_seconds, 0.0);
    // No such folder: what can't be had is absent, not 0.
    const SystemCounts nowhere = count_system({}, "/no/such/proc");
    EXPECT_FALSE(nowhere.waiting_seconds);
    EXPECT_FALSE(nowhere.busy_cpu_seconds);
}

}  // namespace
}  // namespace edgeroof::harness
