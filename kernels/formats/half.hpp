// SPDX-License-Identifier: Apache-2.0
//
// 16-bit floats: F16 is IEEE 754 binary16; BF16 is the upper half of a binary32. Conversions to 16
// bits round to nearest, ties to even, keep denormals, overflow to infinity, and keep NaN a quiet
// NaN of the same sign (F16: without payload). Every path gives the same bits.
//
// All functions are forced inline: this header is compiled under the flags of several ISA paths,
// and an out-of-line copy that the linker merged could hold instructions the machine lacks.
#pragma once

#include <bit>
#include <cstdint>

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace edgeroof {

namespace portable {

[[gnu::always_inline]] inline float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16;
    const std::uint32_t magnitude = std::uint32_t{half & 0x7FFFU} << 13;
    // Rebias the exponent from 15 to 127. Infinity and NaN need the other end of the range.
    const std::uint32_t normal = magnitude + (112U << 23);
    const std::uint32_t special = normal + (112U << 23);
    const std::uint32_t quiet = half & 0x03FFU ? 0x00400000U : 0U;
    // A denormal m * 2^-24 is the mantissa of (2^-14 + m * 2^-24), less 2^-14.
    const float denormal = std::bit_cast<float>(magnitude + (113U << 23)) - 0x1p-14F;
    const std::uint32_t bits = magnitude >= 0x0F800000U   ? special | quiet
                               : magnitude >= 0x00800000U ? normal
                                                          : std::bit_cast<std::uint32_t>(denormal);
    return std::bit_cast<float>(sign | bits);
}

[[gnu::always_inline]] inline std::uint16_t float_to_half(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    // 0.5 has an ulp of 2^-24, the least F16 denormal: the addition rounds to a multiple of it.
    const std::uint32_t denormal =
        std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - 0x3F000000U;
    // Half an ulp less one, plus the lowest kept bit: ties go to even. A carry runs into the
    // exponent, as it should.
    const std::uint32_t normal =
        (magnitude - (112U << 23) + 0x0FFFU + ((magnitude >> 13) & 1U)) >> 13;
    const std::uint32_t half = magnitude > 0x7F800000U    ? 0x7E00U
                               : magnitude >= 0x477FF000U ? 0x7C00U  // 65520: half way to 2^16
                               : magnitude >= 0x38800000U ? normal   // 2^-14
                                                          : denormal;
    return static_cast<std::uint16_t>(sign | half);
}

}  // namespace portable

[[gnu::always_inline]] inline float half_to_float(std::uint16_t half) {
#if defined(__F16C__)
    return _cvtsh_ss(half);
#elif defined(__aarch64__)
    return std::bit_cast<__fp16>(half);
#else
    return portable::half_to_float(half);
#endif
}

[[gnu::always_inline]] inline std::uint16_t float_to_half(float value) {
#if defined(__F16C__) || defined(__aarch64__)
    if (value != value) return portable::float_to_half(value);  // the hardware keeps payloads
#endif
#if defined(__F16C__)
    return _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__aarch64__)
    return std::bit_cast<std::uint16_t>(static_cast<__fp16>(value));
#else
    return portable::float_to_half(value);
#endif
}

[[gnu::always_inline]] inline float bfloat_to_float(std::uint16_t bfloat) {
    return std::bit_cast<float>(std::uint32_t{bfloat} << 16);
}

/// No hardware path: VCVTNEPS2BF16 flushes denormals.
[[gnu::always_inline]] inline std::uint16_t float_to_bfloat(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
    const std::uint32_t nan = (bits >> 16) | 0x40U;
    return static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? nan : rounded);
}

/// Half of the E8M0 scale 2^(e - 127) (OCP Microscaling 1.0): MXFP4's values are stored doubled.
/// e = 255, NaN in OCP's paper, is 2^128 in GGUF files.
[[gnu::always_inline]] inline float e8m0_half_to_float(std::uint8_t exponent) {
    return std::bit_cast<float>(exponent < 2 ? 0x00200000U << exponent
                                             : std::uint32_t{exponent - 1U} << 23);
}

}  // namespace edgeroof
