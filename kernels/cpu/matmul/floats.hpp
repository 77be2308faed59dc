// SPDX-License-Identifier: Apache-2.0
//
// F32, F16 and BF16 weights, as the file has them, times F32 activations as they come: dot products
// along k, so that neither side needs another layout.
#pragma once

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/matmul/tables.hpp"
#include "kernels/cpu/simd/simd.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

struct BfloatBits {
    std::uint16_t bits;
};
EDGEROOF_INLINE float number(float x) { return x; }
EDGEROOF_INLINE float number(HalfBits x) { return half_to_float(x.bits); }
EDGEROOF_INLINE float number(BfloatBits x) { return bfloat_to_float(x.bits); }

#if defined(__AVX512F__)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
/// sums[i] = the sum over the lanes of x[i].
EDGEROOF_INLINE __m128 sum_each(const F (&x)[4]) {
    const F ab = _mm512_unpacklo_ps(x[0], x[1]) + _mm512_unpackhi_ps(x[0], x[1]);
    const F cd = _mm512_unpacklo_ps(x[2], x[3]) + _mm512_unpackhi_ps(x[2], x[3]);
    const F abcd = _mm512_shuffle_ps(ab, cd, 0x44) + _mm512_shuffle_ps(ab, cd, 0xEE);
    const __m256 half = _mm512_castps512_ps256(abcd) + _mm512_extractf32x8_ps(abcd, 1);
    return _mm256_castps256_ps128(half) + _mm256_extractf128_ps(half, 1);
}
EDGEROOF_INLINE void store_four(float* p, __m128 x) { _mm_storeu_ps(p, x); }
#elif defined(__AVX2__)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
EDGEROOF_INLINE __m128 sum_each(const F (&x)[4]) {
    const F abcd = _mm256_hadd_ps(_mm256_hadd_ps(x[0], x[1]), _mm256_hadd_ps(x[2], x[3]));
    return _mm256_castps256_ps128(abcd) + _mm256_extractf128_ps(abcd, 1);
}
EDGEROOF_INLINE void store_four(float* p, __m128 x) { _mm_storeu_ps(p, x); }
#elif defined(__SSE4_1__)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    const __m128i halves = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
    return _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), halves));
}
EDGEROOF_INLINE __m128 sum_each(const F (&x)[4]) {
    return _mm_hadd_ps(_mm_hadd_ps(x[0], x[1]), _mm_hadd_ps(x[2], x[3]));
}
EDGEROOF_INLINE void store_four(float* p, __m128 x) { _mm_storeu_ps(p, x); }
#elif defined(__riscv_vector)
EDGEROOF_INLINE F load(const BfloatBits* p) {
    return __builtin_bit_cast(F, __builtin_convertvector(load_as<Halves8>(p), Words8) << 16);
}
struct Four {
    float values[4];
};
EDGEROOF_INLINE Four sum_each(const F (&x)[4]) {
    return {sum(x[0]), sum(x[1]), sum(x[2]), sum(x[3])};
}
EDGEROOF_INLINE void store_four(float* p, Four x) { __builtin_memcpy(p, &x, sizeof x); }
#else
EDGEROOF_INLINE F load(const BfloatBits* p) {
    return vreinterpretq_f32_u32(
        vshll_n_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p)), 16));
}
EDGEROOF_INLINE F sum_each(const F (&x)[4]) {
    return vpaddq_f32(vpaddq_f32(x[0], x[1]), vpaddq_f32(x[2], x[3]));
}
EDGEROOF_INLINE void store_four(float* p, F x) { store(p, x); }
#endif

/// Rows x tokens of a register tile. Sums, a vector of weights per row and one of activations fit
/// the registers (24 + 4 + 1 of 32, 12 + 4 of 16 with activations from memory); the chains cover
/// the latency of an FMA times its throughput (8 of 256 bits, 4 of 512 on Zen 4).
constexpr int row_tile = 4;
constexpr int token_tile = registers == 32 ? 6 : 3;

