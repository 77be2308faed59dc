// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/analysis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reports/analysis/rates.hpp"
#include "tests/reports/sample_record.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::DoubleEq;
using ::testing::HasSubstr;
using testing::sample_record;
using testing::Truth;

const std::string decode_id = "decode/smollm2-135m:Q4_0/d0";
const std::string ffn_id = "op/smollm2-135m:Q4_0/blk.*.ffn_up/n1";
const std::string norm_id = "op/smollm2-135m:Q4_0/blk.*.attn_norm/n1";

const Point& point(const Analysis& analysis, std::string_view id) {
    return *std::ranges::find_if(analysis.points,
                                 [&](const Point& p) { return p.measurement->id == id; });
}
const RoofLine& roof(const Analysis& analysis, std::string_view name) {
    return *std::ranges::find(analysis.roofs, name, &RoofLine::name);
}
const StepSummary& step(const Analysis& analysis, std::string_view id) {
    return *std::ranges::find_if(analysis.steps,
                                 [&](const StepSummary& s) { return s.measurement->id == id; });
}
Measurement& measurement(Record& record, std::string_view id) {
    return *std::ranges::find(record.measurements, id, &Measurement::id);
}

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

// Noise is uniform within 1 %, so a median of more than 12 samples is within half of that of the
// truth, as are ratios of two.
constexpr double near = 0.01;

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

TEST(Steps, TheSumOfTheOperatorsAndTheGap) {
    const Record record = sample_record();
    const Analysis analysis(record);
    const StepSummary& decode = step(analysis, decode_id);
    // The sample's step takes 1.05 times its operators: a gap of 1 - 1 / 1.05.
    EXPECT_NEAR(decode.outside()->median, 1.0 - 1.0 / 1.05, near);
    ASSERT_FALSE(decode.groups.empty());
    const OperatorGroup& matmul = decode.groups[0];
    EXPECT_EQ(matmul.kind, "matmul");
    EXPECT_EQ(matmul.roof, "DRAM read");
    EXPECT_NEAR(*matmul.roof_share, 0.90, near);
    double sum = decode.outside()->median;
    for (const OperatorGroup& g : decode.groups) sum += g.time_share.median;
    EXPECT_NEAR(sum, 1.0, 1e-12);
    EXPECT_THAT(decode.bound_by, HasSubstr("of decode is Q4_0 matmul at 90 % of DRAM read"));
    EXPECT_THAT(decode.bound_by, HasSubstr("outside the operators"));
    EXPECT_TRUE(step(analysis, "decode/smollm2-135m:Q4_0/d512").groups.empty());
}

TEST(Steps, OperatorsTimedInTheStepComeFirst) {
    Record record = sample_record();
    Measurement inside = measurement(record, ffn_id);
    inside.id += "/in_step";
    inside.in_step = true;
    const double alone = estimate_seconds(inside)->median;
    record.measurements.push_back(inside);
    const Analysis analysis(record);
    const StepSummary& decode = step(analysis, decode_id);
    EXPECT_TRUE(decode.groups_in_step);
    ASSERT_EQ(decode.groups.size(), 1U);
    // All members of a step are in one sample.
    EXPECT_DOUBLE_EQ(decode.groups[0].seconds, alone);
}

/// A decode in eight turns on a machine that jumps to half of its speed and back; its two operators
/// take 60 and 38 % of it, and clocks slow it by 1 %.
Record profiled_decode() {
    Record record;
    record.devices.emplace_back().id = "cpu";
    const auto made = [&](std::string id, Kind kind) {
        Measurement m;
        m.id = std::move(id);
        m.kind = kind;
        m.device = "cpu";
        m.tokens = 4;
        m.work.weight_bytes = 1000;
        if (kind != Kind::decode) m.step = "decode";
        return m;
    };
    Measurement plain = made("decode", Kind::decode), whole = made("in decode", Kind::profiled);
    Measurement first = made("first", Kind::op), second = made("second", Kind::op);
    first.op = Operator{"ffn", "matmul", "Q4_0", {32}};
    second.op = Operator{"attn", "attention", "F16", {32}};
    first.members = {"blk.0.ffn", "blk.1.ffn"};
    second.members = {"blk.0.attn"};
    first.in_step = second.in_step = true;
    std::int64_t now = 1;
    for (std::uint64_t turn = 0; turn < 8; ++turn) {
        const std::int64_t step = turn / 2 % 2 == 0 ? 1'000'000 : 2'000'000;
        for (Measurement* m : {&plain, &whole, &first, &second}) m->turns.push_back(turn);
        plain.samples.push_back({now, step});
        now += step;
        whole.samples.push_back({now, step * 101 / 100});
        first.samples.push_back({now, step * 60 / 100});
        second.samples.push_back({now, step * 38 / 100});
        now += step * 101 / 100;
    }
    record.measurements = {plain, whole, first, second};
    return record;
}

