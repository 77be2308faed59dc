// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "devices/cpu/buffer.hpp"
#include "devices/cpu/cpu_device.hpp"
#include "kernels/cpu/roofs.hpp"
#include "tests/devices/cpu/memory_weights.hpp"
#include "tests/kernels/graph_fixture.hpp"

namespace edgeroof {
namespace {

using cpu::StreamArgs;
using testing::HasSubstr;

/// Every way to walk that there is.
std::vector<Walk> walks(bool past_cache) {
    std::vector<Walk> all;
    for (const std::int32_t streams : {1, 2, 4, 8})
        for (const std::int32_t prefetch : {0, 512})
            for (const bool past : {false, true})
                for (const bool past_l2 : {false, true})
                    if ((!past || past_cache) && (!past_l2 || prefetch > 0))
                        all.push_back({streams, prefetch, past, past_l2});
    for (const bool past : {false, true})
        if (!past || past_cache) all.push_back({.past_cache = past, .in_fours = true});
    return all;
}

/// Less than a round of lines, whole rounds, and what is left over of them.
constexpr std::size_t sizes[] = {0, 4, 60, 64, 516, 512, 4096, 8 * 512 + 68, 70000};

class RoofsTest : public testing::TestWithParam<cpu::Isa> {
  protected:
    /// Numbers that sums and products of floats hold exactly.
    static cpu::Buffer numbers(std::size_t bytes, float first) {
        cpu::Buffer buffer(bytes + 64, "a test");
        auto* values = reinterpret_cast<float*>(buffer.data());
        for (std::size_t i = 0; i < bytes / 4; ++i)
            values[i] = first + static_cast<float>(i % 1000);
        return buffer;
    }
    static float at(const cpu::Buffer& buffer, std::size_t i) {
        return reinterpret_cast<const float*>(buffer.data())[i];
    }
    /// Nothing behind the operand's end was written: the slack is still zero.
    static void expect_slack_untouched(const cpu::Buffer& buffer, std::size_t bytes) {
        for (std::size_t i = bytes; i < bytes + 64; ++i)
            ASSERT_EQ(buffer.data()[i], std::byte{0}) << i;
    }

    const cpu::Roofs& roofs_ = cpu::roofs(GetParam());
    test::MemoryWeights weights_;
    std::unique_ptr<Device> device_ =
        make_cpu_device({.threads = 3, .isa = GetParam(), .pinning = false});
    std::unique_ptr<Memory> memory_ = device_->create_memory(weights_);
};

// The checksum is the sum of all words: a byte that is not read, or read twice, shows.
TEST_P(RoofsTest, ReadReadsEveryByteOncePerPass) {
    for (const std::size_t bytes : {0, 1, 4, 63, 64, 513, 4096, 70001}) {
        cpu::Buffer data(bytes + 64, "a test");
        std::mt19937 random(static_cast<unsigned>(bytes));
        for (std::size_t i = 0; i < bytes; ++i) data.data()[i] = static_cast<std::byte>(random());
        std::uint32_t expected = 0;
        for (std::size_t i = 0; i < bytes; i += 4) {
            std::uint32_t word = 0;
            std::memcpy(&word, data.data() + i, std::min<std::size_t>(4, bytes - i));
            expected += word;
        }
        for (const Walk& walk : walks(false))
            for (const std::int64_t passes : {1, 3}) {
                SCOPED_TRACE(testing::Message() << bytes << " bytes, " << walk.streams);
                EXPECT_EQ(roofs_.stream_read(
                              {.a = data.data(), .bytes = bytes, .walk = walk, .passes = passes}),
                          expected);
            }
    }
}

TEST_P(RoofsTest, WriteWritesEveryNumberAndNoMore) {
    for (const std::size_t bytes : sizes)
        for (const Walk& walk : walks(roofs_.stores_past_cache)) {
            const cpu::Buffer out(bytes + 64, "a test");
            roofs_.stream_write(
                {.out = out.data(), .bytes = bytes, .value = 2.5F, .walk = walk, .passes = 2});
            for (std::size_t i = 0; i < bytes / 4; ++i)
                ASSERT_EQ(at(out, i), 2.5F) << bytes << " " << i;
            expect_slack_untouched(out, bytes);
        }
}

TEST_P(RoofsTest, CopyCopiesEveryByteAndNoMore) {
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{4099}, sizes[3], sizes[7]})
        for (const Walk& walk : walks(roofs_.stores_past_cache)) {
            cpu::Buffer from(bytes + 64, "a test");
            for (std::size_t i = 0; i < bytes; ++i)
                from.data()[i] = static_cast<std::byte>(i * 7 + 1);
            const cpu::Buffer to(bytes + 64, "a test");
            roofs_.stream_copy(
                {.a = from.data(), .out = to.data(), .bytes = bytes, .walk = walk, .passes = 2});
            ASSERT_EQ(std::memcmp(from.data(), to.data(), bytes), 0) << bytes;
            expect_slack_untouched(to, bytes);
        }
}

