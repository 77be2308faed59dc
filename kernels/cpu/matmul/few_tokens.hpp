// SPDX-License-Identifier: Apache-2.0
//
// Packed weights times one to four tokens: the weights are read once, unpacked in registers and
// multiplied at once. Bound by memory, not by arithmetic: see docs/kernels.md.
#pragma once

#include "kernels/cpu/matmul.hpp"
#include "kernels/cpu/matmul/activations.hpp"
#include "kernels/cpu/matmul/codes.hpp"

namespace edgeroof::cpu {
namespace {

template <class C>
using ActivationsOf = Activations<C::values>;

/// Where an integer sum over sub-block `sub` begins.
template <class C>
EDGEROOF_INLINE Ints start_of(const ActivationsOf<C>& x, std::int64_t sub) {
    if constexpr (C::offset == 0)
        return zero_ints();
    else
        return set_int(x.init(ActivationsOf<C>::start_of(C::sub_values, C::offset), sub));
}

/// sums[t] += a block of 32 values of the group times token t's.
template <class C, int tokens>
EDGEROOF_INLINE void add_block_of_32(C block, std::int64_t b, const ActivationsOf<C>* x,
                                     Floats (*sums)[vectors]) {
    unroll<vectors>([&]<int v>() __attribute__((always_inline)) {
        Ints ints[tokens];
        {
            Dot<C::top> dots[tokens];
            for (int t = 0; t < tokens; ++t) dots[t] = Dot<C::top>(start_of<C>(x[t], b));
            unroll<8>([&]<int q>() __attribute__((always_inline)) {
                const Bytes codes = block.template codes<q, v>();
                for (int t = 0; t < tokens; ++t)
                    dots[t].template add<q>(codes, quad(x[t].codes + 32 * b + 4 * q));
            });
            for (int t = 0; t < tokens; ++t) ints[t] = dots[t].sum();
        }
        const Floats scale = block.template scale<0, v>();
        for (int t = 0; t < tokens; ++t)
            sums[t][v] = fma(to_float(ints[t]), scale * set1(*x[t].scale(b)), sums[t][v]);
        if constexpr (C::has_minimum) {
            const Floats minimum = block.template minimum<0, v>();
            for (int t = 0; t < tokens; ++t)
                sums[t][v] = fma(minimum, set1(*x[t].template sum<32>(b)), sums[t][v]);
        }
    });
}

/// The same for a block of 256. The activations' scale is the block's, so that sub-blocks meet
/// only the weights' scales.
template <class C, int tokens>
EDGEROOF_INLINE void add_block_of_256(C block, std::int64_t b, const ActivationsOf<C>* x,
                                      Floats (*sums)[vectors]) {
    constexpr int subs = 256 / C::sub_values, quads = C::sub_values / 4;
    unroll<vectors>([&]<int v>() __attribute__((always_inline)) {
        Floats products[tokens], minima[tokens];
        for (int t = 0; t < tokens; ++t) products[t] = minima[t] = set1(0.0F);
        unroll<subs>([&]<int s>() __attribute__((always_inline)) {
            const std::int64_t sub = b * subs + s;
            Dot<C::top> dots[tokens];
            for (int t = 0; t < tokens; ++t) dots[t] = Dot<C::top>(start_of<C>(x[t], sub));
            unroll<quads>([&]<int i>() __attribute__((always_inline)) {
                constexpr int q = s * quads + i;
                const Bytes codes = block.template codes<q, v>();
                for (int t = 0; t < tokens; ++t)
                    dots[t].template add<i>(codes, quad(x[t].codes + 256 * b + 4 * q));
            });
            const Floats scale = block.template scale<s, v>();
            for (int t = 0; t < tokens; ++t)
                products[t] = fma(to_float(dots[t].sum()), scale, products[t]);
            if constexpr (C::has_minimum) {
                const Floats minimum = block.template minimum<s, v>();
                for (int t = 0; t < tokens; ++t)
                    minima[t] =
                        fma(minimum, set1(*x[t].template sum<C::sub_values>(sub)), minima[t]);
            }
        });
        for (int t = 0; t < tokens; ++t) {
            const Floats scale = set1(*x[t].scale(b));
            sums[t][v] = fma(products[t], block.template d<v>() * scale, sums[t][v]);
            if constexpr (C::has_minimum)
                sums[t][v] = fma(minima[t], block.template dmin<v>() * negated(scale), sums[t][v]);
        }
    });
}

/// How far ahead of its use a weight is asked for, in bytes. docs/kernels.md has the measurement.
constexpr std::int64_t prefetch_distance = 4096;

template <class C>
EDGEROOF_INLINE void prefetch_block(const std::byte* block) {
    for (int line = 0; line < C::bytes; line += 64)
        __builtin_prefetch(block + prefetch_distance + line);
}

/// out[t * m + r] for the 16 rows r of a group and `tokens` tokens. At most `counted` of them
/// exist: the others repeat the last one.
template <Format format, int tokens>
void group_times_tokens(const std::byte* group, const ActivationsOf<Codes<format>>* x,
                        std::int64_t blocks, std::int64_t counted, float* out, std::int64_t m,
                        std::int64_t rows) {
    using C = Codes<format>;
    Floats sums[tokens][vectors];
    for (int t = 0; t < tokens; ++t)
        for (int v = 0; v < vectors; ++v) sums[t][v] = set1(0.0F);
    for (std::int64_t b = 0; b < blocks; ++b) {
        const std::byte* block = group + b * C::bytes;
        prefetch_block<C>(block);
        if constexpr (C::values == 32)
            add_block_of_32<C, tokens>(C(block), b, x, sums);
        else
            add_block_of_256<C, tokens>(C(block), b, x, sums);
    }
    for (int t = 0; t < tokens && t < counted; ++t)
        for (int v = 0; v < vectors; ++v)
            store_rows(out + t * m + v * lanes, sums[t][v], rows - v * lanes);
}

/// The most tokens that are taken at once.
constexpr int few = 4;

template <Format format>
void few_tokens(const MatmulArgs& args) {
    using C = Codes<format>;
    const std::int64_t tokens = args.token_end - args.token_begin;
    const std::int64_t blocks = args.k / C::values;
    ActivationsOf<C> x[few];
    for (std::int64_t t = 0; t < few; ++t)
        x[t] = ActivationsOf<C>(args.activations, args.k,
                                args.token_begin + (t < tokens ? t : tokens - 1));
    const auto run = tokens == 1   ? group_times_tokens<format, 1>
                     : tokens == 2 ? group_times_tokens<format, 2>
                                   : group_times_tokens<format, few>;
    for (std::int64_t row = args.row_begin; row < args.row_end; row += group_rows)
        run(args.weights + row / group_rows * blocks * C::bytes, x, blocks, tokens,
            args.out + args.token_begin * args.m + row, args.m, args.m - row);
}

}  // namespace
}  // namespace edgeroof::cpu
