// SPDX-License-Identifier: Apache-2.0
//
// How weights meet many tokens in AMX tiles: the layout of activations, and the order of the loops.
// Numbers of more than the 8 bits of a BF16 come in parts, each what the ones before leave of them;
// products of parts that are too small to matter are left out. Weights or tokens may be the rows of
// the left operand, as is easier for the weights' layout.
#pragma once

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/matmul/amx_tiles.hpp"
#include "kernels/cpu/simd/transpose.hpp"

namespace edgeroof::cpu {
namespace {

/// Values of k that blocks take at once. A block's operands, 16 KiB each, are in L1 while they
/// meet; fewer values would load and store sums more often, more would not stay. (Zen has no tiles:
/// the sizes here are of Sapphire and Granite Rapids, 48 KiB of L1 and 2 MiB of L2;
/// docs/kernels.md.)
constexpr std::int64_t chunk_values = 256;
/// Bytes of unpacked weights that all tokens meet one after another: a part of L2.
constexpr std::int64_t panels_bytes = 128 * 1024;
/// Tokens that meet them before they are unpacked anew: their sums, with 256 rows of weights, are
/// 512 KiB of L2.
constexpr std::int64_t tokens_at_once = 512;
/// With 8 the kernels of avx512 and avx512_vnni are as fast or faster (docs/kernels.md).
constexpr std::int32_t fewest_tokens = 9;

EDGEROOF_INLINE __mmask16 first_lanes(std::int64_t count) {
    return static_cast<__mmask16>(count >= 16 ? 0xFFFF : count <= 0 ? 0 : (1U << count) - 1U);
}
EDGEROOF_INLINE __m512 load_first(std::int64_t count, const float* x) {
    return _mm512_maskz_loadu_ps(first_lanes(count), x);
}

/// Sixteen vectors of sixteen dwords each change rows and columns.
EDGEROOF_INLINE void transpose_dwords(__m512i (&x)[16]) {
    using Dwords = std::int32_t __attribute__((vector_size(64)));
    Dwords y[16];
    for (int i = 0; i < 16; ++i) y[i] = reinterpret_cast<Dwords>(x[i]);
    transpose(y);
    for (int i = 0; i < 16; ++i) x[i] = reinterpret_cast<__m512i>(y[i]);
}

/// 32 numbers as BF16: rounded, and (parts > 1) what that leaves of them, and so on.
template <int parts>
EDGEROOF_INLINE void split(__m512 low, __m512 high, __m512i (&out)[parts]) {
    for (int part = 0; part < parts; ++part) {
        out[part] = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
        if (part == parts - 1) break;
        const auto widened = [&](int half) __attribute__((always_inline)) {
            const __m256i bits = half == 0 ? _mm512_castsi512_si256(out[part])
                                           : _mm512_extracti64x4_epi64(out[part], 1);
            return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
        };
        low = low - widened(0), high = high - widened(1);
    }
}

/// Which operand has the tokens.
enum class Tokens { left, right };

/// Activations: [chunk of k][32 tokens][part][step of 32 values][tile of 16 tokens][a tile]. The
/// last chunk has the values that are left, filled up to 32 with zeros, and the last tokens are one
/// tile if they are 16 or fewer.
template <Tokens side, int parts>
class TiledActivations {
  public:
    EDGEROOF_INLINE TiledActivations(const std::byte* rows, std::int64_t k, std::int64_t n)
        : first_(reinterpret_cast<const Bfloat*>(rows)),
          k_(round_up(k, tile_values)),
          tiles_(ceil_div(n, tile_side)) {}

    static std::size_t bytes(std::int64_t k, std::int64_t n) {
        return static_cast<std::size_t>(round_up(k, tile_values) * round_up(n, tile_side) * parts) *
               sizeof(Bfloat);
    }
    /// Of the block of 32 tokens that has `token`.
    EDGEROOF_INLINE std::int64_t tiles(std::int64_t token) const {
        return least(2, tiles_ - token / block_side * 2);
    }
    EDGEROOF_INLINE std::int64_t steps(std::int64_t begin) const {
        return least(chunk_values, k_ - begin) / tile_values;
    }
    /// The block's chunk that begins with value `begin`, of the part.
    EDGEROOF_INLINE const Bfloat* at(std::int64_t token, std::int64_t begin, int part) const {
        const std::int64_t before = token / block_side * 2, of_block = tiles(token);
        return first_ +
               tile_side * (begin * tiles_ * parts +
                            steps(begin) * tile_values * (before * parts + part * of_block));
    }

