// SPDX-License-Identifier: Apache-2.0
//
// F32, F16 and BF16 weights, as the file has them, times F32 activations as they come. Few tokens
// meet weights that are converted in registers; many meet a panel of them, converted once.
#pragma once

#include "kernels/cpu/matmul/dot_tiles.hpp"
#include "kernels/cpu/matmul/panels.hpp"
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

/// A token tile's activations (6 x 1024 x 4 bytes) stay in L1 while the rows of a panel pass; the
/// panel's, as F32, take 128 KiB of L2.
constexpr std::int64_t chunk = 1024;
/// Rows 4 KiB apart would meet in the same L1 sets: a line more spreads them. (Rows of a model
/// often are, so F32 is copied too.)
constexpr std::int64_t panel_stride = chunk + 16;

template <class W, Layout layout>
void many_tokens(const MatmulArgs& args) {
    const FloatRows<W, layout> from(args);
    for_panels(
        args, chunk, [&](PanelOfRows part) __attribute__((always_inline)) {
            const std::int64_t rows = part.row_end - part.row;
            alignas(64) float panel[panel_rows * panel_stride];
            for (std::int64_t r = 0; r < rows; ++r) {
                const W* weights = from.at(part.row + r, part.begin);
                float* to = panel + r * panel_stride;
                std::int64_t i = 0;
                for (; i + width <= part.count; i += width) store(to + i, load(weights + i));
                if (const std::int64_t left = part.count - i; left > 0)
                    store_first(to + i, FloatProducts<W>::first_weights(weights + i, left),
                                static_cast<int>(left));
            }
            using Products = FloatProducts<float>;
            const float* x = activations<Products>(args, args.token_begin, part.begin);
            multiply_all_tokens(
                args,
                [&](std::int64_t row, std::int64_t token) __attribute__((always_inline)) {
                    return Sides<Products>{panel + row * panel_stride, panel_stride,
                                           x + token * args.k, args.k};
                },
                rows, part.count, {args.out + args.token_begin * args.m + part.row, args.m},
                part.begin > 0);
        });
}

template <class W, Layout layout>
void run_floats(const MatmulArgs& args) {
    if (args.token_end - args.token_begin <= 4)
        few_tokens<FloatProducts<W>, layout>(args);
    else
        many_tokens<W, layout>(args);
}

template <Isa isa>
struct FloatTable {
    template <Format format, class W, Layout layout>
    static constexpr MatmulKernel entry{
        .format = format,
        .isa = isa,
        .row_group = row_group_of<layout>,
        .packed_bytes = layout == Layout::packed ? packed_float_bytes<W> : nullptr,
        .pack = layout == Layout::packed ? pack_floats<W> : nullptr,
        .activation_layout = as_they_are,
        .activation_bytes = nullptr,
        .prepare = nullptr,
        .run = run_floats<W, layout>};
    static constexpr MatmulKernel entries[] = {entry<Format::f32, float, Layout::packed>,
                                               entry<Format::f16, HalfBits, Layout::packed>,
                                               entry<Format::bf16, BfloatBits, Layout::packed>,
                                               entry<Format::f32, float, Layout::as_in_file>,
                                               entry<Format::f16, HalfBits, Layout::as_in_file>,
                                               entry<Format::bf16, BfloatBits, Layout::as_in_file>};
};

}  // namespace
}  // namespace edgeroof::cpu
