// SPDX-License-Identifier: Apache-2.0
//
// Multiply-adds in registers, each kind by the fastest instructions that the flags of the
// translation unit allow. An arithmetic is a struct: V, a vector; sums, a vector of sums;
// operations, what one step does (2 for a multiply-add); step(sums, a, b).
#pragma once

#include "kernels/cpu/body/vector.hpp"
#include "kernels/cpu/paths/tables.hpp"
#include "kernels/cpu/simd/simd.hpp"

namespace edgeroof::cpu {
namespace {

/// Independent chains: more than latency x instructions per cycle of any core known (4 x 2 on x86
/// and Cortex-X, 4 x 4 on Apple's and Neoverse V2's 4 pipes), and they fit the registers.
constexpr int chains = registers == 32 ? 16 : 12;

#if defined(__x86_64__)
#define EDGEROOF_VECTOR_REGISTER "+v"
#elif defined(__riscv)
#define EDGEROOF_VECTOR_REGISTER "+f"
#else
#define EDGEROOF_VECTOR_REGISTER "+w"
#endif

/// Keeps a value in a register, unknown to the compiler.
template <class T>
EDGEROOF_INLINE void opaque(T& value) {
    asm volatile("" : EDGEROOF_VECTOR_REGISTER(value));
}
EDGEROOF_INLINE void opaque(std::int32_t& value) { asm volatile("" : "+r"(value)); }

/// Rounds of `chains` independent accumulations. The chains begin, and every step gets its operand,
/// unknown to the compiler, which else does equal work once. In the loop the sums stay out of asm
/// statements: one that it has to show lives in memory, at a third of the rate.
template <class A>
std::uint64_t peak(std::int64_t rounds) {
    typename A::Sum sums[chains];
    for (auto& sum : sums) {
        sum = A::start();
        opaque(sum);
    }
    typename A::V a = A::operand(), b = A::operand();
    opaque(b);
    for (std::int64_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 32
        for (auto& sum : sums) {
            opaque(a);
            sum = A::step(sum, a, b);
        }
    }
    for (const auto& sum : sums) {
        auto kept = sum;
        opaque(kept);
    }
    return static_cast<std::uint64_t>(rounds) * chains * A::operations;
}

/// Sums from 1 on, of products of 2^-14: they stop growing where that is lost in rounding, far from
/// infinity, and nothing is denormal. A multiply-add is one instruction where the path has one; it
/// adds to the sum, as Arm's can't do otherwise without a move.
template <class Number>
struct Floats {
#if defined(__riscv)
    using V = Number;
    static constexpr int operations = 2;
#else
    using V [[gnu::vector_size(vector)]] = Number;
    static constexpr int operations = 2 * static_cast<int>(vector / sizeof(Number));
#endif
    using Sum = V;
    static EDGEROOF_INLINE Sum start() { return V{} + static_cast<Number>(1); }
    static EDGEROOF_INLINE V operand() { return V{} + static_cast<Number>(0.0078125); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return sum + a * b; }
};

#if defined(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC)
using Half = __fp16;  // GCC 12 has no _Float16 here
#elif defined(__AVX512FP16__)
using Half = _Float16;
#endif

#if defined(__x86_64__)
/// What VPMADDUBSW is summed in: 16 bits, since what widens them counts for nothing in a kernel
/// that does it rarely. Like VPDPBUSD's, vectors of just these numbers: sums in __m256i GCC keeps
/// twice.
using WordSums [[gnu::vector_size(vector)]] = std::int16_t;
using DwordSums [[gnu::vector_size(vector)]] = std::int32_t;
#endif

#if defined(__AVX512F__)

/// Bytes. Their sums may wrap: nothing reads them.
struct Int8 {
    using V = __m512i;
    static constexpr int operations = 128;
    static EDGEROOF_INLINE V operand() { return _mm512_set1_epi8(1); }
#if defined(__AVX512VNNI__)
    using Sum = DwordSums;
    static EDGEROOF_INLINE Sum start() { return Sum{}; }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) {
        return reinterpret_cast<Sum>(_mm512_dpbusd_epi32(reinterpret_cast<V>(sum), a, b));
    }
#else
    using Sum = WordSums;
    static EDGEROOF_INLINE Sum start() { return Sum{}; }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) {
        return sum + reinterpret_cast<Sum>(_mm512_maddubs_epi16(a, b));
    }
#endif
};

