// SPDX-License-Identifier: Apache-2.0
// The operations that vector.hpp promises, on AVX2, FMA and F16C, and on AVX-VNNI.
#pragma once

#include "kernels/cpu/matmul/vector_x86.hpp"

namespace edgeroof::cpu {
namespace {

using Bytes = __m256i;
using Floats = __m256;
struct Ints {
    __m256i v;
};
constexpr int lanes = 8;
constexpr int vectors = 2;

// 3 tokens x 2 vectors: 6 sums of integers, 6 in F32, 2 vectors of codes, a quad and a product are
// 16 registers. One group has a panel's rows.
constexpr int tile_tokens = 3;
constexpr int tile_vectors = 2;
constexpr int panel_groups = 1;
constexpr int most_dots = 16;

EDGEROOF_INLINE Bytes load_bytes(const std::byte* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
EDGEROOF_INLINE void store_bytes(std::byte* p, Bytes x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
}
EDGEROOF_INLINE Bytes either(Bytes a, Bytes b) { return _mm256_or_si256(a, b); }
template <int mask, int shift>
EDGEROOF_INLINE Bytes bits(Bytes x) {
    constexpr auto moved = static_cast<char>(shift < 0 ? mask >> -shift : mask << shift);
    if constexpr (shift < 0)
        return _mm256_and_si256(_mm256_srli_epi16(x, -shift), _mm256_set1_epi8(moved));
    else if constexpr (shift > 0)
        return _mm256_and_si256(_mm256_slli_epi16(x, shift), _mm256_set1_epi8(moved));
    else
        return _mm256_and_si256(x, _mm256_set1_epi8(moved));
}

struct Table16 {
    __m256i v;
};
EDGEROOF_INLINE Table16 table16(const std::int8_t* entries) {
    return {
        _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(entries)))};
}
EDGEROOF_INLINE Bytes look_up(Table16 table, Bytes codes) {
    return _mm256_shuffle_epi8(table.v, codes);
}

template <int q>
EDGEROOF_INLINE Bytes quad(const std::int8_t* codes) {
    std::int32_t four;
    __builtin_memcpy(&four, codes + 4 * q, sizeof four);
    return _mm256_set1_epi32(four);
}
EDGEROOF_INLINE Ints set_int(const std::int32_t* p) { return {_mm256_set1_epi32(*p)}; }
EDGEROOF_INLINE Ints sixteenth(Ints x) { return {_mm256_srai_epi32(x.v, 4)}; }
EDGEROOF_INLINE Ints zero_ints() { return {_mm256_setzero_si256()}; }

EDGEROOF_INLINE Floats set1(float x) { return _mm256_set1_ps(x); }
EDGEROOF_INLINE Floats load_floats(const float* p) { return _mm256_loadu_ps(p); }
EDGEROOF_INLINE void store_floats(float* p, Floats x) { _mm256_storeu_ps(p, x); }
EDGEROOF_INLINE __m256i first_rows(std::int64_t rows) {
    const int count = rows < 0 ? 0 : rows < lanes ? static_cast<int>(rows) : lanes;
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
EDGEROOF_INLINE Floats load_rows(const float* p, std::int64_t rows) {
    return rows >= lanes ? load_floats(p) : _mm256_maskload_ps(p, first_rows(rows));
}
EDGEROOF_INLINE void store_rows(float* p, Floats x, std::int64_t rows) {
    if (rows >= lanes)
        store_floats(p, x);
    else
        _mm256_maskstore_ps(p, first_rows(rows), x);
}
EDGEROOF_INLINE Floats load_halves(const std::byte* p) { return _mm256_cvtph_ps(load16(p)); }
EDGEROOF_INLINE Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
EDGEROOF_INLINE Floats negated(Floats x) { return _mm256_xor_ps(x, _mm256_set1_ps(-0.0F)); }
EDGEROOF_INLINE Floats to_float(Ints x) { return _mm256_cvtepi32_ps(x.v); }
/// The exponent x - 1 in place, or a denormal for x < 2.
EDGEROOF_INLINE Floats half_of_powers(Ints x) {
    const __m256i one = _mm256_set1_epi32(1);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(_mm256_slli_epi32(_mm256_sub_epi32(x.v, one), 23),
                                                  _mm256_slli_epi32(_mm256_add_epi32(x.v, one), 21),
                                                  _mm256_cmpgt_epi32(_mm256_set1_epi32(2), x.v)));
}
template <int v>
EDGEROOF_INLINE Ints unsigned_lanes(Bytes16 x) {
    return {_mm256_cvtepu8_epi32(_mm_srli_si128(x, lanes * v))};
}
template <int v>
EDGEROOF_INLINE Ints signed_lanes(Bytes16 x) {
    return {_mm256_cvtepi8_epi32(_mm_srli_si128(x, lanes * v))};
}

#if defined(__AVXVNNI__)
EDGEROOF_INLINE Bytes raised(Bytes codes, int bits) { return _mm256_slli_epi16(codes, bits); }
EDGEROOF_INLINE Floats as_float(Ints x) { return _mm256_castsi256_ps(x.v); }
EDGEROOF_INLINE Bytes add_fours(Bytes sum, Bytes codes, Bytes four) {
    return _mm256_dpbusd_avx_epi32(sum, codes, four);
}
#else
EDGEROOF_INLINE Bytes pairs(Bytes codes, Bytes four) { return _mm256_maddubs_epi16(codes, four); }
EDGEROOF_INLINE Bytes signed_pairs(Bytes codes, Bytes four) {
    return pairs(_mm256_abs_epi8(codes), _mm256_sign_epi8(four, codes));
}
EDGEROOF_INLINE Bytes even_words(Bytes x) { return _mm256_srai_epi16(_mm256_slli_epi16(x, 8), 8); }
EDGEROOF_INLINE Bytes odd_words(Bytes x) { return _mm256_srai_epi16(x, 8); }
EDGEROOF_INLINE Bytes word_products(Bytes a, Bytes b) { return _mm256_madd_epi16(a, b); }
EDGEROOF_INLINE Bytes set_words(short x) { return _mm256_set1_epi16(x); }
#endif

}  // namespace
}  // namespace edgeroof::cpu

#include "kernels/cpu/matmul/dot_x86.hpp"