/// k is walked in chunks: a token tile's activations (6 x 1024 x 4 bytes) stay in L1 while the rows
/// of a panel pass; 32 rows of it, as F32, stay in L2 (128 KiB) while the tokens pass.
constexpr std::int64_t chunk = 1024;
constexpr std::int64_t panel_rows = 32;
/// Rows 4 KiB apart would meet in the same L1 sets: a line more spreads them. (Rows of a model
/// often are, so F32 is copied too.)
constexpr std::int64_t panel_stride = chunk + 16;

/// Weights of type W, rows `row_stride` apart, and activations.
template <class W>
struct Sides {
    const W* weights;
    std::int64_t row_stride;
    const float* x;
    std::int64_t token_stride;
};

/// Where a tile's results go.
struct Results {
    float* first;
    std::int64_t token_stride;
    std::int64_t row_stride = 1;
};

/// Each result (+)= products over `count` values of k; `accumulate` adds.
template <int rows, int tokens, class W>
EDGEROOF_INLINE void multiply_tile(Sides<W> at, std::int64_t count, Results out, bool accumulate) {
    constexpr int chains = rows * tokens >= 8 ? 1 : 8 / (rows * tokens);
    F sums[chains][tokens][rows];
    for (int c = 0; c < chains; ++c)
        for (int t = 0; t < tokens; ++t)
            for (int r = 0; r < rows; ++r) sums[c][t][r] = set1(0.0F);
    const auto step = [&](std::int64_t k, int c) __attribute__((always_inline)) {
        F w[rows];
        for (int r = 0; r < rows; ++r) w[r] = load(at.weights + r * at.row_stride + k);
        for (int t = 0; t < tokens; ++t) {
            const F x = load(at.x + t * at.token_stride + k);
            for (int r = 0; r < rows; ++r) sums[c][t][r] = fma(w[r], x, sums[c][t][r]);
        }
    };
    std::int64_t k = 0;
    for (; k + chains * width <= count; k += chains * width)
        for (int c = 0; c < chains; ++c) step(k + c * width, c);
    for (; k + width <= count; k += width) step(k, 0);
    for (int t = 0; t < tokens; ++t) {
        float totals[rows];
        for (int r = 0; r < rows; ++r)
            for (int c = 1; c < chains; ++c) sums[0][t][r] = sums[0][t][r] + sums[c][t][r];
        if constexpr (rows == 4)
            store_four(totals, sum_each(sums[0][t]));
        else
            for (int r = 0; r < rows; ++r) totals[r] = sum(sums[0][t][r]);
        for (int r = 0; r < rows; ++r) {
            for (std::int64_t i = k; i < count; ++i)
                totals[r] +=
                    number(at.weights[r * at.row_stride + i]) * at.x[t * at.token_stride + i];
            float& result = out.first[t * out.token_stride + r * out.row_stride];
            result = accumulate ? result + totals[r] : totals[r];
        }
    }
}

/// Calls tile<tokens>(token) over the tokens.
template <int largest, class Tile>
EDGEROOF_INLINE void for_tokens(std::int64_t begin, std::int64_t end, Tile tile) {
    std::int64_t token = begin;
    for (; token + largest <= end; token += largest) tile.template operator()<largest>(token);
    for (; token + 2 <= end; token += 2) tile.template operator()<2>(token);
    if (token < end) tile.template operator()<1>(token);
}

template <class W>
Sides<W> sides(const MatmulArgs& args) {
    return {reinterpret_cast<const W*>(args.weights), args.k,
            reinterpret_cast<const float*>(args.activations), args.k};
}

