// SPDX-License-Identifier: Apache-2.0
//
// The vector operations of the quantised matmuls, as the translation unit's flags allow, so that a
// kernel is written once and compiled per ISA path. All of it is in an unnamed namespace and
// forced inline: no symbol of one path can be merged by the linker with another's.
//
// A vector has `lanes` rows: Ints and Floats one number each, Bytes four codes each. Sixteen rows,
// a group, are `vectors` vectors; Bytes16 are one byte per row of a group.
//
//   load_bytes(p), store_bytes(p, x), load16(p)
//   bits<mask, shift>(x)    x & mask, moved left by shift (right where negative), of every byte
//   either(a, b)            a | b; minus(Bytes16, int)
//   table16(p), look_up     a table of 16 bytes, and its entries named by codes 0 .. 15
//   quad<q>(p)              the q-th four of the int8 at p in every lane (reads whole sixteens)
//   set_int(p), zero_ints   *p in every lane, 0
//   unsigned_lanes<v>(Bytes16), signed_lanes<v>: rows of vector v
//   to_float(Ints), half_of_powers(x): 2^(x - 128) of x in 0 .. 255
//   set1, load_floats, load_halves (F16), store_floats, fma(a, b, c) = a * b + c, negated, a * b
//   load_rows(p, rows), store_rows(p, x, rows): rows below `rows` (all, some or none) of a vector
//
// Dot<top, count>: sums of `count` quads of codes 0 .. top (signed bytes if top is `wide` and
// wide_offset 0) times int8. Dot d(init); d.add<i>(codes, quad) for i = 0 .. count - 1; d.sum().
// dot_top(top): the least top that is served by the same code. Where wide_offset is not 0:
// in_register(Bytes), which keeps the compiler from loading it twice, and sixteenth(Ints), of
// multiples of 16.
//
// panel_top: where a Dot is one sum in 32 bits, the largest code it takes (a wide one as such
// aside), else 0. Where it is not: raised(codes, bits), moved left within their bytes, and
// as_float(Ints), of the same bits.
//
// code_bytes<top>: of a code in a panel of many_tokens.hpp, 1 or (even and odd codes of a quad in
// two vectors) 2; store_quad<top>(p, codes) writes it so.
//
// tile_tokens x tile_vectors: the register tile of many_tokens.hpp; panel_groups: groups per panel;
// most_dots: the Dots of few_tokens.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/common.hpp"

namespace edgeroof::cpu {
namespace {

/// Dot's name for codes of all eight bits. Where the ISA multiplies unsigned bytes they come + 128
/// (wide_offset), else as signed bytes (wide_offset 0).
constexpr int wide = 255;

}  // namespace
}  // namespace edgeroof::cpu

#if defined(__AVX512F__)
#include "kernels/cpu/matmul/vector_avx512.hpp"
#elif defined(__AVX2__)
#include "kernels/cpu/matmul/vector_avx2.hpp"
#elif defined(__SSE4_1__)
#include "kernels/cpu/matmul/vector_sse41.hpp"
#elif defined(__aarch64__)
#include "kernels/cpu/matmul/vector_neon.hpp"
#elif defined(__riscv_vector)
#include "kernels/cpu/matmul/vector_rvv.hpp"
#endif
