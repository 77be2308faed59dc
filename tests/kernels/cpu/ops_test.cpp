// SPDX-License-Identifier: Apache-2.0
//
// Every operator of every ISA path that this machine has, against the double reference.
#include "kernels/cpu/ops.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "kernels/reference/operators.hpp"

namespace edgeroof::cpu {
namespace {

using reference::Values;

/// Row lengths on both sides of 4, 8 and 16 lanes and of four vectors of each.
constexpr int lengths[] = {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 80, 127, 576, 1000};

std::vector<float> random_values(std::size_t count, unsigned seed, float spread = 2.0F) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, spread);
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    return values;
}

Values wide(const std::vector<float>& values) { return {values.begin(), values.end()}; }

/// The guard value behind an output shows a store past its end.
constexpr float guard = 12345.0F;

std::vector<float> guarded(std::size_t count) { return std::vector<float>(count + 16, guard); }

void expect_near(const std::vector<float>& out, const Values& expected, double absolute,
                 double relative) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(out[i], expected[i], absolute + relative * std::abs(expected[i])) << "at " << i;
    for (std::size_t i = expected.size(); i < out.size(); ++i) ASSERT_EQ(out[i], guard) << i;
}

class OpsTest : public testing::TestWithParam<Isa> {
  protected:
    const Ops& ops_ = ops(GetParam());
};

TEST_P(OpsTest, Norms) {
    for (const int length : lengths) {
        SCOPED_TRACE(length);
        const auto n = static_cast<std::size_t>(length);
        const std::vector<float> x = random_values(n, 1), weight = random_values(n, 2),
                                 bias = random_values(n, 3);
        std::vector<float> out = guarded(n);
        // A float sum of n squares is off by at most n/2^24 relative, of a mean of squares half of
        // it; vector sums have 1/16 as many terms in a chain. Three roundings per value.
        const double relative = 5e-7 + length * 2e-9;
        ops_.rms_norm(x.data(), weight.data(), out.data(), length, 1e-5F);
        expect_near(out, reference::rms_norm(wide(x), wide(weight), 1e-5F), 1e-12, relative);
        // The mean's rounding error is absolute (cancellation against x).
        ops_.layer_norm(x.data(), weight.data(), bias.data(), out.data(), length, 1e-5F);
        const double absolute = length == 1 ? 1e-3 : 4e-6;
        expect_near(out, reference::layer_norm(wide(x), wide(weight), wide(bias), 1e-5F), absolute,
                    relative);
        ops_.layer_norm(x.data(), weight.data(), nullptr, out.data(), length, 1e-5F);
        expect_near(out, reference::layer_norm(wide(x), wide(weight), {}, 1e-5F), absolute,
                    relative);
    }
}

TEST_P(OpsTest, Elementwise) {
    for (const int length : lengths) {
        SCOPED_TRACE(length);
        const auto n = static_cast<std::size_t>(length);
        const std::vector<float> x = random_values(n, 4, 4.0F), y = random_values(n, 5);
        std::vector<float> out = guarded(n);
        ops_.add(x.data(), y.data(), out.data(), length);
        expect_near(out, reference::add(wide(x), wide(y)), 0.0, 6e-8);
        ops_.scale(x.data(), out.data(), length, 0.3F);
        expect_near(out, reference::scale(wide(x), 0.3F), 0.0, 6e-8);
        ops_.soft_cap(x.data(), out.data(), length, 3.0F);
        expect_near(out, reference::soft_cap(wide(x), 3.0F), 0.0, 1e-6);
        for (const Activation kind :
             {Activation::silu, Activation::gelu_tanh, Activation::gelu_erf}) {
            const auto index = static_cast<std::size_t>(kind);
            SCOPED_TRACE(index);
            // exp's and tanh's bounds are relative, erf's 5e-7 absolute, times |x| / 2 < 10 (and
            // |y| < 10 where gated); 1 + tanh cancels for negative x.
            ops_.unary[index](x.data(), out.data(), length);
            expect_near(out, reference::unary(wide(x), kind), 5e-6, 1e-6);
            ops_.gated[index](x.data(), y.data(), out.data(), length);
            expect_near(out, reference::gated_unit(wide(x), wide(y), kind), 3e-5, 1e-6);
        }
    }
}

