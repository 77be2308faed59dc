// SPDX-License-Identifier: Apache-2.0
//
// Integer sums of a tile of a panel (many_tokens.hpp): how the panel's codes lie and how they meet
// activations. Rows of the panel are `stride` bytes, one for each four values of k.
//
//   store_quads<top>(at, stride, a, b): a vector's codes of two neighbouring quads, at panel row at
//   TileDots<top, quads, tokens, columns>: start(t, init); add(codes, stride, x) of a sub-block of
//   `quads`, which begins at x[t] of token t, in code_bytes<top> each; sum(t, column)
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/matmul/vector.hpp"

namespace edgeroof::cpu {
namespace {

#if defined(__ARM_FEATURE_MATMUL_INT8)

/// SMMLA multiplies two rows x 8 codes with 8 activations of two tokens. A vector of four rows x 4
/// codes and the next one become two rows x 8 and two rows x 8.
template <int>
EDGEROOF_INLINE void store_quads(std::byte* at, std::size_t stride, Bytes a, Bytes b) {
    const uint32x4_t x = vreinterpretq_u32_u8(a), y = vreinterpretq_u32_u8(b);
    store_bytes(at, vreinterpretq_u8_u32(vzip1q_u32(x, y)));
    store_bytes(at + stride, vreinterpretq_u8_u32(vzip2q_u32(x, y)));
}

template <int top, int quads, int tokens, int columns>
class TileDots {
  public:
    EDGEROOF_INLINE void start(int t, Ints init) {
        init_[t] = init.v;
        for (int v = 0; v < columns; ++v) low_[t / 2][v] = high_[t / 2][v] = vdupq_n_s32(0);
    }
    EDGEROOF_INLINE void add(const std::byte* codes, std::size_t stride,
                             const std::int8_t* const (&x)[tokens]) {
        unroll<quads / 2>([&]<int i>() __attribute__((always_inline)) {
            int8x16_t pairs[pairs_of_tokens];
            for (int p = 0; p < pairs_of_tokens; ++p)
                pairs[p] = vcombine_s8(vld1_s8(x[2 * p] + 8 * i), vld1_s8(x[second(p)] + 8 * i));
            for (int v = 0; v < columns; ++v) {
                const std::byte* at = codes + 2 * i * stride + v * sizeof(Bytes);
                const int8x16_t low = vreinterpretq_s8_u8(load_bytes(at));
                const int8x16_t high = vreinterpretq_s8_u8(load_bytes(at + stride));
                for (int p = 0; p < pairs_of_tokens; ++p) {
                    low_[p][v] = vmmlaq_s32(low_[p][v], low, pairs[p]);
                    high_[p][v] = vmmlaq_s32(high_[p][v], high, pairs[p]);
                }
            }
        });
    }
    EDGEROOF_INLINE Ints sum(int t, int v) const {
        const int32x4_t low = low_[t / 2][v], high = high_[t / 2][v];
        return {vaddq_s32(init_[t], t % 2 == 0 ? vuzp1q_s32(low, high) : vuzp2q_s32(low, high))};
    }

  private:
    static constexpr int pairs_of_tokens = (tokens + 1) / 2;
    /// A lone token is its own partner, in vain.
    static constexpr int second(int pair) {
        return 2 * pair + 1 < tokens ? 2 * pair + 1 : 2 * pair;
    }

    int32x4_t low_[pairs_of_tokens][columns], high_[pairs_of_tokens][columns];
    int32x4_t init_[tokens];
};

#else

template <int top>
EDGEROOF_INLINE void store_quads(std::byte* at, std::size_t stride, Bytes a, Bytes b) {
    store_quad<top>(at, a);
    store_quad<top>(at + stride, b);
}

template <int top, int quads, int tokens, int columns>
class TileDots {
  public:
    EDGEROOF_INLINE void start(int t, Ints init) {
        for (int v = 0; v < columns; ++v) dots_[t][v] = Dot<top, quads>(init);
    }
    EDGEROOF_INLINE void add(const std::byte* codes, std::size_t stride,
                             const std::int8_t* const (&x)[tokens]) {
        unroll<quads>([&]<int q>() __attribute__((always_inline)) {
            Bytes column[columns];
            for (int v = 0; v < columns; ++v)
                column[v] = load_bytes(codes + q * stride + v * sizeof(Bytes));
            for (int t = 0; t < tokens; ++t) {
                const auto four = quad<q>(x[t]);
                for (int v = 0; v < columns; ++v) dots_[t][v].template add<q>(column[v], four);
            }
        });
    }
    EDGEROOF_INLINE Ints sum(int t, int v) const { return dots_[t][v].sum(); }

  private:
    Dot<top, quads> dots_[tokens][columns];
};

#if defined(__x86_64__) && !defined(__AVX512VNNI__) && !defined(__AVXVNNI__)

template <int top, int quads, int tokens, int columns>
requires(code_bytes<top> == 2) class TileDots<top, quads, tokens, columns> {
  public:
    EDGEROOF_INLINE void start(int t, Ints init) {
        for (int v = 0; v < columns; ++v) sums_[t][v] = reinterpret_cast<DwordSums>(init.v);
    }
    EDGEROOF_INLINE void add(const std::byte* codes, std::size_t stride,
                             const std::int8_t* const (&x)[tokens]) {
        unroll<2 * quads>([&]<int i>() __attribute__((always_inline)) {
            Bytes column[columns];
            for (int v = 0; v < columns; ++v)
                column[v] = load_bytes(codes + i / 2 * stride + (2 * v + i % 2) * sizeof(Bytes));
            for (int t = 0; t < tokens; ++t) {
                const Bytes two = quad<i>(x[t]);
                for (int v = 0; v < columns; ++v)
                    sums_[t][v] = in_register(
                        sums_[t][v] + reinterpret_cast<DwordSums>(word_products(column[v], two)));
            }
        });
    }
    EDGEROOF_INLINE Ints sum(int t, int v) const { return {reinterpret_cast<Bytes>(sums_[t][v])}; }

  private:
    DwordSums sums_[tokens][columns];
};

#endif

#endif

}  // namespace
}  // namespace edgeroof::cpu