    static void prepare(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
                        std::int64_t begin, std::int64_t end) {
        const TiledActivations to(activations, k, n);
        for (std::int64_t value = 0; value < k; value += tile_values)
            for (std::int64_t token = begin; token < end;) {
                const std::int64_t row = token % tile_side;
                const std::int64_t rows = least(end - token, tile_side - row);
                to.write(x + token * k + value, k, k - value, token, value, rows);
                token += rows;
            }
    }

  private:
    /// Values [value, value + 32), of which `left` exist, of `rows` tokens of one tile.
    EDGEROOF_INLINE void write(const float* x, std::int64_t stride, std::int64_t left,
                               std::int64_t token, std::int64_t value, std::int64_t rows) const {
        const std::int64_t begin = value / chunk_values * chunk_values;
        const std::int64_t tile =
            (value - begin) / tile_values * tiles(token) + token % block_side / tile_side;
        const std::int64_t row = token % tile_side;
        __m512i numbers[parts][tile_side];
        for (std::int64_t r = 0; r < rows; ++r) {
            __m512i some[parts];
            split<parts>(load_first(left, x + r * stride),
                         load_first(left - 16, x + r * stride + 16), some);
            for (int part = 0; part < parts; ++part) numbers[part][row + r] = some[part];
        }
        for (int part = 0; part < parts; ++part) {
            auto* to = const_cast<Bfloat*>(at(token, begin, part)) + tile * tile_size;
            if constexpr (side == Tokens::left) {
                for (std::int64_t r = row; r < row + rows; ++r)
                    _mm512_storeu_si512(to + r * tile_values, numbers[part][r]);
            } else {
                // The tile's other columns are written by others.
                const auto columns = static_cast<__mmask16>(first_lanes(rows) << row);
                for (std::int64_t r = 0; r < tile_side; ++r)
                    if (r < row || r >= row + rows) numbers[part][r] = _mm512_setzero_si512();
                transpose_dwords(numbers[part]);
                for (std::int64_t pair = 0; pair < tile_side; ++pair)
                    _mm512_mask_storeu_epi32(to + pair * tile_values, columns, numbers[part][pair]);
            }
        }
    }

    const Bfloat* first_;
    std::int64_t k_, tiles_;
};

/// Rows [row, row + 32) and tokens [token, token + 32) of the output, as far as they are asked for.
struct BlockOfOutput {
    const MatmulArgs& args;
    std::int64_t row, token;

