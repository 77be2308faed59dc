// SPDX-License-Identifier: Apache-2.0
//
// A vector of floats, as wide as the translation unit's ISA flags allow, so that an operator is
// written once and compiled per ISA path. All of it is in an unnamed namespace and forced inline:
// no symbol of one path can be merged by the linker with another's.
//
// F: the vector, with + - * /. width: its lanes. registers: how many the ISA has.
//   set1(x), load(p) from float, HalfBits or int8, store(p, x) to float or HalfBits
//   load_first(p, count), store_first(p, x, count): count < width lanes (the others load as 0)
//   fma(a, b, c) = a * b + c; max, min: the second operand if either is NaN; abs; round to nearest
//   pow2(n): 2^n of whole numbers -126 .. 127; if_less(a, b, yes, no): a < b ? yes : no by lane
//   iota(): 0, 1, 2 ..; sum(x), maximum(x): over the lanes
#pragma once

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include "kernels/cpu/simd/avx512.hpp"
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include "kernels/cpu/simd/avx2.hpp"
#elif defined(__SSE4_1__)
#include "kernels/cpu/simd/sse41.hpp"
#elif defined(__aarch64__) && !defined(EDGEROOF_SCALAR)
#include "kernels/cpu/simd/neon.hpp"
#elif defined(__riscv_vector)
#include "kernels/cpu/simd/rvv.hpp"
#else
#include "kernels/cpu/simd/scalar.hpp"
#endif

namespace edgeroof::cpu {
namespace {

/// Calls body(index, load, store) over [0, count) in vectors; the loads and stores of the last,
/// shorter one touch only what is there.
template <class Body>
EDGEROOF_INLINE void for_vectors(std::int64_t count, Body body) {
    std::int64_t i = 0;
    for (; i + width <= count; i += width)
        body(
            i, [](const float* p) __attribute__((always_inline)) { return load(p); },
            [](float* p, F x) __attribute__((always_inline)) { store(p, x); });
    if (const int left = static_cast<int>(count - i); left > 0)
        body(
            i,
            [left](const float* p) __attribute__((always_inline)) { return load_first(p, left); },
            [left](float* p, F x) __attribute__((always_inline)) { store_first(p, x, left); });
}

}  // namespace
}  // namespace edgeroof::cpu
