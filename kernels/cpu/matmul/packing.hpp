// SPDX-License-Identifier: Apache-2.0
//
// Packed weights of the quantised formats: one layout for every ISA path.
//
// Sixteen rows make a group; the same block of all of them lies together: first what a row has once
// (scales, 16 of a kind side by side), then the codes. Dword i of the sixteen rows (codes of four
// neighbouring values, in the bits that the format gives them) are neighbours: 64 bytes that a
// dot-product instruction takes as 16 lanes of four bytes. A packed tensor has exactly the bytes of
// its file, if the last group is full.
//
//   block of a group:  [fields, each 16 rows wide] [dword of rows 0..15] [dword ...] ...
//
// Dwords follow each other in the order of their use: where a value's bits are spread over several
// (Q3_K, Q5_K, Q6_K), those of the same values are neighbours.
//
// Codes keep the file's own bits, but:
//   Q8_0's have their sign bit flipped where the path multiplies unsigned bytes;
//   Q5_0 and Q5_1 keep the fifth bit of x[4 q + b] as bit q of byte b (in the file: bit 4 q + b);
//   Q3_K, Q5_K, Q6_K: whole codes in the lower bits of each byte, so that they take one or two
//   operations, and the parts of few codes in the bits above. Of bytes a, b, ... of neighbouring
//   dwords, bit 0 on the right, and codes 0 .. of the same byte of the file's:
//
//     Q6_K  a: 3[1:0] 0        b: 3[3:2] 1        c: 3[5:4] 2
//     Q5_K  a: 5[2:0] 0        b: 6[2:0] 1        c: 7[2:0] 2
//           d: 6[3] 5[4:3] 3   e: 7[4:3] 6[4] 4
//     Q3_K  a: 6[1:0] 1 0      b: 7[1:0] 3 2      c: 7[2] 6[2] 5 4
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/formats/format.hpp"

namespace edgeroof::cpu {

inline constexpr int group_rows = 16;

/// List<all quantised formats>.
template <template <Format...> class List>
using OfQuantisedFormats =
    List<Format::q8_0, Format::q4_0, Format::q4_1, Format::q5_0, Format::q5_1, Format::q2_k,
         Format::q3_k, Format::q4_k, Format::q5_k, Format::q6_k, Format::iq4_nl, Format::iq4_xs,
         Format::mxfp4>;

/// How codes are packed: as they are; Q8_0's + 128; or as they are, with the four bytes of a dword
/// apart, sixteen rows each, for paths without a dot product of four bytes.
enum class CodeSign : std::uint8_t { kept, flipped, by_byte };

/// MatmulKernel's functions, for the quantised formats (instantiated in packing.cpp).
template <Format format>
std::size_t packed_bytes(std::int64_t k, std::int64_t m);
template <Format format, CodeSign sign>
void pack(const std::byte* rows, std::byte* packed, std::int64_t k, std::int64_t m,
          std::int64_t row_begin, std::int64_t row_end);

/// Packs `blocks` blocks of the first `rows` (at most 16) rows, which are row_stride bytes apart:
/// one group, of which the rows behind are zeros. As many bytes from `ahead` on are fetched, since
/// no hardware prefetcher foresees the start of sixteen rows; nothing need be there.
template <Format format, CodeSign sign>
void pack_group(const std::byte* first_row, std::size_t row_stride, std::int64_t rows,
                std::int64_t blocks, const std::byte* ahead, std::byte* packed);

}  // namespace edgeroof::cpu
