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

/// Whether integer sums begin at integer_base, so that they are floats as they are: a conversion
/// less for each. What that adds is known with the panel's scales, whatever the token, and sums in
/// F32 begin at its negative (Panel::start).
constexpr bool sums_are_floats = panel_top != 0;

/// Codes are as large as a panel's may be, for sums to be large beside integer_base's rounding.
constexpr int raised_by(int top) {
    int shift = 0;
    while (sums_are_floats && top << (shift + 1) <= panel_top) ++shift;
    return shift;
}

// (Templates: not every ISA has what they call.)
template <int top, class B>
EDGEROOF_INLINE B in_panel(B codes) {
    if constexpr (raised_by(top) > 0)
        return raised(codes, raised_by(top));
    else
        return codes;
}
template <class Sum>
EDGEROOF_INLINE Floats float_of_sum(Sum sum) {
    if constexpr (sums_are_floats)
        return as_float(sum);
    else
        return to_float(sum);
}

constexpr int no_start = -1;

/// What the inner loop needs to know of a format: formats that agree here share its code.
template <int values_, int sub_values_, bool has_minimum_, int top_, int start_, class X_>
struct Kind {
    static constexpr int values = values_, sub_values = sub_values_, top = top_;
    static constexpr bool has_minimum = has_minimum_;
    /// Which of the activations' start arrays belongs to the codes' offset, or no_start.
    static constexpr int start = start_;
    using X = X_;
};
template <class C>
using KindOf = Kind<C::values, C::sub_values, C::has_minimum, dot_top(C::top),
                    C::offset == 0 || code_bytes<C::top> == 2
                        ? no_start
                        : ActivationsOf<C>::panel_start_of(C::sub_values, C::offset),
                    ActivationsOf<C>>;

template <class K>
struct Panel {
    static constexpr int values = panel_values<K::top>, code_size = code_bytes<K::top>;
    static constexpr int subs = values / K::sub_values, groups = values / K::X::group_values;

    alignas(64) std::byte codes[values / 4][4 * code_size * panel_rows];
    alignas(64) float scales[subs][panel_rows];
    alignas(64) float minima[K::has_minimum ? subs : 1][panel_rows];
    /// What the sums of a group of activations begin at.
    alignas(64) float start[sums_are_floats ? groups : 1][panel_rows];
};

/// Unpacks `blocks` blocks of a group into column `column` (16 rows each) of the panel.
template <class C>
EDGEROOF_INLINE void unpack(const std::byte* packed, std::int64_t blocks, int column,
                            Panel<KindOf<C>>& panel) {
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
                            sizeof panel.codes[0], in_panel<C::top>(even[c]),
                            in_panel<C::top>(odd[c]));
                });
            });
            Floats total = set1(0.0F);
            unroll<subs>([&]<int s>() __attribute__((always_inline)) {
                Floats scale = block.template scale<s, 0>();
                if constexpr (C::values == 256) scale = scale * block.template d<0>();
                if constexpr (sums_are_floats) {
                    scale = scale * set1(1.0F / (1 << raised_by(C::top)));
                    total = total + scale;
                }
                store_floats(&panel.scales[b * subs + s][row], scale);
                if constexpr (C::has_minimum) {
                    Floats minimum = block.template minimum<s, 0>();
                    if constexpr (C::values == 256)
                        minimum = negated(minimum * block.template dmin<0>());
                    store_floats(&panel.minima[b * subs + s][row], minimum);
                }
            });
            if constexpr (sums_are_floats) {
                constexpr int per_group = ActivationsOf<C>::group_values / C::values;
                float* const start = &panel.start[b / per_group][row];
                store_floats(start, fma(total, set1(-integer_base),
                                        b % per_group == 0 ? set1(0.0F) : load_floats(start)));
            }
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
        if constexpr (K::start == no_start)
            dots.start(t, set_int(&panel_base));
        else
            dots.start(t, set_int(x.of(t, x.first.init(K::start, sub_of_k))));
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
    // Unrolled before anything else: GCC keeps sums that a loop goes through in memory as well.
    const auto each = [](auto body) __attribute__((always_inline)) {
        unroll<tokens * columns>([&]<int i>() __attribute__((always_inline)) {
            body(i / columns, i % columns);
        });
    };
    const auto at = [&](int t, int v) __attribute__((always_inline)) {
        return earlier[t] + (first_vector + v) * lanes;
    };
    constexpr int group_subs = K::X::group_values / K::sub_values;
    const int subs = static_cast<int>(blocks) * (K::values / K::sub_values);
    const std::int64_t first_sub = first * (K::values / K::sub_values);
    Floats sums[tokens][columns];  // in units of the latest group's scale
    each([&](int t, int v) __attribute__((always_inline)) {
        sums[t][v] = first == 0 ? set1(0.0F) : load_floats(at(t, v));
    });
    for (int sub = 0; sub < subs; ++sub) {
        if (sub % group_subs == 0)
            each([&](int t, int v) __attribute__((always_inline)) {
                const Floats ratio = set1(*x.of(t, x.first.ratio((first_sub + sub) / group_subs)));
                if constexpr (sums_are_floats)
                    sums[t][v] = fma(
                        sums[t][v], ratio,
                        load_floats(&panel.start[sub / group_subs][(first_vector + v) * lanes]));
                else
                    sums[t][v] = sums[t][v] * ratio;
            });
        Ints ints[tokens][columns];
        multiply_sub_block<K, tokens, columns>(panel, first_vector, sub, first_sub + sub, x, ints);
        const float* scales = &panel.scales[sub][first_vector * lanes];
        each([&](int t, int v) __attribute__((always_inline)) {
            sums[t][v] = fma(float_of_sum(ints[t][v]), load_floats(scales + v * lanes), sums[t][v]);
        });
        if constexpr (K::has_minimum) {
            const float* minima = &panel.minima[sub][first_vector * lanes];
            each([&](int t, int v) __attribute__((always_inline)) {
                const float* sum = x.of(t, x.first.template sum<K::sub_values>(first_sub + sub));
                sums[t][v] = fma(load_floats(minima + v * lanes), set1(*sum), sums[t][v]);
            });
        }
    }
    if (out.first == nullptr)
        each([&](int t, int v)
                 __attribute__((always_inline)) { store_floats(at(t, v), sums[t][v]); });
    else
        each([&](int t, int v) __attribute__((always_inline)) {
            const int row = (first_vector + v) * lanes;
            const float* scale = x.of(t, x.first.scale(first + blocks - 1));
            store_rows(out.first + t * out.stride + row, sums[t][v] * set1(*scale), out.rows - row);
        });
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
