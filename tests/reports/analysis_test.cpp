// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/analysis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/sample_analysis.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::HasSubstr;
using namespace testing;

TEST(Latency, HasItsPercentiles) {
    const Record record = sample_record({.noise = 0.0});
    const Analysis analysis(record);
    ASSERT_EQ(analysis.latencies.size(), 1U);
    const LatencySummary& latency = analysis.latencies[0];
    EXPECT_EQ(latency.seconds.size(), 256U);
    // One token in 32 is late: 3.1 %, so beyond P95 and within P99.
    EXPECT_LT(latency.p95->median, 1.3 * latency.p50.median);
    EXPECT_FALSE(latency.p99.has_value()) << "256 tokens have 2.56 beyond P99";
    EXPECT_GT(latency.greatest, 1.5 * latency.p50.median);
}

Record slowing(double factor) {
    Record record = sample_record();
    Measurement& m = measurement(record, decode_id);
    const std::size_t half = m.samples.size() / 2;
    for (std::size_t i = half; i < m.samples.size(); ++i)
        m.samples[i].ns = std::llround(static_cast<double>(m.samples[i].ns) * factor);
    return record;
}

TEST(Steadiness, SeesARateThatFellAndStayed) {
    const Record record = slowing(1.25);
    const auto seen = steadiness_of(record, *record.find(decode_id));
    ASSERT_TRUE(seen.has_value());
    EXPECT_TRUE(seen->changed);
    EXPECT_NEAR(seen->change, 1.0 / 1.25 - 1.0, near);
    EXPECT_THAT(seen->beside, ::testing::Contains(HasSubstr("DRAM read roof beside it")));
    EXPECT_THAT(seen->beside, ::testing::Contains(HasSubstr("SoC temperature: ")));
}

TEST(Steadiness, IsQuietOnNoise) {
    const Record record = sample_record();
    for (const Measurement& m : record.measurements) {
        const auto seen = steadiness_of(record, m);
        EXPECT_FALSE(seen && seen->changed) << m.id;
    }
    EXPECT_FALSE(steadiness_of(record, *record.find("latency/smollm2-135m:Q4_0")).has_value());
}

}  // namespace
}  // namespace edgeroof::reports
