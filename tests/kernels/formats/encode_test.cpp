// SPDX-License-Identifier: Apache-2.0
//
// What encoders promise of every format: bounds on the error, exact values where the format has
// them, and a defined result for what it cannot write.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/formats/format.hpp"

namespace edgeroof {
namespace {

using Values = std::vector<float>;

std::vector<std::byte> encoded(Format format, const Values& x) {
    std::vector<std::byte> bytes(row_bytes(format, std::int64_t(x.size())));
    traits(format).encode(x.data(), bytes.data(), x.size());
    return bytes;
}

Values round_trip(Format format, const Values& x) {
    Values out(x.size());
    traits(format).decode(encoded(format, x).data(), out.data(), out.size());
    return out;
}

Values uniform_values(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> distribution(-1.0F, 1.0F);
    Values x(count);
    std::generate(x.begin(), x.end(), [&] { return distribution(random); });
    return x;
}

Values normal_values(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> distribution(0.0F, 0.02F);
    Values x(count);
    std::generate(x.begin(), x.end(), [&] { return distribution(random); });
    return x;
}

double rms_error(const Values& a, const Values& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double(a[i]) - double(b[i]), 2);
    return std::sqrt(sum / double(a.size()));
}

std::vector<Format> block_formats() {
    std::vector<Format> formats;
    for (const FormatTraits& t : all_formats())
        if (t.block_values > 1) formats.push_back(t.format);
    return formats;
}

/// Names a test by its parameter's format.
constexpr auto name_of = [](const auto& test) {
    if constexpr (requires { test.param.format; })
        return std::string(traits(test.param.format).name);
    else
        return std::string(traits(test.param).name);
};

// ---- Bounds of formats that round to nearest at one scale per block.

struct Bound {
    Format format;
    /// Greatest error for values in -1 .. 1.
    double error;
};

// An F16 scale is off by at most 2^-11 of itself, and so is each value.
constexpr double f16_error = 0x1p-11;

class StepBound : public testing::TestWithParam<Bound> {};

TEST_P(StepBound, Holds) {
    const auto [format, error] = GetParam();
    const Values x = uniform_values(1 << 14, 1);
    const Values y = round_trip(format, x);
    double greatest = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        greatest = std::max(greatest, std::fabs(double(x[i]) - double(y[i])));
    EXPECT_LE(greatest, error);
    EXPECT_GE(greatest, 0.5 * error);  // 16384 values come near the bound, or it is not the bound
}

INSTANTIATE_TEST_SUITE_P(
    Formats, StepBound,
    testing::Values(
        // Half the ulp of values in 1/2 .. 1.
        Bound{Format::f16, 0x1p-12}, Bound{Format::bf16, 0x1p-9},
        // Half a step of 1/127.
        Bound{Format::q8_0, 0.5 / 127 + f16_error},
        // Steps of 1/8 and 1/16 from the extreme value; on its other side, the last code is one
        // step short of the range.
        Bound{Format::q4_0, 1.0 / 8 + f16_error}, Bound{Format::q5_0, 1.0 / 16 + f16_error},
        // Half a step of 2/15 and 2/31, and the rounding of m and of d times the last code.
        Bound{Format::q4_1, 1.0 / 15 + 3 * f16_error},
        Bound{Format::q5_1, 1.0 / 31 + 3 * f16_error},
        // Values in 1/2 .. 1 are 4 .. 8 steps of 1/8, and what lies above 6 becomes 6.
        Bound{Format::mxfp4, 2.0 / 8}),
    name_of);

// ---- Formats whose scale is searched for: better than the plain scale, though that is not rounded
// ---- to F16 or to a few bits.

/// Error of `levels` spread over each part of n values so that the extreme value gets levels[0].
double plain_symmetric_error(const Values& x, std::size_t n, const std::vector<double>& levels) {
    double sum = 0;
    for (std::size_t part = 0; part < x.size(); part += n) {
        const auto begin = x.begin() + std::ptrdiff_t(part);
        const double extreme =
            *std::max_element(begin, begin + std::ptrdiff_t(n),
                              [](float a, float b) { return std::fabs(a) < std::fabs(b); });
        const double scale = extreme / levels[0];
        for (std::size_t i = part; i < part + n; ++i) {
            double least = std::numeric_limits<double>::infinity();
            for (const double level : levels)
                least = std::min(least, std::fabs(double(x[i]) - scale * level));
            sum += least * least;
        }
    }
    return std::sqrt(sum / double(x.size()));
}

/// Error of even steps from the least (at most 0) to the greatest of each n values.
double plain_affine_error(const Values& x, std::size_t n, int last) {
    double sum = 0;
    for (std::size_t part = 0; part < x.size(); part += n) {
        const auto begin = x.begin() + std::ptrdiff_t(part);
        const auto [low, high] = std::minmax_element(begin, begin + std::ptrdiff_t(n));
        const double least = std::min(double(*low), 0.0), step = (double(*high) - least) / last;
        for (std::size_t i = part; i < part + n; ++i) {
            const double error =
                double(x[i]) - least - step * std::round((double(x[i]) - least) / step);
            sum += error * error;
        }
    }
    return std::sqrt(sum / double(x.size()));
}

std::vector<double> integers(int first, int last) {
    std::vector<double> levels;
    for (int i = first; i <= last; ++i) levels.push_back(i);
    return levels;
}

const std::vector<double> iq4_levels{-127, -104, -83, -65, -49, -35, -22, -10,
                                     1,    13,   25,  38,  53,  69,  89,  113};

TEST(ScaleSearch, BeatsThePlainScale) {
    const Values x = normal_values(1 << 15, 2);
    const auto error = [&](Format format) { return rms_error(x, round_trip(format, x)); };
    EXPECT_LT(error(Format::q2_k), plain_affine_error(x, 16, 3));
    EXPECT_LT(error(Format::q4_k), plain_affine_error(x, 32, 15));
    EXPECT_LT(error(Format::q5_k), plain_affine_error(x, 32, 31));
    EXPECT_LT(error(Format::q3_k), plain_symmetric_error(x, 16, integers(-4, 3)));
    EXPECT_LT(error(Format::q6_k), plain_symmetric_error(x, 16, integers(-32, 31)));
    EXPECT_LT(error(Format::iq4_nl), plain_symmetric_error(x, 32, iq4_levels));
    EXPECT_LT(error(Format::iq4_xs), plain_symmetric_error(x, 32, iq4_levels));
}

// ---- Values that a format has come back exactly.

struct Grid {
    Format format;
    /// The levels; the first and the last are in every part of 16 values.
    std::vector<double> levels;
    /// x = scale * level - min, with numbers that F16 and the format's own scales hold exactly.
    double scale, min = 0;
};

class OnGrid : public testing::TestWithParam<Grid> {};

TEST_P(OnGrid, ComesBackExactly) {
    const Grid& grid = GetParam();
    std::mt19937 random(3);
    std::uniform_int_distribution<std::size_t> any(0, grid.levels.size() - 1);
    Values x(4096);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double level = i % 16 == 3   ? grid.levels.front()
                             : i % 16 == 9 ? grid.levels.back()
                                           : grid.levels[any(random)];
        x[i] = float(grid.scale * level - grid.min);
    }
    EXPECT_EQ(round_trip(grid.format, x), x);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, OnGrid,
    testing::Values(
        Grid{Format::f16, integers(-2048, 2047), 0x1p-9},
        Grid{Format::bf16, integers(-256, 255), 8}, Grid{Format::i32, integers(-70000, 70000), 1},
        Grid{Format::q8_0, integers(-127, 127), 0x1p-6},
        Grid{Format::q4_0, integers(-8, 7), 0x1p-6},
        Grid{Format::q4_1, integers(0, 15), 0x1p-6, 0.7265625},
        Grid{Format::q5_0, integers(-16, 15), 0x1p-6},
        Grid{Format::q5_1, integers(0, 31), 0x1p-6, -3},
        // Each sub-block's scale is the greatest that the format writes: 15, 63, -32, -128.
        Grid{Format::q2_k, integers(0, 3), 15 * 0x1p-8, 15 * 0x1p-9},
        Grid{Format::q3_k, integers(-4, 3), 32 * 0x1p-8},
        Grid{Format::q4_k, integers(0, 15), 63 * 0x1p-8, 63 * 0x1p-6},
        Grid{Format::q5_k, integers(0, 31), 63 * 0x1p-8, 63 * 0x1p-5},
        Grid{Format::q6_k, integers(-32, 31), 128 * 0x1p-12},
        Grid{Format::iq4_nl, iq4_levels, 0x1p-9}, Grid{Format::iq4_xs, iq4_levels, 32 * 0x1p-12},
        Grid{Format::mxfp4, {-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6}, 0x1p-3}),
    name_of);