/// At most four tokens: a row of weights passes once, converted in registers. Rows pass side by
/// side from places far apart, since hardware prefetchers end with a page: while one stream waits
/// for its next page, the others flow.
template <class W>
void few_tokens(const MatmulArgs& args) {
    const Sides<W> all = sides<W>(args);
    const auto run = [&]<int tokens>(std::int64_t token) __attribute__((always_inline)) {
        constexpr int streams = registers == 32 || tokens <= token_tile ? 4 : 2;
        const std::int64_t each = (args.row_end - args.row_begin) / streams;
        const auto tile = [&]<int rows>(std::int64_t row) __attribute__((always_inline)) {
            multiply_tile<rows, tokens>(
                Sides<W>{all.weights + row * args.k, each * args.k, all.x + token * args.k, args.k},
                args.k, {args.out + token * args.m + row, args.m, each}, false);
        };
        std::int64_t row = args.row_begin;
        for (; row < args.row_begin + each; ++row) tile.template operator()<streams>(row);
        for (row += (streams - 1) * each; row < args.row_end; ++row)
            tile.template operator()<1>(row);
    };
    const std::int64_t tokens = args.token_end - args.token_begin;
    if (tokens == 1) run.template operator()<1>(args.token_begin);
    if (tokens == 2) run.template operator()<2>(args.token_begin);
    if (tokens == 3) run.template operator()<3>(args.token_begin);
    if (tokens == 4) run.template operator()<4>(args.token_begin);
}

/// All tokens times rows [row, row_end) over one chunk; `at` is its first row and value.
inline void multiply_panel(const MatmulArgs& args, Sides<float> at, std::int64_t row,
                           std::int64_t row_end, std::int64_t count, bool accumulate) {
    for_tokens<token_tile>(
        args.token_begin,
        args.token_end, [&]<int tokens>(std::int64_t token) __attribute__((always_inline)) {
            const float* x = at.x + token * args.k;
            float* out = args.out + token * args.m;
            std::int64_t r = row;
            for (; r + row_tile <= row_end; r += row_tile)
                multiply_tile<row_tile, tokens>(
                    Sides<float>{at.weights + (r - row) * at.row_stride, at.row_stride, x, args.k},
                    count, {out + r, args.m}, accumulate);
            for (; r < row_end; ++r)
                multiply_tile<1, tokens>(
                    Sides<float>{at.weights + (r - row) * at.row_stride, at.row_stride, x, args.k},
                    count, {out + r, args.m}, accumulate);
        });
}

template <class W>
void many_tokens(const MatmulArgs& args) {
    const Sides<W> all = sides<W>(args);
    for (std::int64_t row = args.row_begin; row < args.row_end; row += panel_rows) {
        const std::int64_t row_end =
            row + panel_rows < args.row_end ? row + panel_rows : args.row_end;
        for (std::int64_t begin = 0; begin < args.k; begin += chunk) {
            const std::int64_t count = args.k - begin < chunk ? args.k - begin : chunk;
            const W* weights = all.weights + row * args.k + begin;
            const float* x = all.x + begin;
            alignas(64) float panel[panel_rows * panel_stride];
            for (std::int64_t r = 0; r < row_end - row; ++r) {
                const W* from = weights + r * args.k;
                float* to = panel + r * panel_stride;
                std::int64_t i = 0;
                for (; i + width <= count; i += width) store(to + i, load(from + i));
                for (; i < count; ++i) to[i] = number(from[i]);
            }
            multiply_panel(args, {panel, panel_stride, x, args.k}, row, row_end, count, begin > 0);
        }
    }
}

template <class W>
void run_floats(const MatmulArgs& args) {
    if (args.token_end - args.token_begin <= 4)
        few_tokens<W>(args);
    else
        many_tokens<W>(args);
}

template <Isa isa>
struct FloatTable {
    template <Format format, class W>
    static constexpr MatmulKernel entry{.format = format,
                                        .isa = isa,
                                        .row_group = row_tile,
                                        .packed_bytes = nullptr,
                                        .pack = nullptr,
                                        .activation_layout = as_they_are,
                                        .activation_bytes = nullptr,
                                        .prepare = nullptr,
                                        .run = run_floats<W>};
    static constexpr MatmulKernel entries[] = {
        entry<Format::f32, float>, entry<Format::f16, HalfBits>, entry<Format::bf16, BfloatBits>};
};

}  // namespace
}  // namespace edgeroof::cpu