#elif defined(__AVX2__)

struct Int8 {
    using V = __m256i;
    static constexpr int operations = 64;
    static EDGEROOF_INLINE V operand() { return _mm256_set1_epi8(1); }
#if defined(__AVXVNNI__)
    using Sum = DwordSums;
    static EDGEROOF_INLINE Sum start() { return Sum{}; }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) {
        return reinterpret_cast<Sum>(_mm256_dpbusd_avx_epi32(reinterpret_cast<V>(sum), a, b));
    }
#else
    using Sum = WordSums;
    static EDGEROOF_INLINE Sum start() { return Sum{}; }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) {
        return sum + reinterpret_cast<Sum>(_mm256_maddubs_epi16(a, b));
    }
#endif
};

#elif defined(__aarch64__) && !defined(EDGEROOF_SCALAR)

struct Int8 {
    using V = int8x16_t;
    static EDGEROOF_INLINE V operand() { return vdupq_n_s8(1); }
#if defined(__ARM_FEATURE_MATMUL_INT8)
    using Sum = int32x4_t;
    static constexpr int operations = 64;
    static EDGEROOF_INLINE Sum start() { return vdupq_n_s32(0); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return vmmlaq_s32(sum, a, b); }
#elif defined(__ARM_FEATURE_DOTPROD)
    using Sum = int32x4_t;
    static constexpr int operations = 32;
    static EDGEROOF_INLINE Sum start() { return vdupq_n_s32(0); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return vdotq_s32(sum, a, b); }
#else
    // Sums of 16 bits: what widens them counts for nothing in a kernel that does it rarely.
    using Sum = int16x8_t;
    static constexpr int operations = 32;
    static EDGEROOF_INLINE Sum start() { return vdupq_n_s16(0); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) {
        return vmlal_high_s8(vmlal_s8(sum, vget_low_s8(a), vget_low_s8(b)), a, b);
    }
#endif
};

#elif defined(__riscv)

struct Int8 {
    using V = std::int32_t;
    using Sum = V;
    static constexpr int operations = 2;
    static EDGEROOF_INLINE Sum start() { return 0; }
    static EDGEROOF_INLINE V operand() { return 1; }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return sum + a * b; }
};

#else

// The compiler makes vectors of 16 bytes of plain C++ too, so plain C++ is held against these.
#if defined(__SSSE3__)
struct Int8 {
    using V = __m128i;
    using Sum = WordSums;
    static constexpr int operations = 32;
    static EDGEROOF_INLINE Sum start() { return Sum{}; }
    static EDGEROOF_INLINE V operand() { return _mm_set1_epi8(1); }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) {
        return sum + reinterpret_cast<Sum>(_mm_maddubs_epi16(a, b));
    }
};
#else
struct Int8 {
    using V [[gnu::vector_size(16)]] = std::int16_t;
    using Sum = V;
    static constexpr int operations = 16;
    static EDGEROOF_INLINE Sum start() { return V{}; }
    static EDGEROOF_INLINE V operand() { return V{} + 1; }
    static EDGEROOF_INLINE Sum step(Sum sum, V a, V b) { return sum + a * b; }
};
#endif

#endif

/// A table of one kind alone.
constexpr Peaks only(Arithmetic arithmetic, PeakKernel kernel) {
    Peaks peaks{};
    peaks[arithmetic] = kernel;
    return peaks;
}

/// What every path has.
constexpr Peaks common_peaks() {
    Peaks peaks{};
    peaks[Arithmetic::fp64] = peak<Floats<double>>;
    peaks[Arithmetic::fp32] = peak<Floats<float>>;
    peaks[Arithmetic::int8] = peak<Int8>;
    return peaks;
}

}  // namespace
}  // namespace edgeroof::cpu