// ---- The rounding that Q8_0, Q4_0 and MXFP4 are defined by.

TEST(Rounding, Q8_0TakesHalvesAwayFromZero) {
    Values x(32, 0.0F);
    x[0] = -127.0F;  // so d = 1
    const Values in{0.5F, -0.5F, 2.5F, -3.5F, 0x1.fffffep-2F, 126.49999F, 126.5F};
    const Values out{1, -1, 3, -4, 0, 126, 127};
    std::copy(in.begin(), in.end(), x.begin() + 1);
    const Values y = round_trip(Format::q8_0, x);
    EXPECT_EQ(Values(y.begin() + 1, y.begin() + 1 + std::ptrdiff_t(out.size())), out);
}

TEST(Rounding, Q4_0TakesHalvesUpFromTheFirstExtremeValue) {
    Values x(32, 0.0F);
    x[4] = -8.0F;  // so d = 1; the later +8 does not turn it round
    x[5] = 8.0F;
    const Values in{0.5F, -0.5F, 6.5F, 7.5F, -7.5F};
    const Values out{1, 0, 7, 7, -7};
    std::copy(in.begin(), in.end(), x.begin() + 6);
    const Values y = round_trip(Format::q4_0, x);
    EXPECT_EQ(y[4], -8.0F);
    EXPECT_EQ(y[5], 7.0F);
    EXPECT_EQ(Values(y.begin() + 6, y.begin() + 6 + std::ptrdiff_t(out.size())), out);
}

