// SPDX-License-Identifier: Apache-2.0
#include "reports/analysis/steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/analysis/rates.hpp"
#include "tests/reports/sample_analysis.hpp"

namespace edgeroof::reports {
namespace {

using ::testing::HasSubstr;
using namespace testing;

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

}  // namespace
}  // namespace edgeroof::reports
