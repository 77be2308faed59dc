// SPDX-License-Identifier: Apache-2.0
// The operations that simd.hpp promises, one lane wide: plain C++ for any machine.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/cpu/simd/common.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

using F = float;
constexpr int width = 1;
constexpr int registers = 16;

EDGEROOF_INLINE F set1(float x) { return x; }
EDGEROOF_INLINE F load(const float* p) { return *p; }
EDGEROOF_INLINE F load(const HalfBits* p) { return half_to_float(p->bits); }
EDGEROOF_INLINE F load(const std::int8_t* p) { return *p; }
EDGEROOF_INLINE F load_first(const float* p, int) { return *p; }
EDGEROOF_INLINE void store(float* p, F x) { *p = x; }
EDGEROOF_INLINE void store(HalfBits* p, F x) { p->bits = float_to_half(x); }
EDGEROOF_INLINE void store_first(float* p, F x, int) { *p = x; }
EDGEROOF_INLINE F fma(F a, F b, F c) { return a * b + c; }
EDGEROOF_INLINE F max(F a, F b) { return a > b ? a : b; }
EDGEROOF_INLINE F min(F a, F b) { return a < b ? a : b; }
EDGEROOF_INLINE F abs(F x) { return __builtin_fabsf(x); }
EDGEROOF_INLINE F round(F x) { return __builtin_rintf(x); }
EDGEROOF_INLINE F pow2(F n) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<std::int32_t>(n) + 127)
                                << 23);
}
EDGEROOF_INLINE F if_less(F a, F b, F yes, F no) { return a < b ? yes : no; }
EDGEROOF_INLINE F iota() { return 0.0F; }
EDGEROOF_INLINE float sum(F x) { return x; }
EDGEROOF_INLINE float maximum(F x) { return x; }

}  // namespace
}  // namespace edgeroof::cpu