TEST(Rounding, Mxfp4SaturatesAndTakesHalvesTowardsZero) {
    Values x(32, 0.0F);
    const Values in{7.9F, -7.9F, 5.0F, 5.1F, -0.25F, 0.26F, 0.75F, 3.5F};
    const Values out{6, -6, 4, 6, 0, 0.5F, 0.5F, 3};
    std::copy(in.begin(), in.end(), x.begin());
    const Values y = round_trip(Format::mxfp4, x);
    EXPECT_EQ(Values(y.begin(), y.begin() + std::ptrdiff_t(out.size())), out);
}

TEST(Rounding, I32SaturatesAndHasNoNan) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(round_trip(Format::i32, {2.5F, -3.5F, 1e10F, -1e10F, nan}),
              (Values{2, -4, 0x1p31F, -0x1p31F, 0}));
}

// ---- Every block format, whatever comes in.

class AnyBlock : public testing::TestWithParam<Format> {
  protected:
    std::size_t block_values() const { return traits(GetParam()).block_values; }
};

INSTANTIATE_TEST_SUITE_P(Formats, AnyBlock, testing::ValuesIn(block_formats()), name_of);

TEST_P(AnyBlock, ZerosStayZeros) {
    EXPECT_EQ(round_trip(GetParam(), Values(block_values(), 0.0F)), Values(block_values(), 0.0F));
    EXPECT_EQ(round_trip(GetParam(), Values(block_values(), -0.0F)), Values(block_values(), 0.0F));
}

TEST_P(AnyBlock, DenormalsStayBelowTheLeastScale) {
    for (const float tiny : {std::numeric_limits<float>::denorm_min(), 0x1p-130F, 0x1p-100F}) {
        Values x(block_values(), 0.0F);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = tiny * (float(i % 7) - 3.0F);
        for (const float y : round_trip(GetParam(), x)) EXPECT_LE(std::fabs(y), 4.0F * tiny);
    }
}

TEST_P(AnyBlock, ConstantBlocksKeepTheirValue) {
    // MXFP4's neighbours are up to 6/4 apart and it saturates from 8/6 down, other formats lose an
    // F16 rounding of scale and min, IQ4_XS and the K formats one of each step on the way.
    const float tolerance = GetParam() == Format::mxfp4 ? 0.25F : 0.002F;
    for (const float value : {0.37F, -0.37F, 1000.0F})
        for (const float y : round_trip(GetParam(), Values(block_values(), value)))
            EXPECT_NEAR(y, value, tolerance * std::fabs(value));
}

