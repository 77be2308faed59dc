// SPDX-License-Identifier: Apache-2.0
#include "reports/render/roofline_plot.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/reports/sample_record.hpp"

namespace edgeroof::reports {
namespace {

using testing::sample_record;
using ::testing::UnorderedElementsAre;

/// A roof of the sample's machine, in a dozen samples of a millisecond.
void add_roof(Record& record, Roof roof, const std::string& kind, double rate, int threads = 2) {
    Measurement m;
    m.id = fmt::format("roof/{}/{}", roof.name, threads);
    m.kind = Kind::roof;
    m.device = "cpu";
    m.op = Operator{roof.name, kind, "F32", {1}};
    m.threads = threads;
    if (roof.resource == Resource::memory)
        m.work.weight_bytes = static_cast<std::uint64_t>(rate * 1e-3);
    else
        m.work.flops = static_cast<std::uint64_t>(rate * 1e-3);
    m.roof = std::move(roof);
    for (int i = 0; i < 12; ++i) m.samples.push_back({1'000'000 + i * 1'000'000, 1'000'000});
    record.measurements.push_back(std::move(m));
}

Record whole_board() {
    Record record = sample_record();
    const auto memory = [&](const std::string& level, const std::string& what, double rate,
                            int threads = 2) {
        add_roof(record, {Resource::memory, level + ' ' + what, level}, "stream_" + what, rate,
                 threads);
    };
    for (const int threads : {1, 2}) {
        memory("L1", "read", 300e9 * threads, threads);
        memory("L2", "read", 150e9 * threads, threads);
        memory("L2", "copy", 120e9 * threads, threads);
        memory("L3", "read", 60e9 * threads, threads);
        memory("L2", "write", 90e9 * threads, threads);
    }
    // Of the read of DRAM there are several sizes; points are held against the sample's own.
    add_roof(record, {Resource::memory, "DRAM read (99 MB)", "DRAM"}, "stream_read", 55e9);
    add_roof(record, {Resource::compute, "Q6_K in L1", std::nullopt}, "peak_matmul", 90e9);
    return record;
}

TEST(RooflinePlot, ShowsOneReadAndOneCopyOfEachLevel) {
    const Record record = whole_board();
    const Analysis analysis(record);
    const RooflinePlot plot(analysis, "cpu");
    std::vector<std::string> names;
    for (const RoofLine* roof : plot.roofs()) {
        names.push_back(roof->name);
        EXPECT_EQ(roof->threads, 2) << roof->name;
    }
    EXPECT_THAT(names, UnorderedElementsAre("DRAM read", "DRAM copy", "FP32 FMA", "INT8 dot",
                                            "L1 read", "L2 read", "L2 copy", "L3 read"));
}

TEST(RooflinePlot, RoofsOfOtherThreadsAreReadsToldApart) {
    const Record record = whole_board();
    const Analysis analysis(record);
    const RooflinePlot plot(analysis, "cpu");
    std::vector<std::string> names;
    for (const RoofLine* roof : plot.others()) {
        names.push_back(roof->name);
        EXPECT_EQ(roof->threads, 1) << roof->name;
    }
    // The nearest alone: the others' lines would be among those of all threads.
    EXPECT_THAT(names, UnorderedElementsAre("L1 read"));
    Markup svg;
    std::vector<Segment2d> lines;
    draw_roofs(svg, plot, lines);
    EXPECT_EQ(lines.size(), plot.roofs().size() + 1);
    EXPECT_NE(svg.take().find("roof memory other"), std::string::npos);
}

TEST(RooflinePlot, ShowsTheKernelsThatBoundAPoint) {
    Record record = whole_board();
    add_roof(record, {Resource::kernel, "Q4_0 kernel, 1 token", "L1"}, "matmul_loop", 100e9);
    Measurement& kernel = record.measurements.back();
    kernel.op->format = "Q4_0";
    kernel.work.weight_bytes = kernel.work.flops * 9 / 32;  // 18 bytes for 32 values
    add_roof(record, {Resource::kernel, "Q6_K kernel, 1 token", "L1"}, "matmul_loop", 100e9);
    record.measurements.back().op->format = "Q6_K";
    record.measurements.back().work.weight_bytes = 1;
    const Analysis analysis(record);
    const RooflinePlot plot(analysis, "cpu");
    std::size_t kernels = 0;
    for (const RoofLine* roof : plot.roofs()) {
        if (roof->resource != Resource::kernel) continue;
        ++kernels;
        EXPECT_EQ(roof->name, "Q4_0 kernel, 1 token");
        const Segment2d line = plot.ends(*roof, roof->rate.median);
        EXPECT_EQ(line.y1, line.y2);
        EXPECT_LT(line.x2, RooflinePlot::area.right) << "there is no work of one token further on";
    }
    EXPECT_EQ(kernels, 1U);
}

TEST(RooflinePlot, PointsLieWithinAndBelowTheirRoofs) {
    const Record record = whole_board();
    const Analysis analysis(record);
    const RooflinePlot plot(analysis, "cpu");
    ASSERT_FALSE(plot.points().empty());
    for (const Point* p : plot.points()) {
        EXPECT_TRUE(plot.box(*p, 0.0).within(RooflinePlot::area)) << p->measurement->id;
        if (!p->memory_share) continue;
        const Segment2d roof = plot.ends(*p->memory_roof, p->memory_roof->rate.median);
        const double share = (plot.x(p->intensity) - roof.x1) / (roof.x2 - roof.x1);
        if (share < 0.0 || share > 1.0) continue;  // beyond the ridge
        EXPECT_GE(plot.y(p->flop_rate.median), roof.y1 + share * (roof.y2 - roof.y1) - 1.0)
            << p->measurement->id;
    }
}

TEST(RooflinePlot, LabelsOfRoofsKeepOffThePoints) {
    const Record record = whole_board();
    const Analysis analysis(record);
    const RooflinePlot plot(analysis, "cpu");
    Markup svg;
    std::vector<Box> taken;
    label_roofs(svg, plot, taken);
    EXPECT_FALSE(taken.empty());
    for (const Box& box : taken) {
        EXPECT_TRUE(box.within(RooflinePlot::area));
        for (const Point* p : plot.points()) EXPECT_FALSE(box.meets(plot.box(*p, 0.0)));
    }
    const std::string text = svg.take();
    for (const RoofLine* roof : plot.roofs())
        EXPECT_NE(text.find(roof->name), std::string::npos) << roof->name << " has no label";
}

}  // namespace
}  // namespace edgeroof::reports
