// SPDX-License-Identifier: Apache-2.0
//
// Packed weights times many tokens. A panel of rows is unpacked once, a chunk of k at a time, into
// codes of one byte and scales in F32 that stay in L1; then tiles of tokens are multiplied with it.
// Every format meets the same inner loop.
#pragma once

#include "kernels/cpu/matmul/few_tokens.hpp"
#include "kernels/cpu/matmul/tile_dots.hpp"

namespace edgeroof::cpu {
namespace {

/// Values of k per panel. The codes of panel_rows x 512, of a byte each, take half of a 32 KiB L1.
template <int top>
constexpr int panel_values = (panel_groups == 1 ? 1024 : 512) / code_bytes<top>;
constexpr int panel_rows = panel_groups * group_rows;
/// Tokens that meet a panel before it is unpacked anew: whole tiles of 2, 3, 4 and 6. Their sums
/// (17 KiB of 32 rows) and their activations where k is 4096 or less (0.9 MiB) stay in L2.
constexpr int block_tokens = 132;

/// What the inner loop needs to know of a format: formats that agree here share its code.
template <int values_, int sub_values_, bool has_minimum_, int top_>
struct Kind {
    static constexpr int values = values_, sub_values = sub_values_, top = top_;
    static constexpr bool has_minimum = has_minimum_;
    using X = Activations<values, code_bytes<top>>;
};
template <class C>
using KindOf = Kind<C::values, C::sub_values, C::has_minimum, dot_top(C::top)>;

template <class K>
struct Panel {
    static constexpr int values = panel_values<K::top>, code_size = code_bytes<K::top>;
    static constexpr int subs = values / K::sub_values;

    alignas(64) std::byte codes[values / 4][4 * code_size * panel_rows];
    alignas(64) float scales[subs][panel_rows];
    alignas(64) float minima[K::has_minimum ? subs : 1][panel_rows];
    int start;  ///< which of the activations' start arrays belongs to the codes' offset
};

/// Unpacks `blocks` blocks of a group into column `column` (16 rows each) of the panel.
template <class C>
EDGEROOF_INLINE void unpack(const std::byte* packed, std::int64_t blocks, int column,
                            Panel<KindOf<C>>& panel) {
    panel.start = ActivationsOf<C>::start_of(C::sub_values, C::offset);
    constexpr int subs = C::values / C::sub_values;
    for (std::int64_t b = 0; b < blocks; ++b) {
        for (int first = 0; first < group_rows; first += lanes) {
            const C block(packed + b * C::bytes, first);
            const int row = column * group_rows + first;
            unroll<C::strips>([&]<int strip>() __attribute__((always_inline)) {
                unroll<C::steps / 2>([&]<int i>() __attribute__((always_inline)) {
                    Bytes even[C::per_step], odd[C::per_step];
                    block.template codes<strip, 2 * i, 0>(even);
                    block.template codes<strip, 2 * i + 1, 0>(odd);
                    for (int c = 0; c < C::per_step; ++c)
                        store_quads<dot_top(C::top)>(
                            &panel.codes[b * (C::values / 4) + quad_of<C>(strip, 2 * i, c)]
                                        [4 * panel.code_size * row],
                            sizeof panel.codes[0], even[c], odd[c]);
                });
            });
            unroll<subs>([&]<int s>() __attribute__((always_inline)) {
                Floats scale = block.template scale<s, 0>();
                if constexpr (C::values == 256) scale = scale * block.template d<0>();
                store_floats(&panel.scales[b * subs + s][row], scale);
                if constexpr (C::has_minimum) {
                    Floats minimum = block.template minimum<s, 0>();
                    if constexpr (C::values == 256)
                        minimum = negated(minimum * block.template dmin<0>());
                    store_floats(&panel.minima[b * subs + s][row], minimum);
                }
            });
        }
    }
}

/// The activations of a tile's tokens: the first token's, and how far the next one's are. One
/// pointer per token and array would not fit the integer registers.
template <class X>
struct TileActivations {
    X first;
    std::int64_t stride;  ///< in bytes

