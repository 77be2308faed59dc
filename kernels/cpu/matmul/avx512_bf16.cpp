// SPDX-License-Identifier: Apache-2.0
//
// BF16 weights times activations rounded to BF16, with VDPBF16PS: twice the multiply-adds of F32 an
// instruction, and no conversion of weights. The rounding is 2^-9 of each activation, finer than
// int8's step; sums are F32.
#include <immintrin.h>

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/matmul/tables.hpp"
#include "kernels/cpu/simd/common.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

constexpr std::int64_t width = 32;  // values of a vector

/// Rows x tokens of a register tile: 24 sums, 4 vectors of weights and one of activations in 32
/// registers; 24 chains cover VDPBF16PS's 6 cycles of latency at one a cycle.
constexpr int row_tile = 4;
constexpr int token_tile = 6;

/// 6 tokens x 2048 x 2 bytes stay in L1 while rows pass.
constexpr std::int64_t chunk = 2048;
/// Rows that meet all tokens before the next: 32 x 2048 x 2 bytes stay in L2.
constexpr std::int64_t panel_rows = 32;

using Bfloat = std::uint16_t;

EDGEROOF_INLINE __m512bh load(const Bfloat* p) {
    return reinterpret_cast<__m512bh>(_mm512_loadu_si512(p));
}
EDGEROOF_INLINE __m512bh load_first(const Bfloat* p, std::int64_t count) {
    return reinterpret_cast<__m512bh>(
        _mm512_maskz_loadu_epi16(static_cast<__mmask32>((1U << count) - 1U), p));
}

/// The sums over the lanes of four vectors.
EDGEROOF_INLINE __m128 sum_each(const __m512 (&x)[4]) {
    const __m512 ab = _mm512_unpacklo_ps(x[0], x[1]) + _mm512_unpackhi_ps(x[0], x[1]);
    const __m512 cd = _mm512_unpacklo_ps(x[2], x[3]) + _mm512_unpackhi_ps(x[2], x[3]);
    const __m512 abcd = _mm512_shuffle_ps(ab, cd, 0x44) + _mm512_shuffle_ps(ab, cd, 0xEE);
    const __m256 half = _mm512_castps512_ps256(abcd) + _mm512_extractf32x8_ps(abcd, 1);
    return _mm256_castps256_ps128(half) + _mm256_extractf128_ps(half, 1);
}

/// Weights, rows `row_stride` apart, and activations of tokens that are k apart.
struct Sides {
    const Bfloat* weights;
    std::int64_t row_stride;
    const Bfloat* x;
    std::int64_t k;
};

/// Where a tile's results go.
struct Results {
    float* first;
    std::int64_t token_stride;
    std::int64_t row_stride = 1;
};

/// Each result (+)= products over `count` values of k; `accumulate` adds.
template <int rows, int tokens>
EDGEROOF_INLINE void multiply_tile(Sides at, std::int64_t count, Results out, bool accumulate) {
    constexpr int chains = rows * tokens >= 8 ? 1 : 8 / (rows * tokens);
    __m512 sums[chains][tokens][rows];
    for (int c = 0; c < chains; ++c)
        for (int t = 0; t < tokens; ++t)
            for (int r = 0; r < rows; ++r) sums[c][t][r] = _mm512_setzero_ps();
    const auto step = [&](int c, auto load_at) __attribute__((always_inline)) {
        __m512bh w[rows];
        for (int r = 0; r < rows; ++r) w[r] = load_at(at.weights + r * at.row_stride);
        for (int t = 0; t < tokens; ++t) {
            const __m512bh a = load_at(at.x + t * at.k);
            for (int r = 0; r < rows; ++r) sums[c][t][r] = _mm512_dpbf16_ps(sums[c][t][r], w[r], a);
        }
    };
    std::int64_t i = 0;
    for (; i + chains * width <= count; i += chains * width)
        for (int c = 0; c < chains; ++c)
            step(
                c, [&](const Bfloat* p)
                       __attribute__((always_inline)) { return load(p + i + c * width); });
    for (; i + width <= count; i += width)
        step(
            0, [&](const Bfloat* p) __attribute__((always_inline)) { return load(p + i); });
    if (i < count)
        step(
            0, [&](const Bfloat* p)
                   __attribute__((always_inline)) { return load_first(p + i, count - i); });
    for (int t = 0; t < tokens; ++t) {
        float totals[rows];
        for (int r = 0; r < rows; ++r)
            for (int c = 1; c < chains; ++c) sums[0][t][r] = sums[0][t][r] + sums[c][t][r];
        if constexpr (rows == 4)
            _mm_storeu_ps(totals, sum_each(sums[0][t]));
        else
            for (int r = 0; r < rows; ++r) totals[r] = _mm512_reduce_add_ps(sums[0][t][r]);
        for (int r = 0; r < rows; ++r) {
            float& result = out.first[t * out.token_stride + r * out.row_stride];
            result = accumulate ? result + totals[r] : totals[r];
        }
    }
}

