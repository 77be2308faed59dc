// SPDX-License-Identifier: Apache-2.0
//
// Float weights times many tokens, by outer products. A panel of rows is laid out in L1 as F32 with
// rows as lanes, a chunk of k at a time; each value of k meets the same one of a tile's tokens,
// which is broadcast: no sum has to be folded across lanes. Weights are read as dot_tiles.hpp's
// structs have them.
#pragma once

#include <bit>

#include "kernels/cpu/matmul/float_layout.hpp"
#include "kernels/cpu/matmul/tables.hpp"
#include "kernels/cpu/simd/simd.hpp"
#include "kernels/cpu/simd/transpose.hpp"

namespace edgeroof::cpu {
namespace {

/// 12 tokens x 2 vectors of rows: 24 sums, two vectors of weights and a broadcast in 32 registers;
/// 6 x 2 in 16. As many chains cover an FMA's latency of 4 cycles at two a cycle.
constexpr int tile_tokens = registers == 32 ? 12 : 6;
constexpr int tile_vectors = 2;
constexpr int panel_rows = tile_vectors * width;
/// Values of k per panel: with a tile's activations 24 KiB of L1 at most.
constexpr std::int64_t panel_values = std::bit_floor(6144U / (panel_rows + tile_tokens));
/// Values of k that all rows pass before the next: a block's activations of them (528 KiB) stay in
/// L2, and results are written, or added to, once in so many.
constexpr std::int64_t stretch = 512;
/// Tokens that meet a panel before it is laid out anew: whole tiles, whose sums (33 KiB of 32 rows)
/// stay in L2.
constexpr std::int64_t block_tokens = 264;

/// Activations: [tile of 12 or 6 tokens][value of k][token of the tile]. Where the last tile has no
/// token it stays unwritten.
struct TiledTokens {
    float* first;
    std::int64_t k;

    TiledTokens(const std::byte* activations, std::int64_t values)
        : first(const_cast<float*>(reinterpret_cast<const float*>(activations))), k(values) {}

    EDGEROOF_INLINE float* at(std::int64_t token, std::int64_t value) const {
        const std::int64_t lane = token % tile_tokens;
        return first + (token - lane) * k + value * tile_tokens + lane;
    }
};

std::size_t tiled_bytes(std::int64_t k, std::int64_t n) {
    return static_cast<std::size_t>(round_up(n, tile_tokens) * k) * sizeof(float);
}

void prepare_tiles(const float* x, std::byte* activations, std::int64_t k, std::int64_t n,
                   std::int64_t begin, std::int64_t end) {
    (void)n;
    const TiledTokens to(activations, k);
    // A few lines of each token at a time, so that the tile's stay in L1 until they are full.
    constexpr std::int64_t at_once = 128;
    for (std::int64_t token = begin, next = 0; token < end; token = next) {
        next = least(end, token - token % tile_tokens + tile_tokens);
        for (std::int64_t value = 0; value < k; value += at_once)
            for (std::int64_t t = token; t < next; ++t) {
                float* lane = to.at(t, value);
                const std::int64_t count = least(at_once, k - value);
                for (std::int64_t i = 0; i < count; ++i)
                    lane[i * tile_tokens] = x[t * k + value + i];
            }
    }
}

struct OuterPanel {
    alignas(64) float weights[panel_values][panel_rows];
    alignas(64) float sums[block_tokens][panel_rows];
};

/// Values [begin, begin + count) of `rows` rows from `row` on; the panel's other rows are the last
/// one again, in vain.
template <class Products, class Rows>
EDGEROOF_INLINE void fill(OuterPanel& panel, const Rows& from, std::int64_t row, std::int64_t rows,
                          std::int64_t begin, std::int64_t count) {
    using Weight = typename Products::Weight;
    for (std::int64_t first = 0; first < panel_rows; first += width) {
        const Weight* weights[width];
        for (int r = 0; r < width; ++r)
            weights[r] = from.at(row + least(first + r, rows - 1), begin);
        const auto some = [&](std::int64_t i, auto vector) __attribute__((always_inline)) {
            F x[width];
            for (int r = 0; r < width; ++r) x[r] = vector(weights[r] + i);
            transpose(x);
            for (int lane = 0; lane < width; ++lane)
                store(panel.weights[i + lane] + first, x[lane]);
        };
        std::int64_t i = 0;
        for (; i + width <= count; i += width)
            some(
                i, [](const Weight* p)
                       __attribute__((always_inline)) { return Products::weights(p); });
        if (i < count)
            some(
                i, [left = count - i](const Weight* p)
                       __attribute__((always_inline)) { return Products::first_weights(p, left); });
    }
}

/// Where a tile's results go at a stretch's end.
struct TileOutput {
    float* first;  ///< of the panel's first row and the tile's first token; null: it goes on
    std::int64_t stride, rows;  ///< between tokens; rows that there are
    bool accumulate;
};

/// `tokens` tokens, whose values are from `x` on, times `count` values of the panel. Adds to `sums`
/// unless they are fresh. Of its own, so that the formats share it.
template <int tokens>
[[gnu::noinline]] void multiply_panel(const OuterPanel& panel, std::int64_t count, const float* x,
                                      float (*sums)[panel_rows], bool fresh, TileOutput out) {
    F tile[tokens][tile_vectors];
    const auto each = [](auto body) __attribute__((always_inline)) {
        unroll<tokens * tile_vectors>([&]<int i>() __attribute__((always_inline)) {
            body(i / tile_vectors, i % tile_vectors);
        });
    };
    if (out.first != nullptr)  // no cache has them
        each([&](int t, int v) __attribute__((always_inline)) {
            __builtin_prefetch(out.first + t * out.stride + v * width, 1);
        });
    each([&](int t, int v) __attribute__((always_inline)) {
        tile[t][v] = fresh ? set1(0.0F) : load(sums[t] + v * width);
    });
    for (std::int64_t i = 0; i < count; ++i) {
        F weights[tile_vectors];
        for (int v = 0; v < tile_vectors; ++v) weights[v] = load(panel.weights[i] + v * width);
        for (int t = 0; t < tokens; ++t) {
            const F all = set1(x[i * tile_tokens + t]);
            for (int v = 0; v < tile_vectors; ++v) tile[t][v] = fma(weights[v], all, tile[t][v]);
        }
    }
    if (out.first == nullptr)
        each([&](int t, int v)
                 __attribute__((always_inline)) { store(sums[t] + v * width, tile[t][v]); });
    else
        each([&](int t, int v) __attribute__((always_inline)) {
            const int left = static_cast<int>(out.rows) - v * width;
            float* to = out.first + t * out.stride + v * width;
            if (left >= width)
                store(to, out.accumulate ? load(to) + tile[t][v] : tile[t][v]);
            else if (left > 0)
                store_first(to, out.accumulate ? load_first(to, left) + tile[t][v] : tile[t][v],
                            left);
        });
}

/// Calls tile<tokens>(token) for tokens [begin, end); no tile crosses one of TiledTokens.
template <class Tile>
EDGEROOF_INLINE void for_tiles(std::int64_t begin, std::int64_t end, Tile tile) {
    std::int64_t token = begin;
    const auto whole = [&]<int tokens>(std::int64_t left) __attribute__((always_inline)) {
        if (left < tokens) return false;
        tile.template operator()<tokens>(token);
        token += tokens;
        return true;
    };
    while (token < end) {
        const std::int64_t left = least(tile_tokens - token % tile_tokens, end - token);
        if (whole.template operator()<tile_tokens>(left)) continue;
        if constexpr (tile_tokens > 8)
            if (whole.template operator()<8>(left)) continue;
        if (whole.template operator()<4>(left)) continue;
        if (whole.template operator()<2>(left)) continue;
        whole.template operator()<1>(left);
    }
}

/// Some rows' weights of a panel, which no hardware prefetcher follows: they are too short.
template <class Rows>
struct AheadRows {
    const Rows& from;
    std::int64_t row, rows, begin;