    /// Where token t has what the first token has at `p`.
    template <class T>
    EDGEROOF_INLINE const T* of(int t, const T* p) const {
        return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(p) + t * stride);
    }
};

/// Integer sums of one sub-block: `tokens` x `columns` vectors of rows.
template <class K, int tokens, int columns>
EDGEROOF_INLINE void multiply_sub_block(const Panel<K>& panel, int first_vector, int sub,
                                        std::int64_t sub_of_k,
                                        const TileActivations<typename K::X>& x,
                                        Ints (*ints)[columns]) {
    constexpr int quads = K::sub_values / 4;
    TileDots<K::top, quads, tokens, columns> dots;
    const std::int8_t* codes[tokens];
    for (int t = 0; t < tokens; ++t) {
        codes[t] = x.of(t, x.first.many(K::sub_values * sub_of_k));
        dots.start(t, K::has_minimum || panel.code_size == 2
                          ? zero_ints()
                          : set_int(x.of(t, x.first.init(panel.start, sub_of_k))));
    }
    dots.add(&panel.codes[sub * quads][4 * panel.code_size * lanes * first_vector],
             sizeof panel.codes[0], codes);
    for (int t = 0; t < tokens; ++t)
        for (int v = 0; v < columns; ++v) ints[t][v] = dots.sum(t, v);
}

/// Sums of a panel's rows and a block's tokens: dense, where the output's rows would meet in a few
/// sets of the cache.
using PanelSums = float[block_tokens][panel_rows];

/// Where a panel's results go once k is through.
struct Output {
    float* first;  ///< of the panel's first row and the tile's first token; null: k goes on
    std::int64_t stride, rows;  ///< between tokens; rows that there are
};

/// A tile of `tokens` tokens x `columns` row vectors over the values of k in the panel; block 0 of
/// the panel is block `first` of k. Adds to `sums` unless that is 0. The last panel of k goes to
/// the output at once: its lines, which no cache has, come while the next tile is multiplied.
template <class K, int tokens, int columns>
EDGEROOF_INLINE void multiply_tile(const Panel<K>& panel, int first_vector, std::int64_t first,
                                   std::int64_t blocks, const TileActivations<typename K::X>& x,
                                   float (*earlier)[panel_rows], Output out) {
    constexpr int subs = K::values / K::sub_values;
    const auto each = [](auto body) __attribute__((always_inline)) {
        for (int t = 0; t < tokens; ++t)
            for (int v = 0; v < columns; ++v) body(t, v);
    };
    const auto at = [&](int t, int v) __attribute__((always_inline)) {
        return earlier[t] + (first_vector + v) * lanes;
    };
    const auto store = [&](auto sum, bool last) __attribute__((always_inline)) {
        if (last)
            each([&](int t, int v) __attribute__((always_inline)) {
                const int row = (first_vector + v) * lanes;
                store_rows(out.first + t * out.stride + row, sum(t, v), out.rows - row);
            });
        else
            each([&](int t, int v)
                     __attribute__((always_inline)) { store_floats(at(t, v), sum(t, v)); });
    };
    const bool fresh = first == 0;
    Floats sums[tokens][columns];
    if constexpr (K::values == 32)
        each([&](int t, int v) __attribute__((always_inline)) {
            sums[t][v] = fresh ? set1(0.0F) : load_floats(at(t, v));
        });
    for (std::int64_t b = 0; b < blocks; ++b) {
        if constexpr (K::values == 256)
            each([&](int t, int v) __attribute__((always_inline)) { sums[t][v] = set1(0.0F); });
        for (int s = 0; s < subs; ++s) {
            const int sub = static_cast<int>(b) * subs + s;
            const std::int64_t sub_of_k = first * subs + sub;
            Ints ints[tokens][columns];
            multiply_sub_block<K, tokens, columns>(panel, first_vector, sub, sub_of_k, x, ints);
            const float* scales = &panel.scales[sub][first_vector * lanes];
            each([&](int t, int v) __attribute__((always_inline)) {
                Floats scale = load_floats(scales + v * lanes);
                if constexpr (K::values == 32)
                    scale = scale * set1(*x.of(t, x.first.scale(first + b)));
                sums[t][v] = fma(to_float(ints[t][v]), scale, sums[t][v]);
            });
            if constexpr (K::has_minimum) {
                const float* minima = &panel.minima[sub][first_vector * lanes];
                each([&](int t, int v) __attribute__((always_inline)) {
                    const float* sum = x.of(t, x.first.template sum<K::sub_values>(sub_of_k));
                    sums[t][v] = fma(load_floats(minima + v * lanes), set1(*sum), sums[t][v]);
                });
            }
        }
        if constexpr (K::values == 256)
            store(
                [&](int t, int v) __attribute__((always_inline)) {
                    const Floats before = fresh && b == 0 ? set1(0.0F) : load_floats(at(t, v));
                    return fma(sums[t][v], set1(*x.of(t, x.first.scale(first + b))), before);
                },
                out.first != nullptr && b == blocks - 1);
    }
    if constexpr (K::values == 32)
        store(
            [&](int t, int v) __attribute__((always_inline)) { return sums[t][v]; },
            out.first != nullptr);
}

struct Tokens {
    std::int64_t begin, end;
};

/// What is fetched while a panel meets its tokens: the weights of the next one, a few lines with
/// each tile. No hardware prefetcher foresees where they begin.
struct Ahead {
    const std::byte* groups[panel_groups];
    std::int64_t bytes;  ///< of each group