Sides sides(const MatmulArgs& args) {
    return {reinterpret_cast<const Bfloat*>(args.weights), args.k,
            reinterpret_cast<const Bfloat*>(args.activations), args.k};
}

/// Few tokens wait for memory: rows pass side by side from places far apart, since hardware
/// prefetchers end with a page: while one stream waits for its next page, the others flow.
template <int tokens>
EDGEROOF_INLINE void few_tokens(const MatmulArgs& args, std::int64_t token) {
    constexpr int streams = 4;
    const Sides all = sides(args);
    const std::int64_t each = (args.row_end - args.row_begin) / streams;
    const auto tile = [&]<int rows>(std::int64_t row) __attribute__((always_inline)) {
        multiply_tile<rows, tokens>(
            {all.weights + row * args.k, each * args.k, all.x + token * args.k, args.k}, args.k,
            {args.out + token * args.m + row, args.m, each}, false);
    };
    std::int64_t row = args.row_begin;
    for (; row < args.row_begin + each; ++row) tile.template operator()<streams>(row);
    for (row += (streams - 1) * each; row < args.row_end; ++row) tile.template operator()<1>(row);
}

/// `tokens` tokens times rows [row, row_end) over one chunk that begins at value `begin`.
template <int tokens>
EDGEROOF_INLINE void multiply_rows(const MatmulArgs& args, std::int64_t token, std::int64_t row,
                                   std::int64_t row_end, std::int64_t begin, std::int64_t count) {
    const Sides all = sides(args);
    const auto tile = [&]<int rows>() __attribute__((always_inline)) {
        multiply_tile<rows, tokens>(
            {all.weights + row * args.k + begin, args.k, all.x + token * args.k + begin, args.k},
            count, {args.out + token * args.m + row, args.m}, begin > 0);
    };
    for (; row + row_tile <= row_end; row += row_tile) tile.template operator()<row_tile>();
    for (; row < row_end; ++row) tile.template operator()<1>();
}

void run(const MatmulArgs& args) {
    const std::int64_t tokens = args.token_end - args.token_begin;
    if (tokens == 1) return few_tokens<1>(args, args.token_begin);
    if (tokens == 2) return few_tokens<2>(args, args.token_begin);
    if (tokens == 3) return few_tokens<3>(args, args.token_begin);
    if (tokens == 4) return few_tokens<4>(args, args.token_begin);
    for (std::int64_t row = args.row_begin; row < args.row_end; row += panel_rows) {
        const std::int64_t row_end =
            row + panel_rows < args.row_end ? row + panel_rows : args.row_end;
        for (std::int64_t begin = 0; begin < args.k; begin += chunk) {
            const std::int64_t count = args.k - begin < chunk ? args.k - begin : chunk;
            std::int64_t t = args.token_begin;
            for (; t + token_tile <= args.token_end; t += token_tile)
                multiply_rows<token_tile>(args, t, row, row_end, begin, count);
            for (; t + 4 <= args.token_end; t += 4)
                multiply_rows<4>(args, t, row, row_end, begin, count);
            for (; t + 2 <= args.token_end; t += 2)
                multiply_rows<2>(args, t, row, row_end, begin, count);
            if (t < args.token_end) multiply_rows<1>(args, t, row, row_end, begin, count);
        }
    }
}

std::size_t bytes_of_activations(std::int64_t k, std::int64_t n) {
    return static_cast<std::size_t>(k * n) * sizeof(Bfloat);
}

void round_activations(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
                       std::int64_t begin, std::int64_t end) {
    (void)n;
    auto* out = reinterpret_cast<Bfloat*>(activations);
    for (std::int64_t i = begin * k; i < end * k; ++i) out[i] = float_to_bfloat(x[i]);
}

constexpr MatmulKernel table[] = {{.format = Format::bf16,
                                   .isa = Isa::avx512_vnni,
                                   .row_group = row_tile,
                                   .packed_bytes = nullptr,
                                   .pack = nullptr,
                                   .activation_layout = rounded_to_bf16,
                                   .activation_bytes = bytes_of_activations,
                                   .prepare = round_activations,
                                   .run = run}};

}  // namespace

std::span<const MatmulKernel> avx512_bf16_matmuls() { return table; }

}  // namespace edgeroof::cpu
