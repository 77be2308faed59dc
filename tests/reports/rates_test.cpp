// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/rates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/sample_analysis.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::DoubleEq;
using namespace testing;

TEST(Rates, TurnsAreSplitAndRepetitionsDivided) {
    Measurement m;
    m.repetitions = 10;
    m.samples = {{100, 1000}, {2000, 3000}, {9000, 0}, {9500, 5000}};
    m.turns = {0, 2};
    const std::vector<Turn> turns = turns_of(m);
    ASSERT_EQ(turns.size(), 2U);
    EXPECT_EQ(turns[0].begin_ns, 100);
    EXPECT_EQ(turns[0].end_ns, 5000);
    EXPECT_THAT(turns[0].seconds, ::testing::ElementsAre(DoubleEq(1e-7), DoubleEq(3e-7)));
    // 0 ns is below what the clock resolves.
    EXPECT_THAT(turns[1].seconds, ::testing::ElementsAre(DoubleEq(5e-7)));
    EXPECT_EQ(turns[1].begin_ns, 9500);
}

TEST(Rates, FailedAndEmptyHaveNoFigure) {
    Measurement m;
    EXPECT_FALSE(estimate_seconds(m).has_value());
    m.samples = {{0, 1000}};
    EXPECT_TRUE(estimate_seconds(m).has_value());
    m.validity = {State::failed, {"lost"}};
    EXPECT_FALSE(estimate_seconds(m).has_value());
}

TEST(Rates, SpeedIsTokensOverTime) {
    Record record = sample_record();
    Measurement& prefill = measurement(record, "prefill/smollm2-135m:Q4_0/n128/d0");
    const double seconds = estimate_seconds(prefill)->median;
    EXPECT_DOUBLE_EQ(estimate_tokens_per_second(prefill)->median, 128.0 / seconds);
}

}  // namespace
}  // namespace edgeroof::reports
