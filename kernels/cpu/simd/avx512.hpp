// SPDX-License-Identifier: Apache-2.0
// The operations that simd.hpp promises, on AVX-512 F, BW, DQ and VL.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

using F = __m512;
constexpr int width = 16;
constexpr int registers = 32;

EDGEROOF_INLINE __mmask16 first_lanes(int count) {
    return static_cast<__mmask16>((1U << count) - 1U);
}

EDGEROOF_INLINE F set1(float x) { return _mm512_set1_ps(x); }
EDGEROOF_INLINE F load(const float* p) { return _mm512_loadu_ps(p); }
EDGEROOF_INLINE F load(const HalfBits* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
EDGEROOF_INLINE F load(const std::int8_t* p) {
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
EDGEROOF_INLINE F load_first(const float* p, int count) {
    return _mm512_maskz_loadu_ps(first_lanes(count), p);
}
EDGEROOF_INLINE void store(float* p, F x) { _mm512_storeu_ps(p, x); }
EDGEROOF_INLINE void store(HalfBits* p, F x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                        _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
EDGEROOF_INLINE void store_first(float* p, F x, int count) {
    _mm512_mask_storeu_ps(p, first_lanes(count), x);
}
EDGEROOF_INLINE F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
EDGEROOF_INLINE F max(F a, F b) { return _mm512_max_ps(a, b); }
EDGEROOF_INLINE F min(F a, F b) { return _mm512_min_ps(a, b); }
EDGEROOF_INLINE F abs(F x) { return _mm512_abs_ps(x); }
EDGEROOF_INLINE F round(F x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
EDGEROOF_INLINE F pow2(F n) {
    return _mm512_castsi512_ps(
        _mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23));
}
EDGEROOF_INLINE F if_less(F a, F b, F yes, F no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
}
EDGEROOF_INLINE F iota() {
    return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
EDGEROOF_INLINE float sum(F x) { return _mm512_reduce_add_ps(x); }
EDGEROOF_INLINE float maximum(F x) { return _mm512_reduce_max_ps(x); }

}  // namespace
}  // namespace edgeroof::cpu
