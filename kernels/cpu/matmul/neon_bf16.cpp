// SPDX-License-Identifier: Apache-2.0
//
// BF16 weights times activations rounded to BF16, with BFMMLA: two rows x four values times two
// tokens x four values an instruction, four times an FMA's work. The rounding is 2^-8 of each
// activation at most, finer than int8's step; sums are F32.
//
// Prepared activations: tokens in pairs, k rounded up to eights with zeros; four values of the
// first token, four of the second, and so on. A last token without a partner leaves its place
// unwritten: it meets only sums that nobody reads.
#include <arm_neon.h>

#include "kernels/cpu/matmul/panels.hpp"
#include "kernels/cpu/matmul/tables.hpp"
#include "kernels/formats/half.hpp"

namespace edgeroof::cpu {
namespace {

using Bfloat = std::uint16_t;

/// Pairs of rows x pairs of tokens of a register tile: 12 sums, 8 vectors of weights and 3 of
/// activations in 32 registers; 12 chains cover BFMMLA's 5 cycles of latency at two a cycle.
constexpr int row_pairs = 4;
constexpr int token_pairs = 3;

/// 6 tokens x 2048 x 2 bytes stay in L1 while rows pass.
constexpr std::int64_t chunk = 2048;

EDGEROOF_INLINE std::int64_t padded(std::int64_t k) { return (k + 7) / 8 * 8; }

/// Eight values of a row, the last ones zeros where there are fewer.
EDGEROOF_INLINE uint64x2_t load(const Bfloat* p, std::int64_t count) {
    if (count >= 8) return vreinterpretq_u64_u16(vld1q_u16(p));
    Bfloat some[8] = {};
    for (std::int64_t i = 0; i < count; ++i) some[i] = p[i];
    return vreinterpretq_u64_u16(vld1q_u16(some));
}

/// What a tile adds to: rows [row, row_end) and tokens [token, token_end) exist.
struct Output {
    float* at;  ///< out
    std::int64_t m, row, row_end, token_begin, token, token_end;
    bool accumulate;

    EDGEROOF_INLINE void add(std::int64_t r, std::int64_t t, float sum) const {
        if (row + r >= row_end || token + t < token_begin || token + t >= token_end) return;
        float& out = at[(token + t) * m + row + r];
        out = accumulate ? out + sum : sum;
    }
};

/// A tile over `count` values: of row `row` from `weights` on, rows k apart, and of pairs of tokens
/// from `x` on, pairs 2 * padded(k) apart.
template <int rows, int tokens>
EDGEROOF_INLINE void multiply_tile(const Bfloat* weights, const Bfloat* x, std::int64_t k,
                                   std::int64_t count, const Output& out) {
    float32x4_t sums[rows][tokens];
    for (int r = 0; r < rows; ++r)
        for (int t = 0; t < tokens; ++t) sums[r][t] = vdupq_n_f32(0.0F);
    // Rows behind the last are the last one again.
    const Bfloat* row[2 * rows];
    for (int r = 0; r < 2 * rows; ++r)
        row[r] = weights + (out.row + r < out.row_end ? r : out.row_end - 1 - out.row) * k;
    const auto step = [&](std::int64_t i, std::int64_t left) __attribute__((always_inline)) {
        bfloat16x8_t low[rows], high[rows];
        for (int r = 0; r < rows; ++r) {
            const uint64x2_t a = load(row[2 * r] + i, left), b = load(row[2 * r + 1] + i, left);
            low[r] = vreinterpretq_bf16_u64(vzip1q_u64(a, b));
            high[r] = vreinterpretq_bf16_u64(vzip2q_u64(a, b));
        }
        for (int half = 0; half < 2; ++half)
            for (int t = 0; t < tokens; ++t) {
                const bfloat16x8_t four =
                    vreinterpretq_bf16_u16(vld1q_u16(x + t * 2 * padded(k) + 2 * i + 8 * half));
                for (int r = 0; r < rows; ++r)
                    sums[r][t] = vbfmmlaq_f32(sums[r][t], half == 0 ? low[r] : high[r], four);
            }
    };
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8) step(i, 8);
    if (i < count) step(i, count - i);
    for (int r = 0; r < rows; ++r)
        for (int t = 0; t < tokens; ++t) {
            out.add(2 * r, 2 * t, vgetq_lane_f32(sums[r][t], 0));
            out.add(2 * r, 2 * t + 1, vgetq_lane_f32(sums[r][t], 1));
            out.add(2 * r + 1, 2 * t, vgetq_lane_f32(sums[r][t], 2));
            out.add(2 * r + 1, 2 * t + 1, vgetq_lane_f32(sums[r][t], 3));
        }
}

void run(const MatmulArgs& args) {
    const auto* weights = reinterpret_cast<const Bfloat*>(args.weights);
    const auto* x = reinterpret_cast<const Bfloat*>(args.activations);
    for_panels(
        args, chunk, [&](PanelOfRows part) __attribute__((always_inline)) {
            const auto tiles = [&]<int tokens>(std::int64_t token) __attribute__((always_inline)) {
                for (std::int64_t row = part.row; row < part.row_end; row += 2 * row_pairs)
                    multiply_tile<row_pairs, tokens>(
                        weights + row * args.k + part.begin,
                        x + token * padded(args.k) + 2 * part.begin, args.k, part.count,
                        {args.out, args.m, row, part.row_end, args.token_begin, token,
                         args.token_end, part.begin > 0});
            };
            std::int64_t token = args.token_begin / 2 * 2;
            for (; token + 2 * token_pairs <= args.token_end; token += 2 * token_pairs)
                tiles.template operator()<token_pairs>(token);
            for (; token < args.token_end; token += 2) tiles.template operator()<1>(token);
        });
}

std::size_t bytes_of_activations(std::int64_t k, std::int64_t n) {
    return static_cast<std::size_t>(padded(k) * ((n + 1) / 2 * 2)) * sizeof(Bfloat);
}

void round_activations(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
                       std::int64_t begin, std::int64_t end) {
    (void)n;
    for (std::int64_t token = begin; token < end; ++token) {
        auto* out =
            reinterpret_cast<Bfloat*>(activations) + token / 2 * 2 * padded(k) + token % 2 * 4;
        for (std::int64_t i = 0; i < padded(k); ++i)
            out[i / 4 * 8 + i % 4] = i < k ? float_to_bfloat(x[token * k + i]) : Bfloat{0};
    }
}

constexpr MatmulKernel table[] = {{.format = Format::bf16,
                                   .isa = Isa::neon_i8mm,
                                   .row_group = 2 * row_pairs,
                                   .arithmetic = Arithmetic::bf16,
                                   .packed_bytes = nullptr,
                                   .pack = nullptr,
                                   .activation_layout = rounded_to_bf16,
                                   .activation_bytes = bytes_of_activations,
                                   .prepare = round_activations,
                                   .run = run}};

}  // namespace

std::span<const MatmulKernel> neon_bf16_matmuls() { return table; }

}  // namespace edgeroof::cpu
