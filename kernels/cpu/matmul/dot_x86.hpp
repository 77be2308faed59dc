// SPDX-License-Identifier: Apache-2.0
// Dot of vector.hpp on x86-64, whatever the width: by VPDPBUSD, or by VPMADDUBSW and sums of 16
// bits. Included by the vector headers, behind what it is made of:
//
//   with VPDPBUSD: add_fours(sum, codes, four)   sums of 32 bits plus four products each; raised,
//                                                as_float (vector.hpp)
//   else: pairs(codes, four), signed_pairs       sums of two products, in 16 bits, of unsigned or
//                                                signed codes
//         even_words(x), odd_words(x)            every other signed byte, as 16 bits
//         word_products(a, b), set_words(n)      sums of two products of 16 bits, in 32
#pragma once

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#include "kernels/cpu/matmul/byte_codes.hpp"
#endif

namespace edgeroof::cpu {
namespace {

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)

constexpr int wide_offset = 128;
constexpr int panel_top = 255;
constexpr int dot_top(int) { return wide; }

template <int top, int count>
class Dot {
  public:
    Dot() = default;
    EDGEROOF_INLINE explicit Dot(Ints init) : sum_(init.v) {}
    template <int i>
    EDGEROOF_INLINE void add(Bytes codes, Bytes four) {
        sum_ = add_fours(sum_, codes, four);
    }
    EDGEROOF_INLINE Ints sum() const { return {sum_}; }

  private:
    Bytes sum_;
};

#else

constexpr int wide_offset = 0;
constexpr int panel_top = 0;
constexpr int dot_top(int top) { return top <= 15 ? 15 : top <= 31 ? 31 : top <= 63 ? 63 : wide; }

/// Many tokens meet codes of all eight bits as 16: VPMADDWD, and that twice, is still faster than
/// VPMADDUBSW of codes whose sign goes on to each token's activations.
template <int top>
constexpr int code_bytes = top == wide ? 2 : 1;
/// Of each quad the even codes of all lanes, then the odd ones.
template <int top>
EDGEROOF_INLINE void store_quad(std::byte* p, Bytes codes) {
    if constexpr (code_bytes<top> == 1) {
        store_bytes(p, codes);
    } else {
        store_bytes(p, even_words(codes));
        store_bytes(p + sizeof(Bytes), odd_words(codes));
    }
}

// Sums are vectors of just their numbers: in Bytes GCC keeps each of them twice.
using WordSums [[gnu::vector_size(sizeof(Bytes))]] = std::int16_t;
using DwordSums [[gnu::vector_size(sizeof(Bytes))]] = std::int32_t;

template <int top, int count>
class Dot {
  public:
    Dot() = default;
    EDGEROOF_INLINE explicit Dot(Ints init) : sum_(reinterpret_cast<DwordSums>(init.v)) {}
    template <int i>
    EDGEROOF_INLINE void add(Bytes codes, Bytes four) {
        constexpr int narrow = narrow_sums(top, count);
        const auto products = reinterpret_cast<WordSums>(multiply(codes, four));
        // In a register at once: GCC would add them all at the end, from memory.
        if constexpr (i % narrow == 0)
            narrow_ = products;
        else if constexpr (narrow == 2)
            narrow_ += products;
        else
            narrow_ = in_register(narrow_ + products);
        if constexpr (i % narrow == narrow - 1)
            sum_ = in_register(sum_ + reinterpret_cast<DwordSums>(word_products(
                                          reinterpret_cast<Bytes>(narrow_), set_words(1))));
    }
    EDGEROOF_INLINE Ints sum() const { return {reinterpret_cast<Bytes>(sum_)}; }

  private:
    /// Signed codes pass their sign on to the activations: 128 * 127 * 2 fits 16 bits.
    EDGEROOF_INLINE static Bytes multiply(Bytes codes, Bytes four) {
        if constexpr (top == wide)
            return signed_pairs(codes, four);
        else
            return pairs(codes, four);
    }
    DwordSums sum_;
    WordSums narrow_;
};

#endif

}  // namespace
}  // namespace edgeroof::cpu
