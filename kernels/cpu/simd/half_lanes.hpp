// SPDX-License-Identifier: Apache-2.0
//
// F16 bits in 32-bit lanes, to and from F32, as half.hpp has it, for ISAs that don't convert: SSE4.1
// has no F16C, and RVV 1.0 does not include Zvfhmin.
#pragma once

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

template <class Floats, class Words>
EDGEROOF_INLINE Floats floats_of_halves(Words halves) {
    const Words magnitude = (halves & 0x7FFFU) << 13;
    // The factor rebiases the exponent, of denormals too; infinity and NaN need all its bits.
    const auto scaled = __builtin_bit_cast(Words, __builtin_bit_cast(Floats, magnitude) * 0x1p112F);
    const Words special = magnitude >= 0x0F800000U ? Words{} + 0x7F800000U : Words{};
    return __builtin_bit_cast(Floats, scaled | special | (halves & 0x8000U) << 16);
}

/// See float_to_half in half.hpp.
template <class Words, class Floats>
EDGEROOF_INLINE Words halves_of_floats(Floats x) {
    const auto bits = __builtin_bit_cast(Words, x);
    const Words magnitude = bits & 0x7FFFFFFFU;
    const Words denormal =
        __builtin_bit_cast(Words, __builtin_bit_cast(Floats, magnitude) + 0.5F) - 0x3F000000U;
    const Words normal = (magnitude - (112U << 23) + 0x0FFFU + ((magnitude >> 13) & 1U)) >> 13;
    Words half = magnitude >= 0x38800000U ? normal : denormal;
    half = magnitude >= 0x477FF000U ? Words{} + 0x7C00U : half;
    half = magnitude > 0x7F800000U ? Words{} + 0x7E00U : half;
    return half | ((bits >> 16) & 0x8000U);
}

}  // namespace
}  // namespace edgeroof::cpu
