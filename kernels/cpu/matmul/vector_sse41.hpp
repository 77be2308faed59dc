// SPDX-License-Identifier: Apache-2.0
// The operations that vector.hpp promises, on SSE4.1: the floor of the x86-64 paths.
#pragma once

#include "kernels/cpu/matmul/vector_x86.hpp"
#include "kernels/cpu/simd/half_lanes.hpp"

namespace edgeroof::cpu {
namespace {

using Bytes = __m128i;
using Floats = __m128;
struct Ints {
    __m128i v;
};
constexpr int lanes = 4;
constexpr int vectors = 4;

// As on AVX2: 3 tokens x 2 vectors fill 16 registers.
constexpr int tile_tokens = 3;
constexpr int tile_vectors = 2;
constexpr int panel_groups = 1;
constexpr int most_dots = 16;

EDGEROOF_INLINE Bytes load_bytes(const std::byte* p) { return load16(p); }
EDGEROOF_INLINE void store_bytes(std::byte* p, Bytes x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x);
}

struct Table16 {
    __m128i v;
};
EDGEROOF_INLINE Table16 table16(const std::int8_t* entries) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(entries))};
}
EDGEROOF_INLINE Bytes look_up(Table16 table, Bytes codes) {
    return _mm_shuffle_epi8(table.v, codes);
}

template <int q>
EDGEROOF_INLINE Bytes quad(const std::int8_t* codes) {
    std::int32_t four;
    __builtin_memcpy(&four, codes + 4 * q, sizeof four);
    return _mm_set1_epi32(four);
}
EDGEROOF_INLINE Ints set_int(const std::int32_t* p) { return {_mm_set1_epi32(*p)}; }
EDGEROOF_INLINE Ints zero_ints() { return {_mm_setzero_si128()}; }

EDGEROOF_INLINE Floats set1(float x) { return _mm_set1_ps(x); }
EDGEROOF_INLINE Floats load_floats(const float* p) { return _mm_loadu_ps(p); }
EDGEROOF_INLINE void store_floats(float* p, Floats x) { _mm_storeu_ps(p, x); }
EDGEROOF_INLINE Floats load_rows(const float* p, std::int64_t rows) {
    if (rows >= lanes) return load_floats(p);
    float some[lanes] = {};
    for (std::int64_t i = 0; i < rows; ++i) some[i] = p[i];
    return load_floats(some);
}
EDGEROOF_INLINE void store_rows(float* p, Floats x, std::int64_t rows) {
    if (rows >= lanes) return store_floats(p, x);
    float all[lanes];
    store_floats(all, x);
    for (std::int64_t i = 0; i < rows; ++i) p[i] = all[i];
}
EDGEROOF_INLINE Floats load_halves(const std::byte* p) {
    using Words [[gnu::vector_size(16)]] = std::uint32_t;
    const __m128i halves = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return floats_of_halves<Floats>(__builtin_bit_cast(Words, _mm_cvtepu16_epi32(halves)));
}
EDGEROOF_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
EDGEROOF_INLINE Floats negated(Floats x) { return _mm_xor_ps(x, _mm_set1_ps(-0.0F)); }
EDGEROOF_INLINE Floats to_float(Ints x) { return _mm_cvtepi32_ps(x.v); }
/// The exponent x - 1 in place, or a denormal for x < 2.
EDGEROOF_INLINE Floats half_of_powers(Ints x) {
    const __m128i one = _mm_set1_epi32(1);
    return _mm_castsi128_ps(_mm_blendv_epi8(_mm_slli_epi32(_mm_sub_epi32(x.v, one), 23),
                                            _mm_slli_epi32(_mm_add_epi32(x.v, one), 21),
                                            _mm_cmpgt_epi32(_mm_set1_epi32(2), x.v)));
}
template <int v>
EDGEROOF_INLINE Ints unsigned_lanes(Bytes16 x) {
    return {_mm_cvtepu8_epi32(_mm_srli_si128(x, lanes * v))};
}
template <int v>
EDGEROOF_INLINE Ints signed_lanes(Bytes16 x) {
    return {_mm_cvtepi8_epi32(_mm_srli_si128(x, lanes * v))};
}

EDGEROOF_INLINE Bytes pairs(Bytes codes, Bytes four) { return _mm_maddubs_epi16(codes, four); }
EDGEROOF_INLINE Bytes signed_pairs(Bytes codes, Bytes four) {
    return pairs(_mm_abs_epi8(codes), _mm_sign_epi8(four, codes));
}
EDGEROOF_INLINE Bytes even_words(Bytes x) { return _mm_srai_epi16(_mm_slli_epi16(x, 8), 8); }
EDGEROOF_INLINE Bytes odd_words(Bytes x) { return _mm_srai_epi16(x, 8); }
EDGEROOF_INLINE Bytes word_products(Bytes a, Bytes b) { return _mm_madd_epi16(a, b); }
EDGEROOF_INLINE Bytes set_words(short x) { return _mm_set1_epi16(x); }

}  // namespace
}  // namespace edgeroof::cpu

#include "kernels/cpu/matmul/dot_x86.hpp"
