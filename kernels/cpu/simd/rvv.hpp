// SPDX-License-Identifier: Apache-2.0
// The operations that simd.hpp promises, on RVV 1.0, eight lanes wide: the compiler makes of them
// one register or a group of two, by the least length that the flags promise (zvl128b, zvl256b).
#pragma once

#include <cstdint>

#include "kernels/cpu/simd/half_lanes.hpp"

namespace edgeroof::cpu {
namespace {

using F [[gnu::vector_size(32)]] = float;
using Words8 [[gnu::vector_size(32)]] = std::uint32_t;
using Halves8 [[gnu::vector_size(16)]] = std::uint16_t;
using Bytes8 [[gnu::vector_size(8)]] = std::int8_t;
constexpr int width = 8;
constexpr int registers = __riscv_v_min_vlen >= 256 ? 32 : 16;

template <class T>
EDGEROOF_INLINE T load_as(const void* p) {
    T x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}

EDGEROOF_INLINE F set1(float x) { return F{} + x; }
EDGEROOF_INLINE F load(const float* p) { return load_as<F>(p); }
EDGEROOF_INLINE F load(const HalfBits* p) {
    return floats_of_halves<F>(__builtin_convertvector(load_as<Halves8>(p), Words8));
}
EDGEROOF_INLINE F load(const std::int8_t* p) {
    return __builtin_convertvector(load_as<Bytes8>(p), F);
}
EDGEROOF_INLINE void store(float* p, F x) { __builtin_memcpy(p, &x, sizeof x); }
EDGEROOF_INLINE void store(HalfBits* p, F x) {
    const auto halves = __builtin_convertvector(halves_of_floats<Words8>(x), Halves8);
    __builtin_memcpy(p, &halves, sizeof halves);
}
EDGEROOF_INLINE F load_first(const float* p, int count) {
    float lanes[width] = {};
    for (int i = 0; i < count; ++i) lanes[i] = p[i];
    return load(lanes);
}
EDGEROOF_INLINE void store_first(float* p, F x, int count) {
    float lanes[width];
    store(lanes, x);
    for (int i = 0; i < count; ++i) p[i] = lanes[i];
}
EDGEROOF_INLINE F fma(F a, F b, F c) { return a * b + c; }
EDGEROOF_INLINE F max(F a, F b) { return a > b ? a : b; }
EDGEROOF_INLINE F min(F a, F b) { return a < b ? a : b; }
EDGEROOF_INLINE F abs(F x) {
    return __builtin_bit_cast(F, __builtin_bit_cast(Words8, x) & 0x7FFFFFFFU);
}
/// Beyond 2^23 there is nothing to round; below, adding 1.5 * 2^23 leaves no place for a fraction.
EDGEROOF_INLINE F round(F x) {
    const F shift = set1(0x1.8p23F);
    return abs(x) < 0x1p22F ? (x + shift) - shift : x;
}
/// n, added to 1.5 * 2^23, is in the low bits: nothing else remains when they become the exponent.
EDGEROOF_INLINE F pow2(F n) {
    const auto bits = __builtin_bit_cast(Words8, n + set1(0x1.8p23F));
    return __builtin_bit_cast(F, (bits << 23) + (127U << 23));
}
EDGEROOF_INLINE F if_less(F a, F b, F yes, F no) { return a < b ? yes : no; }
EDGEROOF_INLINE F iota() { return F{0, 1, 2, 3, 4, 5, 6, 7}; }
EDGEROOF_INLINE float sum(F x) {
    x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 4, 5, 6, 7);
    x += __builtin_shufflevector(x, x, 2, 3, 2, 3, 2, 3, 2, 3);
    return x[0] + x[1];
}
EDGEROOF_INLINE float maximum(F x) {
    x = max(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 4, 5, 6, 7));
    x = max(x, __builtin_shufflevector(x, x, 2, 3, 2, 3, 2, 3, 2, 3));
    return x[0] > x[1] ? x[0] : x[1];
}

}  // namespace
}  // namespace edgeroof::cpu
