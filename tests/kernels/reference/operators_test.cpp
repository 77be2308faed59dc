// SPDX-License-Identifier: Apache-2.0
//
// The oracle itself, against closed forms, cases small enough to compute by hand, and invariants.
// Everything is double arithmetic of a few dozen steps: 1e-12 is far above its rounding.
#include "kernels/reference/operators.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace edgeroof::reference {
namespace {

constexpr double tolerance = 1e-12;

void expect_near(const Values& actual, const Values& expected, double within = tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
        EXPECT_NEAR(actual[i], expected[i], within) << "at " << i;
}

double length(View x) {
    double sum = 0.0;
    for (const double value : x) sum += value * value;
    return std::sqrt(sum);
}

TEST(ReferenceOperators, EmbeddingPicksRows) {
    const Values table{0, 1, 10, 11, 20, 21};
    expect_near(embedding(table, 2, Values{2, 0, 2}), {20, 21, 0, 1, 20, 21});
}

TEST(ReferenceOperators, RmsNormByHand) {
    // mean square of (3, 4) is 12.5; with epsilon 12.5 the root is 5.
    expect_near(rms_norm(Values{3, 4, 0, 0}, Values{1, 10}, 12.5), {0.6, 8, 0, 0});
}

TEST(ReferenceOperators, RmsNormIgnoresScaleWithoutEpsilon) {
    const Values x{1, -2, 3, 0.5}, weight{1, 1, 2, 3};
    expect_near(rms_norm(scale(x, 1000), weight, 0), rms_norm(x, weight, 0));
}

TEST(ReferenceOperators, LayerNormByHand) {
    // (1, 3): mean 2, variance 1; epsilon 3 makes the root 2.
    expect_near(layer_norm(Values{1, 3}, Values{2, 4}, Values{10, 20}, 3), {9, 22});
    expect_near(layer_norm(Values{1, 3}, Values{2, 4}, {}, 3), {-1, 2});
}

TEST(ReferenceOperators, LayerNormIgnoresAnOffset) {
    const Values weight{1, 2, 3}, bias{0, 1, 0};
    expect_near(layer_norm(Values{101, 102, 104}, weight, bias, 1e-5),
                layer_norm(Values{1, 2, 4}, weight, bias, 1e-5), 1e-10);
}

TEST(ReferenceOperators, MatmulByHand) {
    // Two rows of three; two tokens.
    const Values weight{1, 2, 3, 4, 5, 6};
    expect_near(matmul(weight, Values{1, 0, -1, 1, 1, 1}, 3), {-2, -2, 6, 15});
}

TEST(ReferenceOperators, ActivationsAtKnownPoints) {
    const double e = std::numbers::e;
    // silu(1) = 1 / (1 + 1/e); silu(-x) = silu(x) - x.
    expect_near(unary(Values{0, 1, -1}, Activation::silu), {0, e / (e + 1), e / (e + 1) - 1});
    // gelu(x) = x * Phi(x): Phi(1) = 0.8413447460685429 from tables of the normal distribution.
    expect_near(unary(Values{0, 1, -1}, Activation::gelu_erf),
                {0, 0.8413447460685429, 0.8413447460685429 - 1});
    // The tanh form stays within 5e-4 of the exact one (Hendrycks and Gimpel, 2016).
    for (double x = -5; x <= 5; x += 0.25)
        EXPECT_NEAR(unary(Values{x}, Activation::gelu_tanh)[0],
                    unary(Values{x}, Activation::gelu_erf)[0], 5e-4);
    expect_near(unary(Values{40}, Activation::gelu_tanh), {40});
    expect_near(gated_unit(Values{1}, Values{3}, Activation::silu), {3 * e / (e + 1)});
}

TEST(ReferenceOperators, AddRepeatsABias) {
    expect_near(add(Values{1, 2, 3, 4}, Values{10, 20}), {11, 22, 13, 24});
    expect_near(add(Values{1, 2}, Values{10, 20}), {11, 22});
}

TEST(ReferenceOperators, SoftCapIsTheIdentityForSmallAndTheCapForLarge) {
    expect_near(soft_cap(Values{1e-5, 1e6, -1e6}, 30), {1e-5, 30, -30});
    expect_near(soft_cap(Values{30}, 30), {30 * std::tanh(1.0)});
}

TEST(ReferenceOperators, SoftmaxByHand) {
    const double ln2 = std::log(2.0);
    expect_near(softmax(Values{0, ln2, 0, 1000, 1000, 1000}, 3),
                {0.25, 0.5, 0.25, 1.0 / 3, 1.0 / 3, 1.0 / 3});
}

TEST(ReferenceOperators, LastRowsAndArgmax) {
    expect_near(last_rows(Values{1, 2, 3, 4, 5, 6}, 2, 2), {3, 4, 5, 6});
    expect_near(argmax(Values{1, 5, 5, -3, -1, -2}, 3), {1, 1});
}

// ---- rope

Rope plain(std::int32_t dims, RopeOrder order, float base = 10000.0F) {
    return {0, std::nullopt, 0, dims, base, order, {}};
}

TEST(ReferenceRope, FrequenciesFallGeometrically) {
    const RopeTable table = rope_table(plain(8, RopeOrder::adjacent), {});
    expect_near(table.frequencies, {1, 0.1, 0.01, 0.001});
    EXPECT_EQ(table.magnitude, 1.0);
}

TEST(ReferenceRope, TurnsAdjacentPairsByHand) {
    const Rope op = plain(4, RopeOrder::adjacent);
    RopeTable table = rope_table(op, {});
    table.frequencies = {std::numbers::pi / 2, std::numbers::pi};  // quarter and half a turn
    // Token at position 1; the fifth value lies beyond dims.
    expect_near(rope(op, Values{1, 2, 3, 4, 5}, 5, 1, 1, table), {-2, 1, -3, -4, 5});
}

TEST(ReferenceRope, TurnsHalvesByHand) {
    const Rope op = plain(4, RopeOrder::halves);
    RopeTable table = rope_table(op, {});
    table.frequencies = {std::numbers::pi / 2, std::numbers::pi};
    // Pairs (1, 3) and (2, 4).
    expect_near(rope(op, Values{1, 2, 3, 4, 5}, 5, 1, 1, table), {-3, -2, 1, -4, 5});
}

TEST(ReferenceRope, KeepsLengthAndDependsOnDistanceOnly) {
    const Rope op = plain(6, RopeOrder::halves);
    const RopeTable table = rope_table(op, {});
    const Values q{0.3, -1, 2, 0.7, 0.1, -0.4}, k{1, 0.2, -0.5, 0.9, -1.1, 0.6};
    const auto score = [&](std::int64_t at_q, std::int64_t at_k) {
        return matmul(rope(op, q, 6, 1, at_q, table), rope(op, k, 6, 1, at_k, table), 6)[0];
    };
    EXPECT_NEAR(length(rope(op, q, 6, 1, 1234, table)), length(q), tolerance);
    EXPECT_NEAR(score(7, 3), score(107, 103), 1e-11);
    EXPECT_GT(std::abs(score(7, 3) - score(7, 4)), 1e-3);
}

TEST(ReferenceRope, TokensOfAStepFollowEachOther) {
    const Rope op = plain(4, RopeOrder::adjacent);
    const RopeTable table = rope_table(op, {});
    const Values head{1, 2, 3, 4};
    // Two heads of two tokens at positions 5 and 6.
    Values all;
    for (int i = 0; i < 4; ++i) all.insert(all.end(), head.begin(), head.end());
    const Values out = rope(op, all, 4, 2, 5, table);
    expect_near({out.begin(), out.begin() + 4}, rope(op, head, 4, 1, 5, table));
    expect_near({out.begin() + 4, out.begin() + 8}, rope(op, head, 4, 1, 5, table));
    expect_near({out.begin() + 12, out.end()}, rope(op, head, 4, 1, 6, table));
}

TEST(ReferenceRope, LinearScalingStretchesPositions) {
    Rope op = plain(8, RopeOrder::halves);
    const Values x{1, 2, 3, 4, 5, 6, 7, 8};
    const Values near = rope(op, x, 8, 1, 3, rope_table(op, {}));
    op.scaling.kind = RopeScaling::Kind::linear;
    op.scaling.factor = 4.0F;
    expect_near(rope(op, x, 8, 1, 12, rope_table(op, {})), near);
}

TEST(ReferenceRope, FactorsDivideFrequencies) {
    const RopeTable table = rope_table(plain(4, RopeOrder::halves), Values{2, 8});
    expect_near(table.frequencies, {0.5, 0.01 / 8});
}

TEST(ReferenceRope, AttentionFactorMultipliesTheTurnedPart) {
    Rope op = plain(2, RopeOrder::adjacent);
    op.scaling.attention_factor = 1.5F;
    const RopeTable table = rope_table(op, {});
    expect_near(rope(op, Values{2, 0, 7}, 3, 1, 0, table), {3, 0, 7});
}

Rope yarn(std::int32_t dims) {
    Rope op = plain(dims, RopeOrder::halves);
    op.scaling.kind = RopeScaling::Kind::yarn;
    op.scaling.factor = 8.0F;
    op.scaling.original_context = 4096.0F;
    return op;
}

TEST(ReferenceRope, YarnKeepsFastPairsAndInterpolatesSlowOnes) {
    const RopeTable table = rope_table(yarn(128), {});
    EXPECT_NEAR(table.magnitude, 1 + 0.1 * std::log(8.0), tolerance);
    // Pair i of 64 turns 4096 / (2 pi) * 10000^(-i/64) times within the context: 32 times at
    // i = 20.94, once at i = 45.03. So the ramp runs from pair 20 to pair 46.
    const auto original = [](int pair) { return std::pow(10000.0, -pair / 64.0); };
    for (int pair = 0; pair <= 20; ++pair)
        EXPECT_NEAR(table.frequencies[pair], original(pair), tolerance) << pair;
    for (int pair = 46; pair < 64; ++pair)
        EXPECT_NEAR(table.frequencies[pair], original(pair) / 8, tolerance) << pair;
    // Half way between 20 and 46 lies 33.
    EXPECT_NEAR(table.frequencies[33], original(33) * (1 + 1.0 / 8) / 2, tolerance);
}

TEST(ReferenceRope, YarnWithoutExtrapolationIsLinear) {
    Rope op = yarn(64);
    op.scaling.extrapolation = 0.0F;
    Rope linear = op;
    linear.scaling.kind = RopeScaling::Kind::linear;
    expect_near(rope_table(op, {}).frequencies, rope_table(linear, {}).frequencies);
    EXPECT_EQ(rope_table(op, {}).magnitude, 1.0);
}

// ---- attention

Attention heads(std::int32_t heads, std::int32_t kv_heads, float scale = 1.0F) {
    return {0, 0, 0, 0, heads, kv_heads, scale};
}

TEST(ReferenceAttention, ByHand) {
    // One head of 1. Scores of the token at position 1 are (0, ln 2): weights 1/3 and 2/3.
    const float ln2 = std::numbers::ln2_v<float>;
    const Values out = attention(heads(1, 1, ln2), Values{1}, Values{0, 1}, Values{3, 9}, 1, 1);
    EXPECT_NEAR(out[0], 7.0, 1e-6);  // ln 2 is a float there
}

TEST(ReferenceAttention, OfEqualKeysIsTheMeanOfWhatIsVisible) {
    const Values keys(5, 1.0), values{1, 2, 3, 4, 5};
    // Two tokens at positions 3 and 4.
    expect_near(attention(heads(1, 1), Values{0.3, -2}, keys, values, 1, 3), {2.5, 3});
    Attention window = heads(1, 1);
    window.window = 2;
    expect_near(attention(window, Values{0.3, -2}, keys, values, 1, 3), {3.5, 4.5});
    window.window = 1;
    expect_near(attention(window, Values{0.3, -2}, keys, values, 1, 3), {4, 5});
    window.window = 100;
    expect_near(attention(window, Values{0.3, -2}, keys, values, 1, 3), {2.5, 3});
}

TEST(ReferenceAttention, DoesNotSeeTheFuture) {
    const Values q{1, 2};
    Values keys{0.5, -1, 2}, values{1, 2, 3};
    const double first = attention(heads(1, 1), q, keys, values, 1, 1)[0];
    keys[2] = 50;
    values[2] = -9;
    EXPECT_EQ(attention(heads(1, 1), q, keys, values, 1, 1)[0], first);
}

TEST(ReferenceAttention, GroupsShareTheirKvHead) {
    // One token, one cached row: each head returns its kv head's value.
    const Values q(4, 1.0), keys{1, 1}, values{10, 20};
    expect_near(attention(heads(4, 2), q, keys, values, 1, 0), {10, 10, 20, 20});
    expect_near(attention(heads(4, 1), q, Values{1}, Values{7}, 1, 0), {7, 7, 7, 7});
}

TEST(ReferenceAttention, ValuesMayHaveAnotherHeadSize) {
    const Values q{1, 1}, keys{1, 1}, values{4, 5, 6};
    expect_near(attention(heads(1, 1), q, keys, values, 2, 0), {4, 5, 6});
}

TEST(ReferenceAttention, SoftCapBoundsScores) {
    // Scores 0 and 1e9 capped to 0 and ln 3: weights 1/4 and 3/4.
    Attention op = heads(1, 1);
    op.soft_cap = static_cast<float>(std::log(3.0));
    EXPECT_NEAR(attention(op, Values{1e9}, Values{0, 1}, Values{0, 4}, 1, 1)[0], 3.0, 1e-6);
}

TEST(ReferenceAttention, OneStepOrMany) {
    const Attention op = heads(2, 1, 0.7F);
    const Values q{0.1, 0.9, -0.4, 1.2, 0.5, 0.6, -0.7, 0.8, 1.1, -1.3, 0.2, 0.3};
    const Values keys{1, 0.5, -1, 0.2, 0.3, 0.9}, values{1, 2, 3, 4, 5, 6};
    const Values together = attention(op, q, keys, values, 2, 0);
    Values apart;
    for (std::int64_t t = 0; t < 3; ++t) {
        const Values one = attention(op, View(q).subspan(t * 4, 4), View(keys).first((t + 1) * 2),
                                     View(values).first((t + 1) * 2), 2, t);
        apart.insert(apart.end(), one.begin(), one.end());
    }
    expect_near(apart, together);
}

}  // namespace
}  // namespace edgeroof::reference