TEST_P(AnyBlock, OneValueAmongZerosIsKept) {
    const float tolerance = GetParam() == Format::mxfp4 ? 0.25F : 0.002F;
    for (const float value : {0.37F, -0.37F})
        for (const std::size_t at : {std::size_t{0}, block_values() / 2 + 1, block_values() - 1}) {
            Values x(block_values(), 0.0F);
            x[at] = value;
            const Values y = round_trip(GetParam(), x);
            EXPECT_NEAR(y[at], value, tolerance * std::fabs(value)) << at;
        }
}

TEST_P(AnyBlock, DamageShowsInItsBlockAlone) {
    const std::size_t n = block_values();
    const Values sound = normal_values(3 * n, 4);
    const Values expected = round_trip(GetParam(), sound);
    constexpr float infinity = std::numeric_limits<float>::infinity();
    std::vector<float> damages{std::numeric_limits<float>::quiet_NaN(), infinity, -infinity};
    if (GetParam() != Format::mxfp4)  // whose scales reach as far as a float
        damages.insert(damages.end(), {1e30F, -1e30F, std::numeric_limits<float>::max(), 1e10F});
    for (const float damage : damages)
        for (const std::size_t at : {n, n + n / 2, 2 * n - 1}) {
            Values x = sound;
            x[at] = damage;
            const Values y = round_trip(GetParam(), x);
            for (std::size_t i = 0; i < n; ++i) {
                EXPECT_EQ(y[i], expected[i]);
                EXPECT_FALSE(std::isfinite(y[n + i])) << damage << " at " << at;
                EXPECT_EQ(y[2 * n + i], expected[2 * n + i]);
            }
        }
}

TEST_P(AnyBlock, PowersOfTwoPassThrough) {
    // Scales are floating-point numbers in each format, so a power of two changes no code as long
    // as it leaves them normal F16 numbers; the least here, Q6_K's
    // 16 / 4 / 32 / 128, is 2^-10 and the least normal one 2^-14.
    Values x = uniform_values(4 * block_values(), 6);
    for (float& value : x) value *= 16.0F;
    const Values y = round_trip(GetParam(), x);
    for (const float power : {0.25F, 32.0F, 1024.0F}) {
        Values scaled = x, expected = y;
        for (float& value : scaled) value *= power;
        for (float& value : expected) value *= power;
        EXPECT_EQ(round_trip(GetParam(), scaled), expected) << power;
    }
}

TEST_P(AnyBlock, OnlyMxfp4ReachesBeyondF16Scales) {
    // The furthest of the others is Q6_K: 65504 * 128 * 32 < 2^29.
    const bool reaches = GetParam() == Format::mxfp4;
    for (const float greatest : {0x1p30F, 0x1p34F, 0x1p100F}) {
        Values x = uniform_values(block_values(), 7);
        for (float& value : x) value *= greatest;
        for (const float y : round_trip(GetParam(), x))
            EXPECT_EQ(std::isfinite(y), reaches) << greatest;
    }
}

TEST_P(AnyBlock, NeedsNoAlignment) {
    const Values x = normal_values(2 * block_values(), 5);
    const std::vector<std::byte> aligned = encoded(GetParam(), x);
    std::vector<std::byte> shifted(aligned.size() + 1);
    traits(GetParam()).encode(x.data(), shifted.data() + 1, x.size());
    EXPECT_TRUE(std::equal(aligned.begin(), aligned.end(), shifted.begin() + 1));
    Values y(x.size());
    traits(GetParam()).decode(shifted.data() + 1, y.data(), y.size());
    EXPECT_EQ(y, round_trip(GetParam(), x));
}

TEST(Mxfp4, ReachesAsFarAsAFloat) {
    Values x(32, 1.0F);
    x[7] = 0x1.8p127F;
    EXPECT_EQ(round_trip(Format::mxfp4, x)[7], 0x1.8p127F);
}

}  // namespace
}  // namespace edgeroof