    /// A share of them, with turn `turn` of `turns`.
    EDGEROOF_INLINE void fetch(std::int64_t turn, std::int64_t turns) const {
        constexpr std::int64_t line = 64 / sizeof(*from.at(0, 0));
        for (std::int64_t r = turn; r < rows; r += turns)
            for (std::int64_t i = 0; i < panel_values; i += line)
                __builtin_prefetch(from.at(row + r, begin) + i, 0, 2);
    }
};

template <class Products, Layout layout>
void outer_products(const MatmulArgs& args) {
    using Rows = FloatRows<typename Products::Weight, layout>;
    const Rows from(args);
    const TiledTokens x(args.activations, args.k);
    OuterPanel panel;
    // A panel of rows from `row` on and of values from `begin` on, times a block of tokens.
    const auto multiply = [&](std::int64_t row, std::int64_t begin, std::int64_t block,
                              std::int64_t block_end) __attribute__((always_inline)) {
        const std::int64_t rows = least(panel_rows, args.row_end - row);
        const std::int64_t count = least(panel_values, args.k - begin), end = begin + count;
        fill<Products>(panel, from, row, rows, begin, count);
        const bool ends = end == args.k || end % stretch == 0;
        const std::int64_t next_row = ends ? least(row + panel_rows, args.row_end - 1) : row;
        const AheadRows<Rows> ahead{from, next_row, least(panel_rows, args.row_end - next_row),
                                    ends ? begin / stretch * stretch : end};
        const std::int64_t turns = ceil_div(block_end - block, tile_tokens);
        std::int64_t turn = 0;
        for_tiles(
            block, block_end, [&]<int tokens>(std::int64_t token) __attribute__((always_inline)) {
                ahead.fetch(turn++, turns);
                multiply_panel<tokens>(panel, count, x.at(token, begin),
                                       panel.sums + (token - block), begin % stretch == 0,
                                       {ends ? args.out + token * args.m + row : nullptr, args.m,
                                        rows, begin >= stretch});
            });
    };
    const std::int64_t at_once =
        even_block(args.token_end - args.token_begin, block_tokens, tile_tokens);
    for (std::int64_t block = args.token_begin; block < args.token_end; block += at_once)
        for (std::int64_t first = 0; first < args.k; first += stretch)
            for (std::int64_t row = args.row_begin; row < args.row_end; row += panel_rows)
                for (std::int64_t begin = first; begin < least(first + stretch, args.k);
                     begin += panel_values)
                    multiply(row, begin, block, least(block + at_once, args.token_end));
}

/// The entry of a path's table that takes over from `few`, which reads the same weights.
template <class Products, Layout layout>
constexpr MatmulKernel many_tokens_entry(MatmulKernel few) {
    few.least_tokens = registers == 32 ? 5 : 9;
    few.activation_layout = tiles_of_floats;
    few.activation_bytes = tiled_bytes;
    few.prepare = prepare_tiles;
    few.run = outer_products<Products, layout>;
    return few;
}

}  // namespace
}  // namespace edgeroof::cpu