TEST_P(RoofsTest, TriadAddsTheScaledSecondToTheFirst) {
    for (const std::size_t bytes : sizes)
        for (const Walk& walk : walks(roofs_.stores_past_cache)) {
            const cpu::Buffer a = numbers(bytes, 1.0F), b = numbers(bytes, 100.0F);
            const cpu::Buffer out(bytes + 64, "a test");
            roofs_.stream_triad({.a = a.data(),
                                 .b = b.data(),
                                 .out = out.data(),
                                 .bytes = bytes,
                                 .value = 3.0F,
                                 .walk = walk});
            for (std::size_t i = 0; i < bytes / 4; ++i)
                ASSERT_EQ(at(out, i), at(a, i) + 3.0F * at(b, i)) << bytes << " " << i;
            expect_slack_untouched(out, bytes);
        }
}

TEST_P(RoofsTest, ReadAsAGraph) {
    for (const bool half_vectors : {false, true}) {
        test::GraphBuilder t;
        const TensorId x = t.weight("buffer", {1000, 37, 1, 1});
        const TensorId out = t.activation("out", {1, 1, 1, 1});
        t.op(StreamRead{x, out, {.streams = 2, .half_vectors = half_vectors}});
        t.graph.outputs = {out};
        if (half_vectors && cpu::half_vector_roofs(GetParam()) == nullptr) {
            EXPECT_THROW(device_->compile(t.graph, *memory_), Unsupported);
            continue;
        }
        const auto executable = device_->compile(t.graph, *memory_);
        executable->run(Step::at(0, 1));
        float checksum = -1.0F;
        executable->read(out, std::as_writable_bytes(std::span(&checksum, 1)));
        std::uint32_t expected = 0;
        const std::span<const std::byte> bytes = weights_.bytes(t.graph[x]);
        for (std::size_t at = 0; at < bytes.size(); at += 4) {
            std::uint32_t word = 0;
            std::memcpy(&word, bytes.data() + at, 4);
            expected += word;
        }
        EXPECT_EQ(checksum, static_cast<float>(expected & 0xFFFFFFU));
    }
}

TEST(Roofs, OnlyPathsOf512BitsHaveHalfOfTheirWidth) {
    for (const cpu::Isa isa : cpu::available_isas()) {
        const cpu::Roofs* half = cpu::half_vector_roofs(isa);
        const bool wide = cpu::name(cpu::roofs(isa).isa) == "avx512";
        EXPECT_EQ(half != nullptr, wide) << cpu::name(isa);
        if (half != nullptr) {
            EXPECT_EQ(cpu::name(half->isa), "avx2");
        }
    }
}

/// Write, triad and copy one after the other; attention over one visible row gives that row back.
TEST_P(RoofsTest, StoresAsAGraph) {
    constexpr std::array<std::int64_t, 4> shape{64, 5, 1, 1};
    test::GraphBuilder store;
    store.graph.tokens = 5;
    const TensorId x = store.input("x", shape);
    store.op(KvStore{x, store.state("from", shape)});
    const auto store_run = device_->compile(store.graph, *memory_);
    std::vector<float> rows(64 * 5);
    std::iota(rows.begin(), rows.end(), 0.0F);
    store_run->write(x, std::as_bytes(std::span(rows)));
    store_run->run(Step::at(0, 5));

    test::GraphBuilder t;
    const TensorId from = t.state("from", shape), ones = t.state("ones", shape);
    const TensorId sum = t.state("sum", shape), to = t.state("to", shape);
    t.op(StreamWrite{ones, 2.0F});
    t.op(StreamTriad{from, ones, sum, 4.0F});
    t.op(StreamCopy{sum, to});
    device_->compile(t.graph, *memory_)->run(Step::at(0, 1));

    test::GraphBuilder attend;
    const TensorId q = attend.input("q", {64, 1, 1, 1});
    const TensorId out = attend.activation("out", {64, 1, 1, 1});
    attend.op(Attention{q, attend.state("other", shape), attend.state("to", shape), out, 1, 1, 1.0F,
                        0.0F, 1});
    attend.graph.outputs = {out};
    const auto attend_run = device_->compile(attend.graph, *memory_);
    for (std::int64_t position = 0; position < 5; ++position) {
        attend_run->run(Step::at(position, 1));
        std::vector<float> row(64);
        attend_run->read(out, std::as_writable_bytes(std::span(row)));
        for (std::size_t i = 0; i < row.size(); ++i)
            ASSERT_EQ(row[i], rows[static_cast<std::size_t>(position) * 64 + i] + 8.0F);
    }
}

