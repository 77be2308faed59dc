// SPDX-License-Identifier: Apache-2.0
// The operations that simd.hpp promises, on SSE4.1.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/cpu/simd/half_lanes.hpp"

namespace edgeroof::cpu {
namespace {

using F = __m128;
using Words4 [[gnu::vector_size(16)]] = std::uint32_t;
constexpr int width = 4;
constexpr int registers = 16;

EDGEROOF_INLINE F set1(float x) { return _mm_set1_ps(x); }
EDGEROOF_INLINE F load(const float* p) { return _mm_loadu_ps(p); }
EDGEROOF_INLINE F load(const HalfBits* p) {
    const __m128i halves = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return floats_of_halves<F>(__builtin_bit_cast(Words4, _mm_cvtepu16_epi32(halves)));
}
EDGEROOF_INLINE F load(const std::int8_t* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return _mm_cvtepi32_ps(_mm_cvtepi8_epi32(_mm_cvtsi32_si128(four)));
}
EDGEROOF_INLINE void store(float* p, F x) { _mm_storeu_ps(p, x); }
EDGEROOF_INLINE void store(HalfBits* p, F x) {
    const auto halves = __builtin_bit_cast(__m128i, halves_of_floats<Words4>(x));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(halves, halves));
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
EDGEROOF_INLINE F fma(F a, F b, F c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
EDGEROOF_INLINE F max(F a, F b) { return _mm_max_ps(a, b); }
EDGEROOF_INLINE F min(F a, F b) { return _mm_min_ps(a, b); }
EDGEROOF_INLINE F abs(F x) { return _mm_andnot_ps(_mm_set1_ps(-0.0F), x); }
EDGEROOF_INLINE F round(F x) {
    return _mm_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
EDGEROOF_INLINE F pow2(F n) {
    return _mm_castsi128_ps(
        _mm_slli_epi32(_mm_add_epi32(_mm_cvtps_epi32(n), _mm_set1_epi32(127)), 23));
}
EDGEROOF_INLINE F if_less(F a, F b, F yes, F no) {
    return _mm_blendv_ps(no, yes, _mm_cmplt_ps(a, b));
}
EDGEROOF_INLINE F iota() { return _mm_setr_ps(0, 1, 2, 3); }
EDGEROOF_INLINE float sum(F x) {
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
EDGEROOF_INLINE float maximum(F x) {
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

}  // namespace
}  // namespace edgeroof::cpu
