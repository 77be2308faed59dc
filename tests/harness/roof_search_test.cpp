// SPDX-License-Identifier: Apache-2.0
#include "harness/roof_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/error.hpp"

namespace edgeroof::harness {
namespace {

using reports::Kind;
using reports::Measurement;
using reports::State;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::int64_t roof_ns = 1'000'000;
constexpr int turns = 8;

reports::Record facts() {
    reports::Record record;
    record.devices.emplace_back().id = "cpu";
    return record;
}

/// In turns with a roof that reads a megabyte in a millisecond and jumps to half of that speed and
/// back: an operator that reads as much at `share` of the roof's speed.
std::vector<Measurement> beside(double share, const std::string& roof_name) {
    Measurement roof, op;
    roof.kind = Kind::roof;
    roof.id = roof_name + " beside op";
    roof.roof = reports::Roof{reports::Resource::memory, roof_name, "DRAM"};
    op.kind = Kind::op;
    op.id = "op";
    op.op = reports::Operator{"attn_q", "matmul", "Q4_0", {32, 32}};
    op.settings["cache"] = "cold";
    op.roofs = {roof.id};
    roof.device = op.device = "cpu";
    roof.work.weight_bytes = op.work.weight_bytes = 1'000'000;
    std::int64_t now = 1;
    const auto sample = [&](Measurement& m, std::int64_t ns) {
        m.turns.push_back(m.samples.size());
        m.samples.push_back({now, ns});
        now += ns;
    };
    for (int turn = 0; turn < turns; ++turn) {
        const std::int64_t level = turn / 2 % 2 == 0 ? 1 : 2;  // a level lasts for two turns
        sample(roof, roof_ns * level);
        sample(op, static_cast<std::int64_t>(static_cast<double>(roof_ns * level) / share));
        sample(roof, roof_ns * level);
    }
    return {roof, op};
}

TEST(RoofSearch, AJumpOfTheMachineIsNoFigureAboveTheRoof) {
    EXPECT_THAT(above_their_roofs(facts(), beside(0.98, "read")), IsEmpty());
    EXPECT_THAT(above_their_roofs(facts(), beside(1.0, "read")), IsEmpty());
    const auto above = above_their_roofs(facts(), beside(1.05, "read"));
    ASSERT_EQ(above.size(), 1U);
    EXPECT_THAT(above.at("op"), HasSubstr("105 % of read"));
}

TEST(RoofSearch, ShapesAreStreamsOfTheWorkingSetsOwnSize) {
    const RoofPlan roofs({{2, 2 * mebibyte}, {3, 32 * mebibyte}}, 64ULL << 30);
    Measurement workload;
    workload.op = reports::Operator{"blk.*.kv_store", "kv_store", "F16", {64}};
    const std::vector<RoofEntry> shapes = access_shapes(roofs, 300'000, workload);
    std::vector<std::string> kinds;
    for (const RoofEntry& shape : shapes) {
        kinds.emplace_back(name(shape.kind));
        EXPECT_EQ(shape.roof.level, "L2");
        EXPECT_THAT(shape.roof.name, HasSubstr("(300 kB)"));
        EXPECT_EQ(shape.roof.resource, reports::Resource::memory);
    }
    EXPECT_THAT(kinds, ElementsAre("read", "copy"));
    EXPECT_EQ(shapes[0].bytes, 300'000U);
    EXPECT_EQ(shapes[1].bytes, 300'000U);  // of both arrays together
    workload.op->kind = "attention";
    EXPECT_EQ(access_shapes(roofs, 300'000, workload).size(), 1U);
}

TEST(RoofSearch, ShapesOfAQuantisedMatmulAreItsKernelToo) {
    RoofChoice choice;
    choice.kinds = {RoofKind::kernel};
    const RoofPlan roofs({{"DRAM", 0, 64 * mebibyte}}, choice);
    Measurement workload;
    workload.op = reports::Operator{"blk.*.ffn_down", "matmul", "Q4_0", {5632, 2048}};
    workload.tokens = 128;
    const std::vector<RoofEntry> shapes = access_shapes(roofs, 300'000, workload);
    ASSERT_EQ(shapes.size(), 2U);
    EXPECT_EQ(shapes[1].roof.name, "Q4_0 kernel, 5632 x 128 tokens");
    EXPECT_EQ(shapes[1].roof.resource, reports::Resource::kernel);
    EXPECT_EQ(shapes[1].tokens, 128);
    for (const RoofVariant& variant : roof_variants(shapes[1])) EXPECT_EQ(variant.k, 5632);
    workload.op->format = "F16";
    EXPECT_EQ(access_shapes(roofs, 300'000, workload).size(), 1U);
}

class MeasureBelow : public testing::Test {
  protected:
    std::vector<Measurement> run(std::vector<double> shares) {
        return measure_below(
            [&](const std::vector<RoofEntry>& roofs) {
                roofs_seen_.push_back(roofs.size());
                if (roofs_seen_.size() > shares.size()) throw Unmeasurable("no memory");
                auto all = beside(shares.at(roofs_seen_.size() - 1), roofs.back().roof.name);
                all[1].stop.reason = stop_;
                return all;
            },
            facts(), {{{reports::Resource::memory, "read", "DRAM"}, RoofKind::read, 1}},
            [&](const std::vector<Measurement>& measured) {
                EXPECT_EQ(measured.size(), 2U);
                return found_.at(roofs_seen_.size() - 1);
            });
    }
    static RoofEntry roof(const std::string& name) {
        return {{reports::Resource::memory, name, "DRAM"}, RoofKind::copy, 1};
    }
    /// By each search.
    std::vector<std::vector<RoofEntry>> found_{{roof("copy")}, {roof("copy")}};
    reports::StopReason stop_ = reports::StopReason::precision;
    std::vector<std::size_t> roofs_seen_;
};

TEST_F(MeasureBelow, WhatIsBelowIsMeasuredOnce) {
    const auto all = run({0.9});
    EXPECT_THAT(roofs_seen_, ElementsAre(1));
    EXPECT_EQ(all[1].validity.state, State::ok);
    EXPECT_FALSE(all[1].settings.contains("roof_search"));
}

TEST_F(MeasureBelow, WhatIsAboveIsHeldAgainstMoreRoofs) {
    const auto all = run({1.1, 0.9});
    EXPECT_THAT(roofs_seen_, ElementsAre(1, 2));
    EXPECT_EQ(all[1].validity.state, State::ok);
    EXPECT_EQ(all[1].settings.at("roof_search"), "copy");
    EXPECT_FALSE(all[0].settings.contains("roof_search")) << "a roof is no figure under one";
}

TEST_F(MeasureBelow, WhatWasInterruptedStaysAsItIs) {
    stop_ = reports::StopReason::interrupted;
    const auto all = run({1.1});
    EXPECT_THAT(roofs_seen_, ElementsAre(1));
    EXPECT_FALSE(all[1].samples.empty());
}

TEST_F(MeasureBelow, WhatStaysAboveIsSuspect) {
    const auto all = run({1.1, 1.1});
    EXPECT_THAT(roofs_seen_, ElementsAre(1, 2)) << "a search that finds nothing new is the last";
    EXPECT_EQ(all[1].validity.state, State::suspect);
    EXPECT_THAT(all[1].validity.reasons, ElementsAre(HasSubstr("above its roof")));
}

TEST_F(MeasureBelow, WhatCannotBeMadeAgainStaysAsItWasMeasured) {
    const auto all = run({1.1});
    EXPECT_THAT(roofs_seen_, ElementsAre(1, 2));
    EXPECT_FALSE(all[1].samples.empty());
    EXPECT_EQ(all[1].validity.state, State::suspect);
    EXPECT_FALSE(all[1].settings.contains("roof_search"));
}

TEST_F(MeasureBelow, SearchesTwiceAtMost) {
    found_ = {{roof("copy")}, {roof("burst"), roof("copy")}, {roof("third")}};
    const auto all = run({1.1, 1.1, 1.1});
    EXPECT_THAT(roofs_seen_, ElementsAre(1, 2, 3));
    EXPECT_EQ(all[1].settings.at("roof_search"), "copy, burst");
    EXPECT_EQ(all[1].validity.state, State::suspect);
}

TEST(RoofSearch, WhatIsColdAndAboveIsHeldAgainstABurstOfItsLength) {
    const RoofPlan plan({{"L3", 32 * mebibyte, 16 * mebibyte}, {"DRAM", 0, 512 * mebibyte}});
    auto measured = beside(1.1, "read");
    Measurement& op = measured[1];
    op.in_step = true;
    op.members = {"blk.0.attn_q", "blk.1.attn_q"};
    ASSERT_EQ(bursts(plan, facts(), measured).size(), 1U);
    const RoofEntry burst = bursts(plan, facts(), measured).front();
    EXPECT_EQ(burst.kind, RoofKind::read);
    EXPECT_EQ(burst.bytes, 500'000U) << "of its megabyte, each operator's";
    op.settings["cache"] = "warm";
    EXPECT_THAT(bursts(plan, facts(), measured), IsEmpty());
    EXPECT_THAT(bursts(plan, facts(), beside(0.9, "read")), IsEmpty());
}

}  // namespace
}  // namespace edgeroof::harness