/// Where a chase ends tells that every hop was made, in order.
TEST_P(RoofsTest, PointersAreFollowedOneByOne) {
    // A cycle of 7 lines: from i to i + 3.
    class Lines final : public WeightSource {
      public:
        explicit Lines(std::int32_t step) {
            for (std::int32_t i = 0; i < 7; ++i)
                values_[static_cast<std::size_t>(16 * i)] = (i + step) % 7;
        }
        std::span<const std::byte> bytes(const Tensor&) const override {
            return std::as_bytes(std::span(values_));
        }

      private:
        std::array<std::int32_t, 16 * 7> values_{};
    };
    test::GraphBuilder t;
    const TensorId out = t.activation("out", {1, 1, 1, 1});
    t.op(PointerChase{t.weight("lines", {16, 7, 1, 1}, Format::i32), out, 5});
    t.graph.outputs = {out};
    const Lines lines(3);
    const auto memory = device_->create_memory(lines);
    const auto executable = device_->compile(t.graph, *memory);
    executable->run(Step::at(0, 1));
    float line = -1.0F;
    executable->read(out, std::as_writable_bytes(std::span(&line, 1)));
    EXPECT_EQ(line, 5 * 3 % 7);
    // A step at another position starts elsewhere, so that no two go through the same lines.
    executable->run(Step::at(9, 1));
    executable->read(out, std::as_writable_bytes(std::span(&line, 1)));
    EXPECT_EQ(line, (9 + 5 * 3) % 7);
    // A step that leads out of the lines is refused before anything follows it.
    const Lines wrong(-3);
    const auto wrong_memory = device_->create_memory(wrong);
    EXPECT_THROW(device_->compile(t.graph, *wrong_memory), Unsupported);
}

TEST_P(RoofsTest, PeaksCountTheirOperationsOrSayWhyThereAreNone) {
    for (std::size_t kind = 0; kind < arithmetic_count; ++kind) {
        const auto arithmetic = static_cast<Arithmetic>(kind);
        SCOPED_TRACE(name(arithmetic));
        std::uint64_t operations[2] = {};
        for (const int twice : {0, 1}) {
            test::GraphBuilder t;
            const TensorId out = t.activation("out", {1, 1, 1, 1});
            t.op(PeakCompute{arithmetic, twice ? 2000 : 1000, out});
            t.graph.outputs = {out};
            if (cpu::peak_kernel(GetParam(), arithmetic) == nullptr) {
                try {
                    device_->compile(t.graph, *memory_);
                    ADD_FAILURE() << "compiled";
                } catch (const Unsupported& error) {
                    EXPECT_THAT(
                        error.what(),
                        HasSubstr(arithmetic == Arithmetic::int4 ? "4-bit" : name(arithmetic)));
                }
                continue;
            }
            const auto executable = device_->compile(t.graph, *memory_);
            EXPECT_EQ(executable->roof_operations(), 0U);
            executable->run(Step::at(0, 1));
            operations[twice] = executable->roof_operations();
        }
        if (operations[0] == 0) continue;
        // At least one multiply-add (2 operations) for each round and thread, in proportion.
        EXPECT_GE(operations[0], 1000U * 2 * 3);
        EXPECT_EQ(operations[1], 2 * operations[0]);
    }
    for (const Arithmetic always : {Arithmetic::fp64, Arithmetic::fp32, Arithmetic::int8})
        EXPECT_NE(cpu::peak_kernel(GetParam(), always), nullptr);
    EXPECT_EQ(cpu::peak_kernel(GetParam(), Arithmetic::int4), nullptr);
}

/// The loop is the matmul: its last pass leaves what the matmul leaves.
TEST_P(RoofsTest, AMatmulLoopGivesItsProduct) {
    for (const Format format : {Format::q4_0, Format::q6_k, Format::f32}) {
        test::GraphBuilder t;
        const TensorId weight =
            t.weight("w" + std::string(traits(format).name), {256, 64, 1, 1}, format);
        const TensorId x = t.input("x", {256, 1, 1, 1});
        const TensorId once = t.activation("once", {64, 1, 1, 1});
        const TensorId often = t.activation("often", {64, 1, 1, 1});
        t.op(MatMul{weight, x, once});
        t.op(MatMulLoop{weight, x, often, 3});
        t.graph.outputs = {once, often};
        const auto executable = device_->compile(t.graph, *memory_);
        std::vector<float> values(256), first(64), second(64);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<float>(i % 7) - 3.0F;
        executable->write(x, std::as_bytes(std::span(values)));
        executable->run(Step::at(0, 1));
        executable->read(once, std::as_writable_bytes(std::span(first)));
        executable->read(often, std::as_writable_bytes(std::span(second)));
        EXPECT_EQ(first, second);
        EXPECT_NE(first, std::vector<float>(64, 0.0F));
    }
}

std::string isa_name(const testing::TestParamInfo<cpu::Isa>& info) {
    return std::string(cpu::name(info.param));
}
INSTANTIATE_TEST_SUITE_P(Isas, RoofsTest, testing::ValuesIn(cpu::available_isas()), isa_name);

}  // namespace
}  // namespace edgeroof