TEST(Steps, TheirPartsAreHeldAgainstThemTurnByTurn) {
    const Record record = profiled_decode();
    const Analysis analysis(record);
    ASSERT_EQ(analysis.steps.size(), 1U) << "a step with clocks is no speed";
    const StepSummary& decode = analysis.steps[0];
    ASSERT_EQ(decode.groups.size(), 2U);
    // A turn at a level between two of another is held against their mean: the median is of those
    // that are not.
    EXPECT_NEAR(decode.groups[0].time_share.median, 0.60, 1e-9);
    EXPECT_NEAR(decode.groups[1].time_share.median, 0.38, 1e-9);
    EXPECT_NEAR(decode.operators->median, 0.98, 1e-9);
    EXPECT_NEAR(decode.outside()->median, 0.02, 1e-9);
    EXPECT_EQ(decode.operators->n, 8U);
    EXPECT_NEAR(decode.profiled->median, 1.01, 1e-9);
    EXPECT_FALSE(decode.alone);
}

TEST(Steps, TheSameOperatorsAloneAddUpToTheGap) {
    Record record = profiled_decode();
    const auto alone = [&](const std::string& name, std::int64_t ns,
                           std::vector<std::string> members) {
        Measurement m;
        m.id = name;
        m.kind = Kind::op;
        m.device = "cpu";
        m.op = Operator{name, "matmul", "Q4_0", {32}};
        m.members = std::move(members);
        m.work.weight_bytes = 10;
        m.repetitions = 10;
        for (std::int64_t i = 0; i < 8; ++i) m.samples.push_back({100'000'000 + i * ns, ns});
        record.measurements.push_back(m);
    };
    alone("ffn", 700'000, {"blk.0.ffn", "blk.1.ffn"});  // 70 us each
    EXPECT_FALSE(Analysis(record).steps[0].alone) << "attention was not measured alone";
    alone("attn", 900'000, {"blk.0.attn"});
    const Analysis analysis(record);
    // Four tokens of two times 70 us and once 90 us, over a step of 1.5 ms in the median.
    EXPECT_NEAR(analysis.steps[0].alone->median, 4 * 230e-6 / 1.5e-3, 1e-9);
}

TEST(Steps, OperatorsAloneAreFoundByTheirWorkAndCountedPerToken) {
    Record record = sample_record();
    for (Measurement& m : record.measurements) m.step.reset();
    Measurement& whole = measurement(record, decode_id);
    whole.tokens = 4;  // a repetition of four tokens takes four times as long
    for (Sample& s : whole.samples) s.ns *= 4;
    const Analysis analysis(record);
    EXPECT_NEAR(step(analysis, decode_id).operators->median, 1.0 / 1.05, near);
    EXPECT_TRUE(step(analysis, "decode/smollm2-135m:Q4_0/d512").groups.empty());
    EXPECT_TRUE(step(analysis, "prefill/smollm2-135m:Q4_0/n128/d0").groups.empty());
}

TEST(Steps, OperatorsThatTakeLongerThanTheStepShareTheirOwnSum) {
    Record record = sample_record();
    for (Sample& s : measurement(record, decode_id).samples) s.ns /= 2;
    const Analysis analysis(record);
    const StepSummary& decode = step(analysis, decode_id);
    EXPECT_NEAR(decode.operators->median, 2.0 / 1.05, 2 * near);
    double sum = 0.0;
    for (const OperatorGroup& g : decode.groups) sum += g.time_share.median;
    EXPECT_NEAR(sum, 1.0, 1e-12);
    EXPECT_THAT(decode.bound_by, HasSubstr("each run alone, add up to 19"));
}

TEST(Steps, SpeedIsTokensOverTime) {
    Record record = sample_record();
    Measurement& prefill = measurement(record, "prefill/smollm2-135m:Q4_0/n128/d0");
    const double seconds = estimate_seconds(prefill)->median;
    EXPECT_DOUBLE_EQ(estimate_tokens_per_second(prefill)->median, 128.0 / seconds);
}

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
