// SPDX-License-Identifier: Apache-2.0
// The operations that vector.hpp promises, on AVX-512 F, BW, DQ and VL, and on AVX-512 VNNI.
#pragma once

#include "kernels/cpu/matmul/vector_x86.hpp"

namespace edgeroof::cpu {
namespace {

using Bytes = __m512i;
using Floats = __m512;
struct Ints {
    __m512i v;
};
constexpr int lanes = 16;
constexpr int vectors = 1;

// 6 tokens x 2 vectors: 12 chains of integer sums cover 4 cycles of latency at one VPDPBUSD a cycle
// three times over; with 12 sums in F32, 2 vectors of codes and a quad they fill 27 of 32
// registers. A panel as wide as the tile: 32 rows.
constexpr int tile_tokens = 6;
constexpr int tile_vectors = 2;
constexpr int panel_groups = 2;
constexpr int most_dots = 16;

EDGEROOF_INLINE Bytes load_bytes(const std::byte* p) { return _mm512_loadu_si512(p); }
EDGEROOF_INLINE void store_bytes(std::byte* p, Bytes x) { _mm512_storeu_si512(p, x); }
EDGEROOF_INLINE Bytes either(Bytes a, Bytes b) { return _mm512_or_si512(a, b); }

template <int mask, int shift>
EDGEROOF_INLINE Bytes bits(Bytes x) {
    constexpr auto moved = static_cast<char>(shift < 0 ? mask >> -shift : mask << shift);
    if constexpr (shift < 0)
        return _mm512_and_si512(_mm512_srli_epi16(x, -shift), _mm512_set1_epi8(moved));
    else if constexpr (shift > 0)
        return _mm512_and_si512(_mm512_slli_epi16(x, shift), _mm512_set1_epi8(moved));
    else
        return _mm512_and_si512(x, _mm512_set1_epi8(moved));
}

struct Table16 {
    __m512i v;
};
EDGEROOF_INLINE Table16 table16(const std::int8_t* entries) {
    return {_mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(entries)))};
}
EDGEROOF_INLINE Bytes look_up(Table16 table, Bytes codes) {
    return _mm512_shuffle_epi8(table.v, codes);
}

template <int q>
EDGEROOF_INLINE Bytes quad(const std::int8_t* codes) {
    std::int32_t four;
    __builtin_memcpy(&four, codes + 4 * q, sizeof four);
    return _mm512_set1_epi32(four);
}
EDGEROOF_INLINE Ints set_int(const std::int32_t* p) { return {_mm512_set1_epi32(*p)}; }
EDGEROOF_INLINE Ints sixteenth(Ints x) { return {_mm512_srai_epi32(x.v, 4)}; }
EDGEROOF_INLINE Ints zero_ints() { return {_mm512_setzero_si512()}; }

EDGEROOF_INLINE Floats set1(float x) { return _mm512_set1_ps(x); }
EDGEROOF_INLINE Floats load_floats(const float* p) { return _mm512_loadu_ps(p); }
EDGEROOF_INLINE void store_floats(float* p, Floats x) { _mm512_storeu_ps(p, x); }
/// Of a vector's rows those below `rows`: all, some or none.
EDGEROOF_INLINE __mmask16 first_rows(std::int64_t rows) {
    return static_cast<__mmask16>(rows >= lanes ? 0xFFFF : rows <= 0 ? 0 : (1U << rows) - 1U);
}
EDGEROOF_INLINE Floats load_rows(const float* p, std::int64_t rows) {
    return _mm512_maskz_loadu_ps(first_rows(rows), p);
}
EDGEROOF_INLINE void store_rows(float* p, Floats x, std::int64_t rows) {
    _mm512_mask_storeu_ps(p, first_rows(rows), x);
}
EDGEROOF_INLINE Floats load_halves(const std::byte* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
EDGEROOF_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
EDGEROOF_INLINE Floats negated(Floats x) { return _mm512_xor_ps(x, _mm512_set1_ps(-0.0F)); }
EDGEROOF_INLINE Floats to_float(Ints x) { return _mm512_cvtepi32_ps(x.v); }
/// The exponent x - 1 in place, or a denormal for x < 2.
EDGEROOF_INLINE Floats half_of_powers(Ints x) {
    const __m512i one = _mm512_set1_epi32(1);
    return _mm512_castsi512_ps(_mm512_mask_slli_epi32(
        _mm512_slli_epi32(_mm512_sub_epi32(x.v, one), 23),
        _mm512_cmplt_epi32_mask(x.v, _mm512_set1_epi32(2)), _mm512_add_epi32(x.v, one), 21));
}

template <int v>
EDGEROOF_INLINE Ints unsigned_lanes(Bytes16 x) {
    return {_mm512_cvtepu8_epi32(x)};
}
template <int v>
EDGEROOF_INLINE Ints signed_lanes(Bytes16 x) {
    return {_mm512_cvtepi8_epi32(x)};
}

#if defined(__AVX512VNNI__)
EDGEROOF_INLINE Bytes raised(Bytes codes, int bits) { return _mm512_slli_epi16(codes, bits); }
EDGEROOF_INLINE Floats as_float(Ints x) { return _mm512_castsi512_ps(x.v); }
EDGEROOF_INLINE Bytes add_fours(Bytes sum, Bytes codes, Bytes four) {
    return _mm512_dpbusd_epi32(sum, codes, four);
}
#else
EDGEROOF_INLINE Bytes pairs(Bytes codes, Bytes four) { return _mm512_maddubs_epi16(codes, four); }
EDGEROOF_INLINE Bytes signed_pairs(Bytes codes, Bytes four) {
    return pairs(_mm512_abs_epi8(codes), _mm512_mask_sub_epi8(four, _mm512_movepi8_mask(codes),
                                                              _mm512_setzero_si512(), four));
}
EDGEROOF_INLINE Bytes even_words(Bytes x) { return _mm512_srai_epi16(_mm512_slli_epi16(x, 8), 8); }
EDGEROOF_INLINE Bytes odd_words(Bytes x) { return _mm512_srai_epi16(x, 8); }
EDGEROOF_INLINE Bytes word_products(Bytes a, Bytes b) { return _mm512_madd_epi16(a, b); }
EDGEROOF_INLINE Bytes set_words(short x) { return _mm512_set1_epi16(x); }
#endif

}  // namespace
}  // namespace edgeroof::cpu

#include "kernels/cpu/matmul/dot_x86.hpp"
