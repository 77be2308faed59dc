// SPDX-License-Identifier: Apache-2.0
//
// F32, F16 and BF16 weights times activations in F32.
#pragma once

#include "kernels/cpu/matmul/dot_tiles.hpp"
#include "kernels/cpu/matmul/outer_tiles.hpp"
#include "kernels/cpu/matmul/tables.hpp"

namespace edgeroof::cpu {
namespace {

struct BfloatBits {
    std::uint16_t bits;
};

#if defined(__AVX512F__)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
#elif defined(__AVX2__)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
#elif defined(__SSE4_1__)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    const __m128i halves = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), halves));
}
#elif defined(__riscv_vector)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    return __builtin_bit_cast(F, __builtin_convertvector(load_as<Halves8>(p), Words8) << 16);
}
#else
EDGEROOF_INLINE F load(const BfloatBits* p) {
    return vreinterpretq_f32_u32(
        vshll_n_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p)), 16));
}
#endif

/// See dot_tiles.hpp.
template <class W>
struct FloatProducts {
    using Weight = W;
    using Activation = float;
    static constexpr std::int64_t values = width;
    static constexpr bool fetches_past_l2 = true;
    static EDGEROOF_INLINE F weights(const W* p) { return load(p); }
    static EDGEROOF_INLINE F first_weights(const W* p, std::int64_t count) {
        W some[width] = {};
        for (std::int64_t i = 0; i < count; ++i) some[i] = p[i];
        return load(some);
    }
    static EDGEROOF_INLINE F activations(const float* p) { return load(p); }
    static EDGEROOF_INLINE F first_activations(const float* p, std::int64_t count) {
        return load_first(p, static_cast<int>(count));
    }
    static EDGEROOF_INLINE F multiply_add(F w, F x, F sum) { return fma(w, x, sum); }
};

template <Isa isa>
struct FloatTable {
    template <Format format, class W, Layout layout>
    static constexpr MatmulKernel few{
        .format = format,
        .isa = isa,
        .row_group = row_group_of<layout>,
        .packed_bytes = layout == Layout::packed ? packed_float_bytes<W> : nullptr,
        .pack = layout == Layout::packed ? pack_floats<W> : nullptr,
        .activation_layout = as_they_are,
        .activation_bytes = nullptr,
        .prepare = nullptr,
        .run = few_tokens<FloatProducts<W>, layout>};
    template <Format format, class W, Layout layout>
    static constexpr MatmulKernel many =
        many_tokens_entry<FloatProducts<W>, layout>(few<format, W, layout>);
    static constexpr MatmulKernel entries[] = {many<Format::f32, float, Layout::packed>,
                                               many<Format::f16, HalfBits, Layout::packed>,
                                               many<Format::bf16, BfloatBits, Layout::packed>,
                                               many<Format::f32, float, Layout::as_in_file>,
                                               many<Format::f16, HalfBits, Layout::as_in_file>,
                                               many<Format::bf16, BfloatBits, Layout::as_in_file>,
                                               few<Format::f32, float, Layout::packed>,
                                               few<Format::f16, HalfBits, Layout::packed>,
                                               few<Format::bf16, BfloatBits, Layout::packed>,
                                               few<Format::f32, float, Layout::as_in_file>,
                                               few<Format::f16, HalfBits, Layout::as_in_file>,
                                               few<Format::bf16, BfloatBits, Layout::as_in_file>};
};

}  // namespace
}  // namespace edgeroof::cpu
