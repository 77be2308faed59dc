// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/roofline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/reports/sample_analysis.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::HasSubstr;
using namespace testing;

TEST(Roofline, PointsStandWhereTheirWorkPutsThem) {
    const Record record = sample_record();
    const Analysis analysis(record);
    const Point& ffn = point(analysis, ffn_id);
    // 576 x 1536 in Q4_0: 2 FLOP per value, 18 bytes per 32 values. The activations come from a
    // cache.
    const double flops = 2.0 * 576 * 1536;
    const double bytes = 576.0 * 1536 / 32 * 18;
    EXPECT_DOUBLE_EQ(ffn.intensity, flops / bytes);
    EXPECT_NEAR(ffn.byte_rate.median / (0.90 * 40e9), 1.0, near);
    EXPECT_NEAR(ffn.flop_rate.median / ffn.byte_rate.median, ffn.intensity, 1e-9);
    EXPECT_EQ(ffn.bound, Bound::memory);
    EXPECT_EQ(ffn.roof_name(), "DRAM read");
    EXPECT_EQ(ffn.compute_roof->name, "INT8 dot");
    EXPECT_FALSE(ffn.suspect);
}

TEST(Roofline, PrefillIsBoundByComputeAndSlowOnesByNeither) {
    const Record record = sample_record({.matmul_share = 0.3});
    const Analysis analysis(record);
    const Point& prefill = point(analysis, "prefill/smollm2-135m:Q4_0/n512/d0");
    EXPECT_EQ(prefill.bound, Bound::compute);
    EXPECT_EQ(prefill.roof_name(), "INT8 dot");
    EXPECT_EQ(point(analysis, ffn_id).bound, Bound::overhead);
}

TEST(Roofline, WhatFitsTheCacheIsNotHeldAgainstDram) {
    Record record = sample_record();
    EXPECT_EQ(point(Analysis(record), norm_id).bound, Bound::cache);
    EXPECT_FALSE(point(Analysis(record), norm_id).memory_share);

    Measurement& ffn = measurement(record, ffn_id);
    EXPECT_FALSE(fits_cache(record, ffn)) << "it is said to be cold";
    ffn.settings["cache"] = "warm";
    EXPECT_TRUE(fits_cache(record, ffn));
    ffn.settings.clear();  // 30 members of 0.5 MB in 32 MiB
    EXPECT_TRUE(fits_cache(record, ffn));
    ffn.in_step = true;  // the rest of the model passes through the cache
    EXPECT_FALSE(fits_cache(record, ffn));
    record.devices[0].last_level_cache_bytes = 1 << 30;
    EXPECT_TRUE(fits_cache(record, ffn));
    record.devices[0].last_level_cache_bytes.reset();
    EXPECT_FALSE(fits_cache(record, ffn));
}

TEST(Roofline, WhatRunsFromACacheIsHeldAgainstItsRoofWhereThereIsOne) {
    Record record = sample_record();
    Measurement& norm = measurement(record, norm_id);
    Measurement& beside = measurement(record, norm.roofs[0]);
    // The norm moves 9e9 bytes/s; make the roof beside it one of L1 at 40e9.
    beside.roof = Roof{Resource::memory, "L1 read", "L1"};
    const Analysis analysis(record);
    const Point& p = point(analysis, norm_id);
    EXPECT_EQ(p.roof_name(), "L1 read");
    EXPECT_NEAR(p.memory_share->value.median, 9.0 / 40.0, near);
    EXPECT_EQ(p.bound, Bound::overhead);
    EXPECT_EQ(point(analysis, ffn_id).roof_name(), "DRAM read");
}

TEST(Roofline, OperatorsInAStepAreHeldAgainstTheStepsRoof) {
    Record record = sample_record();
    // Another read, faster, would be the fastest of DRAM, had the step not named its roof.
    Measurement& other = measurement(record, "roof/copy");
    other.work.state_bytes *= 4;
    other.op->kind = "stream_read";
    Measurement& ffn = measurement(record, ffn_id);
    ffn.in_step = true;
    ffn.roofs.clear();
    const Analysis analysis(record);
    EXPECT_EQ(point(analysis, ffn_id).roof_name(), "DRAM read");
    EXPECT_FALSE(point(analysis, ffn_id).memory_share->beside);
}

TEST(Roofline, AMatmulIsHeldAgainstTheArithmeticThatItNames) {
    Record record = sample_record();
    const Measurement* int8 = point(Analysis(record), ffn_id).compute_roof->measurements.front();
    Measurement bf16 = *int8;
    bf16.id = "roof/bf16";
    bf16.roof->name = "BF16 dot";
    bf16.op->format = "BF16";
    record.measurements.push_back(bf16);
    Measurement& ffn = measurement(record, ffn_id);
    ffn.roofs.push_back(bf16.id);
    EXPECT_EQ(point(Analysis(record), ffn_id).compute_roof->name, int8->roof->name);
    ffn.settings["arithmetic"] = "BF16";
    EXPECT_EQ(point(Analysis(record), ffn_id).compute_roof->name, "BF16 dot");
    ffn.settings["arithmetic"] = "FP64";
    EXPECT_EQ(point(Analysis(record), ffn_id).compute_roof, nullptr) << "was not measured";
}

