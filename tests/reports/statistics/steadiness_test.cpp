// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/steadiness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/analysis/analysis.hpp"
#include "tests/reports/statistics/noise.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Prefills of 1 ms with noise of 2 %, the first `slow` of them twice as long.
Record prefills(std::size_t slow) {
    testing::Uniform uniform;
    Measurement m;
    m.id = "prefill";
    m.kind = Kind::prefill;
    m.device = "cpu";
    for (std::size_t i = 0; i < 100; ++i) {
        const double ns = 1e6 * std::exp(0.02 * testing::normal(uniform)) * (i < slow ? 2.0 : 1.0);
        m.samples.push_back(
            {static_cast<std::int64_t>(i) * 3'000'000, static_cast<std::int64_t>(ns)});
    }
    m.turns = {0};
    Record record;
    record.measurements = {m};
    return record;
}

TEST(WarmUpRemark, NamesTheSamplesThatWereStillWarmingUp) {
    const Record record = prefills(8);
    EXPECT_EQ(steadiness_of(record, record.measurements.front())->warming, 8U);
    EXPECT_THAT(Analysis(record).remarks,
                Contains(Field(&Remark::text, HasSubstr("first 8 of 100 samples"))));
}

TEST(WarmUpRemark, IsNotMadeWhereThereWasNone) {
    const Record record = prefills(0);
    EXPECT_EQ(steadiness_of(record, record.measurements.front())->warming, 0U);
    EXPECT_THAT(Analysis(record).remarks, IsEmpty());
}

}  // namespace
}  // namespace edgeroof::reports
