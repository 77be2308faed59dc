// SPDX-License-Identifier: Apache-2.0
//
// Float weights times many tokens, on AVX-512. A panel of rows is laid out anew in L1 as F32, a
// chunk of k at a time, with rows as lanes: no sum has to be folded across lanes, and a vector of
// weights serves twelve tokens.
#pragma once

#include <immintrin.h>

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

/// 12 tokens x 2 vectors of 16 rows: 24 sums, 2 vectors of weights and a broadcast in 32 registers;
/// 24 chains cover an FMA's 4 cycles of latency at one a cycle.
constexpr int tile_tokens = 12;
constexpr int panel_rows = 32;
/// Values of k per panel: 32 rows x 128 x 4 bytes take half of a 32 KiB L1.
constexpr std::int64_t panel_values = 128;
/// Tokens that meet a panel before the next is laid out: whole tiles, whose sums stay in L2.
constexpr std::int64_t block_tokens = 264;

struct FloatPanel {
    alignas(64) float weights[panel_values][panel_rows];
    alignas(64) float sums[block_tokens][panel_rows];
};

/// Of sixteen lanes those below `count`, which is 1 or more.
EDGEROOF_INLINE __mmask16 first_lanes(std::int64_t count) {
    return static_cast<__mmask16>(count >= 16 ? 0xFFFF : (1 << count) - 1);
}

/// Sixteen values of four rows become four neighbours of sixteen lines of the panel.
EDGEROOF_INLINE void store_transposed(const __m512 (&rows)[4], float (*to)[panel_rows]) {
    const __m512 ab = _mm512_unpacklo_ps(rows[0], rows[1]);
    const __m512 cd = _mm512_unpacklo_ps(rows[2], rows[3]);
    const __m512 ab_high = _mm512_unpackhi_ps(rows[0], rows[1]);
    const __m512 cd_high = _mm512_unpackhi_ps(rows[2], rows[3]);
    const __m512 columns[4] = {_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xEE),
                               _mm512_shuffle_ps(ab_high, cd_high, 0x44),
                               _mm512_shuffle_ps(ab_high, cd_high, 0xEE)};
    for (int i = 0; i < 4; ++i) {  // of each four values the i-th
        _mm_storeu_ps(to[i], _mm512_castps512_ps128(columns[i]));
        _mm_storeu_ps(to[4 + i], _mm512_extractf32x4_ps(columns[i], 1));
        _mm_storeu_ps(to[8 + i], _mm512_extractf32x4_ps(columns[i], 2));
        _mm_storeu_ps(to[12 + i], _mm512_extractf32x4_ps(columns[i], 3));
    }
}

/// Lays out `count` values of `rows` rows (32 or fewer; others become 0). `load(row, i, most)`:
/// sixteen values of a row from value i on; if `most` is less, so many, then zeros.
template <class Load>
EDGEROOF_INLINE void fill(FloatPanel& panel, std::int64_t rows, std::int64_t count, Load load) {
    for (std::int64_t row = 0; row < panel_rows; row += 4)
        for (std::int64_t i = 0; i < count; i += 16) {
            __m512 four[4];
            for (std::int64_t r = 0; r < 4; ++r)
                four[r] = row + r < rows ? load(row + r, i, count - i) : _mm512_setzero_ps();
            store_transposed(four, reinterpret_cast<float(*)[panel_rows]>(&panel.weights[i][row]));
        }
}

