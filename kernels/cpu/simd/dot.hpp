// SPDX-License-Identifier: Apache-2.0
//
// The int8 dot product that the translation unit's ISA flags have: I, a vector of int32 sums;
// dot_products, the int8 products that one dot() adds; dot(sums, a, b).
#pragma once

#include "kernels/cpu/simd/simd.hpp"

namespace edgeroof::cpu {
namespace {

#if defined(__AVX512F__)
using I = __m512i;
EDGEROOF_INLINE I set1_i8(int x) { return _mm512_set1_epi8(static_cast<char>(x)); }
#elif defined(__AVX2__)
using I = __m256i;
EDGEROOF_INLINE I set1_i8(int x) { return _mm256_set1_epi8(static_cast<char>(x)); }
#elif defined(__SSE4_1__)
using I = __m128i;
EDGEROOF_INLINE I set1_i8(int x) { return _mm_set1_epi8(static_cast<char>(x)); }
#endif

#if defined(__AVX512VNNI__)
constexpr int dot_products = 64;
EDGEROOF_INLINE I dot(I sums, I a, I b) { return _mm512_dpbusd_epi32(sums, a, b); }
#elif defined(__AVX512BW__)
constexpr int dot_products = 64;
EDGEROOF_INLINE I dot(I sums, I a, I b) {
    const I pairs = _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1));
    return _mm512_add_epi32(sums, pairs);
}
#elif defined(__AVXVNNI__)
constexpr int dot_products = 32;
EDGEROOF_INLINE I dot(I sums, I a, I b) { return _mm256_dpbusd_avx_epi32(sums, a, b); }
#elif defined(__AVX2__)
constexpr int dot_products = 32;
EDGEROOF_INLINE I dot(I sums, I a, I b) {
    const I pairs = _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1));
    return _mm256_add_epi32(sums, pairs);
}
#elif defined(__SSE4_1__)
constexpr int dot_products = 16;
EDGEROOF_INLINE I dot(I sums, I a, I b) {
    return _mm_add_epi32(sums, _mm_madd_epi16(_mm_maddubs_epi16(a, b), _mm_set1_epi16(1)));
}
#elif defined(__ARM_NEON) && !defined(EDGEROOF_SCALAR)
// GCC's int32x4_t for the sums, int8x16_t for the operands, in one type that converts.
using I = int32x4_t;
EDGEROOF_INLINE I set1_i8(int x) {
    return vreinterpretq_s32_s8(vdupq_n_s8(static_cast<std::int8_t>(x)));
}
constexpr int dot_products = 16;
EDGEROOF_INLINE I dot(I sums, I a, I b) {
    const int8x16_t x = vreinterpretq_s8_s32(a), y = vreinterpretq_s8_s32(b);
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sums, x, y);
#else
    const int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(y));
    return vpadalq_s16(sums, vmlal_high_s8(low, x, y));
#endif
}
#else
using I = std::int32_t;
EDGEROOF_INLINE I set1_i8(int x) { return x; }
constexpr int dot_products = 1;
EDGEROOF_INLINE I dot(I sums, I a, I b) { return sums + a * b; }
#endif

}  // namespace
}  // namespace edgeroof::cpu
