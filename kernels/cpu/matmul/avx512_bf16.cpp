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

/// out[t * m + r] (+)= products over `count` values, of rows and tokens that are k apart.
template <int rows, int tokens>
EDGEROOF_INLINE void multiply_tile(const Bfloat* weights, const Bfloat* x, std::int64_t k,
                                   std::int64_t count, float* out, std::int64_t m,
                                   bool accumulate) {
    constexpr int chains = rows * tokens >= 8 ? 1 : 8 / (rows * tokens);
    __m512 sums[chains][tokens][rows];
    for (int c = 0; c < chains; ++c)
        for (int t = 0; t < tokens; ++t)
            for (int r = 0; r < rows; ++r) sums[c][t][r] = _mm512_setzero_ps();
    const auto step = [&](int c, auto load_at) __attribute__((always_inline)) {
        __m512bh w[rows];
        for (int r = 0; r < rows; ++r) w[r] = load_at(weights + r * k);
        for (int t = 0; t < tokens; ++t) {
            const __m512bh a = load_at(x + t * k);
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
        for (int c = 1; c < chains; ++c)
            for (int r = 0; r < rows; ++r) sums[0][t][r] = sums[0][t][r] + sums[c][t][r];
        if constexpr (rows == 4) {
            __m128 totals = sum_each(sums[0][t]);
            if (accumulate) totals = totals + _mm_loadu_ps(out + t * m);
            _mm_storeu_ps(out + t * m, totals);
        } else {
            for (int r = 0; r < rows; ++r)
                out[t * m + r] =
                    (accumulate ? out[t * m + r] : 0.0F) + _mm512_reduce_add_ps(sums[0][t][r]);
        }
    }
}

/// `tokens` tokens times rows [row, row_end) over one chunk that begins at value `begin`.
template <int tokens>
EDGEROOF_INLINE void multiply_rows(const MatmulArgs& args, std::int64_t token, std::int64_t row,
                                   std::int64_t row_end, std::int64_t begin, std::int64_t count) {
    const auto* weights = reinterpret_cast<const Bfloat*>(args.weights) + begin;
    const auto* x = reinterpret_cast<const Bfloat*>(args.activations) + token * args.k + begin;
    float* out = args.out + token * args.m;
    // Few tokens wait for memory: one row after the other is the order it likes.
    constexpr int rows = tokens >= 4 ? row_tile : 1;
    for (; row + rows <= row_end; row += rows)
        multiply_tile<rows, tokens>(weights + row * args.k, x, args.k, count, out + row, args.m,
                                    begin > 0);
    for (; row < row_end; ++row)
        multiply_tile<1, tokens>(weights + row * args.k, x, args.k, count, out + row, args.m,
                                 begin > 0);
}

void run(const MatmulArgs& args) {
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