    EDGEROOF_INLINE float* first() const { return args.out + token * args.m + row; }
    EDGEROOF_INLINE bool whole() const {
        return token >= args.token_begin && token + block_side <= args.token_end &&
               row + block_side <= args.row_end;
    }
    EDGEROOF_INLINE bool has(std::int64_t t) const {
        return token + t >= args.token_begin && token + t < args.token_end;
    }
    EDGEROOF_INLINE __mmask16 rows(std::int64_t from) const {
        return first_lanes(args.row_end - row - from);
    }
};

/// Sums [token][row] of a block.
EDGEROOF_INLINE void write_rows(const float* sums, const BlockOfOutput& out) {
    for (std::int64_t t = 0; t < block_side; ++t)
        for (std::int64_t r = 0; r < block_side && out.has(t); r += 16)
            _mm512_mask_storeu_ps(out.first() + t * out.args.m + r, out.rows(r),
                                  _mm512_loadu_ps(sums + t * block_side + r));
}

/// Sums [row][token] of a block.
EDGEROOF_INLINE void write_columns(const float* sums, const BlockOfOutput& out) {
    for (std::int64_t r = 0; r < block_side; r += 16)
        for (std::int64_t t = 0; t < block_side; t += 16) {
            __m512i x[16];
            for (std::int64_t i = 0; i < 16; ++i)
                x[i] = _mm512_loadu_si512(sums + (r + i) * block_side + t);
            transpose_dwords(x);
            for (std::int64_t i = 0; i < 16; ++i)
                if (out.has(t + i))
                    _mm512_mask_storeu_epi32(out.first() + (t + i) * out.args.m + r, out.rows(r),
                                             x[i]);
        }
}

/// All tokens and rows of the arguments. Weights offers:
///
///   tokens, weight_parts, token_parts   where tokens are; the parts of either side's numbers
///   unpack(row, begin, count, panel)    values [begin, begin + count) of k of 32 rows, as the
///                                       operand [part][step][2][a tile]; what lies behind the last
///                                       row or value: zeros (values), or anything finite (rows)
///   fetch(row, begin, i, of)            of these rows' memory the i-th share of so many
template <class Weights>
void multiply_tiles(const MatmulArgs& args, const Weights& weights) {
    constexpr int weight_parts = Weights::weight_parts, token_parts = Weights::token_parts;
    constexpr int most_parts = weight_parts > token_parts ? weight_parts : token_parts;
    constexpr bool tokens_left = Weights::tokens == Tokens::left;
    constexpr std::int64_t panel_size = weight_parts * block_side * chunk_values;
    constexpr std::int64_t panels = panels_bytes / (panel_size * 2), height = panels * block_side;
    constexpr std::int64_t blocks = tokens_at_once / block_side;
    alignas(64) Bfloat panel[panels][panel_size];
    alignas(64) float sums[blocks][panels][block_side * block_side];
    const TiledActivations<Weights::tokens, token_parts> x(args.activations, args.k, args.n);
    const TileRegisters registers;

    // One part of the weights times one of the tokens, each 32 x a chunk.
    const auto block = [&]<int tiles>(std::int64_t row, std::int64_t p, std::int64_t token,
                                      std::int64_t begin, float* sum)
        __attribute__((always_inline)) {
        constexpr int left_tiles = tokens_left ? tiles : 2, right_tiles = tokens_left ? 2 : tiles;
        const std::int64_t steps = x.steps(begin);
        if (begin == 0)
            zero_block<left_tiles, right_tiles>();
        else
            load_block<left_tiles, right_tiles>({sum, block_side});
        for (int w = 0; w < weight_parts; ++w)
            for (int t = 0; t < token_parts && w + t < most_parts; ++t) {
                const Bfloat* of_weights = panel[p] + w * steps * 2 * tile_size;
                const Bfloat* of_tokens = x.at(token, begin, t);
                multiply_block<left_tiles, right_tiles>(tokens_left ? of_tokens : of_weights,
                                                        tokens_left ? of_weights : of_tokens,
                                                        steps);
            }
        const BlockOfOutput out{args, row, token};
        const bool last = begin + chunk_values >= args.k;
        if (tokens_left && last && out.whole()) {
            store_block<left_tiles, right_tiles>({out.first(), args.m});
            return;
        }
        store_block<left_tiles, right_tiles>({sum, block_side});
        if (last) tokens_left ? write_rows(sum, out) : write_columns(sum, out);
    };

    const std::int64_t first = args.token_begin / block_side * block_side;
    const std::int64_t each = even_block(args.token_end - first, tokens_at_once, block_side);
    for (std::int64_t from = first; from < args.token_end; from += each) {
        const std::int64_t to = least(from + each, args.token_end);
        for (std::int64_t row = args.row_begin; row < args.row_end; row += height) {
            const std::int64_t used = ceil_div(least(height, args.row_end - row), block_side);
            for (std::int64_t begin = 0; begin < args.k; begin += chunk_values) {
                const std::int64_t count = least(chunk_values, args.k - begin);
                for (std::int64_t p = 0; p < used; ++p)
                    weights.unpack(row + p * block_side, begin, count, panel[p]);
                stores_are_done();
                const bool more = begin + chunk_values < args.k;
                const std::int64_t next_row = more ? row : row + height;
                const std::int64_t next_begin = more ? begin + chunk_values : 0;
                for (std::int64_t token = from; token < to; token += block_side) {
                    const std::int64_t b = (token - from) / block_side;
                    for (std::int64_t p = 0; p < used; ++p) {
                        weights.fetch(next_row + p * block_side, next_begin, b,
                                      ceil_div(to - from, block_side));
                        if (x.tiles(token) == 2)
                            block.template operator()<2>(row + p * block_side, p, token, begin,
                                                         sums[b][p]);
                        else
                            block.template operator()<1>(row + p * block_side, p, token, begin,
                                                         sums[b][p]);
                    }
                }
            }
        }
    }
}

}  // namespace
}  // namespace edgeroof::cpu