TEST(Roofline, OnlyWhatStoresIsHeldAgainstCopies) {
    Record record = sample_record();
    measurement(record, "roof/copy").work.state_bytes *= 4;  // faster than the read
    Measurement& ffn = measurement(record, ffn_id);
    ffn.roofs.push_back("roof/copy");
    EXPECT_EQ(point(Analysis(record), ffn_id).memory_roof->name, "DRAM read");
    ffn.op->kind = "kv_store";
    EXPECT_EQ(point(Analysis(record), ffn_id).memory_roof->name, "DRAM copy");
}

TEST(Roofline, ABurstBoundsWhatReadsAsManyBytesAtATime) {
    Record record = sample_record();
    Measurement& burst = measurement(record, "roof/copy");
    Measurement& ffn = measurement(record, ffn_id);
    ffn.in_step = true;
    ffn.members = {"blk.0.ffn_up", "blk.1.ffn_up"};
    ffn.roofs.push_back(burst.id);
    const std::uint64_t each = (ffn.work.weight_bytes + ffn.work.state_bytes) / 2;
    EXPECT_EQ(bytes_at_a_time(record, ffn), each);
    burst.roof = Roof{Resource::memory, "DRAM burst read", "DRAM"};
    burst.op->kind = "stream_read";
    burst.settings["burst"] = "after a rest";
    for (reports::Sample& sample : burst.samples) sample.ns /= 10'000;  // much faster
    burst.work = {0, each, 0, 0};
    EXPECT_EQ(point(Analysis(record), ffn_id).memory_roof->name, "DRAM burst read");
    EXPECT_EQ(point(Analysis(record), decode_id).memory_roof->name, "DRAM read");
    burst.work.weight_bytes = each - 4000;  // of whole pages
    EXPECT_EQ(point(Analysis(record), ffn_id).memory_roof->name, "DRAM burst read");
    for (const std::uint64_t other : {each / 2, each * 2}) {
        burst.work.weight_bytes = other;
        EXPECT_EQ(point(Analysis(record), ffn_id).memory_roof->name, "DRAM read");
    }
}

TEST(Roofline, OfSeveralRoofsBesideItTheNearestBounds) {
    Record record = sample_record();
    // Beside the ffn the second read is the slower one, though faster over the whole run.
    Measurement& ffn = measurement(record, ffn_id);
    Measurement slow = measurement(record, ffn.roofs[0]);
    slow.id = "roof/slow beside ffn";
    slow.roof->name = "DRAM read (76 MB)";
    for (reports::Sample& sample : slow.samples) sample.ns *= 2;
    ffn.roofs.push_back(slow.id);
    Measurement fast = slow;
    fast.id = "roof/fast beside another";
    for (reports::Sample& sample : fast.samples) sample.ns /= 100;
    fast.samples.insert(fast.samples.end(), fast.samples.begin(), fast.samples.end());
    record.measurements.push_back(slow);
    record.measurements.push_back(fast);
    const Analysis analysis(record);
    EXPECT_GT(roof(analysis, "DRAM read (76 MB)").rate.median,
              roof(analysis, "DRAM read").rate.median);
    EXPECT_EQ(point(analysis, ffn_id).memory_roof->name, "DRAM read");
}

TEST(Roofline, ADecodeOfManyTokensReadsTheModelAsOften) {
    Record record = sample_record();
    Measurement& decode = measurement(record, decode_id);
    record.devices[0].last_level_cache_bytes = decode.work.bytes() * 2;
    EXPECT_TRUE(fits_cache(record, decode));
    decode.work.weight_bytes *= 64;
    decode.tokens = 64;
    EXPECT_TRUE(fits_cache(record, decode));
    decode.tokens = 1;
    EXPECT_FALSE(fits_cache(record, decode));
}

TEST(Roofline, AboveTheRoofIsSuspect) {
    const Record record = sample_record({.matmul_share = 1.2});
    const Analysis analysis(record);
    const Point& ffn = point(analysis, ffn_id);
    ASSERT_TRUE(ffn.suspect.has_value());
    EXPECT_THAT(*ffn.suspect, HasSubstr("of DRAM read"));
    EXPECT_EQ(analysis.state_of(*ffn.measurement), State::suspect);
    EXPECT_TRUE(std::ranges::any_of(analysis.remarks, [&](const Remark& r) {
        return r.measurement == ffn.measurement && r.state == State::suspect;
    }));
    const Record below = sample_record();
    for (const Point& p : Analysis(below).points) EXPECT_FALSE(p.suspect) << p.measurement->id;
}

TEST(Roofline, WithoutRoofsNothingIsClaimed) {
    Record record = sample_record();
    std::erase_if(record.measurements, [](const Measurement& m) { return m.kind == Kind::roof; });
    const Analysis analysis(record);
    const Point& ffn = point(analysis, ffn_id);
    EXPECT_EQ(ffn.bound, Bound::unknown);
    EXPECT_EQ(ffn.nearest(), nullptr);
}

TEST(Roofline, RoofsOfOtherDevicesAndThreadCountsDoNotBound) {
    Record record = sample_record();
    measurement(record, ffn_id).threads = 1;
    EXPECT_EQ(point(Analysis(record), ffn_id).memory_roof, nullptr);
    record.devices.push_back({"vulkan:0", "GPU", "driver", false, {}, {}, {}});
    measurement(record, ffn_id).threads = 2;
    measurement(record, ffn_id).device = "vulkan:0";
    EXPECT_EQ(point(Analysis(record), ffn_id).memory_roof, nullptr);
}

}  // namespace
}  // namespace edgeroof::reports
