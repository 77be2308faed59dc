// SPDX-License-Identifier: Apache-2.0
//
// work_of against counts made by hand: each expectation is spelled as the sum it comes from.
#include "kernels/work.hpp"

#include <gtest/gtest.h>

#include "tests/kernels/graph_fixture.hpp"

namespace edgeroof {
namespace {

using test::GraphBuilder;

Work only_op(const GraphBuilder& b, std::int64_t position = 0) {
    validate(b.graph);
    return work_of(b.graph, b.graph.ops.front(), position);
}

void expect(const Work& work, std::uint64_t flops, std::uint64_t weights, std::uint64_t state,
            std::uint64_t activations) {
    EXPECT_EQ(work.flops, flops);
    EXPECT_EQ(work.weight_bytes, weights);
    EXPECT_EQ(work.state_bytes, state);
    EXPECT_EQ(work.activation_bytes, activations);
}

TEST(Work, EmbeddingReadsTheNamedRowsInTheirFormat) {
    GraphBuilder b;
    b.graph.tokens = 3;
    const TensorId table = b.weight("table", {64, 1000, 1, 1}, Format::q8_0);
    const TensorId tokens = b.input("tokens", {3, 1, 1, 1}, Format::i32);
    b.op(Embedding{table, tokens, b.activation("out", {64, 3, 1, 1})});
    expect(only_op(b), 0, 3 * 2 * 34, 0, 3 * 4 + 3 * 64 * 4);
}

TEST(Work, RmsNorm) {
    GraphBuilder b;
    b.graph.tokens = 2;
    const TensorId x = b.input("x", {10, 2, 1, 1});
    b.op(RmsNorm{x, b.weight("w", {10, 1, 1, 1}), b.activation("out", {10, 2, 1, 1}), 1e-5F});
    // A row: 10 squares, 10 additions; mean, epsilon, root, reciprocal; 10 + 10 multiplications.
    expect(only_op(b), 2 * (10 + 10 + 4 + 10 + 10), 40, 0, 80 + 80);
}

TEST(Work, LayerNormWithAndWithoutBias) {
    GraphBuilder b;
    const TensorId x = b.input("x", {10, 1, 1, 1});
    const TensorId w = b.weight("w", {10, 1, 1, 1});
    const TensorId bias = b.weight("b", {10, 1, 1, 1});
    b.op(LayerNorm{x, w, std::nullopt, b.activation("plain", {10, 1, 1, 1}), 1e-5F});
    b.op(LayerNorm{x, w, bias, b.activation("biased", {10, 1, 1, 1}), 1e-5F});
    // Mean 11; differences 10; squares, sum, division 21; epsilon, root, reciprocal; 20.
    const std::uint64_t flops = 11 + 10 + 21 + 3 + 20;
    expect(work_of(b.graph, b.graph.ops[0], 0), flops, 40, 0, 80);
    expect(work_of(b.graph, b.graph.ops[1], 0), flops + 10, 80, 0, 80);
}

struct FormatBytes {
    Format format;
    std::uint64_t row_of_256;  ///< from ggml's block layouts
};

class MatMulWork : public testing::TestWithParam<FormatBytes> {};

TEST_P(MatMulWork, CountsWeightsInTheirFormat) {
    GraphBuilder b;
    b.graph.tokens = 5;
    const TensorId w = b.weight("w", {256, 7, 1, 1}, GetParam().format);
    const TensorId x = b.input("x", {256, 5, 1, 1});
    b.op(MatMul{w, x, b.activation("out", {7, 5, 1, 1})});
    expect(only_op(b), 2 * 256 * 7 * 5, 7 * GetParam().row_of_256, 0, 4 * 5 * (256 + 7));
}

INSTANTIATE_TEST_SUITE_P(
    Formats, MatMulWork,
    testing::Values(FormatBytes{Format::f32, 1024}, FormatBytes{Format::f16, 512},
                    FormatBytes{Format::bf16, 512}, FormatBytes{Format::q8_0, 8 * 34},
                    FormatBytes{Format::q4_0, 8 * 18}, FormatBytes{Format::q4_1, 8 * 20},
                    FormatBytes{Format::q5_0, 8 * 22}, FormatBytes{Format::q5_1, 8 * 24},
                    FormatBytes{Format::q2_k, 84}, FormatBytes{Format::q3_k, 110},
                    FormatBytes{Format::q4_k, 144}, FormatBytes{Format::q5_k, 176},
                    FormatBytes{Format::q6_k, 210}, FormatBytes{Format::iq4_nl, 8 * 18},
                    FormatBytes{Format::iq4_xs, 136}, FormatBytes{Format::mxfp4, 8 * 17}));

TEST(Work, ProjectionOfTheWorkedExample) {
    GraphBuilder b;
    b.graph.tokens = 3;
    const TensorId x = b.input("x", {32, 3, 1, 1});
    b.op(
        MatMul{b.weight("w", {32, 64, 1, 1}, Format::q4_0), x, b.activation("out", {64, 3, 1, 1})});
    const Work work = only_op(b);
    expect(work, 12288, 1152, 0, 1152);
    EXPECT_EQ(work.bytes(), 2304U);
    EXPECT_DOUBLE_EQ(work.intensity(), 12288.0 / 2304.0);
}

TEST(Work, RopeTurnsOnlyItsDims) {
    GraphBuilder b;
    b.graph.tokens = 2;
    const TensorId x = b.input("x", {16, 3, 2, 1});
    const TensorId factors = b.weight("factors", {4, 1, 1, 1});
    b.op(Rope{x, factors, b.activation("out", {16, 3, 2, 1}), 8, 10000.0F, RopeOrder::halves, {}});
    // 2 tokens of 3 heads of 4 pairs, 6 operations each.
    expect(only_op(b), 2 * 3 * 4 * 6, 16, 0, 2 * 4 * 16 * 3 * 2);
}

TEST(Work, KvStoreWritesTheCachesFormat) {
    GraphBuilder b;
    b.graph.tokens = 3;
    const TensorId x = b.input("x", {32, 2, 3, 1});
    b.op(KvStore{x, b.state("cache", {64, 100, 1, 1}, Format::q8_0)});
    expect(only_op(b, 50), 0, 0, 3 * 2 * 34, 3 * 64 * 4);
}

/// 4 query heads and 2 kv heads of 8, n tokens.
GraphBuilder attention(std::int64_t n, Format cache, std::int32_t window, float soft_cap) {
    GraphBuilder b;
    b.graph.tokens = n;
    const TensorId q = b.input("q", {8, 4, n, 1});
    const TensorId k = b.state("k", {16, 64, 1, 1}, cache);
    const TensorId v = b.state("v", {16, 64, 1, 1}, cache);
    b.op(Attention{q, k, v, b.activation("out", {32, n, 1, 1}), 4, 2, 1.0F, soft_cap, window});
    return b;
}

TEST(Work, AttentionOfTheWorkedExample) {
    expect(only_op(attention(3, Format::f16, 0, 0), 5), 3108, 0, 512, 768);
    expect(only_op(attention(3, Format::f16, 4, 0), 5), 1776, 0, 384, 768);
}

TEST(Work, AttentionAtTheStartSeesOnlyItself) {
    // Tokens see 1, 2 and 3 rows, whatever the window allows beyond.
    const std::uint64_t flops = (1 + 2 + 3) * 4 * 37;
    expect(only_op(attention(3, Format::f32, 0, 0)), flops, 0, 3 * 2 * 64, 768);
    expect(only_op(attention(3, Format::f32, 9, 0)), flops, 0, 3 * 2 * 64, 768);
}

TEST(Work, AttentionReadsTheUnionOfItsWindows) {
    // Window 2 at position 0: 1, 2 and 2 rows seen, and all 3 rows by someone.
    expect(only_op(attention(3, Format::f32, 2, 0)), (1 + 2 + 2) * 4 * 37, 0, 3 * 2 * 64, 768);
    // A window of 1 at position 9: each token sees itself.
    expect(only_op(attention(1, Format::f32, 1, 0), 9), 4 * 37, 0, 2 * 64, 256);
}

TEST(Work, AttentionCountsTheSoftCap) {
    expect(only_op(attention(1, Format::f32, 0, 50.0F), 1), 2 * 4 * (37 + 3), 0, 2 * 2 * 64, 256);
}

TEST(Work, ElementwiseOperators) {
    GraphBuilder b;
    b.graph.tokens = 2;
    const TensorId x = b.input("x", {5, 2, 1, 1});
    const TensorId y = b.input("y", {5, 2, 1, 1});
    const TensorId bias = b.weight("bias", {5, 1, 1, 1});
    int made = 0;
    const auto out = [&] { return b.activation("out" + std::to_string(made++), {5, 2, 1, 1}); };
    b.op(GatedUnit{x, y, out(), Activation::silu});
    b.op(GatedUnit{x, y, out(), Activation::gelu_tanh});
    b.op(Unary{x, out(), Activation::gelu_erf});
    b.op(Add{x, y, out()});
    b.op(Add{x, bias, out()});
    b.op(Scale{x, out(), 0.5F});
    b.op(SoftCap{x, out(), 30.0F});
    b.op(Softmax{x, out()});
    validate(b.graph);
    const auto work = [&](std::size_t i) { return work_of(b.graph, b.graph.ops[i], 0); };
    expect(work(0), 10 * 5, 0, 0, 120);
    expect(work(1), 10 * 10, 0, 0, 120);
    expect(work(2), 10 * 5, 0, 0, 80);
    expect(work(3), 10, 0, 0, 120);
    expect(work(4), 10, 20, 0, 80);
    expect(work(5), 10, 0, 0, 80);
    expect(work(6), 30, 0, 0, 80);
    expect(work(7), 40, 0, 0, 80);
}

TEST(Work, LastTokensAndArgmaxOnlyMoveBytes) {
    GraphBuilder b;
    b.graph.tokens = 4;
    const TensorId x = b.input("x", {6, 4, 1, 1});
    const TensorId last = b.activation("last", {6, 1, 1, 1});
    b.op(LastTokens{x, last});
    b.op(Argmax{last, b.activation("id", {1, 1, 1, 1}, Format::i32)});
    validate(b.graph);
    expect(work_of(b.graph, b.graph.ops[0], 0), 0, 0, 0, 24 + 24);
    expect(work_of(b.graph, b.graph.ops[1], 0), 0, 0, 0, 24 + 4);
}

TEST(Work, Roofs) {
    GraphBuilder b;
    const TensorId bytes = b.weight("bytes", {256, 4, 1, 1}, Format::q4_k);
    const TensorId from = b.state("from", {128, 2, 1, 1});
    const TensorId to = b.state("to", {128, 2, 1, 1});
    const TensorId sum = b.state("sum of both", {128, 2, 1, 1});
    const TensorId lines = b.weight("lines", {16, 8, 1, 1}, Format::i32);
    b.op(StreamRead{bytes, b.activation("checksum", {1, 1, 1, 1})});
    b.op(StreamCopy{from, to});
    b.op(PeakCompute{Arithmetic::fp32, 1000, b.activation("rate", {1, 1, 1, 1})});
    b.op(StreamRead{bytes, b.activation("again", {1, 1, 1, 1}), {}, 10});
    b.op(StreamWrite{to, 1.0F, {}, 3});
    b.op(StreamTriad{from, to, sum, 3.0F, {}, 5});
    b.op(PointerChase{lines, b.activation("line", {1, 1, 1, 1}), 100});
    validate(b.graph);
    expect(work_of(b.graph, b.graph.ops[0], 0), 0, 4 * 144, 0, 4);
    expect(work_of(b.graph, b.graph.ops[1], 0), 0, 0, 2 * 1024, 0);
    expect(work_of(b.graph, b.graph.ops[2], 0), 0, 0, 0, 0);
    // The checksum is written once, after all passes.
    expect(work_of(b.graph, b.graph.ops[3], 0), 0, 10 * 4 * 144, 0, 4);
    expect(work_of(b.graph, b.graph.ops[4], 0), 0, 0, 3 * 1024, 0);
    // A multiplication and an addition for each of 256 numbers; three operands.
    expect(work_of(b.graph, b.graph.ops[5], 0), 5 * 2 * 256, 0, 5 * 3 * 1024, 0);
    expect(work_of(b.graph, b.graph.ops[6], 0), 0, 100 * 4, 0, 4);
}

TEST(Work, AMatmulLoopIsItsMatmulAgainAndAgain) {
    GraphBuilder b;
    const TensorId weight = b.weight("w", {256, 8, 1, 1}, Format::q4_k);
    const TensorId x = b.input("x", {256, 1, 1, 1});
    b.op(MatMul{weight, x, b.activation("once", {8, 1, 1, 1})});
    b.op(MatMulLoop{weight, x, b.activation("often", {8, 1, 1, 1}), 7});
    validate(b.graph);
    const Work once = work_of(b.graph, b.graph.ops[0], 0);
    expect(work_of(b.graph, b.graph.ops[1], 0), 7 * once.flops, 7 * once.weight_bytes, 0,
           7 * once.activation_bytes);
}

TEST(Work, OfAGraphIsTheSumOfItsOperators) {
    GraphBuilder b;
    b.graph.tokens = 1;
    const TensorId x = b.input("x", {32, 1, 1, 1});
    const TensorId y = b.activation("y", {16, 1, 1, 1});
    b.op(MatMul{b.weight("w", {32, 16, 1, 1}, Format::f16), x, y});
    b.op(KvStore{y, b.state("k", {16, 8, 1, 1}, Format::f16)});
    validate(b.graph);
    expect(work_of(b.graph, 0), 2 * 32 * 16, 2 * 32 * 16, 32, 128 + 64 + 64);
}

}  // namespace
}  // namespace edgeroof
