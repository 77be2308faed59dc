// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>

#include "devices/cpu/cpu_device.hpp"
#include "kernels/cpu/roofs.hpp"
#include "tests/devices/cpu/memory_weights.hpp"
#include "tests/kernels/graph_fixture.hpp"

namespace edgeroof {
namespace {

class RoofsTest : public testing::TestWithParam<cpu::Isa> {
  protected:
    test::MemoryWeights weights_;
    std::unique_ptr<Device> device_ =
        make_cpu_device({.threads = 3, .isa = GetParam(), .pinning = false});
    std::unique_ptr<Memory> memory_ = device_->create_memory(weights_);
};

// The checksum is the exclusive or of all words: a byte that is not read, or read twice, shows.
TEST_P(RoofsTest, StreamReadReadsEveryByteOnce) {
    for (const std::size_t bytes : {0, 1, 4, 63, 64, 513, 4096, 70001}) {
        SCOPED_TRACE(bytes);
        std::vector<std::byte> data(bytes);
        std::mt19937 random(static_cast<unsigned>(bytes));
        for (std::byte& byte : data) byte = static_cast<std::byte>(random());
        std::uint32_t expected = 0;
        for (std::size_t at = 0; at < bytes; at += 4) {
            std::uint32_t word = 0;
            std::memcpy(&word, data.data() + at, std::min<std::size_t>(4, bytes - at));
            expected ^= word;
        }
        EXPECT_EQ(cpu::roofs(GetParam()).stream_read(data.data(), bytes), expected);
    }
}

TEST_P(RoofsTest, StreamReadAsAGraph) {
    test::GraphBuilder t;
    const TensorId x = t.weight("buffer", {1000, 37, 1, 1});
    const TensorId out = t.activation("out", {1, 1, 1, 1});
    t.op(StreamRead{x, out});
    t.graph.outputs = {out};
    const auto executable = device_->compile(t.graph, *memory_);
    executable->run(Step::at(0, 1));
    float checksum = -1.0F;
    executable->read(out, std::as_writable_bytes(std::span(&checksum, 1)));
    std::uint32_t expected = 0;
    const std::span<const std::byte> bytes = weights_.bytes(t.graph[x]);
    for (std::size_t at = 0; at < bytes.size(); at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes.data() + at, 4);
        expected ^= word;
    }
    EXPECT_EQ(checksum, static_cast<float>(expected & 0xFFFFFFU));
}

TEST_P(RoofsTest, StreamCopyCopiesEveryByteAndNoMore) {
    for (const std::size_t bytes : {0, 1, 63, 64, 65, 1000, 4096})
        for (const std::size_t offset : {0, 1, 33}) {
            std::vector<std::byte> from(bytes), to(bytes + 128, std::byte{0xEE});
            for (std::size_t i = 0; i < bytes; ++i) from[i] = static_cast<std::byte>(i * 7 + 1);
            cpu::roofs(GetParam()).stream_copy(from.data(), to.data() + offset, bytes);
            for (std::size_t i = 0; i < to.size(); ++i) {
                const bool inside = i >= offset && i < offset + bytes;
                ASSERT_EQ(to[i], inside ? from[i - offset] : std::byte{0xEE})
                    << bytes << " " << offset << " " << i;
            }
        }
}

TEST_P(RoofsTest, StreamCopyAsAGraph) {
    test::GraphBuilder store;
    store.graph.tokens = 5;
    const TensorId x = store.input("x", {64, 5, 1, 1});
    store.op(KvStore{x, store.state("from", {64, 5, 1, 1})});
    const auto store_run = device_->compile(store.graph, *memory_);
    std::vector<float> rows(64 * 5);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i);
    store_run->write(x, std::as_bytes(std::span(rows)));
    store_run->run(Step::at(0, 5));

    test::GraphBuilder t;
    t.op(StreamCopy{t.state("from", {64, 5, 1, 1}), t.state("to", {64, 5, 1, 1})});
    device_->compile(t.graph, *memory_)->run(Step::at(0, 1));

    // Attention over one visible row gives that row back: reads what the copy wrote.
    test::GraphBuilder attend;
    const TensorId q = attend.input("q", {64, 1, 1, 1});
    const TensorId out = attend.activation("out", {64, 1, 1, 1});
    attend.op(Attention{q, attend.state("other", {64, 5, 1, 1}), attend.state("to", {64, 5, 1, 1}),
                        out, 1, 1, 1.0F, 0.0F, 1});
    attend.graph.outputs = {out};
    const auto attend_run = device_->compile(attend.graph, *memory_);
    for (std::int64_t position = 0; position < 5; ++position) {
        attend_run->run(Step::at(position, 1));
        std::vector<float> row(64);
        attend_run->read(out, std::as_writable_bytes(std::span(row)));
        for (std::size_t i = 0; i < row.size(); ++i)
            ASSERT_EQ(row[i], rows[static_cast<std::size_t>(position) * 64 + i]);
    }
}

TEST_P(RoofsTest, PeakComputeCountsItsOperations) {
    for (const Format format : {Format::f32, Format::q8_0}) {
        std::uint64_t operations[2] = {};
        for (const int twice : {0, 1}) {
            test::GraphBuilder t;
            const TensorId out = t.activation("out", {1, 1, 1, 1});
            t.op(PeakCompute{format, twice ? 2000 : 1000, out});
            t.graph.outputs = {out};
            const auto executable = device_->compile(t.graph, *memory_);
            EXPECT_EQ(executable->roof_operations(), 0U);
            executable->run(Step::at(0, 1));
            operations[twice] = executable->roof_operations();
        }
        // At least one multiply-add (2 operations) for each round and thread, in proportion.
        EXPECT_GE(operations[0], 1000U * 2 * 3);
        EXPECT_EQ(operations[1], 2 * operations[0]);
    }
}

std::string isa_name(const testing::TestParamInfo<cpu::Isa>& info) {
    return std::string(cpu::name(info.param));
}
INSTANTIATE_TEST_SUITE_P(Isas, RoofsTest, testing::ValuesIn(cpu::available_isas()), isa_name);

}  // namespace
}  // namespace edgeroof
