// SPDX-License-Identifier: Apache-2.0
// The operations that simd.hpp promises, on AVX2, FMA and F16C.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

using F = __m256;
constexpr int width = 8;
constexpr int registers = 16;

EDGEROOF_INLINE __m256i first_lanes(int count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

EDGEROOF_INLINE F set1(float x) { return _mm256_set1_ps(x); }
EDGEROOF_INLINE F load(const float* p) { return _mm256_loadu_ps(p); }
EDGEROOF_INLINE F load(const HalfBits* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
EDGEROOF_INLINE F load(const std::int8_t* p) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
EDGEROOF_INLINE F load_first(const float* p, int count) {
    return _mm256_maskload_ps(p, first_lanes(count));
}
EDGEROOF_INLINE void store(float* p, F x) { _mm256_storeu_ps(p, x); }
EDGEROOF_INLINE void store(HalfBits* p, F x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}
EDGEROOF_INLINE void store_first(float* p, F x, int count) {
    _mm256_maskstore_ps(p, first_lanes(count), x);
}
EDGEROOF_INLINE F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
EDGEROOF_INLINE F max(F a, F b) { return _mm256_max_ps(a, b); }
EDGEROOF_INLINE F min(F a, F b) { return _mm256_min_ps(a, b); }
EDGEROOF_INLINE F abs(F x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x); }
EDGEROOF_INLINE F round(F x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
EDGEROOF_INLINE F pow2(F n) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
EDGEROOF_INLINE F if_less(F a, F b, F yes, F no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
EDGEROOF_INLINE F iota() { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }
EDGEROOF_INLINE float sum(F x) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
EDGEROOF_INLINE float maximum(F x) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

}  // namespace
}  // namespace edgeroof::cpu
