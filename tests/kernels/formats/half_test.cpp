// SPDX-License-Identifier: Apache-2.0
#include "kernels/formats/half.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/kernels/formats/half_hardware.hpp"

namespace edgeroof {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

bool is_nan_bits(std::uint32_t half) { return (half & 0x7C00) == 0x7C00 && (half & 0x3FF) != 0; }

/// binary16 by its definition: 1 sign bit, 5 exponent bits with bias 15, 10 mantissa bits.
float defined_value(std::uint32_t half) {
    const int exponent = (half >> 10) & 31, mantissa = half & 1023;
    const float magnitude = exponent == 31  ? infinity
                            : exponent == 0 ? std::ldexp(float(mantissa), -24)
                                            : std::ldexp(float(1024 + mantissa), exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

TEST(Half, DecodesEveryPattern) {
    for (std::uint32_t half = 0; half < 0x10000; ++half) {
        const float value = portable::half_to_float(static_cast<std::uint16_t>(half));
        if (is_nan_bits(half)) {
            EXPECT_TRUE(std::isnan(value)) << half;
            continue;
        }
        EXPECT_EQ(std::bit_cast<std::uint32_t>(value),
                  std::bit_cast<std::uint32_t>(defined_value(half)))
            << half;
    }
}

TEST(Half, RoundsToNearestBetweenAnyTwoNeighbours) {
    for (std::uint32_t lower = 0; lower < 0x7C00; ++lower) {
        const std::uint32_t upper = lower + 1, even = lower & 1 ? upper : lower;
        const float a = defined_value(lower);
        // 65536 takes the place of infinity: from half way to it on, values overflow.
        const float b = upper == 0x7C00 ? 65536.0F : defined_value(upper);
        const float middle = (a + b) / 2;  // exact: floats have 13 bits more
        for (const std::uint32_t sign : {0x0000U, 0x8000U}) {
            const auto encoded = [&](float x) { return portable::float_to_half(sign ? -x : x); };
            ASSERT_EQ(encoded(a), sign | lower);
            ASSERT_EQ(encoded(middle), sign | even);
            ASSERT_EQ(encoded(std::nextafter(middle, 0.0F)), sign | lower);
            ASSERT_EQ(encoded(std::nextafter(middle, infinity)), sign | upper);
        }
    }
}

TEST(Half, KeepsTheExtremes) {
    EXPECT_EQ(portable::float_to_half(infinity), 0x7C00);
    EXPECT_EQ(portable::float_to_half(-infinity), 0xFC00);
    EXPECT_EQ(portable::float_to_half(std::numeric_limits<float>::max()), 0x7C00);
    EXPECT_EQ(portable::float_to_half(std::numeric_limits<float>::denorm_min()), 0x0000);
    EXPECT_EQ(portable::float_to_half(-std::numeric_limits<float>::denorm_min()), 0x8000);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(portable::float_to_half(nan), 0x7E00);
    EXPECT_EQ(portable::float_to_half(-nan), 0xFE00);
}

TEST(Half, HardwareGivesTheSameBits) {
    if (!half_hardware::available()) GTEST_SKIP() << "no F16 instructions on this machine";
    for (std::uint32_t i = 0; i < 0x10000; ++i) {
        const auto half = static_cast<std::uint16_t>(i);
        ASSERT_EQ(std::bit_cast<std::uint32_t>(half_hardware::half_to_float(half)),
                  std::bit_cast<std::uint32_t>(portable::half_to_float(half)))
            << i;
    }
    // Every exponent and sign, and mantissas spread by an odd stride.
    for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 1021) {
        const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        ASSERT_EQ(half_hardware::float_to_half(value), portable::float_to_half(value)) << bits;
    }
}

TEST(BFloat, RoundsToNearestBetweenAnyTwoNeighbours) {
    for (std::uint32_t lower = 0; lower < 0x7F80; ++lower) {
        const std::uint32_t even = lower + (lower & 1);
        const std::uint32_t middle = (lower << 16) | 0x8000;
        const auto encoded = [](std::uint32_t bits) {
            return float_to_bfloat(std::bit_cast<float>(bits));
        };
        ASSERT_EQ(bfloat_to_float(static_cast<std::uint16_t>(lower)),
                  std::bit_cast<float>(lower << 16));
        ASSERT_EQ(encoded(lower << 16), lower);
        ASSERT_EQ(encoded(middle), even);
        ASSERT_EQ(encoded(middle - 1), lower);
        ASSERT_EQ(encoded(middle + 1), lower + 1);
        ASSERT_EQ(encoded(middle | 0x80000000U), even | 0x8000U);
    }
}

TEST(BFloat, KeepsInfinityAndNan) {
    EXPECT_EQ(float_to_bfloat(-infinity), 0xFF80);
    // A NaN whose payload is in the lower half alone must not become infinity.
    EXPECT_TRUE(std::isnan(bfloat_to_float(float_to_bfloat(std::bit_cast<float>(0x7F800001U)))));
    EXPECT_TRUE(std::isnan(bfloat_to_float(float_to_bfloat(std::bit_cast<float>(0xFFFFFFFFU)))));
}

TEST(E8M0, IsHalfAPowerOfTwo) {
    for (int e = 0; e < 256; ++e)
        EXPECT_EQ(e8m0_half_to_float(static_cast<std::uint8_t>(e)), std::ldexp(1.0F, e - 128)) << e;
}

}  // namespace
}  // namespace edgeroof
