// SPDX-License-Identifier: Apache-2.0
//
// AMX tiles of BF16. TDPBF16PS adds to a tile of 16 x 16 sums in F32 what 16 rows of a left
// operand, 32 values each, and 16 columns of a right operand yield. In memory a tile is 1 KiB:
//
//   left   [16 rows][32 values]
//   right  [16 pairs of values][16 columns][2]
//
// A block is 2 x 2 tiles of sums: each tile of operands that is loaded meets two others, and a
// fifth to eighth tile register is left for them. Blocks pass over k a chunk at a time; what
// operands have of a chunk is, for a block's rows or columns, [step of 32 values][1 or 2 tiles].
#pragma once

#include "kernels/cpu/amx_tile_registers.hpp"

namespace edgeroof::cpu {
namespace {

/// The bits of a BF16.
using Bfloat = std::uint16_t;

constexpr std::int64_t tile_side = 16;    ///< rows of a left operand, columns of a right
constexpr std::int64_t tile_values = 32;  ///< of k
constexpr std::int64_t tile_size = 512;   ///< BF16 of a tile
constexpr std::int64_t block_side = 2 * tile_side;

/// GCC's tile loads do not tell the compiler that they read memory.
EDGEROOF_INLINE void stores_are_done() { asm volatile("" : : : "memory"); }

/// A block of sums where it is: the first, and floats from row to row.
struct BlockSums {
    float* first;
    std::int64_t stride;
};

// Tile registers are named by constants: 0 to 3 are sums (row by row), 4 and 5 left operands, 6 and
// 7 right ones.

template <int left_tiles, int right_tiles>
EDGEROOF_INLINE void zero_block() {
    _tile_zero(0);
    if constexpr (right_tiles == 2) _tile_zero(1);
    if constexpr (left_tiles == 2) _tile_zero(2);
    if constexpr (left_tiles == 2 && right_tiles == 2) _tile_zero(3);
}

template <int left_tiles, int right_tiles>
EDGEROOF_INLINE void load_block(BlockSums from) {
    const std::int64_t row = from.stride * static_cast<std::int64_t>(sizeof(float));
    float* const below = from.first + tile_side * from.stride;
    _tile_loadd(0, from.first, row);
    if constexpr (right_tiles == 2) _tile_loadd(1, from.first + tile_side, row);
    if constexpr (left_tiles == 2) _tile_loadd(2, below, row);
    if constexpr (left_tiles == 2 && right_tiles == 2) _tile_loadd(3, below + tile_side, row);
}

template <int left_tiles, int right_tiles>
EDGEROOF_INLINE void store_block(BlockSums to) {
    const std::int64_t row = to.stride * static_cast<std::int64_t>(sizeof(float));
    float* const below = to.first + tile_side * to.stride;
    _tile_stored(0, to.first, row);
    if constexpr (right_tiles == 2) _tile_stored(1, to.first + tile_side, row);
    if constexpr (left_tiles == 2) _tile_stored(2, below, row);
    if constexpr (left_tiles == 2 && right_tiles == 2) _tile_stored(3, below + tile_side, row);
}

/// Adds `steps` steps of a chunk to the block.
template <int left_tiles, int right_tiles>
EDGEROOF_INLINE void multiply_block(const Bfloat* left, const Bfloat* right, std::int64_t steps) {
    constexpr std::int64_t row = 64;
    for (std::int64_t step = 0; step < steps; ++step) {
        _tile_loadd(6, right, row);
        _tile_loadd(4, left, row);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (right_tiles == 2) {
            _tile_loadd(7, right + tile_size, row);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (left_tiles == 2) {
            _tile_loadd(5, left + tile_size, row);
            _tile_dpbf16ps(2, 5, 6);
        }
        if constexpr (left_tiles == 2 && right_tiles == 2) _tile_dpbf16ps(3, 5, 7);
        left += left_tiles * tile_size;
        right += right_tiles * tile_size;
    }
}

}  // namespace
}  // namespace edgeroof::cpu
