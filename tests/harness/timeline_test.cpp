// SPDX-License-Identifier: Apache-2.0
#include "harness/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "harness/clock.hpp"

namespace edgeroof::harness {
namespace {

using testing::HasSubstr;

/// Gives 1, 2, 3, ...; nothing after `last`.
class CountingSensor final : public Sensor {
  public:
    CountingSensor(std::atomic<int>& reads, int last) : reads_(reads), last_(last) {
        id = "count";
        name = "a count";
        unit = "1";
        source = "/nowhere";
    }
    std::optional<double> read() override {
        const int now = ++reads_;
        return now <= last_ ? std::optional<double>(now) : std::nullopt;
    }

  private:
    std::atomic<int>& reads_;
    int last_;
};

Sensors one_sensor(std::atomic<int>& reads, int last) {
    Sensors sensors;
    sensors.push_back(std::make_unique<CountingSensor>(reads, last));
    return sensors;
}

void wait_for(const std::atomic<int>& reads, int count) {
    while (reads < count) std::this_thread::yield();
}

TEST(Timeline, ReadsInOrderOnTheClockOfTheSamples) {
    std::atomic<int> reads{0};
    const std::int64_t before = monotonic_ns();
    Timeline timeline(one_sensor(reads, 1'000'000), 1000.0);
    wait_for(reads, 5);
    std::vector<reports::Sensor> pieces = timeline.take();
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(pieces[0].id, "count");
    EXPECT_EQ(pieces[0].nominal_hz, 1000.0);
    ASSERT_GE(pieces[0].readings.size(), 4U);
    EXPECT_GE(pieces[0].readings[0].t_ns, before);
    for (std::size_t i = 0; i < pieces[0].readings.size(); ++i) {
        EXPECT_EQ(pieces[0].readings[i].value, static_cast<double>(i + 1));
        if (i > 0) {
            EXPECT_GT(pieces[0].readings[i].t_ns, pieces[0].readings[i - 1].t_ns);
        }
    }
    // What was taken is gone; the next piece goes on.
    const auto taken = static_cast<int>(pieces[0].readings.size());
    wait_for(reads, taken + 2);
    pieces = timeline.take();
    ASSERT_FALSE(pieces.empty());
    EXPECT_EQ(pieces[0].readings[0].value, static_cast<double>(taken + 1));
    EXPECT_TRUE(timeline.take_vanished().empty());
    ASSERT_TRUE(timeline.overhead());
    EXPECT_GT(*timeline.overhead(), 0.0);
    EXPECT_LE(*timeline.overhead(), 1.0);
}

TEST(Timeline, ASensorThatVanishesIsToldOnce) {
    std::atomic<int> reads{0};
    Timeline timeline(one_sensor(reads, 3), 1000.0);
    wait_for(reads, 3 + 11);
    const auto vanished = timeline.take_vanished();
    ASSERT_EQ(vanished.size(), 1U);
    EXPECT_EQ(vanished[0].what, "sensor count");
    EXPECT_THAT(vanished[0].why, HasSubstr("/nowhere stopped giving values"));
    EXPECT_TRUE(timeline.take_vanished().empty());
    EXPECT_EQ(timeline.take().at(0).readings.size(), 3U);
}

TEST(Timeline, WithoutSensorsThereIsNoThread) {
    Timeline timeline({}, 10.0);
    EXPECT_EQ(timeline.thread_id(), 0);
    EXPECT_FALSE(timeline.overhead());
    EXPECT_TRUE(timeline.take().empty());
}

TEST(Timeline, EndsAtOnceHoweverSlowItsRate) {
    std::atomic<int> reads{0};
    const std::int64_t start = monotonic_ns();
    {
        Timeline timeline(one_sensor(reads, 10), 0.001);
        wait_for(reads, 1);
    }
    // The next reading would be 1000 s away.
    EXPECT_LT(monotonic_ns() - start, 100'000'000'000);
}

}  // namespace
}  // namespace edgeroof::harness