    /// A share of it, with tile `tile` of `tiles`.
    EDGEROOF_INLINE void fetch(std::int64_t tile, std::int64_t tiles) const {
        const std::int64_t share = (bytes / 64 + tiles) / tiles * 64;
        for (const std::byte* group : groups)
            for (std::int64_t at = tile * share; at < (tile + 1) * share && at < bytes; at += 64)
                __builtin_prefetch(group + at, 0, 2);
    }
};

/// A block of tokens times a panel, which begins at row `row`.
template <class K>
void multiply_panel(const MatmulArgs& args, const Panel<K>& panel, std::int64_t row, Tokens block,
                    std::int64_t first, std::int64_t blocks, const Ahead& ahead, PanelSums& sums) {
    const bool last = (first + blocks) * K::values == args.k;
    const std::int64_t tiles = ceil_div(block.end - block.begin, tile_tokens);
    std::int64_t tiles_done = 0;
    for (std::int64_t token = block.begin; token < block.end;) {
        const auto tile = [&]<int tokens>() __attribute__((always_inline)) {
            const TileActivations<typename K::X> x{{args.activations, args.k, token},
                                                   K::X::row_bytes(args.k)};
            const Output out{last ? args.out + token * args.m + row : nullptr, args.m,
                             args.row_end - row};
            for (int vector = 0; vector < panel_groups * vectors; vector += tile_vectors)
                multiply_tile<K, tokens, tile_vectors>(panel, vector, first, blocks, x,
                                                       sums + (token - block.begin), out);
            token += tokens;
        };
        ahead.fetch(tiles_done++, tiles);
        const std::int64_t left = block.end - token;
        if (left >= tile_tokens && !(tile_tokens == 6 && left == 8))
            tile.template operator()<tile_tokens>();
        else if (tile_tokens > 4 && left >= 4)
            tile.template operator()<(tile_tokens > 4 ? 4 : 1)>();
        else if (left >= 2)
            tile.template operator()<2>();
        else
            tile.template operator()<1>();
    }
}

/// The panel that comes after the one of rows from `group` on and of blocks from `first` on.
template <Format format>
EDGEROOF_INLINE Ahead next_panel(const Groups<format>& groups, std::int64_t group,
                                 std::int64_t first) {
    constexpr std::int64_t panel_blocks =
        panel_values<dot_top(Codes<format>::top)> / Codes<format>::values;
    const bool same_rows = first + panel_blocks < groups.blocks();
    Ahead ahead{{}, panel_blocks * Codes<format>::bytes};
    for (int column = 0; column < panel_groups; ++column)
        ahead.groups[column] = groups.source(group + column + (same_rows ? 0 : panel_groups),
                                             same_rows ? first + panel_blocks : 0);
    return ahead;
}

template <Format format>
void many_tokens(const MatmulArgs& args, Groups<format> groups) {
    using C = Codes<format>;
    Panel<KindOf<C>> panel;
    static_assert(panel.values <= Groups<format>::piece_values);
    alignas(64) PanelSums sums;
    const std::int64_t blocks = groups.blocks();
    constexpr std::int64_t panel_blocks = panel.values / C::values;
    const std::int64_t last = (args.row_end - 1) / group_rows;
    const std::int64_t at_once =
        even_block(args.token_end - args.token_begin, block_tokens, tile_tokens);
    for (Tokens block{args.token_begin, 0}; block.begin < args.token_end; block.begin = block.end) {
        block.end = least(block.begin + at_once, args.token_end);
        for (std::int64_t row = args.row_begin; row < args.row_end; row += panel_rows) {
            for (std::int64_t first = 0; first < blocks; first += panel_blocks) {
                const std::int64_t count = least(blocks - first, panel_blocks);
                for (int column = 0; column < panel_groups; ++column) {
                    // A panel that isn't filled has its last group once more, in vain.
                    const std::int64_t group = least(row / group_rows + column, last);
                    unpack<C>(groups.of(group, first, count), count, column, panel);
                }
                multiply_panel(args, panel, row, block, first, count,
                               next_panel(groups, row / group_rows, first), sums);
            }
        }
    }
}

}  // namespace
}  // namespace edgeroof::cpu