TEST_P(OpsTest, ActivationsAtTheEndsOfTheRange) {
    const std::vector<float> x = {-1e30F, -200.0F, -88.5F, -87.3F, -1e-20F, 0.0F,
                                  1e-20F, 87.3F,   88.5F,  200.0F, 1e30F};
    std::vector<float> out = guarded(x.size());
    for (const Activation kind : {Activation::silu, Activation::gelu_tanh, Activation::gelu_erf}) {
        if (kind == Activation::gelu_tanh) continue;  // x^3 overflows at 1e30, as in the reference
        ops_.unary[static_cast<std::size_t>(kind)](x.data(), out.data(),
                                                   static_cast<std::int64_t>(x.size()));
        expect_near(out, reference::unary(wide(x), kind), 1e-6, 1e-6);
    }
}

TEST_P(OpsTest, ExpThroughSoftmaxHoldsItsBound) {
    // With a greatest value of 0, out = exp(x) / sum: the quotient of two outs is exp's own.
    for (float x = -87.0F; x < 0.0F; x += 0.0137F) {
        const float in[2] = {0.0F, x};
        float out[2];
        ops_.softmax(in, out, 2);
        const double ratio = static_cast<double>(out[1]) / static_cast<double>(out[0]);
        // 3 ulp of exp, 1 of each product.
        ASSERT_NEAR(ratio / std::exp(static_cast<double>(x)), 1.0, 5 * 1.2e-7) << x;
    }
}

TEST_P(OpsTest, TanhThroughSoftCapHoldsItsBound) {
    for (float x = -12.0F; x < 12.0F; x += 0.00317F) {
        float out = 0.0F;
        ops_.soft_cap(&x, &out, 1, 1.0F);
        const double expected = std::tanh(static_cast<double>(x));
        ASSERT_NEAR(out, expected, 8 * 1.2e-7 * std::abs(expected)) << x;
    }
}

TEST_P(OpsTest, SoftmaxAndArgmax) {
    for (const int length : lengths) {
        SCOPED_TRACE(length);
        const auto n = static_cast<std::size_t>(length);
        std::vector<float> x = random_values(n, 6, 5.0F), out = guarded(n);
        ops_.softmax(x.data(), out.data(), length);
        // x - max is off by half an ulp of up to 64, which exp makes relative; exp has 3 ulp; the
        // sum adds up in four chains or more; the inverse and its product round once each.
        const double relative = 0x1p-19 + 3 * 0x1p-23 + (length / 4 + 5) * 0x1p-24;
        expect_near(out, reference::softmax(wide(x), length), 0.0, relative);
        EXPECT_EQ(ops_.argmax(x.data(), length), reference::argmax(wide(x), length)[0]);
        x[n / 2] = x[n - 1] = 100.0F;  // the lowest index on a tie
        EXPECT_EQ(ops_.argmax(x.data(), length), static_cast<std::int64_t>(n / 2));
    }
}

TEST_P(OpsTest, ArgmaxPassesOverNan) {
    std::vector<float> x(40, -3.0F);
    x[5] = std::numeric_limits<float>::quiet_NaN();
    x[17] = 2.0F;
    x[33] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(ops_.argmax(x.data(), 40), 17);
}

TEST_P(OpsTest, Rope) {
    for (const auto& [head, dims] : {std::pair{2, 2}, {8, 8}, {64, 64}, {80, 32}, {96, 96}}) {
        for (const bool halves : {false, true}) {
            SCOPED_TRACE(testing::Message() << head << " " << dims << " " << halves);
            constexpr std::int64_t heads = 3;
            const Rope op{.x = 0,
                          .frequency_factors = {},
                          .out = 0,
                          .dims = dims,
                          .base = 10000.0F,
                          .order = halves ? RopeOrder::halves : RopeOrder::adjacent,
                          .scaling = {}};
            const reference::RopeTable table = reference::rope_table(op, {});
            const auto pairs = static_cast<std::size_t>(dims / 2);
            std::vector<float> angles(2 * pairs);
            constexpr double position = 1234;
            for (std::size_t i = 0; i < pairs; ++i) {
                angles[i] = static_cast<float>(std::cos(position * table.frequencies[i]));
                angles[pairs + i] = static_cast<float>(std::sin(position * table.frequencies[i]));
            }
            const std::vector<float> x = random_values(static_cast<std::size_t>(head) * heads, 7);
            std::vector<float> out = guarded(x.size());
            ops_.rope({x.data(), angles.data(), out.data(), head, heads, dims, halves});
            // Two products of numbers below 10 with a rounded cosine.
            expect_near(out, reference::rope(op, wide(x), head, heads, 1234, table), 2e-6, 0.0);
        }
    }
}

std::string isa_name(const testing::TestParamInfo<Isa>& info) {
    return std::string(name(info.param));
}

INSTANTIATE_TEST_SUITE_P(Isas, OpsTest, testing::ValuesIn(available_isas()), isa_name);

}  // namespace
}  // namespace edgeroof::cpu
