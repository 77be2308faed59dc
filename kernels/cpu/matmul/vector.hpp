// SPDX-License-Identifier: Apache-2.0
//
// The vector operations of the quantised matmuls, as the translation unit's flags allow, so that a
// kernel is written once and compiled per ISA path. All of it is in an unnamed namespace and
// forced inline: no symbol of one path can be merged by the linker with another's.
//
// A vector has `lanes` rows: Ints and Floats one number each, Bytes four codes each. Sixteen rows,
// a group, are `vectors` vectors. Bytes16 are one byte per row of a group.
//
//   load_bytes(p), store(p, Bytes)              low_nibbles, high_nibbles: of every byte
//   bits<mask, shift>(x): (x & mask) moved left by shift (right where negative), within bytes
//   x | y                                       look_up(table16, codes)
//   quad(p): four int8 at p in every lane       load_floats, load_halves, store_floats
//   set1, fma(a, b, c) = a * b + c, a * b       to_float(Ints), set_int(p): *p in every lane
//   load16(p); bits<mask, shift>, | of Bytes16  unsigned_lanes<v>, signed_lanes<v>(Bytes16): rows
//   of
//                                               vector v as Floats
//
// Dot<top>: sums over four codes per lane, of codes 0 .. top (signed bytes where top is `wide`)
// times int8:
//   Dot<top> d(init); d.add<i>(codes, quad) for i = 0, 1, 2 ...; d.sum()
#pragma once

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

/// Dot's name for codes of all eight bits. Where the ISA multiplies unsigned bytes they come + 128
/// (wide_offset), else as signed bytes (wide_offset 0).
constexpr int wide = 255;

/// Calls body<0>(), body<1>() .. body<count - 1>().
template <int count, int first = 0, class Body>
EDGEROOF_INLINE void unroll(Body body) {
    if constexpr (first < count) {
        body.template operator()<first>();
        unroll<count, first + 1>(body);
    }
}

}  // namespace
}  // namespace edgeroof::cpu

#if defined(__AVX512F__)
#include "kernels/cpu/matmul/vector_avx512.hpp"
#endif
