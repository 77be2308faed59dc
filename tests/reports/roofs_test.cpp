// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/roofs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/reports/sample_analysis.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::HasSubstr;
using namespace testing;

TEST(Roofs, OfOneNameAreOneLine) {
    const Record record = sample_record();
    const Analysis analysis(record);
    ASSERT_EQ(analysis.roofs.size(), 4U);
    EXPECT_NEAR(roof(analysis, "DRAM read").rate.median / 40e9, 1.0, near);
    EXPECT_NEAR(roof(analysis, "DRAM copy").rate.median / 30e9, 1.0, near);
    EXPECT_NEAR(roof(analysis, "FP32 FMA").rate.median / 160e9, 1.0, near);
    EXPECT_NEAR(roof(analysis, "INT8 dot").rate.median / 640e9, 1.0, near);
    EXPECT_GT(roof(analysis, "DRAM read").measurements.size(), 10U);
}

TEST(Roofs, ThatJumpAreWideBands) {
    const Record record = sample_record({.jump = 0.6});
    const Analysis analysis(record);
    const Interval band = roof(analysis, "DRAM read").spread;
    EXPECT_NEAR(band.low / 24e9, 1.0, 2 * near);
    EXPECT_NEAR(band.high / 40e9, 1.0, 2 * near);
}

TEST(Roofs, SharesAreTakenTurnByTurn) {
    // The machine runs at 60 % in every other turn; the kernel follows it.
    const Record record = sample_record({.jump = 0.6});
    const Analysis analysis(record);
    const Share share = *point(analysis, ffn_id).memory_share;
    EXPECT_TRUE(share.beside);
    EXPECT_EQ(share.value.n, 3U);
    EXPECT_NEAR(share.value.median, 0.90, near);
    EXPECT_LT(share.value.interval->half_width(), 0.05);
}

/// A kernel's roof of that rate, as the sample's own format has it.
void add_kernel(Record& record, std::int64_t tokens, double rate) {
    Measurement m = measurement(record, ffn_id);
    m.id = "roof/kernel " + std::to_string(tokens);
    m.kind = Kind::roof;
    m.roof = Roof{Resource::kernel, m.id, "L1"};
    m.op->kind = "matmul_loop";
    m.tokens = tokens;
    m.roofs.clear();
    m.work.flops *= static_cast<std::uint64_t>(tokens);
    for (Sample& sample : m.samples)
        sample.ns = std::llround(static_cast<double>(m.work.flops) *
                                 static_cast<double>(m.repetitions) / rate * 1e9);
    record.measurements.push_back(std::move(m));
}

TEST(Roofs, OfItsKernelHoldsAQuantisedMatmul) {
    Record record = sample_record();
    const double rate = point(Analysis(record), ffn_id).flop_rate.median;
    add_kernel(record, 1, 1.25 * rate);
    add_kernel(record, 96, 20.0 * rate);
    {
        const Analysis analysis(record);
        const Point& ffn = point(analysis, ffn_id);
        EXPECT_EQ(ffn.kernel_roof->name, "roof/kernel 1");
        EXPECT_NEAR(ffn.kernel_share->value.median, 0.80, near);
        EXPECT_EQ(ffn.bound, Bound::memory) << "the machine's roofs come first";
        EXPECT_FALSE(point(analysis, norm_id).kernel_share) << "no matmul";
    }
    // Of many tokens it is held against the kernel of many tokens.
    Measurement& ffn = measurement(record, ffn_id);
    ffn.work.flops *= 32;
    {
        const Analysis analysis(record);
        const Point& many = point(analysis, ffn_id);
        EXPECT_EQ(many.kernel_roof->name, "roof/kernel 96");
        EXPECT_TRUE(many.suspect) << "32 of 20 is above it";
    }
}

TEST(Roofs, AKernelBoundsWhatIsFarFromTheMachines) {
    Record record = sample_record({.matmul_share = 0.3});
    add_kernel(record, 1, 1.25 * point(Analysis(record), ffn_id).flop_rate.median);
    const Analysis analysis(record);
    EXPECT_EQ(point(analysis, ffn_id).bound, Bound::kernel);
    const std::string text = step(analysis, decode_id).bound_by;
    EXPECT_THAT(text, HasSubstr("of its kernel"));
}

TEST(Roofs, OfAnotherTimeAreSaidToBe) {
    Record record = sample_record();
    measurement(record, ffn_id).roofs.clear();
    const Analysis analysis(record);
    EXPECT_FALSE(point(analysis, ffn_id).memory_share->beside);
    EXPECT_NEAR(point(analysis, ffn_id).memory_share->value.median, 0.90, near);
}

TEST(Roofs, FewTurnsTakeTheSpreadOfTheirSamples) {
    Record record = sample_record();
    measurement(record, ffn_id).turns.clear();
    const Analysis analysis(record);
    const Share share = *point(analysis, ffn_id).memory_share;
    EXPECT_EQ(share.value.n, 1U);
    EXPECT_TRUE(share.value.interval.has_value());
    EXPECT_NEAR(share.value.median, 0.90, near);
}

}  // namespace
}  // namespace edgeroof::reports
