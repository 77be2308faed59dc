// SPDX-License-Identifier: Apache-2.0
// Dot of vector.hpp on x86-64, whatever the width: by VPDPBUSD, or by VPMADDUBSW and sums of 16
// bits. Included by the vector headers, behind what it is made of:
//
//   with VPDPBUSD: add_fours(sum, codes, four)   sums of 32 bits plus four products each
//   else: pairs(codes, four), signed_pairs       sums of two products, in 16 bits, of unsigned or
//                                                signed codes
//         plus16(a, b), plus_halves(sum, pairs)  16-bit sums, and 32-bit ones plus two of them
#pragma once

namespace edgeroof::cpu {
namespace {

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)

constexpr int wide_offset = 128;
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
constexpr int dot_top(int top) { return top <= 15 ? 15 : top <= 31 ? 31 : top <= 63 ? 63 : wide; }

template <int top, int count>
class Dot {
  public:
    Dot() = default;
    EDGEROOF_INLINE explicit Dot(Ints init) : sum_(init.v) {}
    template <int i>
    EDGEROOF_INLINE void add(Bytes codes, Bytes four) {
        constexpr int narrow = narrow_sums(top, count);
        const Bytes products = multiply(codes, four);
        narrow_ = i % narrow == 0 ? products : plus16(narrow_, products);
        if constexpr (i % narrow == narrow - 1) sum_ = plus_halves(sum_, narrow_);
    }
    EDGEROOF_INLINE Ints sum() const { return {sum_}; }

  private:
    /// Signed codes pass their sign on to the activations: 128 * 127 * 2 fits 16 bits.
    EDGEROOF_INLINE static Bytes multiply(Bytes codes, Bytes four) {
        if constexpr (top == wide)
            return signed_pairs(codes, four);
        else
            return pairs(codes, four);
    }
    Bytes sum_, narrow_;
};

#endif

}  // namespace
}  // namespace edgeroof::cpu
