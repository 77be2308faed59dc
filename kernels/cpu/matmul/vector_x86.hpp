// SPDX-License-Identifier: Apache-2.0
// What the x86-64 paths of vector.hpp have in common: 16-byte vectors, and the limits of
// VPMADDUBSW.
#pragma once

#include <immintrin.h>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

using Bytes16 = __m128i;

EDGEROOF_INLINE __m128i load16(const std::byte* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

/// Whole 16-bit words are shifted; the mask removes what crossed a byte.
template <int mask, int shift>
EDGEROOF_INLINE __m128i bits(__m128i x) {
    constexpr auto moved = static_cast<char>(shift < 0 ? mask >> -shift : mask << shift);
    if constexpr (shift < 0)
        return _mm_and_si128(_mm_srli_epi16(x, -shift), _mm_set1_epi8(moved));
    else if constexpr (shift > 0)
        return _mm_and_si128(_mm_slli_epi16(x, shift), _mm_set1_epi8(moved));
    else
        return _mm_and_si128(x, _mm_set1_epi8(moved));
}
EDGEROOF_INLINE __m128i either(__m128i a, __m128i b) { return _mm_or_si128(a, b); }
EDGEROOF_INLINE __m128i minus(__m128i a, int b) {
    return _mm_sub_epi8(a, _mm_set1_epi8(static_cast<char>(b)));
}

/// Loaded once for all its users: compilers would rather make each of them load it.
template <class X>
EDGEROOF_INLINE X in_register(X x) {
    asm("" : "+v"(x));
    return x;
}

/// How many products of VPMADDUBSW (two codes 0 .. top times int8 each) a 16-bit sum can hold.
constexpr int narrow_sums(int top, int count) {
    const int most = top <= 15 ? 8 : top <= 31 ? 4 : top <= 63 ? 2 : 1;
    static_assert(8 * 2 * 15 * 127 <= 32767 && 4 * 2 * 31 * 127 <= 32767 &&
                  2 * 2 * 63 * 127 <= 32767);
    return most < count ? most : count;
}

}  // namespace
}  // namespace edgeroof::cpu