/// `tokens` tokens, k values apart, times the panel; `x` is the first one's first value of the
/// chunk. Adds to `out` unless the chunk is the first.
template <int tokens>
EDGEROOF_INLINE void multiply_panel(const FloatPanel& panel, const float* x, std::int64_t k,
                                    std::int64_t count, bool first, float (*out)[panel_rows]) {
    __m512 sums[tokens][2];
    for (int t = 0; t < tokens; ++t)
        for (int v = 0; v < 2; ++v)
            sums[t][v] = first ? _mm512_setzero_ps() : _mm512_load_ps(out[t] + 16 * v);
    for (std::int64_t i = 0; i < count; ++i) {
        const float* column = panel.weights[i];
        const __m512 w[2] = {_mm512_load_ps(column), _mm512_load_ps(column + 16)};
        for (int t = 0; t < tokens; ++t) {
            const __m512 all = _mm512_set1_ps(x[t * k + i]);
            for (int v = 0; v < 2; ++v) sums[t][v] = _mm512_fmadd_ps(w[v], all, sums[t][v]);
        }
    }
    for (int t = 0; t < tokens; ++t)
        for (int v = 0; v < 2; ++v) _mm512_store_ps(out[t] + 16 * v, sums[t][v]);
}

/// Calls tile<count>(token) over the tokens.
template <class Tile>
EDGEROOF_INLINE void for_tiles(std::int64_t begin, std::int64_t end, Tile tile) {
    std::int64_t token = begin;
    for (; token + tile_tokens <= end; token += tile_tokens)
        tile.template operator()<tile_tokens>(token);
    for (; token + 4 <= end; token += 4) tile.template operator()<4>(token);
    for (; token + 2 <= end; token += 2) tile.template operator()<2>(token);
    if (token < end) tile.template operator()<1>(token);
}

/// All of args, whose weights are of type W; `load(row, i, most)` as in `fill`, of any row of them.
template <class W, class Load>
EDGEROOF_INLINE void multiply_panels(const MatmulArgs& args, Load load) {
    FloatPanel panel;
    const auto* weights = reinterpret_cast<const W*>(args.weights);
    const auto* x = reinterpret_cast<const float*>(args.activations);
    const std::int64_t k = args.k, tokens = args.token_end - args.token_begin;
    const std::int64_t blocks = (tokens + block_tokens - 1) / block_tokens;
    const std::int64_t at_once =
        ((tokens + blocks - 1) / blocks + tile_tokens - 1) / tile_tokens * tile_tokens;
    for (std::int64_t begin = args.token_begin, end = 0; begin < args.token_end; begin = end) {
        end = begin + at_once < args.token_end ? begin + at_once : args.token_end;
        for (std::int64_t row = args.row_begin; row < args.row_end; row += panel_rows) {
            const std::int64_t left = args.row_end - row;
            const std::int64_t rows = left < panel_rows ? left : panel_rows;
            for (std::int64_t first = 0; first < k; first += panel_values) {
                const std::int64_t count = k - first < panel_values ? k - first : panel_values;
                fill(
                    panel, rows, count,
                    [&](std::int64_t r, std::int64_t i, std::int64_t most)
                        __attribute__((always_inline)) { return load(row + r, first + i, most); });
                // What the next panel has of a row is too short for hardware prefetchers to foresee
                // it: four rows are fetched with each tile.
                const W* ahead = first + panel_values < k ? weights + row * k + first + panel_values
                                                          : weights + (row + panel_rows) * k;
                std::int64_t fetched = 0;
                for_tiles(
                    begin, end, [&]<int tile>(std::int64_t token) __attribute__((always_inline)) {
                        for (int r = 0; r < 4 && fetched < panel_rows; ++r, ++fetched)
                            for (std::int64_t i = 0; i < panel_values; i += 64 / sizeof(W))
                                __builtin_prefetch(ahead + fetched * k + i, 0, 2);
                        multiply_panel<tile>(panel, x + token * k + first, k, count, first == 0,
                                             panel.sums + (token - begin));
                    });
            }
            for (std::int64_t token = begin; token < end; ++token)
                for (std::int64_t r = 0; r < rows; r += 16)
                    _mm512_mask_storeu_ps(args.out + token * args.m + row + r,
                                          first_lanes(rows - r),
                                          _mm512_load_ps(panel.sums[token - begin] + r));
        }
    }
}

}  // namespace
}  // namespace edgeroof::cpu
